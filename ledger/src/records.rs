//! Typed reading of what is stored, every checksum verified.
//!
//! In: a store; heights, indices, digests. Out: records of [`crate::schema`]. Always: a damaged record is [`Error::Corrupt`], never a guess;
//! a missing one is none, and whoever knows that it must be there says so. Not for writing: the ledger's one batch a block does that.

use crate::error::Error;
use crate::head::Head;
use crate::history::History;
use crate::schema::{self, BlockRecord, FirstRecord, NewestRecord, SchemaRecord, Table, TransactionPlace, TransactionRecord};
use crate::store::{Range, Store};
use crate::tree::{TILE_HASHES, TileSource};
use courtseal_proof::digest::Digest;
use courtseal_proof::facts::{Class, Fact, FileIdentity, Subject};
use serde::de::DeserializeOwned;
use std::sync::Arc;

/// A store, read as records.
#[derive(Clone, Copy)]
pub struct Records<'a>(pub &'a dyn Store);

/// A stored transaction: index of its first entry, record and text.
pub type StoredTransaction = (u64, TransactionRecord, Vec<u8>);

impl Records<'_> {
    /// The payload of a stored value; damage is noted, for opening checks the newest block only.
    fn unseal(&self, key: &[u8], value: Vec<u8>) -> Result<Vec<u8>, Error> {
        schema::unseal(key, value).inspect_err(|error| self.0.note_damage(&error.to_string()))
    }

    /// The payload of a record.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn payload(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.0.get(key)?.map(|value| self.unseal(key, value)).transpose()
    }

    fn read_transaction(&self, key: &[u8], value: Vec<u8>) -> Result<StoredTransaction, Error> {
        let payload = self.unseal(key, value)?;
        let first_index = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes)).ok_or_else(|| schema::damaged(key))?;
        let (record, text) = schema::read_transaction(key, &payload)?;
        Ok((first_index, record, text))
    }

    fn record<T: DeserializeOwned>(&self, key: &[u8]) -> Result<Option<T>, Error> {
        self.payload(key)?.map(|payload| schema::read_record(key, &payload)).transpose()
    }

    /// Which layout, which network.
    ///
    /// # Errors
    /// Fatal ones of the store, as for all that follow.
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

    /// The newest cosigned checkpoint.
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

    /// Whether a block is stored above `height`.
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

    /// A system entry's text.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn system_entry(&self, index: u64) -> Result<Option<Vec<u8>>, Error> {
        self.payload(&Table::System.number(index))
    }

    /// The texts of all system entries before `index`, in order.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn system_entries(&self, index: u64) -> Result<Vec<Vec<u8>>, Error> {
        let (from, to) = (Table::System.number(0), Table::System.number(index));
        let pairs =
            self.0.scan(Range { from: &from, to: &to, backwards: false, pairs_max: usize::MAX, bytes_max: usize::MAX })?;
        pairs.into_iter().map(|(key, value)| self.unseal(&key, value)).collect()
    }

    /// The transaction with the entry at `index`; none if that is a system entry or not there.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn transaction_of(&self, index: u64) -> Result<Option<StoredTransaction>, Error> {
        let (from, to) = (Table::Transaction.number(0), Table::Transaction.number(index.saturating_add(1)));
        let mut pairs = self.0.scan(Range { from: &from, to: &to, backwards: true, pairs_max: 1, bytes_max: 0 })?;
        let Some((key, value)) = pairs.pop() else { return Ok(None) };
        let stored = self.read_transaction(&key, value)?;
        Ok((index - stored.0 < stored.1.outcomes.len() as u64).then_some(stored))
    }

    /// The transactions with first entries from `from` to before `to`, as many as fit `bytes_max`, at least one.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn transactions(&self, from: u64, to: u64, bytes_max: usize) -> Result<Vec<StoredTransaction>, Error> {
        let (from, to) = (Table::Transaction.number(from), Table::Transaction.number(to));
        let pairs = self.0.scan(Range { from: &from, to: &to, backwards: false, pairs_max: usize::MAX, bytes_max })?;
        pairs.into_iter().map(|(key, value)| self.read_transaction(&key, value)).collect()
    }

    /// Where a transaction is recorded.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn place(&self, id: &Digest) -> Result<Option<TransactionPlace>, Error> {
        self.record(&Table::TransactionIndex.key(&[&id.0]))
    }

    /// The first public statement entry with this SHA-256.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn first(&self, sha256: &Digest) -> Result<Option<FirstRecord>, Error> {
        self.record(&Table::First.key(&[&sha256.0]))
    }

    /// The last fact of a subject that an entry before `size` wrote.
    fn version_before(&self, subject: &Subject, size: u64) -> Result<Option<Fact>, Error> {
        let (from, to) = (schema::version_key(subject, 0), schema::version_key(subject, size));
        let mut pairs = self.0.scan(Range { from: &from, to: &to, backwards: true, pairs_max: 1, bytes_max: 0 })?;
        let Some((key, value)) = pairs.pop() else { return Ok(None) };
        let index = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes)).ok_or_else(|| schema::damaged(&key))?;
        Ok(Some(Fact { index, value: self.unseal(&key, value)? }))
    }

    /// Indices of further entries with this SHA-256, of whatever length, from `from` on, at most `limit`.
    ///
    /// # Errors
    /// Fatal ones.
    pub fn further(&self, sha256: &Digest, from: u64, limit: usize) -> Result<Vec<u64>, Error> {
        // The index `u64::MAX` is left out; no log is that long.
        let (from, to) = (schema::further_key(sha256, from), schema::further_key(sha256, u64::MAX));
        let pairs = self.0.scan(Range { from: &from, to: &to, backwards: false, pairs_max: limit, bytes_max: usize::MAX })?;
        let index = |(key, value): (Vec<u8>, Vec<u8>)| {
            self.unseal(&key, value)?;
            key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes)).ok_or_else(|| schema::damaged(&key))
        };
        pairs.into_iter().map(index).collect()
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

