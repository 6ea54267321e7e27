//! The environment of a court: its durable logs, and the host that performs its effects.
//!
//! In: nothing.
//! Out: the traits [`Logs`] and [`Host`], and [`Environment`], with which an event is handled.
//! Always: a call to the host returns at once. A call to the logs returns when the data is durable.
//! Not for implementing the traits: nodes and simulators do that.

use super::judging::Judgement;
use super::misconduct::Proof;
use crate::clock_watch::Comparison;
use crate::cosign::CosignedLog;
use crate::frame::Frame;
use crate::mempool::Load;
use courtseal_consensus::{Error, Journal, Now, Token};
use courtseal_ledger::Committed;
use courtseal_proof::bytes::name::CourtName;
use courtseal_proof::log::checkpoint::CosignedCheckpoint;

/// The change of the fetch since the last call of [`Host::fetch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchChange {
    /// The fetch has started. Block sync rests meanwhile.
    Started,
    /// The fetch has ended. Block sync does the rest.
    Ended,
    /// The fetch runs as before, or does not run.
    None,
}

/// The durable logs of a court: those of consensus, and the record of its cosignatures.
pub trait Logs: Journal {
    /// Makes the record of a cosignature durable, before the signature exists.
    ///
    /// # Errors
    /// The write failed. This is final: the court stops signing.
    fn record_cosigned(&mut self, log: &CosignedLog) -> Result<(), Error>;
}

/// An event of a court, for counters.
#[derive(Clone, Copy, Debug)]
pub enum Measured<'a> {
    /// A block was committed.
    Committed(&'a Committed),
    /// The court proposed an invalid block (C29).
    InvalidBlock(&'a CourtName),
    /// The court started a height that recorded nothing (C28).
    EmptyHeight(&'a CourtName),
    /// The transactions that wait for a block.
    Waiting {
        /// The present load of the mempool.
        load: Load,
        /// Transactions that were dropped for others since the last report.
        dropped: u64,
    },
    /// The result of a check of the clocks.
    Times {
        /// Whether the last block lies in the future.
        is_halted: bool,
        /// How the courts' clocks compare.
        clocks: &'a Comparison,
        /// Courts whose cosignatures do not count because of their times.
        untimely_courts: usize,
    },
}

/// The network, timers and clients of a court, as its host provides them.
pub trait Host {
    /// Sends a frame to one court, if it is connected.
    fn send(&mut self, court: &CourtName, frame: &Frame);
    /// Sends a frame to all connected courts.
    fn broadcast(&mut self, frame: &Frame);
    /// Ends the connection to a court, which may connect again.
    fn disconnect(&mut self, court: &CourtName);
    /// Ends the connection to a court with another genesis, and makes no new one for a while (C23).
    fn leave_alone(&mut self, court: &CourtName) {
        self.disconnect(court);
    }
    /// Ends the pause that [`Self::leave_alone`] began: the court has this genesis again.
    fn welcome_back(&mut self, _court: &CourtName) {}
    /// Starts a timer of `after_ms` milliseconds.
    fn set_timer(&mut self, token: Token, after_ms: u64);
    /// Cancels a timer.
    fn cancel_timer(&mut self, token: Token);
    /// Judges a block on another thread, and passes the verdict to [`super::Court::judged`].
    fn judge(&mut self, judgement: Judgement);
    /// Keeps a file of evidence. An existing file of this name stays.
    fn keep(&mut self, proof: Proof);
    /// Publishes a checkpoint that has its quorum and is stored. Its entries are acknowledged from now on.
    fn acknowledge(&mut self, checkpoint: CosignedCheckpoint);
    /// Counts an event for the node's metrics.
    fn measure(&mut self, _measured: Measured<'_>) {}
    /// Lets the host fetch the log as a snapshot if this court's `height` is far below `told`, the height
    /// that the others tell (N10). Called often. In a node, `Fetcher::begin_if_far_behind` decides
    /// (`node/src/snapshot/fetch.rs`).
    fn fetch(&mut self, height: u64, told: u64) -> FetchChange;
}

/// The environment in which a court handles one event.
pub struct Environment<'a> {
    /// The readings of both clocks.
    pub now: Now,
    /// The durable logs.
    pub logs: &'a mut dyn Logs,
    /// The host that performs effects.
    pub host: &'a mut dyn Host,
}
