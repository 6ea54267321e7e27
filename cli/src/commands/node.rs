//! `node run`, `check`, `backup` and `restore`: one court's node.
//!
//! In: a configuration. Out: what its rows do. Always: the same configuration is read in the same way by all
//! of them. Not for what a node does: that is `courtseal-node`.

mod check;
mod copy;
mod data;
mod run;

use super::command::commands;

commands! {
    /// The commands of `node`.
    Node {
        /// Run a court's node
        Run(run::Run),
        /// Check a court's data while its node is stopped; damage that `--full` finds is noted for the next
        /// start
        Check(check::Check),
        /// Write the log to a file, also while the node runs; keys are not in it
        Backup(copy::Backup),
        /// Make a court's ledger from such a file, in a data folder that holds none
        Restore(copy::Restore),
    }
}
