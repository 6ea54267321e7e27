//! False snapshots, one by one: each is rejected, and a true one is accepted (S10).
//!
//! In: a log of empty blocks, and changed copies of its snapshot.
//! Out: the fault, or a part.
//! Always: each case changes one property.

use super::*;
use crate::testing::{KeyPurpose, certificate, genesis, genesis_of, key, ledger};
use courtseal_ledger::Ledger;
use courtseal_ledger::snapshot::SnapshotReader;
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_proof::block::Block;
use courtseal_proof::log::note::{SignatureLine, VerifierKey};
use std::sync::Arc;

const COURTS: usize = 4;

fn checkpoint(ledger: &Ledger, signers: usize) -> CosignedCheckpoint {
    let checkpoint = ledger.head_checkpoint();
    let cosign = |court: usize| {
        let (key, time_s) = (key(court, KeyPurpose::Cosigner), 1_795_453_201);
        let cosignature = checkpoint.cosign(&key, time_s);
        let verifier = VerifierKey::cosigner(&ledger.genesis().courts[court].name, key.public());
        SignatureLine::cosignature(&verifier, time_s, &cosignature.signature)
    };
    CosignedCheckpoint {
        log: checkpoint.sign_as_log(&key(0, KeyPurpose::Log)),
        cosignatures: (0..signers).map(cosign).collect(),
        checkpoint: checkpoint.clone(),
    }
}

/// A log of empty blocks with a checkpoint of its head.
fn cosigned(genesis: &Genesis, blocks: u64) -> Arc<Ledger> {
    let ledger = ledger(genesis, blocks);
    ledger.record_checkpoint(&checkpoint(&ledger, 3)).unwrap();
    ledger
}

fn begun(genesis: &Genesis, ledger: &Ledger) -> (Checker, Frame, Frame) {
    let (contents, mut reader) = SnapshotReader::new(ledger, 1).unwrap();
    let empty = Ledger::open(Arc::new(MemoryStore::new()), genesis).unwrap();
    let mut checker = Checker::new(genesis, &empty.head()).unwrap();
    checker.begin(Frame::Contents(contents)).unwrap();
    (checker, reader.frame().unwrap(), reader.frame().unwrap())
}

#[test]
fn s10_what_the_courts_decided_is_accepted() {
    let genesis = genesis(COURTS);
    let ledger = cosigned(&genesis, 6);
    let (mut checker, part, end) = begun(&genesis, &ledger);
    let part = checker.check(part).unwrap();
    assert_eq!(part.blocks().len(), 6);
    let end = checker.check(end).unwrap();
    assert!(end.is_end() && end.checkpoint().is_some());
    let copy = Ledger::open(Arc::new(MemoryStore::new()), &genesis).unwrap();
    copy.import(part.blocks()).unwrap();
    assert_eq!(copy.head(), ledger.head());
}

