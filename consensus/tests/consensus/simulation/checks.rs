//! A check that always holds in a simulated network: one block a height.
//!
//! In: commits.
//! Out: a failed test, or a count of what broke.
//! Always: every commit is compared with all earlier ones.
//! Not for signatures: see [`super::signatures`]. Not for what a single test asks.

use super::{CHAIN, World};
use courtseal_proof::bytes::key::PublicKey;

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
