//! Ledgers of the network of the vectors, with a few entries.
//!
//! In: `specs/vectors`.
//! Out: keys, blocks, ledgers in memory, a cosigned checkpoint.
//! Always: the same on every call.
//! Not for keys: `courtseal-fixtures` makes them.

use courtseal_consensus::vote::{CommitCertificate, CourtSignature, Vote, VoteKind};
use courtseal_court::keys::CourtKeys;
use courtseal_fixtures::{CourtSecrets, Network, vectors};
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_ledger::{Ledger, NoCache, VerifiedTransaction};
use courtseal_proof::block::ReadBlock;
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::genesis::Genesis;
use courtseal_proof::log::checkpoint::CosignedCheckpoint;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// A time at which the transactions of the vectors may be recorded.
pub use courtseal_fixtures::log::BLOCK_TIME;

/// The network of the vectors, with its secret keys.
pub static NETWORK: LazyLock<Network> = LazyLock::new(|| Network::of_vectors("cn-courts", 4));

/// The genesis of that network.
pub static GENESIS: LazyLock<Genesis> = LazyLock::new(|| NETWORK.genesis.clone());

/// The valid transactions of the vectors.
pub static TRANSACTIONS: LazyLock<Vec<Arc<VerifiedTransaction>>> = LazyLock::new(|| {
    let texts = vectors::texts("transaction.json");
    texts.into_iter().filter_map(|text| VerifiedTransaction::from_text(text).ok()).map(Arc::new).collect()
});

/// All that a store holds.
pub type Contents = BTreeMap<Vec<u8>, Vec<u8>>;

/// What a store holds after one block with all [`TRANSACTIONS`], and that block.
pub static RECORDED: LazyLock<(Contents, Vec<u8>)> = LazyLock::new(|| {
    let store = Arc::new(MemoryStore::new());
    let ledger = open(Arc::clone(&store));
    let block = built(&ledger, 0);
    let digest = block.digest();
    ledger.commit(&block, &codec::encode(&certificate(1, digest)), digest, &NoCache).expect("a valid block is committed");
    ledger.record_checkpoint(&cosigned(&ledger)).expect("its checkpoint is kept");
    (store.contents(), block.into_bytes())
});

/// The four keys of a court.
pub fn court_keys(court: usize) -> CourtKeys {
    let CourtSecrets { name, cosigner, log, network, vote } = NETWORK.courts[court].clone();
    CourtKeys { name, origin: NETWORK.origin.clone(), vote, log, cosigner, network }
}

/// The keys of all courts.
pub static COURTS: LazyLock<Vec<CourtKeys>> = LazyLock::new(|| (0..NETWORK.courts.len()).map(court_keys).collect());

/// A ledger on this store.
///
/// # Panics
/// If the store holds something else than such a ledger.
pub fn open(store: Arc<MemoryStore>) -> Ledger {
    Ledger::open(store, &GENESIS).expect("a sound store opens")
}

/// An empty ledger.
pub fn empty() -> Ledger {
    open(Arc::new(MemoryStore::new()))
}

/// A ledger with one block.
pub fn recorded() -> Ledger {
    open(Arc::new(MemoryStore::with_contents(RECORDED.0.clone())))
}

/// A block of this court with all transactions of the vectors that may follow the ledger's head.
///
/// # Panics
/// Never, on a sound ledger.
pub fn block(ledger: &Ledger, proposer: usize) -> Vec<u8> {
    built(ledger, proposer).into_bytes()
}

fn built(ledger: &Ledger, proposer: usize) -> ReadBlock {
    let time = Timestamp(BLOCK_TIME.0 + ledger.head().height);
    let built = ledger.build(time, COURTS[proposer].vote.public(), TRANSACTIONS.iter().cloned());
    built.expect("a sound ledger builds").read().clone()
}

/// The precommits of all courts for a value in round 0.
pub fn certificate(height: u64, value: Digest) -> CommitCertificate {
    let sign = |keys: &CourtKeys| {
        let court = keys.vote.public();
        let vote = Vote { height, round: 0, kind: VoteKind::Precommit, value: Some(value), court };
        CourtSignature { court, signature: keys.vote.sign(&vote.sign_bytes(&GENESIS.digest())) }
    };
    CommitCertificate { height, round: 0, value, signatures: COURTS.iter().map(sign).collect() }
}

/// The ledger's head, signed by the first court as the log and cosigned by a quorum.
pub fn cosigned(ledger: &Ledger) -> CosignedCheckpoint {
    NETWORK.cosigned(ledger.head_checkpoint(), BLOCK_TIME.0 / 1_000 + 1, 0)
}
