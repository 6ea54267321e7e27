//! Large blocks that no proposal names, one after another: a court keeps two of them from one peer (C14).
//!
//! In: 48 blocks of 4 MiB in a row.
//! Out: failures that name the court whose memory grows.
//! Always: all blocks have arrived before the memory is read.
//! Not for blocks that a proposal names: see `tests/tests/byzantine/hasty.rs`.

use crate::{LIAR, MEMORY_MB, OTHERS, all_is_well, height, start};
use courtseal_consensus::Message;
use courtseal_proof::block::{Block, Header, body_digest};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::genesis::PROTOCOL;
use courtseal_tests::conversation::{BULK, Conversation, Heard};
use courtseal_tests::liar::{Means, is_hello, on_lane};
use courtseal_tests::processes::await_state;
use std::collections::BTreeSet;
use std::sync::Arc;

const BLOCKS: u64 = 48;
const BLOCK_BYTES: usize = 4 << 20;
/// The reason that a court logs for the bytes after them.
const REFUSED: &str = "bytes that are no block";

/// A block of the given height without a true predecessor.
fn block(means: &Means, height: u64, number: u64) -> Vec<u8> {
    let chain = means.genesis.digest();
    let transactions = vec![vec![number as u8; BLOCK_BYTES]];
    let header = Header {
        chain,
        protocol: PROTOCOL,
        height,
        time: means.genesis.time.plus_ms(number + 1),
        previous: chain,
        body: body_digest(&chain, &transactions),
        log_root: Digest::default(),
        log_size: 1,
        courts: Digest::default(),
        next_courts: Digest::default(),
        proposer: means.vote.public(),
    };
    on_lane(&Message::Block(Block { header, transactions }.encode().into())).1
}

#[test]
fn c14_blocks_that_no_proposal_names_are_not_kept() {
    let (mut network, memory) = start();
    let conversation = Conversation::start(&network, LIAR).unwrap();
    let mut greeted = BTreeSet::new();
    while greeted.len() < OTHERS.len() {
        if let Heard::Frame { court, bytes } = conversation.hear().unwrap()
            && is_hello(&bytes)
        {
            greeted.insert(court);
        }
    }
    let means = Means::new(&network, conversation.voice.clone(), None);
    let next = height(&network) + 1;
    for number in 0..BLOCKS {
        let bytes = Arc::new(block(&means, next + number % 3, number));
        OTHERS.iter().for_each(|court| conversation.voice.say(*court, BULK, Arc::clone(&bytes)));
    }
    assert!(
        BLOCKS as f64 * BLOCK_BYTES as f64 / 1e6 > MEMORY_MB,
        "the blocks are too small: keeping all of them would not exceed the bound"
    );
    // A stream keeps its order: once these bytes are rejected, all blocks have arrived.
    let (lane, last) = on_lane(&Message::Block(vec![7; 500].into()));
    OTHERS.iter().for_each(|court| conversation.voice.say(*court, lane, last.clone()));
    for at in OTHERS {
        await_state("all blocks have arrived", || network.courts()[at].said().contains(REFUSED).then_some(())).unwrap();
    }
    all_is_well(&mut network, conversation, &memory);
}
