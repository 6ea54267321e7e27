//! The signing guard: the only holder of the voting key, and why no court signs one step twice.
//!
//! In: what is to be signed, and the records of earlier runs.
//! Out: signatures, each with a record that must be durable before the signature leaves the process. Always
//! (rules C10 to C13): one step has one content. Steps only go forward. Equal sign bytes get the stored
//! signature. A conflict makes the court an observer of that height.
//! Not for deciding what to vote: that is the core's. Not for when a court may sign again after a restart:
//! see [`crate::signing`].

use crate::signing::Signing;
use crate::vote::{SignedStep, SigningStep};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::{PublicKey, SecretKey, Signature};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Most records kept, newest first; a step below the oldest of them is never signed again.
pub const GUARD_RECORDS_MAX: usize = 256;

/// What was signed in one step. The guard's log is a sequence of these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardRecord {
    /// The step that was signed.
    pub step: SigningStep,
    /// The bytes signed, see [`crate::sign_bytes`].
    pub sign_bytes: Vec<u8>,
    /// The signature over them.
    pub signature: Signature,
}

/// Why the guard signs nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The step was signed with other content, or a later step was signed already.
    Conflict,
    /// A statement of an earlier run for a step that is too old to be on record. No court needs it any more.
    Past,
    /// Nothing is signed at this height: [`Signing::silence`] says why.
    Silent,
    /// This node holds no voting key.
    NoKey,
}

/// Key, records, and whether the key may sign.
pub(crate) struct Guard {
    key: Option<SecretKey>,
    public: PublicKey,
    chain: Digest,
    records: BTreeMap<SigningStep, (Vec<u8>, Signature)>,
    /// Whether anything may be signed.
    signing: Signing,
    fresh: Vec<GuardRecord>,
}

impl Guard {
    /// A guard with the records of earlier runs, in any order. For one step the first record counts.
    pub(crate) fn new(key: Option<SecretKey>, chain: Digest, records: Vec<GuardRecord>) -> Self {
        let public = key.as_ref().map_or(PublicKey::default(), SecretKey::public);
        let signing = Signing::new(key.is_some());
        let mut guard = Self { key, public, chain, records: BTreeMap::new(), signing, fresh: Vec::new() };
        for record in records {
            guard.records.entry(record.step).or_insert((record.sign_bytes, record.signature));
        }
        guard.shrink();
        guard
    }

    /// The voting key's public half; all zero for an observer.
    pub(crate) fn public(&self) -> PublicKey {
        self.public
    }

    /// Whether there is a key to sign with.
    pub(crate) fn has_key(&self) -> bool {
        self.key.is_some()
    }

    /// The newest step that was ever signed; it never goes back.
    pub(crate) fn newest(&self) -> Option<SigningStep> {
        self.records.last_key_value().map(|(step, _)| *step)
    }

    /// Whether the key may sign.
    pub(crate) fn signing(&self) -> &Signing {
        &self.signing
    }

    /// The same, to change it.
    pub(crate) fn signing_mut(&mut self) -> &mut Signing {
        &mut self.signing
    }

    /// Signs `sign_bytes` for a step, or gives back the signature made for equal bytes.
    pub(crate) fn sign(&mut self, step: SigningStep, sign_bytes: Vec<u8>) -> Result<Signature, Refusal> {
        let Some(key) = &self.key else { return Err(Refusal::NoKey) };
        if !self.signing.may_sign(step.height) {
            return Err(Refusal::Silent);
        }
        if let Some((stored, signature)) = self.records.get(&step) {
            return if *stored == sign_bytes { Ok(*signature) } else { Err(Refusal::Conflict) };
        }
        if self.newest().is_some_and(|newest| step < newest) {
            return Err(Refusal::Conflict);
        }
        let signature = key.sign(&sign_bytes);
        self.record(step, sign_bytes, signature);
        Ok(signature)
    }

    /// Decides whether a signed statement of this court may leave. It may if it is on record. It may too if
    /// the write-ahead log brought it back after a crash between the two flushes; then it gets its record.
    pub(crate) fn admit(&mut self, statement: &SignedStep) -> Result<(), Refusal> {
        let step = statement.step();
        if self.key.is_none() {
            return Err(Refusal::NoKey);
        }
        if !self.signing.may_sign(step.height) {
            return Err(Refusal::Silent);
        }
        let sign_bytes = statement.sign_bytes(&self.chain);
        match self.records.get(&step) {
            Some((stored, signature)) if *stored == sign_bytes && signature == statement.signature() => Ok(()),
            Some(_) => Err(Refusal::Conflict),
            None if self.newest().is_some_and(|newest| step < newest) => Err(Refusal::Past),
            None if !self.public.verify(&sign_bytes, statement.signature()) => Err(Refusal::Conflict),
            None => {
                self.record(step, sign_bytes, *statement.signature());
                Ok(())
            }
        }
    }

    /// Records a statement of an earlier run, from the write-ahead log or shown by a peer, whose signature is
    /// good. The court may observe its height. The record is flushed with the next step, so that a restart
    /// knows of it too. False if another statement is on record for that step.
    pub(crate) fn adopt(&mut self, statement: &SignedStep) -> bool {
        let (step, sign_bytes) = (statement.step(), statement.sign_bytes(&self.chain));
        match self.records.get(&step) {
            Some((stored, _)) => *stored == sign_bytes,
            // Older than all that is kept: it is never signed again anyway.
            None if self.records.len() == GUARD_RECORDS_MAX
                && self.records.first_key_value().is_some_and(|(oldest, _)| step < *oldest) =>
            {
                true
            }
            None => {
                self.record(step, sign_bytes, *statement.signature());
                true
            }
        }
    }

