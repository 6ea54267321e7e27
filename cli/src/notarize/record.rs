//! One transaction from statements to receipts on disk, or from a journal to receipts on disk.
//!
//! In: prepared files, or a journal. Out: receipts, openings, reports. Always, in this order: openings synced, journal synced, sent, receipts
//! checked, saved and synced, journal deleted; a crash after any step leaves what the next run needs. Not for choosing files.

use super::hash::{Prepared, is_as_stated, shown};
use super::journal::Journal;
use super::report::{FileReport, GroupReport, Outcome, Recorded};
use super::save::{self, Expected};
use super::send::{self, Sent};
use super::{OPENING_ENDING, RECEIPT_ENDING, Work};
use crate::failure::{Exit, Failure};
use crate::files;
use crate::print;
use courtseal_proof::entry::EntryKind;
use courtseal_proof::limits::RECEIPT_BYTES_MAX;
use courtseal_proof::statement::Statement;
use courtseal_proof::time::Timestamp;
use courtseal_proof::transaction::Transaction;
use courtseal_proof::verify::{HeldPolicy, verify_receipt};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// How long a signed transaction may be recorded: an hour, so that a short failure is survived without signing anew.
const VALID_MS: u64 = 60 * 60 * 1000;

/// Records prepared files; the report gets one outcome each.
///
/// # Errors
/// [`Failure`]: nothing more should be tried now.
pub fn record(work: &Work<'_>, at: &Path, new: Vec<Prepared>, report: &mut GroupReport) -> Result<(), Failure> {
    let paths: Vec<PathBuf> = new.iter().map(|prepared| prepared.path.clone()).collect();
    let mut each = |outcome: &dyn Fn() -> Outcome| {
        report.files.extend(paths.iter().map(|path| FileReport { path: path.clone(), outcome: outcome() }))
    };
    if let Err(failure) = write_openings(&new) {
        each(&|| Outcome::NotTried);
        return Err(failure);
    }
    let journal = match sign(work, new)
        .map(|transaction| Journal::new(paths.clone(), transaction))
        .and_then(|journal| journal.write(at).map(|()| journal))
    {
        Ok(journal) => journal,
        Err(failure) => {
            each(&|| Outcome::NotTried);
            return Err(failure);
        }
    };
    // From here on a crash leaves the journal, and the next run sends these same bytes.
    match send_or_find(work, &journal) {
        Ok(Sent::Recorded(receipts)) => {
            let outcomes = match save_all(work, &journal, &receipts) {
                Ok(outcomes) => outcomes,
                Err(failure) => {
                    each(&|| Outcome::Waiting(at.to_owned()));
                    return Err(failure);
                }
            };
            finish(at, &outcomes);
            report.files.extend(paths.into_iter().zip(outcomes).map(|(path, outcome)| FileReport { path, outcome }));
            Ok(())
        }
        Ok(Sent::Expired) => {
            Journal::delete(at);
            each(&|| Outcome::Refused("the request, signed just now, is out of date for the network".to_owned(), None));
            Err(Failure::new(Exit::Refused, "the network's time is more than an hour ahead of this machine's")
                .next("set this machine's clock, then run the command again"))
        }
        Err(failure) if failure.exit == Exit::Refused => {
            Journal::delete(at);
            each(&|| Outcome::Refused(failure.message.clone(), None));
            Err(failure)
        }
        Err(failure) => {
            each(&|| Outcome::Waiting(at.to_owned()));
            Err(failure)
        }
    }
}