#[test]
fn s10_every_lie_is_refused() {
    let genesis = genesis(COURTS);
    let chain = genesis.digest();
    let ledger = cosigned(&genesis, 6);
    let (_, part, _) = begun(&genesis, &ledger);
    let Frame::Part(blocks) = part else { panic!("a part") };
    let digest = |at: usize| Block::decode(&blocks[at].0).unwrap().header.digest();
    let with = |at: usize, certificate: &CommitCertificate| {
        let mut blocks = blocks.clone();
        blocks[at].1 = codec::encode(certificate);
        blocks
    };
    let good = |at: usize| certificate(chain, at as u64 + 1, digest(at), 0..3);
    let mut twice = good(2);
    twice.signatures[2] = twice.signatures[0];
    let mut false_signature = good(2);
    false_signature.signatures[1].signature.0[5] ^= 1;
    let lies = [
        (Fault::Certificate(3), with(2, &certificate(chain, 3, digest(2), 0..2))),
        (Fault::Certificate(3), with(2, &twice)),
        (Fault::Certificate(3), with(2, &false_signature)),
        (Fault::Certificate(3), with(2, &good(1))),
        (Fault::Certificate(3), with(2, &certificate(Digest([1; 32]), 3, digest(2), 0..3))),
        (Fault::Certificate(6), with(5, &certificate(chain, 6, digest(4), 0..3))),
        (Fault::Gap(3), [&blocks[..2], &blocks[3..]].concat()),
        (Fault::Gap(1), blocks[1..].to_vec()),
        (Fault::Gap(2), vec![blocks[0].clone(), blocks[0].clone()]),
    ];
    for (fault, blocks) in lies {
        let (mut checker, ..) = begun(&genesis, &ledger);
        assert_eq!(checker.check(Frame::Part(blocks)).unwrap_err(), fault);
    }
    // A changed header with the certificate of the real one, and a body that the header does not name.
    let mut other = Block::decode(&blocks[5].0).unwrap();
    other.header.time = other.header.time.plus_ms(1);
    let mut forged = blocks.clone();
    forged[5].0 = other.encode();
    let (mut checker, ..) = begun(&genesis, &ledger);
    assert_eq!(checker.check(Frame::Part(forged)).unwrap_err(), Fault::Certificate(6));
    let mut foreign = Block::decode(&blocks[3].0).unwrap();
    foreign.transactions.push(b"{}".to_vec());
    let mut forged = blocks.clone();
    forged[3].0 = foreign.encode();
    let (mut checker, ..) = begun(&genesis, &ledger);
    assert_eq!(checker.check(Frame::Part(forged)).unwrap_err(), Fault::Block(4, BlockError::Body));
}

#[test]
fn s10_frames_come_in_order_and_none_is_missing() {
    let genesis = genesis(COURTS);
    let ledger = cosigned(&genesis, 3);
    let empty = Ledger::open(Arc::new(MemoryStore::new()), &genesis).unwrap();
    let contents = |from| Frame::Contents(SnapshotReader::new(&*ledger, from).unwrap().0);
    let fresh = || Checker::new(&genesis, &empty.head()).unwrap();
    let (mut checker, part, end) = begun(&genesis, &ledger);
    assert_eq!(fresh().check(part.clone()).unwrap_err(), Fault::Order);
    assert_eq!(fresh().begin(part).unwrap_err(), Fault::Order);
    assert_eq!(fresh().begin(contents(2)).unwrap_err(), Fault::Order);
    assert_eq!(checker.begin(contents(1)).unwrap_err(), Fault::Order);
    assert_eq!(checker.check(contents(1)).unwrap_err(), Fault::Order);
    assert_eq!(checker.check(end).unwrap_err(), Fault::Short(0, 3));
    let other = genesis_of("another", COURTS);
    assert_eq!(Checker::new(&other, &empty.head()).unwrap().begin(contents(1)).unwrap_err(), Fault::Network);
}

#[test]
fn s10_only_the_last_part_may_have_room() {
    let genesis = genesis(COURTS);
    let ledger = cosigned(&genesis, PART_BLOCKS_MAX as u64 + 2);
    let (mut checker, full, rest) = begun(&genesis, &ledger);
    let Frame::Part(blocks) = full.clone() else { panic!("a part") };
    assert_eq!(blocks.len(), PART_BLOCKS_MAX);
    checker.check(full).unwrap();
    checker.check(rest).unwrap();
    let (mut checker, ..) = begun(&genesis, &ledger);
    let (most, last) = blocks.split_at(PART_BLOCKS_MAX - 1);
    checker.check(Frame::Part(most.to_vec())).unwrap();
    assert_eq!(checker.check(Frame::Part(last.to_vec())).unwrap_err(), Fault::Room(PART_BLOCKS_MAX as u64 - 1));
}

#[test]
fn s10_a_checkpoint_needs_a_quorum() {
    let genesis = genesis(COURTS);
    let ledger = cosigned(&genesis, 3);
    for (note, is_good) in [
        (checkpoint(&ledger, 3).note().to_string(), true),
        (checkpoint(&ledger, 2).note().to_string(), false),
        ("rubbish".to_owned(), false),
    ] {
        let (mut checker, part, _) = begun(&genesis, &ledger);
        checker.check(part).unwrap();
        let result = checker.check(Frame::End(note));
        assert_eq!(result.is_ok(), is_good, "{result:?}");
        assert!(is_good || matches!(result, Err(Fault::Checkpoint(_))));
    }
}
