//! A court that claims a height far above everybody's, and answers requests for blocks with blocks that
//! nobody decided (C20).
//!
//! In: false answers to a court that has lost its ledger.
//! Out: failures that name the lies without a reason in the log.
//! Always: no false block is applied, and the court gets the log from the others.
//! Not for false snapshots: see `tests/tests/recovery/liars.rs`.

use crate::{LIAR, OTHERS, all_is_well, start};
use courtseal_consensus::vote::CommitCertificate;
use courtseal_consensus::{BlockBytes, Message, SyncedBlock};
use courtseal_ledger::Ledger;
use courtseal_proof::block::{Block, body_digest};
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::genesis::Genesis;
use courtseal_rocks::RocksStore;
use courtseal_tests::liar::{Liar, Means, Said};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The court that has lost its ledger.
const VICTIM: usize = 2;
/// The height that the liar claims.
const CLAIM: u64 = 1_000_000;
/// Most bytes of a certificate.
const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;

/// A lie: what is made of the true blocks from the first one on, and the reason for which the liar is left.
struct Lie {
    what: &'static str,
    make: fn(&Means, Vec<SyncedBlock>) -> Option<Vec<SyncedBlock>>,
    why: Option<&'static str>,
}

const CERTIFICATE: Option<&str> = Some("a false commit certificate");
const BLOCK: Option<&str> = Some("a block that its certificate does not name");
const ORDER: Option<&str> = Some("blocks that were not asked for");

/// A certificate that only the liar signed, with as many signatures as there are courts.
fn own_certificate(means: &Means, height: u64, value: Digest) -> CommitCertificate {
    let signatures = vec![means.precommit(height, value); means.genesis.courts.len()];
    CommitCertificate { height, round: 0, value, signatures }
}

const LIES: [Lie; 10] = [
    Lie {
        what: "another block, certified by the liar alone",
        make: |means, mut blocks| {
            let mut block = Block::decode(&blocks[0].block.0).unwrap();
            block.transactions.clear();
            block.header.body = body_digest(&block.header.chain, &block.transactions);
            let certificate = own_certificate(means, 1, block.header.digest());
            blocks[0] = SyncedBlock { block: block.encode().into(), certificate };
            Some(blocks)
        },
        why: CERTIFICATE,
    },
    Lie {
        what: "the true block, certified by the liar alone",
        make: |means, mut blocks| {
            blocks[0].certificate = own_certificate(means, 1, blocks[0].certificate.value);
            Some(blocks)
        },
        why: CERTIFICATE,
    },
    Lie {
        what: "a signature with one bit flipped",
        make: |_, mut blocks| {
            blocks[0].certificate.signatures[0].signature.0[9] ^= 1;
            Some(blocks)
        },
        why: CERTIFICATE,
    },
    Lie {
        what: "a signature too few",
        make: |_, mut blocks| {
            blocks[0].certificate.signatures.truncate(2);
            Some(blocks)
        },
        why: CERTIFICATE,
    },
    Lie {
        what: "a certificate that names another block",
        make: |_, mut blocks| {
            blocks[0].certificate.value = sha256(b"another block");
            Some(blocks)
        },
        why: CERTIFICATE,
    },
    Lie {
        what: "a block of another body than its header's",
        make: |_, mut blocks| {
            let mut bytes = blocks[0].block.0.to_vec();
            *bytes.last_mut().unwrap() ^= 1;
            blocks[0].block = bytes.into();
            Some(blocks)
        },
        why: BLOCK,
    },
    Lie {
        what: "the block of another height",
        make: |_, mut blocks| {
            blocks[0].block = blocks[1].block.clone();
            Some(blocks)
        },
        why: BLOCK,
    },
    Lie {
        what: "a block left out",
        make: |_, mut blocks| {
            blocks.remove(0);
            Some(blocks)
        },
        why: ORDER,
    },
    Lie { what: "no block", make: |_, _| Some(Vec::new()), why: None },
    Lie { what: "silence", make: |_, _| None, why: None },
];

