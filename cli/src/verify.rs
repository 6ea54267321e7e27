//! `verify`: check files against their receipts, offline.
//!
//! In: files, receipts, a policy, openings. Out: one verdict a file, with its reasons; the worst is the exit code. Always: valid, invalid or
//! cannot tell, never a bare yes or no; no network; memory stays flat. Not for the checks themselves: they are `courtseal-proof`'s.

mod by_digest;
mod expected;
mod hints;
mod print_verdict;

use crate::command::Verify;
use crate::failure::{Exit, usage};
use crate::files::folder::{Folder, Identity, Kind};
use crate::files::place::Place;
use crate::files::{Problem, named, names};
use crate::notarize::collect::{Collected, collect};
use crate::notarize::{groups, open_receipts, options};
use crate::print::{self, Style};
use crate::progress::Progress;
use crate::sums;
use crate::trust::Trust;
pub use by_digest::parse as parse_digests;
use courtseal_proof::digest::Digest;
use courtseal_proof::limits::{OPENING_BYTES_MAX, RECEIPT_BYTES_MAX};
use courtseal_proof::receipt::Receipt;
use courtseal_proof::verify::{Missing, Proven, Refusal, verify_receipt};
use expected::Asked;
pub use hints::hint;
pub use print_verdict::{next, show_proven, word_of};
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What a verification found.
#[derive(Debug)]
pub struct Verdict {
    /// The file.
    pub path: PathBuf,
    /// Digest of the policy that the receipt was checked under, if one was found.
    pub policy: Option<Digest>,
    /// What the receipt proves, if it is genuine.
    pub proven: Option<Proven>,
    /// Valid, or why not; or that the file could not be read, so that there is no verdict.
    pub result: Result<(), NoVerdict>,
}

/// Why a file is not *valid*.
#[derive(Debug)]
pub enum NoVerdict {
    /// Invalid, or cannot tell.
    Refused(Refusal),
    /// The receipt is genuine and the file is its own, but it is not the record that was asked for.
    Differs(String),
    /// The file could not be read.
    Problem(Problem),
}

impl Verdict {
    /// Its exit code.
    pub fn exit(&self) -> Exit {
        match &self.result {
            Ok(()) => Exit::Done,
            Err(NoVerdict::Refused(Refusal::Invalid(..)) | NoVerdict::Differs(_)) => Exit::Invalid,
            Err(NoVerdict::Refused(Refusal::CannotTell(..))) => Exit::CannotTell,
            Err(NoVerdict::Problem(_)) => Exit::Usage,
        }
    }
}

impl Verdict {
    /// The same, unless it is valid and not what is asked for.
    fn held_to(self, asked: &Asked) -> anyhow::Result<Self> {
        let differs = match (&self.result, &self.proven) {
            (Ok(()), Some(proven)) => asked.differs(proven)?,
            _ => None,
        };
        Ok(match differs {
            Some(how) => Self { result: Err(NoVerdict::Differs(how)), ..self },
            None => self,
        })
    }
}

/// `verify`.
///
/// # Errors
/// Usage; writing to stdout.
pub fn run(options: &Verify, style: Style) -> anyhow::Result<Exit> {
    let single = matches!(&options.paths[..], [path] if !is_folder(path));
    if !single && options.digest.is_none() && (options.receipt.is_some() || options.opening.is_some()) {
        return Err(usage("--receipt and --opening are for one file; name that file alone"));
    }
    let trust = Trust::read(options.policy.as_deref());
    let given = Given { receipt: options.receipt.as_deref(), opening: options.opening.as_deref() };
    let asked = Asked::new(&options.expected)?;
    let mut verdicts = Vec::new();
    if let (Some(text), Some(receipt)) = (&options.digest, &options.receipt) {
        let digests = by_digest::parse(text).map_err(|problem| usage(format!("--digest: {problem}")))?;
        let verdict = by_digest::verify(&digests, options.size, receipt, &trust).held_to(&asked)?;
        if !style.json {
            print_verdict::print(&verdict, &trust, style)?;
        }
        verdicts.push(verdict);
    }
    for path in &options.paths {
        if is_folder(path) {
            verdicts.extend(verify_folder(path, options, &asked, &trust, style)?);
        } else {
            let verdict = verify_named(path, given, options.receipts.as_deref(), &trust)?.held_to(&asked)?;
            if !style.json {
                print_verdict::print(&verdict, &trust, style)?;
            }
            verdicts.push(verdict);
        }
    }
    if verdicts.is_empty() {
        return Err(usage("there is no file to verify in what was named"));
    }
    let exit = verdicts.iter().fold(Exit::Done, |exit, verdict| exit.worse(verdict.exit()));
    if style.json {
        print::line(print_verdict::json(&verdicts, &trust, exit))?;
    }
    Ok(exit)
}