/// The log before the entry at `size`, from the store's indices.
#[derive(Clone, Copy)]
pub struct StoredHistory<'a> {
    /// The store.
    pub records: Records<'a>,
    /// Entries that count.
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
        let of = |is_wanted: fn(Class) -> bool| -> Vec<usize> {
            (0..subjects.len()).filter(|at| is_wanted(subjects[*at].class)).collect()
        };
        self.read_files(subjects, &of(|class| matches!(class, Class::File | Class::Sha256)), &mut facts)?;
        let accused = of(|class| matches!(class, Class::Step | Class::Cosigner));
        let keys: Vec<Vec<u8>> = accused.iter().map(|at| schema::equivocation_key(&subjects[*at])).collect();
        for (at, index) in accused.into_iter().zip(self.records.many::<u64>(&keys)?) {
            facts[at] = index.map(|index| Fact { index, value: Vec::new() });
        }
        facts.iter_mut().for_each(|fact| *fact = fact.take().filter(|fact| fact.index < self.size));
        let versioned = of(|class| !class.is_kept_first());
        let keys: Vec<Vec<u8>> = versioned.iter().map(|at| schema::newest_key(&subjects[*at])).collect();
        for (at, newest) in versioned.into_iter().zip(self.records.many::<NewestRecord>(&keys)?) {
            facts[at] = match newest {
                Some(newest) if newest.index >= self.size => self.records.version_before(&subjects[at], self.size)?,
                newest => newest.map(|newest| Fact { index: newest.index, value: newest.value }),
            };
        }
        Ok(facts)
    }
}

impl StoredHistory<'_> {
    /// First registrations, of files and of SHA-256 digests: a file has a record of its own only if another length was stated with its
    /// SHA-256 before.
    fn read_files(&self, subjects: &[Subject], places: &[usize], facts: &mut [Option<Fact>]) -> Result<(), Error> {
        let sha256 = |at: usize| &subjects[at].key[..32];
        let mut digests: Vec<&[u8]> = places.iter().map(|at| sha256(*at)).collect();
        digests.sort_unstable();
        digests.dedup();
        let keys: Vec<Vec<u8>> = digests.iter().map(|digest| Table::First.key(&[digest])).collect();
        let firsts = self.records.many::<FirstRecord>(&keys)?;
        let mut others = Vec::new();
        for at in places {
            let place = digests.binary_search(&sha256(*at)).expect("each digest was listed");
            // A first entry at or after `size` has none before it, of whatever length.
            let Some(first) = firsts[place].filter(|first| first.index < self.size) else { continue };
            let fact = |value| Some(Fact { index: first.index, value });
            match FileIdentity::from_key(&subjects[*at].key) {
                None => facts[*at] = fact(first.size_bytes.to_be_bytes().to_vec()),
                Some(file) if file.size_bytes == first.size_bytes => facts[*at] = fact(Vec::new()),
                Some(file) => others.push((*at, schema::other_length_key(&file))),
            }
        }
        let (places, keys): (Vec<usize>, Vec<Vec<u8>>) = others.into_iter().unzip();
        for (at, index) in places.into_iter().zip(self.records.many::<u64>(&keys)?) {
            facts[at] = index.map(|index| Fact { index, value: Vec::new() });
        }
        Ok(())
    }
}
