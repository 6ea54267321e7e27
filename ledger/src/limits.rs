//! The ledger's own bounds. Those of the formats are in [`courtseal_proof::bytes::limits`].
//!
//! In: nothing.
//! Out: constants.
//! Always: each bound is inclusive.
//! Not for the bounds of queues and sockets, which the node has.

/// Longest commit certificate that is stored beside a block, in bytes.
pub const CERTIFICATE_BYTES_MAX: usize = 64 * 1024;
/// Longest cosigned checkpoint that is stored, in bytes.
pub const CHECKPOINT_BYTES_MAX: usize = 64 * 1024;
/// Most entries, receipts or indices that one call returns.
pub const READ_ENTRIES_MAX: usize = 4_096;
/// Most valid blocks that are kept, parsed, until one of them is committed; usually there is one a round.
pub const VALID_BLOCKS_MAX: usize = 4;
/// Most recorded transactions that are kept parsed for readers. It is the number recorded before the first of
/// them has its receipt.
pub const LOADED_TRANSACTIONS_MAX: usize = 2_048;
/// Most bytes of transaction texts that are kept parsed for readers; the newest is kept whatever its length.
pub const LOADED_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most transactions whose places are kept in memory for clients that wait for them: more than three blocks
/// hold. The oldest is dropped.
pub const RECENT_TRANSACTIONS_MAX: usize = 65_536;
/// Most blocks in one part of a snapshot.
pub const PART_BLOCKS_MAX: usize = 1_024;
/// Most bytes of blocks and certificates in one part of a snapshot; the first block is in it whatever its
/// length.
pub const PART_BYTES_MAX: usize = 4 * 1024 * 1024;
