//! The ledger of one node: many readers, one writer.
//!
//! In: a store and a genesis to open; blocks to judge, build and commit. Out: heads, entries, proofs, receipts. Always: one write path,
//! [`Ledger::commit`], with one synced batch a block; readers see a block only after it is durable; a decided block that was committed before
//! changes nothing. Not for agreeing on blocks: a block comes here to be committed once consensus has decided it.

mod loaded;
mod opening;
mod read;
mod receipts;

pub use crate::schema::HeadRecord as Head;
pub use read::{BlockAndCertificate, Recorded};

use crate::checked::{Checked, Seen};
use crate::error::{Error, Invalid};
use crate::execute::{Execution, execute};
use crate::limits::{CERTIFICATE_BYTES_MAX, VALID_BLOCKS_MAX};
use crate::records::{Records, StoredHistory};
use crate::rules::{self, ValidBlock};
use crate::schema::{self, BlockRecord, Table, TransactionPlace, TransactionRecord};
use crate::state::State;
use crate::store::{Batch, Store};
use crate::tree::{Edge, Tile};
use courtseal_proof::block::{BlockError, Header};
use courtseal_proof::codec;
use courtseal_proof::digest::Digest;
use courtseal_proof::genesis::Genesis;
use courtseal_proof::key::PublicKey;
use courtseal_proof::time::Timestamp;
use loaded::LoadedTransactions;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// Bytes of an encoded header, the beginning of a block: seven digests and keys, three u64 and a u16.
const HEADER_BYTES: usize = 7 * 32 + 3 * 8 + 2;

/// The ledger of one network on this node. Shared by reference; all methods take `&self`.
pub struct Ledger {
    store: Arc<dyn Store>,
    genesis: Genesis,
    current: RwLock<Arc<Current>>,
    writer: Mutex<Writer>,
    valid: Mutex<VecDeque<Arc<ValidBlock>>>,
    loaded: LoadedTransactions,
}

/// What readers see: a head and the state after it.
struct Current {
    head: Head,
    state: Arc<State>,
}

/// What only the writer needs.
struct Writer {
    edge: Edge,
    /// Set when a write failed, for ever: nobody knows then what is on disk.
    stopped: bool,
}

/// A committed block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Its height.
    pub height: u64,
    /// Its header's digest.
    pub digest: Digest,
    /// Its time.
    pub time: Timestamp,
    /// Index of its first entry.
    pub first_index: u64,
    /// Entries in the log after it.
    pub size: u64,
    /// Root over them.
    pub root: Digest,
    /// Id and entries of each transaction, in order.
    pub transactions: Vec<(Digest, Range<u64>)>,
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

    /// Whether a transaction may be in the next block, were its time `now` (L3).
    ///
    /// # Errors
    /// [`Error::Refused`], or a fatal one.
    pub fn admit(&self, checked: &Checked, now: Timestamp) -> Result<(), Error> {
        let current = self.current();
        let height = current.head.height + 1;
        rules::admit(&current.state, &self.history(current.head.size), checked.transaction(), height, now)
    }

    /// Judges a block on top of the head (L1 to L4). What is found valid is remembered, parsed, until a block is committed.
    ///
    /// # Errors
    /// [`Error::Invalid`], or a fatal one.
    pub fn validate(&self, block: &[u8], seen: &dyn Seen) -> Result<Arc<ValidBlock>, Error> {
        let current = self.current();
        let valid = rules::validate(&current.state, &current.head, &self.history(current.head.size), block, seen)?;
        Ok(self.remember(valid))
    }

    /// Builds the block that follows the head, see [`rules::build`]. It is valid, and remembered as such.
    ///
    /// # Errors
    /// As [`rules::build`].
    pub fn build(
        &self,
        time: Timestamp,
        proposer: PublicKey,
        candidates: impl IntoIterator<Item = Arc<Checked>>,
    ) -> Result<Arc<ValidBlock>, Error> {
        let current = self.current();
        let history = self.history(current.head.size);
        let valid = rules::build(&current.state, &current.head, &history, time, proposer, candidates)?;
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
    pub fn commit(&self, block: &[u8], certificate: &[u8], decided: Digest, seen: &dyn Seen) -> Result<Committed, Error> {
        let mut writer = lock(&self.writer);
        if writer.stopped {
            return Err(Error::Stopped);
        }
        if certificate.len() > CERTIFICATE_BYTES_MAX {
            return Err(Error::OutOfRange("a commit certificate has at most 64 KiB"));
        }
        let header = read_header(block)?;
        let found = header.digest();
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
            // The digest binds the body: these are the bytes that were judged, on this very head, for memory is cleared at each commit.
            Some(valid) => valid,
            None => self.validate(block, seen)?,
        };
        let execution = execute(&current.state, &valid, current.head.size, &self.history(current.head.size))?;
        let mut edge = writer.edge.clone();
        let tiles = edge.append(&execution.leaves);
        let head = Head { height: header.height, digest: decided, time: header.time, size: edge.size(), root: edge.root() };
        assert_eq!(head.size, current.head.size + execution.leaves.len() as u64, "each statement is one entry");
        let batch = block_batch(&valid, certificate, &execution, &tiles, &head);
        // A crash before the batch is durable leaves the parent as the head: the block comes again from consensus or a peer.
        if let Err(error) = self.store.apply(batch) {
            writer.stopped = true;
            return Err(error);
        }
        // A crash right here leaves the block as the head: consensus commits it again, and gets the same answer.
        writer.edge = edge;
        *self.current.write().unwrap_or_else(PoisonError::into_inner) =
            Arc::new(Current { head, state: Arc::clone(&current.state) });
        lock(&self.valid).clear();
        Ok(committed(&head, &valid, &execution, current.head.size))
    }

    fn committed_before(&self, height: u64, decided: Digest) -> Result<Committed, Error> {
        let record = self.block_record(height)?;
        let committed = record.header.digest();
        if committed != decided {
            return Err(Error::OtherBlock { height, committed, decided });
        }
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

    /// Checks that this ledger is at least as far as the node's other durable records say: the guard of votes (a vote at height h + 1 was
    /// made after height h was committed) and the guard of cosignatures (a size was cosigned after it was durable).
    ///
    /// # Errors
    /// [`Error::LostWrites`].
    pub fn check_reaches(&self, height: u64, size: u64) -> Result<(), Error> {
        let head = self.head();
        if head.height < height {
            return Err(Error::LostWrites { found: head.height, confirmed: height });
        }
        if head.size < size {
            return Err(Error::LostWrites { found: head.size, confirmed: size });
        }
        Ok(())
    }
}

