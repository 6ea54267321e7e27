//! Courts that were away, observers, changes of courts, and peers that lie about decided blocks.

use crate::agreement::heights;
use crate::simulation::{Faults, World, scaled};
use courtseal_consensus::{CourtSet, Message};

#[test]
fn c20_a_court_a_thousand_blocks_behind_catches_up() {
    let mut world = World::new(1, 4, 0, Faults { delay_ms: (5, 5), ..Faults::default() });
    world.work_until(1_000);
    for at in 0..3 {
        world.start(at);
    }
    assert!(world.reaches(1_000, 600_000));
    world.start(3);
    let started_ms = world.now_ms();
    assert!(world.reaches(1_000, 60_000), "{:?}", heights(&world));
    println!("1000 blocks in {} simulated ms", world.now_ms() - started_ms);
    assert!(world.now_ms() - started_ms < 1_000);
    world.work_until(1_010);
    for at in 0..4 {
        world.wake(at);
    }
    assert!(world.reaches(1_010, 2_000));
    let last = world.nodes[0].ledger.blocks.last().unwrap();
    assert!(last.certificate.signatures.len() >= 3);
    let own = world.nodes[3].id();
    let votes = world.nodes.iter().flat_map(|node| &node.ledger.blocks[1_001..]);
    assert!(votes.flat_map(|one| &one.certificate.signatures).any(|one| one.court == own), "it votes again");
}

#[test]
fn c20_a_court_catches_up_while_the_others_go_on() {
    let mut world = World::new(2, 4, 0, Faults { delay_ms: (2, 8), loss_percent: 2, ..Faults::default() });
    world.work_until(400);
    for at in 0..3 {
        world.start(at);
    }
    world.run_until(5_000, |_| false);
    world.start(3);
    assert!(world.reaches(400, 120_000), "{:?}", heights(&world));
}

#[test]
fn c20_an_observer_follows_and_signs_nothing() {
    let mut world = World::new(3, 4, 1, Faults::default());
    world.work_until(30);
    world.start_all();
    assert!(world.reaches(30, 30_000), "{:?}", heights(&world));
    assert_eq!(world.nodes[4].disk.syncs(), 0);
}

#[test]
fn c20_false_blocks_are_refused_and_another_peer_is_asked() {
    let lies: [fn(&mut Message); 6] = [
        |message| blocks(message, |_, certificate, _| certificate.signatures.truncate(2)),
        |message| blocks(message, |_, certificate, _| certificate.signatures[1] = certificate.signatures[0]),
        |message| blocks(message, |_, certificate, _| certificate.signatures[0].signature.0[3] ^= 1),
        |message| blocks(message, |_, certificate, _| certificate.value.0[0] ^= 1),
        |message| blocks(message, |_, _, block| block[290] ^= 1),
        |message| {
            if let Message::SyncResponse { blocks, .. } = message {
                blocks.reverse();
            }
        },
    ];
    for (n, lie) in lies.into_iter().enumerate() {
        let mut world = World::new(4, 4, 0, Faults::default());
        world.work_until(50);
        for at in 0..3 {
            world.start(at);
        }
        assert!(world.reaches(50, 60_000));
        world.alter = Box::new(move |from, message| {
            if from == 0 {
                lie(message);
            }
        });
        world.start(3);
        assert!(world.reaches(50, 60_000), "lie {n}: {:?}", heights(&world));
        let liar = world.nodes[0].id();
        // Peers are asked in turn; whichever was asked first, only the liar is refused.
        assert!(world.nodes[3].refused.iter().all(|(peer, _)| *peer == liar), "lie {n}");
    }
}

fn blocks(message: &mut Message, change: fn(u64, &mut courtseal_consensus::vote::CommitCertificate, &mut Vec<u8>)) {
    if let Message::SyncResponse { blocks, .. } = message {
        for one in blocks {
            let mut bytes = one.block.0.to_vec();
            change(one.certificate.height, &mut one.certificate, &mut bytes);
            one.block = bytes.into();
        }
    }
}

#[test]
fn c20_a_peer_that_claims_great_heights_delays_nobody() {
    let mut world = World::started(5, 4, Faults::default(), 100);
    world.alter = Box::new(|from, message| match message {
        Message::Status { height } if from == 0 => *height = u64::MAX - 1,
        Message::Hello(hello) if from == 0 => hello.height = u64::MAX - 1,
        _ => {}
    });
    assert!(world.reaches(100, 5_000), "{:?}", heights(&world));
    assert!(world.nodes[1].ledger.blocks.iter().all(|one| one.certificate.round == 0));
}

#[test]
fn c2_courts_change_at_a_height() {
    // Court 4 joins at height 11; court 0 has left then, and carries on as an observer.
    let mut world = World::new(6, 5, 0, Faults::default());
    let keys: Vec<_> = world.nodes.iter().map(|node| node.id()).collect();
    for node in &mut world.nodes {
        node.ledger.courts = CourtSet::new(keys[..4].iter().copied()).unwrap();
        node.ledger.change = Some((11, CourtSet::new(keys[1..].iter().copied()).unwrap()));
        node.ledger.work_until = 30;
    }
    world.start_all();
    assert!(world.reaches(30, 30_000), "{:?}", heights(&world));
    for one in &world.nodes[0].ledger.blocks {
        let (joined, left) = (keys[4], keys[0]);
        let absent = if one.height() < 11 { joined } else { left };
        assert!(one.certificate.signatures.iter().all(|signature| signature.court != absent));
    }
}

