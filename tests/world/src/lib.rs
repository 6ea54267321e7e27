//! The simulated world of courts: time and order of events, the network, clocks, disks, and one source of
//! chance.
//!
//! In: a seed, and what the tests on top of it let go wrong.
//! Out: events in their order, arrivals, times, what a disk holds after a crash.
//! Always: one thread and one order of events, so that one seed is one run. Only consensus and the proofs are
//! below, so that consensus' own tests use it as the simulator and the fuzz targets do.
//! Not for courts: each suite drives those it is about. Consensus' tests drive the driver with a ledger of
//! numbered transactions, the simulator whole courts. Not for judging either.
//!
//! [`queue`] holds the events, [`network`] says when messages arrive, [`clock`] what time a court takes it to
//! be, [`fuse`] when a court crashes, [`logs`] what its logs then hold. [`random`] is chance, and
//! [`trace`] the digest of all events.

pub mod clock;
pub mod fuse;
pub mod logs;
pub mod network;
pub mod queue;
pub mod random;
pub mod trace;

pub use clock::Clock;
pub use fuse::Fuse;
pub use logs::{File, Logs};
pub use network::NetworkProfile;
pub use queue::{Place, Queue};
pub use random::Random;
pub use trace::Trace;
