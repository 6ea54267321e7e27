//! Signatures by a court's own key that somebody else may have made (rule C30).

use crate::agreement::heights;
use crate::simulation::{CHAIN, Faults, World};
use courtseal_consensus::vote::{Signed, SignedStep, Vote, VoteKind};
use courtseal_consensus::{Hello, MESSAGES, Message};

/// Shows court 3, as court `by`, a vote of its own for this height.
fn show(world: &mut World, by: usize, height: u64) -> SignedStep {
    let content = Vote { height, round: 0, kind: VoteKind::Prevote, value: None, court: world.nodes[3].id() };
    let statement = SignedStep::Vote(Signed { content, signature: world.nodes[3].key.sign(&content.sign_bytes(&CHAIN)) });
    let told = world.nodes[by].height();
    let hello = Hello { messages: MESSAGES, chain: CHAIN, height: told, newest: Some(statement), wants_answer: false };
    world.inject(by, 3, &Message::Hello(hello));
    statement
}

#[test]
fn c30_a_stolen_key_silences_its_court_until_the_next_block_only() {
    for height in [(1 << 53) - 1, u64::MAX, 40] {
        let mut world = World::started(31, 4, Faults::default(), 5);
        world.heartbeat_ms = 20_000;
        assert!(world.reaches(5, 10_000));
        let statement = show(&mut world, 0, height);
        world.run_until(1_000, |_| false);
        assert_eq!(world.nodes[3].suspended, Some(height));
        assert!(!world.nodes[3].runner().driver().is_voting(), "it may have signed that in an earlier life");
        // The others go on; a block of now proves that it has not. What else the thief shows meanwhile puts
        // nothing off.
        let mut statement = statement;
        for lower in 1..=4 {
            world.run_until(3_000, |_| false);
            statement = show(&mut world, 0, height - lower);
        }
        world.work_until(6);
        (0..4).for_each(|at| world.wake(at));
        assert!(world.reaches(6, 5_000));
        assert_eq!((&world.nodes[3].stolen[..], world.nodes[3].suspended), (&[statement][..], None));
        assert!(world.nodes[3].runner().driver().is_voting() && world.nodes[3].observing.is_empty());
        // The theft is known now, so the thief's further signatures far away mean nothing.
        show(&mut world, 1, height - 5);
        world.run_until(1_000, |_| false);
        assert!(world.nodes[3].suspended.is_none() && world.nodes[3].runner().driver().is_voting());
        // It is needed, and takes part.
        world.restart_after_ms = None;
        world.kill(1);
        world.work_until(12);
        (0..4).for_each(|at| world.wake(at));
        assert!(world.reaches(12, 20_000), "{:?}", heights(&world));
        assert!(world.sent.double.is_empty());
    }
}

#[test]
fn c30_a_height_that_courts_tell_is_within_reach() {
    // Nine above the head is beyond, eight is not: it is observed as ever (C13).
    for (above, is_beyond) in [(8, false), (9, true)] {
        let mut world = World::started(32, 4, Faults::default(), 5);
        assert!(world.reaches(5, 10_000));
        show(&mut world, 0, 5 + above);
        world.run_until(1_000, |_| false);
        assert_eq!(world.nodes[3].suspended.is_some(), is_beyond);
        assert_eq!(world.nodes[3].observing.is_empty(), is_beyond);
    }
}

#[test]
fn c30_a_restored_disk_far_behind_signs_nothing_whoever_tells_less() {
    // Court 0 tells the truth, court 1 is a liar that tells nothing, court 2 comes later: told is 0, and the
    // vote is true.
    let mut world = World::started(33, 4, Faults::default(), 60);
    assert!(world.reaches(5, 10_000));
    let (disk, blocks) = (world.nodes[3].disk.clone(), world.nodes[3].ledger.blocks.clone());
    assert!(world.reaches(40, 20_000));
    world.restart_after_ms = None;
    world.run_until(15, |_| false);
    world.kill(3);
    world.kill(2);
    world.nodes[3].disk = disk;
    world.nodes[3].ledger.blocks = blocks;
    world.alter = Box::new(|from, message| match message {
        Message::Hello(hello) if from == 1 => (hello.height, hello.newest) = (0, None),
        Message::Status { height } if from == 1 => *height = 0,
        _ => {}
    });
    world.cut = Box::new(|_, from, to, message| {
        let is_tale = matches!(message, Message::Hello(_) | Message::Status { .. });
        matches!(message, Message::SyncResponse { .. }) || (from, to) == (1, 3) && !is_tale
    });
    world.start(3);
    world.run_until(5_000, |_| false);
    assert!(world.nodes[3].suspended.is_some() && !world.nodes[3].runner().driver().is_voting());
    world.cut = Box::new(|_, _, _, _| false);
    world.start(2);
    assert!(world.reaches(60, 60_000), "{:?}", heights(&world));
    assert!(world.sent.double.is_empty() && world.nodes[3].stolen.is_empty());
    assert!(world.nodes[3].runner().driver().is_voting());
}
