//! The network of four courts from the vectors, with its secret keys, and a ledger of it with a few entries.
//!
//! In: `specs/vectors`.
//! Out: keys, blocks, ledgers in memory, a cosigned checkpoint.
//! Always: the same on every call; the seeds of the keys are those that made the vectors.
//! Not for real keys.

use crate::vectors;
use courtseal_consensus::vote::{CommitCertificate, CourtSignature, Vote, VoteKind};
use courtseal_court::keys::CourtKeys;
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_ledger::{Checked, Ledger, NothingSeen};
use courtseal_proof::checkpoint::CosignedCheckpoint;
use courtseal_proof::codec;
use courtseal_proof::digest::{Digest, sha256};
use courtseal_proof::genesis::Genesis;
use courtseal_proof::key::SecretKey;
use courtseal_proof::note::{SignatureLine, VerifierKey};
use courtseal_proof::policy::quorum_size;
use courtseal_proof::time::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// A time at which the transactions of the vectors may be recorded.
pub const BLOCK_TIME: Timestamp = Timestamp(1_795_453_200_123);

/// The genesis of the vectors' network.
pub static GENESIS: LazyLock<Genesis> = LazyLock::new(|| {
    let texts = vectors::texts("genesis.json");
    Genesis::from_text(&texts[0]).expect("the first genesis of the vectors is valid")
});

/// The valid transactions of the vectors.
pub static TRANSACTIONS: LazyLock<Vec<Arc<Checked>>> = LazyLock::new(|| {
    let texts = vectors::texts("transaction.json");
    texts.into_iter().filter_map(|text| Checked::from_text(text).ok()).map(Arc::new).collect()
});

/// All that a store holds.
pub type Contents = BTreeMap<Vec<u8>, Vec<u8>>;

/// What a store holds after one block with all [`TRANSACTIONS`], and that block.
pub static RECORDED: LazyLock<(Contents, Vec<u8>)> = LazyLock::new(|| {
    let store = Arc::new(MemoryStore::new());
    let ledger = open(Arc::clone(&store));
    let block = block(&ledger, 0);
    let digest = courtseal_proof::block::Block::decode(&block).expect("just built").header.digest();
    ledger.commit(&block, &codec::encode(&certificate(1, digest)), digest, &NothingSeen).expect("a valid block is committed");
    ledger.record_checkpoint(&cosigned(&ledger)).expect("its checkpoint is kept");
    (store.contents(), block)
});

/// The four keys of a court.
pub fn court_keys(court: usize) -> CourtKeys {
    let name = GENESIS.courts[court].name.clone();
    let key = |purpose: &str| SecretKey::from_seed(sha256(format!("{}/{name}/{purpose}", GENESIS.name).as_bytes()).0);
    CourtKeys {
        origin: GENESIS.origin(),
        vote: key("vote"),
        log: key("log"),
        cosigner: key("cosigner"),
        network: key("network"),
        name,
    }
}

/// The keys of all courts.
pub static COURTS: LazyLock<Vec<CourtKeys>> = LazyLock::new(|| (0..GENESIS.courts.len()).map(court_keys).collect());

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
    let time = Timestamp(BLOCK_TIME.0 + ledger.head().height);
    let built = ledger.build(time, COURTS[proposer].vote.public(), TRANSACTIONS.iter().cloned());
    built.expect("a sound ledger builds").encode()
}

/// The precommits of all courts for a value in round 0.
pub fn certificate(height: u64, value: Digest) -> CommitCertificate {
    let sign = |keys: &CourtKeys| {
        let court = keys.vote.public();
        let vote = Vote { height, round: 0, kind: VoteKind::Precommit, value: Some(value), court };
        CourtSignature { court, signature: keys.vote.sign(&vote.preimage(&GENESIS.digest())) }
    };
    CommitCertificate { height, round: 0, value, signatures: COURTS.iter().map(sign).collect() }
}

/// The ledger's head, signed by the first court as the log and cosigned by a quorum.
pub fn cosigned(ledger: &Ledger) -> CosignedCheckpoint {
    let checkpoint = ledger.head_checkpoint();
    let line = |keys: &CourtKeys| {
        let time_s = BLOCK_TIME.0 / 1_000 + 1;
        let verifier = VerifierKey::cosigner(&keys.name, keys.cosigner.public());
        SignatureLine::cosignature(&verifier, time_s, &checkpoint.cosign(&keys.cosigner, time_s).signature)
    };
    CosignedCheckpoint {
        log: checkpoint.sign_as_log(&COURTS[0].log),
        cosignatures: COURTS.iter().take(quorum_size(COURTS.len())).map(line).collect(),
        checkpoint,
    }
}
