//! The log as of one head, so that several questions are answered from the same state.
//!
//! In: payloads, transactions, a time.
//! Out: signers; whether a transaction may be in the next block.
//! Always: a block that is committed meanwhile changes no answer.
//! Not for reading entries.

use super::recorded::Current;
use crate::admit::{admit, at, signers};
use crate::error::Error;
use crate::head::Head;
use crate::records::StoredHistory;
use crate::verified_transaction::VerifiedTransaction;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::facts::Signer;
use courtseal_proof::transaction::Payload;
use std::sync::Arc;

/// The log as of one head.
pub struct View<'a> {
    pub(super) current: Arc<Current>,
    pub(super) history: StoredHistory<'a>,
}

impl View<'_> {
    /// The end of the log that this view shows.
    pub fn head(&self) -> Head {
        self.current.head
    }

    /// The signer of this payload; none if the member's name and key are not registered.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn signer(&self, payload: &Payload) -> Result<Option<Signer>, Error> {
        Ok(signers(&self.current.state, &self.history, &[payload])?.pop().flatten())
    }

    /// Checks whether a transaction of this signer may be in the next block at the time `now` (L3, L4, L11,
    /// L12). Returns the signer.
    ///
    /// # Errors
    /// [`Error::Refused`], or a fatal one.
    pub fn admit(&self, signer: Option<Signer>, checked: &VerifiedTransaction, now: Timestamp) -> Result<Signer, Error> {
        let at = at(&self.current.state, self.current.head.height + 1, now);
        admit(&self.current.state, &self.history, signer, checked.transaction(), &at)
    }
}
