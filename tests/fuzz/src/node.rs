//! Targets of the node: frames, configuration, admission, cosigning, snapshots, the RPC's requests.
//!
//! In: bytes. Out: see each. Not for sockets: libp2p's and hyper's own parsers stand before these.

pub mod cosigning;
pub mod false_snapshots;
pub mod messages;
pub mod requests;
pub mod snapshots;
