//! One libp2p swarm, restricted to the courts of the genesis: TCP, Noise, Yamux, a full mesh of direct
//! streams.
//!
//! In: frames to send, other courts' connections. Out: decoded frames and connection events to the validator.
//! Always: whoever is not a court is refused at the connection; a frame's length is checked before it is
//! allocated; what waits for one peer is bounded, and a peer that does not keep up is disconnected and
//! catches up later. Not for knowing what a message means.
//!
//! Each court opens two streams to each other court and only writes to them: *urgent* for small messages,
//! *bulk* for blocks and transactions, so that a vote never waits behind a block. [`courtseal_court::frame`]
//! is what a stream carries, [`reading`] reads it, [`link`] one peer's streams, [`swarm`] the connections,
//! [`mod@address`] where courts are. What a connection and a court may ask for is in [`crate::limiter`].

mod address;
mod link;
#[cfg(test)]
pub mod loopback;
mod reading;
mod swarm;

pub use address::{NetworkError, check_addresses};
pub use link::{Links, Peer};
pub use swarm::{SnapshotStreams, start};
