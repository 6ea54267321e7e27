//! The ledger of one network: which blocks are valid, what they record, and where that is kept.
//!
//! In: a genesis, a store, blocks as bytes, times as arguments. Out: entries, the Merkle tree over them, proofs, receipts.
//! Always: the same genesis and blocks give the same entries, roots and state on every node; one synced batch a block; what is read is
//! checked before it is believed. Not for agreeing on blocks, for sending anything, or for reading clocks: no async code, no sockets,
//! no clock and no random generator here.
//!
//! A reader follows a block's way: [`checked`] (a transaction read once, by its [`parts`]), [`state`] and [`rules`] (may it be in a block), [`execute`] (what it
//! records), [`tree`] (the log's hashes), [`schema`] and [`store`] (bytes on disk), [`ledger`] (all of it together, for the node), [`snapshot`] (the same, from another court or a file).

pub mod checked;
pub mod error;
pub mod execute;
pub mod history;
pub mod ledger;
pub mod limits;
pub mod parts;
pub mod records;
pub mod rules;
pub mod schema;
pub mod snapshot;
pub mod state;
pub mod store;
pub mod tree;

#[cfg(test)]
mod testing;

pub use checked::{Checked, NothingSeen, Seen, Vouched};
pub use error::{Error, Invalid, Refused};
pub use ledger::{BlockAndCertificate, Committed, Head, Ledger, Recorded, Scrubbed};
pub use rules::ValidBlock;
pub use state::State;
