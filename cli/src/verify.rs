//! `verify`: check files against their receipts, offline.
//!
//! In: files, receipts, a policy, openings. Out: one verdict a file, with its reasons; the worst is the exit code. Always: valid, invalid or
//! cannot tell, never a bare yes or no; no network; memory stays flat. Not for the checks themselves: they are `courtseal-proof`'s.

mod print_verdict;

use crate::command::Verify;
use crate::failure::{Exit, usage};
use crate::files::{self, Problem};
use crate::notarize::collect::collect;
use crate::notarize::{JOURNAL_ENDING, OPENING_ENDING, RECEIPT_ENDING};
use crate::print::{self, Style};
use crate::sums;
use crate::trust::Trust;
use courtseal_proof::digest::Digest;
use courtseal_proof::limits::{OPENING_BYTES_MAX, RECEIPT_BYTES_MAX};
use courtseal_proof::verify::{Missing, Proven, Refusal, verify_receipt};
pub use print_verdict::next;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::io;
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
    /// The file could not be read.
    Problem(Problem),
}

impl Verdict {
    /// Its exit code.
    pub fn exit(&self) -> Exit {
        match &self.result {
            Ok(()) => Exit::Done,
            Err(NoVerdict::Refused(Refusal::Invalid(..))) => Exit::Invalid,
            Err(NoVerdict::Refused(Refusal::CannotTell(..))) => Exit::CannotTell,
            Err(NoVerdict::Problem(_)) => Exit::Usage,
        }
    }
}

fn cannot(error: &io::Error) -> String {
    format!("cannot be read: {}", files::reason(error))
}

/// `verify`.
///
/// # Errors
/// Usage; writing to stdout.
pub fn run(options: &Verify, style: Style) -> anyhow::Result<Exit> {
    let single = matches!(&options.paths[..], [path] if !path.is_dir());
    if !single && (options.receipt.is_some() || options.opening.is_some()) {
        return Err(usage("--receipt and --opening are for one file; name that file alone"));
    }
    let trust = Trust::read(options.policy.as_deref());
    let mut verdicts = Vec::new();
    for path in &options.paths {
        if path.is_dir() {
            verdicts.extend(verify_folder(path, &trust, style)?);
        } else {
            let verdict = verify_file(path, options.receipt.as_deref(), options.opening.as_deref(), &trust);
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

/// Verifies all files in a folder; those that are not valid are printed one by one.
fn verify_folder(folder: &Path, trust: &Trust, style: Style) -> anyhow::Result<Vec<Verdict>> {
    let collected = collect(folder);
    let mut verdicts: Vec<Verdict> = collected.files.par_iter().map(|path| verify_file(path, None, None, trust)).collect();
    if !style.json {
        for verdict in verdicts.iter().filter(|verdict| style.verbose || verdict.exit() != Exit::Done) {
            print_verdict::print(verdict, trust, style)?;
        }
        for (path, reason) in &collected.problems {
            print::message(format_args!("{}not verified: {reason}", print::column(&print::path(path))));
        }
        let of = |exit| print::count(verdicts.iter().filter(|verdict| verdict.exit() == exit).count() as u64);
        let label = format!("{}/", print::path(folder).trim_end_matches('/'));
        let (valid, invalid, cannot_tell) = (of(Exit::Done), of(Exit::Invalid), of(Exit::CannotTell));
        let files = print::several(verdicts.len() as u64, "file", "files");
        let unread = match collected.problems.len() as u64 {
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
    verdicts.extend(collected.problems.into_iter().map(|(path, reason)| {
        let problem = Problem::Unreadable(io::Error::other(reason));
        Verdict { path, policy: None, proven: None, result: Err(NoVerdict::Problem(problem)) }
    }));
    Ok(verdicts)
}

/// Verifies one file; receipt and opening are looked for beside it unless named. A receipt of an equivocation, which is about no file, is itself the file.
pub fn verify_file(path: &Path, receipt: Option<&Path>, opening: Option<&Path>, trust: &Trust) -> Verdict {
    let mut found = Found::default();
    let result = verify(path, receipt, opening, trust, &mut found);
    Verdict { path: path.to_owned(), policy: found.policy, proven: found.proven, result }
}

/// What a verification finds out, even if it fails.
#[derive(Default)]
struct Found {
    policy: Option<Digest>,
    proven: Option<Proven>,
}

fn verify(
    path: &Path,
    receipt: Option<&Path>,
    opening: Option<&Path>,
    trust: &Trust,
    found: &mut Found,
) -> Result<(), NoVerdict> {
    // A file that is not there is a mistake to point out, not a verdict.
    let metadata = std::fs::metadata(path).map_err(|error| NoVerdict::Problem(Problem::Unreadable(error)))?;
    if let Some(kind) = files::other_kind(&metadata) {
        return Err(NoVerdict::Problem(Problem::NotAFile(kind)));
    }
    if receipt.is_none() && path.as_os_str().as_bytes().ends_with(RECEIPT_ENDING.as_bytes()) {
        let bytes =
            files::read_bounded(path, RECEIPT_BYTES_MAX).map_err(|error| NoVerdict::Problem(Problem::Unreadable(error)))?;
        let proven = check_receipt(&bytes, trust, found)?;
        // An equivocation is about no file: its receipt is all there is to check.
        if proven.entry.statement.as_ref().is_some_and(|statement| statement.equivocation.is_some()) {
            found.proven = Some(proven);
            return Ok(());
        }
    }
    let receipt_path = receipt.map_or_else(|| files::with_ending(path, RECEIPT_ENDING), Path::to_owned);
    let receipt = files::read_bounded(&receipt_path, RECEIPT_BYTES_MAX).map_err(|error| {
        let waits = files::with_ending(path, JOURNAL_ENDING);
        let next = if receipt.is_none() && waits.exists() {
            format!(
                "; a signed request waits in {}: the same `notarize` again sends it and fetches the receipt",
                print::path(&waits)
            )
        } else {
            String::new()
        };
        let message = format!("a receipt: {} {}{next}", print::path(&receipt_path), cannot(&error));
        NoVerdict::Refused(Refusal::CannotTell(Missing::Receipt, message))
    })?;
    let proven = check_receipt(&receipt, trust, found)?;
    let proven = found.proven.insert(proven);
    let opening_path = opening.map_or_else(|| files::with_ending(path, OPENING_ENDING), Path::to_owned);
    let opening = files::read_bounded(&opening_path, OPENING_BYTES_MAX).ok();
    let check = proven.check_file(opening.as_deref()).map_err(NoVerdict::Refused)?;
    sums::check(path, true, &check, &|_| {}).map_err(NoVerdict::Problem)?.map_err(NoVerdict::Refused)
}

/// Checks a receipt, and notes under which policy.
fn check_receipt(receipt: &[u8], trust: &Trust, found: &mut Found) -> Result<Proven, NoVerdict> {
    let result = verify_receipt(receipt, trust);
    found.policy = match &result {
        Ok(proven) => Some(proven.policy_digest),
        Err(_) => trust.digest_for_receipt(receipt),
    };
    result.map_err(NoVerdict::Refused)
}
