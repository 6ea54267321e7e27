//! Execution (L5 to L9): what a valid block records.
//!
//! In: the parent's state, a [`ValidBlock`], the size of the log before it, the log before it.
//! Out: an [`Execution`]. It has exactly one entry for each statement, recorded or rejected, in order. It
//! also has the `state` entry that ends the block (F27, F47), and the facts that the statements wrote.
//! Always: the result follows from the arguments alone, so it is the same on every node. [`render`] writes
//! entries byte for byte as [`courtseal_proof::entry::Entry`] does.
//! Not for storing: see [`crate::ledger`].

pub mod render;

use crate::admit::at;
use crate::error::Error;
use crate::history::{FactsHere, History, NewFacts};
use crate::state::State;
use crate::valid_block::ValidBlock;
use crate::verified_transaction::VerifiedTransaction;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::limits::ASSERTED_AHEAD_MS_MAX;
use courtseal_proof::entry::{Content, Entry, RejectionRule, StateAfter};
use courtseal_proof::facts::{At, Fact, Signer, Subject};
use courtseal_proof::kinds::Statement;
use courtseal_proof::kinds::verdict::{Change, Verdict};
use courtseal_proof::log::merkle::leaf_hash;
use rayon::prelude::*;
use render::{BlockText, TransactionText};
use std::sync::Arc;

/// What one transaction of a block records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutedTransaction {
    /// Index of its first entry.
    pub first_index: u64,
    /// The signer, as of the parent's state.
    pub signer: Signer,
    /// One verdict a statement, in order.
    pub outcomes: Vec<Verdict>,
}

/// What a block records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The transactions of the block, in order.
    pub transactions: Vec<ExecutedTransaction>,
    /// The content of the block's `state` entry, its last one (F47).
    pub state: StateAfter,
    /// Index of the `state` entry.
    pub state_index: u64,
    /// One leaf hash for each entry, in order; the last is that of the `state` entry.
    pub leaves: Vec<Digest>,
    /// The facts that the block wrote: for each subject its newest one after the block.
    pub facts: NewFacts,
    /// Subjects with the entries, in order, that wrote nothing because a subject's first fact stays.
    pub repeated: Vec<(Subject, u64)>,
}

/// Executes a valid block on top of `size` entries.
///
/// # Errors
/// A fatal error of the store.
pub fn execute(state: &State, block: &ValidBlock, size: u64, history: &dyn History) -> Result<Execution, Error> {
    let at = at(state, block.header().height, block.header().time);
    let mut changes = changes(block, size);
    let mut facts = FactsHere::new(state, history);
    // Verdicts depend mostly on the subjects that statements write, so all of these are read in one call.
    let written = changes.iter().flatten().map(|change| &change.subject).filter(|subject| subject.class.is_kept_first());
    facts.read_ahead(written.cloned().collect())?;
    let (mut transactions, mut repeated, mut index) = (Vec::with_capacity(block.transactions().len()), Vec::new(), size);
    for (checked, signer) in block.transactions().iter().zip(block.signers()) {
        let first_index = index;
        let mut outcomes = Vec::with_capacity(checked.transaction().statements().len());
        for statement in checked.transaction().statements() {
            let verdict = judge(statement, signer, &at, &facts)?;
            if let Verdict::Recorded(_) = verdict {
                for Change { subject, value } in std::mem::take(&mut changes[(index - size) as usize]) {
                    if !facts.write(subject.clone(), Fact { index, value })? {
                        repeated.push((subject, index));
                    }
                }
            }
            outcomes.push(verdict);
            index += 1;
        }
        transactions.push(ExecutedTransaction { first_index, signer: signer.clone(), outcomes });
    }
    // In protocol 2 the courts do not change, and no kind sets a mark (L5).
    let after = StateAfter { epoch: state.epoch(), map: StateAfter::NO_MARKS };
    let mut leaves = leaves(state, block, &transactions);
    leaves.push(leaf_hash(state_text(state, block, index, after).as_bytes()));
    Ok(Execution { transactions, state: after, state_index: index, leaves, facts: facts.into_new(), repeated })
}

