//! What a fuzzing binary does besides fuzzing: it chooses a target, lists them all, writes their seeds.
//!
//! In: `COURTSEAL_FUZZ=<target>`, arguments, all targets of the binary.
//! Out: a target, or names and longest inputs, or one corpus folder for each target.
//! Not for feeding inputs: the engine does.

use crate::target::Target;
use std::path::Path;
use std::process::exit;

/// The target that the environment names. Ends the process if there is none.
pub fn chosen(targets: &[&'static Target]) -> &'static Target {
    let name = std::env::var("COURTSEAL_FUZZ").unwrap_or_default();
    targets.iter().find(|target| target.name == name).unwrap_or_else(|| {
        eprintln!("COURTSEAL_FUZZ={name} names no target; `list` prints them");
        exit(2)
    })
}

/// The two commands besides fuzzing: `list`, and `seeds <folder>`. Ends the process after either.
pub fn command(targets: &[&Target]) {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["list"] => {
            targets.iter().for_each(|target| println!("{} {}", target.name, target.length_bytes_max));
            Ok(())
        }
        ["seeds", folder] => write_seeds(targets, Path::new(folder)),
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

fn write_seeds(targets: &[&Target], folder: &Path) -> std::io::Result<()> {
    for target in targets {
        let corpus = folder.join(target.name);
        std::fs::create_dir_all(&corpus)?;
        for (number, seed) in (target.seeds)().iter().enumerate() {
            std::fs::write(corpus.join(format!("seed-{number:03}")), seed)?;
        }
    }
    Ok(())
}
