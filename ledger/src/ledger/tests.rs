//! The ledger as a whole: commit, reopening, damage, reading, receipts.
//!
//! In: blocks of the fixtures' network, on the store in memory.
//! Out: failures that name what differs.
//! Not for the rules one by one: see the tests of `validate` and `execute`.

mod bounds;

use super::*;
use crate::error::Invalid;
use crate::schema::outcomes::{Detail, OutcomesRecord};
use crate::schema::{self, Table};
use crate::store::Batch;
use crate::store::memory::MemoryStore;
use crate::testing::{LAWYER, NOTARY, Network, file, member_key, public, public_of_length};
use crate::verified_transaction::NoCache;
use courtseal_proof::block::{BlockError, Header};
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::limits::BODY_TRANSACTIONS_MAX;
use courtseal_proof::entry::{Content, Entry};
use courtseal_proof::facts::{FileIdentity, Subject};
use courtseal_proof::log::merkle;
use courtseal_proof::statement::Statement;
use courtseal_proof::verify::{HeldPolicy, verify_receipt};
use std::collections::BTreeMap;

fn grow(network: &Network, ledger: &Ledger) -> Vec<Committed> {
    let many = |from: u64, to: u64| -> Vec<Statement> { (from..to).map(public).collect() };
    vec![
        network.commit(ledger, &[network.transaction(NOTARY, 1, vec![public(1)])]),
        network.commit(ledger, &[]),
        network.commit(ledger, &[network.transaction(NOTARY, 2, many(0, 400)), network.transaction(LAWYER, 3, many(500, 503))]),
        network
            .commit(ledger, &[network.transaction(NOTARY, 4, many(399, 402)), network.transaction(NOTARY, 5, vec![public(1)])]),
    ]
}

#[test]
fn f27_genesis_is_height_0_with_three_entries() {
    let network = Network::new(4);
    let ledger = network.ledger();
    let head = ledger.head();
    assert_eq!((head.height, head.size, head.digest, head.time), (0, 3, network.genesis.digest(), network.genesis.time));
    let expected = Entry::genesis(&network.genesis).map(|entry| entry.to_text());
    assert_eq!(ledger.entries(0, 10, usize::MAX).unwrap(), expected);
    assert_eq!(ledger.block(0), Ok(None));
    assert_eq!(ledger.block(1), Ok(None));
    assert_eq!(ledger.entry(3), Ok(None));
}

