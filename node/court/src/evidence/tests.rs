//! The submitter of evidence: which pairs are stated, how often, and until when.
//!
//! In: pairs of signed votes and proposals of four courts.
//! Out: the outcome for each pair, and the transactions that are returned.
//! Always: each bound is tried at the bound and one above.

use super::*;
use crate::admission::{self, NotAdmitted};
use crate::mempool::Inserted;
use crate::testing::{self, KeyPurpose};
use courtseal_api::Code;
use courtseal_consensus::vote::{Proposal, Signed, Vote, VoteKind};
use courtseal_fixtures::GENESIS_TIME;
use courtseal_ledger::NoCache;
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_proof::genesis::Genesis;

/// A minute after the genesis.
const NOW: Timestamp = Timestamp(GENESIS_TIME.0 + 60_000);

fn vote_key(court: usize) -> SecretKey {
    testing::key(court, KeyPurpose::Vote)
}

struct Scene {
    genesis: Genesis,
    ledger: Ledger,
    mempool: Mempool,
    submitter: EvidenceSubmitter,
}

impl Scene {
    /// Court 0 states the evidence, and court 1 is accused.
    fn new() -> Self {
        let genesis = testing::genesis(4);
        let ledger = Ledger::open(Arc::new(MemoryStore::new()), &genesis).unwrap();
        let submitter = EvidenceSubmitter::new(genesis.origin(), genesis.courts[0].name.clone(), vote_key(0));
        Self { genesis, ledger, mempool: Mempool::default(), submitter }
    }

    fn vote(&self, court: usize, height: u64, value: u8) -> SignedStep {
        let value = (value > 0).then_some(Digest([value; 32]));
        let content = Vote { height, round: 0, kind: VoteKind::Precommit, value, court: vote_key(court).public() };
        SignedStep::Vote(Signed { content, signature: vote_key(court).sign(&content.sign_bytes(&self.genesis.digest())) })
    }

    fn see(&mut self, first: SignedStep, second: SignedStep, time: Timestamp) -> Noted {
        self.submitter.see(&first, &second, self.ledger.state().courts(), time)
    }

    fn due(&mut self) -> Vec<Arc<VerifiedTransaction>> {
        self.submitter.due(&self.ledger, &self.mempool, NOW).unwrap()
    }

    fn commit(&self, checked: &Arc<VerifiedTransaction>) {
        let block = self.ledger.build(NOW, vote_key(0).public(), [Arc::clone(checked)]).unwrap();
        assert_eq!(block.transactions().len(), 1);
        self.ledger.commit(block.read(), b"certificate", block.digest(), &NoCache).unwrap();
    }
}

#[test]
fn c22_a_pair_is_stated_until_it_is_recorded_and_never_after() {
    let mut scene = Scene::new();
    let (a, b) = (scene.vote(1, 1, 1), scene.vote(1, 1, 0));
    assert_eq!(scene.see(a, b, NOW), Noted::Open);
    assert_eq!(scene.see(b, a, NOW), Noted::Known);
    let stated = scene.due();
    assert_eq!(stated.len(), 1);
    assert!(admission::judge(&scene.ledger, Arc::clone(&stated[0]), NOW).is_ok());
    // A transaction that the mempool did not take is stated again. While it waits there, it is not.
    assert_eq!(scene.due().len(), 1);
    scene.mempool.insert(Arc::clone(&stated[0]), &scene.genesis.courts[0].name);
    assert!(scene.due().is_empty());
    scene.commit(&stated[0]);
    scene.mempool.remove(&stated[0].id());
    assert!(scene.due().is_empty() && scene.submitter.open.is_empty());
}

