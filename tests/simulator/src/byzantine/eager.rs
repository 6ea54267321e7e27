//! The eager court: votes nil for each height as soon as the one before is decided, so that the others start
//! it without work.
//!
//! In: the height of its ledger.
//! Out: one prevote a height, before any court has a reason to vote.
//! Always: it signs no step twice, so there is no evidence against it.
//! Not for votes that contradict each other: see [`super::equivocator`].

use super::{Liar, Outgoing};
use courtseal_consensus::Message;
use courtseal_consensus::vote::{Vote, VoteKind};
use courtseal_court::frame::Frame;

pub(super) fn falsify(liar: &mut Liar, out: &mut Outgoing, height: u64) {
    let court = liar.keys.vote.public();
    let early = |height| Vote { height, round: 0, kind: VoteKind::Prevote, value: None, court };
    for (_, frame) in &mut out.frames {
        if let Frame::Consensus(Message::Vote(vote)) = frame {
            let content = vote.content;
            if content.court == court && content.kind == VoteKind::Prevote && content.round == 0 && content.height <= liar.told {
                *vote = liar.vote(early(content.height));
            }
        }
    }
    let next = height + 1;
    if next > liar.told {
        liar.told = next;
        let vote = liar.vote(early(next));
        out.frames.extend(liar.peers.iter().map(|peer| (*peer, Frame::Consensus(Message::Vote(vote)))));
    }
}
