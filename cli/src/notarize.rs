//! `notarize`: record files, and keep a receipt beside each.
//!
//! The way of a file: collected ([`collect`]), examined ([`hash`]), stated and signed with up to 999 others, written to a journal
//! ([`journal`]), sent ([`send`]), its receipt checked and saved ([`save`]), reported ([`report`]). Always: nothing is sent that is not on disk;
//! the same command again does only what is left. Not for trusting nodes: what they answer is checked under the policy.

pub mod collect;
mod hash;
pub mod journal;
mod options;
mod record;
pub mod report;
mod save;
mod send;

use crate::command::{Digests, Notarize};
use crate::failure::{Exit, Failure};
use crate::files;
use crate::http::Client;
use crate::keys::{MemberKey, read_member};
use crate::print::{self, Style};
use crate::trust::Trust;
use courtseal_proof::commitment::Tag;
use courtseal_proof::time::Timestamp;
use courtseal_proof::verify::HeldPolicy;
use hash::{Examined, Prepared};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use journal::Journal;
use rayon::prelude::*;
pub use record::now;
use report::{FileReport, GroupReport, Outcome};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How a receipt's name ends.
pub const RECEIPT_ENDING: &str = ".tlog-proof";
/// How the name of a proven refusal ends.
pub const REFUSAL_ENDING: &str = ".refusal.tlog-proof";
/// How an opening's name ends.
pub const OPENING_ENDING: &str = ".opening";
/// How a journal's name ends.
pub const JOURNAL_ENDING: &str = ".pending";
/// Most statements in one of our transactions: well below 4,096, so that a transaction stays below 4 MiB whatever is stated (a statement has
/// at most 2 KiB) and its receipts come in one answer.
const BATCH_STATEMENTS_MAX: usize = 1_000;

/// How the files are to be stated.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// A commitment instead of digests.
    pub confidential: bool,
    /// The case's tag.
    pub case: Option<Tag>,
    /// The digests to record. If none are named, those of [`Digests::default`] are, and a receipt that is there may have others.
    pub digests: Option<Digests>,
    /// The submitter's word for when.
    pub asserted_at: Option<Timestamp>,
    /// The media type.
    pub media_type: Option<String>,
}

/// All that notarizing needs.
pub struct Work<'a> {
    /// The member's key.
    pub key: &'a MemberKey,
    /// What receipts are checked against.
    pub policy: &'a HeldPolicy,
    /// The nodes.
    pub client: &'a Client,
    /// How to state.
    pub wish: &'a Wish,
    /// When to give up on a transaction.
    pub timeout: Duration,
}

/// `notarize`.
///
/// # Errors
/// Usage; no node answers before anything was tried.
pub fn run(options: &Notarize, style: Style) -> anyhow::Result<Exit> {
    let key = read_member(&options.key)?;
    let wish = options::wish(options, &key)?;
    let client = Client::new(&options.nodes.urls)?;
    let policy = options::policy(options.policy.as_deref(), &key, &client)?;
    let work = Work { key: &key, policy: &policy, client: &client, wish: &wish, timeout: options.timeout };
    let (mut exit, mut reports) = (Exit::Done, Vec::new());
    for group in groups(&options.paths)? {
        let report = notarize(&work, &group);
        exit = exit.worse(report.exit());
        let stopped = report.stop.is_some();
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

/// A folder, or all single files of a command: what shares a journal.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// Whether it is a folder.
    folder: bool,
    /// The paths: one folder, or files.
    paths: Vec<PathBuf>,
}

/// Sorts paths into groups, each path written with a name at its end.
///
/// # Errors
/// Usage: a path without a name.
pub fn groups(paths: &[PathBuf]) -> anyhow::Result<Vec<Group>> {
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    for path in paths {
        let path = named(path)?;
        if std::fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir()) {
            folders.push(Group { folder: true, paths: vec![path] });
        } else if !files.contains(&path) {
            files.push(path);
        }
    }
    let files = (!files.is_empty()).then_some(Group { folder: false, paths: files });
    Ok(files.into_iter().chain(folders).collect())
}

