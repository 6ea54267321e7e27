//! `verify`: check files against their receipts, offline.
//!
//! In: files, receipts, a policy, openings. Out: one verdict a file, with its reasons; the worst is the exit code. Always: valid, invalid or
//! cannot tell, never a bare yes or no; no network; memory stays flat. Not for the checks themselves: they are `courtseal-proof`'s.

mod by_digest;
mod expected;
mod hints;
mod one;
mod print_verdict;

use crate::command::Verify;
use crate::failure::{Exit, usage};
use crate::files::folder::{Folder, Identity, Kind};
use crate::files::place::Place;
use crate::files::{Problem, names};
use crate::notarize::collect::collect;
use crate::notarize::{groups, open_receipts, options};
use crate::print::{self, Style};
use crate::progress::Progress;
use crate::trust::Trust;
pub use by_digest::parse as parse_digests;
use courtseal_proof::digest::Digest;
use courtseal_proof::limits::RECEIPT_BYTES_MAX;
use courtseal_proof::receipt::Receipt;
use courtseal_proof::verify::{Proven, Refusal, verify_receipt};
pub use expected::Asked;
pub use hints::hint;
pub use one::Given;
pub use one::alone;
use one::{Found, verify_alone, verify_in};
pub use print_verdict::{next, show_proven, word_of};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
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
    /// What a person should know beside it.
    pub notes: Vec<String>,
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
            let verdict = verify_named(path, given, options.receipts.as_deref(), &asked, &trust)?;
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
    if print::is_silent() {
        verdicts.iter().filter_map(print_verdict::in_a_line).for_each(print::message);
    }
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
    let choice = options::choice(&options.choice)?;
    let collected = collect(&place.evidence, &choice);
    let progress = Progress::new(&format!("{}/", print::path(folder)), collected.files.len() as u64, collected.bytes);
    let look = |(name, _): &(PathBuf, Identity)| {
        let verdict = verify_in(place, name, &Given::default(), asked, trust, &|bytes| progress.read(bytes));
        progress.file();
        verdict
    };
    let mut verdicts = collected.files.par_iter().map(look).collect::<anyhow::Result<Vec<Verdict>>>()?;
    verdicts.extend(alone(place, &collected, &choice).into_iter().map(|name| verify_alone(place, name, trust)));
    drop(progress);
    let problems: Vec<(PathBuf, String)> =
        collected.problems.iter().map(|(path, reason)| (place.shown(path), reason.clone())).collect();
    if !style.json {
        let is_shown = |verdict: &&Verdict| style.verbose || verdict.exit() != Exit::Done || !verdict.notes.is_empty();
        let mut before = None;
        for verdict in verdicts.iter().filter(is_shown) {
            // What is said of one file is said once, however many files it is said of.
            let missing = print_verdict::missing(verdict);
            if missing.is_some() && missing == before {
                print::row("CANNOT TELL", format_args!("{}: the same is missing", print::path(&verdict.path)))?;
            } else {
                print_verdict::print(verdict, trust, style)?;
            }
            before = missing;
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
        let mut by: BTreeMap<&str, u64> = BTreeMap::new();
        for verdict in verdicts.iter().filter(|verdict| verdict.exit() == Exit::Done) {
            let member = verdict.proven.as_ref().and_then(|proven| proven.entry.member.as_ref());
            *by.entry(member.map_or("nobody", |member| member.name.as_str())).or_insert(0) += 1;
        }
        let by: Vec<String> = by.into_iter().map(|(name, number)| format!("{} by {name}", print::count(number))).collect();
        if !by.is_empty() {
            print::row("valid", by.join(", "))?;
        }
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
    Verdict { path, policy: None, proven: None, notes: Vec::new(), result: Err(NoVerdict::Problem(Problem::Refused(reason))) }
}

/// Verifies one file; receipt and opening are looked for beside it unless named. A receipt that is named stands for its file; one of an equivocation, which is about no
/// file, is itself what is verified.
///
/// # Errors
/// Usage: `--receipts` is of no use.
pub fn verify_named(
    path: &Path,
    given: Given<'_>,
    receipts: Option<&Path>,
    asked: &Asked,
    trust: &Trust,
) -> anyhow::Result<Verdict> {
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
                verify_in(&place, stem, &given, asked, trust, &|bytes| progress.read(bytes))?
            }
            _ => verify_alone(&place, name, trust),
        });
    }
    verify_in(&place, name, &given, asked, trust, &|bytes| progress.read(bytes))
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
