//! A byzantine court, called a liar: its lie, its keys, what it remembers of its lies.
//!
//! In: which lie, the court's keys.
//! Out: votes and proposals under these keys.
//! Always: it has no keys but its own.
//! Not for what it sends: each lie is a file of [`super`].

use courtseal_consensus::vote::{Proposal, Signed, SignedProposal, SignedVote, Vote};
use courtseal_court::frame::Frame;
use courtseal_court::keys::CourtKeys;
use courtseal_proof::bytes::digest::Digest;
use std::collections::BTreeMap;

/// How a byzantine court lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lie {
    /// Says different things to different courts.
    Equivocator,
    /// Two nodes with the same keys, each honest.
    Twin,
    /// Forgets what it has signed, and signs again.
    Amnesiac,
    /// Proposes, and never sends the block.
    Withholder,
    /// Proposes blocks that break a rule.
    FalseBody,
    /// Answers courts that catch up with blocks that were never decided.
    LyingSync,
    /// Sends bytes that are no messages, and messages with absurd values.
    Garbage,
    /// Cosigns roots that are not those of the log.
    FalseCosigner,
    /// Votes for heights that no court has a reason to start.
    Eager,
    /// Proposes invalid blocks for its turns in later rounds.
    Hasty,
    /// Shows a court signatures by that court's own key, which it has stolen.
    Thief,
}

impl Lie {
    /// All lies, in the order of their declaration.
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

/// What a node sends after one event: frames, and bytes that are no frames.
#[derive(Default)]
pub struct Outgoing {
    /// The receiver's place, and the frame.
    pub frames: Vec<(usize, Frame)>,
    /// The receiver's place, and bytes as they go over the wire.
    pub raw: Vec<(usize, Vec<u8>)>,
}

/// What a liar knows and has.
pub struct Liar {
    pub(super) lie: Lie,
    pub(super) keys: CourtKeys,
    pub(super) chain: Digest,
    pub(super) courts: usize,
    /// The values that it put in the place of honest ones.
    pub(super) replaced: BTreeMap<Digest, Digest>,
    /// The highest height that it has lied about, if its lie is told once a height.
    pub(super) told: u64,
    /// Blocks that it sent for later rounds: their heights and rounds.
    pub(super) early: BTreeMap<Digest, (u64, u32)>,
    /// Nodes that are connected to it now.
    pub peers: Vec<usize>,
}

impl Liar {
    /// A court with these keys, in a network of this many.
    pub fn new(lie: Lie, keys: CourtKeys, chain: Digest, courts: usize) -> Self {
        Self { lie, keys, chain, courts, replaced: BTreeMap::new(), told: 0, early: BTreeMap::new(), peers: Vec::new() }
    }

    /// The height and round that it sent this block for, before that round ran.
    pub fn early(&self, value: &Digest) -> Option<(u64, u32)> {
        self.early.get(value).copied()
    }

    pub(super) fn is_early(&self, value: &Digest) -> bool {
        self.early.contains_key(value)
    }

    pub(super) fn vote(&self, content: Vote) -> SignedVote {
        Signed { signature: self.keys.vote.sign(&content.sign_bytes(&self.chain)), content }
    }

    pub(super) fn proposal(&self, content: Proposal) -> SignedProposal {
        Signed { signature: self.keys.vote.sign(&content.sign_bytes(&self.chain)), content }
    }
}
