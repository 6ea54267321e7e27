//! Checks 2 to 4 of a verification: whose signature lines these are, and whether they hold (F38, F43).
//!
//! In: a checkpoint with its signature lines, by form alone; a policy.
//! Out: the courts that cosigned and when, or a [`Refusal`].
//! Always: a line of a key that the policy does not know is *cannot tell*, whatever its length.
//! Not for the entry, except its recorded time.

use super::refusal::{Check, Failed, Missing, Refusal, cannot_tell, invalid, plain};
use crate::bytes::limits::COSIGNED_AT_S_MAX;
use crate::entry::Entry;
use crate::log::checkpoint::{Cosignature, CosignedCheckpoint, may_cosign_at};
use crate::log::note::SignatureLine;
use crate::log::policy::Policy;
use std::collections::BTreeSet;

/// Most characters of an unknown key's name that a message shows, because a hostile receipt may hold a very
/// long one.
const NAME_CHARACTERS_SHOWN: usize = 120;

/// Checks 2 to 4 of F38.
pub(super) fn check_signed(signed: &CosignedCheckpoint, held: &Policy) -> Result<Vec<(String, u64)>, Refusal> {
    check_origin_and_keys(signed, held)?;
    check_log_signature(signed, held)?;
    check_cosignatures(signed, held)
}

fn check_origin_and_keys(signed: &CosignedCheckpoint, policy: &Policy) -> Result<(), Refusal> {
    let origin = &signed.checkpoint.origin;
    if origin != policy.origin() {
        let message = format!("a policy of {origin}; the one given is of {}", policy.origin());
        return cannot_tell(Missing::OtherNetwork, message);
    }
    let is_known =
        |line: &SignatureLine| policy.log(&line.name, line.id).is_some() || policy.witness(&line.name, line.id).is_some();
    let Some(line) = std::iter::once(&signed.log).chain(&signed.cosignatures).find(|line| !is_known(line)) else {
        return Ok(());
    };
    let (id, name) = (hex::encode(line.id), line.name.chars().take(NAME_CHARACTERS_SHOWN).collect::<String>());
    let message =
        format!("a policy that knows the key {id} of {name:?}: a later epoch signed this, or the signature line is damaged");
    cannot_tell(Missing::UnknownKey, message)
}

fn check_log_signature(signed: &CosignedCheckpoint, policy: &Policy) -> Result<(), Refusal> {
    let key = policy.log(&signed.log.name, signed.log.id);
    let text = signed.checkpoint.to_text();
    match (key, signed.log.as_log()) {
        (Some(key), Some(signature)) if key.key().verify(text.as_bytes(), &signature) => Ok(()),
        _ => invalid(Check::LogSignature, "the first signature line is no log signature that verifies"),
    }
}

fn check_cosignatures(signed: &CosignedCheckpoint, policy: &Policy) -> Result<Vec<(String, u64)>, Refusal> {
    let lines = &signed.cosignatures;
    let (mut witnesses, mut courts) = (BTreeSet::new(), Vec::new());
    for line in lines {
        let witness = policy.witness(&line.name, line.id);
        let (Some(number), Some((time_s, signature))) = (witness, line.as_cosignature()) else {
            return invalid(Check::Cosignatures, format!("the signature line of {} is no cosignature of a witness", line.name));
        };
        if time_s > COSIGNED_AT_S_MAX {
            return invalid(Check::Cosignatures, format!("the cosignature of {} has a time that cannot be", line.name));
        }
        let key = policy.witnesses()[number].key();
        if !signed.checkpoint.verify_cosignature(&key, &Cosignature { time_s, signature }) {
            return invalid(Check::Cosignatures, format!("the cosignature of {} does not verify", line.name));
        }
        if !witnesses.insert(number) {
            return invalid(Check::Cosignatures, format!("{} has cosigned twice", line.name));
        }
        courts.push((line.name.clone(), time_s));
    }
    if !lines.is_sorted_by(|a, b| a.name < b.name) {
        return invalid(Check::Cosignatures, "the cosignatures are not sorted by name");
    }
    if lines.len() != policy.least() || !policy.is_satisfied_by(&witnesses) {
        let message = format!("{} courts have cosigned, {} are needed", lines.len(), policy.least());
        return invalid(Check::Cosignatures, message);
    }
    Ok(courts)
}

/// Checks that no court signed before the entry was recorded (F43).
pub(super) fn check_times(courts: &[(String, u64)], entry: &Entry) -> Result<(), Refusal> {
    match courts.iter().find(|(_, time_s)| !may_cosign_at(*time_s, entry.recorded_at)) {
        None => Ok(()),
        Some((name, time_s)) => {
            let what = format!("{name} claims to have signed {time_s} s after 1970, before the entry was recorded");
            let found = Some(entry.recorded_at.to_string());
            Err(Refusal::Invalid(Check::Cosignatures, Failed { what: plain(what), found }))
        }
    }
}
