//! One transaction from statements to receipts on disk, or from a journal to receipts on disk.
//!
//! In: prepared files, or a journal. Out: receipts, openings, reports. Always, in this order: openings
//! synced, journal synced, sent, receipts checked, saved and synced, journal deleted; a crash after any step
//! leaves what the next run needs. The journal stays until the request is recorded, or is proven to be gone.
//! Not for choosing files.

use super::hash::{Prepared, shown};
use super::journal::Journal;
use super::outcomes::{Receipts, cannot_write, finish, has_all_receipts, save_all, save_all_resumed, sync};
use super::report::{FileReport, GroupReport, Outcome};
use super::save::{self, Expected, OPENING_MODE};
use super::send::{Refused, Sent, Submission};
use super::settle::Overdue;
use super::work::Work;
use crate::failure::{Exit, Failure};
use crate::files::names;
use crate::files::place::Place;
use crate::print;
use crate::times::now;
use courtseal_api::Code;
use courtseal_proof::statement::Statement;
use courtseal_proof::transaction::Transaction;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

/// How long a signed transaction may be recorded: an hour, so that a short failure is survived without
/// signing anew.
const VALID_MS: u64 = 60 * 60 * 1000;

/// Records prepared files; the report gets one outcome for each name.
///
/// # Errors
/// [`Failure`]: nothing more should be tried now.
pub fn record(work: &Work<'_>, place: &Place, stem: &Path, new: Vec<Prepared>, report: &mut GroupReport) -> Result<(), Failure> {
    let files: Vec<Vec<PathBuf>> = new.iter().map(|prepared| prepared.names.clone()).collect();
    let beside: Vec<Option<String>> = new.iter().map(|prepared| prepared.beside.clone()).collect();
    let mut each = |outcome: &dyn Fn() -> Outcome| {
        let names = files.iter().flatten();
        report.files.extend(names.map(|name| FileReport { path: place.shown(name), outcome: outcome() }))
    };
    let written = write_openings(place, &new)
        .and_then(|()| sign(work, new))
        .map(|transaction| Journal::new(files.clone(), transaction))
        .and_then(|journal| journal.write(place, stem, work.journal_key).map(|name| (journal, name)));
    let (journal, name) = match written {
        Ok(written) => written,
        Err(failure) => {
            each(&|| Outcome::NotTried);
            return Err(failure);
        }
    };
    let at = place.shown_named(&name);
    // From here on a crash leaves the journal, and the next run sends these same bytes.
    match send(work, &journal) {
        Ok(Sent::Recorded(receipts)) => {
            let mut outcomes = match save_all(work, place, &journal, &receipts) {
                Ok(outcomes) => outcomes,
                Err(failure) => {
                    each(&|| Outcome::Waiting(at.clone()));
                    return Err(failure);
                }
            };
            finish(place, &name, &journal, &outcomes);
            for (outcomes, beside) in outcomes.iter_mut().zip(beside) {
                for (_, outcome) in outcomes {
                    if let Outcome::Recorded(recorded) = outcome {
                        recorded.beside = beside.clone();
                    }
                }
            }
            report.add(place, outcomes);
            Ok(())
        }
        Ok(Sent::Refused(refused)) => {
            let failure = kept(&journal, &at, refused);
            each(&|| Outcome::Refused(failure.message.clone(), None));
            Err(failure)
        }
        Err(failure) => {
            each(&|| Outcome::Waiting(at.clone()));
            Err(failure)
        }
    }
}

/// Finishes what a journal holds; `done` gets the names, relative to its place, whose receipts are there.
///
/// # Errors
/// [`Failure`]: nothing more should be tried now.
pub fn resume(
    work: &Work<'_>,
    place: &Place,
    name: &OsStr,
    journal: &Journal,
    done: &mut BTreeSet<PathBuf>,
    report: &mut GroupReport,
) -> Result<(), Failure> {
    let at = place.shown_named(name);
    if work.forget {
        place.remove_named(name);
        report.notes.push(format!(
            "the request kept in {} is dropped; should it be recorded all the same, its files are recorded twice",
            print::path(&at)
        ));
        return Ok(());
    }
    if has_all_receipts(place, journal, work.policy) {
        place.remove_named(name);
        return Ok(());
    }
    let mut each = |outcome: &dyn Fn() -> Outcome| {
        let names = journal.files.iter().flatten();
        report.files.extend(names.map(|name| FileReport { path: place.shown(name), outcome: outcome() }));
        done.extend(journal.files.iter().flatten().cloned());
    };
    match end(work, journal) {
        Ok(End::Recorded(receipts)) => {
            let outcomes = save_all_resumed(work, place, journal, &receipts, report)?;
            finish(place, name, journal, &outcomes);
            done.extend(outcomes.iter().flatten().map(|(name, _)| name.clone()));
            report.add(place, outcomes);
            Ok(())
        }
        Ok(End::Gone) => {
            place.remove_named(name);
            report.notes.push(format!(
                "the request kept in {} was never recorded and is out of date; its files are signed anew",
                print::path(&at)
            ));
            Ok(())
        }
        Ok(End::Refused(refused)) => {
            let failure = kept(journal, &at, refused);
            each(&|| Outcome::Refused(failure.message.clone(), None));
            Err(failure)
        }
        Err(failure) => {
            each(&|| Outcome::Waiting(at.clone()));
            Err(failure)
        }
    }
}

