//! `receipt show` and `receipt fetch`.
//!
//! In: a receipt; or a file, a digest or an entry, and nodes. Out: what a receipt says, or a receipt that
//! holds. Not for verdicts about files: see `verify`.

mod fetch;
mod show;

use super::command::commands;

commands! {
    /// The commands of `receipt`.
    Receipt {
        /// Show what a receipt says: entry, member, time, courts; `verify` checks it
        Show(show::Show),
        /// Fetch receipts of a file, a digest or an entry from nodes, and keep those that hold
        Fetch(fetch::Fetch),
    }
}
