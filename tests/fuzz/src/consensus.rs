//! Targets of consensus: what peers send and disks hold, and a whole court.
//!
//! In: bytes. Out: see each. Not for agreement between courts: the simulations test it.

pub mod court;
pub mod decoders;
pub mod events;
pub mod run;
