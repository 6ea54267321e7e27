//! Execution (L5 to L9): what a valid block records. Pure: state, block and history in, outcomes, leaf hashes and facts out.
//!
//! In: the parent's state, a [`ValidBlock`], the log's size before it, the log before it. Out: an [`Execution`]: for each statement exactly one
//! entry, recorded or rejected, in order, and the facts that they wrote. Always: the same on every node; entries are rendered by [`render`],
//! byte for byte what [`courtseal_proof::entry::Entry`] writes. Not for storing: see [`crate::ledger`].

pub mod render;

use crate::admit::at;
use crate::checked::Checked;
use crate::error::Error;
use crate::history::{FactsHere, History, NewFacts};
use crate::state::State;
use crate::valid_block::ValidBlock;
use courtseal_proof::digest::Digest;
use courtseal_proof::entry::RejectionRule;
use courtseal_proof::facts::{At, Fact, Signer, Subject};
use courtseal_proof::kinds::Statement;
use courtseal_proof::kinds::verdict::{Change, Verdict};
use courtseal_proof::limits::ASSERTED_AHEAD_MS_MAX;
use courtseal_proof::merkle::leaf_hash;
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
    /// One for each transaction, in order.
    pub transactions: Vec<ExecutedTransaction>,
    /// One leaf hash for each entry, in order.
    pub leaves: Vec<Digest>,
    /// The facts that it wrote: one for each subject, as after the block, in the order of first writing.
    pub facts: NewFacts,
    /// Subjects and entries, in order, that changed nothing because a subject's first fact stays.
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
    // What statements write is what their verdicts depend on most: one read for all of them.
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
    let leaves = leaves(state, block, &transactions);
    Ok(Execution { transactions, leaves, facts: facts.into_new(), repeated })
}

/// What becomes of a statement: L6 before L7, then its kind's own rules.
fn judge(statement: &Statement, signer: &Signer, at: &At, facts: &FactsHere<'_>) -> Result<Verdict, Error> {
    if !statement.form().signers.contains(&signer.capacity) {
        return Ok(Verdict::Rejected(RejectionRule::Role));
    }
    if statement.asserted_at().is_some_and(|asserted| asserted > at.time.plus_ms(ASSERTED_AHEAD_MS_MAX)) {
        return Ok(Verdict::Rejected(RejectionRule::AssertedInFuture));
    }
    Ok(statement.body().judge(signer, at, facts)?)
}

/// What each statement changes if it is recorded, in the order of entries.
fn changes(block: &ValidBlock, size: u64) -> Vec<Vec<Change>> {
    let by_signer = block.transactions().iter().zip(block.signers());
    let statements = by_signer.flat_map(|(checked, by)| checked.transaction().statements().iter().map(move |own| (own, by)));
    (size..).zip(statements).map(|(index, (statement, by))| statement.body().fold(by, index)).collect()
}

/// Most entries that one thread renders and hashes at a time.
const CHUNK_ENTRIES: usize = 256;

fn leaves(state: &State, block: &ValidBlock, transactions: &[ExecutedTransaction]) -> Vec<Digest> {
    let (shared, renderers) = renderers(state, block, transactions);
    // Chunks of one transaction each, so that one large transaction is shared among threads and small ones are not.
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

/// The canonical texts of all entries of a block, in order: what the leaves of its execution are the hashes of.
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
    texts
}

fn renderers(state: &State, block: &ValidBlock, transactions: &[ExecutedTransaction]) -> (BlockText, Vec<TransactionText>) {
    let renderer = |(executed, checked): (&ExecutedTransaction, &Arc<Checked>)| {
        TransactionText::new(
            checked.transaction().payload(),
            &checked.id(),
            &executed.signer.court,
            executed.signer.capacity.role(),
            executed.first_index,
        )
    };
    let shared = BlockText::new(state.origin(), block.header().height, block.header().time);
    (shared, transactions.iter().zip(block.transactions()).map(renderer).collect())
}

#[cfg(test)]
mod tests;
