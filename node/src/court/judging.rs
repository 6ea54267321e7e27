//! A proposed block that is to be judged, away from the thread that votes (C29).
//!
//! In: the block, the ledger, what waits. Out: the verdict, for [`super::Court::judged`]. Always: it depends on the ledger's head when it
//! is made, and is of no use once a further block is committed. Not for deciding where it runs: that is the host's.

use crate::application::check;
use crate::mempool::Texts;
use courtseal_consensus::{BlockBytes, Checked, Event};
use courtseal_ledger::Ledger;
use courtseal_proof::digest::Digest;
use std::sync::Arc;

/// See the module.
pub struct Judgement {
    pub(super) height: u64,
    pub(super) value: Digest,
    pub(super) block: BlockBytes,
    pub(super) ledger: Arc<Ledger>,
    pub(super) texts: Arc<Texts>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Judged {
    height: u64,
    value: Digest,
    verdict: Result<Checked, String>,
}

impl Judgement {
    /// Judges; takes up to a second for a block full of signatures that nobody has checked.
    pub fn run(self) -> Judged {
        let verdict = check(&self.ledger, &self.block.0, &self.texts).map_err(|error| error.to_string());
        Judged { height: self.height, value: self.value, verdict }
    }
}

impl Judged {
    /// The block that was judged.
    pub fn value(&self) -> Digest {
        self.value
    }
}

impl From<Judged> for Event {
    fn from(judged: Judged) -> Self {
        Self::Judged { height: judged.height, value: judged.value, verdict: judged.verdict }
    }
}
