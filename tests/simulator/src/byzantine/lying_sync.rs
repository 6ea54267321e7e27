//! The lying sync peer: claims heights it does not have, and hands out blocks that were never decided.

use super::{Liar, Outgoing};
use courtseal_consensus::vote::{CommitCertificate, CourtSignature, Vote, VoteKind};
use courtseal_consensus::{Message, SyncedBlock};
use courtseal_court::frame;
use courtseal_ledger::Ledger;
use courtseal_ledger::snapshot::{Frame, FrameHeader};
use courtseal_proof::block::{Block, body_digest};
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::Digest;
use courtseal_world::Random;
use std::sync::Arc;

pub(super) fn falsify(liar: &mut Liar, out: &mut Outgoing, ledger: &Arc<Ledger>, random: &mut Random) {
    for (_, frame) in &mut out.frames {
        match frame {
            frame::Frame::Consensus(Message::Status { height }) => *height += random.between(0, 5),
            frame::Frame::Consensus(Message::SyncResponse { from, blocks }) => {
                if blocks.is_empty() {
                    blocks.extend(undecided(liar, ledger, *from));
                } else {
                    falsify_blocks(liar, blocks, random);
                }
            }
            _ => {}
        }
    }
}

fn falsify_blocks(liar: &Liar, blocks: &mut Vec<SyncedBlock>, random: &mut Random) {
    let at = random.below(blocks.len());
    match random.below(4) {
        0 => {
            blocks.remove(at);
        }
        1 => blocks[at].certificate.signatures.truncate(1),
        2 => blocks[at].block = random.bytes(300).into(),
        _ => {
            let Some((block, certificate)) = emptied(liar, &blocks[at].block.0) else { return };
            blocks[at] = SyncedBlock { block: block.into(), certificate };
            blocks.truncate(at + 1);
        }
    }
}

/// Another block than the one that was decided, without transactions, and a certificate that only the liar
/// signed.
fn emptied(liar: &Liar, block: &[u8]) -> Option<(Vec<u8>, CommitCertificate)> {
    let mut block = Block::decode(block).ok()?;
    block.transactions.clear();
    block.header.time = block.header.time.plus_ms(1);
    block.header.body = body_digest(&block.header.chain, &block.transactions);
    Some((block.encode(), own_certificate(liar, block.header.height, block.header.digest())))
}

/// A frame of a snapshot with something changed, dropped or invented.
pub(super) fn falsify_frame(liar: &Liar, mut bytes: Vec<u8>, random: &mut Random) -> Vec<u8> {
    let Some(Ok(frame)) = bytes.split_first_chunk().map(|(header, payload)| FrameHeader::read(*header)?.open(payload)) else {
        return bytes;
    };
    match (frame, random.below(5)) {
        (Frame::Contents(mut contents), 0) => {
            contents.head.height = contents.from.saturating_sub(1) + random.between(0, 3);
            Frame::Contents(contents).encode()
        }
        (Frame::Part(mut blocks), 1) => {
            blocks.remove(random.below(blocks.len()));
            // A part holds a block at least.
            if blocks.is_empty() { bytes } else { Frame::Part(blocks).encode() }
        }
        (Frame::Part(mut blocks), 0 | 2) => {
            let at = blocks.len() - 1;
            let Some((block, certificate)) = emptied(liar, &blocks[at].0) else { return bytes };
            blocks[at] = (block, codec::encode(&certificate));
            Frame::Part(blocks).encode()
        }
        (Frame::Part(mut blocks), 3) => {
            blocks.truncate(1);
            Frame::Part(blocks).encode()
        }
        (Frame::End(note), 1..=3) => Frame::End(note.replacen('\n', "\n1", 1)).encode(),
        (_, 4) => {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
            bytes
        }
        _ => bytes,
    }
}

/// A valid next block after the liar's head, with a certificate that only the liar signed.
fn undecided(liar: &Liar, ledger: &Ledger, from: u64) -> Option<SyncedBlock> {
    let head = ledger.head();
    if head.height + 1 != from {
        return None;
    }
    let block = ledger.build(head.time.plus_ms(1), liar.keys.vote.public(), []).ok()?;
    Some(SyncedBlock { certificate: own_certificate(liar, from, block.digest()), block: block.read().into() })
}

fn own_certificate(liar: &Liar, height: u64, value: Digest) -> CommitCertificate {
    let court = liar.keys.vote.public();
    let vote = Vote { height, round: 0, kind: VoteKind::Precommit, value: Some(value), court };
    let one = CourtSignature { court, signature: liar.vote(vote).signature };
    let certificate = CommitCertificate { height, round: 0, value, signatures: vec![one; liar.courts] };
    // Its form must be right, so that only the certificate is wrong.
    debug_assert!(codec::encode(&certificate).len() < 64 * 1024);
    certificate
}
