//! A court's node: the only crate that starts tasks, opens files and sockets, and reads the clock.
//!
//! In: a configuration, a court's keys, clients' requests, other courts' messages.
//! Out: a recorded log, receipts, metrics.
//! Always: every queue is bounded, and every durable step comes before the message that depends on it.
//! Not for rules of consensus or ledger, which have crates of their own, nor for output to people: the
//! command line prints.
//!
//! Read it in the order of a transaction: [`rpc`] (parsing and limits), [`mailbox`] (fair scheduling),
//! [`validator`] (the thread on which [`courtseal_court`] runs), and [`rpc`] again (receipts).
//! [`signing_logs`] keeps the court's logs on disk. [`network`] carries messages between courts.

mod clocks;
pub mod config;
mod data;
pub mod limiter;
pub mod limits;
pub mod logging;
pub mod mailbox;
pub mod metrics;
pub mod network;
mod open_files;
pub mod reload;
pub mod rpc;
mod run;
pub mod signing_logs;
pub mod snapshot;
pub mod status;
#[cfg(test)]
#[path = "../court/src/testing.rs"]
mod testing;
pub mod validator;

pub use courtseal_court::keys;
pub use data::{CheckReport, FullReport, check};
pub use run::run;
pub use snapshot::file::{SnapshotReport, backup, restore};
