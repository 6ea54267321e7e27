//! What a court acts on: its durable logs, and the world outside.
//!
//! In: nothing. Out: the traits [`Logs`] and [`Host`], and [`Means`], which is what an event is handled with.
//! Always: a call returns at once, but for the logs, which return when something is durable. Not for
//! implementing them: nodes and simulators do.

use super::judging::Judgement;
use super::misconduct::Proof;
use crate::clock_watch::Comparison;
use crate::cosign::Mark;
use crate::frame::Frame;
use crate::mempool::Load;
use courtseal_consensus::{Error, Journal, Now, Token};
use courtseal_ledger::Committed;
use courtseal_proof::checkpoint::CosignedCheckpoint;
use courtseal_proof::name::CourtName;

/// What a look at the fetch brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchChange {
    /// It runs now: block sync is not needed meanwhile.
    Started,
    /// It has ended: block sync does the rest.
    Ended,
    /// Nothing changed.
    None,
}

/// The durable logs of a court: those of consensus, and the marks of its cosignatures.
pub trait Logs: Journal {
    /// Makes a mark durable, before its signature exists.
    ///
    /// # Errors
    /// Final.
    fn mark(&mut self, mark: &Mark) -> Result<(), Error>;
}

/// What a court has done or seen, to be counted.
#[derive(Clone, Copy, Debug)]
pub enum Measured<'a> {
    /// A block was committed.
    Committed(&'a Committed),
    /// This court proposed an invalid block (C29).
    InvalidBlock(&'a CourtName),
    /// This court started a height that recorded nothing (C28).
    EmptyHeight(&'a CourtName),
    /// How much waits for a block.
    Waiting {
        /// Now.
        load: Load,
        /// Transactions that were dropped for others since the last time.
        dropped: u64,
    },
    /// What a look at the clocks found.
    Times {
        /// Whether the last block lies in the future.
        is_halted: bool,
        /// How the courts' clocks compare.
        clocks: &'a Comparison,
        /// Courts whose cosignatures do not count because of their times.
        untimely_courts: usize,
    },
}

/// Network, timers and clients of a court.
pub trait Host {
    /// Sends to one court, if it is connected.
    fn send(&mut self, court: &CourtName, frame: &Frame);
    /// Sends to all connected courts.
    fn broadcast(&mut self, frame: &Frame);
    /// Ends the connection to a court; it may connect again.
    fn disconnect(&mut self, court: &CourtName);
    /// Ends the connection to a court, and makes no new one for a while.
    fn leave_alone(&mut self, court: &CourtName) {
        self.disconnect(court);
    }
    /// A court that was left alone is one of this network again.
    fn welcome_back(&mut self, _court: &CourtName) {}
    /// Starts a timer.
    fn set_timer(&mut self, token: Token, after_ms: u64);
    /// Forgets a timer.
    fn cancel_timer(&mut self, token: Token);
    /// Judges a block away from this thread, and hands the verdict to [`super::Court::judged`].
    fn judge(&mut self, judgement: Judgement);
    /// Keeps a file of evidence. If a file of this name is there, that one stays.
    fn keep(&mut self, proof: Proof);
    /// A checkpoint has its quorum and is stored: what is in it is acknowledged from now on.
    fn acknowledge(&mut self, checkpoint: CosignedCheckpoint);
    /// Counts something, for whoever watches the node.
    fn measure(&mut self, _measured: Measured<'_>) {}
    /// This court is at `height`, and the others say `told`: the host fetches the log as a snapshot if that
    /// is far (N10). Asked often.
    fn fetch(&mut self, height: u64, told: u64) -> FetchChange;
}

/// What an event is handled with.
pub struct Means<'a> {
    /// The clocks.
    pub now: Now,
    /// The durable logs.
    pub logs: &'a mut dyn Logs,
    /// The world outside.
    pub host: &'a mut dyn Host,
}
