//! `make bench`: figures of the program, or with `--base PROGRAM` a comparison with another build of it.
//!
//! In: the built program; `--base PROGRAM`. `--quick` is short, for a first look. `--save` adds the table to
//! tests/bench/RESULTS.md.
//! Out: the table; the exit code is 1 if a goal is missed.
//! Always: the table names the base by its SHA-256.
//! Not for correctness: `make test` checks that.

use anyhow::Context as _;
use courtseal_proof::bytes::digest::sha256;
use courtseal_tests::bench::{Effort, comparison, present, table};
use courtseal_tests::options::Options;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(missed) => {
            eprintln!("{missed} goals missed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> anyhow::Result<usize> {
    let options = Options::parse(std::env::args(), &["--quick", "--save"], &["--base"])?;
    let effort = if options.has("--quick") { Effort::QUICK } else { Effort::FULL };
    let (table, subject) = match options.text("--base") {
        Some(base) => {
            let base = std::path::absolute(base)?;
            let subject = format!("Base: the program {}. ", digest(&base)?);
            (comparison::run(&base, &effort)?, subject)
        }
        None => (present::run(&effort)?, String::new()),
    };
    let text = table.text(&subject)?;
    println!("{text}");
    if options.has("--save") {
        table::save(&text)?;
    }
    Ok(table.missed())
}

/// The SHA-256 of a program, which identifies it in the table.
fn digest(program: &Path) -> anyhow::Result<String> {
    let bytes = std::fs::read(program).with_context(|| format!("cannot read the base {}", program.display()))?;
    Ok(sha256(&bytes).to_string())
}