/// The path without a trailing slash; `.` and the like by their real name, because the journal stands beside them.
fn named(path: &Path) -> anyhow::Result<PathBuf> {
    let plain: PathBuf = path.components().collect();
    if matches!(plain.components().next_back(), Some(Component::Normal(_))) {
        return Ok(plain);
    }
    let real = path.canonicalize().unwrap_or(plain);
    anyhow::ensure!(
        real.file_name().is_some(),
        crate::failure::usage(format!("{} has no name; name a folder in it", print::path(path)))
    );
    Ok(real)
}

/// Notarizes a group: first what a journal still holds, then the rest, a batch at a time.
pub fn notarize(work: &Work<'_>, group: &Group) -> GroupReport {
    let started = Instant::now();
    let mut report = GroupReport { folder: group.folder.then(|| group.paths[0].clone()), ..GroupReport::default() };
    let lock = lock(&group.paths[0]);
    match lock {
        Err(failure) => report.stop = Some(failure),
        Ok(_held) => {
            if let Err(failure) = work_through(work, group, &mut report) {
                report.stop = Some(failure);
            }
        }
    }
    report.files.sort_by(|a, b| a.path.cmp(&b.path));
    report.elapsed = started.elapsed();
    report
}

fn work_through(work: &Work<'_>, group: &Group, report: &mut GroupReport) -> Result<(), Failure> {
    let own = files::with_ending(&group.paths[0], JOURNAL_ENDING);
    let mut done = BTreeMap::new();
    let mut paths = Vec::new();
    for root in &group.paths {
        let collected = collect::collect(root);
        for at in kept_requests(root, &collected.files) {
            record::resume(work, &at, &mut done, report)?;
        }
        paths.extend(collected.files);
        report
            .files
            .extend(collected.problems.into_iter().map(|(path, reason)| FileReport { path, outcome: Outcome::Failed(reason) }));
    }
    let is_done: BTreeSet<PathBuf> = done.keys().filter_map(|path| std::path::absolute(path).ok()).collect();
    paths.retain(|path| std::path::absolute(path).map_or(true, |path| !is_done.contains(&path)));
    report.files.extend(done.into_iter().map(|(path, outcome)| FileReport { path, outcome }));
    let progress = Progress::new(&report.folder, paths.len() as u64);
    let mut batches = paths.chunks(BATCH_STATEMENTS_MAX);
    while let Some(batch) = batches.next() {
        let new = examine(work, batch, &progress, report);
        if new.is_empty() {
            continue;
        }
        if let Err(failure) = record::record(work, &own, new, report) {
            progress.bar.finish_and_clear();
            let rest = batches.flatten().map(|path| FileReport { path: path.clone(), outcome: Outcome::NotTried });
            report.files.extend(rest);
            return Err(failure);
        }
    }
    progress.bar.finish_and_clear();
    Ok(())
}

/// Journals in which one of these files may wait: beside what was named; beside each file, if it was named alone then; beside the folders that they are in, if those were.
/// What waits in one and were signed anew would be recorded twice.
fn kept_requests(root: &Path, files: &[PathBuf]) -> BTreeSet<PathBuf> {
    let own = files::with_ending(root, JOURNAL_ENDING);
    let absolute: BTreeSet<PathBuf> = files.iter().filter_map(|path| std::path::absolute(path).ok()).collect();
    let around: BTreeSet<&Path> =
        absolute.iter().flat_map(|path| path.ancestors()).filter(|path| path.file_name().is_some()).collect();
    let others = around.into_iter().map(|path| files::with_ending(path, JOURNAL_ENDING)).filter(|at| at.is_file());
    let is_ours = |at: &PathBuf| {
        let journal = Journal::read(at).ok().flatten();
        journal.is_some_and(|journal| {
            journal.paths.iter().filter_map(|path| std::path::absolute(path).ok()).any(|path| absolute.contains(&path))
        })
    };
    let others = others.filter(|at| std::path::absolute(&own).is_ok_and(|own| own != *at)).filter(is_ours);
    std::iter::once(own.clone()).chain(others).collect()
}

