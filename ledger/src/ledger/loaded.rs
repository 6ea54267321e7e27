//! Stored transactions, parsed for readers, the last few kept: entries, envelopes and statement paths are derived from them.
//!
//! In: stored transactions. Out: entry texts, member parts of receipts. Always: bounded in number and bytes; what is derived is believed only
//! after its leaf hash was compared with the tree's, which the callers do. Not for the write path.

use crate::error::Error;
use crate::execute::StatementOutcome;
use crate::execute::render::Renderer;
use crate::limits::{LOADED_BYTES_MAX, LOADED_TRANSACTIONS_MAX};
use crate::records::StoredTransaction;
use crate::schema;
use courtseal_proof::digest::Digest;
use courtseal_proof::name::Origin;
use courtseal_proof::receipt::{MemberPart, StatementPath};
use courtseal_proof::transaction::Transaction;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A stored transaction, parsed.
pub struct Loaded {
    first_index: u64,
    transaction: Transaction,
    text_bytes: usize,
    outcomes: Vec<StatementOutcome>,
    renderer: Renderer,
    envelope: OnceLock<String>,
    paths: OnceLock<Vec<Vec<Digest>>>,
}

/// Parses a stored text; its signature was checked before it was stored, and the record's checksum when it was read.
pub fn parse(text: &[u8]) -> Result<Transaction, Error> {
    Transaction::from_text(text, false).map_err(|error| Error::Corrupt(format!("a stored transaction does not parse: {error}")))
}

impl Loaded {
    fn new(origin: &Origin, (first_index, record, text): StoredTransaction) -> Result<Self, Error> {
        let damaged = || Error::Corrupt(format!("the transaction stored at entry {first_index}"));
        let transaction = parse(&text)?;
        let outcomes: Option<Vec<_>> = record.outcomes.iter().copied().map(schema::outcome_from_byte).collect();
        let outcomes = outcomes.filter(|outcomes| outcomes.len() == transaction.statements().len()).ok_or_else(damaged)?;
        let role = schema::role_from_byte(record.role).ok_or_else(damaged)?;
        let renderer = Renderer::at(origin, record.height, record.time, &transaction, &record.court, role, first_index);
        let (envelope, paths) = (OnceLock::new(), OnceLock::new());
        Ok(Self { first_index, transaction, text_bytes: text.len(), outcomes, renderer, envelope, paths })
    }

    fn position(&self, index: u64) -> Option<usize> {
        let position = index.checked_sub(self.first_index)?;
        (position < self.outcomes.len() as u64).then_some(position as usize)
    }

    /// The text of the entry at `index`, if it is one of this transaction's.
    pub fn entry(&self, index: u64) -> Option<String> {
        let position = self.position(index)?;
        let mut text = String::new();
        self.renderer.write(&mut text, position, self.outcomes[position], &self.transaction.statements()[position]);
        Some(text)
    }

    /// What ties the entry at `index` to its member's signature; the paths of all statements are made once.
    pub fn member_part(&self, index: u64) -> Option<MemberPart> {
        let path = &self.paths.get_or_init(|| self.transaction.statement_paths())[self.position(index)?];
        let envelope = self.envelope.get_or_init(|| self.transaction.envelope().to_text()).clone();
        Some(MemberPart { envelope, path: courtseal_proof::canonical::to_text(&StatementPath::new(path)) })
    }
}

/// The transactions read last, newest first.
#[derive(Default)]
pub struct LoadedTransactions(Mutex<VecDeque<Arc<Loaded>>>);

impl LoadedTransactions {
    /// The transaction with the entry at `index`, if it is kept.
    pub fn find(&self, index: u64) -> Option<Arc<Loaded>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().find(|loaded| loaded.position(index).is_some()).cloned()
    }

    /// Parses and keeps a transaction.
    pub fn keep(&self, origin: &Origin, stored: StoredTransaction) -> Result<Arc<Loaded>, Error> {
        let loaded = Arc::new(Loaded::new(origin, stored)?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push_front(Arc::clone(&loaded));
        kept.truncate(LOADED_TRANSACTIONS_MAX);
        while kept.len() > 1 && kept.iter().map(|loaded| loaded.text_bytes).sum::<usize>() > LOADED_BYTES_MAX {
            kept.pop_back();
        }
        Ok(loaded)
    }
}
