//! The limits of both listeners, of clients (R11, R12) and of courts (N1, N9), with one vocabulary.
//!
//! In: connections that begin and end, requests, frames, bytes, the time.
//! Out: permits, waits in milliseconds, rejections that are counted.
//! Always: everything is bounded in all and by address. A sender above its own limit waits or is rejected,
//! and no other is. Numbers are those of [`crate::limits`], or of the configuration where it has them.
//! [`crate::config::Limits`] says how much one address may ask for, and `node/src/rpc.rs` charges it.
//! Not for identities, HTTP or what a message says.
//!
//! Both listeners have a *connection limiter* ([`ConnectionLimiter`]): connections in all and by address, and
//! a *rate limit* ([`RateLimit`]) for each [`Address`]. It says [`Rejected`], and [`Rejections`] counts that.
//! * Clients: [`ClientLimiter`] has the limiter and what all clients share. It closes an idle connection if a
//!   new one needs its place. [`MinReadSpeed`] ends one that is read too slowly.
//! * Courts: [`PendingConnections`] has the limiter for connections before their handshake. [`CourtRates`]
//!   has the rate limits of one court's frames after it.

mod address;
mod clients;
mod connections;
mod courts;
mod idle;
mod pending;
mod rate;
mod read_speed;
mod rejections;

pub use address::Address;
pub use clients::{Busy, Client, ClientLimiter, Permit};
pub use connections::{ConnectionLimiter, ListenerLimits, Rejected};
pub use courts::{CourtRates, asks_for_blocks};
pub use pending::{PendingConnections, RejectedPending};
pub use rate::RateLimit;
pub use read_speed::MinReadSpeed;
pub use rejections::Rejections;
