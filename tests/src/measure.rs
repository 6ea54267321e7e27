//! Figures: medians, spreads, and what the system says about a process and the machine.
//!
//! In: samples, process ids. Out: numbers. Not for judging them: the bench compares them with goals.

use anyhow::{Context, ensure};
use std::process::Command;
use std::time::Duration;

/// Samples of one quantity.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Many at once.
    pub fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self(samples)
    }

    /// Adds a time, in milliseconds.
    pub fn add_time(&mut self, time: Duration) {
        self.add(time.as_secs_f64() * 1e3);
    }

    /// Adds a number.
    pub fn add(&mut self, sample: f64) {
        self.0.push(sample);
        self.0.sort_by(f64::total_cmp);
    }

    /// The sample below which a share of them lies; 0 if there is none.
    pub fn quantile(&self, share: f64) -> f64 {
        let at = ((self.0.len() as f64 * share).ceil() as usize).clamp(1, self.0.len().max(1)) - 1;
        self.0.get(at).copied().unwrap_or_default()
    }

    /// All, smallest first.
    pub fn all(&self) -> &[f64] {
        &self.0
    }

    /// How many.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The middle one.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The largest one.
    pub fn max(&self) -> f64 {
        self.quantile(1.0)
    }

    /// Smallest to largest, and how many.
    pub fn spread(&self) -> String {
        format!("{:.1} to {:.1}, {} runs", self.quantile(0.0), self.max(), self.0.len())
    }
}

/// What a process has used so far.
#[derive(Clone, Copy, Debug)]
pub struct Usage {
    /// Processor time, in seconds.
    pub cpu_s: f64,
    /// Resident memory, in megabytes.
    pub rss_mb: f64,
}

/// Reads it from `/proc`.
///
/// # Errors
/// There is no such process.
pub fn usage(pid: u32) -> anyhow::Result<Usage> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in brackets, may hold spaces.
    let fields: Vec<&str> = stat.rsplit_once(')').context("no name in stat")?.1.split_whitespace().collect();
    ensure!(fields.len() > 12, "stat is too short");
    let ticks: u64 = fields[11].parse::<u64>()? + fields[12].parse::<u64>()?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let kb = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
    let kb: f64 = kb.trim().trim_end_matches(" kB").parse()?;
    Ok(Usage { cpu_s: ticks as f64 / ticks_per_second()?, rss_mb: kb * 1024.0 / 1e6 })
}

/// The time that the host of this machine, if it has one that tells, gave to others since it was started; and all of its time, in the same unit.
///
/// # Errors
/// The system does not tell.
pub fn stolen() -> anyhow::Result<(f64, f64)> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().and_then(|line| line.strip_prefix("cpu ")).context("no line of all processors")?;
    let ticks: Vec<f64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    // user, nice, system, idle, iowait, irq, softirq, steal; guests are in user.
    ensure!(ticks.len() >= 8, "stat is too short");
    Ok((ticks[7], ticks[..8].iter().sum()))
}

fn ticks_per_second() -> anyhow::Result<f64> {
    Ok(first_line("getconf", &["CLK_TCK"]).parse()?)
}

/// The first line a command prints; empty if it cannot be run.
pub fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().map(|output| output.stdout).unwrap_or_default();
    String::from_utf8_lossy(&output).lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles() {
        let mut samples = Samples::default();
        assert_eq!(samples.median(), 0.0);
        (1..=100).rev().for_each(|sample| samples.add(f64::from(sample)));
        assert_eq!((samples.median(), samples.quantile(0.99), samples.max()), (50.0, 99.0, 100.0));
        assert_eq!(samples.spread(), "1.0 to 100.0, 100 runs");
    }

    #[test]
    fn this_machine() {
        let (stolen, all) = stolen().unwrap();
        assert!(stolen >= 0.0 && all > stolen);
    }

    #[test]
    fn this_process() {
        assert!(usage(std::process::id()).unwrap().rss_mb > 0.1);
        assert!(usage(u32::MAX).is_err());
    }
}
