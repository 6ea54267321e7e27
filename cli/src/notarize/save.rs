//! Receipts: checked first, then put beside their files.
//!
//! In: a receipt's text, what was stated and signed, the policy. Out: a file `PATH.tlog-proof`, or `PATH.refusal.tlog-proof` for a refusal.
//! Always: a receipt that does not prove exactly what was signed is never saved; another receipt that was there is kept under a
//! number. Not for syncing folders: the caller does it once for all.

use super::{RECEIPT_ENDING, REFUSAL_ENDING};
use crate::files;
use courtseal_proof::digest::Digest;
use courtseal_proof::entry::EntryKind;
use courtseal_proof::limits::RECEIPT_BYTES_MAX;
use courtseal_proof::name::Name;
use courtseal_proof::statement::Statement;
use courtseal_proof::verify::{HeldPolicy, Proven, verify_receipt};
use std::io;
use std::path::{Path, PathBuf};

/// What a receipt must prove.
pub struct Expected<'a> {
    /// What was stated.
    pub statement: &'a Statement,
    /// Its place in the transaction.
    pub position: u64,
    /// The transaction.
    pub transaction: Digest,
}

/// The file that was in the place of a new receipt, moved aside.
#[derive(Debug)]
pub struct Kept {
    /// Where it is now.
    pub path: PathBuf,
    /// The member whose statement it proves, if it is a valid receipt.
    pub of: Option<Name>,
}

/// Where a receipt went.
#[derive(Debug)]
pub struct Saved {
    /// The receipt's file.
    pub receipt: PathBuf,
    /// The file that was in its place, if it was another receipt or none.
    pub kept: Option<Kept>,
}

/// Checks a receipt against the policy and against what was signed.
///
/// # Errors
/// What it fails to prove, in words.
pub fn check(receipt: &str, expected: &Expected<'_>, policy: &HeldPolicy) -> Result<Proven, String> {
    let proven = verify_receipt(receipt.as_bytes(), policy).map_err(|refusal| refusal.to_string())?;
    let stated = proven.entry.as_stated().ok_or("it is of a system entry")?;
    // The statement holds the digests of the file as it was read, so this is the check of the file too.
    if stated.statement != expected.statement
        || stated.transaction != expected.transaction
        || stated.position != expected.position
    {
        return Err("it is of another statement than the one that was signed".to_owned());
    }
    Ok(proven)
}

/// Saves a checked receipt beside its file.
///
/// # Errors
/// I/O.
pub fn save(path: &Path, receipt: &str, proven: &Proven, policy: &HeldPolicy) -> io::Result<Saved> {
    let ending = if proven.entry.kind == EntryKind::Rejection { REFUSAL_ENDING } else { RECEIPT_ENDING };
    let target = files::with_ending(path, ending);
    let mut kept = None;
    match files::read_bounded(&target, RECEIPT_BYTES_MAX) {
        Ok(old) => {
            let old = verify_receipt(&old, policy).ok();
            // The same entry under another checkpoint: saved before an interruption.
            if old.as_ref().is_some_and(|old| old.entry == proven.entry) {
                return Ok(Saved { receipt: target, kept });
            }
            let of = old.and_then(|old| old.entry.member).map(|member| member.name);
            kept = Some(Kept { path: files::keep_old(path, ending)?, of });
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    files::write_whole(&target, receipt.as_bytes(), 0o666)?;
    Ok(Saved { receipt: target, kept })
}

/// Saves a checked receipt whose file has changed since, under the first free number.
///
/// # Errors
/// I/O.
pub fn save_aside(path: &Path, receipt: &str) -> io::Result<PathBuf> {
    for number in 1_u64.. {
        let target = files::with_ending(path, &format!(".{number}{RECEIPT_ENDING}"));
        match files::write_new(&target, receipt.as_bytes(), 0o666) {
            Ok(()) => return Ok(target),
            // Saved here before an interruption.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                if std::fs::read(&target).is_ok_and(|old| old == receipt.as_bytes()) {
                    return Ok(target);
                }
            }
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("no free name is left"))
}
