//! Seeds of the simulation that every change runs, beside those of `make simulate`.
//!
//! In: the program `simulate`.
//! Out: failures with the seed.
//! Always: a seed that found a bug stays here for ever. The same seed is the same run in every process.
//! Not for many seeds.

use courtseal_simulator::batch::{run, run_all};
use courtseal_simulator::byzantine::Lie;
use courtseal_simulator::profile::{About, DiskFault};
use std::process::Command;

/// Seeds that found a bug, and which bug. If the choices of seeds change, they become ordinary ones; the bug
/// has a test of its own beside the code.
const FOUND: [(u64, &str); 8] = [
    (38, "checks: a court whose whole disk is lost cannot know what nobody else knows"),
    (89, "C8: an unflushed end that is torn in its middle silenced a court, and with one liar the network"),
    (118, "C8: the same, with an equivocator"),
    (632, "S11: damage that a record's checksum shows was not noted, so a court stopped again after each start"),
    (2683, "C20: an answer to another request than the open one ended the wait for it, and nobody was asked again"),
    (946, "checks: evidence that only a crashed court had seen cannot be asked for"),
    (176, "checks: a fork of more liars than can be borne must be provable"),
    (81_059_819, "a node that restarted was taken to know of a contradiction whose first half it had lost"),
];

/// Runs for each lie, and for each fault of disks.
const ALONE_SEEDS: u64 = 3;
/// First seeds of the first lie and of the first fault. Each further one begins ten seeds later. With these,
/// few networks are large: a run of 32 courts can take half a minute, and `make simulate` has them.
const LIES_FROM: u64 = 5_000;
const FAULTS_FROM: u64 = 2_000;

#[test]
fn seeds_that_found_something_are_clean() {
    for (seed, what) in FOUND {
        let outcome = run(seed, None, false).unwrap_or_else(|words| panic!("seed {seed} ({what}): {words}"));
        assert_eq!(outcome.violation, None, "seed {seed}: {what}");
    }
}

#[test]
fn each_lie_alone_is_borne() {
    for (lie, first) in Lie::ALL.iter().zip((LIES_FROM..).step_by(10)) {
        let total = run_all(first..first + ALONE_SEEDS, Some(About::Lie(*lie)), false, |_| {});
        assert_eq!(total.failures, [], "{lie:?}: seeds and what was broken");
        let told = total.lies[lie];
        // Two honest courts with one key, or one that forgets, contradict each other only where the rest goes
        // wrong too.
        let least = if matches!(lie, Lie::Twin | Lie::Amnesiac) { ALONE_SEEDS / 2 } else { ALONE_SEEDS };
        assert!(told.runs == ALONE_SEEDS && told.runs_told >= least, "{lie:?} from seed {first} on: {told:?}");
    }
}

#[test]
fn each_fault_of_disks_alone_is_borne() {
    for (fault, first) in DiskFault::ALL.iter().zip((FAULTS_FROM..).step_by(10)) {
        let total = run_all(first..first + ALONE_SEEDS, Some(About::Disk(*fault)), false, |_| {});
        assert_eq!(total.failures, [], "{fault:?}: seeds and what was broken");
        assert!(total.damages >= ALONE_SEEDS, "{fault:?} from seed {first} on: it struck {} times", total.damages);
    }
}

#[test]
fn one_seed_is_one_run_in_every_process() {
    let traces = || {
        let output = Command::new(env!("CARGO_BIN_EXE_simulate")).args(["--seeds", "4", "--traces"]).output().unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let first = traces();
    assert_eq!(first.lines().count(), 4);
    assert_eq!(first, traces());
}