/// The tree of L10 with its tiles and paths is that of the entries' texts.
#[test]
fn l10_entries_tree_and_indices_agree() {
    let network = Network::new(4);
    let ledger = network.ledger();
    let committed = grow(&network, &ledger);
    let head = ledger.head();
    // Each block has the entries of its statements and one that ends it.
    assert_eq!((head.height, head.size), (4, 3 + 2 + 1 + 404 + 5));
    let texts = ledger.entries(0, 4_096, usize::MAX).unwrap();
    assert_eq!(texts.len() as u64, head.size);
    let leaves: Vec<_> = texts.iter().map(|text| merkle::leaf_hash(text.as_bytes())).collect();
    for block in &committed {
        let last = Entry::from_text(texts[block.size as usize - 1].as_bytes()).unwrap();
        assert!(matches!(last.content, Content::State(_)) && last.height == block.height, "{last:?}");
        assert_eq!(ledger.root_at(block.size).unwrap(), block.root);
        assert_eq!(merkle::root(&leaves[..block.size as usize]), block.root);
        for (id, range) in &block.transactions {
            let recorded = ledger.transaction(id).unwrap().unwrap();
            assert_eq!((recorded.first_index, recorded.count), (range.start, range.end - range.start));
            assert_eq!((recorded.height, recorded.time), (block.height, block.time));
            for index in range.clone() {
                let entry = Entry::from_text(texts[index as usize].as_bytes()).unwrap();
                assert_eq!((entry.index, entry.height), (index, block.height));
                assert_eq!(entry.as_stated().unwrap().transaction, *id);
            }
        }
    }
    // Public statement entries by file, found by reading them all.
    let mut by_file: BTreeMap<Digest, Vec<u64>> = BTreeMap::new();
    for text in &texts {
        let entry = Entry::from_text(text.as_bytes()).unwrap();
        let file = entry.as_recorded().and_then(|stated| stated.statement.as_evidence()?.identity());
        if let Some(file) = file {
            let seen = by_file.entry(file.sha256).or_default();
            let outcome = entry.outcome();
            assert_eq!(
                (outcome.first(), outcome.earlier()),
                (Some(seen.is_empty()), seen.first().copied()),
                "entry {}",
                entry.index
            );
            seen.push(entry.index);
        }
    }
    for n in 0..503 {
        let expected = by_file.get(&file(n)).cloned().unwrap_or_default();
        assert_eq!(ledger.entries_by_digest(&file(n), 0, 1_000).unwrap(), expected, "file {n}");
    }
    let of_1 = &by_file[&file(1)];
    assert_eq!(of_1.len(), 3);
    assert_eq!(ledger.entries_by_digest(&file(1), of_1[1], 1).unwrap(), of_1[1..2]);
    assert_eq!(ledger.entries_by_digest(&file(1), 0, 2).unwrap(), of_1[..2]);
    assert_eq!(ledger.tile_bytes(0, 0, 256).unwrap().unwrap(), leaves[..256].iter().flat_map(|leaf| leaf.0).collect::<Vec<_>>());
    assert!(ledger.tile_bytes(0, 1, 415 - 256).unwrap().is_some() && ledger.tile_bytes(1, 0, 1).unwrap().is_some());
    for (level, index, width) in [(0, 1, 415 - 255), (1, 0, 2), (2, 0, 1), (0, 0, 0), (0, 0, 257), (9, 0, 1), (0, u64::MAX, 1)] {
        assert_eq!(ledger.tile_bytes(level, index, width), Ok(None));
    }
    let old = committed[0].size;
    let path = ledger.consistency_path(old, head.size).unwrap();
    assert!(merkle::verify_consistency(old, head.size, &committed[0].root, &head.root, &path));
}

/// The log's answers about one digest under several lengths over blocks: L8, and the list by SHA-256 alone.
#[test]
fn l8_first_is_judged_by_digest_and_length_over_blocks() {
    let network = Network::new(1);
    let store = Arc::new(MemoryStore::new());
    let ledger = network.ledger_on(store.clone());
    // Entries 3 and 4, 6, 8 to 10, 12 and 13, because a state entry ends each block. At the end the blocks
    // are imported as one batch.
    let blocks = [
        vec![public_of_length(1, 7), public(2)],
        vec![public(1)],
        vec![public_of_length(1, 7), public(1), public_of_length(1, 8)],
        vec![public_of_length(1, 8), public_of_length(2, 7)],
    ];
    for (nonce, statements) in blocks.into_iter().enumerate() {
        network.commit(&ledger, &[network.transaction(NOTARY, nonce as u64, statements)]);
    }
    let first = |ledger: &Ledger, index| {
        let outcome = Entry::from_text(ledger.entry(index).unwrap().unwrap().as_bytes()).unwrap().outcome();
        (outcome.first().unwrap(), outcome.earlier())
    };
    let (new, after) = ((true, None), |index| (false, Some(index)));
    let expected = [new, new, new, after(3), after(6), new, after(10), new];
    assert_eq!([3, 4, 6, 8, 9, 10, 12, 13].map(|index| first(&ledger, index)), expected);
    assert_eq!(ledger.entries_by_digest(&file(1), 0, 100).unwrap(), [3, 6, 8, 9, 10, 12]);
    assert_eq!(ledger.entries_by_digest(&file(1), 5, 2).unwrap(), [6, 8]);
    assert_eq!(ledger.entries_by_digest(&file(2), 0, 100).unwrap(), [4, 13]);

    // Each block is executed again on the log before it, and imported into one batch with others.
    let reopened = network.ledger_on(store);
    (1..=4).for_each(|height| drop(reopened.check_block(height).unwrap()));
    let imported = network.ledger();
    let all: Vec<_> = (1..=4).map(|height| ledger.block(height).unwrap().unwrap()).collect();
    imported.import(&all[..1]).unwrap();
    imported.import(&all).unwrap();
    assert_eq!(imported.head(), ledger.head());
    imported.scrub(&mut |_| {}).unwrap();
}

