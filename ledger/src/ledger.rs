//! The ledger of one node: many readers, one writer.
//!
//! In: a store and a genesis to open; blocks to judge, build and commit. Out: heads, entries, proofs, receipts. Always: one write path,
//! [`Ledger::commit`] and, for many decided blocks at once, [`Ledger::import`], with one synced batch; readers see a block only after it is durable; a decided block that was committed before
//! changes nothing. Not for agreeing on blocks: a block comes here to be committed once consensus has decided it.

mod append;
mod fact_records;
mod loaded;
mod opening;
mod read;
mod receipts;
mod recent;
mod recorded;
mod scrub;
mod view;

pub use crate::head::Head;
use recorded::Current;
pub use recorded::{BlockAndCertificate, Committed, Recorded};
pub use scrub::Scrubbed;
pub use view::View;

use crate::build::build;
use crate::checked::{Checked, Seen, Vouched};
use crate::error::Error;
use crate::limits::{CERTIFICATE_BYTES_MAX, VALID_BLOCKS_MAX};
use crate::records::{Records, StoredHistory};
use crate::schema::BlockRecord;
use crate::state::State;
use crate::store::Store;
use crate::tree::Edge;
use crate::valid_block::ValidBlock;
use crate::validate::validate;
use append::Appending;
use courtseal_proof::block::ReadBlock;
use courtseal_proof::digest::Digest;
use courtseal_proof::genesis::Genesis;
use courtseal_proof::key::PublicKey;
use courtseal_proof::time::Timestamp;
use loaded::LoadedTransactions;
use recent::RecentTransactions;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// The ledger of one network on this node. Shared by reference; all methods take `&self`.
pub struct Ledger {
    store: Arc<dyn Store>,
    genesis: Genesis,
    current: RwLock<Arc<Current>>,
    writer: Mutex<Writer>,
    valid: Mutex<VecDeque<Arc<ValidBlock>>>,
    loaded: LoadedTransactions,
    recent: Mutex<RecentTransactions>,
}

/// What only the writer needs.
struct Writer {
    edge: Edge,
    /// Set when a write failed, for ever: nobody knows then what is on disk.
    stopped: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while the lock was held leaves whole values: they are replaced, never half written.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ledger {
    fn current(&self) -> Arc<Current> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn records(&self) -> Records<'_> {
        Records(&*self.store)
    }

