//! A receipt for a file that is not at hand, of which only digests are known.
//!
//! In: digests, perhaps a size, a receipt. Out: a verdict as for a file. Always: every digest that both sides
//! have is compared, SHA-256 among them; a size that is not given is not compared. Not for confidential
//! records: only the file and its opening show what they are of.

use super::verdict::{Found, NoVerdict, Verdict, check_receipt};
use crate::files::{Problem, named};
use crate::trust::Trust;
use courtseal_proof::bytes::limits::RECEIPT_BYTES_MAX;
use courtseal_proof::statement::{FileDigests, Statement};
use courtseal_proof::verify::{Check, Failed, Missing, Proven, Refusal};
use std::path::Path;

/// Verifies a receipt for a file of these digests.
pub fn verify(digests: &FileDigests, size: Option<u64>, receipt: &Path, trust: &Trust) -> Verdict {
    let mut found = Found::default();
    let check = |found: &mut Found| {
        let bytes = named::read(receipt, RECEIPT_BYTES_MAX).map_err(|error| NoVerdict::Problem(Problem::Unreadable(error)))?;
        let proven = found.proven.insert(check_receipt(&bytes, trust, &mut found.policy)?);
        compare(proven, digests, size).map_err(NoVerdict::Refused)
    };
    let result = check(&mut found);
    Verdict { path: digests.sha256.tagged().into(), policy: found.policy, proven: found.proven, result, notes: Vec::new() }
}

/// Check 8, by what is known of the file.
fn compare(proven: &Proven, known: &FileDigests, size: Option<u64>) -> Result<(), Refusal> {
    let Some(public) = proven.entry.statement().and_then(Statement::public_document) else {
        // For a confidential record this asks for its opening, which comes with the file.
        proven.check_file(None)?;
        let message = "the file itself: this record names no digest of it".to_owned();
        return Err(Refusal::CannotTell(Missing::File, message));
    };
    let (recorded, recorded_size) = (&public.digests, public.size_bytes);
    let both = |text: String, recorded: String| {
        let found = Some(format!("asked is {text}, recorded is {recorded}"));
        Err(Refusal::Invalid(Check::File, Failed { what: "the file is not the one recorded".to_owned(), found }))
    };
    // A digest that only one side has is left out of both.
    let common = |one: &FileDigests, other: &FileDigests| {
        let (sha512, sm3) = (one.sha512.filter(|_| other.sha512.is_some()), one.sm3.filter(|_| other.sm3.is_some()));
        FileDigests { sha512, sm3, ..one.clone() }.texts()
    };
    let mut pairs = common(known, recorded).into_iter().zip(common(recorded, known));
    if let Some((known, recorded)) = pairs.find(|(known, recorded)| known != recorded) {
        return both(known, recorded);
    }
    if let Some(size) = size.filter(|size| *size != recorded_size) {
        return both(format!("{size} bytes"), format!("{recorded_size} bytes"));
    }
    Ok(())
}
