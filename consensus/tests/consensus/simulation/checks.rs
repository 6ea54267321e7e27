//! What always holds in a simulated network: one block a height, one signature a step.
//!
//! In: commits and messages on their way.
//! Out: a failed test, or a count of what broke.
//! Always: every commit and every signature is compared with all earlier ones.
//! Not for what a single test asks.

use super::{CHAIN, World};
use courtseal_consensus::Message;
use courtseal_consensus::vote::{SigningStep, Statement};
use courtseal_proof::bytes::key::PublicKey;
use std::collections::BTreeMap;

impl World {
    pub(super) fn check_commit(&mut self, at: usize, at_height: usize) {
        let (decided, now_ms) = (&self.nodes[at].ledger.blocks[at_height], self.queue.now_ms());
        let entry = self.decided.entry(decided.height()).or_insert((decided.digest(), now_ms));
        if self.is_tolerant {
            self.disasters += u64::from(entry.0 != decided.digest());
            return;
        }
        assert_eq!(entry.0, decided.digest(), "two blocks at height {}", decided.height());
        assert_eq!(decided.certificate.value, decided.digest());
        let courts = &self.nodes[at].ledger.courts_at(decided.height());
        let mut signers: Vec<PublicKey> = Vec::new();
        for vote in decided.certificate.votes() {
            let court = vote.content.court;
            assert!(court.verify(&vote.content.sign_bytes(&CHAIN), &vote.signature) && courts.contains(&court));
            assert!(!signers.contains(&court));
            signers.push(court);
        }
        assert!(courts.is_quorum(signers.len()));
    }
}

/// The first signature of each step, and those that contradict it.
#[derive(Default)]
pub struct Signatures {
    first: BTreeMap<(PublicKey, SigningStep), Statement>,
    /// Two statements of one court for one step.
    pub double: Vec<(Statement, Statement)>,
}

impl Signatures {
    /// What `from` says itself counts, and not what it hands on.
    pub(super) fn note(&mut self, from: PublicKey, message: &Message) {
        let statement = match message {
            Message::Vote(vote) => Statement::Vote(*vote),
            Message::Proposal(proposal) => Statement::Proposal(*proposal),
            _ => return,
        };
        if statement.court() != from {
            return;
        }
        let first = *self.first.entry((from, statement.step())).or_insert(statement);
        if first.conflicts_with(&statement) {
            self.double.push((first, statement));
        }
    }
}