/// Whether a path names a folder, and not a link to one.
fn is_folder(path: &Path) -> bool {
    // A slash at the end would make the system follow the link.
    let plain: PathBuf = path.components().collect();
    match plain.file_name() {
        Some(name) => {
            Folder::around(&plain).and_then(|folder| folder.look(Path::new(name))).is_ok_and(|kind| kind == Some(Kind::Folder))
        }
        None => true,
    }
}

/// Verifies all files in a folder; those that are not valid are printed one by one.
fn verify_folder(path: &Path, options: &Verify, asked: &Asked, trust: &Trust, style: Style) -> anyhow::Result<Vec<Verdict>> {
    let group = groups(&[path.to_owned()], options.receipts.as_deref())?.remove(0);
    let (Some(place), Some(folder)) = (&group.place, &group.folder) else {
        let problem = group.problems.into_iter().map(|(path, reason)| not_read(path, reason));
        return Ok(problem.collect());
    };
    let collected = collect(&place.evidence, &options::choice(&options.choice)?);
    let progress = Progress::new(&format!("{}/", print::path(folder)), collected.files.len() as u64, collected.bytes);
    let look = |(name, _): &(PathBuf, Identity)| {
        let verdict = verify_in(place, name, &Given::default(), trust, &|bytes| progress.read(bytes));
        progress.file();
        verdict
    };
    let mut verdicts: Vec<Verdict> = collected.files.par_iter().map(look).collect();
    verdicts.extend(alone(place, &collected).into_iter().map(|name| verify_alone(place, name, trust)));
    drop(progress);
    verdicts = verdicts.into_iter().map(|verdict| verdict.held_to(asked)).collect::<anyhow::Result<Vec<_>>>()?;
    let problems: Vec<(PathBuf, String)> =
        collected.problems.iter().map(|(path, reason)| (place.shown(path), reason.clone())).collect();
    if !style.json {
        for verdict in verdicts.iter().filter(|verdict| style.verbose || verdict.exit() != Exit::Done) {
            print_verdict::print(verdict, trust, style)?;
        }
        for (path, reason) in &problems {
            print::message(format_args!("{}not verified: {reason}", print::column(&print::path(path))));
        }
        let of = |exit| print::count(verdicts.iter().filter(|verdict| verdict.exit() == exit).count() as u64);
        let label = format!("{}/", print::path(folder).trim_end_matches('/'));
        let (valid, invalid, cannot_tell) = (of(Exit::Done), of(Exit::Invalid), of(Exit::CannotTell));
        let files = print::several(verdicts.len() as u64, "file", "files");
        let unread = match problems.len() as u64 {
            0 => String::new(),
            unread => format!(", {} not verified", print::count(unread)),
        };
        print::row(&label, format_args!("{files}: {valid} valid, {invalid} invalid, {cannot_tell} cannot tell{unread}"))?;
        // Those that are valid are not printed one by one, and what they rest on must be.
        let valid = verdicts.iter().filter(|verdict| verdict.exit() == Exit::Done).filter_map(|verdict| verdict.proven.as_ref());
        let policies: BTreeSet<_> = valid.map(|proven| (proven.policy_digest, &proven.entry.chain)).collect();
        for (digest, origin) in policies {
            print_verdict::policy(trust, digest, origin)?;
        }
    }
    verdicts.extend(problems.into_iter().map(|(path, reason)| not_read(path, reason)));
    Ok(verdicts)
}

