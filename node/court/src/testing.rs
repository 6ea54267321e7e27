//! A network for tests: keys, a genesis, logs that the courts decided.
//!
//! In: how many courts, a court's place, how many blocks. Out: what a real network would have of it. Always:
//! all keys come from seeds; certificates and cosignatures are genuine. Not for connections: see
//! [`crate::network::loopback`].

use courtseal_consensus::vote::{CommitCertificate, CourtSignature, Vote, VoteKind};
use courtseal_ledger::Ledger;
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_proof::codec;
use courtseal_proof::digest::Digest;
use courtseal_proof::genesis::{Court, CourtProof, Genesis, KeyPurpose, Parameters, prove_possession};
use courtseal_proof::key::SecretKey;
use courtseal_proof::name::{CourtName, Name};
use courtseal_proof::policy::quorum_size;
use courtseal_proof::time::Timestamp;
use std::ops::Range;
use std::sync::Arc;

/// The time of the genesis.
pub const GENESIS_TIME: Timestamp = Timestamp(1_795_453_200_000);

/// A court's key: 0 cosigner, 1 log, 2 network, 3 vote.
pub fn key(court: usize, purpose: u8) -> SecretKey {
    SecretKey::from_seed([10 + 4 * court as u8 + purpose; 32])
}

/// A court's name.
pub fn name(court: usize) -> CourtName {
    CourtName::new(format!("court-{court}")).unwrap()
}

/// So many courts and no members.
pub fn genesis(courts: usize) -> Genesis {
    genesis_of("net", courts)
}

/// The same, of the network with this name.
pub fn genesis_of(network: &str, courts: usize) -> Genesis {
    let network = Name::new(network).unwrap();
    let court = |court: usize| {
        let name = Name::new(format!("court-{court}")).unwrap();
        let purposes = [KeyPurpose::Cosigner, KeyPurpose::Log, KeyPurpose::Network, KeyPurpose::Vote];
        let keys = [0, 1, 2, 3].map(|purpose| key(court, purpose));
        let proof = |n: usize| prove_possession(purposes[n], &network, &name, &keys[n]);
        Court {
            address: format!("/ip4/127.0.0.1/tcp/{}", 8610 + court),
            cosigner: keys[0].public(),
            log: keys[1].public(),
            network: keys[2].public(),
            proof: CourtProof { cosigner: proof(0), log: proof(1), network: proof(2), vote: proof(3) },
            vote: keys[3].public(),
            name,
        }
    };
    let genesis = Genesis {
        courts: (0..courts).map(court).collect(),
        members: Vec::new(),
        name: network.clone(),
        parameters: Parameters { heartbeat_ms: 60_000 },
        protocol: courtseal_proof::genesis::PROTOCOL,
        time: GENESIS_TIME,
        v: 1,
    };
    genesis.check().unwrap();
    genesis
}

/// What these courts sign for a block.
pub fn certificate(chain: Digest, height: u64, value: Digest, signers: Range<usize>) -> CommitCertificate {
    let signature = |court: usize| {
        let key = key(court, 3);
        let vote = Vote { height, round: 0, kind: VoteKind::Precommit, value: Some(value), court: key.public() };
        CourtSignature { court: key.public(), signature: key.sign(&vote.preimage(&chain)) }
    };
    CommitCertificate { height, round: 0, value, signatures: signers.map(signature).collect() }
}

/// A log of so many empty blocks, each decided by a quorum.
pub fn ledger(genesis: &Genesis, blocks: u64) -> Arc<Ledger> {
    let ledger = Ledger::open(Arc::new(MemoryStore::new()), genesis).unwrap();
    for height in 1..=blocks {
        let block = ledger.build(ledger.head().time.plus_ms(10), key(0, 3).public(), []).unwrap();
        let certificate = certificate(genesis.digest(), height, block.digest(), 0..quorum_size(genesis.courts.len()));
        ledger.import(&[(block.encode(), codec::encode(&certificate))]).unwrap();
    }
    Arc::new(ledger)
}
