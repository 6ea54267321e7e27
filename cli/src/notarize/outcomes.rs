//! The receipts of a whole transaction, saved beside their files; what became of each file.
//!
//! In: a journal, checked receipts. Out: outcomes of each name. Always: a receipt of a file that has changed
//! since it was signed is put aside; the journal goes only when every receipt is on disk. Not for one
//! receipt: see [`super::save`].

use super::hash::{has_no_file_here, is_as_stated};
use super::journal::Journal;
use super::report::{GroupReport, Outcome, Recorded};
use super::save::{self, Saved};
use super::work::Work;
use crate::failure::{Exit, Failure};
use crate::files::names;
use crate::files::place::Place;
use crate::{files, print};
use courtseal_proof::bytes::limits::RECEIPT_BYTES_MAX;
use courtseal_proof::statement::Statement;
use courtseal_proof::verify::{HeldPolicy, Proven, verify_receipt};
use rayon::prelude::*;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

/// A receipt's text and what it proves, one a statement.
pub type Receipts = Vec<(String, Proven)>;
/// Outcomes of the names of each file.
pub type Outcomes = Vec<Vec<(PathBuf, Outcome)>>;

/// Saves a checked receipt for each name, on all cores; then makes the receipts' names durable.
///
/// # Errors
/// [`Failure`]: the receipts' names cannot be made durable.
pub fn save_all(work: &Work<'_>, place: &Place, journal: &Journal, receipts: &Receipts) -> Result<Outcomes, Failure> {
    let save_one = |(names, (receipt, proven)): (&Vec<PathBuf>, &(String, Proven))| -> Vec<(PathBuf, Outcome)> {
        let save = |name: &PathBuf| match save::save(place, name, receipt.as_bytes(), proven, work.policy) {
            Ok(saved) => outcome(proven, saved),
            Err(error) => unwritten(proven, &error),
        };
        names.iter().map(|name| (name.clone(), save(name))).collect()
    };
    let outcomes = if receipts.len() == 1 {
        journal.files.iter().zip(receipts).map(save_one).collect()
    } else {
        journal.files.par_iter().zip(receipts).map(save_one).collect()
    };
    sync(place, journal.files.iter().flatten())?;
    Ok(outcomes)
}

/// As [`save_all`], for files that may have changed since they were signed: their receipts are put aside.
///
/// # Errors
/// As [`save_all`].
pub fn save_all_resumed(
    work: &Work<'_>,
    place: &Place,
    journal: &Journal,
    receipts: &Receipts,
    report: &mut GroupReport,
) -> Result<Outcomes, Failure> {
    let statements = journal.transaction.statements();
    let same = |(names, statement): (&Vec<PathBuf>, &Statement)| -> Vec<bool> {
        names
            .iter()
            .map(|name| has_no_file_here(name, statement) || matches!(is_as_stated(place, name, statement), Ok(true)))
            .collect()
    };
    let same: Vec<Vec<bool>> = journal.files.par_iter().zip(statements).map(same).collect();
    let mut outcomes = Vec::new();
    for ((names, same), (receipt, proven)) in journal.files.iter().zip(same).zip(receipts) {
        let mut of_file = Vec::new();
        for (name, same) in names.iter().zip(same) {
            let shown = place.shown(name);
            if same {
                // One name whose receipt cannot be written keeps the journal, and stops nothing else.
                let outcome = match save::save(place, name, receipt.as_bytes(), proven, work.policy) {
                    Ok(saved) => outcome(proven, saved),
                    Err(error) => unwritten(proven, &error),
                };
                of_file.push((name.clone(), outcome));
            } else {
                let aside = match save::save_aside(place, name, receipt) {
                    Ok(aside) => aside,
                    Err(error) => {
                        of_file.push((name.clone(), unwritten(proven, &error)));
                        continue;
                    }
                };
                report.notes.push(format!(
                    "{} has changed, or is gone, since it was signed; the receipt of what was signed is {}",
                    print::path(&shown),
                    print::path(&aside)
                ));
            }
        }
        outcomes.push(of_file);
    }
    let saved: Vec<PathBuf> = outcomes.iter().flatten().map(|(name, _)| name.clone()).collect();
    sync(place, &saved)?;
    Ok(outcomes)
}

fn unwritten(proven: &Proven, error: &io::Error) -> Outcome {
    let entry = print::count(proven.entry.index);
    Outcome::Failed(format!("it is recorded as entry {entry}, but its receipt cannot be written: {}", files::reason(error)))
}

fn outcome(proven: &Proven, saved: Saved) -> Outcome {
    let entry = &proven.entry;
    if let Some(rule) = entry.rule() {
        let text = format!("{} (entry {})", rule.meaning(), print::count(entry.index));
        return Outcome::Refused(text, Some(saved.receipt));
    }
    Outcome::Recorded(Recorded {
        index: entry.index,
        recorded_at: entry.recorded_at,
        first: entry.outcome().first(),
        earlier: entry.outcome().earlier(),
        what: entry.statement().map_or("", |statement| statement.body().outcome(&entry.outcome())),
        courts: (proven.courts.len(), proven.courts_listed),
        receipt: saved.receipt,
        opening: saved.opening,
        kept: saved.kept,
        beside: None,
    })
}

/// Whether an interruption came after the last receipt was saved: then nothing is sent again.
pub fn has_all_receipts(place: &Place, journal: &Journal, policy: &HeldPolicy) -> bool {
    let id = journal.transaction.id();
    let has_receipt = |position: usize, name: &PathBuf| {
        let receipt = place.read(name, names::RECEIPT, RECEIPT_BYTES_MAX);
        let proven = receipt.ok().and_then(|receipt| verify_receipt(&receipt, policy).ok());
        proven.is_some_and(|proven| {
            proven.entry.as_stated().is_some_and(|stated| stated.transaction == id && stated.position == position as u64)
        })
    };
    journal.files.iter().enumerate().all(|(position, names)| names.iter().all(|name| has_receipt(position, name)))
}

/// Deletes the journal if every receipt is on disk; else the next run asks for them again. Openings that have
/// their receipts' names by now lose the names under which they waited.
pub fn finish(place: &Place, name: &OsStr, journal: &Journal, outcomes: &Outcomes) {
    if outcomes.iter().flatten().any(|(_, outcome)| matches!(outcome, Outcome::Failed(_))) {
        return;
    }
    place.remove_named(name);
    for (names, statement) in journal.files.iter().zip(journal.transaction.statements()) {
        if statement.as_evidence().is_none() && statement.is_confidential() {
            names.iter().for_each(|name| place.remove_named(names::of(name, names::OPENING).as_os_str()));
        }
    }
}

/// Makes the names of our own files about these files durable.
///
/// # Errors
/// [`Failure`] of writing.
pub fn sync<'a>(place: &Place, names: impl IntoIterator<Item = &'a PathBuf>) -> Result<(), Failure> {
    place.sync(names).map_err(|(folder, error)| cannot_write(&folder, &error))
}

/// A failure of writing beside a file, with the next step.
pub fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::new(Exit::Invalid, format!("cannot write beside {}: {}", print::path(path), files::reason(error)))
        .next("make room, make the folder writable, or name another one with --receipts; the same command does the rest")
}