fn not_read(path: PathBuf, reason: String) -> Verdict {
    Verdict { path, policy: None, proven: None, result: Err(NoVerdict::Problem(Problem::Refused(reason))) }
}

/// Receipts in a folder whose file is not there.
fn alone<'a>(place: &Place, collected: &'a Collected) -> Vec<&'a Path> {
    let evidence: BTreeSet<&Path> = collected.files.iter().map(|(path, _)| path.as_path()).collect();
    let expected: BTreeSet<PathBuf> = evidence.iter().map(|path| names::of(path, names::RECEIPT)).collect();
    let is_alone = |path: &&PathBuf| {
        let name = path.file_name().unwrap_or_default();
        let has_file = |stem: &OsStr| evidence.contains(path.with_file_name(stem).as_path());
        name.as_bytes().ends_with(names::RECEIPT.as_bytes())
            && !expected.contains(*path)
            && !names::about(name).is_some_and(|stems| stems.into_iter().any(has_file))
    };
    if place.is_beside() { collected.own.iter().filter(is_alone).map(PathBuf::as_path).collect() } else { Vec::new() }
}

/// Verifies a receipt that has no file. One of an equivocation, which is about no file, needs none.
fn verify_alone(place: &Place, receipt: &Path, trust: &Trust) -> Verdict {
    let mut found = Found::default();
    let mut verify = || {
        let bytes = place.evidence.read(receipt, RECEIPT_BYTES_MAX).map_err(NoVerdict::Problem)?;
        let proven = found.proven.insert(check_receipt(&bytes, trust, &mut found.policy)?);
        if is_about_a_file(proven) {
            let stem = names::about(receipt.file_name().unwrap_or_default()).and_then(|stems| stems.first().map(PathBuf::from));
            let file = print::path(&place.shown(&receipt.with_file_name(stem.unwrap_or_default())));
            let message = format!("the file that this receipt is of: {file} is not there, or has another name now");
            return Err(NoVerdict::Refused(Refusal::CannotTell(Missing::File, message)));
        }
        Ok(())
    };
    let result = verify();
    Verdict { path: place.shown(receipt), policy: found.policy, proven: found.proven, result }
}

fn is_about_a_file(proven: &Proven) -> bool {
    proven.entry.statement.as_ref().is_none_or(|statement| statement.equivocation.is_none())
}

/// What options name for one file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    /// The receipt.
    pub receipt: Option<&'a Path>,
    /// The opening.
    pub opening: Option<&'a Path>,
}

/// Verifies one file; receipt and opening are looked for beside it unless named. A receipt that is named stands for its file; one of an equivocation, which is about no
/// file, is itself what is verified.
///
/// # Errors
/// Usage: `--receipts` is of no use.
pub fn verify_named(path: &Path, given: Given<'_>, receipts: Option<&Path>, trust: &Trust) -> anyhow::Result<Verdict> {
    let name = path.file_name().map(Path::new).unwrap_or(path);
    let folder = match Folder::around(path) {
        Ok(folder) => folder,
        Err(error) => return Ok(not_read(path.to_owned(), Problem::Unreadable(error).to_string())),
    };
    let place = match receipts {
        None => Place::beside(folder),
        Some(receipts) => Place::elsewhere(folder, open_receipts(receipts)?, PathBuf::new()),
    };
    let progress = Progress::new(&print::path(path), 1, size(&place, name));
    if given.receipt.is_none()
        && let Some(stem) = receipt_stem(name)
        && place.evidence.read(name, RECEIPT_BYTES_MAX).is_ok_and(|bytes| Receipt::parse(&bytes).is_ok())
    {
        return Ok(match place.evidence.look(stem) {
            Ok(Some(Kind::File(..))) => {
                let given = Given { receipt: Some(path), ..given };
                verify_in(&place, stem, &given, trust, &|bytes| progress.read(bytes))
            }
            _ => verify_alone(&place, name, trust),
        });
    }
    Ok(verify_in(&place, name, &given, trust, &|bytes| progress.read(bytes)))
}

