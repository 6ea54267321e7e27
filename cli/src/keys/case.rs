//! Case keys: a case number as a tag that only those who have the case's key can make (F16).
//!
//! In: a number, the file of the case's key. Out: the tag. Always: the key's file is as private as a
//! member's. Not for what a tag is for.

use super::read_private;
use crate::failure::{Exit, Failure, usage};
use crate::print;
use courtseal_proof::bytes::digest::lower_hex;
use courtseal_proof::bytes::name::Origin;
use courtseal_proof::commitment::Tag;
use icu_normalizer::ComposingNormalizerBorrowed;
use std::path::Path;
use zeroize::Zeroizing;

/// The tag of a case number under its case key (F16): trimmed and in the form NFC, because people cannot see
/// the difference.
///
/// # Errors
/// Usage: the case key is of no use, or the number is empty.
pub fn case_tag(number: &str, key: &Path, origin: &Origin) -> anyhow::Result<Tag> {
    let number = ComposingNormalizerBorrowed::new_nfc().normalize(number.trim()).into_owned();
    if number.is_empty() {
        return Err(usage("--case: the number is empty"));
    }
    let text = read_private(key)?;
    let case_key: Option<[u8; 32]> = lower_hex(text.trim_end_matches(['\n', '\r']));
    let Some(case_key) = case_key.map(Zeroizing::new) else {
        let message = format!("{} is no case key: 64 lower-case hex digits", print::path(key));
        return Err(Failure::new(Exit::Usage, message)
            .next("make one for each case with `(umask 077; openssl rand -hex 32 > case.key)`, and keep it with the case's files")
            .into());
    };
    Ok(courtseal_proof::commitment::case_tag(&case_key, &origin.chain(), &number))
}
