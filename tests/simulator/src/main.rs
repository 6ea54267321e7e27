//! `simulate`: runs seeds of the simulation, or replays one.
//!
//! In: arguments.
//! Out: one line of figures, and failures with the command that replays each. Exit code 1 if there are any.
//! Not for deciding what is right: see [`courtseal_simulator::checks`].

use clap::Parser;
use courtseal_simulator::batch::{Told, Total, run, run_all};
use courtseal_simulator::byzantine::Lie;
use courtseal_simulator::profile::{About, DiskFault, named};
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Instant;

/// Simulates courts under faults.
#[derive(Parser)]
struct Arguments {
    /// How many seeds to run.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    first_seed: u64,
    /// Runs this seed alone and prints every event.
    #[arg(long)]
    replay: Option<u64>,
    /// Prints the trace's digest of each seed.
    #[arg(long)]
    traces: bool,
    /// Lets all byzantine courts lie in this one way.
    #[arg(long, value_parser = |text: &str| named(Lie::ALL, text))]
    lie: Option<Lie>,
    /// Lets all frail disks fail in this one way, without byzantine courts.
    #[arg(long, conflicts_with = "lie", value_parser = |text: &str| named(DiskFault::ALL, text))]
    disk: Option<DiskFault>,
    /// Appends a line with the figures to this file.
    #[arg(long)]
    append: Option<std::path::PathBuf>,
}

impl Arguments {
    /// What all runs are about.
    fn about(&self) -> Option<About> {
        self.lie.map(About::Lie).or_else(|| self.disk.map(About::Disk))
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A panic is a failure of its seed, and is reported as one.
    std::panic::set_hook(Box::new(|_| {}));
    if let Some(seed) = arguments.replay {
        return replay(seed, &arguments);
    }
    if arguments.traces {
        return traces(&arguments);
    }
    let started = Instant::now();
    let seeds = arguments.first_seed..arguments.first_seed + arguments.seeds;
    let is_terminal = std::io::stderr().is_terminal();
    let total = run_all(seeds, arguments.about(), false, |runs| {
        if is_terminal && runs.is_multiple_of(10) {
            eprint!("\r{runs} of {} seeds", arguments.seeds);
        }
    });
    if is_terminal {
        eprintln!();
    }
    let line = figures(&total, &arguments, started.elapsed().as_secs_f64());
    println!("{line}");
    if !total.lies.is_empty() {
        println!("{}", lies(&total));
    }
    if let Some(path) = &arguments.append
        && let Err(error) = append(path, &line)
    {
        eprintln!("simulate: cannot append to {}: {error}", path.display());
        return ExitCode::FAILURE;
    }
    for (seed, words) in &total.failures {
        println!("seed {seed}: {words}\n  replay: make simulate REPLAY={seed}{}", about(&arguments));
    }
    if total.failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// What all runs are about, in `make`'s words.
fn about(arguments: &Arguments) -> String {
    match arguments.about() {
        None => String::new(),
        Some(About::Lie(lie)) => format!(" LIE={lie:?}"),
        Some(About::Disk(fault)) => format!(" DISK={fault:?}"),
    }
}

fn figures(total: &Total, arguments: &Arguments, seconds: f64) -> String {
    let last = arguments.first_seed + arguments.seeds - 1;
    format!(
        "seeds {} to {last}{}: {} failed; {:.1} simulated hours, {} events, {} blocks, {} receipts verified, {} crashes, {} provable forks; {} seeds ran twice, alike; {seconds:.0} s",
        arguments.first_seed,
        about(arguments),
        total.failures.len(),
        total.simulated_ms as f64 / 3_600_000.0,
        total.events,
        total.blocks,
        total.receipts,
        total.crashes,
        total.forks,
        total.twice,
    )
}

/// How often each lie was told.
fn lies(total: &Total) -> String {
    let one =
        |(lie, told): (&Lie, &Told)| format!("{lie:?} {} times, in {} of its {} seeds", told.times, told.runs_told, told.runs);
    format!("lies told: {}", total.lies.iter().map(one).collect::<Vec<_>>().join("; "))
}

fn append(path: &std::path::Path, line: &str) -> std::io::Result<()> {
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
    writeln!(file, "* {line}")
}

fn replay(seed: u64, arguments: &Arguments) -> ExitCode {
    match run(seed, arguments.about(), true) {
        Ok(outcome) => {
            println!("seed {seed}: {} events, trace {}", outcome.events, outcome.trace);
            match outcome.violation {
                None => ExitCode::SUCCESS,
                Some(words) => {
                    println!("seed {seed}: {words}");
                    ExitCode::FAILURE
                }
            }
        }
        Err(words) => {
            println!("seed {seed}: {words}");
            ExitCode::FAILURE
        }
    }
}

fn traces(arguments: &Arguments) -> ExitCode {
    for seed in arguments.first_seed..arguments.first_seed + arguments.seeds {
        match run(seed, arguments.about(), false) {
            Ok(outcome) => println!("{seed} {}", outcome.trace),
            Err(words) => println!("{seed} {words}"),
        }
    }
    ExitCode::SUCCESS
}
