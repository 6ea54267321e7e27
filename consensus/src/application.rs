//! The one trait between consensus and ledger.
//!
//! In: heights, block bytes, decisions.
//! Out: blocks to propose, verdicts, decided blocks.
//! Always: a verdict depends on the state after the previous block and on nothing else.
//! Not for anything that waits: every call returns at once.

use crate::court_set::CourtSet;
use crate::error::Error;
use crate::vote::CommitCertificate;
use courtseal_proof::block::ReadBlock;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::time::Timestamp;

/// The verdict on a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be decided.
    Valid,
    /// It can never become valid. A late time is not a reason: consensus judges times (rule C16).
    Invalid {
        /// Which rule it breaks.
        reason: String,
    },
}

/// A decided block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Proof that it is decided. Other courts may hold other certificates for it.
    pub certificate: CommitCertificate,
    /// The block with its encoded bytes.
    pub block: ReadBlock,
}

impl Decided {
    /// The block's height.
    pub fn height(&self) -> u64 {
        self.block.header().height
    }

    /// Its header's digest.
    pub fn digest(&self) -> Digest {
        self.block.digest()
    }

    /// Its header's time.
    pub fn time(&self) -> Timestamp {
        self.block.header().time
    }
}

/// What consensus asks of the ledger. `height` is always the one after the last committed block, except in
/// [`Application::decided`].
pub trait Application {
    /// The courts that decide `height`.
    ///
    /// # Errors
    /// Storage failed; fatal.
    fn courts(&self, height: u64) -> Result<CourtSet, Error>;

    /// Builds the block that this court proposes; an empty one when there is nothing to record. The header
    /// carries `time`.
    ///
    /// # Errors
    /// Storage failed; fatal.
    fn build(&mut self, height: u64, round: u32, time: Timestamp) -> Result<ReadBlock, Error>;

    /// Judges a decided block. The host judges proposed blocks: see [`crate::Effect::Judge`].
    ///
    /// # Errors
    /// Storage failed; fatal.
    fn check(&mut self, height: u64, block: &ReadBlock) -> Result<Verdict, Error>;

    /// Commits a decided block durably; does nothing if that height is committed already.
    ///
    /// # Errors
    /// Storage failed, or the block contradicts the state; fatal.
    fn commit(&mut self, decided: &Decided) -> Result<(), Error>;

    /// The decided block of a height, if it is stored here.
    ///
    /// # Errors
    /// Storage failed; fatal.
    fn decided(&self, height: u64) -> Result<Option<Decided>, Error>;

    /// Whether there is anything that a block of this time, on top of the last committed one, could record.
    fn has_work(&mut self, time: Timestamp) -> bool;
}
