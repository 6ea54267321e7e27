//! Courts that lie: each lie in a file of its own.
//!
//! In: the frames that an honest court with these keys would send. Out: what the liar sends instead. Always: a liar has only its own keys; what it does
//! is chosen by the seed. Not for courts that merely fail: see [`crate::world`].

mod amnesiac;
mod equivocator;
mod false_body;
mod false_cosigner;
mod garbage;
mod lying_sync;
mod twin;
mod withholder;

use crate::random::Random;
use courtseal_consensus::Message;
use courtseal_consensus::vote::{Proposal, Signed, SignedProposal, SignedVote, Vote};
use courtseal_ledger::Ledger;
use courtseal_node::keys::CourtKeys;
use courtseal_node::network::Frame;
use courtseal_proof::digest::Digest;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use amnesiac::forgets;
pub use twin::serves;

/// The lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lie {
    /// Says different things to different courts.
    Equivocator,
    /// Two nodes with the same keys, each honest.
    Twin,
    /// Forgets what it has signed, and signs anew.
    Amnesiac,
    /// Proposes, and never sends the block.
    Withholder,
    /// Proposes blocks that break a rule.
    FalseBody,
    /// Answers those who catch up with blocks that nobody decided.
    LyingSync,
    /// Sends bytes that mean nothing, and messages that mean too much.
    Garbage,
    /// Cosigns what is not the log.
    FalseCosigner,
}

impl Lie {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Equivocator,
        Self::Twin,
        Self::Amnesiac,
        Self::Withholder,
        Self::FalseBody,
        Self::LyingSync,
        Self::Garbage,
        Self::FalseCosigner,
    ];
}

/// What a node sends after one event: frames, and bytes that are none.
#[derive(Default)]
pub struct Outgoing {
    /// To whom, what.
    pub frames: Vec<(usize, Frame)>,
    /// To whom, what, as it goes over the wire.
    pub raw: Vec<(usize, Vec<u8>)>,
}

/// A liar's means.
pub struct Liar {
    lie: Lie,
    keys: CourtKeys,
    chain: Digest,
    courts: usize,
    /// What it put in the place of honest values.
    replaced: BTreeMap<Digest, Digest>,
}

impl Liar {
    /// A court with these keys, in a network of so many.
    pub fn new(lie: Lie, keys: CourtKeys, chain: Digest, courts: usize) -> Self {
        Self { lie, keys, chain, courts, replaced: BTreeMap::new() }
    }

    /// Turns what an honest court would send into what this one does.
    pub fn falsify(&mut self, out: &mut Outgoing, ledger: &Arc<Ledger>, now_ms: u64, random: &mut Random) {
        match self.lie {
            Lie::Equivocator => equivocator::falsify(self, out, random),
            Lie::Twin | Lie::Amnesiac => {}
            Lie::Withholder => withholder::falsify(out),
            Lie::FalseBody => false_body::falsify(self, out, now_ms, random),
            Lie::LyingSync => lying_sync::falsify(self, out, ledger, random),
            Lie::Garbage => garbage::falsify(self, out, ledger, random),
            Lie::FalseCosigner => false_cosigner::falsify(self, out, random),
        }
    }

    /// At which height it is going to forget what it has just sent, and after how many milliseconds.
    pub fn forgets_soon(&self, out: &Outgoing, random: &mut Random) -> Option<(u64, u64)> {
        if self.lie != Lie::Amnesiac {
            return None;
        }
        amnesiac::forgets_soon(&self.keys.vote.public(), out, random)
    }

    /// What it takes in of a message.
    pub fn hears(&self, message: Message) -> Option<Message> {
        if self.lie == Lie::Amnesiac { amnesiac::hears(&self.keys.vote.public(), message) } else { Some(message) }
    }

    /// What it sends instead of a frame of a snapshot; nothing: it stays silent.
    pub fn falsify_snapshot(&mut self, frame: Vec<u8>, random: &mut Random) -> Option<Vec<u8>> {
        match self.lie {
            Lie::Withholder => None,
            Lie::Garbage => Some(random.bytes(frame.len())),
            Lie::LyingSync | Lie::FalseBody => Some(lying_sync::falsify_frame(self, frame, random)),
            Lie::Equivocator | Lie::Twin | Lie::Amnesiac | Lie::FalseCosigner => Some(frame),
        }
    }

    fn vote(&self, content: Vote) -> SignedVote {
        Signed { signature: self.keys.vote.sign(&content.preimage(&self.chain)), content }
    }

    fn proposal(&self, content: Proposal) -> SignedProposal {
        Signed { signature: self.keys.vote.sign(&content.preimage(&self.chain)), content }
    }
}
