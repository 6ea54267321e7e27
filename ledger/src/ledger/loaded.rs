//! Recorded transactions, parsed for readers, the last ones kept. Entries, envelopes and statement paths are
//! derived from them.
//!
//! In: transactions as stored, or as a committed block had them.
//! Out: entry texts, member parts of receipts.
//! Always: number and bytes are bounded. A derived text is used only after the caller compared its leaf hash
//! with the tree's.
//! Not for the write path.

use crate::error::Error;
use crate::execute::ExecutedTransaction;
use crate::execute::render::{BlockText, TransactionText};
use crate::limits::{LOADED_BYTES_MAX, LOADED_TRANSACTIONS_MAX};
use crate::parts::Parts;
use crate::records::StoredTransaction;
use crate::schema;
use crate::valid_block::ValidBlock;
use crate::verified_transaction::VerifiedTransaction;
use courtseal_proof::block::Header;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::name::Origin;
use courtseal_proof::kinds::verdict::Verdict;
use courtseal_proof::receipt::{MemberPart, StatementPath};
use courtseal_proof::transaction::{Envelope, Payload};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A recorded transaction, parsed into its parts.
pub struct Loaded {
    text: Arc<str>,
    parts: Parts,
    first_index: u64,
    outcomes: Vec<Verdict>,
    block: BlockText,
    transaction: TransactionText,
    paths: OnceLock<Vec<Vec<Digest>>>,
}

/// The payload and id of a stored transaction. Its signature was checked before it was stored, and the
/// record's checksum when it was read.
pub fn open(text: &str, parts: &Parts) -> Option<(Payload, Digest)> {
    Envelope::from_text(parts.envelope(text)?.as_bytes()).ok()?.open(false).ok()
}

/// The id of the transaction that is stored at `first_index`.
pub fn id(first_index: u64, text: &[u8]) -> Result<Digest, Error> {
    let text = std::str::from_utf8(text).ok();
    let opened = text.and_then(|text| open(text, &Parts::find(text)?));
    opened.map(|(_, id)| id).ok_or_else(|| damaged(first_index))
}

fn damaged(first_index: u64) -> Error {
    Error::Corrupt(format!("the transaction stored at entry {first_index}"))
}

impl Loaded {
    fn new(origin: &Origin, (first_index, record, text): StoredTransaction) -> Result<Self, Error> {
        let damaged = || damaged(first_index);
        let text = String::from_utf8(text).map_err(|_| damaged())?;
        let parts = Parts::find(&text).ok_or_else(damaged)?;
        let (payload, id) = open(&text, &parts).ok_or_else(damaged)?;
        let outcomes = record.verdicts().filter(|outcomes| outcomes.len() == parts.count()).ok_or_else(damaged)?;
        let role = schema::role_from_byte(record.role).ok_or_else(damaged)?;
        let block = BlockText::new(origin, record.height, record.time);
        let transaction = TransactionText::new(&payload, &id, &record.court, role, record.since, first_index);
        Ok(Self { text: text.into(), parts, first_index, outcomes, block, transaction, paths: OnceLock::new() })
    }

    /// A transaction of the block that was committed just now. Nothing is read again.
    fn committed(
        origin: &Origin,
        header: &Header,
        checked: &Arc<VerifiedTransaction>,
        executed: ExecutedTransaction,
    ) -> Option<Self> {
        let text = checked.shared_text();
        let parts = Parts::find(&text)?;
        let ExecutedTransaction { first_index, signer, outcomes } = executed;
        let block = BlockText::new(origin, header.height, header.time);
        let payload = checked.transaction().payload();
        let role = signer.capacity.role();
        let transaction = TransactionText::new(payload, &checked.id(), &signer.court, role, signer.since, first_index);
        Some(Self { text, parts, first_index, outcomes, block, transaction, paths: OnceLock::new() })
    }

    fn position(&self, index: u64) -> Option<usize> {
        let position = index.checked_sub(self.first_index)?;
        (position < self.outcomes.len() as u64).then_some(position as usize)
    }

    /// The text of the entry at `index`, if it is one of this transaction's.
    pub fn entry(&self, index: u64) -> Option<String> {
        let position = self.position(index)?;
        let statement = self.parts.statement(&self.text, position)?;
        let mut text = String::new();
        self.transaction.write(&self.block, &mut text, position, self.outcomes[position], statement);
        Some(text)
    }

    /// Whether a rule refused the statement of the entry at `index`.
    pub fn is_rejection(&self, index: u64) -> bool {
        self.position(index).is_some_and(|position| matches!(self.outcomes[position], Verdict::Rejected(_)))
    }

    /// The part of a receipt that binds the entry at `index` to its member's signature. The paths of all
    /// statements are made once.
    pub fn member_part(&self, index: u64) -> Option<MemberPart> {
        let path = self.paths.get_or_init(|| self.parts.statement_paths(&self.text)).get(self.position(index)?)?;
        let envelope = self.parts.envelope(&self.text)?.to_owned();
        Some(MemberPart { envelope, path: courtseal_proof::bytes::canonical::to_text(&StatementPath::new(path)) })
    }
}

/// The transactions that were committed or read last.
#[derive(Default)]
pub struct LoadedTransactions(Mutex<Kept>);

#[derive(Default)]
struct Kept {
    /// The transactions by the index of their first entry.
    by_index: BTreeMap<u64, Arc<Loaded>>,
    /// Their first indices, the oldest first.
    order: VecDeque<u64>,
    bytes: usize,
}

impl Kept {
    fn insert(&mut self, loaded: Arc<Loaded>) {
        self.bytes += loaded.text.len();
        let first_index = loaded.first_index;
        match self.by_index.insert(first_index, loaded) {
            Some(replaced) => self.bytes -= replaced.text.len(),
            None => self.order.push_back(first_index),
        }
        while self.order.len() > LOADED_TRANSACTIONS_MAX || self.order.len() > 1 && self.bytes > LOADED_BYTES_MAX {
            let oldest = self.order.pop_front().and_then(|oldest| self.by_index.remove(&oldest));
            self.bytes -= oldest.map_or(0, |oldest| oldest.text.len());
        }
    }
}

impl LoadedTransactions {
    /// The kept transaction with the entry at `index`, if there is one.
    pub fn find(&self, index: u64) -> Option<Arc<Loaded>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (_, loaded) = kept.by_index.range(..=index).next_back()?;
        loaded.position(index).map(|_| Arc::clone(loaded))
    }

    /// Parses a stored transaction and keeps it.
    pub fn keep(&self, origin: &Origin, stored: StoredTransaction) -> Result<Arc<Loaded>, Error> {
        let loaded = Arc::new(Loaded::new(origin, stored)?);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(Arc::clone(&loaded));
        Ok(loaded)
    }

    /// Keeps the transactions of a block that was committed just now, because clients ask for their receipts
    /// next.
    pub fn keep_committed(&self, origin: &Origin, block: &ValidBlock, executed: Vec<ExecutedTransaction>) {
        let transactions = block.transactions().iter().zip(executed).rev().take(LOADED_TRANSACTIONS_MAX);
        let loaded = transactions
            .filter_map(|(checked, executed)| Loaded::committed(origin, block.header(), checked, executed).map(Arc::new));
        // If not all fit, the last ones of the block are kept.
        let mut loaded: Vec<_> = loaded.collect();
        loaded.reverse();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.into_iter().for_each(|loaded| kept.insert(loaded));
    }
}

#[cfg(test)]
mod tests;
