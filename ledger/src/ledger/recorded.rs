//! What a ledger says of what it holds: its end, committed blocks, places of transactions.
//!
//! In: nothing. Out: the types that its parts share. Always: plain values. Not for reading or writing.

use crate::head::Head;
use crate::state::State;
use courtseal_proof::digest::Digest;
use courtseal_proof::time::Timestamp;
use std::ops::Range;
use std::sync::Arc;

/// What readers see: a head and the state after it.
pub struct Current {
    /// The end of the log.
    pub head: Head,
    /// The state there.
    pub state: Arc<State>,
}

/// A committed block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Its height.
    pub height: u64,
    /// Its header's digest.
    pub digest: Digest,
    /// Its time.
    pub time: Timestamp,
    /// Index of its first entry.
    pub first_index: u64,
    /// Entries in the log after it.
    pub size: u64,
    /// Root over them.
    pub root: Digest,
    /// Id and entries of each transaction, in order.
    pub transactions: Vec<(Digest, Range<u64>)>,
}

/// The bytes of a block and of its commit certificate, as a snapshot carries them.
pub type BlockAndCertificate = (Vec<u8>, Vec<u8>);

/// Where and when a transaction is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Its block.
    pub height: u64,
    /// The block's time.
    pub time: Timestamp,
    /// Index of its first entry.
    pub first_index: u64,
    /// Number of its entries.
    pub count: u64,
}
