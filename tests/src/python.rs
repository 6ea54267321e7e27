//! The independent verifier, `tests/interop/verify.py`, applied to receipts of running networks.
//!
//! In: files, receipts, a policy.
//! Out: the verdicts of the verifier.
//! Always: the verifier sees the policy file and nothing else of the network.
//! Not for vectors: `tests/interop/run` runs the verifier on those.

use crate::program::{Outcome, finish};
use anyhow::{Context, ensure};
use serde_json::{Value, json};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

fn interop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop")
}

/// Runs the verifier with these arguments.
///
/// # Errors
/// There is no Python with the package `cryptography`, and none can be made.
pub fn verifier<A: AsRef<OsStr>>(arguments: &[A]) -> anyhow::Result<Outcome> {
    let found = Command::new(interop().join("python")).output().context("tests/interop/python")?;
    ensure!(found.status.success(), "tests/interop/python: {}", String::from_utf8_lossy(&found.stderr));
    let python = String::from_utf8(found.stdout)?;
    let mut command = Command::new(python.trim());
    command.arg(interop().join("verify.py")).args(arguments);
    finish(command)
}

/// Returns the verdicts on files with their receipts, and openings if there are any, beside them; in order.
/// The names must be UTF-8.
///
/// # Errors
/// The verifier cannot be run, or does not print one line for each receipt.
pub fn verdicts(files: &[PathBuf], policy: &Path) -> anyhow::Result<Vec<Value>> {
    let mut list = String::new();
    for file in files {
        let file = file.to_str().context("a name that is no UTF-8")?;
        let (receipt, opening) = (format!("{file}.tlog-proof"), format!("{file}.opening"));
        let opening = Path::new(&opening).is_file().then_some(&opening);
        list.push_str(&json!({"file": file, "receipt": receipt, "policy": policy.to_str(), "opening": opening}).to_string());
        list.push('\n');
    }
    let folder = tempfile::tempdir()?;
    let at = folder.path().join("list");
    std::fs::write(&at, list)?;
    let outcome = verifier(&[OsString::from("--batch"), at.into()])?;
    let answers: Vec<Value> = outcome.stdout.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    ensure!(outcome.code == 0 && answers.len() == files.len(), "{outcome:?}");
    Ok(answers)
}

/// Makes the verifier try every single-bit change of a receipt; returns the number of changes. Each must be
/// rejected.
///
/// # Errors
/// A changed receipt is accepted, or the receipt is not valid to begin with.
pub fn flip_bits(file: &Path, receipt: &Path, policy: &Path, opening: Option<&Path>) -> anyhow::Result<u64> {
    let mut arguments: Vec<&OsStr> = vec!["--flip-bits".as_ref(), receipt.as_ref(), "--policy".as_ref(), policy.as_ref()];
    arguments.extend::<[&OsStr; 2]>(["--file".as_ref(), file.as_ref()]);
    if let Some(opening) = opening {
        arguments.extend::<[&OsStr; 2]>(["--opening".as_ref(), opening.as_ref()]);
    }
    let outcome = verifier(&arguments)?;
    let last = outcome.stdout.lines().last().unwrap_or_default();
    ensure!(outcome.code == 0 && last.ends_with("bits changed, 0 accepted as valid"), "{outcome:?}");
    Ok(last.split_whitespace().next().context("no number")?.parse()?)
}
