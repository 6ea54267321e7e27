//! Execution (L5 to L8): what a valid block records. Pure: state, block and history in, outcomes and leaf hashes out.
//!
//! In: the parent's state, a [`ValidBlock`], the log's size before it, the log before it. Out: an [`Execution`]: for each statement exactly one
//! entry, recorded or rejected, in order. Always: the same on every node; entries are rendered by [`render`], byte for byte what
//! [`courtseal_proof::entry::Entry`] writes. Not for storing: see [`crate::ledger`].

pub mod render;

use crate::checked::Checked;
use crate::error::Error;
use crate::history::{Earlier, FileIdentity, History, NewFiles};
use crate::rules::ValidBlock;
use crate::state::{ActiveMember, State};
use courtseal_planted::{Bug, is_planted};
use courtseal_proof::digest::Digest;
use courtseal_proof::entry::{Outcome, RejectionRule};
use courtseal_proof::kinds::equivocation::CourtStep;
use courtseal_proof::genesis::Role;
use courtseal_proof::limits::ASSERTED_AHEAD_MS_MAX;
use courtseal_proof::merkle::leaf_hash;
use courtseal_proof::name::CourtName;
use courtseal_proof::statement::{Statement, StatementKind};
use courtseal_proof::time::Timestamp;
use rayon::prelude::*;
use render::{BlockText, TransactionText};
use std::sync::Arc;

/// What became of one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatementOutcome {
    /// Recorded; nothing is said about earlier ones: confidential evidence, equivocations.
    Recorded,
    /// Recorded, public, and no earlier public statement entry has its SHA-256 and length (L8).
    First,
    /// Recorded, public, and an earlier one has its SHA-256 and length.
    Repeated,
    /// Rejected by this rule.
    Rejected(RejectionRule),
}

/// What one transaction of a block records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutedTransaction {
    /// Index of its first entry.
    pub first_index: u64,
    /// The court that registered the member, as of the parent's state.
    pub court: CourtName,
    /// The member's role, as of the parent's state.
    pub role: Role,
    /// One outcome a statement, in order.
    pub outcomes: Vec<StatementOutcome>,
}

/// A public statement entry and the file it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The file.
    pub file: FileIdentity,
    /// Index of the entry.
    pub index: u64,
    /// What entries with lower indices have in common with the file. Unless that is [`Earlier::Same`], this
    /// entry is the first for the file.
    pub earlier: Earlier,
}

/// What a block records.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// One for each transaction, in order.
    pub transactions: Vec<ExecutedTransaction>,
    /// One leaf hash for each entry, in order.
    pub leaves: Vec<Digest>,
    /// One for each public statement entry, in order.
    pub registrations: Vec<Registration>,
    /// Step and index of each recorded equivocation, in order.
    pub equivocations: Vec<(CourtStep, u64)>,
}

impl StatementOutcome {
    /// As an entry shows it (F26).
    pub fn to_outcome(self) -> Outcome {
        match self {
            Self::Recorded => Outcome { first: None, rule: None },
            Self::First => Outcome { first: Some(true), rule: None },
            Self::Repeated => Outcome { first: Some(false), rule: None },
            Self::Rejected(rule) => Outcome { first: None, rule: Some(rule) },
        }
    }
}

/// The rule of rejection that a statement breaks, if any: L6 before L7.
pub fn judge(member: &ActiveMember, statement: &Statement, time: Timestamp) -> Option<RejectionRule> {
    let may = match statement.kind {
        StatementKind::Evidence => !member.is_court && matches!(member.role, Role::Court | Role::Clerk | Role::Notary),
        StatementKind::Equivocation => member.is_court,
    };
    if !may {
        return Some(RejectionRule::Role);
    }
    if statement.asserted_at.is_some_and(|asserted| asserted > time.plus_ms(ASSERTED_AHEAD_MS_MAX)) {
        return Some(RejectionRule::AssertedInFuture);
    }
    None
}

/// Executes a valid block on top of `size` entries.
///
/// # Errors
/// A fatal error of the store, or [`Error::Corrupt`] if the block is not valid on this state.
pub fn execute(state: &State, block: &ValidBlock, size: u64, history: &dyn History) -> Result<Execution, Error> {
    let mut stored = registered_before(block, history)?.into_iter();
    let mut new = NewFiles::default();
    let mut execution =
        Execution { transactions: Vec::new(), leaves: Vec::new(), registrations: Vec::new(), equivocations: Vec::new() };
    let mut index = size;
    for checked in block.transactions() {
        let transaction = checked.transaction();
        let payload = transaction.payload();
        let member = state
            .signer(&payload.member, &payload.key)
            .ok_or_else(|| Error::Corrupt("a block is executed on a state that does not know its member".to_owned()))?;
        let first_index = index;
        let mut outcomes = Vec::with_capacity(transaction.statements().len());
        for statement in transaction.statements() {
            // The answer is taken even if the statement is rejected, so that files and answers stay in step.
            let named = FileIdentity::named_by(statement)
                .map(|file| (file, stored.next().expect("the history answers for each public statement")));
            let outcome = match (judge(member, statement, block.header().time), named) {
                (Some(rule), _) => StatementOutcome::Rejected(rule),
                (None, None) => StatementOutcome::Recorded,
                (None, Some((file, stored))) => {
                    let earlier = stored.max(new.insert(file));
                    let earlier = if is_planted(Bug::AlwaysFirst) { Earlier::Nothing } else { earlier };
                    execution.registrations.push(Registration { file, index, earlier });
                    if earlier == Earlier::Same { StatementOutcome::Repeated } else { StatementOutcome::First }
                }
            };
            if let (StatementOutcome::Recorded, Some(equivocation)) = (outcome, &statement.equivocation) {
                execution.equivocations.push((equivocation.about(), index));
            }
            outcomes.push(outcome);
            index += 1;
        }
        execution.transactions.push(ExecutedTransaction {
            first_index,
            court: member.court.clone(),
            role: member.role,
            outcomes,
        });
    }
    execution.leaves = leaves(state, block, &execution.transactions);
    Ok(execution)
}

/// What entries before the block have in common with the file of each public statement, in order, rejected ones included.
fn registered_before(block: &ValidBlock, history: &dyn History) -> Result<Vec<Earlier>, Error> {
    let statements = block.transactions().iter().flat_map(|checked| checked.transaction().statements());
    let files: Vec<FileIdentity> = statements.filter_map(FileIdentity::named_by).collect();
    history.registered(&files)
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
        TransactionText::new(checked.transaction().payload(), &checked.id(), &executed.court, executed.role, executed.first_index)
    };
    let shared = BlockText::new(state.origin(), block.header().height, block.header().time);
    (shared, transactions.iter().zip(block.transactions()).map(renderer).collect())
}

#[cfg(test)]
mod tests;
