//! The submitter of evidence: turns two statements that contradict each other into a transaction that records
//! them. Sans-IO.
//!
//! In: pairs that consensus reports (C22), the ledger, the mempool, the time.
//! Out: transactions that this court signs with its voting key.
//! Always: a pair is stated again until the log has one about its step, and never after that.
//! A pair has one text, whichever court saw it.
//! A few pairs a day are stated for each accused court, so that a court that equivocates cannot fill the log.
//! Open pairs are in memory only: after a crash the write-ahead log brings them back, as far as it reaches.
//! Not for finding contradictions, nor for punishing courts.

use crate::limits::{EVIDENCE_OPEN_MAX, EVIDENCE_PER_DAY_MAX};
use crate::mempool::Mempool;
use courtseal_consensus::vote::{SignedStep, StepKind};
use courtseal_ledger::{Error, Ledger, VerifiedTransaction};
use courtseal_proof::bytes::digest::{Digest, sha256_of};
use courtseal_proof::bytes::key::{PublicKey, SecretKey};
use courtseal_proof::bytes::name::{CourtName, Origin};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::kinds::equivocation::{CourtStep, Equivocation, Side};
use courtseal_proof::sign_bytes::Step;
use courtseal_proof::statement::Statement;
use courtseal_proof::transaction::Transaction;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Lifetime of one transaction for a pair, in milliseconds; after that a new one is signed. It is half of
/// what L3 allows, so that no court's clock refuses the transaction.
const STATED_MS: u64 = 12 * 60 * 60 * 1000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;
const NONCE_TAG: &[u8; 16] = b"COURTSEALEVID/v1";

/// The outcome for a reported pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// The pair will be stated.
    Open,
    /// The pair, or another one about the same step, is already being stated.
    Known,
    /// The limit of pairs for this court and day, or of open pairs, is reached. Only the node's own log keeps
    /// this pair.
    Enough,
    /// The pair is no contradiction between two signatures of a court of this network.
    Nothing,
}

struct Open {
    equivocation: Equivocation,
    /// Id of the transaction that was signed last for this pair.
    stated: Option<Digest>,
}

/// The contradictions that this court states.
pub struct EvidenceSubmitter {
    origin: Origin,
    name: CourtName,
    key: SecretKey,
    open: BTreeMap<CourtStep, Open>,
    /// For each accused court: a day, and how many pairs were taken on that day.
    taken: BTreeMap<PublicKey, (u64, usize)>,
}

impl EvidenceSubmitter {
    /// Starts without contradictions, for the court with this name and voting key.
    pub fn new(origin: Origin, name: CourtName, key: SecretKey) -> Self {
        Self { origin, name, key, open: BTreeMap::new(), taken: BTreeMap::new() }
    }

    /// Takes a pair. `time` is that of the last block, and `courts` are those of the state.
    pub fn see(
        &mut self,
        first: &SignedStep,
        second: &SignedStep,
        courts: &BTreeMap<CourtName, PublicKey>,
        time: Timestamp,
    ) -> Noted {
        let Some(equivocation) = equivocation(first, second, courts).filter(|pair| pair.holds_on(&self.origin.chain())) else {
            return Noted::Nothing;
        };
        let about = equivocation.about();
        if self.open.contains_key(&about) {
            return Noted::Known;
        }
        let day = time.0 / DAY_MS;
        let taken = self.taken.entry(about.key).or_insert((day, 0));
        if taken.0 != day {
            *taken = (day, 0);
        }
        if taken.1 >= EVIDENCE_PER_DAY_MAX || self.open.len() >= EVIDENCE_OPEN_MAX {
            return Noted::Enough;
        }
        taken.1 += 1;
        self.open.insert(about, Open { equivocation, stated: None });
        Noted::Open
    }

    /// Returns transactions for the open pairs that are neither recorded nor waiting. A pair about a recorded
    /// step is removed, whichever court recorded it.
    ///
    /// # Errors
    /// The ledger cannot be read, which is fatal.
    pub fn due(&mut self, ledger: &Ledger, mempool: &Mempool, now: Timestamp) -> Result<Vec<Arc<VerifiedTransaction>>, Error> {
        let mut due = Vec::new();
        for about in self.open.keys().copied().collect::<Vec<_>>() {
            if ledger.fact(&about.subject())?.is_some() {
                self.open.remove(&about);
                continue;
            }
            let Some(open) = self.open.get_mut(&about) else { continue };
            if open.stated.is_some_and(|id| mempool.contains(&id)) {
                continue;
            }
            // The nonce is the same at the same time, which makes the same transaction, and a different one
            // later.
            let nonce = sha256_of(&[NONCE_TAG, &about.to_bytes(), &now.0.to_be_bytes()]);
            let (nonce, _) = nonce.0.split_first_chunk::<16>().expect("a digest has 32 bytes");
            let statement = Statement::from(open.equivocation.clone());
            let until = now.plus_ms(STATED_MS);
            let signed = Transaction::sign(&self.origin, &self.name, &self.key, *nonce, until, vec![statement]);
            let checked = signed.and_then(|transaction| VerifiedTransaction::from_text(transaction.to_text().into_bytes()));
            // Form and signatures were checked when the pair was taken, and one statement is within every
            // bound.
            let checked = Arc::new(checked.expect("a pair that holds makes a transaction"));
            open.stated = Some(checked.id());
            due.push(checked);
        }
        Ok(due)
    }
}

/// The pair in the form of a statement.
fn equivocation(first: &SignedStep, second: &SignedStep, courts: &BTreeMap<CourtName, PublicKey>) -> Option<Equivocation> {
    if !first.conflicts_with(second) {
        return None;
    }
    let (signed, key) = (first.step(), first.court());
    let name = courts.iter().find(|(_, vote)| **vote == key).map(|(name, _)| name.clone())?;
    let step = match signed.kind {
        StepKind::Proposal => Step::Proposal,
        StepKind::Prevote => Step::Prevote,
        StepKind::Precommit => Step::Precommit,
    };
    Equivocation::new(name, CourtStep { key, height: signed.height, round: signed.round, step }, side(first), side(second))
}

fn side(signed: &SignedStep) -> Side {
    match signed {
        SignedStep::Vote(vote) => Side { earlier_round: None, signature: vote.signature, value: vote.content.value },
        SignedStep::Proposal(proposal) => {
            Side { earlier_round: proposal.content.pol_round, signature: proposal.signature, value: Some(proposal.content.value) }
        }
    }
}

#[cfg(test)]
mod tests;
