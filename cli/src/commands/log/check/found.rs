//! What `log check` finds besides a verdict.
//!
//! In: the node whose log was read, what the courts signed. Out: the exit code. Not for printing.

use crate::failure::Exit;
use crate::http::Node;
use courtseal_proof::verify::ProvenCheckpoint;
use std::time::Duration;

/// What is found besides a verdict.
pub struct Found<'a> {
    /// The node whose log was read.
    pub node: &'a Node,
    /// What it signed for.
    pub signed: &'a ProvenCheckpoint,
    /// How old the courts' newest signatures are, and how old they may be.
    pub age: (Duration, Duration),
    /// Nodes that show an older log, or nothing that helps, in words.
    pub others: Vec<String>,
    /// Nodes that serve what the courts did not sign, in words.
    pub beware: Vec<String>,
}

impl Found<'_> {
    /// Whether the newest signatures are too old to tell whether this is all of the log.
    pub fn is_old(&self) -> bool {
        self.age.0 > self.age.1
    }

    /// How the command ends.
    pub fn exit(&self) -> Exit {
        match () {
            () if !self.beware.is_empty() => Exit::Invalid,
            () if self.is_old() => Exit::CannotTell,
            () => Exit::Done,
        }
    }
}
