//! Notarizing: files are recorded, and a receipt is kept beside each.
//!
//! The way of a file: collected (`evidence`), examined ([`hash`]), stated and signed with up to 999 others,
//! written to a journal ([`journal`]), sent ([`send`]), its receipt checked and saved ([`save`]), reported
//! ([`report`]). An act, which is about no file beside it, goes the same way from its journal on
//! ([`stated`]). Always: nothing is sent that is not on disk; the same command again does only what is left.
//! Not for trusting nodes: what they answer is checked under the policy.

mod batch;
pub mod by_digest;
mod draft;
mod earlier;
mod hash;
pub mod journal;
mod kept;
mod locking;
mod outcomes;
mod record;
pub mod report;
pub mod save;
mod send;
pub mod settle;
mod stated;
mod work;

use crate::evidence::{Collected, Group, collect, collect_named, without_file};
use crate::failure::Failure;
use crate::files::folder::Folder;
use crate::files::lock::{Hold, Locks};
use crate::print;
use crate::progress::Progress;
pub use by_digest::Known;
pub use draft::{Draft, Source};
use earlier::resume_all;
use kept::journal_stem;
pub use locking::locks;
use locking::{hold_files, hold_folder, is_held_whole};
use report::{FileReport, GroupReport, Outcome};
pub use stated::record_draft;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Instant;
pub use work::{Digests, Wish, Work};

/// Most statements in one of our transactions: well below 4,096, so that a transaction stays below 4 MiB
/// whatever is stated (a statement has at most 2 KiB) and its receipts come in one answer.
const BATCH_STATEMENTS_MAX: usize = 1_000;

/// Notarizes a group: first what journals still hold, then the rest, a batch at a time. `state` is where
/// locks are.
pub fn notarize(work: &Work<'_>, group: &Group, state: &Folder) -> GroupReport {
    let started = Instant::now();
    let mut report = GroupReport { folder: group.folder.clone(), ..GroupReport::default() };
    let problem = |(path, text): &(PathBuf, String)| FileReport { path: path.clone(), outcome: Outcome::Failed(text.clone()) };
    report.files.extend(group.problems.iter().map(problem));
    if let Err(failure) = work_through(work, group, state, &mut report) {
        report.stop = Some(failure);
    }
    report.files.sort_by(|a, b| a.path.cmp(&b.path));
    report.elapsed = started.elapsed();
    report
}

fn work_through(work: &Work<'_>, group: &Group, state: &Folder, report: &mut GroupReport) -> Result<(), Failure> {
    let Some(place) = &group.place else { return Ok(()) };
    let mut locks = Locks::new(state);
    hold_folder(&mut locks, group, if is_held_whole(group) { Hold::Alone } else { Hold::Shared })?;
    let collected = match &group.named {
        Some(named) => collect_named(&place.evidence, named, work.choice),
        None => collect(&place.evidence, work.choice),
    };
    hold_files(&mut locks, group, &collected)?;
    let problem =
        |(path, text): &(PathBuf, String)| FileReport { path: place.shown(path), outcome: Outcome::Failed(text.clone()) };
    report.files.extend(collected.problems.iter().map(problem));
    let wanted = collected.files.iter().map(|(path, _)| path.clone()).collect();
    if group.named.is_none() {
        let alone = without_file(place, &collected, work.choice).len() as u64;
        if alone > 0 {
            let receipts = print::several(alone, "receipt has no file", "receipts have no file");
            report.notes.push(format!("{receipts} any more: `courtseal verify {}` names them", print::pasted(&group.label())));
        }
    }
    let done = resume_all(work, group, &wanted, &collected.own, report)?;
    let bytes = collected.bytes;
    let files = names_of_files(collected, &done);
    let label = group.folder.as_ref().map_or_else(|| print::path(&group.label()), |folder| format!("{}/", print::path(folder)));
    let progress = Progress::new(&label, files.len() as u64, bytes);
    let mut batches = files.chunks(BATCH_STATEMENTS_MAX);
    let stem = journal_stem(group, &files);
    while let Some(batch) = batches.next() {
        let new = batch::examine(work, group, batch, &progress, report)?;
        if new.is_empty() {
            continue;
        }
        if work.dry_run {
            let names = new.iter().flat_map(|prepared| &prepared.names);
            report.files.extend(names.map(|name| FileReport { path: place.shown(name), outcome: Outcome::WouldRecord }));
            continue;
        }
        progress.say(format!("waiting for the record of {}", print::several(new.len() as u64, "file", "files")));
        if let Err(failure) = record::record(work, place, &stem, new, report) {
            let rest = batches.flatten().flatten();
            report.files.extend(rest.map(|path| FileReport { path: place.shown(path), outcome: Outcome::NotTried }));
            return Err(failure);
        }
    }
    Ok(())
}

/// K15: the names of each file, in the order of the first ones; without those that are done.
fn names_of_files(collected: Collected, done: &BTreeSet<PathBuf>) -> Vec<Vec<PathBuf>> {
    let mut by_identity: BTreeMap<_, Vec<PathBuf>> = BTreeMap::new();
    for (path, identity) in collected.files {
        if !done.contains(&path) {
            by_identity.entry(identity).or_default().push(path);
        }
    }
    let mut files: Vec<Vec<PathBuf>> = by_identity.into_values().collect();
    files.sort_unstable();
    files
}

#[cfg(test)]
mod tests {
    use super::*;
    use courtseal_proof::bytes::limits::{EVIDENCE_BYTES_MAX, STATEMENTS_MAX, TRANSACTION_BYTES_MAX};

    #[test]
    fn a_batch_fits_a_transaction_whatever_is_stated() {
        const { assert!(BATCH_STATEMENTS_MAX <= STATEMENTS_MAX) };
        const { assert!(BATCH_STATEMENTS_MAX * (EVIDENCE_BYTES_MAX + 1) + 8192 < TRANSACTION_BYTES_MAX) };
    }
}
