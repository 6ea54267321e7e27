//! The records of facts: what a block's facts are on disk (S1, S4).
//!
//! In: an execution, or the facts of a genesis. Out: keys and payloads. Always: one function gives what a block writes and what a check of
//! it must find. First registrations and equivocations have tables of their own, because their first fact stays. Not for reading.

use crate::execute::Execution;
use crate::schema::{self, FirstRecord, NewestRecord, Table};
use courtseal_proof::codec;
use courtseal_proof::digest::Digest;
use courtseal_proof::facts::{Class, Fact, FileIdentity, Subject};
use courtseal_proof::limits::INTEGER_MAX;

/// A key and what is stored under it, before its checksum.
pub type Payload = (Vec<u8>, Vec<u8>);

/// The records of all facts of a block.
pub fn fact_records(execution: &Execution) -> Vec<Payload> {
    let mut records = Vec::new();
    for (subject, fact) in execution.facts.iter() {
        match subject.class {
            Class::File => {
                let file = FileIdentity::from_key(&subject.key).expect("evidence makes the keys of files");
                // The record of the SHA-256's first entry says its length too.
                let of_sha256 = execution.facts.get(&file.sha256_subject());
                if of_sha256.is_none_or(|first| first.index != fact.index) {
                    records.push((schema::other_length_key(&file), codec::encode(&fact.index)));
                }
            }
            Class::Sha256 => {
                let size_bytes = fact.value[..].try_into().map_or(INTEGER_MAX, u64::from_be_bytes);
                let first = FirstRecord { index: fact.index, size_bytes };
                records.push((Table::First.key(&[&subject.key]), codec::encode(&first)));
            }
            Class::Step | Class::Cosigner => records.push((schema::equivocation_key(subject), codec::encode(&fact.index))),
            Class::Member | Class::Court | Class::Object(_) => records.extend(versioned(subject, fact)),
        }
    }
    let further = execution.repeated.iter().filter(|(subject, _)| subject.class == Class::Sha256);
    records.extend(further.filter_map(|(subject, index)| {
        let sha256 = Digest(subject.key[..].try_into().ok()?);
        Some((schema::further_key(&sha256, *index), Vec::new()))
    }));
    records
}

/// The records of a fact whose versions are all kept.
pub fn versioned(subject: &Subject, fact: &Fact) -> [Payload; 2] {
    let newest = NewestRecord { index: fact.index, value: fact.value.clone() };
    [(schema::newest_key(subject), codec::encode(&newest)), (schema::version_key(subject, fact.index), fact.value.clone())]
}
