//! The false-body proposer: well-signed proposals of blocks that break one rule each.

use super::{Liar, Outgoing};
use crate::fixtures::{Fixtures, GENESIS_TIME};
use crate::forgery::{elsewhere, signed, unsigned};
use courtseal_consensus::Message;
use courtseal_consensus::vote::{Proposal, Vote};
use courtseal_court::frame::Frame;
use courtseal_proof::block::{Block, body_digest};
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_world::Random;

pub(super) fn falsify(liar: &mut Liar, out: &mut Outgoing, now_ms: u64, random: &mut Random) {
    let own = liar.keys.vote.public();
    let mut falsified: Option<(Vec<u8>, Vec<u8>)> = None;
    for (_, frame) in &mut out.frames {
        let Frame::Consensus(Message::Block(bytes)) = frame else { continue };
        if falsified.as_ref().is_none_or(|(honest, _)| *honest != *bytes.0) {
            let Ok(block) = Block::decode(&bytes.0) else { continue };
            // Blocks of others are handed on as they are.
            if block.header.proposer != own || liar.replaced.values().any(|value| *value == block.header.digest()) {
                continue;
            }
            let value = block.header.digest();
            let other = break_one_rule(liar, block, now_ms, random);
            liar.replaced.insert(value, other.header.digest());
            falsified = Some((bytes.0.to_vec(), other.encode()));
        }
        if let Some((_, other)) = &falsified {
            *bytes = other.clone().into();
        }
    }
    for (_, frame) in &mut out.frames {
        match frame {
            Frame::Consensus(Message::Proposal(proposal)) if proposal.content.court == own => {
                if let Some(value) = liar.replaced.get(&proposal.content.value).copied() {
                    *proposal = liar.proposal(Proposal { value, ..proposal.content });
                }
            }
            Frame::Consensus(Message::Vote(vote)) if vote.content.court == own => {
                if let Some(value) = vote.content.value.and_then(|value| liar.replaced.get(&value).copied()) {
                    *vote = liar.vote(Vote { value: Some(value), ..vote.content });
                }
            }
            _ => {}
        }
    }
    while liar.replaced.len() > 64 {
        liar.replaced.pop_first();
    }
}

fn break_one_rule(liar: &Liar, mut block: Block, now_ms: u64, random: &mut Random) -> Block {
    let fixtures = Fixtures::network(liar.courts);
    let time = block.header.time;
    let header = &mut block.header;
    match random.below(9) {
        0 => header.log_root = sha256(&header.log_root.0),
        1 => header.log_size += 1,
        2 => header.previous = sha256(&header.previous.0),
        3 => header.time = Timestamp(GENESIS_TIME.0 + now_ms + 3_600_000),
        4 => block.transactions.push(b"{}".to_vec()),
        5 => block.transactions.extend(block.transactions.clone()),
        6 => block.transactions.push(unsigned(&fixtures, time, random)),
        7 => block.transactions.push(signed(&fixtures, &fixtures.origin, Timestamp(time.0.saturating_sub(60_000)), random)),
        _ => block.transactions.push(signed(&fixtures, &elsewhere(), time.plus_ms(60_000), random)),
    }
    block.header.body = body_digest(&block.header.chain, &block.transactions);
    block
}
