//! The end of the log, which the next block follows.
//!
//! In: nothing.
//! Out: [`Head`].
//! Always: its fields are of one height, one header digest and one root.
//! Not for the content of blocks.

use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The end of the log, as stored and as readers see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// Height of the last block; 0 if there is only height 0.
    pub height: u64,
    /// Digest of the last block's header; at height 0 the genesis digest.
    pub digest: Digest,
    /// Time of the last block.
    pub time: Timestamp,
    /// Number of entries after the last block.
    pub size: u64,
    /// Root over these entries.
    pub root: Digest,
}