/// The blocks of the log, from the liar's own ledger.
fn blocks(network: &LocalNetwork) -> Vec<SyncedBlock> {
    let genesis = Genesis::from_text(&fs::read(&network.listing().genesis).unwrap()).unwrap();
    let store = RocksStore::open(&network.courts()[LIAR].data().unwrap().join("ledger")).unwrap();
    let ledger = Ledger::open(Arc::new(store), &genesis).unwrap();
    let read = |height| {
        let (block, certificate) = ledger.block(height).unwrap().unwrap();
        SyncedBlock { block: BlockBytes::from(&block), certificate: codec::decode(&certificate, CERTIFICATE_BYTES_MAX).unwrap() }
    };
    (1..=ledger.head().height).map(read).collect()
}

/// Answers the victim's request for the first block with the next lie, and any other request with a block
/// that nobody decided.
fn answer(means: &Means, court: usize, from: u64, truth: &[SyncedBlock], told: &AtomicUsize) {
    let blocks = if from == 1 && court == VICTIM {
        let lie = &LIES[told.fetch_add(1, Ordering::Relaxed) % LIES.len()];
        let Some(blocks) = (lie.make)(means, truth.to_vec()) else { return };
        blocks
    } else {
        let mut block = Block::decode(&truth[0].block.0).unwrap();
        block.header.height = from;
        let certificate = own_certificate(means, from, block.header.digest());
        vec![SyncedBlock { block: block.encode().into(), certificate }]
    };
    means.say(court, &Message::SyncResponse { from, blocks });
}

#[test]
fn c20_whoever_answers_with_blocks_that_nobody_decided_is_left() {
    let (mut network, memory) = start();
    let truth = blocks(&network);
    assert!(truth.len() >= 2, "the log has {} blocks", truth.len());
    let before = network.log_check(0).unwrap();
    OTHERS.iter().for_each(|at| network.kill(*at).unwrap());
    fs::remove_dir_all(network.courts()[VICTIM].data().unwrap().join("ledger")).unwrap();
    let said = network.courts()[VICTIM].said().len();
    let (told, asked) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, count) = (Arc::clone(&told), Arc::clone(&asked));
    let liar = Liar::start(&network, Some(CLAIM), move |means, court, said| match said {
        Said::Message(Message::SyncRequest { from }) => {
            count.fetch_add(1, Ordering::Relaxed);
            answer(means, court, *from, &truth, &counted);
        }
        // A court that got no answer forgets the height that it was told, so it is told again.
        Said::Ping | Said::Message(Message::Status { .. }) => means.tell_height(court),
        _ => {}
    });
    // The liar is the only court that the victim can ask.
    network.restart(VICTIM).unwrap();
    await_state("every lie is told", || (told.load(Ordering::Relaxed) > LIES.len()).then_some(())).unwrap();
    assert_eq!(network.status(VICTIM).unwrap()["height"], 0, "a false block was applied");
    let said = network.courts()[VICTIM].said().split_off(said);
    for why in [CERTIFICATE, BLOCK, ORDER].into_iter().flatten() {
        let lies: Vec<_> = LIES.iter().filter(|lie| lie.why == Some(why)).map(|lie| lie.what).collect();
        assert!(said.matches(why).count() >= lies.len(), "{why:?} is not logged for each of {lies:?}:\n{said}");
    }
    // With the others running, the victim gets the log. The liar tells all of them that it has more blocks.
    (0..VICTIM).for_each(|at| network.restart(at).unwrap());
    let asked_before = asked.load(Ordering::Relaxed);
    network.await_equal(&OTHERS).unwrap();
    assert_eq!(network.log_check(VICTIM).unwrap(), before);
    let often = asked_before + 2 * OTHERS.len();
    await_state("the liar is asked again", || (asked.load(Ordering::Relaxed) >= often).then_some(())).unwrap();
    all_is_well(&mut network, liar, &memory);
    println!("{} requests for blocks got false answers", asked.load(Ordering::Relaxed));
}
