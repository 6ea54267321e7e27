//! What a target is, and the list of all.
//!
//! In: nothing. Out: [`targets`]. Always: a name is used once. Not for running them.

use crate::{client, consensus, ledger, node, proof};

/// One decoder, verifier or state machine, fed with bytes.
pub struct Target {
    /// Its name, as in corpora and regressions.
    pub name: &'static str,
    /// Longest input worth trying, in bytes.
    pub length_bytes_max: usize,
    /// Feeds the bytes; whether they were accepted.
    ///
    /// # Panics
    /// If something does not hold.
    pub run: fn(&[u8]) -> bool,
    /// Inputs to begin with, the same on every call.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All targets.
pub fn targets() -> impl Iterator<Item = &'static Target> {
    [
        proof::documents::TARGETS,
        proof::texts::TARGETS,
        proof::binary::TARGETS,
        proof::receipts::TARGETS,
        proof::trees::TARGETS,
        consensus::decoders::TARGETS,
        consensus::court::TARGETS,
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