#[test]
fn reads_are_bounded() {
    let network = Network::new(1);
    let ledger = network.ledger();
    grow(&network, &ledger);
    assert_eq!(ledger.entries(5, 3, usize::MAX).unwrap().len(), 3);
    assert_eq!(ledger.entries(5, 0, usize::MAX).unwrap().len(), 0);
    assert_eq!(ledger.entries(5, 100, 0).unwrap().len(), 1);
    assert_eq!(ledger.entries(414, 100, usize::MAX).unwrap().len(), 1);
    assert_eq!(ledger.entries(415, 100, usize::MAX).unwrap().len(), 0);
    assert_eq!(ledger.entries(u64::MAX, 100, usize::MAX).unwrap().len(), 0);
}

#[test]
fn blocks_come_back_byte_for_byte() {
    let network = Network::new(1);
    let ledger = network.ledger();
    let block = network.block(&ledger, &[network.transaction(NOTARY, 1, (0..9).map(public).collect())]);
    ledger.commit(block.read(), b"one certificate", block.digest(), &NoCache).unwrap();
    assert_eq!(ledger.block(1).unwrap(), Some((block.read().clone(), b"one certificate".to_vec())));
}

#[test]
fn commit_is_idempotent_and_refuses_all_else() {
    let network = Network::new(4);
    let ledger = network.ledger();
    let first = network.block(&ledger, &[network.transaction(NOTARY, 1, vec![public(1), public(2)])]);
    let other = network.block(&ledger, &[]);
    let committed = ledger.commit(first.read(), b"c", first.digest(), &NoCache).unwrap();
    let second = network.commit(&ledger, &[network.transaction(NOTARY, 2, vec![public(1)])]);
    let again = ledger.commit(first.read(), b"another certificate", first.digest(), &NoCache).unwrap();
    assert_eq!(again, committed);
    assert_eq!(ledger.head().digest, second.digest);
    let error = ledger.commit(other.read(), b"c", other.digest(), &NoCache).unwrap_err();
    assert!(matches!(error, Error::OtherBlock { height: 1, .. }) && error.is_fatal());
    let error = ledger.commit(first.read(), b"c", other.digest(), &NoCache).unwrap_err();
    assert!(matches!(error, Error::OtherDigest { .. }) && !error.is_fatal());

    let behind = network.ledger();
    let (block, certificate) = ledger.block(2).unwrap().unwrap();
    let ahead = behind.commit(&block, &certificate, second.digest, &NoCache);
    assert_eq!(ahead, Err(Error::NotNext { height: 2, head: 0 }));
    for height in 1..=2 {
        let (block, certificate) = ledger.block(height).unwrap().unwrap();
        behind.commit(&block, &certificate, block.digest(), &NoCache).unwrap();
    }
    assert_eq!(behind.head(), ledger.head());
    let block = network.block(&ledger, &[]);
    let long = ledger.commit(block.read(), &[0; CERTIFICATE_BYTES_MAX + 1], block.digest(), &NoCache);
    assert!(matches!(long, Err(Error::OutOfRange(_))));
    assert!(ledger.commit(block.read(), &[0; CERTIFICATE_BYTES_MAX], block.digest(), &NoCache).is_ok());
}

