//! A court without its node: all of its decisions, sans-IO.
//!
//! In: the ledger of a genesis, a court's keys, inputs one at a time with the readings of the clocks.
//! Out: calls of the host: frames, timers, durable logs, checkpoints.
//! Always: no file, socket, clock, thread of its own or randomness is in here, so that nodes and simulators
//! run the same code.
//! Not for the rules of consensus and ledger, which have crates of their own.
//!
//! Read it in the order of a transaction:
//!
//! * [`admission`]: size, signature, membership, duplicates.
//! * [`mempool`]: bounded, fair, ordered.
//! * [`court`]: consensus, commit and cosigning, one event at a time.
//! * [`application`]: the adapter between consensus and ledger.
//! * [`cosign`]: cosignatures after a commit.
//! * [`evidence`]: contradictions of courts.
//!
//! [`input`] lists what comes in, and [`frame`] what courts send each other. [`snapshot`] checks a long log.
//! [`status`] has the types of a court's state.
//!
//! Courts are known by name ([`courtseal_proof::bytes::name::CourtName`]). A name stays when keys change,
//! receipts and policies carry it, and people and the RPC use it. Only consensus knows courts by their voting
//! keys, because its messages carry these. [`court`] is the one place that translates between the two.

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