/// Examines a batch on all cores; what needs no record is reported at once.
fn examine(work: &Work<'_>, batch: &[PathBuf], progress: &Progress, report: &mut GroupReport) -> Vec<Prepared> {
    let look = |path: &PathBuf| {
        let examined = hash::examine(path, work, &|bytes| progress.read(bytes));
        progress.file();
        examined
    };
    let examined: Vec<Examined> = if let [path] = batch { vec![look(path)] } else { batch.par_iter().map(look).collect() };
    let mut new = Vec::new();
    for (path, examined) in batch.iter().zip(examined) {
        let outcome = match examined {
            Examined::New(prepared) => {
                new.push(*prepared);
                continue;
            }
            Examined::Already(proven) => Outcome::Already(proven.entry.index),
            Examined::Failed(problem) => Outcome::Failed(problem.to_string()),
        };
        report.files.push(FileReport { path: path.clone(), outcome });
    }
    new
}

/// Holds a folder or file, so that two commands do not write one journal. Where locks are not known, none is held.
fn lock(path: &Path) -> Result<Option<File>, Failure> {
    // A named pipe would block for ever, and what is no file or folder is reported later.
    if !std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir() || metadata.is_file()) {
        return Ok(None);
    }
    let Ok(file) = File::open(path) else { return Ok(None) };
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => {
            let message = format!("another courtseal is notarizing {} at this moment", print::path(path));
            Err(Failure::new(Exit::Invalid, message).next("wait until it is done, then run this again"))
        }
        Ok(()) | Err(TryLockError::Error(_)) => Ok(Some(file)),
    }
}

/// A bar on stderr while a person watches; nothing otherwise.
struct Progress {
    bar: ProgressBar,
    bytes: AtomicU64,
    started: Instant,
}

impl Progress {
    fn new(folder: &Option<PathBuf>, files: u64) -> Self {
        let template = "{prefix:12} {bar:30} {human_pos} of {human_len} files   {msg}   about {eta} left";
        let bar = ProgressBar::with_draw_target(Some(files), ProgressDrawTarget::stderr_with_hz(10));
        if files < 2 || folder.is_none() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
        bar.set_prefix(folder.as_deref().map(|folder| format!("{}/", print::path(folder))).unwrap_or_default());
        Self { bar, bytes: AtomicU64::new(0), started: Instant::now() }
    }

    fn read(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    fn file(&self) {
        if !self.bar.is_hidden() {
            let rate = self.bytes.load(Ordering::Relaxed) as f64 / self.started.elapsed().as_secs_f64().max(0.001);
            self.bar.set_message(format!("hashing {:.1} MB/s", rate / 1e6));
        }
        self.bar.inc(1);
    }
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

    #[test]
    fn groups_by_journal() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::create_dir(path("d")).unwrap();
        std::fs::write(path("a"), b"").unwrap();
        let given = [path("a"), path("d/"), path("missing"), path("d/."), path("a")];
        let expected = [
            Group { folder: false, paths: vec![path("a"), path("missing")] },
            Group { folder: true, paths: vec![path("d")] },
            Group { folder: true, paths: vec![path("d")] },
        ];
        assert_eq!(groups(&given).unwrap(), expected);
        assert!(groups(&[PathBuf::from("/")]).is_err());
        assert_eq!(groups(&[PathBuf::from(".")]).unwrap()[0].paths[0], Path::new(".").canonicalize().unwrap());
    }

    #[test]
    fn one_command_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let held = lock(folder.path()).unwrap();
        assert!(lock(folder.path()).unwrap_err().message.contains("another courtseal"));
        drop(held);
        assert!(lock(folder.path()).is_ok());
    }
}
