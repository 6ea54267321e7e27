//! The network of fixtures without members, and logs that its courts decided.
//!
//! In: how many courts, a court's place, how many blocks.
//! Out: what a real network would have of it.
//! Always: keys are those of `courtseal-fixtures`; certificates and cosignatures are genuine.
//! Not for connections: see `loopback` of the node.

use courtseal_consensus::vote::{CommitCertificate, CourtSignature, Vote, VoteKind};
use courtseal_fixtures::{Network, Plan, secret};
use courtseal_ledger::Ledger;
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::name::CourtName;
use courtseal_proof::genesis::Genesis;
use courtseal_proof::log::policy::quorum_size;
use std::ops::Range;
use std::sync::Arc;

pub use courtseal_proof::genesis::KeyPurpose;

/// A court's key, also of a court that no network here lists.
pub fn key(court: usize, purpose: KeyPurpose) -> SecretKey {
    secret(&format!("net/{}/{}", name(court), purpose.as_str()))
}

/// Name of the court with this number.
pub fn name(court: usize) -> CourtName {
    courtseal_fixtures::name(format!("court-{court:02}"))
}

/// A genesis with so many courts and no members.
pub fn genesis(courts: usize) -> Genesis {
    genesis_of("net", courts)
}

/// A genesis of the network with this name, with so many courts and no members.
pub fn genesis_of(network: &str, courts: usize) -> Genesis {
    Network::new(Plan { name: network, courts, members: &[], ..Plan::default() }).genesis
}

/// A commit certificate that these courts signed for a block.
pub fn certificate(chain: Digest, height: u64, value: Digest, signers: Range<usize>) -> CommitCertificate {
    let signature = |court: usize| {
        let key = key(court, KeyPurpose::Vote);
        let vote = Vote { height, round: 0, kind: VoteKind::Precommit, value: Some(value), court: key.public() };
        CourtSignature { court: key.public(), signature: key.sign(&vote.sign_bytes(&chain)) }
    };
    CommitCertificate { height, round: 0, value, signatures: signers.map(signature).collect() }
}

/// A log of so many empty blocks, each decided by a quorum.
pub fn ledger(genesis: &Genesis, blocks: u64) -> Arc<Ledger> {
    let ledger = Ledger::open(Arc::new(MemoryStore::new()), genesis).unwrap();
    for height in 1..=blocks {
        let block = ledger.build(ledger.head().time.plus_ms(10), key(0, KeyPurpose::Vote).public(), []).unwrap();
        let certificate = certificate(genesis.digest(), height, block.digest(), 0..quorum_size(genesis.courts.len()));
        ledger.import(&[(block.read().clone(), codec::encode(&certificate))]).unwrap();
    }
    Arc::new(ledger)
}
