//! Faults of courts: killed, restarted, too few; what was given out stays.
//!
//! In: real networks whose processes are killed by SIGKILL. Out: failures that name the seed. Always: every receipt given out is valid and its entry is in every
//! court's log in the end. Not for what only a simulator can do: see `consensus/tests`.

mod cloned;
mod kills;
mod outages;
