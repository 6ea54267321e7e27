//! Measurements: medians, spreads, and what the system reports about a process and the machine.
//!
//! In: samples, process ids.
//! Out: numbers with units in their names.
//! Always: samples are kept sorted.
//! Not for judging: the bench compares the numbers with goals.

use anyhow::{Context as _, ensure};
use std::process::Command;
use std::time::Duration;

/// Samples of one quantity.
#[derive(Clone, Debug, Default)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Makes samples of many values.
    pub fn of(mut samples: Vec<f64>) -> Self {
        samples.sort_by(f64::total_cmp);
        Self(samples)
    }

    /// Adds a time as a number of milliseconds.
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

    /// All samples, smallest first.
    pub fn all(&self) -> &[f64] {
        &self.0
    }

    /// How many samples there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The median of the samples.
    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }

    /// The largest of the samples.
    pub fn max(&self) -> f64 {
        self.quantile(1.0)
    }

    /// A text with the smallest and the largest sample, and their number.
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
    /// Context switches of the threads that it has now.
    pub switches: u64,
}

/// Reads the usage of a process from `/proc`.
///
/// # Errors
/// There is no such process.
pub fn usage(pid: u32) -> anyhow::Result<Usage> {
    let stat = stat(&pid.to_string())?;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let rss_mb = number_after(&status, "VmRSS:").context("no VmRSS")? as f64 * 1024.0 / 1e6;
    Ok(Usage { cpu_s: (stat[11] + stat[12]) as f64 / ticks_per_second()?, rss_mb, switches: switches(pid)? })
}

/// The processor time of all processes that this one has started and seen end, in seconds.
///
/// # Errors
/// The system does not report it.
pub fn ended_children_cpu_s() -> anyhow::Result<f64> {
    let stat = stat("self")?;
    Ok((stat[13] + stat[14]) as f64 / ticks_per_second()?)
}

/// The numbers of a process's `stat`, up to the processor time of its children. A field that is not a number
/// reads as 0.
fn stat(process: &str) -> anyhow::Result<[u64; 15]> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name, in brackets, may hold spaces.
    let fields = stat.rsplit_once(')').context("no name in stat")?.1.split_whitespace();
    let fields: Vec<u64> = fields.take(15).map(|field| field.parse().unwrap_or_default()).collect();
    fields.try_into().map_err(|_| anyhow::anyhow!("stat is too short"))
}

/// The number in the line of `/proc/PID/status` that begins with `start`.
fn number_after(status: &str, start: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix(start))?.split_whitespace().next()?.parse().ok()
}

fn switches(pid: u32) -> anyhow::Result<u64> {
    let mut sum = 0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // The file of a thread that has ended meanwhile is empty or gone.
        let status = std::fs::read_to_string(thread?.path().join("status")).unwrap_or_default();
        let of = |start| number_after(&status, start).unwrap_or_default();
        sum += of("voluntary_ctxt_switches:") + of("nonvoluntary_ctxt_switches:");
    }
    Ok(sum)
}

/// Bytes that went over the loopback interface since the machine was started.
///
/// # Errors
/// The system does not report it.
pub fn loopback_bytes() -> anyhow::Result<u64> {
    let devices = std::fs::read_to_string("/proc/net/dev")?;
    let line = devices.lines().find_map(|line| line.trim_start().strip_prefix("lo:")).context("no loopback interface")?;
    Ok(line.split_whitespace().next().context("no bytes")?.parse()?)
}

/// The time that the host of this virtual machine gave to others since the machine was started, and all of
/// its time. Both have the same unit. A machine without such a host reports 0.
///
/// # Errors
/// The system does not report it.
pub fn stolen() -> anyhow::Result<(f64, f64)> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let line = stat.lines().next().and_then(|line| line.strip_prefix("cpu ")).context("no line of all processors")?;
    let ticks: Vec<f64> = line.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    // The fields are user, nice, system, idle, iowait, irq, softirq, steal. Time of guests is part of user.
    ensure!(ticks.len() >= 8, "stat is too short");
    Ok((ticks[7], ticks[..8].iter().sum()))
}

fn ticks_per_second() -> anyhow::Result<f64> {
    Ok(first_line("getconf", &["CLK_TCK"]).parse()?)
}

/// The first line that a command prints; empty if the command cannot be run.
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
        let own = usage(std::process::id()).unwrap();
        assert!(own.rss_mb > 0.1 && own.switches > 0, "{own:?}");
        assert!(usage(u32::MAX).is_err());
    }

    #[test]
    fn children_count_once_they_have_ended() {
        let before = ended_children_cpu_s().unwrap();
        // The child works for two tenths of a second by its own clock.
        let work = "import time\nwhile time.process_time() < 0.2: pass";
        assert!(Command::new("python3").args(["-c", work]).status().unwrap().success());
        assert!(ended_children_cpu_s().unwrap() - before >= 0.19);
    }

    #[test]
    fn bytes_over_loopback_are_counted() {
        let before = loopback_bytes().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut sender = std::net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        std::io::Write::write_all(&mut sender, &[0; 1_000]).unwrap();
        std::io::Read::read_exact(&mut listener.accept().unwrap().0, &mut [0; 1_000]).unwrap();
        assert!(loopback_bytes().unwrap() - before >= 1_000);
    }
}
