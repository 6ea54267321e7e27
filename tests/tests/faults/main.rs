//! Faults of courts: killed courts, restarted courts, too few courts, a cloned court.
//!
//! In: real networks whose processes are killed by SIGKILL.
//! Out: failures; a random test prints its seed.
//! Always: in the end every receipt given out is valid, and its entry is in every court's log.
//! Not for faults that only a simulator can make: see `consensus/tests`.

mod cloned;
mod kills;
mod outages;
