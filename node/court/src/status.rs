//! What a court says of itself and of the others.
//!
//! In: nothing. Out: the types of a [`Snapshot`]. Always: a snapshot is consistent in itself. Not for making
//! one: see [`crate::court::Court::view`].

pub use courtseal_api::status::State;
use courtseal_proof::digest::Digest;
use courtseal_proof::name::CourtName;
use courtseal_proof::time::Timestamp;
use std::collections::BTreeMap;

/// What is counted of one court.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Blocks that it proposed and that break a rule.
    pub invalid_blocks: u64,
    /// Heights that it started and that recorded nothing.
    pub empty_heights: u64,
}

/// What the validator knows of another court.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CourtView {
    /// Its height, as it said last.
    pub height: Option<u64>,
    /// Since when it is not connected.
    pub down_since: Option<Timestamp>,
    /// Misconduct of this court since this node started that is not on the log.
    pub counts: Counts,
    /// The digest of its genesis, if that is another one than this node's.
    pub other_genesis: Option<Digest>,
    /// The time of its newest cosignature, if that does not count here because of it (F32).
    pub untimely: Option<Timestamp>,
}

/// Courts whose clocks agree (N11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockGroup {
    /// Their names.
    pub courts: Vec<CourtName>,
    /// What their clocks say; at most the last time with a text (F6).
    pub time: Timestamp,
}

/// The validator's view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// What the node is doing.
    pub state: State,
    /// Why it is not recording; if it is, what is wrong with clocks or with times of cosignatures.
    pub reason: Option<String>,
    /// The time of the last block, if it lies so far in the future that nothing can be recorded before then
    /// (R9).
    pub halted_until: Option<Timestamp>,
    /// Groups of courts whose clocks agree; empty if there is only one.
    pub clocks: Vec<ClockGroup>,
    /// Transactions that wait.
    pub pending: usize,
    /// Every court, this one too.
    pub courts: BTreeMap<CourtName, CourtView>,
}