#[test]
fn c2_courts_change_while_courts_crash_are_cut_off_and_messages_are_lost() {
    for seed in 0..scaled(8) {
        let faults = Faults { delay_ms: (1, 30), loss_percent: seed % 4, duplicate_percent: 3, ..Faults::default() };
        let mut world = World::new(seed, 5, 0, faults);
        let keys: Vec<_> = world.nodes.iter().map(|node| node.id()).collect();
        let (before, after) =
            (CourtSet::new(keys[..4].iter().copied()).unwrap(), CourtSet::new(keys[1..].iter().copied()).unwrap());
        for node in &mut world.nodes {
            node.ledger.courts = before.clone();
            node.ledger.change = Some((31, after.clone()));
            node.ledger.work_until = 60;
        }
        world.start_all();
        for turn in 0..60 {
            let wait_ms = world.random.between(1, 200);
            world.run_until(wait_ms, |_| false);
            let (at, step) = (world.random.below(5), world.random.between(0, 39));
            world.restart_after_ms = Some(world.random.between(1, 500));
            world.nodes[at].crash_after(step);
            let (alone, is_cut) = (world.random.below(5), turn % 4 == 0);
            world.cut = Box::new(move |_, from, to, _| is_cut && (from == alone || to == alone));
        }
        world.cut = Box::new(|_, _, _, _| false);
        world.nodes.iter().for_each(|node| node.crash_after(u64::MAX));
        let done = |world: &World| world.nodes.iter().all(|node| node.height() >= 60);
        assert!(world.run_until(600_000, done), "seed {seed}: {:?}", heights(&world));
        assert!(world.sent.double.is_empty(), "seed {seed}");
        assert!(world.nodes.iter().all(|node| node.evidence.is_empty()), "seed {seed}");
        // One set a height, whichever court is asked: every certificate was checked against it when it was
        // committed.
        for node in &world.nodes {
            for one in &node.ledger.blocks {
                let absent = if one.height() < 31 { keys[4] } else { keys[0] };
                assert!(one.certificate.signatures.iter().all(|signature| signature.court != absent), "seed {seed}");
            }
        }
    }
}

#[test]
fn c25_a_host_that_fetches_blocks_itself_goes_on_from_there() {
    let mut world = World::new(7, 4, 0, Faults::default());
    world.work_until(300);
    for at in 0..3 {
        world.start(at);
    }
    assert!(world.reaches(300, 600_000));
    world.start(3);
    world.fetching(3, true);
    world.run_until(5_000, |_| false);
    assert_eq!(world.nodes[3].height(), 0, "no peer is asked");
    world.advance(3, 0, 200);
    world.advance(3, 0, 290);
    world.advance(3, 0, 100);
    world.run_until(5_000, |_| false);
    assert_eq!(world.nodes[3].runner().driver().head().height, 290);
    world.fetching(3, false);
    assert!(world.reaches(300, 10_000), "{:?}", heights(&world));
    world.work_until(310);
    for at in 0..4 {
        world.wake(at);
    }
    assert!(world.reaches(310, 10_000), "{:?}", heights(&world));
    assert!(world.nodes[3].runner().driver().is_voting() && world.sent.double.is_empty());
}

#[test]
fn c25_blocks_may_come_from_elsewhere_in_the_middle_of_a_height() {
    let mut world = World::started(8, 4, Faults::default(), 40);
    assert!(world.reaches(5, 10_000));
    world.restart_after_ms = None;
    world.cut = Box::new(|_, from, to, _| from == 2 || to == 2);
    assert!(world.run_until(60_000, |world| world.nodes[0].height() >= 20));
    let height = world.nodes[0].height() as usize;
    world.advance(2, 0, height);
    world.cut = Box::new(|_, _, _, _| false);
    assert!(world.reaches(40, 60_000), "{:?}", heights(&world));
    assert!(world.sent.double.is_empty());
}

#[test]
fn c20_a_peer_that_vanishes_in_the_middle_of_an_answer_costs_one_timeout() {
    for away_ms in [0, 40] {
        let mut world = World::new(9, 4, 0, Faults::default());
        world.restart_after_ms = None;
        world.work_until(300);
        for at in 0..3 {
            world.start(at);
        }
        assert!(world.reaches(300, 600_000));
        world.start(3);
        world.run_until(away_ms, |_| false);
        // Whichever it asked: one is killed, another one answers nothing any more.
        world.kill(0);
        world.cut = Box::new(|_, from, _, message| from == 1 && matches!(message, Message::SyncResponse { .. }));
        let before_ms = world.now_ms();
        assert!(world.reaches(300, 60_000), "{:?}", heights(&world));
        assert!(world.now_ms() - before_ms < 15_000, "{} ms", world.now_ms() - before_ms);
    }
}

#[test]
fn c20_an_answer_to_another_request_does_not_end_the_wait_for_the_open_one() {
    let mut world = World::new(10, 4, 0, Faults::default());
    world.restart_after_ms = None;
    world.work_until(300);
    for at in 0..3 {
        world.start(at);
    }
    assert!(world.reaches(300, 600_000));
    // The first request is never answered; whoever it went to answers something else.
    world.cut = Box::new(|_, _, _, message| matches!(message, Message::SyncResponse { .. }));
    world.start(3);
    world.run_until(60, |_| false);
    for from in 0..3 {
        world.inject(from, 3, &Message::SyncResponse { from: 200, blocks: Vec::new() });
    }
    world.run_until(10, |_| false);
    world.cut = Box::new(|_, _, _, _| false);
    assert!(world.reaches(300, 60_000), "{:?}", heights(&world));
}
