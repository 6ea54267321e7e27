//! Courts that lie: each lie in a file of its own.
//!
//! In: the frames that an honest court with these keys would send. Out: what the liar sends instead. Always: a liar has only its own keys; what it does
//! is chosen by the seed. Not for courts that merely fail: see [`crate::world`].

mod amnesiac;
mod eager;
mod equivocator;
mod false_body;
mod false_cosigner;
mod garbage;
mod hasty;
mod lying_sync;
mod thief;
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
pub use thief::FAR;
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
    /// Votes for heights that nobody has a reason to begin.
    Eager,
    /// Proposes invalid blocks for its turns in later rounds.
    Hasty,
    /// Shows a court signatures by that court's own key, which it has stolen.
    Thief,
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
        Self::Eager,
        Self::Hasty,
        Self::Thief,
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
    /// The highest height that it has lied about, if its lie is told once a height.
    told: u64,
    /// Blocks that it sent for later rounds: their heights and rounds.
    early: BTreeMap<Digest, (u64, u32)>,
    /// Nodes that are connected to it now.
    pub peers: Vec<usize>,
}

impl Liar {
    /// A court with these keys, in a network of so many.
    pub fn new(lie: Lie, keys: CourtKeys, chain: Digest, courts: usize) -> Self {
        Self { lie, keys, chain, courts, replaced: BTreeMap::new(), told: 0, early: BTreeMap::new(), peers: Vec::new() }
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
            Lie::Eager => eager::falsify(self, out, ledger.head().height),
            Lie::Hasty => hasty::falsify(self, out, ledger),
            Lie::Thief => thief::falsify(self, out, ledger.head().height, random),
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
            Lie::Equivocator | Lie::Twin | Lie::Amnesiac | Lie::FalseCosigner | Lie::Eager | Lie::Hasty | Lie::Thief => {
                Some(frame)
            }
        }
    }

    /// The height and round that it sent this block for, before that round ran.
    pub fn early(&self, value: &Digest) -> Option<(u64, u32)> {
        self.early.get(value).copied()
    }

    fn is_early(&self, value: &Digest) -> bool {
        self.early.contains_key(value)
    }

    fn vote(&self, content: Vote) -> SignedVote {
        Signed { signature: self.keys.vote.sign(&content.preimage(&self.chain)), content }
    }

    fn proposal(&self, content: Proposal) -> SignedProposal {
        Signed { signature: self.keys.vote.sign(&content.preimage(&self.chain)), content }
    }
}
