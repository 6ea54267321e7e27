//! Targets of the proof crate, by what they read.
//!
//! In: bytes. Out: see each. Not for anything with a store or a peer.

pub mod binary;
pub mod documents;
pub mod receipts;
pub mod texts;
pub mod trees;
