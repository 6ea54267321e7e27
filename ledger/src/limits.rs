//! The ledger's own bounds; those of the formats are in [`courtseal_proof::limits`].
//!
//! Each is inclusive. Not for the bounds of queues and sockets, which the node names itself.

/// Longest commit certificate that is stored beside a block, in bytes.
pub const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;
/// Longest cosigned checkpoint that is stored, in bytes.
pub const CHECKPOINT_BYTES_MAX: usize = 64 * 1024;
/// Most entries, receipts or indices that one call returns.
pub const READ_ENTRIES_MAX: usize = 4_096;
/// Blocks found valid that are kept, parsed, until one of them is committed: one a round is usual.
pub const VALID_BLOCKS_MAX: usize = 4;
/// Recorded transactions that are kept parsed for readers: as many as are recorded before the first of them has its receipt.
pub const LOADED_TRANSACTIONS_MAX: usize = 2_048;
/// Bytes of transaction texts that are kept parsed for readers; the newest is kept whatever its length.
pub const LOADED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Transactions recorded last whose places are kept in memory, for those who wait for them: more than three blocks hold.
pub const RECENT_TRANSACTIONS_MAX: usize = 65_536;
/// Most blocks in one part of a snapshot.
pub const PART_BLOCKS_MAX: usize = 1_024;
/// Bytes of blocks and certificates in one part of a snapshot; the first block is in it whatever its length.
pub const PART_BYTES_MAX: usize = 4 * 1024 * 1024;
