//! The end of the log: what a block follows.
//!
//! In: nothing. Out: [`Head`]. Always: of one height, one header digest and one root. Not for what blocks hold.

use courtseal_proof::digest::Digest;
use courtseal_proof::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The end of the log, as stored and as readers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Height of the last block; 0 after genesis.
    pub height: u64,
    /// Digest of its header; at height 0 the genesis digest.
    pub digest: Digest,
    /// Its time.
    pub time: Timestamp,
    /// Entries after it.
    pub size: u64,
    /// Root over them.
    pub root: Digest,
}
