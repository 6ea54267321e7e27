//! Recording a statement that is not evidence: one transaction, whose receipt gets the name
//! `KIND-ACT-INDEX.tlog-proof` in one folder.
//!
//! In: a draft, the folder. Out: a report, as for one file. Always: what waits in a journal of the folder,
//! and says the same, is finished instead of signed anew; what has a receipt there already is not recorded
//! again. Not for making drafts.

use super::draft::Draft;
use super::hash::Prepared;
use super::journal::Journal;
use super::kept::journals_in;
use super::locking::hold_folder;
use super::record;
use super::report::{FileReport, GroupReport, Outcome};
use super::save;
use super::work::Work;
use crate::evidence::Group;
use crate::failure::{Exit, Failure};
use crate::files::folder::Folder;
use crate::files::lock::{Hold, Locks};
use crate::files::place::Place;
use crate::files::{Problem, names};
use crate::print;
use courtseal_proof::bytes::limits::{OPENING_BYTES_MAX, RECEIPT_BYTES_MAX};
use courtseal_proof::opening::Opening;
use courtseal_proof::verify::verify_receipt;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Records a draft, unless it is recorded or waits already; `state` is where locks are.
pub fn record_draft(work: &Work<'_>, draft: &Draft, folder: Folder, state: &Folder) -> GroupReport {
    let started = Instant::now();
    let mut report = GroupReport::default();
    // The folder that one stands in has no name of its own.
    let shown = Some(folder.shown(Path::new(""))).filter(|shown| !shown.as_os_str().is_empty());
    let group =
        Group { folder: Some(shown.unwrap_or_else(|| ".".into())), place: Some(Place::beside(folder)), ..Group::default() };
    if let Err(failure) = work_through(work, draft, &group, state, &mut report) {
        report.stop = Some(failure);
    }
    for file in &mut report.files {
        file.path = draft.label.clone();
    }
    report.elapsed = started.elapsed();
    report
}

fn work_through(work: &Work<'_>, draft: &Draft, group: &Group, state: &Folder, report: &mut GroupReport) -> Result<(), Failure> {
    let Some(place) = &group.place else { return Ok(()) };
    let mut locks = Locks::new(state);
    hold_folder(&mut locks, group, Hold::Alone)?;
    for name in journals_in(place, |name| is_of_kind(draft, Path::new(name))) {
        if resume(work, draft, place, &name, report)? {
            return Ok(());
        }
    }
    if let Some(index) = recorded(work, draft, place)? {
        report.files.push(FileReport { path: draft.label.clone(), outcome: Outcome::Already(index) });
        return Ok(());
    }
    let stem = draft.stem();
    let (statement, opening) = (draft.statement.clone(), draft.opening.clone());
    record::record(work, place, &stem, vec![Prepared { names: vec![stem.clone()], statement, opening, beside: None }], report)
}

/// Whether a name is one of those that files about statements of the draft's kind and act get.
fn is_of_kind(draft: &Draft, name: &Path) -> bool {
    name.as_os_str().as_bytes().starts_with(format!("{}-", save::words(&draft.statement)).as_bytes())
}

/// Finishes a journal of the same statement; whether nothing is left to do.
fn resume(work: &Work<'_>, draft: &Draft, place: &Place, name: &OsString, report: &mut GroupReport) -> Result<bool, Failure> {
    let shown = print::path(&place.shown_named(name));
    let journal = match Journal::read(place, name, work.journal_key) {
        Ok(journal) => journal,
        Err(problem) => {
            // Named, and passed over: whoever may write here must not be able to stop the work.
            report.notes.push(format!("{shown} {problem}; it is passed over"));
            return Ok(false);
        }
    };
    let ([statement], [names]) = (journal.transaction.statements(), &journal.files[..]) else { return Ok(false) };
    if journal.transaction.payload().chain != work.key.origin {
        return Ok(false);
    }
    let opening = names.first().and_then(|name| opening(place, name));
    if !draft.is_stated_by(statement, opening.as_ref()).map_err(|problem| unreadable(draft, &problem))? {
        if draft.statement.as_act().is_some() {
            let again = "the command that made it sends it again";
            report.notes.push(format!("{shown} holds a request for another statement; {again}"));
        }
        return Ok(false);
    }
    let mut done = BTreeSet::new();
    record::resume(work, place, name, &journal, &mut done, report)?;
    Ok(!done.is_empty())
}

/// The entry of a receipt in the folder by which this member has stated the same already.
fn recorded(work: &Work<'_>, draft: &Draft, place: &Place) -> Result<Option<u64>, Failure> {
    let own = work.key.key.public().digest();
    for name in place.list().unwrap_or_default() {
        let Some(stem) = name.as_bytes().strip_suffix(names::RECEIPT.as_bytes()) else { continue };
        let stem = PathBuf::from(std::ffi::OsStr::from_bytes(stem));
        if !is_of_kind(draft, &stem) {
            continue;
        }
        let Ok(receipt) = place.read_named(&name, RECEIPT_BYTES_MAX) else { continue };
        let Ok(proven) = verify_receipt(&receipt, work.policy) else { continue };
        let Some(stated) = proven.entry.as_recorded().filter(|stated| stated.member.key == own) else { continue };
        let is_same = draft.is_stated_by(&stated.statement, opening(place, &stem).as_ref());
        if is_same.map_err(|problem| unreadable(draft, &problem))? {
            return Ok(Some(proven.entry.index));
        }
    }
    Ok(None)
}

/// The opening that waits, or stands, under a name.
fn opening(place: &Place, stem: &Path) -> Option<Opening> {
    Opening::from_text(&place.read(stem, names::OPENING, OPENING_BYTES_MAX).ok()?).ok()
}

fn unreadable(draft: &Draft, problem: &Problem) -> Failure {
    Failure::new(Exit::Usage, format!("the document of this {} {problem}", print::path(&draft.label)))
}
