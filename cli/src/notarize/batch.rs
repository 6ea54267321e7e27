//! A batch of files, examined on all cores before it is signed.
//!
//! In: names of files. Out: what is to be recorded; a report of what needs no record. Always: nothing of a
//! batch is recorded if one of its files would publish what was hidden. Not for one file: see
//! [`super::hash`].

use super::hash::{self, Examined, Prepared};
use super::report::{FileReport, GroupReport, Outcome};
use super::save;
use super::work::Work;
use crate::evidence::Group;
use crate::failure::{Exit, Failure};
use crate::files::place::Place;
use crate::files::{Problem, reason};
use crate::print;
use crate::progress::Progress;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Examines a batch on all cores; what needs no record is reported at once.
///
/// # Errors
/// [`Failure`] of usage: what was hidden would be published.
pub fn examine(
    work: &Work<'_>,
    group: &Group,
    batch: &[Vec<PathBuf>],
    progress: &Progress,
    report: &mut GroupReport,
) -> Result<Vec<Prepared>, Failure> {
    let Some(place) = &group.place else { return Ok(Vec::new()) };
    let look = |names: &Vec<PathBuf>| {
        let examined = hash::examine(place, names, work, &|bytes| progress.read(bytes));
        progress.file();
        examined
    };
    let examined: Vec<Examined> = if let [names] = batch { vec![look(names)] } else { batch.par_iter().map(look).collect() };
    let (mut new, mut published) = (Vec::new(), 0);
    for (names, examined) in batch.iter().zip(examined) {
        let each = |report: &mut GroupReport, outcome: &dyn Fn(&Path) -> Outcome| {
            report.files.extend(names.iter().map(|name| FileReport { path: place.shown(name), outcome: outcome(name) }));
        };
        match examined {
            Examined::New(prepared) => new.extend(still_of_one_file(place, *prepared, report)),
            // The other names of the file get the same receipt.
            Examined::Already(proven, receipt, first) => each(report, &|name| {
                let saved =
                    if name == first { Ok(()) } else { save::save(place, name, &receipt, &proven, work.policy).map(drop) };
                match saved {
                    Ok(()) => Outcome::Already(proven.entry.index),
                    Err(error) => Outcome::Failed(format!("its receipt cannot be written: {}", reason(&error))),
                }
            }),
            Examined::WouldBePublished => {
                published += 1;
                each(report, &|_| Outcome::NotTried);
            }
            Examined::Failed(problem) => each(report, &|_| Outcome::Failed(problem.to_string())),
        }
    }
    if published == 0 {
        return Ok(new);
    }
    let names = new.iter().flat_map(|prepared| &prepared.names);
    report.files.extend(names.map(|name| FileReport { path: place.shown(name), outcome: Outcome::NotTried }));
    let files = print::several(published, "file has a confidential receipt", "files have confidential receipts");
    Err(Failure::new(Exit::Usage, format!("{files}; nothing was recorded, because this command would publish their digests"))
        .next("add --confidential; or --public, to publish the digests for good"))
}

/// Only one of the names was read: those that are no longer names of that file are reported.
fn still_of_one_file(place: &Place, prepared: Prepared, report: &mut GroupReport) -> Option<Prepared> {
    let Prepared { names, statement, opening, beside } = prepared;
    let first = names.first()?.clone();
    let (names, others): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| place.evidence.is_same(&first, name));
    let changed = || Outcome::Failed(Problem::Changed.to_string());
    report.files.extend(others.iter().map(|name| FileReport { path: place.shown(name), outcome: changed() }));
    (!names.is_empty()).then_some(Prepared { names, statement, opening, beside })
}
