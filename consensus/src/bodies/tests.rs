//! The gate for bodies: each bound, and one above.
//!
//! In: blocks and proposals of a few courts.
//! Out: what is kept, and what is due.
//! Not for judging.

use super::*;
use crate::vote::{Proposal, Signed};
use courtseal_proof::block::Header;
use courtseal_proof::bytes::key::Signature;

/// Bytes of a block with one empty transaction.
const LEAST_BYTES: usize = 250 + 8 + 8;

/// The `n`th block of a height, of so many bytes.
fn block(n: u8, height: u64, bytes: usize) -> ReadBlock {
    let header = Header {
        chain: Digest::default(),
        protocol: 1,
        height,
        time: Timestamp(1),
        previous: Digest([n; 32]),
        body: Digest::default(),
        log_root: Digest::default(),
        log_size: 0,
        courts: Digest::default(),
        next_courts: Digest::default(),
        proposer: PublicKey([1; 32]),
    };
    let text = vec![0; bytes - LEAST_BYTES];
    ReadBlock::assemble(header, [&text[..]].into_iter())
}

fn small(n: u8) -> ReadBlock {
    block(n, 5, LEAST_BYTES)
}

fn digest(n: u8) -> Digest {
    small(n).digest()
}

fn offer(bodies: &mut Bodies, n: u8, height: u64, from: u8) {
    bodies.offer(block(n, height, LEAST_BYTES), Some(PublicKey([from; 32])), 5);
}

fn proposal(n: u8) -> SignedProposal {
    proposal_of(n, 0, 1)
}

fn proposal_of(n: u8, round: u32, court: u8) -> SignedProposal {
    proposal_for(digest(n), round, court)
}

fn proposal_for(value: Digest, round: u32, court: u8) -> SignedProposal {
    let content = Proposal { height: 5, round, pol_round: None, value, court: PublicKey([court; 32]) };
    Signed { content, signature: Signature([0; 64]) }
}

/// Which of the small blocks are due while a round runs.
fn due(bodies: &Bodies, round: u32) -> Vec<u8> {
    let values: Vec<Digest> = bodies.due(round).iter().map(|due| due.value).collect();
    (1..=9).filter(|n| values.contains(&digest(*n))).collect()
}

#[test]
fn c14_unnamed_bodies_are_bounded_per_peer_and_never_open() {
    let mut bodies = Bodies::default();
    for n in 1..=5 {
        offer(&mut bodies, n, 5, 1);
    }
    offer(&mut bodies, 9, 5, 2);
    assert!(due(&bodies, 0).is_empty());
    assert_eq!((1..=9).filter(|n| bodies.get(&digest(*n)).is_some()).collect::<Vec<_>>(), [4, 5, 9]);
    for (n, height) in [(7, 9), (8, 4)] {
        offer(&mut bodies, n, height, 3);
        assert!(bodies.get(&block(n, height, LEAST_BYTES).digest()).is_none());
    }
}

#[test]
fn c14_a_named_body_is_due_and_never_pushed_out() {
    let mut bodies = Bodies::default();
    bodies.name(proposal(1), Timestamp(1));
    assert!(bodies.ask(&digest(1), 0, false).is_some());
    offer(&mut bodies, 1, 5, 1);
    for n in 2..=6 {
        offer(&mut bodies, n, 5, 1);
    }
    assert_eq!(due(&bodies, 0), [1]);
    assert!(bodies.ask(&digest(1), 0, false).is_none());
    bodies.report(digest(1));
    assert!(due(&bodies, 0).is_empty());
}

#[test]
fn c29_only_the_running_rounds_value_and_one_that_a_third_voted_for_are_due() {
    let mut bodies = Bodies::default();
    for (n, round) in [(1, 0), (2, 1), (3, 5)] {
        bodies.name(proposal_of(n, round, n), Timestamp(1));
        offer(&mut bodies, n, 5, n);
    }
    assert_eq!([0, 1, 2].map(|round| due(&bodies, round)), [vec![1], vec![2], vec![]]);
    assert!(bodies.ask(&digest(4), 0, false).is_none(), "nobody named it");
    bodies.support(digest(3), Support::None);
    assert_eq!(due(&bodies, 1), [2]);
    bodies.support(digest(3), Support::Third);
    assert_eq!(due(&bodies, 1), [2, 3]);
    // A liar that names an honest value in a later turn of its own does not make it wait for that.
    bodies.name(proposal_of(1, 9, 9), Timestamp(2));
    assert_eq!(due(&bodies, 0), [1, 3]);
    assert!(bodies.due(0).iter().all(|due| due.value != digest(1) || due.proposal.content.round == 0));
}

#[test]
fn c29_bodies_that_nobody_waits_for_keep_to_their_bytes_by_court() {
    let mut bodies = Bodies::default();
    let half = NAMED_BYTES_MAX / 2;
    let mut offered = Vec::new();
    let mut propose = |n: u8, round: u32, court: u8, bytes: usize| {
        let block = block(n, 5, bytes);
        offered.push((n, block.digest()));
        bodies.name(proposal_for(block.digest(), round, court), Timestamp(1));
        bodies.offer(block, Some(PublicKey([court; 32])), 5);
        bodies.shrink(2);
        offered.iter().filter(|(_, value)| bodies.get(value).is_some()).map(|(n, _)| *n).collect::<Vec<_>>()
    };
    propose(1, 2, 1, half);
    propose(2, 6, 1, half);
    assert_eq!(propose(3, 10, 1, half), [1, 2, 3], "at the bound: the running round's does not count");
    assert_eq!(propose(4, 7, 1, LEAST_BYTES), [1, 2, 4], "one above: that of the farthest round goes");
    assert_eq!(propose(5, 11, 2, half), [1, 2, 4, 5], "another court has room of its own");
    let third = block(3, 5, half).digest();
    assert!(bodies.ask(&third, 2, false).is_none());
    assert!(bodies.ask(&third, 10, false).is_some(), "it is asked for once its round runs");
}

