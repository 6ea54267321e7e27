//! Fuzz targets: every decoder, receipt verification, the state machines that peers speak to.
//!
//! In: bytes. Out: whether they were accepted, or a panic that names what does not hold. Always: a target
//! calls what is shipped, through public interfaces; it reads no clock and no randomness of its own, so one
//! input is one run. Not for the RPC and the command line: see `tests/fuzz/program`. Not for finding inputs:
//! the engine in the binary does, seeded by [`Target::seeds`], and `tests/fuzz/run` runs it. The ordinary
//! test replays all seeds and all inputs that ever failed.

pub mod consensus;
pub mod court;
pub mod edits;
pub mod input;
pub mod ledger;
pub mod network;
pub mod proof;
pub mod replay;
pub mod run;
pub mod target;

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
        court::messages::TARGETS,
        court::cosigning::TARGETS,
        court::snapshots::TARGETS,
        court::false_snapshots::TARGETS,
    ]
    .into_iter()
    .flatten()
}
