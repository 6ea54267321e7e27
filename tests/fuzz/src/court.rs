//! Targets of a court without its node: frames, admission, cosigning, snapshots.
//!
//! In: bytes. Out: see each. Not for sockets: libp2p's own parsers stand before these.

pub mod cosigning;
pub mod false_snapshots;
pub mod messages;
pub mod snapshots;