    /// The record of a step, if it is kept.
    pub(crate) fn recorded(&self, step: &SigningStep) -> Option<&[u8]> {
        self.records.get(step).map(|(sign_bytes, _)| sign_bytes.as_slice())
    }

    /// Records made since the last call: to be flushed before their signatures leave.
    pub(crate) fn take_fresh(&mut self) -> Vec<GuardRecord> {
        std::mem::take(&mut self.fresh)
    }

    /// All records kept, oldest first: what a compacted log must hold.
    pub(crate) fn window(&self) -> Vec<GuardRecord> {
        self.records
            .iter()
            .map(|(step, (sign_bytes, signature))| GuardRecord {
                step: *step,
                sign_bytes: sign_bytes.clone(),
                signature: *signature,
            })
            .collect()
    }

    fn record(&mut self, step: SigningStep, sign_bytes: Vec<u8>, signature: Signature) {
        self.fresh.push(GuardRecord { step, sign_bytes: sign_bytes.clone(), signature });
        self.records.insert(step, (sign_bytes, signature));
        self.shrink();
    }

    fn shrink(&mut self) {
        while self.records.len() > GUARD_RECORDS_MAX {
            self.records.pop_first();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vote::StepKind;
    use proptest::prelude::*;

    fn guard() -> Guard {
        Guard::new(Some(SecretKey::from_seed([1; 32])), Digest([9; 32]), Vec::new())
    }

    fn step(height: u64, round: u32, kind: StepKind) -> SigningStep {
        SigningStep { height, round, kind }
    }

    #[test]
    fn c10_equal_sign_bytes_get_the_stored_signature_and_no_second_record() {
        let mut guard = guard();
        let first = guard.sign(step(1, 0, StepKind::Prevote), vec![1]).unwrap();
        assert_eq!(guard.take_fresh().len(), 1);
        assert_eq!(guard.sign(step(1, 0, StepKind::Prevote), vec![1]), Ok(first));
        assert!(guard.take_fresh().is_empty());
    }

    #[test]
    fn c10_refuses_a_conflict_also_after_a_restart() {
        let mut before = guard();
        before.sign(step(1, 0, StepKind::Prevote), vec![1]).unwrap();
        let mut after = Guard::new(Some(SecretKey::from_seed([1; 32])), Digest([9; 32]), before.take_fresh());
        for guard in [&mut before, &mut after] {
            assert_eq!(guard.sign(step(1, 0, StepKind::Prevote), vec![2]), Err(Refusal::Conflict));
            assert!(guard.take_fresh().is_empty());
        }
    }

    #[test]
    fn c11_never_signs_an_earlier_step() {
        let mut guard = guard();
        guard.sign(step(5, 2, StepKind::Prevote), vec![1]).unwrap();
        for earlier in [step(5, 2, StepKind::Proposal), step(5, 1, StepKind::Precommit), step(4, 9, StepKind::Precommit)] {
            assert_eq!(guard.sign(earlier, vec![1]), Err(Refusal::Conflict));
        }
        assert!(guard.sign(step(5, 2, StepKind::Precommit), vec![1]).is_ok());
    }

    #[test]
    fn c12_the_window_is_bounded_and_what_fell_out_is_refused() {
        let mut guard = guard();
        for round in 0..=GUARD_RECORDS_MAX as u32 {
            guard.sign(step(1, round, StepKind::Prevote), vec![1]).unwrap();
        }
        assert_eq!(guard.window().len(), GUARD_RECORDS_MAX);
        assert_eq!(guard.sign(step(1, 0, StepKind::Prevote), vec![1]), Err(Refusal::Conflict));
        assert_eq!(guard.newest(), Some(step(1, GUARD_RECORDS_MAX as u32, StepKind::Prevote)));
    }

    #[test]
    fn c13_an_observed_height_is_not_signed() {
        let mut guard = guard();
        guard.signing_mut().observe(3, "seen elsewhere");
        assert_eq!(guard.sign(step(3, 0, StepKind::Prevote), vec![1]), Err(Refusal::Silent));
        assert!(guard.sign(step(4, 0, StepKind::Prevote), vec![1]).is_ok());
    }

    proptest! {
        #[test]
        fn c10_to_c13_no_step_is_signed_twice_and_none_after_a_later_one(
            asked in proptest::collection::vec((1u64..4, 0u32..3, 0usize..3, any::<u8>(), 0u8..8), 1..60),
        ) {
            let kinds = [StepKind::Proposal, StepKind::Prevote, StepKind::Precommit];
            let (mut guard, mut disk, mut signed) = (guard(), Vec::new(), BTreeMap::new());
            for (height, round, kind, byte, happens) in asked {
                if happens == 0 {
                    // A crash: only what is on disk is known afterwards.
                    guard = Guard::new(Some(SecretKey::from_seed([1; 32])), Digest([9; 32]), disk.clone());
                }
                let (step, sign_bytes) = (step(height, round, kinds[kind]), vec![byte % 2]);
                let (newest, is_known) = (signed.last_key_value().map(|(step, _)| *step), signed.contains_key(&step));
                match guard.sign(step, sign_bytes.clone()) {
                    Ok(_) => {
                        let first = signed.entry(step).or_insert_with(|| sign_bytes.clone());
                        prop_assert_eq!(&*first, &sign_bytes);
                        prop_assert!(is_known || newest.is_none_or(|newest| newest < step), "after a later step");
                    }
                    Err(refusal) => prop_assert_eq!(refusal, Refusal::Conflict),
                }
                disk.extend(guard.take_fresh());
                prop_assert_eq!(disk.len(), signed.len(), "one record a step");
            }
        }
    }
}
