//! Blocks of peers, and the texts of transactions taken apart (L1 to L4).
//!
//! In: bytes of a block; a text.
//! Out: whether the block is valid on a ledger; whether the text is a transaction's.
//! Always: what is valid can be committed, recorded and executed again with the same result; what is taken
//! apart are the texts that were signed.
//! Not for consensus.

use crate::network::{BLOCK_TIME, COURTS, Contents, RECORDED, block, empty, recorded};
use crate::target::Target;
use courtseal_fixtures::vectors::texts;
use courtseal_ledger::parts::Parts;
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_ledger::{Ledger, NoCache};
use courtseal_proof::block::{Block, ReadBlock, body_digest};
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::limits::BLOCK_BYTES_MAX;
use courtseal_proof::transaction::Transaction;
use std::sync::{Arc, LazyLock};

/// See the module.
pub const TARGETS: &[Target] = &[
    Target { name: "block-of-peer", length_bytes_max: 8 * 1024, run: judged, seeds: blocks },
    Target { name: "parts", length_bytes_max: 4 * 1024, run: parts, seeds: || texts("transaction.json") },
];

static EMPTY: LazyLock<Ledger> = LazyLock::new(empty);
static LONGER: LazyLock<Ledger> = LazyLock::new(recorded);

fn judged(bytes: &[u8]) -> bool {
    let valid = [&*EMPTY, &*LONGER].map(|ledger| is_valid(ledger, bytes));
    // The same transactions under a header that fits, so that the rules behind it are reached too.
    let fitted = codec::decode::<Block>(bytes, BLOCK_BYTES_MAX).ok().map(|parsed| fit(&EMPTY, parsed));
    let fitted = fitted.is_some_and(|bytes| is_valid(&EMPTY, &bytes));
    valid.contains(&true) || fitted
}

fn fit(ledger: &Ledger, mut parsed: Block) -> Vec<u8> {
    let built = ledger.build(BLOCK_TIME, COURTS[0].vote.public(), Vec::new()).expect("an empty block can be built");
    let (time, proposer) = (parsed.header.time, parsed.header.proposer);
    parsed.header = built.header().clone();
    parsed.header.body = body_digest(&parsed.header.chain, &parsed.transactions);
    if time.0 % 2 == 1 {
        (parsed.header.time, parsed.header.proposer) = (time, proposer);
    }
    parsed.encode()
}

fn is_valid(ledger: &Ledger, bytes: &[u8]) -> bool {
    let Ok(block) = ReadBlock::read(Arc::new(bytes.to_vec())) else { return false };
    let valid = match ledger.validate(&block, &NoCache) {
        Ok(valid) => valid,
        Err(error) => {
            assert!(!error.is_fatal(), "a peer's block stops the node: {error}");
            return false;
        }
    };
    assert_eq!(**valid.read().bytes(), bytes);
    let contents = if ledger.head().height == 0 { empty_contents() } else { RECORDED.0.clone() };
    let store = Arc::new(MemoryStore::with_contents(contents));
    let own = crate::network::open(Arc::clone(&store));
    let committed = own.commit(&block, b"certificate", valid.digest(), &NoCache).expect("a valid block is committed");
    let again = crate::network::open(store);
    assert_eq!(again.head().root, committed.root);
    again.check_block(committed.height).expect("what was committed is executed again with the same result");
    for index in committed.first_index..committed.size {
        assert!(again.entry(index).expect("is readable").is_some());
    }
    true
}

fn empty_contents() -> Contents {
    static CONTENTS: LazyLock<Contents> = LazyLock::new(|| {
        let store = Arc::new(MemoryStore::new());
        crate::network::open(Arc::clone(&store));
        store.contents()
    });
    CONTENTS.clone()
}

fn blocks() -> Vec<Vec<u8>> {
    let bad: Vec<Vec<u8>> = texts("transaction.json");
    let header = |transactions: Vec<Vec<u8>>| {
        let built = EMPTY.build(BLOCK_TIME, COURTS[0].vote.public(), Vec::new()).expect("an empty block can be built");
        fit(&EMPTY, Block { header: built.header().clone(), transactions })
    };
    let mut blocks = vec![block(&EMPTY, 0), block(&LONGER, 1), RECORDED.1.clone(), header(Vec::new())];
    blocks.extend(bad.iter().map(|text| header(vec![text.clone()])));
    blocks.push(header(vec![bad[0].clone(), bad[0].clone()]));
    blocks.retain(|block| block.len() <= 8 * 1024);
    blocks
}

fn parts(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let parts = Parts::find(text);
    if let Some(parts) = &parts {
        let _ =
            (parts.envelope(text), parts.statement(text, 0), parts.statement(text, parts.count()), parts.statement_paths(text));
    }
    let Ok(transaction) = Transaction::from_text(bytes, false) else { return false };
    let parts = parts.expect("a transaction has parts");
    let found: Vec<_> = (0..parts.count()).filter_map(|position| parts.statement(text, position)).collect();
    assert_eq!(found, transaction.statement_texts());
    assert_eq!(parts.envelope(text), Some(transaction.envelope().to_text().as_str()));
    assert_eq!(parts.statement_paths(text), transaction.statement_paths());
    true
}
