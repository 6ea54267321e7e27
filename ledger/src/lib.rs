//! The ledger of one network: which blocks are valid, what they record, and where that is stored.
//!
//! In: a genesis, a store, blocks as bytes, times as arguments.
//! Out: entries, the Merkle tree over them, proofs, receipts.
//! Always: the same genesis and blocks give the same entries, roots and state on every node. Each block is
//! one synced batch. Stored data is checked before it is used.
//! Not for agreeing on blocks, for sending anything, or for reading clocks: this crate has no async code, no
//! sockets, no clock and no random generator.
//!
//! The modules in the order in which a block passes them:
//! * [`parts`] and [`verified_transaction`]: a transaction is parsed and its signature checked, once.
//! * [`state`] and [`history`]: the state and the log before a block.
//! * [`admit`], [`mod@build`] and [`mod@validate`]: whether a block may hold a transaction.
//! * [`mod@execute`]: what a block records.
//! * [`tree`]: the hashes of the log.
//! * [`schema`] and [`store`]: the bytes on disk.
//! * [`ledger`]: all of it together, for the node.
//! * [`snapshot`]: the log as frames, from another court or a file.

pub mod admit;
pub mod build;
pub mod error;
pub mod execute;
pub mod head;
pub mod history;
pub mod ledger;
pub mod limits;
pub mod parts;
pub mod records;
pub mod schema;
pub mod snapshot;
pub mod state;
pub mod store;
pub mod tree;
pub mod valid_block;
pub mod validate;
pub mod verified_transaction;

#[cfg(test)]
mod testing;

pub use error::{Error, Invalid, Refused};
pub use head::Head;
pub use ledger::{BlockAndCertificate, Committed, Ledger, Recorded, Scrubbed, View};
pub use state::State;
pub use valid_block::ValidBlock;
pub use verified_transaction::{NoCache, SignatureCache, VerifiedByQuorum, VerifiedTransaction};
