//! Opening a ledger: it makes height 0, or checks the stored data (S5, S6).
//!
//! In: a store and a genesis.
//! Out: a [`Ledger`], or the reason why this data cannot be used.
//! Always: the last block is executed again and its root recomputed before anything is served. Nothing is
//! repaired silently.
//! Not for fetching what is missing: the node asks its peers.

use super::append::{outcomes_record, state_record};
use super::fact_records::{Payload, fact_records, versioned};
use super::loaded::LoadedTransactions;
use super::read::system_text;
use super::recorded::Current;
use super::{Ledger, Writer};
use crate::error::Error;
use crate::execute::{Execution, execute};
use crate::head::Head;
use crate::records::{Records, StoredHistory};
use crate::schema::{self, BlockRecord, NewestRecord, SCHEMA_VERSION, SchemaRecord, SystemRecord, Table};
use crate::state::{State, genesis_facts};
use crate::store::{Batch, Store};
use crate::tree::{Edge, TreeReader};
use crate::validate::validate;
use crate::verified_transaction::NoCache;
use courtseal_proof::bytes::codec;
use courtseal_proof::entry::{Content, Entry};
use courtseal_proof::genesis::Genesis;
use courtseal_proof::log::merkle::leaf_hash;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, RwLock};

impl Ledger {
    /// Opens the ledger of this genesis. Makes height 0 in an empty store, else checks schema, genesis, head,
    /// tree and the last block.
    ///
    /// # Errors
    /// [`Error::UnknownSchema`], [`Error::WrongGenesis`], [`Error::Corrupt`], [`Error::Store`].
    pub fn open(store: Arc<dyn Store>, genesis: &Genesis) -> Result<Self, Error> {
        let records = Records(&*store);
        match records.schema()? {
            None if records.is_empty()? => create(&*store, genesis)?,
            None => return Err(Error::Corrupt("the schema record is missing".to_owned())),
            Some(schema) => check_schema(&schema, genesis)?,
        }
        let head = records.head()?.ok_or_else(|| Error::Corrupt("the head record is missing".to_owned()))?;
        let edge = Edge::read(head.size, &records)?;
        if edge.root() != head.root {
            return Err(Error::Corrupt("the tree's root is not the head's".to_owned()));
        }
        if records.has_block_above(head.height)? {
            return Err(Error::Corrupt("a block is stored above the head".to_owned()));
        }
        let state = Arc::new(fold(records, genesis)?);
        let ledger = Self {
            genesis: genesis.clone(),
            current: RwLock::new(Arc::new(Current { head, state })),
            writer: Mutex::new(Writer { edge, stopped: false }),
            valid: Mutex::new(VecDeque::new()),
            loaded: LoadedTransactions::default(),
            recent: Mutex::default(),
            store,
        };
        ledger.check_head(&head)?;
        Ok(ledger)
    }

    fn check_head(&self, head: &Head) -> Result<(), Error> {
        self.check_facts(genesis_facts(&self.genesis).flat_map(|(subject, fact)| versioned(&subject, &fact)))?;
        let (digest, time, size) = if head.height == 0 {
            self.check_genesis_entries()?;
            (self.state().origin().chain(), self.genesis.time, Entry::genesis(&self.genesis).len() as u64)
        } else {
            let record = self.check_block(head.height)?;
            (record.header.digest(), record.header.time, record.size)
        };
        if (digest, time, size) == (head.digest, head.time, head.size) {
            Ok(())
        } else {
            Err(Error::Corrupt("the head record is not that of the last block".to_owned()))
        }
    }

    fn check_genesis_entries(&self) -> Result<(), Error> {
        let reader = TreeReader::new(self, self.head().size);
        for entry in Entry::genesis(&self.genesis) {
            if reader.leaf(entry.index)? != leaf_hash(entry.to_text().as_bytes()) {
                return Err(Error::Corrupt("the first entries are not those of the genesis".to_owned()));
            }
        }
        Ok(())
    }

    /// Judges and executes the stored block at `height` again, signatures included. Compares all that is
    /// stored of it: header, body, outcomes, leaves, root, indices. Opening does so with the last block, and
    /// `node check` with all.
    ///
    /// # Errors
    /// [`Error::Corrupt`] with what differs; [`Error::OutOfRange`] if there is no such block.
    pub fn check_block(&self, height: u64) -> Result<BlockRecord, Error> {
        Ok(self.recheck(height)?.0)
    }

