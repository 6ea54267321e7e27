//! Every seed and every input that once failed, through its target.
//!
//! In: targets, `tests/fuzz/regressions`. Out: a panic that names the target and the input. Always: an input
//! that crashed a target stays in the folder of its name. Not for finding new ones: `make fuzz` does.

use crate::target::Target;
use std::path::PathBuf;

/// The folder of inputs that once failed: one folder for each target.
pub fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("regressions")
}

/// Runs an input; a panic names it.
fn run(target: &Target, what: &str, bytes: &[u8]) -> bool {
    let result = std::panic::catch_unwind(|| (target.run)(bytes));
    result.unwrap_or_else(|_| panic!("target {}, {what}, {} bytes; see the message above", target.name, bytes.len()))
}

/// All seeds pass, and each target accepts one of its own.
///
/// # Panics
/// If that is not so.
pub fn seeds(targets: impl Iterator<Item = &'static Target>) {
    for target in targets {
        let seeds = (target.seeds)();
        assert_eq!(seeds, (target.seeds)(), "{}: seeds are the same on every call", target.name);
        let accepted = seeds.iter().enumerate().filter(|(at, seed)| run(target, &format!("seed {at}"), seed)).count();
        assert!(accepted > 0, "{}: none of {} seeds is accepted, so it tests only the refusal", target.name, seeds.len());
        assert!(seeds.iter().any(|seed| seed.len() <= target.length_bytes_max), "{}: all seeds are too long", target.name);
    }
}

/// The first seeds pass as well if they are cut, or a bit of them is flipped.
///
/// # Panics
/// If that is not so.
pub fn changed_seeds(targets: impl Iterator<Item = &'static Target>) {
    for target in targets {
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

/// What once failed passes. How many inputs there are.
///
/// # Panics
/// If that is not so.
pub fn failures(targets: impl Iterator<Item = &'static Target>) -> usize {
    let mut replayed = 0;
    for target in targets {
        let Ok(inputs) = std::fs::read_dir(folder().join(target.name)) else { continue };
        for input in inputs {
            let path = input.expect("the folder can be read").path();
            run(target, &path.display().to_string(), &std::fs::read(&path).expect("the input can be read"));
            replayed += 1;
        }
    }
    replayed
}
