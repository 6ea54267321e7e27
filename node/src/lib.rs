//! A court's node: the only crate that starts tasks, opens files and sockets, and reads the clock.
//!
//! In: a configuration, a court's keys, clients' requests, other courts' messages. Out: a recorded log,
//! receipts, metrics. Always: the rules of consensus and ledger are theirs; here is only the wiring, with
//! every queue bounded and every durable step before its message. Not for words to people: the command line
//! prints.
//!
//! A reader follows a transaction's way: [`rpc`] (parse, limits), [`inbox`] (everybody's turn), [`validator`]
//! (the thread on which the court runs: see [`courtseal_court`]), back to [`rpc`] (receipts). [`journal`] is
//! the court's logs on disk; [`network`] carries messages between courts.

mod clocks;
pub mod config;
mod data;
pub mod inbox;
pub mod journal;
pub mod limiter;
pub mod limits;
pub mod logging;
pub mod metrics;
pub mod network;
mod open_files;
pub mod reload;
pub mod rpc;
mod run;
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
