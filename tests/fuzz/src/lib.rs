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

pub use target::Target;

/// All targets; a name is used once.
pub fn targets() -> impl Iterator<Item = &'static Target> {
    [
        proof::documents::TARGETS,
        proof::texts::TARGETS,
        proof::binary::TARGETS,
        proof::receipts::TARGETS,
        proof::trees::TARGETS,
        consensus::decoders::TARGETS,
        consensus::run::TARGETS,
        ledger::records::TARGETS,
        ledger::blocks::TARGETS,
        ledger::tiles::TARGETS,
        ledger::confirmed::TARGETS,
        node::messages::TARGETS,
        node::cosigning::TARGETS,
        node::requests::TARGETS,
        node::snapshots::TARGETS,
        node::false_snapshots::TARGETS,
        client::TARGETS,
    ]
    .into_iter()
    .flatten()
}
