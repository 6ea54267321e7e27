//! Every seed and every input that once failed, through its target, on every change.
//!
//! In: the targets of this crate. Out: a panic that names the target and the input. Not for the targets of
//! the whole program: `tests/fuzz/program` replays those.

use courtseal_fuzz::{replay, targets};
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
fn what_once_failed_passes() {
    assert!(replay::failures(targets()) > 0, "there are no inputs to replay");
}

#[test]
fn targets_have_names_of_their_own() {
    let names: BTreeSet<&str> = targets().map(|target| target.name).collect();
    assert_eq!(names.len(), targets().count());
    assert!(names.len() >= 24, "{}", names.len());
    assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit())), "{names:?}");
}
