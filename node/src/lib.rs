//! A court's node: the only crate that starts tasks, opens files and sockets, and reads the clock.
//!
//! In: a configuration, a court's keys, clients' requests, other courts' messages. Out: a recorded log, receipts, metrics. Always: the
//! rules of consensus and ledger are theirs; here is only the wiring, with every queue bounded and every durable step before its
//! message. Not for words to people: the command line prints.
//!
//! A reader follows a transaction's way: [`rpc`] (parse, limits), [`admission`] (size, signature, membership, duplicate), [`mempool`] (bounded, fair,
//! ordered), [`inbox`] (everybody's turn), [`court`] (consensus, commit, cosigning: one event at a time, without I/O), [`application`] (where consensus meets the ledger), [`cosign`]
//! (after commit), [`evidence`] (what courts signed twice), back to [`rpc`] (receipts). [`validator`] is the thread a court runs on, [`journal`] its logs on disk; [`network`] carries messages
//! between courts.

pub mod admission;
pub mod application;
pub mod bucket;
pub mod clock_watch;
pub mod config;
pub mod cosign;
pub mod court;
mod data;
pub mod evidence;
pub mod inbox;
pub mod journal;
pub mod keys;
pub mod limits;
pub mod logging;
pub mod mempool;
pub mod metrics;
pub mod network;
mod open_files;
pub mod refusals;
pub mod reload;
pub mod rpc;
mod run;
pub mod snapshot;
pub mod status;
#[cfg(test)]
mod testing;
pub mod validator;
pub mod visitors;

pub use data::{CheckReport, FullReport, check};
pub use run::run;
pub use snapshot::file::{SnapshotReport, backup, restore};
