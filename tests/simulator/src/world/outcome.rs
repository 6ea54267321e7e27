//! The result of a run, in figures.
//!
//! In: a world that has come to its end.
//! Out: the figures of the run, and the first violation.
//! Not for many runs together: see [`crate::batch`].

use crate::byzantine::Lie;
use crate::clients::acts::{ActName, Stated};
use courtseal_proof::bytes::digest::Digest;
use std::collections::BTreeMap;

/// The result of a run.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The seed that chose everything.
    pub seed: u64,
    /// Digest of all events.
    pub trace: Digest,
    /// Number of events.
    pub events: u64,
    /// Simulated time, in milliseconds.
    pub simulated_ms: u64,
    /// Blocks that honest courts committed.
    pub blocks: u64,
    /// Receipts that were verified.
    pub receipts: u64,
    /// The numbers of recorded and rejected acts, as receipts say.
    pub acts: BTreeMap<ActName, Stated>,
    /// Crashes of single courts.
    pub crashes: u64,
    /// Crashes in which a disk had the fault of the profile.
    pub damages: u64,
    /// How often each lie of this run's byzantine courts was told.
    pub lies: BTreeMap<Lie, u64>,
    /// Whether the log split, which only a run about forks may.
    pub is_forked: bool,
    /// The first violation, in words.
    pub violation: Option<String>,
}