    /// As [`Ledger::check_block`]; also returns the block's execution.
    pub(super) fn recheck(&self, height: u64) -> Result<(BlockRecord, Execution), Error> {
        let differs = |what: &str| Error::Corrupt(format!("block {height}: {what}"));
        let record = self.block_record(height)?;
        let parent = self.parent(&record)?;
        let state = fold(self.records(), &self.genesis)?;
        let history = StoredHistory { records: self.records(), size: record.first_index };
        let (block, _) = self.block(height)?.ok_or_else(|| differs("it is missing"))?;
        let valid = validate(&state, &parent, &history, &block, &NoCache)
            .map_err(|error| if error.is_fatal() { error } else { differs(&error.to_string()) })?;
        let execution = execute(&state, &valid, record.first_index, &history)?;
        let reader = TreeReader::new(self, self.head().size);
        for (index, leaf) in (record.first_index..).zip(&execution.leaves) {
            if reader.leaf(index)? != *leaf {
                return Err(differs(&format!("its execution gives another entry {index} than was recorded")));
            }
        }
        let size = record.first_index + execution.leaves.len() as u64;
        if record.size != size || reader.root(size)? != record.root {
            return Err(differs("its size or root"));
        }
        let stored = self.records().outcomes(record.first_index, record.size)?;
        if stored.len() != execution.transactions.len() {
            return Err(differs("the outcomes of its transactions"));
        }
        let executed = execution.transactions.iter().zip(valid.transactions());
        for (place, ((index, stored), (executed, checked))) in stored.iter().zip(executed).enumerate() {
            let expected = outcomes_record(valid.header(), place, checked, executed);
            if *index != executed.first_index || *stored != expected {
                return Err(differs("the outcomes of a transaction"));
            }
            let place = self.records().place(&checked.id())?;
            if place.is_none_or(|place| place.first_index != executed.first_index || place.height != height) {
                return Err(differs("the index of transactions"));
            }
        }
        if self.records().system_entry(execution.state_index)? != Some(state_record(valid.header(), &execution)) {
            return Err(differs("its state entry"));
        }
        self.check_facts(fact_records(&execution))
            .map_err(|error| if error.is_fatal() { error } else { differs(&error.to_string()) })?;
        Ok((record, execution))
    }

    /// Compares the stored facts with the expected ones. If the stored newest fact is newer, the versions
    /// before it are compared.
    pub(super) fn check_facts(&self, expected: impl IntoIterator<Item = Payload>) -> Result<(), Error> {
        for (key, payload) in expected {
            let stored = self.records().payload(&key)?;
            let is_newer = || {
                let index = |payload: &[u8]| schema::read_record::<NewestRecord>(&key, payload).map(|newest| newest.index);
                let stored = stored.as_deref().map(index).transpose()?;
                Ok::<_, Error>(stored > Some(index(&payload)?))
            };
            if stored.as_ref() != Some(&payload) && !(key[0] == Table::Newest as u8 && is_newer()?) {
                return Err(schema::damaged(&key));
            }
        }
        Ok(())
    }

    /// The head before a block, from the block's own header and the block before it.
    fn parent(&self, record: &BlockRecord) -> Result<Head, Error> {
        let height = record.header.height - 1;
        let size = record.first_index;
        let root = TreeReader::new(self, self.head().size).root(size)?;
        if height == 0 {
            return Ok(Head { height, digest: self.state().origin().chain(), time: self.genesis.time, size, root });
        }
        let before = self.block_record(height)?;
        if before.size != size || before.root != root {
            return Err(Error::Corrupt(format!("block {height}: its size or root is not what the next block follows")));
        }
        Ok(Head { height, digest: before.header.digest(), time: before.header.time, size, root })
    }
}

fn check_schema(schema: &SchemaRecord, genesis: &Genesis) -> Result<(), Error> {
    if schema.version != SCHEMA_VERSION {
        return Err(Error::UnknownSchema { stored: schema.version, known: SCHEMA_VERSION });
    }
    let given = genesis.digest();
    if schema.chain != given {
        return Err(Error::WrongGenesis { stored: schema.chain, given });
    }
    Ok(())
}

/// The state after height 0. It is the state after every block of protocol 2, because no later entry changes
/// network, protocol, epoch or courts.
fn fold(records: Records<'_>, genesis: &Genesis) -> Result<State, Error> {
    let mut state = State::new(genesis);
    for index in 0..Entry::genesis(genesis).len() as u64 {
        let record = records.system_entry(index)?;
        let record = record.ok_or_else(|| Error::Corrupt(format!("entry {index} is missing")))?;
        let text = system_text(state.origin(), index, record);
        let entry = Entry::from_text(text.as_bytes()).map_err(|error| Error::Corrupt(format!("a system entry: {error}")))?;
        state.apply(&entry).map_err(|error| Error::Corrupt(format!("a system entry: {error}")))?;
    }
    Ok(state)
}

/// Writes height 0 in one batch: a crash leaves an empty store or a whole one.
fn create(store: &dyn Store, genesis: &Genesis) -> Result<(), Error> {
    let mut batch = Batch::default();
    let mut put = |key: Vec<u8>, payload: Vec<u8>| {
        let value = schema::seal(&key, payload);
        batch.put(key, value);
    };
    let mut leaves = Vec::new();
    for entry in Entry::genesis(genesis) {
        let text = entry.to_text();
        leaves.push(leaf_hash(text.as_bytes()));
        let record = match entry.content {
            Content::State(after) => {
                SystemRecord::State { height: entry.height, time: entry.recorded_at, epoch: after.epoch, map: after.map }
            }
            _ => SystemRecord::Text(text),
        };
        put(Table::System.number(entry.index), codec::encode(&record));
    }
    for (key, payload) in genesis_facts(genesis).flat_map(|(subject, fact)| versioned(&subject, &fact)) {
        put(key, payload);
    }
    let mut edge = Edge::default();
    for tile in edge.append(&leaves) {
        put(schema::tile_key(tile.level, tile.index), tile.hashes.iter().flat_map(|hash| hash.0).collect());
    }
    let head = Head { height: 0, digest: genesis.digest(), time: genesis.time, size: edge.size(), root: edge.root() };
    put(schema::head_key(), codec::encode(&head));
    put(schema::genesis_key(), genesis.to_text().into_bytes());
    put(schema::schema_key(), codec::encode(&SchemaRecord { version: SCHEMA_VERSION, chain: genesis.digest() }));
    store.apply(batch)
}
