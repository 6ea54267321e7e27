//! Reading for clients and peers: blocks, entries, transactions, files, tiles, paths.
//!
//! In: heights, indices, ids, digests, bounds.
//! Out: stored bytes, or texts derived from them.
//! Always: a text is returned only if its leaf hash is that of the tree. Nothing past the head at the time of
//! the call is shown. Every answer is bounded.
//! Not for receipts: see `receipts.rs`.

use super::Ledger;
use super::loaded::Loaded;
use super::recorded::Recorded;
use crate::error::Error;
use crate::history::History;
use crate::limits::READ_ENTRIES_MAX;
use crate::records::StoredTransaction;
use crate::schema::{BlockRecord, SystemRecord};
use crate::tree::{TileSource, TreeReader};
use courtseal_proof::block::ReadBlock;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::limits::BLOCK_BYTES_MAX;
use courtseal_proof::bytes::name::Origin;
use courtseal_proof::entry::{Content, Entry, StateAfter};
use courtseal_proof::facts::{Fact, Subject};
use courtseal_proof::log::merkle::leaf_hash;
use std::sync::Arc;

impl TileSource for Ledger {
    fn tile(&self, level: u8, index: u64) -> Result<Arc<Vec<Digest>>, Error> {
        self.records().tile(level, index)
    }
}

/// The text of a stored system entry.
pub(super) fn system_text(origin: &Origin, index: u64, record: SystemRecord) -> String {
    match record {
        SystemRecord::Text(text) => text,
        SystemRecord::State { height, time, epoch, map } => {
            let content = Content::State(StateAfter { epoch, map });
            Entry { chain: origin.clone(), height, index, recorded_at: time, content }.to_text()
        }
    }
}

fn missing(record: &BlockRecord, what: &str) -> Error {
    Error::Corrupt(format!("block {}: {what} missing", record.header.height))
}

impl Ledger {
    pub(super) fn block_record(&self, height: u64) -> Result<BlockRecord, Error> {
        let head = self.head().height;
        if height == 0 || height > head {
            return Err(Error::OutOfRange("no block has this height here"));
        }
        let record = self.records().block(height)?.ok_or_else(|| Error::Corrupt(format!("block {height} is missing")))?;
        if record.header.height == height { Ok(record) } else { Err(Error::Corrupt(format!("block {height} is another"))) }
    }

