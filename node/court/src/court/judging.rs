//! Judges a proposed block away from the thread that votes (C29).
//!
//! In: the block, the ledger, the waiting transactions.
//! Out: the verdict, for [`super::Court::judged`].
//! Always: the verdict is for the ledger's head at that time, and has no use once another block is committed.
//! Not for choosing the thread: the host does.

use crate::application::check;
use crate::mempool::Texts;
use courtseal_consensus::{Event, Verdict};
use courtseal_ledger::Ledger;
use courtseal_proof::block::ReadBlock;
use courtseal_proof::bytes::digest::Digest;
use std::sync::Arc;

/// A block to judge, with the ledger and the waiting transactions that are needed for it.
pub struct Judgement {
    pub(super) height: u64,
    pub(super) value: Digest,
    pub(super) block: ReadBlock,
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
    /// Judges the block. A block full of signatures that were not checked before takes up to a second.
    pub fn run(self) -> Judged {
        let verdict = check(&self.ledger, &self.block, &self.texts).map_err(|error| error.to_string());
        Judged { height: self.height, value: self.value, verdict }
    }
}

impl Judged {
    /// Digest of the header of the judged block.
    pub fn value(&self) -> Digest {
        self.value
    }
}

impl From<Judged> for Event {
    fn from(judged: Judged) -> Self {
        Self::Judged { height: judged.height, value: judged.value, verdict: judged.verdict }
    }
}
