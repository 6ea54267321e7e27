//! The garbage sender: bytes that are no frames, frames of the wrong size, and well-formed messages with
//! absurd values.

use super::{Liar, Outgoing};
use courtseal_consensus::vote::{CommitCertificate, PolkaCertificate, Proposal, RoundCertificate, RoundKind, Vote, VoteKind};
use courtseal_consensus::{Hello, Message, SyncedBlock};
use courtseal_court::frame::Frame;
use courtseal_ledger::Ledger;
use courtseal_proof::bytes::digest::Digest;
use courtseal_world::Random;
use std::sync::Arc;

pub(super) fn falsify(liar: &mut Liar, out: &mut Outgoing, ledger: &Arc<Ledger>, random: &mut Random) {
    if out.frames.is_empty() || random.chance(60) {
        return;
    }
    let to = random.below(liar.courts);
    if random.chance(30) {
        let length = random.below(200);
        let mut bytes = random.bytes(length);
        if let (Some(first), true) = (bytes.first_mut(), random.chance(70)) {
            *first %= 6;
        }
        out.raw.push((to, bytes));
    }
    if random.chance(50) {
        let count = random.between(1, 20);
        for _ in 0..count {
            out.frames.push((to, Frame::Consensus(absurd(liar, ledger.head().height, random))));
        }
    }
}

fn absurd(liar: &Liar, height: u64, random: &mut Random) -> Message {
    let court = liar.keys.vote.public();
    let height = random.pick(&[0, 1, height, height + 1, height + 2, height + 9, height + 1_000_000, u64::MAX]);
    let round = random.pick(&[0, 1, 7, 1_000, u32::MAX]);
    let value = Digest(random.bytes(32).try_into().expect("32 bytes"));
    let kind = random.pick(&[VoteKind::Prevote, VoteKind::Precommit]);
    match random.below(10) {
        0 => Message::Vote(liar.vote(Vote { height, round, kind, value: Some(value), court })),
        1 => {
            let pol_round = random.pick(&[None, Some(0), Some(round), Some(u32::MAX)]);
            Message::Proposal(liar.proposal(Proposal { height, round, pol_round, value, court }))
        }
        2 => Message::Status { height },
        3 => Message::Wake { height },
        4 => Message::BlockRequest { height, value },
        5 => Message::SyncRequest { from: height },
        6 => Message::Block(random.bytes(500).into()),
        7 => Message::Polka(PolkaCertificate { height, round, value, signatures: Vec::new() }),
        8 => Message::Round(RoundCertificate { height, round, kind: RoundKind::Skip, votes: Vec::new() }),
        _ if random.chance(50) => {
            let certificate = CommitCertificate { height, round, value, signatures: Vec::new() };
            Message::SyncResponse { from: height, blocks: vec![SyncedBlock { block: random.bytes(64).into(), certificate }] }
        }
        _ => Message::Hello(Hello { messages: round as u16, chain: value, height, newest: None, wants_answer: true }),
    }
}
