//! Every seed and every input that once failed, through its target, on every change.
//!
//! In: the targets, `tests/fuzz/regressions`. Out: a panic that names the target and the input. Always: an input that crashed a target stays in the
//! folder of its name. Not for finding new ones: `make fuzz` does.

use courtseal_fuzz::{Target, targets};
use std::collections::BTreeSet;
use std::path::PathBuf;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("regressions")
}

/// Runs an input; a panic names it.
fn run(target: &Target, what: &str, bytes: &[u8]) -> bool {
    let result = std::panic::catch_unwind(|| (target.run)(bytes));
    result.unwrap_or_else(|_| panic!("target {}, {what}, {} bytes; see the message above", target.name, bytes.len()))
}

#[test]
fn every_seed_passes_and_each_target_accepts_one() {
    for target in targets() {
        let seeds = (target.seeds)();
        assert_eq!(seeds, (target.seeds)(), "{}: seeds are the same on every call", target.name);
        let accepted = seeds.iter().enumerate().filter(|(at, seed)| run(target, &format!("seed {at}"), seed)).count();
        assert!(accepted > 0, "{}: none of {} seeds is accepted, so it tests only the refusal", target.name, seeds.len());
        assert!(seeds.iter().any(|seed| seed.len() <= target.length_bytes_max), "{}: all seeds are too long", target.name);
    }
}

#[test]
fn every_seed_cut_and_changed_passes() {
    for target in targets() {
        for (at, seed) in (target.seeds)().iter().filter(|seed| seed.len() <= target.length_bytes_max).take(12).enumerate() {
            for step in 1..8 {
                let place = seed.len() * step / 8;
                run(target, &format!("seed {at} cut at {place}"), &seed[..place]);
                let mut changed = seed.clone();
                changed.iter_mut().skip(place).take(1).for_each(|byte| *byte ^= 1 << step);
                run(target, &format!("seed {at} changed at {place}"), &changed);
            }
        }
    }
}

#[test]
fn what_once_failed_passes() {
    let names: BTreeSet<&str> = targets().map(|target| target.name).collect();
    let mut replayed = 0;
    for entry in std::fs::read_dir(folder()).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if !entry.file_type().unwrap().is_dir() {
            continue;
        }
        let target = targets().find(|target| target.name == name).unwrap_or_else(|| panic!("{name} is none of {names:?}"));
        for input in std::fs::read_dir(entry.path()).unwrap() {
            let path = input.unwrap().path();
            run(target, &path.display().to_string(), &std::fs::read(&path).unwrap());
            replayed += 1;
        }
    }
    assert!(replayed > 0, "there are no inputs to replay");
}

#[test]
fn targets_have_names_of_their_own() {
    let names: BTreeSet<&str> = targets().map(|target| target.name).collect();
    assert_eq!(names.len(), targets().count());
    assert!(names.len() >= 24, "{}", names.len());
    assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c.is_ascii_digit())), "{names:?}");
}