#[test]
fn a_block_that_was_valid_on_another_head_is_judged_again() {
    let network = Network::new(1);
    let ledger = network.ledger();
    let stale = network.block(&ledger, &[network.transaction(NOTARY, 1, vec![public(1)])]);
    network.commit(&ledger, &[]);
    let header = Header { height: 2, ..stale.header().clone() };
    let block = courtseal_proof::block::Block { header, transactions: vec![stale.transactions()[0].text().to_vec()] };
    let result = ledger.commit(&block.read().unwrap(), b"", block.header.digest(), &NoCache);
    assert!(matches!(result, Err(Error::Invalid(Invalid::Header(_)))));
}

#[test]
fn s5_reopening_gives_the_same_head() {
    let network = Network::new(4);
    let in_memory = Arc::new(MemoryStore::new());
    let ledger = network.ledger_on(in_memory.clone());
    grow(&network, &ledger);
    let head = ledger.head();
    let copy = network.ledger_on(Arc::new(MemoryStore::with_contents(in_memory.contents())));
    assert_eq!(copy.head(), head);
    // An empty block makes the log longer by its state entry.
    assert_eq!(network.commit(&copy, &[]).size, head.size + 1);
}

#[test]
fn s6_another_genesis_or_layout_is_refused() {
    let network = Network::new(4);
    let store = Arc::new(MemoryStore::new());
    drop(network.ledger_on(store.clone()));
    let other = Network::new(3);
    assert!(matches!(Ledger::open(store.clone(), &other.genesis), Err(Error::WrongGenesis { .. })));
    const OTHER: u32 = schema::SCHEMA_VERSION - 1;
    let record = schema::SchemaRecord { version: OTHER, chain: network.genesis.digest() };
    let mut batch = Batch::default();
    batch.put(schema::schema_key(), schema::seal(&schema::schema_key(), codec::encode(&record)));
    store.apply(batch).unwrap();
    assert!(matches!(
        Ledger::open(store.clone(), &network.genesis),
        Err(Error::UnknownSchema { stored: OTHER, known: schema::SCHEMA_VERSION })
    ));
    let mut contents = store.contents();
    contents.remove(&schema::schema_key());
    let headless = Arc::new(MemoryStore::with_contents(contents));
    assert!(matches!(Ledger::open(headless, &network.genesis), Err(Error::Corrupt(_))));
}

/// Whether everything of the ledger can be read.
fn read_all(network: &Network, contents: BTreeMap<Vec<u8>, Vec<u8>>) -> Result<(), Error> {
    let ledger = Ledger::open(Arc::new(MemoryStore::with_contents(contents)), &network.genesis)?;
    for height in 1..=ledger.head().height {
        ledger.check_block(height)?;
    }
    ledger.entries(0, 4_096, usize::MAX)?;
    ledger.checkpoint()?;
    (0..510).try_for_each(|n| ledger.entries_by_digest(&file(n), 0, 100).map(drop))?;
    ledger.records().genesis().map(drop)
}

#[test]
fn s2_every_damaged_or_missing_record_is_detected() {
    let network = Network::new(1);
    let store = Arc::new(MemoryStore::new());
    let ledger = network.ledger_on(store.clone());
    let many = (0..5).map(public).collect();
    network.commit(&ledger, &[network.transaction(NOTARY, 1, many), network.transaction(NOTARY, 2, vec![public(1)])]);
    network.commit(&ledger, &[network.transaction(NOTARY, 3, vec![public(2), public_of_length(2, 9), public_of_length(2, 9)])]);
    ledger.record_checkpoint(&network.cosigned(&ledger)).unwrap();
    let contents = store.contents();
    read_all(&network, contents.clone()).unwrap();
    for (key, value) in &contents {
        for at in [0, value.len() / 2, value.len() - 1] {
            let mut damaged = contents.clone();
            damaged.get_mut(key).unwrap()[at] ^= 1;
            let error = read_all(&network, damaged).expect_err("a flipped bit is seen");
            assert!(error.is_fatal(), "{error}");
        }
        let mut missing = contents.clone();
        missing.remove(key);
        // A lost checkpoint is collected again; the genesis is given from outside.
        let replaceable = *key == schema::checkpoint_key() || *key == schema::genesis_key();
        assert_eq!(read_all(&network, missing).is_ok(), replaceable, "{key:?}");
    }
}

