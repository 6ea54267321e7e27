//! Every seed and every input that once failed, through the targets of the whole program, on every change.
//!
//! In: the targets of this crate, the folders of all inputs that once failed. Out: a panic that names the
//! target and the input. Not for the other targets.

use courtseal_fuzz::replay;
use courtseal_fuzz_program::targets;
use std::collections::BTreeSet;

#[test]
fn every_seed_passes_and_each_target_accepts_one() {
    replay::seeds(targets());
}

#[test]
fn every_seed_cut_and_changed_passes() {
    replay::changed_seeds(targets());
}

#[test]
fn what_once_failed_passes_and_belongs_to_a_target() {
    assert!(replay::failures(targets()) > 0, "there are no inputs to replay");
    let all: BTreeSet<&str> = targets().chain(courtseal_fuzz::targets()).map(|target| target.name).collect();
    assert_eq!(all.len(), targets().count() + courtseal_fuzz::targets().count(), "names are used once");
    for entry in std::fs::read_dir(replay::folder()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(all.contains(&name[..]), "{name} is none of {all:?}");
    }
}
