//! The ledger of one network: which blocks are valid, what they record, and where that is kept.
//!
//! In: a genesis, a store, blocks as bytes, times as arguments. Out: entries, the Merkle tree over them, proofs, receipts.
//! Always: the same genesis and blocks give the same entries, roots and state on every node; one synced batch a block; what is read is
//! checked before it is believed. Not for agreeing on blocks, for sending anything, or for reading clocks: no async code, no sockets,
//! no clock and no random generator here.
//!
//! A reader follows a block's way: [`checked`] (a transaction read once, by its [`parts`]), [`state`], [`history`], [`admit`], [`mod@build`] and
//! [`mod@validate`] (may it be in a block), [`mod@execute`] (what it records), [`tree`] (the log's hashes), [`schema`] and [`store`] (bytes on
//! disk), [`ledger`] (all of it together, for the node), [`snapshot`] (the same, from another court or a file).

pub mod admit;
pub mod build;
pub mod checked;
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

#[cfg(test)]
mod testing;

pub use checked::{Checked, NothingSeen, Seen, Vouched};
pub use error::{Error, Invalid, Refused};
pub use head::Head;
pub use ledger::{BlockAndCertificate, Committed, Ledger, Recorded, Scrubbed, View};
pub use state::State;
pub use valid_block::ValidBlock;
