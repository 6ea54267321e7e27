//! The ledger of one node: many readers, one writer.
//!
//! In: a store and a genesis to open; blocks to judge, build and commit.
//! Out: heads, entries, proofs, receipts.
//! Always: there is one write path, with one synced batch. [`Ledger::commit`] takes one decided block, and
//! [`Ledger::import`] many. Readers see a block only after it is durable. A decided block that was committed
//! before changes nothing. After a failed write or flush nothing is written until a restart.
//! Not for agreeing on blocks: a block is committed here once consensus has decided it.

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
use crate::error::Error;
use crate::limits::{CERTIFICATE_BYTES_MAX, VALID_BLOCKS_MAX};
use crate::records::{Records, StoredHistory};
use crate::schema::BlockRecord;
use crate::state::State;
use crate::store::Store;
use crate::tree::Edge;
use crate::valid_block::ValidBlock;
use crate::validate::validate;
use crate::verified_transaction::{SignatureCache, VerifiedByQuorum, VerifiedTransaction};
use append::Appending;
use courtseal_proof::block::ReadBlock;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::genesis::Genesis;
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

/// The state that only the writer needs.
struct Writer {
    edge: Edge,
    /// Set for ever when a write failed, because it is then not known what is on disk.
    stopped: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic while the lock was held leaves whole values, because values are replaced and never half
    // written.
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

    /// The log as of its present end, so that several questions are answered from one state.
    pub fn view(&self) -> View<'_> {
        let current = self.current();
        View { history: self.history(current.head.size), current }
    }

    /// Judges a block on top of the head (L1 to L4, L11 to L13). A valid block is kept, parsed, until a block
    /// is committed.
    ///
    /// # Errors
    /// [`Error::Invalid`], or a fatal one.
    pub fn validate(&self, block: &ReadBlock, seen: &dyn SignatureCache) -> Result<Arc<ValidBlock>, Error> {
        let current = self.current();
        let valid = validate(&current.state, &current.head, &self.history(current.head.size), block, seen)?;
        Ok(self.remember(valid))
    }

    /// Builds the block that follows the head, see [`build()`]. It is valid, and kept as a valid block.
    ///
    /// # Errors
    /// As [`build()`].
    pub fn build(
        &self,
        time: Timestamp,
        proposer: PublicKey,
        candidates: impl IntoIterator<Item = Arc<VerifiedTransaction>>,
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

    /// Commits a decided block: judges it (unless [`Ledger::validate`] has), executes it, and writes
    /// everything in one synced batch. A block that is committed already changes nothing and gives the same
    /// answer.
    ///
    /// # Errors
    /// Nothing was written after [`Error::OtherDigest`], [`Error::NotNext`] or [`Error::Invalid`].
    /// [`Error::OtherBlock`] means that the courts decided two blocks for one height, or that the disk is of
    /// another history. After [`Error::Store`] the node must stop; opening the store again shows whether the
    /// block is there. An invalid block that was *decided* is fatal for the caller too. It is not fatal if a
    /// peer merely sent it.
    pub fn commit(
        &self,
        block: &ReadBlock,
        certificate: &[u8],
        decided: Digest,
        seen: &dyn SignatureCache,
    ) -> Result<Committed, Error> {
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
            // The digest covers the body, so this is the block that was judged. It was judged on this head,
            // because the valid blocks are dropped at each commit.
            Some(valid) => valid,
            None => self.validate(block, seen)?,
        };
        let mut appending = Appending::new(&current, &writer.edge, self.history(current.head.size));
        let executed = appending.push(&valid, certificate)?;
        let mut committed = self.write(&mut writer, &current, appending)?;
        self.loaded.keep_committed(current.state.origin(), &valid, executed);
        Ok(committed.pop().expect("one block was appended"))
    }

    /// Imports consecutive blocks whose commit certificates the caller has checked against the courts. Judges
    /// and executes each, without the members' signatures, which a quorum of courts has checked (S9). Writes
    /// all of them in one synced batch. Blocks that are stored already are skipped.
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
            let valid = validate(&appending.state, &appending.head, &appending.history, block, &VerifiedByQuorum)?;
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
        // A crash before the batch is durable leaves the earlier head. Consensus or a peer delivers the
        // blocks again.
        if let Err(error) = self.store.apply(batch) {
            writer.stopped = true;
            return Err(error);
        }
        // A crash right here leaves the last block as the head. Committing any of the blocks again gives the
        // same answer.
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
        let transactions = self.block_transactions(&record)?.into_iter().map(|(first_index, outcomes, text)| {
            Ok((loaded::id(first_index, &text)?, first_index..first_index + outcomes.count()))
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
