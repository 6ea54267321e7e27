//! The stored records of a block's facts (S1, S4).
//!
//! In: an execution, or the facts of a genesis.
//! Out: keys and payloads.
//! Always: one function gives the records that a block writes and that a check of it must find. First
//! registrations and equivocations have tables of their own, because their first fact stays.
//! Not for reading.

use crate::execute::Execution;
use crate::schema::{self, NewestRecord};
use courtseal_proof::bytes::codec;
use courtseal_proof::facts::{Class, Fact, FileIdentity, Subject};

/// A key and its payload, before the checksum is added.
pub type Payload = (Vec<u8>, Vec<u8>);

/// The records of all facts of a block.
pub fn fact_records(execution: &Execution) -> Vec<Payload> {
    let mut records = Vec::with_capacity(2 * execution.leaves.len());
    for (subject, fact) in execution.facts.sorted() {
        match schema::first_key(subject) {
            Some((_, key)) => records.push((key, codec::encode(&fact.index))),
            None => records.extend(versioned(subject, fact)),
        }
        records.extend(named(subject, fact.index));
    }
    records.extend(execution.repeated.iter().filter_map(|(subject, index)| named(subject, *index)));
    records
}

/// The record that finds the entry at `index` by its file's SHA-256 alone.
fn named(subject: &Subject, index: u64) -> Option<Payload> {
    let file = (subject.class == Class::File).then(|| FileIdentity::from_key(&subject.key)).flatten()?;
    Some((schema::named_key(&file.sha256, index), Vec::new()))
}

/// The records of a fact of which all versions are kept.
pub fn versioned(subject: &Subject, fact: &Fact) -> [Payload; 2] {
    let newest = NewestRecord { index: fact.index, value: fact.value.clone() };
    [(schema::newest_key(subject), codec::encode(&newest)), (schema::version_key(subject, fact.index), fact.value.clone())]
}
