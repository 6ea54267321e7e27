//! The types of a court's report of its own state and of the other courts (R9).
//!
//! In: nothing.
//! Out: the types of a [`NetworkView`].
//! Always: a view is consistent in itself.
//! Not for making one: see [`crate::court::Court::view`].

pub use courtseal_api::status::State;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::name::CourtName;
use courtseal_proof::bytes::time::Timestamp;
use std::collections::BTreeMap;

/// Counts of one court's misconduct.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Invalid blocks that the court proposed (C29).
    pub invalid_blocks: u64,
    /// Heights that the court started and that recorded nothing (C28).
    pub empty_heights: u64,
}

/// What this court knows of one court.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CourtView {
    /// Its height, as it told last; `None` if it has told none.
    pub height: Option<u64>,
    /// The time since which it is not connected.
    pub down_since: Option<Timestamp>,
    /// Its misconduct since this node started that is not recorded in the log.
    pub counts: Counts,
    /// The digest of its genesis, if that is another one than this node's.
    pub other_genesis: Option<Digest>,
    /// The time of its newest cosignature, if the cosignature does not count here because of that time (F32).
    pub untimely: Option<Timestamp>,
}

/// Courts whose clocks agree (N11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockGroup {
    /// Names of these courts.
    pub courts: Vec<CourtName>,
    /// Time of their clocks, limited to times that have a text (F6).
    pub time: Timestamp,
}

/// This court's view of itself and of the network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkView {
    /// State of the node.
    pub state: State,
    /// The reason why it is not recording. If it records, what is wrong with clocks or with times of
    /// cosignatures.
    pub reason: Option<String>,
    /// The time of the last block, if it is so far in the future that nothing can be recorded before (R9).
    pub halted_until: Option<Timestamp>,
    /// Groups of courts whose clocks agree; empty if there is only one.
    pub clocks: Vec<ClockGroup>,
    /// Number of waiting transactions.
    pub pending: usize,
    /// All courts, this one included.
    pub courts: BTreeMap<CourtName, CourtView>,
}
