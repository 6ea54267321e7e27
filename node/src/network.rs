//! The network between courts: one libp2p swarm with TCP, Noise and Yamux, a full mesh of direct streams.
//!
//! In: frames to send, connections of other courts.
//! Out: decoded frames and connection events, for the validator.
//! Always: a peer that is not a court is disconnected before a stream exists (N1).
//! A frame's length is checked before memory is allocated for it (N2).
//! The data that waits for one peer is bounded, and a peer that does not keep up is disconnected and catches
//! up later (N7).
//! Not for the meaning of a message: the court decides on it.
//!
//! Each court opens two streams to each other court and only writes to them. The *urgent* stream carries
//! small messages, the *bulk* stream blocks and transactions, so that a vote never waits behind a block.
//!
//! * [`courtseal_court::frame`]: the frames on a stream. `reading` reads them.
//! * `link`: the streams of one peer. `swarm`: the connections. `address`: the addresses of courts.
//! * [`crate::limiter`]: limits on new connections, and the rate limits of a connected court.

mod address;
mod link;
#[cfg(test)]
pub mod loopback;
mod reading;
mod swarm;

pub use address::{NetworkError, check_addresses};
pub use link::{Links, Peer};
pub use swarm::{SnapshotStreams, start};
