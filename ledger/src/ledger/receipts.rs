//! Cosigned checkpoints and receipts under them.
//!
//! In: a checkpoint with its signatures, indices.
//! Out: receipts ([`courtseal_proof::receipt`]), one for each entry.
//! Always: a checkpoint is kept or used only if it is of this log: its origin, and its root at its size.
//! Not for checking signatures, which the node does first, and not for deciding when there are enough of
//! them.

use super::{Ledger, lock};
use crate::error::Error;
use crate::limits::{CHECKPOINT_BYTES_MAX, READ_ENTRIES_MAX};
use crate::schema;
use crate::store::Batch;
use courtseal_proof::log::checkpoint::{Checkpoint, CosignedCheckpoint};
use courtseal_proof::receipt::Receipt;
use std::ops::Range;

impl Ledger {
    /// The checkpoint of the log as it is now, which a court cosigns after commit.
    pub fn head_checkpoint(&self) -> Checkpoint {
        let head = self.head();
        Checkpoint { origin: self.state().origin().clone(), size: head.size, root: head.root }
    }

    pub(super) fn check_is_ours(&self, checkpoint: &Checkpoint) -> Result<(), Error> {
        if checkpoint.origin != *self.state().origin() {
            return Err(Error::OutOfRange("a checkpoint of another network"));
        }
        if self.root_at(checkpoint.size)? != checkpoint.root {
            return Err(Error::OutOfRange("a checkpoint with another root than this log has at its size"));
        }
        Ok(())
    }

    /// Keeps the newest checkpoint that a quorum cosigned, durably. Returns whether it is newer than the kept
    /// one, or of the same size.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if it is not this log's or is longer than the log, or a fatal one.
    pub fn record_checkpoint(&self, cosigned: &CosignedCheckpoint) -> Result<bool, Error> {
        self.check_is_ours(&cosigned.checkpoint)?;
        let note = cosigned.note().to_string();
        if note.len() > CHECKPOINT_BYTES_MAX {
            return Err(Error::OutOfRange("a cosigned checkpoint has at most 64 KiB"));
        }
        let mut writer = lock(&self.writer);
        if writer.stopped {
            return Err(Error::Stopped);
        }
        if self.checkpoint()?.is_some_and(|kept| kept.checkpoint.size > cosigned.checkpoint.size) {
            return Ok(false);
        }
        let key = schema::checkpoint_key();
        let value = schema::seal(&key, note.into_bytes());
        let mut batch = Batch::default();
        batch.put(key, value);
        if let Err(error) = self.store.apply(batch) {
            writer.stopped = true;
            return Err(error);
        }
        Ok(true)
    }

    /// The newest checkpoint that was kept.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn checkpoint(&self) -> Result<Option<CosignedCheckpoint>, Error> {
        let Some(bytes) = self.records().checkpoint()? else { return Ok(None) };
        let cosigned = String::from_utf8(bytes).ok().and_then(|note| CosignedCheckpoint::parse(&note).ok());
        cosigned.map(Some).ok_or_else(|| Error::Corrupt("the kept checkpoint".to_owned()))
    }

    /// The receipt of the entry at `index`.
    ///
    /// # Errors
    /// As [`Ledger::receipts`].
    pub fn receipt(&self, index: u64, cosigned: &CosignedCheckpoint) -> Result<Receipt, Error> {
        let receipt = self.receipts(index..index.saturating_add(1), cosigned)?.pop();
        receipt.ok_or(Error::OutOfRange("the log has no such index"))
    }

    /// Whether the entry at `index` records that a rule refused a statement.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn is_rejection(&self, index: u64) -> Result<bool, Error> {
        if let Some(loaded) = self.loaded.find(index) {
            return Ok(loaded.is_rejection(index));
        }
        let stored = self.records().outcomes_of(index)?;
        Ok(stored.is_some_and(|(first_index, outcomes)| outcomes.is_rejection((index - first_index) as usize)))
    }

    /// The receipts of a range of entries, all under one checkpoint. Each transaction, its statement paths
    /// and each tile are read once.
    ///
    /// # Errors
    /// [`Error::OutOfRange`] if the range has more than [`READ_ENTRIES_MAX`] entries or passes the
    /// checkpoint, or if the checkpoint is not this log's. Otherwise a fatal one.
    pub fn receipts(&self, range: Range<u64>, cosigned: &CosignedCheckpoint) -> Result<Vec<Receipt>, Error> {
        if range.end.saturating_sub(range.start) > READ_ENTRIES_MAX as u64 {
            return Err(Error::OutOfRange("at most 4,096 receipts are made at a time"));
        }
        if range.end > cosigned.checkpoint.size {
            return Err(Error::OutOfRange("the checkpoint does not reach that entry"));
        }
        self.check_is_ours(&cosigned.checkpoint)?;
        let reader = self.reader();
        range
            .map(|index| {
                let (entry, loaded) = self.read_entry(index, &reader)?;
                Ok(Receipt {
                    entry,
                    member: loaded.and_then(|loaded| loaded.member_part(index)),
                    index,
                    path: reader.inclusion_path(index, cosigned.checkpoint.size)?,
                    signed: cosigned.clone(),
                })
            })
            .collect()
    }
}