#[test]
fn s12_a_scrub_finds_every_record_that_is_damaged_missing_or_too_many() {
    let network = Network::new(1);
    let store = Arc::new(MemoryStore::new());
    let ledger = network.ledger_on(store.clone());
    grow(&network, &ledger);
    network.commit(&ledger, &[network.transaction(NOTARY, 6, vec![public_of_length(1, 9), public_of_length(1, 9)])]);
    ledger.record_checkpoint(&network.cosigned(&ledger)).unwrap();
    let scrub =
        |contents| Ledger::open(Arc::new(MemoryStore::with_contents(contents)), &network.genesis)?.scrub(&mut |_: u64| {});
    let contents = store.contents();
    let scrubbed = scrub(contents.clone()).unwrap();
    assert_eq!((scrubbed.blocks, scrubbed.transactions, scrubbed.entries), (5, 6, 418));
    // Each of 407 public entries is found by its SHA-256; 403 are the first with SHA-256 and length.
    // Each of five members has a newest fact and one version.
    assert_eq!(scrubbed.facts, 407 + 403 + 2 * 5);
    assert_eq!((scrubbed.tiles, scrubbed.records), (3, contents.len() as u64));
    for (key, value) in &contents {
        let mut damaged = contents.clone();
        damaged.get_mut(key).unwrap()[value.len() / 2] ^= 1;
        assert!(scrub(damaged).is_err_and(|error| error.is_fatal()), "{key:?}");
        let mut missing = contents.clone();
        missing.remove(key);
        // A checkpoint is collected again.
        assert_eq!(scrub(missing).is_ok(), *key == schema::checkpoint_key(), "{key:?}");
    }
    let more = [
        Table::TransactionIndex.key(&[&[7; 32]]),
        Table::First.key(&[&[7; 32]]),
        schema::named_key(&Digest([7; 32]), 5),
        schema::first_key(&FileIdentity { sha256: file(1), size_bytes: 7 }.subject()).unwrap().1,
        Table::Outcomes.number(1_000),
        Table::Transaction.number(1_000),
        schema::version_key(&Subject::member(&crate::testing::name("member-9")), 0),
        schema::newest_key(&Subject::member(&crate::testing::name("member-9"))),
        schema::tile_key(3, 0),
        Table::System.number(1_000),
    ];
    for key in more {
        let mut extra = contents.clone();
        extra.insert(key.clone(), schema::seal(&key, codec::encode(&1u64)));
        assert!(scrub(extra).is_err_and(|error| error.is_fatal()), "{key:?}");
    }
}

#[test]
fn s5_the_head_is_executed_again_on_open() {
    let network = Network::new(1);
    let store = Arc::new(MemoryStore::new());
    let ledger = network.ledger_on(store.clone());
    network.commit(&ledger, &[network.transaction(NOTARY, 1, vec![public(1)])]);
    let contents = store.contents();
    // Well-formed records with right checksums whose contents execution does not give.
    let reseal = |key: Vec<u8>, change: &dyn Fn(&mut Vec<u8>)| {
        let mut contents = contents.clone();
        let mut payload = schema::unseal(&key, contents[&key].clone()).unwrap();
        change(&mut payload);
        contents.insert(key.clone(), schema::seal(&key, payload));
        Ledger::open(Arc::new(MemoryStore::with_contents(contents)), &network.genesis).err()
    };
    // The one outcome's byte stands before the length of the details, of which there are none.
    let outcome = |payload: &mut Vec<u8>, byte| {
        let at = payload.len() - 9;
        payload[at] = byte;
    };
    for error in [
        reseal(Table::Outcomes.number(3), &|payload| outcome(payload, 0)),
        reseal(Table::Outcomes.number(3), &|payload| outcome(payload, 16)),
        reseal(Table::Transaction.number(3), &|payload| *payload.last_mut().unwrap() = b' '),
        reseal(Table::System.number(4), &|payload| payload[4] ^= 1),
        reseal(schema::tile_key(0, 0), &|payload| payload[70] ^= 1),
        reseal(schema::head_key(), &|payload| payload[0] = 2),
        reseal(schema::head_key(), &|payload| payload[48] = 2),
        reseal(Table::Block.number(1), &|payload| payload[40] ^= 1),
        reseal(Table::First.key(&[&file(1).0, &1u64.to_be_bytes()]), &|payload| payload[0] = 1),
    ] {
        assert!(matches!(error, Some(Error::Corrupt(_))), "{error:?}");
    }
}