    fn history(&self, size: u64) -> StoredHistory<'_> {
        StoredHistory { records: self.records(), size }
    }

    /// The genesis document.
    pub fn genesis(&self) -> &Genesis {
        &self.genesis
    }

    /// The end of the log: the last committed block.
    pub fn head(&self) -> Head {
        self.current().head
    }

    /// The state after the last committed block.
    pub fn state(&self) -> Arc<State> {
        Arc::clone(&self.current().state)
    }

    /// The log as of its present end, for several questions about one state.
    pub fn view(&self) -> View<'_> {
        let current = self.current();
        View { history: self.history(current.head.size), current }
    }

    /// Judges a block on top of the head (L1 to L4). What is found valid is remembered, parsed, until a block is committed.
    ///
    /// # Errors
    /// [`Error::Invalid`], or a fatal one.
    pub fn validate(&self, block: &ReadBlock, seen: &dyn Seen) -> Result<Arc<ValidBlock>, Error> {
        let current = self.current();
        let valid = validate(&current.state, &current.head, &self.history(current.head.size), block, seen)?;
        Ok(self.remember(valid))
    }

    /// Builds the block that follows the head, see [`build()`]. It is valid, and remembered as such.
    ///
    /// # Errors
    /// As [`build()`].
    pub fn build(
        &self,
        time: Timestamp,
        proposer: PublicKey,
        candidates: impl IntoIterator<Item = Arc<Checked>>,
    ) -> Result<Arc<ValidBlock>, Error> {
        let current = self.current();
        let history = self.history(current.head.size);
        let valid = build(&current.state, &current.head, &history, time, proposer, candidates)?;
        Ok(self.remember(valid))
    }

    fn remember(&self, block: ValidBlock) -> Arc<ValidBlock> {
        let block = Arc::new(block);
        let mut valid = lock(&self.valid);
        valid.retain(|other| other.digest() != block.digest());
        valid.truncate(VALID_BLOCKS_MAX - 1);
        valid.push_front(Arc::clone(&block));
        block
    }

    fn remembered(&self, digest: &Digest) -> Option<Arc<ValidBlock>> {
        lock(&self.valid).iter().find(|block| block.digest() == *digest).cloned()
    }

    /// Commits a decided block: judges it (unless [`Ledger::validate`] has), executes it, and writes everything in one synced batch. A block
    /// that is committed already changes nothing and gives the same answer.
    ///
    /// # Errors
    /// [`Error::OtherDigest`], [`Error::NotNext`], [`Error::Invalid`]: nothing was written. [`Error::OtherBlock`]: the courts decided twice.
    /// [`Error::Store`]: the node must stop; whether the block is there shows when it opens again. That a *decided* block is invalid is
    /// fatal for the caller too, though not for a peer who merely sent it.
    pub fn commit(&self, block: &ReadBlock, certificate: &[u8], decided: Digest, seen: &dyn Seen) -> Result<Committed, Error> {
        let mut writer = lock(&self.writer);
        if writer.stopped {
            return Err(Error::Stopped);
        }
        check_certificate_length(certificate)?;
        let (header, found) = (block.header(), block.digest());
        if found != decided {
            return Err(Error::OtherDigest { found, decided });
        }
        let current = self.current();
        if header.height <= current.head.height {
            return self.committed_before(header.height, decided);
        }
        if header.height > current.head.height + 1 {
            return Err(Error::NotNext { height: header.height, head: current.head.height });
        }
        let valid = match self.remembered(&decided) {
            // The digest binds the body: this is the block that was judged, on this very head, because memory is cleared at each commit.
            Some(valid) => valid,
            None => self.validate(block, seen)?,
        };
        let mut appending = Appending::new(&current, &writer.edge, self.history(current.head.size));
        let executed = appending.push(&valid, certificate)?;
        let mut committed = self.write(&mut writer, &current, appending)?;
        self.loaded.keep_committed(current.state.origin(), &valid, executed);
        Ok(committed.pop().expect("one block was appended"))
    }

    /// Imports consecutive blocks whose commit certificates the caller has checked against the courts: judges and executes each, but for the members'
    /// signatures, for which the courts' quorum vouches (S9), and writes all of them in one synced batch. Blocks that are here already are passed over.
    ///
    /// # Errors
    /// As [`Ledger::commit`]. Nothing was written, unless it is [`Error::Store`].
    pub fn import(&self, blocks: &[(ReadBlock, Vec<u8>)]) -> Result<Vec<Committed>, Error> {
        let mut writer = lock(&self.writer);
        if writer.stopped {
            return Err(Error::Stopped);
        }
        let current = self.current();
        let mut appending = Appending::new(&current, &writer.edge, self.history(current.head.size));
        for (block, certificate) in blocks {
            check_certificate_length(certificate)?;
            let header = block.header();
            if header.height <= current.head.height {
                self.check_same(header.height, block.digest())?;
                continue;
            }
            if header.height != appending.head.height + 1 {
                return Err(Error::NotNext { height: header.height, head: appending.head.height });
            }
            let valid = validate(&appending.state, &appending.head, &appending.history, block, &Vouched)?;
            appending.push(&valid, certificate)?;
        }
        if appending.committed.is_empty() {
            return Ok(Vec::new());
        }
        self.write(&mut writer, &current, appending)
    }

    /// Writes what was appended in one batch, and shows it to readers.
    fn write(&self, writer: &mut Writer, current: &Current, appending: Appending<'_>) -> Result<Vec<Committed>, Error> {
        let state = Arc::clone(&appending.state);
        let (batch, head, edge, committed) = appending.into_batch();
        assert!(head.height > current.head.height, "a batch goes forward");
        // A crash before the batch is durable leaves the head before it: the blocks come again from consensus or a peer.
        if let Err(error) = self.store.apply(batch) {
            writer.stopped = true;
            return Err(error);
        }
        // A crash right here leaves the last block as the head: committing any of them again gives the same answer.
        writer.edge = edge;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Current { head, state });
        lock(&self.valid).clear();
        let mut recent = lock(&self.recent);
        committed.iter().for_each(|block| recent.note(block));
        Ok(committed)
    }

    fn check_same(&self, height: u64, decided: Digest) -> Result<BlockRecord, Error> {
        let record = self.block_record(height)?;
        let committed = record.header.digest();
        if committed == decided { Ok(record) } else { Err(Error::OtherBlock { height, committed, decided }) }
    }

    fn committed_before(&self, height: u64, decided: Digest) -> Result<Committed, Error> {
        let record = self.check_same(height, decided)?;
        let transactions = self.block_transactions(&record)?.into_iter().map(|stored| {
            let count = stored.1.outcomes.len() as u64;
            Ok((loaded::id(&stored)?, stored.0..stored.0 + count))
        });
        Ok(Committed {
            height,
            digest: decided,
            time: record.header.time,
            first_index: record.first_index,
            size: record.size,
            root: record.root,
            transactions: transactions.collect::<Result<_, Error>>()?,
        })
    }
}

fn check_certificate_length(certificate: &[u8]) -> Result<(), Error> {
    if certificate.len() > CERTIFICATE_BYTES_MAX {
        return Err(Error::OutOfRange("a commit certificate has at most 64 KiB"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod measure;
