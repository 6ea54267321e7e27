//! The amnesiac: in the middle of a height it forgets what it has signed there and what it is locked on, and
//! signs again.
//!
//! In: what it has just sent, and what others tell it.
//! Out: when it forgets, and what it hears of others.
//! Always: it runs the shipped court, honestly, on emptied records. Others cannot remind it, because it hears
//! nothing that it has signed itself.
//! Not for courts whose disk fails: those ask the others first.

use super::Outgoing;
use crate::disk::Disk;
use courtseal_consensus::Message;
use courtseal_consensus::vote::{SignedStep, SigningStep, StepKind};
use courtseal_court::frame::Frame;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_world::Random;

/// Loses the logs; the database stays, so that the court goes on at its height.
pub fn forgets(disk: &Disk) {
    disk.lose_logs();
}

/// At which height it is going to forget what it has just sent, and after how many milliseconds. That is
/// between a proposal and the votes on it, between the two votes of a round, or while it is locked.
pub(super) fn forgets_soon(own: &PublicKey, out: &Outgoing, random: &mut Random) -> Option<(u64, u64)> {
    let newest = out.frames.iter().filter_map(|(_, frame)| step_of(own, frame)).max()?;
    let percent = if newest.kind == StepKind::Proposal { 50 } else { 20 };
    let after_ms = random.pick(&[1, 10, 100, 700]);
    random.chance(percent).then(|| (newest.height, random.between(1, after_ms)))
}

fn step_of(own: &PublicKey, frame: &Frame) -> Option<SigningStep> {
    let Frame::Consensus(message) = frame else { return None };
    statement(message).filter(|statement| statement.court() == *own).map(|statement| statement.step())
}

fn statement(message: &Message) -> Option<SignedStep> {
    match message {
        Message::Vote(vote) => Some(SignedStep::Vote(*vote)),
        Message::Proposal(proposal) => Some(SignedStep::Proposal(*proposal)),
        _ => None,
    }
}

/// What it lets its court hear of a message: nothing that it signed before, and no own vote in a hello.
pub(super) fn hears(own: &PublicKey, message: Message) -> Option<Message> {
    match message {
        Message::Hello(hello) => Some(Message::Hello(courtseal_consensus::Hello { newest: None, ..hello })),
        message if statement(&message).is_some_and(|statement| statement.court() == *own) => None,
        message => Some(message),
    }
}
