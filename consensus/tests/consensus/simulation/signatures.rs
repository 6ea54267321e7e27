//! One signature a step: what courts sign, compared with what they signed before.
//!
//! In: messages, as they leave a court or reach one.
//! Out: pairs that contradict each other.
//! Always: every signature is compared with the first one of its step.
//! Not for deciding which messages count.

use courtseal_consensus::Message;
use courtseal_consensus::vote::{SignedStep, SigningStep};
use courtseal_proof::bytes::key::PublicKey;
use std::collections::BTreeMap;

/// The first signature of each step, and those that contradict it.
#[derive(Default)]
pub struct Signatures {
    first: BTreeMap<(PublicKey, SigningStep), SignedStep>,
    /// Two statements of one court for one step.
    pub double: Vec<(SignedStep, SignedStep)>,
}

impl Signatures {
    /// Notes a message of `from`. Its own statements count, and not those that it hands on.
    pub(super) fn note(&mut self, from: PublicKey, message: &Message) {
        let statement = match message {
            Message::Vote(vote) => SignedStep::Vote(*vote),
            Message::Proposal(proposal) => SignedStep::Proposal(*proposal),
            _ => return,
        };
        if statement.court() != from {
            return;
        }
        let first = *self.first.entry((from, statement.step())).or_insert(statement);
        if first.conflicts_with(&statement) {
            self.double.push((first, statement));
        }
    }
}
