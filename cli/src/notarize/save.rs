//! Receipts: checked first, then put beside their files.
//!
//! In: a receipt's text, what was stated and signed, the policy. Out: a file `PATH.tlog-proof`, or
//! `PATH.refusal.tlog-proof` for a refusal. A statement that is not evidence stands beside no file: `PATH` is
//! then `KIND-ACT-INDEX`, and its opening gets that name too. Always: a receipt that does not prove exactly
//! what was signed is never saved. Another receipt that was there is kept under a number. A receipt that is
//! checked is never lost, whatever has been put in its place. Not for syncing folders: the caller does it
//! once for all.

use crate::files::folder::Kind;
use crate::files::names;
use crate::files::place::Place;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::limits::{OPENING_BYTES_MAX, RECEIPT_BYTES_MAX};
use courtseal_proof::bytes::name::Name;
use courtseal_proof::statement::Statement;
use courtseal_proof::verify::{HeldPolicy, PolicySource, Proven, verify_receipt};
use std::io;
use std::path::{Path, PathBuf};

/// How a receipt's file may be read: by everybody whom the user lets.
const MODE: u32 = 0o666;
/// How an opening may be read: by the user alone.
pub const OPENING_MODE: u32 = 0o600;

/// What a receipt must prove.
pub struct Expected<'a> {
    /// What was stated.
    pub statement: &'a Statement,
    /// Its place in the transaction.
    pub position: u64,
    /// The transaction's id.
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
    /// The receipt's file, as people see it.
    pub receipt: PathBuf,
    /// The file that was in its place, if it was another receipt or none.
    pub kept: Option<Kept>,
    /// The opening's file, if it got the receipt's name.
    pub opening: Option<PathBuf>,
}

/// Checks a receipt against the policy and against what was signed.
///
/// # Errors
/// What it fails to prove, in words.
pub fn check(receipt: &str, expected: &Expected<'_>, policy: &HeldPolicy) -> Result<Proven, String> {
    let proven = verify_receipt(receipt.as_bytes(), policy).map_err(|refusal| refusal.to_string())?;
    let stated = proven.entry.as_stated().ok_or("it is of a system entry")?;
    // The statement holds the digests of the file as it was read, so this is the check of the file too.
    if &stated.statement != expected.statement
        || stated.transaction != expected.transaction
        || stated.position != expected.position
    {
        return Err("it is of another statement than the one that was signed".to_owned());
    }
    Ok(proven)
}

/// What the name of a statement's files begins with, before it is recorded: `KIND-ACT`.
pub fn words(statement: &Statement) -> String {
    match (statement.kind().word, statement.form().word) {
        (kind, "") => kind.to_owned(),
        (kind, act) => format!("{kind}-{act}"),
    }
}

/// The name that a receipt stands under: evidence's is its file's, any other statement's has its index.
fn stem(file: &Path, proven: &Proven) -> PathBuf {
    match proven.entry.statement().filter(|statement| statement.as_evidence().is_none()) {
        Some(statement) => file.with_file_name(format!("{}-{}", words(statement), proven.entry.index)),
        None => file.to_owned(),
    }
}

/// Saves a checked receipt beside its file, or under a name of its own.
///
/// # Errors
/// I/O.
pub fn save(place: &Place, file: &Path, receipt: &[u8], proven: &Proven, policy: &impl PolicySource) -> io::Result<Saved> {
    let stem = &stem(file, proven);
    let opening = if stem == file { None } else { save_opening(place, file, stem)? };
    let ending = if proven.entry.rule().is_some() { names::REFUSAL } else { names::RECEIPT };
    let (mut kept, own) = (None, place.shown_own(stem, ending));
    if let Some(Kind::File(..)) = place.look(stem, ending)? {
        let old = place.read(stem, ending, RECEIPT_BYTES_MAX).ok().and_then(|old| verify_receipt(&old, policy).ok());
        // The same entry under another checkpoint: saved before an interruption.
        if old.as_ref().is_some_and(|old| old.entry == proven.entry) {
            return Ok(Saved { receipt: own, kept, opening });
        }
        let of = old.and_then(|old| old.entry.member().map(|member| member.name.clone()));
        kept = Some(Kept { path: place.keep(stem, ending)?, of });
    }
    match place.write(stem, ending, receipt, MODE) {
        Ok(()) => Ok(Saved { receipt: own, kept, opening }),
        // Somebody put something there since it was looked at.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Ok(Saved { receipt: place.write_aside(stem, ending, receipt, MODE)?, kept, opening })
        }
        Err(error) => Err(error),
    }
}

/// Gives an opening the receipt's name too; under the first one it stays until the request's journal goes.
fn save_opening(place: &Place, file: &Path, stem: &Path) -> io::Result<Option<PathBuf>> {
    let ending = names::OPENING;
    if place.look(file, ending)?.is_none() {
        return Ok(None);
    }
    let bytes = place.read(file, ending, OPENING_BYTES_MAX).map_err(|problem| io::Error::other(problem.to_string()))?;
    match place.write(stem, ending, &bytes, OPENING_MODE) {
        Ok(()) => Ok(Some(place.shown_own(stem, ending))),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => match place.read(stem, ending, OPENING_BYTES_MAX) {
            // Saved before an interruption.
            Ok(old) if old == bytes => Ok(Some(place.shown_own(stem, ending))),
            _ => place.write_aside(stem, ending, &bytes, OPENING_MODE).map(Some),
        },
        Err(error) => Err(error),
    }
}

/// Saves a checked receipt whose file has changed since, under the first free number. If its folder is gone
/// too, it is saved in the place's own folder.
///
/// # Errors
/// I/O.
pub fn save_aside(place: &Place, file: &Path, receipt: &str) -> io::Result<PathBuf> {
    match place.write_aside(file, names::RECEIPT, receipt.as_bytes(), MODE) {
        Err(error) if error.kind() == io::ErrorKind::NotFound || error.kind() == io::ErrorKind::NotADirectory => {
            let name = Path::new(file.file_name().unwrap_or_default());
            place.write_aside(name, names::RECEIPT, receipt.as_bytes(), MODE)
        }
        result => result,
    }
}
