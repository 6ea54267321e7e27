//! Judges a proposed block, away from the thread that votes (C29).
//!
//! In: the block, the ledger, what waits. Out: the verdict, for [`super::Court::judged`]. Always: the verdict
//! is for the ledger's head at that time, and is of no use once a further block is committed. Not for
//! deciding where it runs: the host does.

use crate::application::check;
use crate::mempool::Texts;
use courtseal_consensus::{BlockBytes, Event, Verdict};
use courtseal_ledger::Ledger;
use courtseal_proof::digest::Digest;
use std::sync::Arc;

/// A block to be judged, with the ledger and the waiting transactions to judge it by.
pub struct Judgement {
    pub(super) height: u64,
    pub(super) value: Digest,
    pub(super) block: BlockBytes,
    pub(super) ledger: Arc<Ledger>,
    pub(super) texts: Arc<Texts>,
}

/// The verdict on a block.
#[derive(Clone, Debug)]
pub struct Judged {
    height: u64,
    value: Digest,
    verdict: Result<Verdict, String>,
}

impl Judgement {
    /// Judges the block. Takes up to a second for a block full of signatures that were not checked before.
    pub fn run(self) -> Judged {
        let verdict = check(&self.ledger, &self.block.0, &self.texts).map_err(|error| error.to_string());
        Judged { height: self.height, value: self.value, verdict }
    }
}

impl Judged {
    /// The header's digest of the block that was judged.
    pub fn value(&self) -> Digest {
        self.value
    }
}

impl From<Judged> for Event {
    fn from(judged: Judged) -> Self {
        Self::Judged { height: judged.height, value: judged.value, verdict: judged.verdict }
    }
}
