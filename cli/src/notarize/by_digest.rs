//! A file that is not at hand, recorded by its digests: evidence in cold storage, hashed by another program.
//!
//! In: digests, a size. Out: as for a file; the receipt is named after the SHA-256, in the folder of
//! `--receipts` or the one the user stands in. Always: the statement says what a file's would say, and the
//! member answers for the digests. Not for computing them.

use super::earlier::resume_all;
use super::hash::{Prepared, differs, file_not_at_hand, public};
use super::locking::hold_folder;
use super::record;
use super::report::{FileReport, GroupReport, Outcome};
use super::work::Work;
use crate::evidence::{Group, open_folder};
use crate::failure::Failure;
use crate::files::folder::Folder;
use crate::files::lock::{Hold, Locks};
use crate::files::names;
use crate::files::place::Place;
use courtseal_proof::bytes::limits::RECEIPT_BYTES_MAX;
use courtseal_proof::statement::FileDigests;
use courtseal_proof::verify::{Proven, verify_receipt};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// What is to be recorded.
pub struct Known {
    /// The file's digests.
    pub digests: FileDigests,
    /// Its size in bytes.
    pub size: u64,
}

impl Known {
    /// Whether an entry records exactly this: a refusal records nothing.
    fn is_stated_by(&self, proven: &Proven) -> bool {
        let public = proven.entry.as_recorded().and_then(|stated| stated.statement.public_document());
        public.is_some_and(|public| {
            let (found, known) = (&public.digests, &self.digests);
            let has_sha512 = known.sha512.is_none() || found.sha512 == known.sha512;
            let has_sm3 = known.sm3.is_none() || found.sm3 == known.sm3;
            found.sha256 == known.sha256 && has_sha512 && has_sm3 && public.size_bytes == self.size
        })
    }

    /// What the receipt is named after.
    fn name(&self) -> PathBuf {
        file_not_at_hand(&self.digests)
    }
}

/// The group of such a file.
///
/// # Errors
/// Usage: the folder cannot be opened.
pub fn group(known: &Known, receipts: Option<&Path>) -> anyhow::Result<Group> {
    let folder = open_folder("--receipts", receipts)?;
    Ok(Group { place: Some(Place::beside(folder)), named: Some(BTreeSet::from([known.name()])), ..Group::default() })
}

/// Records it, unless its receipt is there.
pub fn notarize(work: &Work<'_>, known: &Known, group: &Group, state: &Folder) -> GroupReport {
    let started = Instant::now();
    let mut report = GroupReport::default();
    if let Err(failure) = work_through(work, known, group, state, &mut report) {
        report.stop = Some(failure);
    }
    report.elapsed = started.elapsed();
    report
}

fn work_through(work: &Work<'_>, known: &Known, group: &Group, state: &Folder, report: &mut GroupReport) -> Result<(), Failure> {
    let (Some(place), name) = (&group.place, known.name()) else { return Ok(()) };
    let mut locks = Locks::new(state);
    hold_folder(&mut locks, group, Hold::Alone)?;
    if resume_all(work, group, &BTreeSet::from([name.clone()]), &BTreeSet::new(), report)?.contains(&name) {
        return Ok(());
    }
    let statement = public(work.wish, known.digests.clone(), known.size);
    let receipt = place.read(&name, names::RECEIPT, RECEIPT_BYTES_MAX).ok();
    let proven = receipt.and_then(|receipt| verify_receipt(&receipt, work.policy).ok());
    let beside = match &proven {
        Some(proven) if differs(proven, work).is_none() && known.is_stated_by(proven) => {
            report.files.push(FileReport { path: place.shown(&name), outcome: Outcome::Already(proven.entry.index) });
            return Ok(());
        }
        Some(proven) => differs(proven, work),
        None => None,
    };
    let new = vec![Prepared { names: vec![name.clone()], statement, opening: None, beside }];
    record::record(work, place, &name, new, report)
}
