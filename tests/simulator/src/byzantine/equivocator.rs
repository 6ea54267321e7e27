//! The equivocator: one vote or proposal for some courts, another for the others, both signed.

use super::{Liar, Outgoing};
use courtseal_consensus::Message;
use courtseal_consensus::vote::{Proposal, Vote};
use courtseal_court::frame::Frame;
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_world::Random;

pub(super) fn falsify(liar: &mut Liar, out: &mut Outgoing, random: &mut Random) {
    let own = liar.keys.vote.public();
    let side = random.below(liar.courts.max(2));
    for (to, frame) in &mut out.frames {
        let Frame::Consensus(message) = frame else { continue };
        if *to % 2 == side % 2 || random.chance(20) {
            continue;
        }
        match message {
            Message::Vote(vote) if vote.content.court == own => {
                let made_up = Digest(sha256(&vote.content.round.to_be_bytes()).0);
                let value = if vote.content.value.is_some() && random.chance(50) { None } else { Some(made_up) };
                *vote = liar.vote(Vote { value, ..vote.content });
            }
            Message::Proposal(proposal) if proposal.content.court == own => {
                let value = sha256(&proposal.content.value.0);
                *proposal = liar.proposal(Proposal { value, ..proposal.content });
            }
            _ => {}
        }
    }
}