    /// The texts of a block's transactions, each with the index of its first entry.
    fn block_texts(&self, record: &BlockRecord) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        let stored = self.records().texts(record.first_index, record.size, 2 * BLOCK_BYTES_MAX)?;
        if stored.len() == record.transactions as usize { Ok(stored) } else { Err(missing(record, "a transaction")) }
    }

    pub(super) fn block_transactions(&self, record: &BlockRecord) -> Result<Vec<StoredTransaction>, Error> {
        let texts = self.block_texts(record)?;
        let outcomes = self.records().outcomes(record.first_index, record.size)?;
        if !texts.iter().map(|(index, _)| index).eq(outcomes.iter().map(|(index, _)| index)) {
            return Err(missing(record, "outcomes"));
        }
        Ok(texts.into_iter().zip(outcomes).map(|((index, text), (_, outcomes))| (index, outcomes, text)).collect())
    }

    /// The block at `height`, as it was sent, with its commit certificate. None for height 0 and heights
    /// above the head.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn block(&self, height: u64) -> Result<Option<(ReadBlock, Vec<u8>)>, Error> {
        let record = match self.block_record(height) {
            Ok(record) => record,
            Err(Error::OutOfRange(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let stored = self.block_texts(&record)?;
        let body = record.header.body;
        let block = ReadBlock::assemble(record.header, stored.iter().map(|(_, text)| text.as_slice()));
        if block.header().body != body {
            return Err(Error::Corrupt(format!("block {height}: its body")));
        }
        Ok(Some((block, record.certificate)))
    }

    pub(super) fn load(&self, index: u64) -> Result<Option<Arc<Loaded>>, Error> {
        if let Some(loaded) = self.loaded.find(index) {
            return Ok(Some(loaded));
        }
        match self.records().transaction_of(index)? {
            Some(stored) => Ok(Some(self.loaded.keep(self.state().origin(), stored)?)),
            None => Ok(None),
        }
    }

    /// The entry at `index`, and the transaction of a member's entry. Its leaf hash was compared with that of
    /// the tree.
    pub(super) fn read_entry(&self, index: u64, reader: &TreeReader<'_>) -> Result<(String, Option<Arc<Loaded>>), Error> {
        let leaf = reader.leaf(index)?;
        let loaded = self.load(index)?;
        let text = match loaded.as_ref().and_then(|loaded| loaded.entry(index)) {
            Some(text) => text,
            None => {
                let record = self.records().system_entry(index)?;
                let record = record.ok_or_else(|| Error::Corrupt(format!("entry {index} is missing")))?;
                system_text(self.state().origin(), index, record)
            }
        };
        if leaf_hash(text.as_bytes()) == leaf { Ok((text, loaded)) } else { Err(Error::Corrupt(format!("entry {index}"))) }
    }

    /// A reader of the tree as it is now.
    pub(super) fn reader(&self) -> TreeReader<'_> {
        TreeReader::new(self, self.head().size)
    }

    /// The text of the entry at `index`; none if the log is not that long.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn entry(&self, index: u64) -> Result<Option<String>, Error> {
        if index >= self.head().size {
            return Ok(None);
        }
        Ok(Some(self.read_entry(index, &self.reader())?.0))
    }

    /// The texts of at most `limit` entries (and at most [`READ_ENTRIES_MAX`]) from `from` on. No further one
    /// follows once they have `bytes_max` bytes.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn entries(&self, from: u64, limit: usize, bytes_max: usize) -> Result<Vec<String>, Error> {
        let (reader, size) = (self.reader(), self.head().size);
        let (mut texts, mut bytes) = (Vec::new(), 0);
        let to = size.min(from.saturating_add(limit.min(READ_ENTRIES_MAX) as u64));
        for index in from..to {
            if !texts.is_empty() && bytes >= bytes_max {
                break;
            }
            let text = self.read_entry(index, &reader)?.0;
            bytes += text.len();
            texts.push(text);
        }
        Ok(texts)
    }

    /// The place of the transaction with this id; it is never deleted.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn transaction(&self, id: &Digest) -> Result<Option<Recorded>, Error> {
        let size = self.head().size;
        let place = self.records().place(id)?.filter(|place| place.first_index < size);
        Ok(place.map(|place| Recorded {
            height: place.height,
            time: place.time,
            first_index: place.first_index,
            count: u64::from(place.count),
        }))
    }

    /// The place of the transaction with this id, if this process recorded it recently. The store is not
    /// read.
    pub fn recent_transaction(&self, id: &Digest) -> Option<Recorded> {
        super::lock(&self.recent).get(id)
    }

    /// The newest fact of a subject. Facts of courts are in the state: see [`crate::State::court_fact`].
    ///
    /// # Errors
    /// Fatal ones.
    pub fn fact(&self, subject: &Subject) -> Result<Option<Fact>, Error> {
        Ok(self.history(self.head().size).facts(std::slice::from_ref(subject))?.pop().flatten())
    }

    /// Indices of the public statement entries with this SHA-256, of any length, lowest first, from `from`
    /// on. At most `limit` of them (and [`READ_ENTRIES_MAX`]).
    ///
    /// # Errors
    /// Fatal ones.
    pub fn entries_by_digest(&self, sha256: &Digest, from: u64, limit: usize) -> Result<Vec<u64>, Error> {
        let (size, limit) = (self.head().size, limit.min(READ_ENTRIES_MAX));
        let mut indices = self.records().named(sha256, from, limit)?;
        indices.retain(|index| *index < size);
        Ok(indices)
    }

    /// The path from the entry at `index` to the root of the first `size` entries.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], or a fatal one.
    pub fn inclusion_path(&self, index: u64, size: u64) -> Result<Vec<Digest>, Error> {
        self.reader().inclusion_path(index, size)
    }

    /// The path that proves that the first `new_size` entries begin with the first `old_size` (at least 1).
    ///
    /// # Errors
    /// [`Error::OutOfRange`], or a fatal one.
    pub fn consistency_path(&self, old_size: u64, new_size: u64) -> Result<Vec<Digest>, Error> {
        self.reader().consistency_path(old_size, new_size)
    }

    /// The root over the first `size` entries.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], or a fatal one.
    pub fn root_at(&self, size: u64) -> Result<Digest, Error> {
        self.reader().root(size)
    }

    /// The bytes of a tile as C2SP `tlog-tiles` serves it: `width` hashes (1 to 256) of 32 bytes. None if the
    /// log does not fill them.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn tile_bytes(&self, level: u8, index: u64, width: usize) -> Result<Option<Vec<u8>>, Error> {
        let hashes = if level < 8 { self.head().size >> (8 * u32::from(level)) } else { 0 };
        let end = index.checked_mul(256).and_then(|first| first.checked_add(width as u64));
        if !(1..=256).contains(&width) || end.is_none_or(|end| end > hashes) {
            return Ok(None);
        }
        let tile = self.tile(level, index)?;
        let tile = tile.get(..width).ok_or_else(|| Error::Corrupt(format!("tile {level}/{index} is too short")))?;
        Ok(Some(tile.iter().flat_map(|hash| hash.0).collect()))
    }
}
