//! `notarize`: record files, and keep a receipt beside each.
//!
//! The way of a file: collected ([`collect`]), examined ([`hash`]), stated and signed with up to 999 others, written to a journal
//! ([`journal`]), sent ([`send`]), its receipt checked and saved ([`save`]), reported ([`report`]). Always: nothing is sent that is not on disk;
//! the same command again does only what is left. Not for trusting nodes: what they answer is checked under the policy.

mod by_digest;
pub mod collect;
mod groups;
mod hash;
pub mod journal;
pub mod options;
mod record;
pub mod report;
pub mod save;
mod send;
pub mod settle;

use crate::command::{Digests, Notarize};
use crate::failure::{Exit, Failure};
use crate::files::folder::Folder;
use crate::files::lock::{self, Hold, Locks};
use crate::files::{Problem, own};
use crate::http::Client;
use crate::keys::{MemberKey, read_member};
use crate::print::{self, Style};
use crate::progress::Progress;
use crate::trust::Trust;
use by_digest::Known;
use collect::{Choice, Collected};
use courtseal_proof::commitment::Tag;
use courtseal_proof::statement::{Mode, Statement};
use courtseal_proof::time::Timestamp;
use courtseal_proof::verify::HeldPolicy;
pub use groups::{Group, groups, open_receipts};
use hash::{Examined, Prepared};
use journal::{Journal, JournalKey};
use rayon::prelude::*;
use report::{FileReport, GroupReport, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Most statements in one of our transactions: well below 4,096, so that a transaction stays below 4 MiB whatever is stated (a statement has
/// at most 2 KiB) and its receipts come in one answer.
const BATCH_STATEMENTS_MAX: usize = 1_000;
/// A command that names more files in one folder holds the folder instead of each file.
const LOCKED_FILES_MAX: usize = 64;

/// How the files are to be stated.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// A commitment instead of digests.
    pub confidential: bool,
    /// Digests even of files whose receipts are confidential.
    pub public: bool,
    /// The case's tag.
    pub case: Option<Tag>,
    /// The digests to record.
    pub digests: Digests,
    /// The submitter's word for when.
    pub asserted_at: Option<Timestamp>,
    /// The media type.
    pub media_type: Option<String>,
}

/// All that notarizing needs.
pub struct Work<'a> {
    /// The member's key.
    pub key: &'a MemberKey,
    /// What its journals are told by.
    pub journal_key: &'a JournalKey,
    /// What receipts are checked against.
    pub policy: &'a HeldPolicy,
    /// The nodes.
    pub client: &'a Client,
    /// How many nodes must say the same for it to be believed without proof: one more than may lie, or all that are named.
    pub voices_needed: usize,
    /// How to state.
    pub wish: &'a Wish,
    /// What to leave out.
    pub choice: &'a Choice,
    /// Whether requests of before are dropped.
    pub forget: bool,
    /// Whether nothing is signed, sent or written.
    pub dry_run: bool,
    /// When to give up on a transaction.
    pub timeout: Duration,
}

impl<'a> Work<'a> {
    /// Work that takes every file, and keeps requests of before.
    pub fn new(
        key: &'a MemberKey,
        journal_key: &'a JournalKey,
        policy: &'a HeldPolicy,
        client: &'a Client,
        wish: &'a Wish,
        choice: &'a Choice,
        timeout: Duration,
    ) -> Self {
        let courts = policy.policy().map_or(1, |policy| policy.witnesses().len());
        let voices_needed = (courts.saturating_sub(1) / 3 + 1).min(client.nodes().len());
        Self { key, journal_key, policy, client, voices_needed, wish, choice, forget: false, dry_run: false, timeout }
    }
}

