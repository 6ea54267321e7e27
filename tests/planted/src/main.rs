//! `plant`: makes the copy of the tree in which every bug is planted.
//!
//! In: the root of the tree, the folder of the copy.
//! Out: the copy, brought up to date.
//! Always: exit code 1 with the stale patches and the next step if one does not apply.
//! Not for building or running the copy: see `make sabotage`.

use courtseal_planted::copy;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [root, to] = &arguments[..] else {
        eprintln!("usage: plant ROOT COPY");
        return ExitCode::from(2);
    };
    match copy::make(Path::new(root), Path::new(to)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("plant: {error}");
            ExitCode::FAILURE
        }
    }
}
