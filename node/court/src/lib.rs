//! A court without its node: all that decides, sans-IO.
//!
//! In: the ledger of a genesis, a court's keys, inputs one at a time with the clocks' reading. Out: calls of
//! the host: frames, timers, durable logs, checkpoints. Always: no file, socket, clock, thread of its own or
//! randomness in here, so that nodes and simulators run the same code. Not for the rules of consensus and
//! ledger: these crates have them.
//!
//! A reader follows a transaction's way: [`admission`] (size, signature, membership, duplicate), [`mempool`]
//! (bounded, fair, ordered), [`court`] (consensus, commit, cosigning: one event at a time), [`application`]
//! (the seam between consensus and ledger), [`cosign`] (after commit), [`evidence`] (contradictions of
//! courts). [`input`] is what comes in, [`frame`] what courts send each other, [`snapshot`] the checks of a
//! long log, [`status`] what a court says of itself.
//!
//! Courts are known by name ([`courtseal_proof::name::CourtName`]). A name stays when keys change, receipts
//! and policies carry it, and people and the RPC use it. Consensus alone knows courts by their voting keys,
//! because its messages carry these. The court translates between the two in one place, [`court`].

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
