//! Appending: blocks in order, each on the log that the ones before it left, gathered into one batch (S4).
//!
//! In: the ledger's end, valid blocks with their certificates.
//! Out: one batch that writes all of them, and what each recorded.
//! Always: live commit, block sync and import write through this module. A block sees the ids and facts of
//! those before it, stored or not. A tile is written once, in its last form.
//! Not for judging blocks or for syncing.

use super::fact_records::fact_records;
use super::recorded::{Committed, Current};
use crate::error::Error;
use crate::execute::{ExecutedTransaction, Execution, execute};
use crate::head::Head;
use crate::history::{History, NewFacts};
use crate::records::StoredHistory;
use crate::schema::outcomes::{OutcomesRecord, outcomes, runs};
use crate::schema::{self, BlockRecord, SystemRecord, Table, TransactionPlace};
use crate::state::State;
use crate::store::Batch;
use crate::tree::{Edge, Tile};
use crate::valid_block::ValidBlock;
use crate::verified_transaction::VerifiedTransaction;
use courtseal_proof::block::Header;
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::facts::{Fact, Subject};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// The log with the blocks that are not stored yet.
pub struct Grown<'a> {
    stored: StoredHistory<'a>,
    ids: HashSet<Digest>,
    facts: NewFacts,
}

/// Blocks that are gathered into one batch.
pub struct Appending<'a> {
    /// The end of the log with these blocks.
    pub head: Head,
    /// The state after these blocks.
    pub state: Arc<State>,
    /// The log after these blocks.
    pub history: Grown<'a>,
    /// The right edge of the tree after these blocks.
    pub edge: Edge,
    /// The blocks in order, with what each recorded.
    pub committed: Vec<Committed>,
    tiles: BTreeMap<(u8, u64), Tile>,
    batch: Batch,
}

impl History for Grown<'_> {
    fn recorded(&self, ids: &[Digest]) -> Result<Vec<bool>, Error> {
        let stored = self.stored.recorded(ids)?;
        Ok(ids.iter().zip(stored).map(|(id, stored)| stored || self.ids.contains(id)).collect())
    }

    fn facts(&self, subjects: &[Subject]) -> Result<Vec<Option<Fact>>, Error> {
        let stored = self.stored.facts(subjects)?;
        Ok(subjects.iter().zip(stored).map(|(subject, stored)| self.facts.get(subject).cloned().or(stored)).collect())
    }
}

impl<'a> Appending<'a> {
    /// An empty batch on top of `current`.
    pub fn new(current: &Current, edge: &Edge, stored: StoredHistory<'a>) -> Self {
        Self {
            head: current.head,
            state: Arc::clone(&current.state),
            history: Grown { stored, ids: HashSet::new(), facts: NewFacts::default() },
            edge: edge.clone(),
            committed: Vec::new(),
            tiles: BTreeMap::new(),
            batch: Batch::default(),
        }
    }

    /// Executes a block that was found valid on this head, and adds its writes. Returns what its transactions
    /// record.
    ///
    /// # Errors
    /// As [`execute`].
    pub fn push(&mut self, block: &ValidBlock, certificate: &[u8]) -> Result<Vec<ExecutedTransaction>, Error> {
        let before = self.head.size;
        let execution = execute(&self.state, block, before, &self.history)?;
        for tile in self.edge.append(&execution.leaves) {
            self.tiles.insert((tile.level, tile.index), tile);
        }
        let (height, time) = (block.header().height, block.header().time);
        self.head = Head { height, digest: block.digest(), time, size: self.edge.size(), root: self.edge.root() };
        assert_eq!(
            self.head.size,
            before + execution.leaves.len() as u64,
            "each statement is one entry, and one more ends the block"
        );
        put_block(&mut self.batch, block, certificate, &execution, &self.head);
        self.history.ids.extend(block.transactions().iter().map(|checked| checked.id()));
        self.committed.push(committed(&self.head, block, &execution, before));
        self.history.facts.extend(execution.facts);
        Ok(execution.transactions)
    }

    /// The batch that writes everything, the head last.
    pub fn into_batch(mut self) -> (Batch, Head, Edge, Vec<Committed>) {
        for tile in self.tiles.values() {
            put(&mut self.batch, schema::tile_key(tile.level, tile.index), tile.hashes.iter().flat_map(|hash| hash.0).collect());
        }
        put(&mut self.batch, schema::head_key(), codec::encode(&self.head));
        (self.batch, self.head, self.edge, self.committed)
    }
}

fn put(batch: &mut Batch, key: Vec<u8>, payload: Vec<u8>) {
    let value = schema::seal(&key, payload);
    batch.put(key, value);
}

fn committed(head: &Head, block: &ValidBlock, execution: &Execution, first_index: u64) -> Committed {
    let range = |(checked, executed): (&Arc<VerifiedTransaction>, &ExecutedTransaction)| {
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

/// The stored contents of a transaction's entries beside its text.
pub fn outcomes_record(
    header: &Header,
    place: usize,
    checked: &VerifiedTransaction,
    executed: &ExecutedTransaction,
) -> OutcomesRecord {
    let ExecutedTransaction { signer, outcomes: verdicts, .. } = executed;
    let acts = checked.transaction().statements().iter().map(|statement| (statement.kind().code, statement.form().code));
    let (outcomes, details) = outcomes(verdicts);
    OutcomesRecord {
        height: header.height,
        time: header.time,
        place: place as u32,
        court: signer.court.clone(),
        member: signer.name.clone(),
        role: schema::role_byte(signer.capacity.role()),
        since: signer.since,
        runs: runs(acts),
        outcomes,
        details,
    }
}

/// The record of the `state` entry that ends a block.
pub fn state_record(header: &Header, execution: &Execution) -> SystemRecord {
    let (height, time, after) = (header.height, header.time, execution.state);
    SystemRecord::State { height, time, epoch: after.epoch, map: after.map }
}

/// Adds all that a block writes except tiles and head (S4).
fn put_block(batch: &mut Batch, block: &ValidBlock, certificate: &[u8], execution: &Execution, head: &Head) {
    let record = BlockRecord {
        header: block.header().clone(),
        certificate: certificate.to_vec(),
        first_index: block.header().log_size,
        transactions: block.transactions().len() as u32,
        size: head.size,
        root: head.root,
    };
    put(batch, Table::Block.number(head.height), codec::encode(&record));
    for (place, (checked, executed)) in block.transactions().iter().zip(&execution.transactions).enumerate() {
        let (first_index, count) = (executed.first_index, executed.outcomes.len() as u32);
        let at = TransactionPlace { height: head.height, time: head.time, first_index, count };
        put(batch, Table::TransactionIndex.key(&[&checked.id().0]), codec::encode(&at));
        let record = outcomes_record(block.header(), place, checked, executed);
        put(batch, Table::Outcomes.number(first_index), codec::encode(&record));
        put(batch, Table::Transaction.number(first_index), checked.text().to_vec());
    }
    put(batch, Table::System.number(execution.state_index), codec::encode(&state_record(block.header(), execution)));
    for (key, payload) in fact_records(execution) {
        put(batch, key, payload);
    }
}
