//! What starts a height, and what does not (rules C17, C27 and C28).

use crate::simulation::{CHAIN, EPOCH_MS, Faults, World};
use courtseal_consensus::Message;
use courtseal_consensus::vote::{Signed, Vote, VoteKind};

fn nil_prevote(world: &World, court: usize, height: u64) -> Message {
    let content = Vote { height, round: 0, kind: VoteKind::Prevote, value: None, court: world.nodes[court].id() };
    Message::Vote(Signed { content, signature: world.nodes[court].key.sign(&content.sign_bytes(&CHAIN)) })
}

/// Lets courts 0 to `liars` vote nil for the next height as soon as it is known. Returns how many blocks are
/// decided in half a heartbeat.
fn heights_by_votes(liars: usize, courts: usize) -> u64 {
    let mut world = World::started(21, courts, Faults::default(), 2);
    assert!(world.reaches(2, 10_000));
    let before = world.decided.len() as u64;
    let (mut voted, last) = (0, courts - 1);
    for _ in 0..3_000 {
        world.run_until(10, |_| false);
        let height = world.nodes[last].height() + 1;
        if height > voted {
            voted = height;
            for liar in 0..liars {
                let vote = nil_prevote(&world, liar, height);
                (liars..courts).for_each(|to| world.inject(liar, to, &vote));
            }
        }
    }
    world.decided.len() as u64 - before
}

#[test]
fn c17_votes_of_a_third_of_the_courts_start_nothing() {
    assert_eq!(heights_by_votes(1, 4), 0, "one of four");
    assert_eq!(heights_by_votes(2, 7), 0, "two of seven");
    assert!(heights_by_votes(2, 4) > 10, "more than a third: one of them does not lie");
}

#[test]
fn c17_a_court_that_missed_the_relayed_work_is_called_by_the_votes_of_the_others() {
    let mut world = World::started(22, 4, Faults::default(), 2);
    assert!(world.reaches(2, 10_000));
    world.run_until(1_000, |_| false);
    for at in 0..3 {
        world.nodes[at].ledger.work_until = 3;
        world.wake(at);
    }
    assert!(world.reaches(3, 2_000), "court 3 knows of no work, and takes part");
    assert!(world.nodes[3].begun.iter().any(|(height, by)| *height == 3 && *by != world.nodes[3].id()));
}

#[test]
fn c28_who_started_a_height_is_told() {
    let mut world = World::started(23, 4, Faults::default(), 2);
    assert!(world.reaches(2, 10_000));
    for at in 0..4 {
        let own = world.nodes[at].id();
        assert!(world.nodes[at].begun.contains(&(2, own)), "work is an own reason");
    }
    // Courts 0 and 1 vote, courts 2 and 3 have no reason of their own.
    world.run_until(1_000, |_| false);
    for liar in 0..2 {
        let vote = nil_prevote(&world, liar, 3);
        (2..4).for_each(|to| world.inject(liar, to, &vote));
    }
    world.run_until(100, |_| false);
    let first = world.nodes[0].id();
    assert!((2..4).all(|at| world.nodes[at].begun.last() == Some(&(3, first))), "the first that voted");
}

#[test]
fn c27_nothing_is_built_on_a_block_of_the_future_until_its_time_has_come() {
    let mut world = World::started(24, 4, Faults::default(), 3);
    // More than 2/3 of the clocks are ten minutes ahead: their block is decided.
    world.nodes[..3].iter_mut().for_each(|node| node.clock.set(600_000));
    assert!(world.reaches(3, 30_000));
    world.nodes[..3].iter_mut().for_each(|node| node.clock.set(0));
    world.work_until(6);
    (0..4).for_each(|at| world.wake(at));
    let (begun, messages) = (world.nodes.iter().map(|node| node.begun.len()).sum::<usize>(), world.messages);
    world.run_until(300_000, |_| false);
    assert_eq!(world.decided.len(), 3);
    assert_eq!(world.nodes.iter().map(|node| node.begun.len()).sum::<usize>(), begun, "nobody starts a height");
    assert!(world.messages - messages < 300 / 2 * 12 + 12, "nor says more than its own height");
    let until_ms = world.nodes[0].ledger.blocks[2].time().0 - EPOCH_MS;
    assert!(!world.run_until(until_ms - 1_000 - world.now_ms(), |world| world.decided.len() > 3));
    assert!(world.reaches(6, 3_000), "its time has come");
}