#[test]
fn c22_all_who_saw_a_pair_state_the_same_and_one_is_recorded() {
    let mut scene = Scene::new();
    let (a, b) = (scene.vote(1, 1, 1), scene.vote(1, 1, 2));
    scene.see(a, b, NOW);
    let ours = scene.due().remove(0);
    let mut other = EvidenceSubmitter::new(scene.genesis.origin(), scene.genesis.courts[2].name.clone(), vote_key(2));
    other.see(&b, &a, scene.ledger.state().courts(), NOW);
    let theirs = other.due(&scene.ledger, &scene.mempool, NOW).unwrap().remove(0);
    assert_eq!(ours.statement_text(0), theirs.statement_text(0));
    assert_ne!(ours.id(), theirs.id());
    // Both transactions wait, so that an accuser whose transaction expires cannot keep the other one out.
    for checked in [&ours, &theirs] {
        let court = checked.transaction().payload().member.clone();
        assert_eq!(scene.mempool.insert(Arc::clone(checked), &court), Inserted::New);
    }
    let about = ours.transaction().statements()[0].as_equivocation().unwrap().about().subject();
    let mut waiting = vec![(about.clone(), ours.id()), (about, theirs.id())];
    waiting.sort();
    assert_eq!(scene.mempool.stated_once(), waiting);
    scene.commit(&theirs);
    let refused = admission::judge(&scene.ledger, ours.clone(), NOW).unwrap_err();
    assert!(matches!(refused, NotAdmitted::Refused(Code::AlreadyStated, _)), "{refused}");
    assert!(scene.due().is_empty());
    waiting.iter().for_each(|(_, id)| scene.mempool.remove(id));
    assert!(scene.mempool.stated_once().is_empty());
}

#[test]
fn a_few_a_day_for_each_accused_court() {
    let mut scene = Scene::new();
    let mut noted = Vec::new();
    for height in 1..=EVIDENCE_PER_DAY_MAX as u64 + 1 {
        let pair = (scene.vote(1, height, 1), scene.vote(1, height, 2));
        noted.push(scene.see(pair.0, pair.1, NOW));
    }
    assert_eq!(noted.pop(), Some(Noted::Enough));
    assert_eq!(noted, [Noted::Open; EVIDENCE_PER_DAY_MAX]);
    let other = (scene.vote(2, 1, 1), scene.vote(2, 1, 2));
    assert_eq!(scene.see(other.0, other.1, NOW), Noted::Open, "another court has its own count");
    let pair = (scene.vote(1, 99, 1), scene.vote(1, 99, 2));
    assert_eq!(scene.see(pair.0, pair.1, NOW.plus_ms(DAY_MS)), Noted::Open, "as has another day");
}

#[test]
fn c22_open_pairs_are_bounded() {
    let mut scene = Scene::new();
    let per_day = EVIDENCE_PER_DAY_MAX as u64;
    let mut see = |court: usize, number: u64| {
        let pair = (scene.vote(court, number + 1, 1), scene.vote(court, number + 1, 2));
        scene.see(pair.0, pair.1, NOW.plus_ms(number / per_day * DAY_MS))
    };
    let last = EVIDENCE_OPEN_MAX as u64;
    for number in 0..last {
        assert_eq!(see(1, number), Noted::Open, "{number} are open");
    }
    assert_eq!(see(1, last), Noted::Enough, "one above, on any day");
    assert_eq!(see(2, last), Noted::Enough, "also for another court");
    assert_eq!(see(1, 0), Noted::Known);
}

#[test]
fn what_is_no_contradiction_is_not_stated() {
    let mut scene = Scene::new();
    let good = scene.vote(1, 1, 1);
    let forged = match scene.vote(1, 1, 2) {
        SignedStep::Vote(vote) => SignedStep::Vote(Signed { signature: *good.signature(), ..vote }),
        other => other,
    };
    let outsiders = (scene.vote(9, 1, 1), scene.vote(9, 1, 2));
    let later = scene.vote(1, 2, 2);
    for (first, second) in [(good, good), (good, later), (good, forged), outsiders] {
        assert_eq!(scene.see(first, second, NOW), Noted::Nothing);
    }
    assert!(scene.due().is_empty());
}

#[test]
fn two_proposals_are_stated_with_their_earlier_rounds() {
    let mut scene = Scene::new();
    let propose = |pol_round| {
        let content = Proposal { height: 1, round: 4, pol_round, value: Digest([1; 32]), court: vote_key(1).public() };
        SignedStep::Proposal(Signed { content, signature: vote_key(1).sign(&content.sign_bytes(&scene.genesis.digest())) })
    };
    let (first, second) = (propose(Some(2)), propose(None));
    assert_eq!(scene.see(first, second, NOW), Noted::Open);
    let stated = scene.due().remove(0);
    let equivocation = stated.transaction().statements()[0].as_equivocation().unwrap();
    assert_eq!((equivocation.first.earlier_round, equivocation.second.earlier_round), (None, Some(2)));
    assert_eq!((equivocation.court.as_str(), equivocation.step), ("court-01", Step::Proposal));
}