#[test]
fn c29_values_of_rounds_long_past_are_forgotten_unless_somebody_may_be_locked_on_them() {
    let mut bodies = Bodies::default();
    for (n, support) in [(1, Support::None), (2, Support::Third), (3, Support::Quorum)] {
        bodies.name(proposal_of(n, 0, n), Timestamp(1));
        offer(&mut bodies, n, 5, n);
        bodies.support(digest(n), support);
    }
    let mut kept = |round| {
        bodies.shrink(round);
        [1, 2, 3].map(|n| bodies.get(&digest(n)).is_some())
    };
    assert_eq!(kept(ROUNDS_KEPT), [true; 3]);
    assert_eq!(kept(ROUNDS_KEPT + 1), [false, false, true]);
}

#[test]
fn c29_one_block_of_a_court_is_judged_at_a_time() {
    let mut bodies = Bodies::default();
    for (n, court) in [(1, 1), (2, 1), (3, 2)] {
        bodies.name(proposal_of(n, u32::from(n), court), Timestamp(1));
        offer(&mut bodies, n, 5, court);
    }
    bodies.set_state(&digest(1), BodyState::Asked);
    assert_eq!([1, 2].map(|court| bodies.is_judging_of(&PublicKey([court; 32]))), [true, false]);
    bodies.set_state(&digest(1), BodyState::Invalid);
    assert!(!bodies.is_judging_of(&PublicKey([1; 32])));
    // A block that another court proposes again still counts for its first proposer.
    bodies.name(proposal_of(4, 0, 1), Timestamp(1));
    bodies.name(proposal_of(4, 1, 2), Timestamp(2));
    offer(&mut bodies, 4, 5, 1);
    bodies.set_state(&digest(4), BodyState::Asked);
    assert_eq!([1, 2].map(|court| bodies.is_judging_of(&PublicKey([court; 32]))), [true, false]);
}

#[test]
fn c29_a_verdict_ends_with_its_height() {
    let mut bodies = Bodies::default();
    // A liar names a block of height 6 at height 5, where it is invalid.
    let value = block(1, 6, LEAST_BYTES).digest();
    bodies.name(proposal_for(value, 0, 1), Timestamp(1));
    offer(&mut bodies, 1, 6, 2);
    bodies.set_state(&value, BodyState::Invalid);
    bodies.advance(5);
    // Its proposer names it at height 6: it is kept, due, and not judged yet.
    bodies.name(proposal_for(value, 0, 2), Timestamp(2));
    assert_eq!(bodies.due(0).iter().map(|due| due.value).collect::<Vec<_>>(), [value]);
    assert_eq!(bodies.get(&value).map(|body| body.state), Some(BodyState::Open));
}

#[test]
fn c14_bodies_are_kept_for_the_next_height_and_two_after_it() {
    let mut bodies = Bodies::default();
    let is_kept = |(n, height): (u8, u64)| {
        offer(&mut bodies, n, height, n);
        bodies.get(&block(n, height, LEAST_BYTES).digest()).is_some()
    };
    let kept = [(1, 4), (2, 5), (3, 5 + AHEAD_MAX), (4, 6 + AHEAD_MAX)].map(is_kept);
    assert_eq!(kept, [false, true, true, false]);
}

#[test]
fn c14_unnamed_bodies_of_all_peers_keep_to_their_bytes() {
    const COUNT: u8 = 8;
    let mut bodies = Bodies::default();
    let large = UNNAMED_BYTES_MAX / usize::from(COUNT);
    let mut offered = Vec::new();
    let mut offer = |n: u8, bytes: usize| {
        let block = block(n, 5, bytes);
        offered.push((n, block.digest()));
        bodies.offer(block, Some(PublicKey([n; 32])), 5);
        offered.iter().filter(|(_, value)| bodies.get(value).is_some()).map(|(n, _)| *n).collect::<Vec<_>>()
    };
    for n in 1..COUNT {
        offer(n, large);
    }
    assert_eq!(offer(COUNT, large), (1..=COUNT).collect::<Vec<_>>(), "at the bound");
    assert_eq!(offer(COUNT + 1, LEAST_BYTES), (2..=COUNT + 1).collect::<Vec<_>>(), "one above: the oldest goes");
    assert_eq!(offer(COUNT + 2, LEAST_BYTES), (2..=COUNT + 2).collect::<Vec<_>>(), "there is room again");
}

#[test]
fn proposals_of_the_newest_rounds_are_kept() {
    let mut bodies = Bodies::default();
    let mut name = |round: u32| {
        bodies.name(proposal_of(1, round, 1), Timestamp(1));
        bodies.shrink(round);
        (0..=round).filter(|round| bodies.proposal(*round).is_some()).collect::<Vec<_>>()
    };
    (0..ROUNDS_KEPT).for_each(|round| drop(name(round)));
    assert_eq!(name(ROUNDS_KEPT), (0..=ROUNDS_KEPT).collect::<Vec<_>>(), "at the bound");
    assert_eq!(name(ROUNDS_KEPT + 1), (1..=ROUNDS_KEPT + 1).collect::<Vec<_>>(), "one above: the oldest round goes");
}