fn read_header(block: &[u8]) -> Result<Header, Error> {
    let bytes = block.get(..HEADER_BYTES).unwrap_or(block);
    codec::decode(bytes, HEADER_BYTES).map_err(|error| Invalid::Form(BlockError::Codec(error)).into())
}

fn committed(head: &Head, block: &ValidBlock, execution: &Execution, first_index: u64) -> Committed {
    let range = |(checked, executed): (&Arc<Checked>, &crate::execute::ExecutedTransaction)| {
        (checked.id(), executed.first_index..executed.first_index + executed.outcomes.len() as u64)
    };
    Committed {
        height: head.height,
        digest: head.digest,
        time: head.time,
        first_index,
        size: head.size,
        root: head.root,
        transactions: block.transactions().iter().zip(&execution.transactions).map(range).collect(),
    }
}

/// Everything that a block writes (S4).
fn block_batch(block: &ValidBlock, certificate: &[u8], execution: &Execution, tiles: &[Tile], head: &Head) -> Batch {
    let mut batch = Batch::default();
    let mut put = |key: Vec<u8>, payload: Vec<u8>| {
        let value = schema::seal(&key, payload);
        batch.put(key, value);
    };
    let record = BlockRecord {
        header: block.header().clone(),
        certificate: certificate.to_vec(),
        first_index: block.header().log_size,
        transactions: block.transactions().len() as u32,
        size: head.size,
        root: head.root,
    };
    put(Table::Block.number(head.height), codec::encode(&record));
    for (place, (checked, executed)) in block.transactions().iter().zip(&execution.transactions).enumerate() {
        let (first_index, count) = (executed.first_index, executed.outcomes.len() as u32);
        let at = TransactionPlace { height: head.height, time: head.time, first_index, count };
        put(Table::TransactionIndex.key(&[&checked.id().0]), codec::encode(&at));
        let record = TransactionRecord {
            height: head.height,
            time: head.time,
            place: place as u32,
            court: executed.court.clone(),
            role: schema::role_byte(executed.role),
            outcomes: executed.outcomes.iter().copied().map(schema::outcome_byte).collect(),
        };
        put(Table::Transaction.number(first_index), schema::transaction_payload(&record, checked.text()));
    }
    for registration in &execution.registrations {
        if registration.first {
            put(Table::First.key(&[&registration.file.0]), codec::encode(&registration.index));
        } else {
            put(schema::repeat_key(&registration.file, registration.index), Vec::new());
        }
    }
    for (about, index) in &execution.equivocations {
        put(schema::equivocation_key(about), codec::encode(index));
    }
    for tile in tiles {
        put(schema::tile_key(tile.level, tile.index), tile.hashes.iter().flat_map(|hash| hash.0).collect());
    }
    put(schema::head_key(), codec::encode(head));
    batch
}

#[cfg(test)]
mod tests;

#[cfg(test)]
mod measure;
