//! The contents of a ledger as its readers see them: its end, committed blocks, places of transactions.
//!
//! In: nothing.
//! Out: the types that the parts of the ledger share.
//! Always: they are plain values.
//! Not for reading or writing.

use crate::head::Head;
use crate::state::State;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::time::Timestamp;
use std::ops::Range;
use std::sync::Arc;

/// A head and the state after it, as readers see them.
pub struct Current {
    /// The end of the log.
    pub head: Head,
    /// The state after that head.
    pub state: Arc<State>,
}

/// A committed block and what it recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Height of the block.
    pub height: u64,
    /// Digest of its header.
    pub digest: Digest,
    /// Time of the block.
    pub time: Timestamp,
    /// Index of its first entry.
    pub first_index: u64,
    /// Number of entries in the log after it.
    pub size: u64,
    /// Root over these entries.
    pub root: Digest,
    /// Id and entries of each transaction, in order.
    pub transactions: Vec<(Digest, Range<u64>)>,
}

/// The bytes of a block and of its commit certificate, as a snapshot carries them.
pub type BlockAndCertificate = (Vec<u8>, Vec<u8>);

/// The height, time and entries of a recorded transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// Height of its block.
    pub height: u64,
    /// The block's time.
    pub time: Timestamp,
    /// Index of its first entry.
    pub first_index: u64,
    /// Number of its entries.
    pub count: u64,
}
