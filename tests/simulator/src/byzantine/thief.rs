//! The thief: has an honest court's voting key, and shows that court a signature by this key for a height
//! that no court has reached.
//!
//! In: hellos on their way to that court.
//! Out: the same with a stolen signature in them.
//! Always: it signs with the stolen key for heights far away only, so that no court is convicted of what the
//! thief did.
//! Not for two nodes with one key: see [`super::twin`].

use super::{Liar, Outgoing};
use crate::fixtures::Fixtures;
use courtseal_consensus::Message;
use courtseal_consensus::vote::{Signed, SignedStep, Vote, VoteKind};
use courtseal_court::frame::Frame;
use courtseal_world::Random;

/// Its false heights are at least this many above its own, so no court can have signed for them.
pub const FAR: u64 = 40;

pub(super) fn falsify(liar: &mut Liar, out: &mut Outgoing, height: u64, random: &mut Random) {
    let fixtures = Fixtures::network(liar.courts);
    let place = fixtures.keys.iter().position(|keys| keys.name == liar.keys.name).unwrap_or_default();
    let victim = (place + 1) % liar.courts;
    let key = &fixtures.keys[victim].vote;
    for (to, frame) in &mut out.frames {
        let Frame::Consensus(Message::Hello(hello)) = frame else { continue };
        if *to != victim {
            continue;
        }
        let far = random.pick(&[height + FAR, height + 1_000, (1 << 53) - 1, u64::MAX]);
        let content = Vote { height: far, round: 0, kind: VoteKind::Prevote, value: None, court: key.public() };
        let signature = key.sign(&content.sign_bytes(&liar.chain));
        hello.newest = Some(SignedStep::Vote(Signed { content, signature }));
    }
}
