//! Canonical JSON: statement, opening, transaction, envelope, entry, genesis, and any (F3, F10 to F28).
//!
//! In: texts.
//! Out: whether each is accepted.
//! Always: what is accepted is written again byte for byte, so one value has one text.
//! Not for receipts.

use crate::target::Target;
use courtseal_fixtures::vectors::texts;
use courtseal_proof::bytes::canonical;
use courtseal_proof::bytes::limits::SYSTEM_ENTRY_BYTES_MAX;
use courtseal_proof::entry::Entry;
use courtseal_proof::genesis::Genesis;
use courtseal_proof::log::policy::Policy;
use courtseal_proof::opening::Opening;
use courtseal_proof::statement::Statement;
use courtseal_proof::transaction::{Envelope, Transaction};

const LENGTH_BYTES_MAX: usize = 8 * 1024;

/// See the module.
pub const TARGETS: &[Target] = &[
    Target { name: "statement", length_bytes_max: 4 * 1024, run: statement, seeds: || texts("statement.json") },
    Target { name: "opening", length_bytes_max: LENGTH_BYTES_MAX, run: opening, seeds: || texts("opening.json") },
    Target { name: "transaction", length_bytes_max: LENGTH_BYTES_MAX, run: transaction, seeds: || texts("transaction.json") },
    Target { name: "client", length_bytes_max: LENGTH_BYTES_MAX, run: client, seeds: clients },
    Target { name: "envelope", length_bytes_max: LENGTH_BYTES_MAX, run: envelope, seeds: envelopes },
    Target { name: "entry", length_bytes_max: LENGTH_BYTES_MAX, run: entry, seeds: || texts("entry.json") },
    Target { name: "genesis", length_bytes_max: LENGTH_BYTES_MAX, run: genesis, seeds: || texts("genesis.json") },
    Target { name: "canonical", length_bytes_max: LENGTH_BYTES_MAX, run: any, seeds: || texts("entry.json") },
];

fn statement(bytes: &[u8]) -> bool {
    let Ok(statement) = Statement::from_text(bytes) else { return false };
    assert_eq!(statement.to_text().as_bytes(), bytes);
    assert_eq!(statement.check(), Ok(()));
    true
}

fn opening(bytes: &[u8]) -> bool {
    let Ok(opening) = Opening::from_text(bytes) else { return false };
    assert_eq!(opening.to_text().as_bytes(), bytes);
    true
}

fn transaction(bytes: &[u8]) -> bool {
    let Ok(transaction) = Transaction::from_text(bytes, true) else {
        // A text that fails only by its signature is still read by a caller that has checked it before.
        // That must not panic either.
        let _ = Transaction::from_text(bytes, false);
        return false;
    };
    assert_eq!(transaction.to_text().as_bytes(), bytes);
    assert_eq!(Transaction::from_client(bytes).as_ref(), Ok(&transaction), "what is canonical is accepted from a client");
    assert_eq!(transaction.statement_paths().len(), transaction.statements().len());
    true
}

fn client(bytes: &[u8]) -> bool {
    let Ok(transaction) = Transaction::from_client(bytes) else { return false };
    let text = transaction.to_text();
    assert_eq!(Transaction::from_text(text.as_bytes(), true), Ok(transaction), "what a client may send has a canonical text");
    true
}

/// The texts of the vectors, and the same spelled as no canonical writer would.
fn clients() -> Vec<Vec<u8>> {
    let mut seeds = texts("transaction.json");
    let spaced = seeds.iter().take(4).map(|text| String::from_utf8_lossy(text).replace(":[", " :\n[").into_bytes());
    let spaced: Vec<_> = spaced.collect();
    let named = seeds
        .iter()
        .take(4)
        .map(|text| String::from_utf8_lossy(text).replace("\"signatures\":[{", "\"signatures\":[{\"keyid\":\"k\",").into_bytes());
    let named: Vec<_> = named.collect();
    seeds.extend(spaced);
    seeds.extend(named);
    seeds
}

fn envelope(bytes: &[u8]) -> bool {
    let Ok(envelope) = Envelope::from_text(bytes) else { return false };
    assert_eq!(envelope.to_text().as_bytes(), bytes);
    let _ = envelope.signature();
    match (envelope.open(true), envelope.open(false)) {
        (Ok(checked), unchecked) => {
            assert_eq!(unchecked, Ok(checked), "a checked signature changes nothing");
            true
        }
        (Err(_), _) => false,
    }
}

fn envelopes() -> Vec<Vec<u8>> {
    let texts = texts("transaction.json");
    let envelope = |text: &Vec<u8>| {
        let text = std::str::from_utf8(text).ok()?.strip_prefix("{\"envelope\":")?;
        Some(text.split(",\"statements\":[").next()?.as_bytes().to_vec())
    };
    texts.iter().filter_map(envelope).collect()
}

fn entry(bytes: &[u8]) -> bool {
    let Ok(entry) = Entry::from_text(bytes) else { return false };
    assert_eq!(entry.to_text().as_bytes(), bytes);
    let is_refused = entry.rule().is_some();
    assert_eq!(entry.as_recorded().is_some(), entry.as_stated().is_some() && !is_refused, "an entry is what it states");
    true
}

fn genesis(bytes: &[u8]) -> bool {
    let Ok(genesis) = Genesis::from_text(bytes) else { return false };
    assert_eq!(genesis.to_text().as_bytes(), bytes);
    let policy = Policy::parse(genesis.policy_text().as_bytes()).expect("the policy of a valid genesis is readable");
    assert!(policy.is_strong(), "and asks for more than two thirds");
    assert_eq!(*policy.origin(), genesis.origin());
    true
}

fn any(bytes: &[u8]) -> bool {
    let Ok(value) = canonical::read_any(bytes, SYSTEM_ENTRY_BYTES_MAX) else { return false };
    assert_eq!(canonical::to_text(&value).as_bytes(), bytes);
    true
}
