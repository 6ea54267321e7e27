//! A court without its node: all that decides, sans-IO.
//!
//! In: a genesis' ledger, a court's keys, inputs one at a time with the clocks' reading. Out: calls of the host: frames, timers, durable logs, checkpoints. Always:
//! no file, socket, clock, thread or randomness in here, so that nodes and simulators run the same code. Not for the rules of consensus and ledger: they are
//! theirs.
//!
//! A reader follows a transaction's way: [`admission`] (size, signature, membership, duplicate), [`mempool`] (bounded, fair, ordered), [`court`] (consensus,
//! commit, cosigning: one event at a time), [`application`] (where consensus meets the ledger), [`cosign`] (after commit), [`evidence`] (what courts signed
//! twice). [`input`] is what comes in, [`frame`] what courts send each other, [`snapshot`] how a long log is believed, [`status`] what a court says of itself.

pub mod admission;
pub mod application;
pub mod clock_watch;
pub mod cosign;
pub mod court;
pub mod evidence;
pub mod frame;
pub mod input;
pub mod keys;
pub mod limits;
pub mod mempool;
pub mod snapshot;
pub mod status;
#[cfg(test)]
mod testing;
