//! A long log, made in this process: many small blocks, decided by three courts of a network that does not
//! run.
//!
//! In: a network that has never run, and the number of blocks.
//! Out: the same log in the data folders of the first three courts.
//! Always: each block has a commit certificate of these courts, and the newest checkpoint has their
//! cosignatures.
//! Not for the courts' signing logs: none is written.

use courtseal_consensus::vote::{CommitCertificate, CourtSignature, Vote, VoteKind};
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_ledger::{Ledger, VerifiedTransaction};
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::genesis::Genesis;
use courtseal_proof::log::checkpoint::CosignedCheckpoint;
use courtseal_proof::log::note::{SignatureLine, VerifierKey};
use courtseal_rocks::RocksStore;
use courtseal_tests::evidence::{Signer, key, statement};
use courtseal_tests::network::LocalNetwork;
use std::fs;
use std::sync::Arc;

/// Time between two blocks; it is so short that all blocks lie in the past.
const BLOCK_MS: u64 = 1;
/// The number of blocks in one write.
const CHUNK: usize = 1_000;
/// A transaction may be recorded until an hour after its block's time.
const HOUR_MS: u64 = 3_600_000;

/// Writes `blocks` blocks of one transaction each into the data folders of the first three courts. The
/// genesis must be older than the time that these blocks span.
pub fn write(network: &LocalNetwork, blocks: u64) {
    let genesis = Genesis::from_text(&fs::read(&network.listing().genesis).unwrap()).unwrap();
    let notary = Signer::read(&network.notary()).unwrap();
    let key = |at: usize, purpose: &str| key(&network.courts()[at].home.join("court.key"), purpose).unwrap();
    let votes: Vec<SecretKey> = (0..3).map(|at| key(at, "vote")).collect();
    let ledger = Ledger::open(Arc::new(MemoryStore::new()), &genesis).unwrap();
    let mut decided = Vec::new();
    for height in 1..=blocks {
        let time = ledger.head().time.plus_ms(BLOCK_MS);
        let made = notary.sign_until(time.plus_ms(HOUR_MS), vec![statement(&height.to_be_bytes())]).unwrap();
        let checked = VerifiedTransaction::from_text(made.to_text().into_bytes()).unwrap();
        let block = ledger.build(time, votes[0].public(), [Arc::new(checked)]).unwrap();
        let signature = |key: &SecretKey| {
            let vote = Vote { height, round: 0, kind: VoteKind::Precommit, value: Some(block.digest()), court: key.public() };
            CourtSignature { court: key.public(), signature: key.sign(&vote.sign_bytes(&genesis.digest())) }
        };
        let signatures = votes.iter().map(signature).collect();
        let certificate = CommitCertificate { height, round: 0, value: block.digest(), signatures };
        decided.push((block.read().clone(), codec::encode(&certificate)));
        ledger.import(&decided[decided.len() - 1..]).unwrap();
    }
    let checkpoint = ledger.head_checkpoint();
    let cosign = |at: usize| {
        let (key, time_s) = (key(at, "cosigner"), ledger.head().time.0 / 1_000);
        let verifier = VerifierKey::cosigner(&genesis.courts[at].name, key.public());
        SignatureLine::cosignature(&verifier, time_s, &checkpoint.cosign(&key, time_s).signature)
    };
    let cosigned = CosignedCheckpoint {
        log: checkpoint.sign_as_log(&key(0, "log")),
        cosignatures: (0..3).map(cosign).collect(),
        checkpoint: checkpoint.clone(),
    };
    let first = super::data(network, 0);
    let stored = Ledger::open(Arc::new(RocksStore::open(&first.join("ledger")).unwrap()), &genesis).unwrap();
    decided.chunks(CHUNK).for_each(|chunk| drop(stored.import(chunk).unwrap()));
    stored.record_checkpoint(&cosigned).unwrap();
    assert_eq!(stored.head(), ledger.head());
    drop(stored);
    (1..3).for_each(|at| super::copy(&first, &super::data(network, at)));
}
