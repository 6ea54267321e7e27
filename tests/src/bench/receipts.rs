//! Measures how fast the program verifies the receipts of one large transaction.
//!
//! In: a running network.
//! Out: times of `verify` over a folder of tiny files.
//! Always: the processor time is the sum over several whole processes, so that the system's clock tick does
//! not matter.
//! Not for large files.

use super::figure::Figure;
use crate::evidence::{random, statement};
use crate::generator::subject::Subject;
use crate::http;
use crate::measure::{Samples, ended_children_cpu_s};
use anyhow::{Context as _, ensure};
use std::fs;
use std::path::Path;

/// The number of files, each with one receipt.
const FILES: usize = 1_000;
/// Exit codes of `verify`: all files are valid, or some have no verdict.
const VALID: i32 = 0;
const CANNOT_TELL: i32 = 4;

/// Records 1,000 tiny files in one transaction and verifies them `runs` times.
///
/// The handling of the files is the time that `verify` takes for the same files without receipts. It is
/// measured in the same way, and subtracted in [`Figure::Verified`].
///
/// # Errors
/// The files are not recorded, or not all receipts are valid.
pub fn measure(subject: &Subject, runs: usize) -> anyhow::Result<Vec<(Figure, f64)>> {
    let desk = subject.network.desk()?;
    let (with, without) = (desk.join("receipts"), desk.join("no-receipts"));
    record(subject, &with, &without)?;
    let (elapsed_ms, cpu_s) = verify(subject, &with, VALID, runs)?;
    let (_, files_cpu_s) = verify(subject, &without, CANNOT_TELL, runs)?;
    Ok(vec![
        (Figure::VerifyElapsed, elapsed_ms),
        (Figure::VerifyCpu, cpu_s * 1e3),
        (Figure::Verified, FILES as f64 / (cpu_s - files_cpu_s)),
    ])
}

/// Writes the files into both folders, and their receipts into the first one.
fn record(subject: &Subject, with: &Path, without: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(with)?;
    fs::create_dir_all(without)?;
    let contents = (0..FILES).map(|_| random::<16>()).collect::<anyhow::Result<Vec<_>>>()?;
    let transaction = subject.signers[0].sign(contents.iter().map(|content| statement(content)).collect())?;
    let url = &subject.network.courts()[0].url;
    let answer = http::post(url, "/v1/transactions?wait_ms=20000", transaction.to_text().as_bytes())?;
    ensure!(answer.status == 200, "{}: {}", answer.status, answer.body);
    let answer = answer.json();
    let entries = answer["entries"].as_array().context("an answer without entries")?;
    ensure!(entries.len() == FILES, "{} receipts for {FILES} files", entries.len());
    for (number, (content, entry)) in contents.iter().zip(entries).enumerate() {
        let receipt = entry["receipt"].as_str().context("an entry without a receipt")?;
        fs::write(with.join(format!("{number}.bin")), content)?;
        fs::write(with.join(format!("{number}.bin.tlog-proof")), receipt)?;
        fs::write(without.join(format!("{number}.bin")), content)?;
    }
    Ok(())
}

/// The median time of a run in milliseconds, and the mean processor time in seconds.
fn verify(subject: &Subject, folder: &Path, code: i32, runs: usize) -> anyhow::Result<(f64, f64)> {
    let run = || {
        let outcome = subject.network.verify(&[folder])?;
        ensure!(outcome.code == code, "verify ends with {}: {}", outcome.code, outcome.stderr);
        Ok(outcome.elapsed)
    };
    // One uncounted run, so that the files are in memory for each counted run.
    run()?;
    let (mut times, before) = (Samples::default(), ended_children_cpu_s()?);
    for _ in 0..runs {
        times.add_time(run()?);
    }
    Ok((times.median(), (ended_children_cpu_s()? - before) / runs as f64))
}