fn receipt_stem(name: &Path) -> Option<&Path> {
    let stem = name.as_os_str().as_bytes().strip_suffix(names::RECEIPT.as_bytes())?;
    (!stem.is_empty()).then(|| Path::new(OsStr::from_bytes(stem)))
}

fn size(place: &Place, name: &Path) -> u64 {
    match place.evidence.look(name) {
        Ok(Some(Kind::File(_, bytes))) => bytes,
        _ => 0,
    }
}

/// Verifies one file of a place.
fn verify_in(place: &Place, name: &Path, given: &Given<'_>, trust: &Trust, read: &dyn Fn(u64)) -> Verdict {
    let mut found = Found::default();
    let result = verify(place, name, given, trust, &mut found, read);
    Verdict { path: place.shown(name), policy: found.policy, proven: found.proven, result }
}

/// What a verification finds out, even if it fails.
#[derive(Default)]
struct Found {
    policy: Option<Digest>,
    proven: Option<Proven>,
}

fn verify(
    place: &Place,
    name: &Path,
    given: &Given<'_>,
    trust: &Trust,
    found: &mut Found,
    read: &dyn Fn(u64),
) -> Result<(), NoVerdict> {
    // A file that is not there is a mistake to point out, not a verdict.
    match place.evidence.look(name).map_err(|error| NoVerdict::Problem(Problem::Unreadable(error)))? {
        Some(Kind::File(..)) => {}
        Some(Kind::Folder) => return Err(NoVerdict::Problem(Problem::NotAFile("a folder"))),
        Some(Kind::Other(what)) => return Err(NoVerdict::Problem(Problem::NotAFile(what))),
        None => return Err(NoVerdict::Problem(Problem::Unreadable(rustix::io::Errno::NOENT.into()))),
    }
    let read_named = |path: &Path, limit| named::read(path, limit).map_err(Problem::Unreadable);
    let receipt = match given.receipt {
        Some(path) => read_named(path, RECEIPT_BYTES_MAX),
        None => place.read(name, names::RECEIPT, RECEIPT_BYTES_MAX),
    };
    let receipt = receipt.map_err(|problem| {
        let path = given.receipt.map_or_else(|| place.shown_own(name, names::RECEIPT), Path::to_owned);
        let next = if given.receipt.is_none() && matches!(place.look(name, names::JOURNAL), Ok(Some(_))) {
            format!(
                "; a signed request waits in {}: the same `notarize` again sends it and fetches the receipt",
                print::path(&place.shown_own(name, names::JOURNAL))
            )
        } else {
            String::new()
        };
        let message = format!("a receipt: {} {problem}{next}", print::path(&path));
        NoVerdict::Refused(Refusal::CannotTell(Missing::Receipt, message))
    })?;
    let proven = check_receipt(&receipt, trust, &mut found.policy)?;
    let proven = found.proven.insert(proven);
    let opening = match given.opening {
        Some(path) => read_named(path, OPENING_BYTES_MAX),
        None => place.read(name, names::OPENING, OPENING_BYTES_MAX),
    };
    let check = proven.check_file(opening.ok().as_deref()).map_err(NoVerdict::Refused)?;
    sums::check(&place.evidence, name, &check, read).map_err(NoVerdict::Problem)?.map_err(NoVerdict::Refused)
}

/// A refusal of a text that is no receipt, with what may have happened to it.
fn with_hint(refusal: Refusal, receipt: &[u8]) -> Refusal {
    match (refusal, hint(receipt)) {
        (Refusal::Invalid(check, message), Some(hint)) => Refusal::Invalid(check, format!("{message}; {hint}")),
        (refusal, _) => refusal,
    }
}

/// Checks a receipt, and notes under which policy.
fn check_receipt(receipt: &[u8], trust: &Trust, policy: &mut Option<Digest>) -> Result<Proven, NoVerdict> {
    let result = verify_receipt(receipt, trust);
    let result = result.map_err(|refusal| with_hint(refusal, receipt));
    *policy = match &result {
        Ok(proven) => Some(proven.policy_digest),
        Err(_) => trust.digest_for_receipt(receipt),
    };
    result.map_err(NoVerdict::Refused)
}