/// `notarize`.
///
/// # Errors
/// Usage; no node answers before anything was tried.
pub fn run(options: &Notarize, style: Style) -> anyhow::Result<Exit> {
    let key = read_member(&options.key)?;
    let wish = options::wish(options, &key)?;
    let choice = options::choice(&options.choice)?;
    let known = options.digest_only.as_deref().zip(options.size).map(|(digests, size)| Known::new(digests, size)).transpose()?;
    let groups = match &known {
        Some(known) => vec![by_digest::group(known, options.receipts.as_deref())?],
        None => groups(&options::paths(options)?, options.receipts.as_deref())?,
    };
    let client = Client::new(&options.nodes.urls, options.nodes.ca.as_deref())?;
    let policy = options::policy(options.policy.as_deref(), &key, &client)?;
    let journal_key = JournalKey::new(&key.key);
    let work = Work {
        forget: options.forget,
        dry_run: options.dry_run,
        ..Work::new(&key, &journal_key, &policy, &client, &wish, &choice, options.timeout)
    };
    let state = locks()?;
    let (mut exit, mut reports) = (Exit::Done, Vec::new());
    for group in groups {
        let report = match &known {
            Some(known) => by_digest::notarize(&work, known, &group, &state),
            None => notarize(&work, &group, &state),
        };
        exit = exit.worse(report.exit());
        let stopped = report.stop.as_ref().is_some_and(|stop| stop.exit != Exit::Invalid);
        if style.json {
            reports.push(report.json())
        } else {
            report.print()?
        }
        if stopped {
            break;
        }
    }
    if !style.json && !style.verbose {
        return Ok(exit);
    }
    // What receipts are checked against is the policy that was given, or the one that the key file pins; the trusted ones only name it.
    let (trust, digest) = (Trust::read(None), policy.digest());
    if style.json {
        let (policy, trusted_as) = (digest.tagged(), trust.name_of(digest));
        print::line(serde_json::json!({"exit": exit.code(), "groups": reports, "policy": policy, "trusted_as": trusted_as}))?;
    } else {
        let pinned = if options.policy.is_none() { "; of the genesis that the key file pins" } else { "" };
        print::row("policy", format_args!("{}{pinned}", trust.describe(digest)))?;
    }
    Ok(exit)
}

/// The folder for locks.
///
/// # Errors
/// [`Failure`] of usage: there is none of the user's own.
pub fn locks() -> Result<Folder, Failure> {
    own::state_folder(std::env::var_os).map_err(|problem| {
        Failure::new(Exit::Usage, format!("there is no folder for this program's locks: {problem}"))
            .next("set XDG_STATE_HOME to a folder of your own")
    })
}