/// Finishes what a journal holds, if there is one; `done` gets the files that are as they were signed.
///
/// # Errors
/// [`Failure`]: nothing more should be tried now.
pub fn resume(
    work: &Work<'_>,
    at: &Path,
    done: &mut BTreeMap<PathBuf, Outcome>,
    report: &mut GroupReport,
) -> Result<(), Failure> {
    let Some(journal) = Journal::read(at)? else { return Ok(()) };
    let chain = &journal.transaction.payload().chain;
    let (member, key) = (&journal.transaction.payload().member, journal.transaction.payload().key);
    if *member != work.key.name || key != work.key.key.public() {
        let message = format!("the journal {} was made by {member} with another key than yours", print::path(at));
        return Err(
            Failure::new(Exit::Usage, message).next("use the key it was made with, or move the journal away to sign anew")
        );
    }
    if *chain != work.key.origin {
        let message = format!("the journal {} is of {}, the key of {}", print::path(at), chain, work.key.origin);
        return Err(
            Failure::new(Exit::Usage, message).next("use the key it was made with, or move the journal away to sign anew")
        );
    }
    if has_all_receipts(&journal, work.policy) {
        Journal::delete(at);
        return Ok(());
    }
    let id = journal.transaction.id();
    let sent = if now() > journal.transaction.payload().not_after {
        send::recorded_before(work.client, &id)
    } else {
        send_or_find(work, &journal)
    };
    match sent {
        Ok(Sent::Recorded(receipts)) => {
            let outcomes = save_all_resumed(work, &journal, &receipts, report)?;
            finish(at, &outcomes.iter().map(|(_, outcome)| outcome).collect::<Vec<_>>());
            done.extend(outcomes);
            Ok(())
        }
        Ok(Sent::Expired) => {
            Journal::delete(at);
            report.notes.push(format!(
                "the request kept in {} was never recorded and is out of date; its files are signed anew",
                print::path(at)
            ));
            Ok(())
        }
        Err(failure) if failure.exit == Exit::Refused => {
            Journal::delete(at);
            report.notes.push(format!(
                "the request kept in {} is refused for good; its files are signed anew next time",
                print::path(at)
            ));
            report.files.extend(
                journal
                    .paths
                    .into_iter()
                    .map(|path| FileReport { path, outcome: Outcome::Refused(failure.message.clone(), None) }),
            );
            Err(failure)
        }
        Err(failure) => {
            report
                .files
                .extend(journal.paths.into_iter().map(|path| FileReport { path, outcome: Outcome::Waiting(at.to_owned()) }));
            Err(failure)
        }
    }
}

/// Openings reach the disk before anything is sent: without its salt a recorded commitment proves nothing, for ever.
fn write_openings(new: &[Prepared]) -> Result<(), Failure> {
    let mut folders = BTreeSet::new();
    for prepared in new {
        let Some(opening) = &prepared.opening else { continue };
        let target = files::with_ending(&prepared.path, OPENING_ENDING);
        let result = if target.exists() { files::keep_old(&prepared.path, OPENING_ENDING).map(drop) } else { Ok(()) };
        result
            .and_then(|()| files::write_whole(&target, opening.to_text().as_bytes(), 0o600))
            .map_err(|error| cannot_write(&target, &error))?;
        folders.insert(files::folder_of(&target));
    }
    sync(&folders)
}

fn sign(work: &Work<'_>, new: Vec<Prepared>) -> Result<Transaction, Failure> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce)
        .map_err(|error| Failure::new(Exit::Invalid, format!("the system gives no random numbers: {error}")))?;
    let statements: Vec<Statement> = new.into_iter().map(|prepared| prepared.statement).collect();
    Transaction::sign(&work.key.origin, &work.key.name, &work.key.key, nonce, now().plus_ms(VALID_MS), statements)
        .map_err(|error| Failure::new(Exit::Usage, format!("the request cannot be signed: {error}")))
}

/// Checks and saves a receipt for each statement, on all cores; then makes their names durable.
fn save_all(work: &Work<'_>, journal: &Journal, receipts: &[String]) -> Result<Vec<Outcome>, Failure> {
    let statements = journal.transaction.statements();
    if receipts.len() != statements.len() {
        return Err(bad_answer(work, &format!("{} receipts for {} statements", receipts.len(), statements.len())));
    }
    let save_one = |position: usize| {
        let path = &journal.paths[position];
        let expected =
            Expected { statement: &statements[position], position: position as u64, transaction: journal.transaction.id() };
        match save::check(&receipts[position], &expected, work.policy) {
            Ok(proven) => match save::save(path, &receipts[position], &proven, work.policy) {
                Ok(saved) => outcome(&proven, saved),
                Err(error) => Outcome::Failed(format!(
                    "recorded as entry {}, but its receipt cannot be written: {}",
                    print::count(proven.entry.index),
                    files::reason(&error)
                )),
            },
            Err(reason) => Outcome::Failed(format!(
                "the node's receipt for {} is not saved: {reason}",
                print::shorten_file_digests(&shown(expected.statement))
            )),
        }
    };
    let outcomes: Vec<Outcome> =
        if statements.len() == 1 { vec![save_one(0)] } else { (0..statements.len()).into_par_iter().map(save_one).collect() };
    sync(&journal.paths.iter().map(|path| files::folder_of(path)).collect())?;
    Ok(outcomes)
}

