//! Transactions that must never be recorded. Clients submit them, and liars put them into blocks.
//!
//! In: a network, times, chance.
//! Out: texts that are well formed and break one rule.
//! Always: none has the id of a member's request, so that any that was recorded is found in the log.
//! Not for requests.

use crate::fixtures::Fixtures;
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::name::{Name, Origin};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::statement::{FileDigests, Statement};
use courtseal_proof::transaction::Transaction;
use courtseal_world::Random;

/// The origin of another network, which no court of this one accepts.
pub fn elsewhere() -> Origin {
    Origin::new(Name::new("elsewhere").expect("a name"), Digest([7; 32]))
}

/// One of three transactions that no court may admit: of another network, by a key that is not registered, or
/// with a false signature.
pub fn inadmissible(fixtures: &Fixtures, time: Timestamp, random: &mut Random) -> Vec<u8> {
    match random.below(3) {
        0 => signed(fixtures, &elsewhere(), time.plus_ms(60_000), random),
        1 => {
            let key = SecretKey::from_seed(sha256(&random.bytes(8)).0);
            sign(&fixtures.origin, &fixtures.members[0].name, &key, time.plus_ms(60_000), random).to_text().into_bytes()
        }
        _ => unsigned(fixtures, time, random),
    }
}

/// A transaction that the named member signed.
pub fn signed(fixtures: &Fixtures, origin: &Origin, not_after: Timestamp, random: &mut Random) -> Vec<u8> {
    by_a_member(fixtures, origin, not_after, random).to_text().into_bytes()
}

fn by_a_member(fixtures: &Fixtures, origin: &Origin, not_after: Timestamp, random: &mut Random) -> Transaction {
    let member = &fixtures.notaries()[random.below(fixtures.notaries().len())];
    sign(origin, &member.name, &member.key, not_after, random)
}

fn sign(origin: &Origin, member: &Name, key: &SecretKey, not_after: Timestamp, random: &mut Random) -> Transaction {
    let nonce: [u8; 16] = random.bytes(16).try_into().expect("16 bytes");
    let statement = Statement::public(FileDigests::of_sha256(sha256(&nonce)), 7);
    Transaction::sign(origin, member, key, nonce, not_after, vec![statement]).expect("a well-formed transaction")
}

/// A transaction that the named member never signed.
pub fn unsigned(fixtures: &Fixtures, time: Timestamp, random: &mut Random) -> Vec<u8> {
    let transaction = by_a_member(fixtures, &fixtures.origin, time.plus_ms(60_000), random);
    let mut envelope = transaction.envelope().clone();
    envelope.signatures[0].sig = random.bytes(64);
    let statements: Vec<&Statement> = transaction.statements().iter().collect();
    courtseal_proof::bytes::canonical::to_text(&Forged { envelope, statements }).into_bytes()
}

#[derive(serde::Serialize)]
struct Forged<'a> {
    envelope: courtseal_proof::transaction::Envelope,
    statements: Vec<&'a Statement>,
}