/// What became of a request of before.
enum End {
    Recorded(Receipts),
    Refused(Refused),
    Gone,
}

fn end(work: &Work<'_>, journal: &Journal) -> Result<End, Failure> {
    let mut expired = None;
    if now() <= journal.transaction.payload().not_after {
        match send(work, journal)? {
            Sent::Recorded(receipts) => return Ok(End::Recorded(receipts)),
            Sent::Refused(refused) if refused.code.known() == Some(Code::Expired) => expired = Some(refused),
            Sent::Refused(refused) => return Ok(End::Refused(refused)),
        }
    }
    match (settle(work, journal), expired) {
        (Ok(Some(receipts)), _) => Ok(End::Recorded(receipts)),
        (Ok(None), _) => Ok(End::Gone),
        (Err(_), Some(expired)) => Ok(End::Refused(expired)),
        (Err(failure), None) => Err(failure),
    }
}

/// A refusal, with what becomes of the request: it stays, because a node that refuses may have kept it, or
/// may lie.
fn kept(journal: &Journal, at: &Path, refused: Refused) -> Failure {
    let (at, until) = (print::path(at), print::time(journal.transaction.payload().not_after));
    let code = refused.code.known();
    if code == Some(Code::AlreadyStated) {
        return Failure::new(Exit::Refused, refused.message)
            .next(format!("nothing is left to do, if that entry is there; --forget drops the request kept in {at}"));
    }
    let is_clock = code.is_some_and(Code::depends_on_clocks);
    let first = if is_clock { "see that this machine's clock is right" } else { "mend that" };
    Failure::new(Exit::Refused, refused.message).next(format!(
        "{first}, then run the same command again: it asks once more with the request kept in {at}, until {until}; --forget drops it"
    ))
}

/// Openings reach the disk before anything is sent: without its salt a recorded commitment proves nothing,
/// for ever.
fn write_openings(place: &Place, new: &[Prepared]) -> Result<(), Failure> {
    let mut written = Vec::new();
    for prepared in new {
        let Some(opening) = &prepared.opening else { continue };
        for name in &prepared.names {
            let write = || -> io::Result<()> {
                if place.look(name, names::OPENING)?.is_some() {
                    place.keep(name, names::OPENING)?;
                }
                place.write(name, names::OPENING, opening.to_text().as_bytes(), OPENING_MODE)
            };
            write().map_err(|error| cannot_write(&place.shown_own(name, names::OPENING), &error))?;
            written.push(name.clone());
        }
    }
    sync(place, &written)
}

fn sign(work: &Work<'_>, new: Vec<Prepared>) -> Result<Transaction, Failure> {
    let mut nonce = [0; 16];
    getrandom::fill(&mut nonce)
        .map_err(|error| Failure::new(Exit::Invalid, format!("the system gives no random numbers: {error}")))?;
    let statements: Vec<Statement> = new.into_iter().map(|prepared| prepared.statement).collect();
    Transaction::sign(&work.key.origin, &work.key.name, &work.key.key, nonce, now().plus_ms(VALID_MS), statements)
        .map_err(|error| Failure::new(Exit::Usage, format!("the request cannot be signed: {error}")))
}

/// Sends what a journal holds. Openings stay whatever comes: without them a commitment that is recorded after
/// all could never be opened.
fn send(work: &Work<'_>, journal: &Journal) -> Result<Sent<Receipts>, Failure> {
    let check = |receipts| check_all(work, journal, receipts);
    let (client, timeout, refusals_needed) = (work.client, work.timeout, work.voices_needed);
    Submission { client, text: &journal.text, id: journal.transaction.id(), timeout, refusals_needed, check: &check }.send()
}

/// What became of a journal's request, whose time is over.
fn settle(work: &Work<'_>, journal: &Journal) -> Result<Option<Receipts>, Failure> {
    let check = |receipts| check_all(work, journal, receipts);
    let (id, not_after) = (journal.transaction.id(), journal.transaction.payload().not_after);
    Overdue { client: work.client, policy: work.policy, id, not_after, needed: work.voices_needed, check: &check }.settle()
}

/// Checks a receipt for each statement, on all cores.
fn check_all(work: &Work<'_>, journal: &Journal, receipts: Vec<String>) -> Result<Receipts, String> {
    let statements = journal.transaction.statements();
    if receipts.len() != statements.len() {
        return Err(format!("{} receipts for {} statements", receipts.len(), statements.len()));
    }
    let transaction = journal.transaction.id();
    let check = |(position, receipt): (usize, String)| {
        let expected = Expected { statement: &statements[position], position: position as u64, transaction };
        match save::check(&receipt, &expected, work.policy) {
            Ok(proven) => Ok((receipt, proven)),
            Err(reason) => Err(format!("{}: {reason}", print::shorten_file_digests(&shown(expected.statement)))),
        }
    };
    if receipts.len() == 1 {
        return receipts.into_iter().enumerate().map(check).collect();
    }
    receipts.into_par_iter().enumerate().map(check).collect()
}
