//! What was recorded before: the three questions that rules and execution ask about the whole log.
//!
//! In: transaction ids, identities of files, steps of courts. Out: recorded or not, what was registered,
//! stated or not, *before an index of the log*. Always: a pure function of the log before that index, so
//! re-executing an old block asks the same questions and gets the same answers. Not for listing what was
//! recorded: see [`crate::ledger`].

use crate::error::Error;
use courtseal_proof::digest::Digest;
use courtseal_proof::kinds::equivocation::CourtStep;
use courtseal_proof::statement::Statement;
use std::collections::HashSet;

/// A file as first registration knows it (L8): SHA-256 and length together. A statement with a length that no
/// such file has registers something else, and so takes nothing from the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileIdentity {
    /// Its SHA-256, 32 bytes.
    pub sha256: Digest,
    /// Its length in bytes.
    pub size_bytes: u64,
}

impl FileIdentity {
    /// What a statement names; none unless it is public evidence.
    pub fn named_by(statement: &Statement) -> Option<Self> {
        Some(Self { sha256: statement.digests.as_ref()?.sha256, size_bytes: statement.size? })
    }
}

/// What the public `statement` entries before some index have in common with a file; the greatest that
/// applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Earlier {
    /// None has its SHA-256.
    Nothing,
    /// One or more have its SHA-256, each with another length.
    OtherLength,
    /// One or more have its SHA-256 and its length.
    Same,
}

/// Files registered by entries that are not stored yet.
#[derive(Clone, Debug, Default)]
pub struct NewFiles {
    files: HashSet<FileIdentity>,
    digests: HashSet<Digest>,
}

impl NewFiles {
    /// What was inserted before this file.
    pub fn earlier(&self, file: &FileIdentity) -> Earlier {
        match () {
            () if self.files.contains(file) => Earlier::Same,
            () if self.digests.contains(&file.sha256) => Earlier::OtherLength,
            () => Earlier::Nothing,
        }
    }

    /// Adds a file; what was inserted before it.
    pub fn insert(&mut self, file: FileIdentity) -> Earlier {
        match (self.digests.insert(file.sha256), self.files.insert(file)) {
            (true, _) => Earlier::Nothing,
            (false, true) => Earlier::OtherLength,
            (false, false) => Earlier::Same,
        }
    }
}

/// The log before some index, as rules and execution see it.
pub trait History: Sync {
    /// For each transaction id, in order: is it recorded?
    ///
    /// # Errors
    /// Fatal ones of the store.
    fn recorded(&self, ids: &[Digest]) -> Result<Vec<bool>, Error>;

    /// For each file, in order: what do public `statement` entries (not rejections) have in common with it?
    ///
    /// # Errors
    /// Fatal ones of the store.
    fn registered(&self, files: &[FileIdentity]) -> Result<Vec<Earlier>, Error>;

    /// Index of the entry that records an equivocation about this step, if there is one.
    ///
    /// # Errors
    /// Fatal ones of the store.
    fn equivocation(&self, about: &CourtStep) -> Result<Option<u64>, Error>;
}
