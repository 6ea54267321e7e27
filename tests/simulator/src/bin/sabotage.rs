//! `sabotage`: activates each planted bug in turn and runs seeds until the simulation catches it.
//!
//! In: names of bugs, or none for all; the patches' heads, in the copy of the tree from which it is called.
//! Out: one line a bug: after how many seeds, and what was seen. Exit code 1 if one is missed.
//! Always: with no bug active the first seeds are clean, so that it is the bug that is caught.
//! Not for bugs that other suites must catch: run such a suite in the copy, with `COURTSEAL_PLANTED`.

use clap::Parser;
use courtseal_planted::copy::PATCHES;
use courtseal_planted::patch::Patch;
use courtseal_planted::select;
use courtseal_simulator::batch::run_all;
use courtseal_simulator::profile::About;
use std::path::Path;
use std::process::ExitCode;

/// Seeds that must be clean without a bug.
const CLEAN_SEEDS: u64 = 10;
/// The suite that this program runs, as the patches name it.
const SUITE: &str = "tests/simulator";

/// Shows that planted bugs are caught.
#[derive(Parser)]
struct Arguments {
    /// The bugs, by the names of their patches. Default: all that the simulator must catch.
    bugs: Vec<String>,
    /// How many seeds at most for each.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 1)]
    first_seed: u64,
}

/// The patches with these names; all of this suite if there are none.
fn chosen(names: &[String]) -> Result<Vec<(Patch, Option<About>)>, String> {
    let mut patches = Patch::read_all(Path::new(PATCHES))?;
    patches.retain(|patch| patch.caught_by == SUITE);
    if let Some(unknown) = names.iter().find(|name| patches.iter().all(|patch| patch.name != **name)) {
        let known: Vec<&str> = patches.iter().map(|patch| patch.name.as_str()).collect();
        return Err(format!("'{unknown}' is none of: {}", known.join(", ")));
    }
    patches.retain(|patch| names.is_empty() || names.contains(&patch.name));
    let with_about = |patch: Patch| match patch.about.as_deref().map(str::parse).transpose() {
        Ok(about) => Ok((patch, about)),
        Err(error) => Err(format!("{}: {error}", patch.name)),
    };
    patches.into_iter().map(with_about).collect()
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let bugs = match chosen(&arguments.bugs) {
        Ok(bugs) => bugs,
        Err(error) => {
            eprintln!("sabotage: {error}");
            return ExitCode::FAILURE;
        }
    };
    std::panic::set_hook(Box::new(|_| {}));
    let first = arguments.first_seed;
    if let Some((seed, words)) = run_all(first..first + CLEAN_SEEDS, None, true, |_| {}).failures.first() {
        println!("seed {seed} fails without any bug: {words}");
        return ExitCode::FAILURE;
    }
    let mut caught = 0;
    for (Patch { name, meaning, .. }, about) in &bugs {
        select(name);
        let total = run_all(first..first + arguments.seeds, *about, true, |_| {});
        match total.failures.first() {
            Some((seed, words)) => {
                caught += 1;
                println!("{name:<22} caught by seed {seed} after {} seeds: {words}", total.runs);
            }
            None => println!("{name:<22} NOT CAUGHT by {} seeds: {meaning}", total.runs),
        }
    }
    println!("{caught} of {} planted bugs caught", bugs.len());
    if caught == bugs.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
