//! The fuzzing binary: libFuzzer around one target, chosen at run time, so that everything is linked once.
//!
//! In: `COURTSEAL_FUZZ=<target>` and libFuzzer's own arguments; or `courtseal-fuzz list`, `courtseal-fuzz seeds <folder>`. Out: what libFuzzer
//! prints; the names of the targets and their longest inputs; one corpus folder for each target. Always: a panic is a crash. Not run by hand:
//! see `tests/fuzz/run`.
#![no_main]

use courtseal_fuzz::{Target, targets};
use std::path::Path;
use std::process::exit;
use std::sync::LazyLock;

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("COURTSEAL_FUZZ").unwrap_or_default();
    targets().find(|target| target.name == name).unwrap_or_else(|| {
        eprintln!("COURTSEAL_FUZZ={name} names no target; `courtseal-fuzz list` prints them");
        exit(2)
    })
});

/// The two commands besides fuzzing.
fn command() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list"] => {
            targets().for_each(|target| println!("{} {}", target.name, target.length_bytes_max));
            Ok(())
        }
        ["seeds", folder] => write_seeds(Path::new(folder)),
        _ => return,
    };
    match done {
        Ok(()) => exit(0),
        Err(error) => {
            eprintln!("the seeds cannot be written: {error}");
            exit(1)
        }
    }
}

fn write_seeds(folder: &Path) -> std::io::Result<()> {
    for target in targets() {
        let corpus = folder.join(target.name);
        std::fs::create_dir_all(&corpus)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            std::fs::write(corpus.join(format!("seed-{number:03}")), seed)?;
        }
    }
    Ok(())
}

libfuzzer_sys::fuzz_target!(init: command(), |bytes: &[u8]| {
    (TARGET.run)(bytes);
});
