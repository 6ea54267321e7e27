//! What was recorded before: the three questions that rules and execution ask about the whole log.
//!
//! In: transaction ids, SHA-256 digests of files, steps of courts. Out: recorded or not, registered or not, stated or not, *before an index of the log*. Always: a pure
//! function of the log before that index, so re-executing an old block asks the same questions and gets the same answers. Not for
//! listing what was recorded: see [`crate::ledger`].

use crate::error::Error;
use courtseal_proof::digest::Digest;
use courtseal_proof::equivocation::CourtStep;

/// The log before some index, as rules and execution see it.
pub trait History: Sync {
    /// For each transaction id, in order: is it recorded?
    ///
    /// # Errors
    /// Fatal ones of the store.
    fn recorded(&self, ids: &[Digest]) -> Result<Vec<bool>, Error>;

    /// For each SHA-256 of a file, in order: does a public `statement` entry (not a rejection) have it?
    ///
    /// # Errors
    /// Fatal ones of the store.
    fn registered(&self, files: &[Digest]) -> Result<Vec<bool>, Error>;

    /// Index of the entry that records an equivocation about this step, if there is one.
    ///
    /// # Errors
    /// Fatal ones of the store.
    fn equivocation(&self, about: &CourtStep) -> Result<Option<u64>, Error>;
}
