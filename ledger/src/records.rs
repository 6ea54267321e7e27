//! Typed reading of stored records, every checksum verified.
//!
//! In: a store; heights, indices, digests.
//! Out: records of [`crate::schema`].
//! Always: a damaged record is [`Error::Corrupt`], never a guess. A missing record is none; a caller that
//! needs it reports the damage.
//! Not for writing: the ledger writes one batch a block.

use crate::error::Error;
use crate::head::Head;
use crate::history::History;
use crate::schema::outcomes::OutcomesRecord;
use crate::schema::{self, BlockRecord, NewestRecord, SchemaRecord, SystemRecord, Table, TransactionPlace};
use crate::store::{Range, Store};
use crate::tree::{TILE_HASHES, TileSource};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::facts::{Fact, Subject};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A store, read as records.
#[derive(Clone, Copy)]
pub struct Records<'a>(pub &'a dyn Store);

/// A stored transaction: index of its first entry, its outcomes, its text.
pub type StoredTransaction = (u64, OutcomesRecord, Vec<u8>);

impl Records<'_> {
    /// The payload of a stored value. Damage is noted in the store, because opening checks the newest block
    /// only (S11).
    fn unseal(&self, key: &[u8], value: Vec<u8>) -> Result<Vec<u8>, Error> {
        schema::unseal(key, value).inspect_err(|error| self.0.note_damage(&error.to_string()))
    }

    /// The payload of the record under this key.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn payload(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.0.get(key)?.map(|value| self.unseal(key, value)).transpose()
    }

    /// The index at the end of a key, and the payload stored there.
    fn indexed(&self, key: &[u8], value: Vec<u8>) -> Result<(u64, Vec<u8>), Error> {
        let payload = self.unseal(key, value)?;
        let index = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes)).ok_or_else(|| schema::damaged(key))?;
        Ok((index, payload))
    }

    /// The payloads of a table from index `from` to before `to`, at most `bytes_max` bytes of them but at
    /// least one.
    fn range(&self, table: Table, from: u64, to: u64, bytes_max: usize) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        let (from, to) = (table.number(from), table.number(to));
        let pairs = self.0.scan(Range { from: &from, to: &to, backwards: false, pairs_max: usize::MAX, bytes_max })?;
        pairs.into_iter().map(|(key, value)| self.indexed(&key, value)).collect()
    }

    fn record<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, Error> {
        self.payload(key)?.map(|payload| schema::read_record(key, &payload)).transpose()
    }

    /// The layout of the store and the network that it belongs to.
    ///
    /// # Errors
    /// Fatal ones of the store, as for all methods below.
    pub fn schema(&self) -> Result<Option<SchemaRecord>, Error> {
        self.record(&schema::schema_key())
    }

    /// The genesis document.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn genesis(&self) -> Result<Option<Vec<u8>>, Error> {
        self.payload(&schema::genesis_key())
    }

    /// The end of the log.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn head(&self) -> Result<Option<Head>, Error> {
        self.record(&schema::head_key())
    }

    /// The newest checkpoint that a quorum cosigned.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn checkpoint(&self) -> Result<Option<Vec<u8>>, Error> {
        self.payload(&schema::checkpoint_key())
    }

    /// A block without its transactions.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn block(&self, height: u64) -> Result<Option<BlockRecord>, Error> {
        self.record(&Table::Block.number(height))
    }

    /// Whether a block above `height` is stored.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn has_block_above(&self, height: u64) -> Result<bool, Error> {
        let (from, to) = (Table::Block.number(height.saturating_add(1)), Table::Block.end());
        Ok(!self.0.scan(Range { from: &from, to: &to, backwards: false, pairs_max: 1, bytes_max: 0 })?.is_empty())
    }

    /// Whether nothing is stored at all.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn is_empty(&self) -> Result<bool, Error> {
        for table in schema::TABLES {
            let (from, to) = (table.key(&[]), table.end());
            if !self.0.scan(Range { from: &from, to: &to, backwards: false, pairs_max: 1, bytes_max: 0 })?.is_empty() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A system entry.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn system_entry(&self, index: u64) -> Result<Option<SystemRecord>, Error> {
        self.record(&Table::System.number(index))
    }

    /// The outcomes of the transaction with the entry at `index`, and the index of its first entry. None if
    /// that is a system entry or not there. The transaction's text is not read.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn outcomes_of(&self, index: u64) -> Result<Option<(u64, OutcomesRecord)>, Error> {
        let (from, to) = (Table::Outcomes.number(0), Table::Outcomes.number(index.saturating_add(1)));
        let mut pairs = self.0.scan(Range { from: &from, to: &to, backwards: true, pairs_max: 1, bytes_max: 0 })?;
        let Some((key, value)) = pairs.pop() else { return Ok(None) };
        let (first_index, payload) = self.indexed(&key, value)?;
        let record: OutcomesRecord = schema::read_record(&key, &payload)?;
        Ok((index - first_index < record.count()).then_some((first_index, record)))
    }

    /// The transaction with the entry at `index`. None if that is a system entry or not there.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn transaction_of(&self, index: u64) -> Result<Option<StoredTransaction>, Error> {
        let Some((first_index, record)) = self.outcomes_of(index)? else { return Ok(None) };
        let key = Table::Transaction.number(first_index);
        let text = self.payload(&key)?.ok_or_else(|| schema::damaged(&key))?;
        Ok(Some((first_index, record, text)))
    }

    /// The texts of the transactions with first entries from `from` to before `to`, at most `bytes_max` bytes
    /// of them but at least one text.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn texts(&self, from: u64, to: u64, bytes_max: usize) -> Result<Vec<(u64, Vec<u8>)>, Error> {
        self.range(Table::Transaction, from, to, bytes_max)
    }

    /// The outcomes of the transactions with first entries from `from` to before `to`, each with the index of
    /// its first entry.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn outcomes(&self, from: u64, to: u64) -> Result<Vec<(u64, OutcomesRecord)>, Error> {
        let stored = self.range(Table::Outcomes, from, to, usize::MAX)?;
        let read = |(index, payload): (u64, Vec<u8>)| Ok((index, schema::read_record(&Table::Outcomes.number(index), &payload)?));
        stored.into_iter().map(read).collect()
    }

    /// Where a transaction is recorded.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn place(&self, id: &Digest) -> Result<Option<TransactionPlace>, Error> {
        self.record(&Table::TransactionIndex.key(&[&id.0]))
    }

    /// Indices of the public statement entries with this SHA-256, of any length, from `from` on, at most
    /// `limit`.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn named(&self, sha256: &Digest, from: u64, limit: usize) -> Result<Vec<u64>, Error> {
        // The index `u64::MAX` is left out, because no log is that long.
        let (from, to) = (schema::named_key(sha256, from), schema::named_key(sha256, u64::MAX));
        let pairs = self.0.scan(Range { from: &from, to: &to, backwards: false, pairs_max: limit, bytes_max: usize::MAX })?;
        pairs.into_iter().map(|(key, value)| Ok(self.indexed(&key, value)?.0)).collect()
    }

    /// The last fact of a subject that an entry before `size` wrote.
    fn version_before(&self, subject: &Subject, size: u64) -> Result<Option<Fact>, Error> {
        let (from, to) = (schema::version_key(subject, 0), schema::version_key(subject, size));
        let mut pairs = self.0.scan(Range { from: &from, to: &to, backwards: true, pairs_max: 1, bytes_max: 0 })?;
        let Some((key, value)) = pairs.pop() else { return Ok(None) };
        let (index, value) = self.indexed(&key, value)?;
        Ok(Some(Fact { index, value }))
    }

    /// The records under these keys of one table, in order.
    fn many<T: DeserializeOwned>(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<T>>, Error> {
        let read = |(key, value): (&Vec<u8>, Option<Vec<u8>>)| {
            value.map(|value| schema::read_record(key, &self.unseal(key, value)?)).transpose()
        };
        keys.iter().zip(self.0.get_many(keys)?).map(read).collect()
    }
}

