//! Fuzz targets: every decoder, receipt verification, the state machines that peers speak to, and the RPC's input.
//!
//! In: bytes. Out: whether they were accepted, or a panic that names what does not hold. Always: a target calls what is shipped, through public
//! interfaces; it reads no clock and no randomness of its own, so one input is one run (the RPC alone asks the node's clock). Not for finding
//! inputs: the engine in the binary does, seeded by [`Target::seeds`], and `tests/fuzz/run` runs it. The ordinary test replays all seeds and
//! all inputs that ever failed.

pub mod client;
pub mod consensus;
pub mod edits;
pub mod input;
pub mod ledger;
pub mod network;
pub mod node;
pub mod proof;
pub mod target;
pub mod vectors;

pub use target::{Target, targets};
