//! Transactions that must never be recorded: by clients who try, and in the blocks of courts that lie.
//!
//! In: a network, times, chance. Out: texts that are well formed and break one rule. Always: no id of theirs is one that a member's request has, so that the
//! log's reader finds any that got through. Not for requests.

use crate::given::Given;
use crate::random::Random;
use courtseal_proof::digest::{Digest, sha256};
use courtseal_proof::key::SecretKey;
use courtseal_proof::name::{Name, Origin};
use courtseal_proof::statement::{FileDigests, Statement};
use courtseal_proof::time::Timestamp;
use courtseal_proof::transaction::Transaction;

/// Another network.
pub fn elsewhere() -> Origin {
    Origin::new(Name::new("elsewhere").expect("a name"), Digest([7; 32]))
}

/// One of three that no court may admit, whatever its clock: of another network, by a key that nobody registered, with a false signature.
pub fn inadmissible(given: &Given, time: Timestamp, random: &mut Random) -> Vec<u8> {
    match random.below(3) {
        0 => signed(given, &elsewhere(), time.plus_ms(60_000), random),
        1 => {
            let (name, _) = &given.members[0];
            let key = SecretKey::from_seed(sha256(&random.bytes(8)).0);
            sign(&given.origin, name, &key, time.plus_ms(60_000), random).to_text().into_bytes()
        }
        _ => unsigned(given, time, random),
    }
}

/// A transaction that the named member did sign.
pub fn signed(given: &Given, origin: &Origin, not_after: Timestamp, random: &mut Random) -> Vec<u8> {
    by_a_member(given, origin, not_after, random).to_text().into_bytes()
}

fn by_a_member(given: &Given, origin: &Origin, not_after: Timestamp, random: &mut Random) -> Transaction {
    let (member, key) = &given.members[random.below(given.members.len())];
    sign(origin, member, key, not_after, random)
}

fn sign(origin: &Origin, member: &Name, key: &SecretKey, not_after: Timestamp, random: &mut Random) -> Transaction {
    let nonce: [u8; 16] = random.bytes(16).try_into().expect("16 bytes");
    let statement = Statement::public(FileDigests::of_sha256(sha256(&nonce)), 7);
    Transaction::sign(origin, member, key, nonce, not_after, vec![statement]).expect("a well-formed transaction")
}

/// A transaction that the named member never signed.
pub fn unsigned(given: &Given, time: Timestamp, random: &mut Random) -> Vec<u8> {
    let transaction = by_a_member(given, &given.origin, time.plus_ms(60_000), random);
    let mut envelope = transaction.envelope().clone();
    envelope.signatures[0].sig = random.bytes(64);
    let statements: Vec<&Statement> = transaction.statements().iter().collect();
    courtseal_proof::canonical::to_text(&Forged { envelope, statements }).into_bytes()
}

#[derive(serde::Serialize)]
struct Forged<'a> {
    envelope: courtseal_proof::transaction::Envelope,
    statements: Vec<&'a Statement>,
}
