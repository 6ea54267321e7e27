//! Requests of before: what journals still hold is finished first.
//!
//! In: a group, the files that are wanted. Out: the files that are done. Always: what waits in a journal is
//! not signed anew, because it would be recorded twice; a journal that cannot be used stops nothing. Not for
//! what a journal holds: see [`super::journal`].

use super::journal::Journal;
use super::kept::kept_journals;
use super::record;
use super::report::GroupReport;
use super::work::Work;
use crate::evidence::Group;
use crate::failure::{Exit, Failure};
use crate::print;
use courtseal_proof::statement::Statement;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Finishes the journals that these files may wait in; returns the names that are done, relative to the
/// group's place. What waits in one and were signed anew would be recorded twice.
///
/// # Errors
/// [`Failure`]: nothing more should be tried now.
pub fn resume_all(
    work: &Work<'_>,
    group: &Group,
    wanted: &BTreeSet<PathBuf>,
    own: &BTreeSet<PathBuf>,
    report: &mut GroupReport,
) -> Result<BTreeSet<PathBuf>, Failure> {
    let Some(place) = &group.place else { return Ok(BTreeSet::new()) };
    let mut all_done = BTreeSet::new();
    for kept in kept_journals(group, own) {
        let (at, within) = (kept.place(place), &kept.within);
        for name in &kept.names {
            let shown = print::path(&at.shown_named(name));
            let journal = match Journal::read(at, name, work.journal_key) {
                Ok(journal) => journal,
                Err(problem) => {
                    // Named, and passed over: whoever may write here must not be able to stop the work.
                    report.notes.push(format!("{shown} {problem}; it is passed over"));
                    continue;
                }
            };
            // Acts wait for the command that made them: its document may have any name.
            if journal.transaction.statements().iter().any(|statement| statement.as_evidence().is_none()) {
                continue;
            }
            // Seen from the group's folder, a journal's names begin with the way to it, or must begin with
            // the way from it.
            let from_here = |path: &PathBuf| within.seen(path);
            let is_concerned = journal.files.iter().flatten().filter_map(from_here).any(|path| wanted.contains(&path));
            if group.named.is_some() && !is_concerned || journal.transaction.payload().chain != work.key.origin {
                continue;
            }
            if work.dry_run {
                report.notes.push(format!("the request kept in {shown} would be sent again first"));
                continue;
            }
            if !work.forget {
                fits(work, &journal, &shown)?;
            }
            let mut done = BTreeSet::new();
            let result = record::resume(work, at, name, &journal, &mut done, report);
            all_done.extend(done.iter().filter_map(from_here));
            result?;
        }
    }
    Ok(all_done)
}

/// Whether a request of before is what this command would send: one that is public does not go out under
/// `--confidential`.
fn fits(work: &Work<'_>, journal: &Journal, shown: &str) -> Result<(), Failure> {
    let differs =
        |statement: &Statement| statement.is_confidential() != work.wish.confidential || statement.case() != work.wish.case;
    if !journal.transaction.statements().iter().any(differs) {
        return Ok(());
    }
    let message = format!("the request kept in {shown} is of another mode or case than this command asks for; nothing was sent");
    Err(Failure::new(Exit::Usage, message)
        .next("run the command of before again; or drop that request with --forget, if it may be recorded all the same"))
}
