//! The evidence pool: what each court was seen to sign. Equivocations and the hello's newest vote come from
//! it.
//!
//! In: statements whose signatures are good.
//! Out: pairs that contradict each other, and each court's newest statement.
//! Always: one pair per step is reported once. The pool is bounded per court and height.
//! Not for punishing anybody.

use crate::vote::{SignedStep, StepKind};
use courtseal_proof::bytes::key::PublicKey;
use std::collections::BTreeMap;

/// Statements remembered of one court at one height.
const REMEMBERED_MAX: usize = 64;

/// The first statement of each step, and whether a contradiction to it was reported.
type Steps = BTreeMap<(u32, StepKind), (SignedStep, bool)>;

/// Statements by court and height.
#[derive(Default)]
pub(crate) struct EvidencePool {
    seen: BTreeMap<(u64, PublicKey), Steps>,
    newest: BTreeMap<PublicKey, SignedStep>,
}

impl EvidencePool {
    /// Takes a statement that an earlier run saw, so that its court is shown it.
    pub(crate) fn recall(&mut self, statement: SignedStep) {
        let newest = self.newest.entry(statement.court()).or_insert(statement);
        if newest.step() < statement.step() {
            *newest = statement;
        }
    }

    /// Takes a statement. Returns the earlier one if this one contradicts it and that was not reported yet.
    /// When there are too many, those stay whose rounds are nearest to the running one, `round`. A faulty
    /// court's votes for rounds far away must not crowd out those that count.
    pub(crate) fn see(&mut self, statement: SignedStep, round: u32) -> Option<SignedStep> {
        let step = statement.step();
        self.recall(statement);
        let steps = self.seen.entry((step.height, statement.court())).or_default();
        match steps.get_mut(&(step.round, step.kind)) {
            Some((first, reported)) if !*reported && first.conflicts_with(&statement) => {
                *reported = true;
                Some(*first)
            }
            Some(_) => None,
            None => {
                steps.insert((step.round, step.kind), (statement, false));
                if steps.len() > REMEMBERED_MAX {
                    let farthest = steps.keys().copied().max_by_key(|(other, _)| other.abs_diff(round));
                    farthest.and_then(|step| steps.remove(&step));
                }
                None
            }
        }
    }

    /// The newest statement of a court.
    pub(crate) fn newest(&self, court: &PublicKey) -> Option<SignedStep> {
        self.newest.get(court).copied()
    }

    /// Forgets statements below a height, except the newest of each court.
    pub(crate) fn forget_below(&mut self, height: u64) {
        self.seen = self.seen.split_off(&(height, PublicKey([0; 32])));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vote::{Signed, Vote, VoteKind};
    use courtseal_proof::bytes::digest::Digest;
    use courtseal_proof::bytes::key::Signature;

    fn vote(height: u64, round: u32, value: u8) -> SignedStep {
        let content =
            Vote { height, round, kind: VoteKind::Prevote, value: Some(Digest([value; 32])), court: PublicKey([3; 32]) };
        SignedStep::Vote(Signed { content, signature: Signature([0; 64]) })
    }

    #[test]
    fn c22_reports_a_contradiction_once() {
        let mut pool = EvidencePool::default();
        assert_eq!(pool.see(vote(1, 0, 1), 0), None);
        assert_eq!(pool.see(vote(1, 0, 1), 0), None);
        assert_eq!(pool.see(vote(1, 0, 2), 0), Some(vote(1, 0, 1)));
        assert_eq!(pool.see(vote(1, 0, 3), 0), None);
        assert_eq!(pool.see(vote(1, 1, 3), 0), None);
        assert_eq!(pool.newest(&PublicKey([3; 32])), Some(vote(1, 1, 3)));
        pool.forget_below(2);
        assert_eq!(pool.see(vote(1, 0, 2), 0), None);
        assert_eq!(pool.newest(&PublicKey([3; 32])), Some(vote(1, 1, 3)));
    }

    #[test]
    fn c22_is_bounded() {
        let mut pool = EvidencePool::default();
        for round in 0..1_000 {
            pool.see(vote(1, round, 1), 0);
        }
        assert_eq!(pool.seen.values().next().map(BTreeMap::len), Some(REMEMBERED_MAX));
    }

    #[test]
    fn c22_votes_for_rounds_far_away_crowd_nothing_out() {
        let mut pool = EvidencePool::default();
        for round in 1_000_000..1_000_100 {
            pool.see(vote(1, round, 1), 0);
        }
        assert_eq!(pool.see(vote(1, 1, 1), 0), None);
        assert_eq!(pool.see(vote(1, 1, 2), 0), Some(vote(1, 1, 1)));
        // A height of many rounds: the newest ones count.
        for round in 0..200 {
            assert_eq!(pool.see(vote(1, round, 1), round), None);
        }
        assert_eq!(pool.see(vote(1, 199, 2), 199), Some(vote(1, 199, 1)));
    }
}