/// Notarizes a group: first what journals still hold, then the rest, a batch at a time. `state` is where locks are.
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
    let is_whole = group.named.as_ref().is_none_or(|named| named.len() > LOCKED_FILES_MAX);
    hold_folder(&mut locks, group, if is_whole { Hold::Alone } else { Hold::Shared })?;
    let collected = match &group.named {
        Some(named) => collect::collect_named(&place.evidence, named, work.choice),
        None => collect::collect(&place.evidence, work.choice),
    };
    hold_files(&mut locks, group, &collected)?;
    let problem =
        |(path, text): &(PathBuf, String)| FileReport { path: place.shown(path), outcome: Outcome::Failed(text.clone()) };
    report.files.extend(collected.problems.iter().map(problem));
    let wanted = collected.files.iter().map(|(path, _)| path.clone()).collect();
    if group.named.is_none() {
        let alone = crate::verify::alone(place, &collected, work.choice).len() as u64;
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
    let stem = group.journal_stem(&files);
    while let Some(batch) = batches.next() {
        let new = examine(work, group, batch, &progress, report)?;
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

/// Finishes the journals that these files may wait in; returns the names that are done, relative to the group's place. What waits in one and were signed anew
/// would be recorded twice.
fn resume_all(
    work: &Work<'_>,
    group: &Group,
    wanted: &BTreeSet<PathBuf>,
    own: &BTreeSet<PathBuf>,
    report: &mut GroupReport,
) -> Result<BTreeSet<PathBuf>, Failure> {
    let Some(place) = &group.place else { return Ok(BTreeSet::new()) };
    let mut all_done = BTreeSet::new();
    for kept in groups::kept_journals(group, own) {
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
            // Seen from the group's folder, a journal's names begin with the way to it, or must begin with the way from it.
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

/// Whether a request of before is what this command would send: one that is public does not go out under `--confidential`.
fn fits(work: &Work<'_>, journal: &Journal, shown: &str) -> Result<(), Failure> {
    let differs = |statement: &Statement| {
        (statement.mode == Some(Mode::Confidential)) != work.wish.confidential || statement.case != work.wish.case
    };
    if !journal.transaction.statements().iter().any(differs) {
        return Ok(());
    }
    let message = format!("the request kept in {shown} is of another mode or case than this command asks for; nothing was sent");
    Err(Failure::new(Exit::Usage, message)
        .next("run the command of before again; or drop that request with --forget, if it may be recorded all the same"))
}

/// Examines a batch on all cores; what needs no record is reported at once.
fn examine(
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
        let mut each = |outcome: &dyn Fn(&Path) -> Outcome| {
            report.files.extend(names.iter().map(|name| FileReport { path: place.shown(name), outcome: outcome(name) }));
        };
        match examined {
            Examined::New(mut prepared) => {
                // Only one of the names was read: the others must still be names of that file.
                let is_same = |name: &PathBuf| place.evidence.is_same(&names[0], name);
                let (same, others): (Vec<_>, Vec<_>) = std::mem::take(&mut prepared.names).into_iter().partition(is_same);
                let changed = others
                    .into_iter()
                    .map(|name| FileReport { path: place.shown(&name), outcome: Outcome::Failed(Problem::Changed.to_string()) });
                report.files.extend(changed);
                if !same.is_empty() {
                    new.push(Prepared { names: same, ..*prepared });
                }
            }
            // The other names of the file get the same receipt.
            Examined::Already(proven, receipt, first) => each(&|name| {
                let saved =
                    if name == first { Ok(()) } else { save::save(place, name, &receipt, &proven, work.policy).map(drop) };
                match saved {
                    Ok(()) => Outcome::Already(proven.entry.index),
                    Err(error) => Outcome::Failed(format!("its receipt cannot be written: {}", crate::files::reason(&error))),
                }
            }),
            Examined::WouldBePublished => {
                published += 1;
                each(&|_| Outcome::NotTried);
            }
            Examined::Failed(problem) => each(&|_| Outcome::Failed(problem.to_string())),
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

/// Holds the group's folder: alone if all of it is touched, else with other commands that touch other files.
fn hold_folder(locks: &mut Locks<'_>, group: &Group, how: Hold) -> Result<(), Failure> {
    let Some(place) = &group.place else { return Ok(()) };
    let mut hold = || -> io::Result<bool> {
        let real = place.evidence.real_path()?;
        for above in lock::above(&real) {
            if !locks.hold(above, Hold::Shared)? {
                return Ok(false);
            }
        }
        locks.hold(place.evidence.identity()?, how)
    };
    held(hold(), group)
}

fn hold_files(locks: &mut Locks<'_>, group: &Group, collected: &Collected) -> Result<(), Failure> {
    if group.named.as_ref().is_none_or(|named| named.len() > LOCKED_FILES_MAX) {
        return Ok(());
    }
    let identities: BTreeSet<_> = collected.files.iter().map(|(_, identity)| *identity).collect();
    identities.into_iter().try_for_each(|identity| held(locks.hold(identity, Hold::Alone), group))
}

fn held(result: io::Result<bool>, group: &Group) -> Result<(), Failure> {
    let label = print::path(&group.label());
    match result {
        Ok(true) => Ok(()),
        Ok(false) => Err(Failure::new(
            Exit::Invalid,
            format!("another courtseal is notarizing {label}, or something in it, at this moment"),
        )
        .next("wait until it is done, then run this again")),
        Err(error) => Err(Failure::new(Exit::Invalid, format!("{label} cannot be locked: {}", crate::files::reason(&error)))),
    }
}

/// The machine's clock.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp(0).plus_ms(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use courtseal_proof::limits::{STATEMENT_BYTES_MAX, STATEMENTS_MAX, TRANSACTION_BYTES_MAX};

    #[test]
    fn a_batch_fits_a_transaction_whatever_is_stated() {
        const { assert!(BATCH_STATEMENTS_MAX <= STATEMENTS_MAX) };
        const { assert!(BATCH_STATEMENTS_MAX * (STATEMENT_BYTES_MAX + 1) + 8192 < TRANSACTION_BYTES_MAX) };
    }
}
