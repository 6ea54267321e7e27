//! The hasty proposer: well-signed proposals for its turns in later rounds, and invalid blocks with them,
//! while the first round runs.
//!
//! In: its ledger.
//! Out: proposals and blocks that no court needs yet, once a height.
//! Always: it signs no step twice, because what its court would propose in those rounds is not sent.
//! Not for invalid blocks of the running round: see [`super::false_body`].

use super::{Liar, Outgoing};
use courtseal_consensus::vote::Proposal;
use courtseal_consensus::{CourtSet, Message};
use courtseal_court::frame::Frame;
use courtseal_ledger::Ledger;
use courtseal_proof::block::body_digest;

/// It proposes for its turns up to this round: no court takes a proposal for a later one while the first
/// runs.
const LAST_ROUND: u32 = 10;

pub(super) fn falsify(liar: &mut Liar, out: &mut Outgoing, ledger: &Ledger) {
    let (court, head) = (liar.keys.vote.public(), ledger.head());
    let next = head.height + 1;
    out.frames.retain(|(_, frame)| match frame {
        Frame::Consensus(Message::Proposal(one)) if one.content.court == court && one.content.height == liar.told => {
            one.content.round == 0 || one.content.round > LAST_ROUND || liar.is_early(&one.content.value)
        }
        _ => true,
    });
    if next <= liar.told {
        return;
    }
    liar.told = next;
    let Ok(courts) = CourtSet::new(ledger.state().courts().values().copied()) else { return };
    for round in (1..=LAST_ROUND).filter(|round| courts.proposer(next, *round) == court) {
        let Ok(built) = ledger.build(head.time.plus_ms(u64::from(round)), court, []) else { return };
        let mut block = built.read().to_parts();
        block.transactions.push(format!("round {round}").into_bytes());
        block.header.body = body_digest(&block.header.chain, &block.transactions);
        let value = block.header.digest();
        liar.early.insert(value, (next, round));
        let proposal = liar.proposal(Proposal { height: next, round, pol_round: None, value, court });
        let bytes = block.encode();
        for peer in &liar.peers {
            out.frames.push((*peer, Frame::Consensus(Message::Block(bytes.clone().into()))));
            out.frames.push((*peer, Frame::Consensus(Message::Proposal(proposal))));
        }
    }
    liar.early.retain(|_, (height, _)| *height + 2 > next);
}