#[test]
fn s3_an_entry_is_served_only_if_its_leaf_is_in_the_tree() {
    let network = Network::new(1);
    let store = Arc::new(MemoryStore::new());
    let ledger = network.ledger_on(store.clone());
    network.commit(&ledger, &[network.transaction(NOTARY, 1, vec![public(1)])]);
    network.commit(&ledger, &[]);
    // A well-formed record with a right checksum that says "not the first". It is below the block that is
    // executed again on open.
    let (key, mut contents) = (Table::Outcomes.number(3), store.contents());
    let payload = schema::unseal(&key, contents[&key].clone()).unwrap();
    let mut record: OutcomesRecord = schema::read_record(&key, &payload).unwrap();
    assert_eq!(record.outcomes, [1]);
    (record.outcomes, record.details) = (vec![2], vec![Detail { position: 0, earlier: 2 }]);
    contents.insert(key.clone(), schema::seal(&key, codec::encode(&record)));
    let forged = network.ledger_on(Arc::new(MemoryStore::with_contents(contents)));
    assert!(matches!(forged.entry(3), Err(Error::Corrupt(_))));
    assert!(matches!(forged.receipt(3, &network.cosigned(&forged)), Err(Error::Corrupt(_))));
    assert!(matches!(forged.check_block(1), Err(Error::Corrupt(_))));
}

#[test]
fn after_a_failed_write_nothing_more_is_written() {
    struct Failing(MemoryStore, std::sync::atomic::AtomicBool);
    impl Store for Failing {
        fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
            self.0.get(key)
        }
        fn scan(&self, range: crate::store::Range<'_>) -> Result<Vec<crate::store::Pair>, Error> {
            self.0.scan(range)
        }
        fn apply(&self, batch: Batch) -> Result<(), Error> {
            if self.1.load(std::sync::atomic::Ordering::SeqCst) {
                Err(Error::Store("disk full".to_owned()))
            } else {
                self.0.apply(batch)
            }
        }
    }
    let network = Network::new(1);
    let store = Arc::new(Failing(MemoryStore::new(), false.into()));
    let ledger = network.ledger_on(store.clone());
    let block = network.block(&ledger, &[network.transaction(NOTARY, 1, vec![public(1)])]);
    store.1.store(true, std::sync::atomic::Ordering::SeqCst);
    assert!(matches!(ledger.commit(block.read(), b"", block.digest(), &NoCache), Err(Error::Store(_))));
    store.1.store(false, std::sync::atomic::Ordering::SeqCst);
    assert_eq!(ledger.commit(block.read(), b"", block.digest(), &NoCache), Err(Error::Stopped));
    assert_eq!(ledger.record_checkpoint(&network.cosigned(&ledger)), Err(Error::Stopped));
    assert_eq!(ledger.head().height, 0);
    assert_eq!(ledger.entries(0, 10, usize::MAX).unwrap().len(), 3, "reads go on");
}

