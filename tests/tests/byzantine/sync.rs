//! A court that claims a height far above everybody's, and answers whoever asks for blocks with what nobody decided: nothing of it is applied, and the others are asked.

use crate::{LIAR, OTHERS, all_is_well, start};
use courtseal_consensus::vote::CommitCertificate;
use courtseal_consensus::{BlockBytes, Message, SyncedBlock};
use courtseal_ledger::Ledger;
use courtseal_proof::block::{Block, body_digest};
use courtseal_proof::codec;
use courtseal_proof::digest::{Digest, sha256};
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
/// What the liar says it has.
const CLAIM: u64 = 1_000_000;
/// Most bytes of a certificate.
const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;

/// What is made of the true blocks, from the first one on, and why the liar is left then.
struct Lie {
    what: &'static str,
    make: fn(&Means, Vec<SyncedBlock>) -> Option<Vec<SyncedBlock>>,
    why: Option<&'static str>,
}

const CERTIFICATE: Option<&str> = Some("a false commit certificate");
const BLOCK: Option<&str> = Some("a block that its certificate does not name");
const ORDER: Option<&str> = Some("blocks that were not asked for");

/// A certificate that only the liar signed, as often as it takes.
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

/// The blocks of the log, as the liar's own ledger holds them.
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

/// Answers a request for blocks by the next lie, if the true blocks are at hand; else by a block that nobody decided.
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
        // Whoever was left without an answer forgets what height it was told.
        Said::Ping | Said::Message(Message::Status { .. }) => means.tell_height(court),
        _ => {}
    });
    // The liar is the only one whom the court that has lost everything can ask.
    network.restart(VICTIM).unwrap();
    await_state("every lie is told", || (told.load(Ordering::Relaxed) > LIES.len()).then_some(())).unwrap();
    assert_eq!(network.status(VICTIM).unwrap()["height"], 0, "nothing of it was applied");
    let said = network.courts()[VICTIM].said().split_off(said);
    for why in [CERTIFICATE, BLOCK, ORDER].into_iter().flatten() {
        let lies: Vec<_> = LIES.iter().filter(|lie| lie.why == Some(why)).map(|lie| lie.what).collect();
        assert!(said.matches(why).count() >= lies.len(), "{why:?} is not said of each of {lies:?}:\n{said}");
    }
    // With the others there, it has the log, and all of them are told by the liar that there is more.
    (0..VICTIM).for_each(|at| network.restart(at).unwrap());
    let asked_before = asked.load(Ordering::Relaxed);
    network.await_equal(&OTHERS).unwrap();
    assert_eq!(network.log_check(VICTIM).unwrap(), before);
    let often = asked_before + 2 * OTHERS.len();
    await_state("the liar is asked again", || (asked.load(Ordering::Relaxed) >= often).then_some(())).unwrap();
    all_is_well(&mut network, liar, &memory);
    println!("{} requests for blocks were answered by lies", asked.load(Ordering::Relaxed));
}
