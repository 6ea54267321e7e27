//! `sabotage`: plants each bug in turn and runs seeds until the simulation catches it.
//!
//! In: names of bugs, or none for all. Out: one line a bug: after how many seeds, and what was seen; exit code 1 if one is missed. Always: built only with
//! the feature `planted`; with no bug planted the first seeds are clean, so that it is the bug that is caught. Not for real processes.

use clap::Parser;
use courtseal_planted::{Bug, select};
use courtseal_simulator::batch::run_all;
use courtseal_simulator::byzantine::Lie;
use courtseal_simulator::profile::{About, DiskFault};
use std::process::ExitCode;

/// Seeds that must be clean without a bug.
const CLEAN_SEEDS: u64 = 10;

/// Shows that planted bugs are caught.
#[derive(Parser)]
struct Arguments {
    /// The bugs; all if there are none.
    bugs: Vec<Bug>,
    /// How many seeds at most for each.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    first_seed: u64,
}

/// What the runs are about that are to catch a bug: what their seeds choose, but where that would take hundreds of them.
fn about(bug: Bug) -> Option<About> {
    match bug {
        Bug::StartByOne => Some(About::Lie(Lie::Eager)),
        Bug::JudgeAll => Some(About::Lie(Lie::Hasty)),
        Bug::BelieveThief => Some(About::Lie(Lie::Thief)),
        // A court must lose all it knows of its votes while the network stands still at that height.
        Bug::UnsureForgets => Some(About::Disk(DiskFault::LosesAll)),
        _ => None,
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    std::panic::set_hook(Box::new(|_| {}));
    let first = arguments.first_seed;
    if let Some((seed, words)) = run_all(first..first + CLEAN_SEEDS, None, true, |_| {}).failures.first() {
        println!("seed {seed} fails without any bug: {words}");
        return ExitCode::FAILURE;
    }
    let bugs = if arguments.bugs.is_empty() { Bug::ALL.to_vec() } else { arguments.bugs };
    let mut caught = 0;
    for bug in &bugs {
        select(Some(*bug));
        let total = run_all(first..first + arguments.seeds, about(*bug), true, |_| {});
        match total.failures.first() {
            Some((seed, words)) => {
                caught += 1;
                println!("{:<22} caught by seed {seed} after {} seeds: {words}", bug.name(), total.runs);
            }
            None => println!("{:<22} NOT CAUGHT by {} seeds: {}", bug.name(), total.runs, bug.meaning()),
        }
    }
    println!("{caught} of {} planted bugs caught", bugs.len());
    if caught == bugs.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