#[test]
fn receipts_verify_offline() {
    let network = Network::new(4);
    let ledger = network.ledger();
    grow(&network, &ledger);
    let cosigned = network.cosigned(&ledger);
    assert_eq!(ledger.record_checkpoint(&cosigned), Ok(true));
    network.commit(&ledger, &[network.transaction(NOTARY, 9, vec![public(9)])]);
    let kept = ledger.checkpoint().unwrap().unwrap();
    assert_eq!(kept, cosigned);
    let policy = HeldPolicy::new(network.genesis.policy_text().as_bytes());
    let size = kept.checkpoint.size;
    let receipts = ledger.receipts(0..size, &kept).unwrap();
    assert_eq!(receipts.len() as u64, size);
    for (index, receipt) in receipts.iter().enumerate() {
        let text = receipt.to_text();
        let proven = verify_receipt(text.as_bytes(), &policy).unwrap_or_else(|refusal| panic!("entry {index}: {refusal}"));
        assert_eq!(receipt.member.is_some(), proven.entry.as_stated().is_some());
    }
    assert_eq!(ledger.receipt(7, &kept).unwrap(), receipts[7]);
    assert!(matches!(ledger.receipt(size, &kept), Err(Error::OutOfRange(_))));
    assert!(matches!(ledger.receipts(0..4_097, &kept), Err(Error::OutOfRange(_))));
}

#[test]
fn only_newer_checkpoints_of_this_log_are_kept() {
    let network = Network::new(4);
    let ledger = network.ledger();
    assert_eq!(ledger.checkpoint(), Ok(None));
    let old = network.cosigned(&ledger);
    network.commit(&ledger, &[network.transaction(NOTARY, 1, vec![public(1)])]);
    let new = network.cosigned(&ledger);
    assert_eq!(ledger.record_checkpoint(&new), Ok(true));
    assert_eq!(ledger.record_checkpoint(&old), Ok(false));
    assert_eq!(ledger.record_checkpoint(&new), Ok(true));
    assert_eq!(ledger.checkpoint(), Ok(Some(new.clone())));
    let mut forged = new.clone();
    forged.checkpoint.root = Digest([1; 32]);
    assert!(matches!(ledger.record_checkpoint(&forged), Err(Error::OutOfRange(_))));
    let mut ahead = new;
    ahead.checkpoint.size += 1;
    assert!(matches!(ledger.record_checkpoint(&ahead), Err(Error::OutOfRange(_))));
    let foreign = Network::new(3);
    assert!(matches!(ledger.record_checkpoint(&foreign.cosigned(&foreign.ledger())), Err(Error::OutOfRange(_))));
}

#[test]
fn a_body_at_the_bound_of_transactions() {
    let network = Network::new(1);
    let ledger = network.ledger();
    // Signing one transaction each would take long. Only the form is judged here, so the texts are empty.
    let header = network.block(&ledger, &[]).header().clone();
    let result = |count: usize| {
        let transactions = vec![Vec::new(); count];
        let header = Header { body: courtseal_proof::block::body_digest(&header.chain, &transactions), ..header.clone() };
        courtseal_proof::block::Block { header, transactions }.read().map(|block| ledger.validate(&block, &NoCache).unwrap_err())
    };
    assert!(matches!(result(BODY_TRANSACTIONS_MAX), Ok(Error::Invalid(Invalid::Transaction { position: 0, .. }))));
    assert!(matches!(result(BODY_TRANSACTIONS_MAX + 1), Err(BlockError::TooLarge(..))));
    assert!(!network.genesis.members.iter().any(|member| member.key == member_key(9).public()));
}

#[test]
fn the_same_blocks_give_the_same_log_on_two_nodes() {
    let network = Network::new(4);
    let (a, b) = (network.ledger(), network.ledger());
    grow(&network, &a);
    for height in 1..=a.head().height {
        let (block, certificate) = a.block(height).unwrap().unwrap();
        let valid = b.validate(&block, &NoCache).unwrap();
        b.commit(&block, &certificate, valid.digest(), &NoCache).unwrap();
    }
    assert_eq!(a.head(), b.head());
    assert_eq!(a.entries(0, 4_096, usize::MAX), b.entries(0, 4_096, usize::MAX));
}
