//! Targets of the ledger: stored records, blocks, transactions taken apart, tiles, damaged stores, the mark
//! of confirmed writes.
//!
//! In: bytes.
//! Out: see each.
//! Not for RocksDB: the store here is in memory.

pub mod blocks;
pub mod confirmed;
pub mod records;
pub mod tiles;
