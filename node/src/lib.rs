//! A court's node: the only crate that starts tasks, opens files and sockets, and reads the clock.
//!
//! In: a configuration, a court's keys, clients' requests, other courts' messages. Out: a recorded log, receipts, metrics. Always: the
//! rules of consensus and ledger are theirs; here is only the wiring, with every queue bounded and every durable step before its
//! message. Not for words to people: the command line prints.
//!
//! A reader follows a transaction's way: [`rpc`] (parse, limits), [`admission`] (size, signature, membership, duplicate), [`mempool`] (bounded, fair,
//! ordered), [`validator`] (the one thread that drives consensus and writes), [`application`] (where consensus meets the ledger), [`journal`]
//! (logs on disk), [`cosign`] (after commit), back to [`rpc`] (receipts). [`network`] carries messages between courts.

pub mod admission;
pub mod application;
pub mod config;
pub mod cosign;
mod data;
pub mod journal;
pub mod keys;
pub mod limits;
pub mod logging;
pub mod mempool;
pub mod metrics;
pub mod network;
pub mod rpc;
mod run;
pub mod snapshot;
pub mod status;
pub mod validator;

pub use data::{CheckReport, FullReport, check};
pub use run::run;
pub use snapshot::file::{SnapshotReport, backup, restore};