/// As [`save_all`], for files that may have changed since they were signed: their receipts are put aside.
fn save_all_resumed(
    work: &Work<'_>,
    journal: &Journal,
    receipts: &[String],
    report: &mut GroupReport,
) -> Result<Vec<(PathBuf, Outcome)>, Failure> {
    let statements = journal.transaction.statements();
    let same = |(path, statement): (&PathBuf, &Statement)| matches!(is_as_stated(path, statement), Ok(true));
    let same: Vec<bool> = journal.paths.par_iter().zip(statements).map(same).collect();
    if same.iter().all(|same| *same) {
        return Ok(journal.paths.iter().cloned().zip(save_all(work, journal, receipts)?).collect());
    }
    if receipts.len() != statements.len() {
        return Err(bad_answer(work, &format!("{} receipts for {} statements", receipts.len(), statements.len())));
    }
    let mut outcomes = Vec::new();
    for (position, path) in journal.paths.iter().enumerate() {
        let expected =
            Expected { statement: &statements[position], position: position as u64, transaction: journal.transaction.id() };
        let proven = save::check(&receipts[position], &expected, work.policy).map_err(|reason| bad_answer(work, &reason))?;
        if same[position] {
            let saved =
                save::save(path, &receipts[position], &proven, work.policy).map_err(|error| cannot_write(path, &error))?;
            outcomes.push((path.clone(), outcome(&proven, saved)));
        } else {
            let aside = save::save_aside(path, &receipts[position]).map_err(|error| cannot_write(path, &error))?;
            report.notes.push(format!(
                "{} has changed, or is gone, since it was signed; the receipt of what was signed is {}",
                print::path(path),
                print::path(&aside)
            ));
        }
    }
    sync(&journal.paths.iter().map(|path| files::folder_of(path)).collect())?;
    Ok(outcomes)
}

fn outcome(proven: &courtseal_proof::verify::Proven, saved: save::Saved) -> Outcome {
    let entry = &proven.entry;
    let result = entry.outcome.as_ref();
    if entry.kind == EntryKind::Rejection {
        let rule = result.and_then(|outcome| outcome.rule).map_or("a rule", |rule| rule.meaning());
        return Outcome::Refused(format!("{rule} (entry {})", print::count(entry.index)), Some(saved.receipt));
    }
    Outcome::Recorded(Recorded {
        index: entry.index,
        recorded_at: entry.recorded_at,
        first: result.and_then(|outcome| outcome.first),
        courts: (proven.courts.len(), proven.courts_listed),
        receipt: saved.receipt,
        kept: saved.kept,
    })
}

/// Whether an interruption came after the last receipt was saved: then nothing is sent again.
fn has_all_receipts(journal: &Journal, policy: &HeldPolicy) -> bool {
    let id = journal.transaction.id();
    journal.paths.iter().enumerate().all(|(position, path)| {
        let receipt = files::read_bounded(&files::with_ending(path, RECEIPT_ENDING), RECEIPT_BYTES_MAX);
        let proven = receipt.ok().and_then(|receipt| verify_receipt(&receipt, policy).ok());
        proven.is_some_and(|proven| {
            proven.entry.as_stated().is_some_and(|stated| stated.transaction == id && stated.position == position as u64)
        })
    })
}

/// Deletes the journal if every receipt is on disk; else the next run asks for them again.
fn finish<'a>(at: &Path, outcomes: impl IntoIterator<Item = &'a (impl std::borrow::Borrow<Outcome> + 'a)>) {
    if !outcomes.into_iter().any(|outcome| matches!(outcome.borrow(), Outcome::Failed(_))) {
        Journal::delete(at);
    }
}

/// Sends what a journal holds. A refusal is believed only when no node has recorded it. Openings stay even then: without them a
/// commitment that is recorded after all could never be opened.
fn send_or_find(work: &Work<'_>, journal: &Journal) -> Result<Sent, Failure> {
    let id = journal.transaction.id();
    let sent = send::send(work.client, &journal.text, &id, work.timeout);
    let is_refused = matches!(&sent, Ok(Sent::Expired)) || matches!(&sent, Err(failure) if failure.exit == Exit::Refused);
    match is_refused.then(|| send::recorded_before(work.client, &id)) {
        Some(Ok(found @ Sent::Recorded(_))) => Ok(found),
        Some(Err(failure)) if failure.exit == Exit::Unreachable && sent.is_ok() => Err(failure),
        _ => sent,
    }
}

fn sync(folders: &BTreeSet<PathBuf>) -> Result<(), Failure> {
    folders.iter().try_for_each(|folder| files::sync_folder(folder).map_err(|error| cannot_write(folder, &error)))
}

fn cannot_write(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Invalid, format!("cannot write beside {}: {}", print::path(path), files::reason(error)))
        .next("make room or make the folder writable; the same command does the rest")
}

fn bad_answer(work: &Work<'_>, reason: &str) -> Failure {
    Failure::new(Exit::Unreachable, format!("{} answers wrongly: {reason}", work.client.node().url()))
        .next("ask another court's node with --node")
}

/// The machine's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(0).plus_ms(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}
