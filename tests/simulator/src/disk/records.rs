//! What the logs of consensus hold, as a judge of the court reads them.
//!
//! In: frames as they are written and flushed.
//! Out: which signatures have a durable record, and what other courts are on record to have signed.
//! Always: read from the bytes, not from the court's word.
//! Not for starting a court: it reads its logs itself.

use courtseal_consensus::journal::scan;
use courtseal_consensus::vote::SigningStep;
use courtseal_consensus::{GuardRecord, WalRecord};
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::bytes::key::PublicKey;
use std::collections::BTreeMap;

/// The records of one court.
#[derive(Default)]
pub struct Records {
    /// The guard's durable records: digests of the sign bytes, as they are found after a crash.
    guarded: BTreeMap<SigningStep, Digest>,
    /// The newest step of each court on the write-ahead log.
    newest: BTreeMap<PublicKey, SigningStep>,
}

impl Records {
    /// The records in both logs.
    pub fn read(wal: &[u8], guard: &[u8]) -> Self {
        let mut records = Self::default();
        records.note_guarded(guard);
        records.note_logged(wal);
        records
    }

    /// Takes note of frames that were written to the write-ahead log.
    pub fn note_logged(&mut self, frames: &[u8]) {
        let records = scan::<WalRecord>(frames).map(|scan| scan.records).unwrap_or_default();
        for statement in records.iter().filter_map(WalRecord::statement) {
            let newest = self.newest.entry(statement.court()).or_insert(statement.step());
            *newest = statement.step().max(*newest);
        }
    }

    /// Takes note of frames of the guard's log that were flushed.
    pub fn note_guarded(&mut self, frames: &[u8]) {
        for record in scan::<GuardRecord>(frames).map(|scan| scan.records).unwrap_or_default() {
            self.guarded.entry(record.step).or_insert_with(|| sha256(&record.sign_bytes));
        }
    }

    /// The write-ahead log was emptied.
    pub fn forget_logged(&mut self) {
        self.newest.clear();
    }

    /// The guard's log was emptied.
    pub fn forget_guarded(&mut self) {
        self.guarded.clear();
    }

    /// What is missing of the durable record of a signed step.
    pub fn lacks(&self, step: &SigningStep, sign_bytes: &[u8]) -> Option<&'static str> {
        match self.guarded.get(step) {
            None => Some("no record of it is durable"),
            Some(digest) if *digest != sha256(sign_bytes) => Some("the durable record is another"),
            Some(_) => None,
        }
    }

    /// The newest step that has a durable record.
    pub fn newest_guarded(&self) -> Option<SigningStep> {
        self.guarded.last_key_value().map(|(step, _)| *step)
    }

    /// The newest step that a court is on record to have signed.
    pub fn newest_of(&self, court: &PublicKey) -> Option<SigningStep> {
        self.newest.get(court).copied()
    }
}