/// The text of the `state` entry that ends a block (F47).
fn state_text(state: &State, block: &ValidBlock, index: u64, after: StateAfter) -> String {
    let (height, recorded_at) = (block.header().height, block.header().time);
    Entry { chain: state.origin().clone(), height, index, recorded_at, content: Content::State(after) }.to_text()
}

/// The verdict on a statement: L6 before L7, then the rules of its kind.
fn judge(statement: &Statement, signer: &Signer, at: &At, facts: &FactsHere<'_>) -> Result<Verdict, Error> {
    if !statement.form().signers.contains(&signer.capacity) {
        return Ok(Verdict::Rejected(RejectionRule::Role));
    }
    if statement.asserted_at().is_some_and(|asserted| asserted > at.time.plus_ms(ASSERTED_AHEAD_MS_MAX)) {
        return Ok(Verdict::Rejected(RejectionRule::AssertedInFuture));
    }
    Ok(statement.body().judge(signer, at, facts)?)
}

/// The changes that each statement makes if it is recorded, in the order of entries.
fn changes(block: &ValidBlock, size: u64) -> Vec<Vec<Change>> {
    let by_signer = block.transactions().iter().zip(block.signers());
    let statements = by_signer.flat_map(|(checked, by)| checked.transaction().statements().iter().map(move |own| (own, by)));
    (size..).zip(statements).map(|(index, (statement, by))| statement.body().fold(by, index)).collect()
}

/// Most entries that one thread renders and hashes at a time.
const CHUNK_ENTRIES: usize = 256;

fn leaves(state: &State, block: &ValidBlock, transactions: &[ExecutedTransaction]) -> Vec<Digest> {
    let (shared, renderers) = renderers(state, block, transactions);
    // A chunk is of one transaction, so that threads share a large transaction but not a small one.
    let mut chunks = Vec::new();
    for (at, executed) in transactions.iter().enumerate() {
        for from in (0..executed.outcomes.len()).step_by(CHUNK_ENTRIES) {
            chunks.push((at, from, executed.outcomes.len().min(from + CHUNK_ENTRIES)));
        }
    }
    let hash = |&(at, from, to): &(usize, usize, usize)| -> Vec<Digest> {
        let checked = &block.transactions()[at];
        let mut text = String::new();
        (from..to)
            .map(|position| {
                text.clear();
                renderers[at].write(
                    &shared,
                    &mut text,
                    position,
                    transactions[at].outcomes[position],
                    checked.statement_text(position),
                );
                leaf_hash(text.as_bytes())
            })
            .collect()
    };
    chunks.par_iter().with_min_len(16).flat_map_iter(hash).collect()
}

/// The canonical texts of all entries of a block, in order. Their hashes are the leaves of the execution.
pub fn entry_texts(state: &State, block: &ValidBlock, execution: &Execution) -> Vec<String> {
    let (shared, renderers) = renderers(state, block, &execution.transactions);
    let mut texts = Vec::with_capacity(execution.leaves.len());
    for ((executed, checked), renderer) in execution.transactions.iter().zip(block.transactions()).zip(renderers) {
        for (position, outcome) in executed.outcomes.iter().enumerate() {
            let mut text = String::new();
            renderer.write(&shared, &mut text, position, *outcome, checked.statement_text(position));
            texts.push(text);
        }
    }
    texts.push(state_text(state, block, execution.state_index, execution.state));
    texts
}

fn renderers(state: &State, block: &ValidBlock, transactions: &[ExecutedTransaction]) -> (BlockText, Vec<TransactionText>) {
    let renderer = |(executed, checked): (&ExecutedTransaction, &Arc<VerifiedTransaction>)| {
        TransactionText::new(
            checked.transaction().payload(),
            &checked.id(),
            &executed.signer.court,
            executed.signer.capacity.role(),
            executed.signer.since,
            executed.first_index,
        )
    };
    let shared = BlockText::new(state.origin(), block.header().height, block.header().time);
    (shared, transactions.iter().zip(block.transactions()).map(renderer).collect())
}

#[cfg(test)]
mod tests;
