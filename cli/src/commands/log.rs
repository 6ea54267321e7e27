//! `log show`, `log entry`, `log find`, `log check`, `log accuse`: reading the log that all courts keep,
//! checking it, and accusing a court that signs two.
//!
//! In: nodes' answers. Out: entries, receipts, a verdict on the whole log. Always: `show`, `entry` and `find`
//! print a node's word, only `check` proves. Not for files, nor for checking a receipt: see `verify`.

mod accuse;
mod check;
mod entries;
mod entry;
mod find;
mod show;

use super::command::commands;

commands! {
    /// The commands of `log`.
    Log {
        /// List the log's entries
        Show(show::Show),
        /// Show one entry
        Entry(entry::ShowEntry),
        /// Find the public records of a file by its digest
        Find(find::Find),
        /// Fetch the whole log, recompute its root, and compare with what the courts signed
        Check(check::Check),
        /// Accuse each court that cosigned two checkpoints which contradict each other
        Accuse(accuse::Accuse),
    }
}