impl TileSource for Records<'_> {
    fn tile(&self, level: u8, index: u64) -> Result<Arc<Vec<Digest>>, Error> {
        let key = schema::tile_key(level, index);
        let payload = self.payload(&key)?.ok_or_else(|| Error::Corrupt(format!("tile {level}/{index} is missing")))?;
        let (hashes, rest) = payload.as_chunks::<32>();
        if !rest.is_empty() || !(1..=TILE_HASHES).contains(&hashes.len()) {
            return Err(schema::damaged(&key));
        }
        Ok(Arc::new(hashes.iter().map(|hash| Digest(*hash)).collect()))
    }
}

/// The log before the entry at `size`, read from the store's tables.
#[derive(Clone, Copy)]
pub struct StoredHistory<'a> {
    /// The records of the store.
    pub records: Records<'a>,
    /// Number of entries that count.
    pub size: u64,
}

impl History for StoredHistory<'_> {
    fn recorded(&self, ids: &[Digest]) -> Result<Vec<bool>, Error> {
        let keys: Vec<Vec<u8>> = ids.iter().map(|id| Table::TransactionIndex.key(&[&id.0])).collect();
        let places = self.records.many::<TransactionPlace>(&keys)?;
        Ok(places.into_iter().map(|place| place.is_some_and(|place| place.first_index < self.size)).collect())
    }

    fn facts(&self, subjects: &[Subject]) -> Result<Vec<Option<Fact>>, Error> {
        let mut facts: Vec<Option<Fact>> = vec![None; subjects.len()];
        // All keys of one table are read in one call.
        for table in [Table::First, Table::Equivocation] {
            let keys = subjects.iter().enumerate().filter_map(|(at, subject)| Some((at, schema::first_key(subject)?)));
            let keys = keys.filter(|(_, (own, _))| *own == table).map(|(at, (_, key))| (at, key));
            let (places, keys): (Vec<usize>, Vec<Vec<u8>>) = keys.unzip();
            for (at, index) in places.into_iter().zip(self.records.many::<u64>(&keys)?) {
                facts[at] = index.filter(|index| *index < self.size).map(|index| Fact { index, value: Vec::new() });
            }
        }
        let versioned = (0..subjects.len()).filter(|at| !subjects[*at].class.is_kept_first());
        let (places, keys): (Vec<usize>, Vec<Vec<u8>>) = versioned.map(|at| (at, schema::newest_key(&subjects[at]))).unzip();
        for (at, newest) in places.into_iter().zip(self.records.many::<NewestRecord>(&keys)?) {
            facts[at] = match newest {
                Some(newest) if newest.index >= self.size => self.records.version_before(&subjects[at], self.size)?,
                newest => newest.map(|newest| Fact { index: newest.index, value: newest.value }),
            };
        }
        Ok(facts)
    }
}
