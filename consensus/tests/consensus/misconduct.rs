//! Byzantine courts: bogus bodies, two votes for one step, wrong clocks, restored disks, other networks.

use crate::agreement::heights;
use crate::ledger::{BAD, block};
use crate::simulation::{CHAIN, EPOCH_MS, Faults, World};
use courtseal_consensus::vote::{Proposal, Signed, SignedStep, Vote, VoteKind};
use courtseal_consensus::{Hello, Log, MESSAGES, Message};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::time::Timestamp;
use std::cell::Cell;
use std::rc::Rc;

#[test]
fn c14_bogus_bodies_ahead_of_the_real_one_do_not_stall() {
    let mut world = World::started(1, 4, Faults::default(), 1_000);
    for n in 0u64..200 {
        world.run_until(5, |_| false);
        let (height, previous) = (world.nodes[1].height() + 1, world.nodes[1].ledger.previous());
        for copy in 0..2u64 {
            let transactions = vec![vec![n as u8, copy as u8]];
            let (bogus, _) = block(height, previous, Timestamp(EPOCH_MS + n), world.nodes[0].id(), transactions);
            for to in 1..4 {
                world.inject(0, to, &Message::Block(bogus.clone()));
            }
        }
    }
    assert!(world.decided.len() >= 30, "{}", world.decided.len());
    assert!(world.nodes[1].ledger.blocks.iter().all(|one| one.certificate.round == 0));
}

#[test]
fn c14_a_proposer_of_two_invalid_blocks_costs_one_round() {
    let mut world = World::started(2, 4, Faults::default(), 400);
    // Court 0 proposes nothing but rubbish: its own proposals are cut off, two signed invalid ones sent
    // instead.
    world.cut = Box::new(|_, from, _, message| from == 0 && matches!(message, Message::Proposal(_) | Message::Block(_)));
    let mut forged = 0;
    for _ in 0..400 {
        world.run_until(10, |_| false);
        let (height, previous) = (world.nodes[1].height() + 1, world.nodes[1].ledger.previous());
        let liar = world.nodes[0].id();
        if world.nodes[1].ledger.courts.proposer(height, 0) != liar {
            continue;
        }
        for n in 0..2u8 {
            let (body, value) = block(height, previous, Timestamp(EPOCH_MS + world.now_ms()), liar, vec![vec![n], BAD.to_vec()]);
            let content = Proposal { height, round: 0, pol_round: None, value, court: liar };
            let signature = world.nodes[0].key.sign(&content.sign_bytes(&CHAIN));
            for to in 1..4 {
                world.inject(0, to, &Message::Block(body.clone()));
                world.inject(0, to, &Message::Proposal(Signed { content, signature }));
            }
        }
        forged += 1;
    }
    assert!(forged > 10);
    assert!(world.decided.len() >= 60, "{}", world.decided.len());
    let liar = world.nodes[0].id();
    assert!(world.nodes[1].evidence.iter().any(|(first, _)| first.court() == liar), "two proposals are evidence");
}

#[test]
fn c29_blocks_of_rounds_that_do_not_run_cost_nothing_and_slow_judging_holds_up_nobody_else() {
    let mut world = World::started(15, 4, Faults::default(), 400);
    // Judging takes longer than a round; the liar's block for each of its next turns is there at once.
    world.judging_ms = 5;
    let mut told = 0;
    for _ in 0..300 {
        world.run_until(10, |_| false);
        let (height, previous) = (world.nodes[1].height() + 1, world.nodes[1].ledger.previous());
        let liar = world.nodes[0].id();
        if told == height {
            continue;
        }
        told = height;
        let courts = world.nodes[1].ledger.courts.clone();
        for round in (1..=10).filter(|round| courts.proposer(height, *round) == liar) {
            let time = Timestamp(EPOCH_MS + world.now_ms() + u64::from(round));
            let (body, value) = block(height, previous, time, liar, vec![vec![round as u8], BAD.to_vec()]);
            let content = Proposal { height, round, pol_round: None, value, court: liar };
            let signature = world.nodes[0].key.sign(&content.sign_bytes(&CHAIN));
            for to in 1..4 {
                world.inject(0, to, &Message::Block(body.clone()));
                world.inject(0, to, &Message::Proposal(Signed { content, signature }));
            }
        }
    }
    assert!(told > 30, "{told}");
    // Each court judges what others propose in the round that runs, and nothing else.
    let most = 3 * (world.decided.len() as u64 + 4);
    assert!(world.judged <= most, "{} judged, at {} heights", world.judged, world.decided.len());
    assert!(world.nodes.iter().all(|node| node.invalid.is_empty()));
}

#[test]
fn c29_an_invalid_block_under_a_signed_proposal_is_reported_with_both() {
    let mut world = World::started(16, 4, Faults::default(), 60);
    world.cut = Box::new(|_, from, _, message| from == 0 && matches!(message, Message::Proposal(_) | Message::Block(_)));
    let mut forged = Vec::new();
    for _ in 0..200 {
        world.run_until(10, |_| false);
        let (height, previous) = (world.nodes[1].height() + 1, world.nodes[1].ledger.previous());
        let liar = world.nodes[0].id();
        if world.nodes[1].ledger.courts.proposer(height, 0) != liar || forged.contains(&height) {
            continue;
        }
        forged.push(height);
        let (body, value) = block(height, previous, Timestamp(EPOCH_MS + world.now_ms()), liar, vec![BAD.to_vec()]);
        let content = Proposal { height, round: 0, pol_round: None, value, court: liar };
        let signature = world.nodes[0].key.sign(&content.sign_bytes(&CHAIN));
        for to in 1..4 {
            world.inject(0, to, &Message::Block(body.clone()));
            world.inject(0, to, &Message::Proposal(Signed { content, signature }));
        }
    }
    let reported: Vec<u64> = world.nodes[1].invalid.iter().map(|(proposal, _)| proposal.height).collect();
    assert!(forged.len() > 3 && forged.iter().all(|height| reported.contains(height)), "{forged:?} {reported:?}");
    assert!(
        world.nodes[1]
            .invalid
            .iter()
            .all(|(proposal, reason)| proposal.court == world.nodes[0].id() && reason == "a bad transaction")
    );
}

#[test]
fn c29_a_block_that_a_liar_named_a_height_too_early_is_judged_at_its_own() {
    let mut world = World::started(17, 4, Faults::default(), 40);
    let (liar, last) = (world.nodes[0].id(), world.nodes[3].id());
    let courts = world.nodes[1].ledger.courts.clone();
    let early = (6..20).find(|height| courts.proposer(*height, 0) == liar && courts.proposer(height + 1, 0) != last).unwrap();
    // Court 3 hears nothing of this height, and keeps the next one's block.
    let is_held = Rc::new(Cell::new(true));
    let next = Rc::new(Cell::new(None));
    let (holds, found) = (Rc::clone(&is_held), Rc::clone(&next));
    world.cut = Box::new(move |_, from, to, message| {
        let (height, round, is_prevote) = match message {
            Message::Vote(vote) => (vote.content.height, vote.content.round, vote.content.kind == VoteKind::Prevote),
            Message::Proposal(proposal) => (proposal.content.height, proposal.content.round, false),
            Message::SyncResponse { .. } => return from == 0 || to == 3 && holds.get(),
            _ => return false,
        };
        if let Message::Proposal(proposal) = message
            && (height, round) == (early + 1, 0)
        {
            found.set(Some(proposal.content.value));
        }
        // The liar's prevotes lock courts 1 and 2 on that block; then it is silent.
        let is_silent = from == 0 && height > early && !(is_prevote && (height, round) == (early + 1, 0));
        is_silent || to == 3 && holds.get() && height == early
    });
    assert!(world.run_until(10_000, |world| (1..3).all(|at| world.nodes[at].height() == early)));
    world.run_until(60, |_| false);
    assert_eq!(world.nodes[3].height(), early - 1);
    let content = Proposal { height: early, round: 0, pol_round: None, value: next.get().unwrap(), court: liar };
    let signature = world.nodes[0].key.sign(&content.sign_bytes(&CHAIN));
    world.inject(0, 3, &Message::Proposal(Signed { content, signature }));
    world.run_until(30, |_| false);
    is_held.set(false);
    let decided = world.run_until(60_000, |world| (1..4).all(|at| world.nodes[at].height() > early));
    assert!(decided, "{:?}", heights(&world));
    assert_eq!(world.nodes[3].invalid.iter().map(|(proposal, _)| proposal.court).collect::<Vec<_>>(), [liar]);
}

#[test]
fn c22_two_votes_for_one_step_are_evidence_once() {
    let mut world = World::started(3, 4, Faults::default(), 5);
    assert!(world.reaches(3, 10_000));
    let height = world.nodes[0].height() + 1;
    for n in 0..3u8 {
        let value = Some(Digest([n; 32]));
        let content = Vote { height, round: 0, kind: VoteKind::Prevote, value, court: world.nodes[2].id() };
        let signature = world.nodes[2].key.sign(&content.sign_bytes(&CHAIN));
        world.inject(2, 0, &Message::Vote(Signed { content, signature }));
    }
    assert!(world.reaches(5, 10_000));
    assert_eq!(world.nodes[0].evidence.len(), 1);
    let (first, second) = world.nodes[0].evidence[0];
    assert!(first.conflicts_with(&second));
    assert!(world.nodes[1].evidence.is_empty());
}

#[test]
fn c16_a_wrong_clock_does_not_stop_the_courts() {
    for skew_ms in [-3_600_000, -10_000, -2_000, 2_000, 10_000, 3_600_000] {
        let mut world = World::new(4, 4, 0, Faults::default());
        world.work_until(40);
        world.nodes[3].clock.set(skew_ms);
        world.start_all();
        assert!(world.reaches(40, 60_000), "{skew_ms} ms: {:?}", heights(&world));
        let times: Vec<u64> = world.nodes[0].ledger.blocks.iter().map(|one| one.time().0).collect();
        assert!(times.windows(2).all(|two| two[0] < two[1]));
        let ahead_ms = times.last().unwrap().saturating_sub(EPOCH_MS + world.now_ms());
        assert!(ahead_ms <= 2_000, "{skew_ms} ms: block time is {ahead_ms} ms ahead");
    }
}

#[test]
fn c16_a_court_whose_clock_disagrees_follows_more_than_a_third() {
    // Court 2 is down, so every vote counts; court 3's clock is far ahead, so all times of others are late to
    // it.
    let mut world = World::new(5, 4, 0, Faults::default());
    world.work_until(30);
    world.nodes[3].clock.set(8_000);
    for at in [0, 1, 3] {
        world.start(at);
    }
    assert!(world.reaches(30, 120_000), "{:?}", heights(&world));
}

#[test]
fn c16_a_single_late_proposal_does_not_lock() {
    // One proposal of each court arrives four seconds late at two of the others.
    let mut world = World::new(6, 4, 0, Faults::default());
    world.work_until(30);
    world.nodes[1].clock.set(3_400);
    world.nodes[2].clock.set(-3_400);
    world.start_all();
    assert!(world.reaches(30, 300_000), "{:?}", heights(&world));
    assert!(world.sent.double.is_empty());
}

#[test]
fn c13_a_restored_disk_observes_until_past_the_newest_vote_seen() {
    for lose_ledger in [false, true] {
        let mut world = World::started(7, 4, Faults::default(), 12);
        assert!(world.reaches(4, 10_000));
        let (disk, blocks) = (world.nodes[1].disk.clone(), world.nodes[1].ledger.blocks.clone());
        assert!(world.reaches(12, 10_000));
        world.restart_after_ms = None;
        // In the middle of a height, so that its newest vote is for a height that is not decided.
        world.work_until(30);
        for at in 0..4 {
            world.wake(at);
        }
        world.run_until(15, |_| false);
        world.kill(1);
        world.nodes[1].disk = disk;
        if lose_ledger {
            world.nodes[1].ledger.blocks = blocks;
        }
        world.start(1);
        assert!(world.reaches(30, 30_000), "{:?}", heights(&world));
        assert!(world.sent.double.is_empty());
        assert!(!world.nodes[1].observing.is_empty(), "lost ledger: {lose_ledger}");
        assert!(world.nodes[1].runner().driver().is_voting(), "past it, it votes again");
        assert!(world.nodes.iter().all(|node| node.evidence.is_empty()));
    }
}

#[test]
fn c23_another_network_is_refused_and_forged_sightings_are_ignored() {
    let mut world = World::started(8, 4, Faults::default(), 5);
    assert!(world.reaches(1, 10_000));
    let hello = Hello { messages: MESSAGES, chain: CHAIN, height: 0, newest: None, wants_answer: false };
    world.inject(0, 1, &Message::Hello(Hello { chain: Digest([1; 32]), ..hello.clone() }));
    world.inject(0, 2, &Message::Hello(Hello { messages: MESSAGES - 1, ..hello.clone() }));
    let content = Vote { height: 1 << 40, round: 0, kind: VoteKind::Prevote, value: None, court: world.nodes[3].id() };
    let signature = world.nodes[0].key.sign(&content.sign_bytes(&CHAIN));
    let newest = Some(SignedStep::Vote(Signed { content, signature }));
    world.inject(0, 3, &Message::Hello(Hello { newest, ..hello }));
    assert!(world.reaches(5, 10_000));
    for at in 1..4 {
        assert_eq!(world.nodes[at].refused.len(), 1, "court {at}");
    }
    assert!(world.nodes[3].observing.is_empty());
}

#[test]
fn c3_votes_of_others_networks_and_strangers_are_refused() {
    let mut world = World::started(9, 4, Faults::default(), 5);
    assert!(world.reaches(1, 10_000));
    let content = Vote { height: 3, round: 0, kind: VoteKind::Prevote, value: None, court: world.nodes[2].id() };
    let signature = world.nodes[2].key.sign(&content.sign_bytes(&Digest([1; 32])));
    world.inject(0, 1, &Message::Vote(Signed { content, signature }));
    assert!(world.reaches(5, 10_000));
    assert_eq!(world.nodes[1].refused.len(), 1);
}

#[test]
fn signed_rubbish_with_extreme_numbers_harms_nobody() {
    let extremes = [0, 1, 2, 3, 7, 8, 40, u64::MAX - 1, u64::MAX];
    let mut world = World::started(10, 4, Faults::default(), 200);
    let liar = world.nodes[0].id();
    for height in extremes {
        for round in [0, 1, 9, 11, u32::MAX] {
            world.run_until(20, |_| false);
            for kind in [VoteKind::Prevote, VoteKind::Precommit] {
                let content = Vote { height, round, kind, value: None, court: liar };
                let signature = world.nodes[0].key.sign(&content.sign_bytes(&CHAIN));
                world.inject(0, 1, &Message::Vote(Signed { content, signature }));
            }
            for pol_round in [None, Some(0), Some(u32::MAX)] {
                let content = Proposal { height, round, pol_round, value: Digest([3; 32]), court: liar };
                let signature = world.nodes[0].key.sign(&content.sign_bytes(&CHAIN));
                world.inject(0, 1, &Message::Proposal(Signed { content, signature }));
            }
            for message in [
                Message::Status { height },
                Message::Wake { height },
                Message::SyncRequest { from: height },
                Message::SyncResponse { from: height, blocks: Vec::new() },
                Message::BlockRequest { height, value: Digest([3; 32]) },
                Message::Block(vec![1, 2, 3].into()),
            ] {
                world.inject(0, 1, &message);
            }
            let (body, _) = block(height, Digest([4; 32]), Timestamp(height), liar, Vec::new());
            world.inject(0, 1, &Message::Block(body));
        }
    }
    assert!(world.reaches(40, 60_000), "{:?}", heights(&world));
}

#[test]
fn c12_a_court_whose_write_ahead_log_is_gone_observes_the_height() {
    let mut world = World::started(11, 4, Faults { mute_hello: true, ..Faults::default() }, 30);
    assert!(world.reaches(5, 10_000));
    world.run_until(15, |_| false);
    world.kill(2);
    world.nodes[2].disk.file_mut(Log::Wal).cut(0);
    assert!(world.reaches(30, 30_000), "{:?}", heights(&world));
    assert!(world.sent.double.is_empty());
    assert!(!world.nodes[2].observing.is_empty());
    assert!(world.nodes[2].runner().driver().is_voting());
}

#[test]
fn c24_a_court_without_any_record_signs_nothing_that_it_may_have_signed() {
    // Court 0, which is away, may be the only one that saw what it signed.
    let mut world = World::started(12, 4, Faults::default(), 30);
    assert!(world.reaches(5, 10_000));
    world.restart_after_ms = None;
    world.run_until(15, |_| false);
    world.kill(0);
    world.kill(2);
    world.nodes[2].disk.lose();
    world.start(2);
    assert!(!world.reaches(30, 5_000), "three courts, one of which signs nothing, are no quorum");
    assert!(world.nodes[2].unsure);
    world.start(0);
    assert!(world.reaches(30, 60_000), "{:?}", heights(&world));
    assert!(world.sent.double.is_empty());
    assert!(world.nodes[2].runner().driver().is_voting(), "past it, it votes again");
}

/// Runs in which a court loses something in the middle of a height, every couple of milliseconds. The one
/// court that saw most of it is away: it is killed too, or merely out of reach for a while. No court receives
/// two signatures for one step, and all go on. A signature that was under way when its sender
/// died reached nobody, so the sender may sign that step once more.
fn nobody_signs_twice(loses: impl Fn(&mut World)) {
    for at_ms in (0..60).step_by(2) {
        for is_killed in [false, true] {
            let mut world = World::started(14 + at_ms, 4, Faults::default(), 30);
            assert!(world.reaches(5, 10_000));
            world.restart_after_ms = None;
            // Only court 0 hears court 2, so no other court knows what court 2 signs.
            world.cut = Box::new(|_, from, to, _| from == 2 && to != 0);
            world.run_until(at_ms, |_| false);
            world.kill(2);
            if is_killed {
                world.kill(0);
            }
            loses(&mut world);
            world.cut = Box::new(|_, from, to, _| from == 0 || to == 0);
            world.start(2);
            world.run_until(1_000, |_| false);
            world.cut = Box::new(|_, _, _, _| false);
            if is_killed {
                world.start(0);
            }
            assert!(world.reaches(30, 60_000), "{at_ms} ms, killed {is_killed}: {:?}", heights(&world));
            assert!(world.received.double.is_empty(), "{at_ms} ms, killed {is_killed}: {:?}", world.received.double);
            assert!(world.nodes.iter().all(|node| node.evidence.is_empty()), "{at_ms} ms, killed {is_killed}");
        }
    }
}

#[test]
fn c24_what_the_last_court_shows_counts() {
    nobody_signs_twice(|world| world.nodes[2].disk.lose());
}

#[test]
fn c24_what_was_shown_before_is_on_record_once_a_court_is_sure() {
    let mut world = World::started(17, 4, Faults::default(), 30);
    assert!(world.reaches(5, 10_000));
    world.restart_after_ms = None;
    world.kill(2);
    world.nodes[2].disk.lose();
    world.run_until(200, |_| false);
    world.cut = Box::new(|_, _, _, _| true);
    world.run_until(200, |_| false);
    // Court 0 alone has heard a vote that court 2 signed at the height where all stand, and that it would not
    // sign again.
    let height = world.nodes[0].height() + 1;
    assert!([1, 3].iter().all(|at| world.nodes[*at].height() + 1 == height));
    let signed = |world: &World, height: u64, value: Option<Digest>| {
        let content = Vote { height, round: 0, kind: VoteKind::Prevote, value, court: world.nodes[2].id() };
        Signed { content, signature: world.nodes[2].key.sign(&content.sign_bytes(&CHAIN)) }
    };
    let newest = signed(&world, height, Some(Digest([9; 32])));
    world.inject(1, 0, &Message::Vote(newest));
    world.run_until(100, |_| false);
    // All say hello once, and nothing else: it is sure. Then somebody shows an older signature of its own,
    // which becomes a record.
    let greeted: [Cell<bool>; 4] = Default::default();
    world.cut = Box::new(move |_, from, to, message| match message {
        Message::Hello(_) => to == 2 && greeted[from].replace(true),
        _ => true,
    });
    world.start(2);
    world.run_until(300, |_| false);
    assert!(!world.nodes[2].unsure && world.nodes[2].observing.iter().any(|(observed, _)| *observed == height));
    let older = Some(SignedStep::Vote(signed(&world, 1, None)));
    world.inject(
        1,
        2,
        &Message::Hello(Hello { messages: MESSAGES, chain: CHAIN, height: height - 1, newest: older, wants_answer: false }),
    );
    world.run_until(300, |_| false);
    // It restarts while court 0 is out of reach.
    world.kill(2);
    let signs_again = Rc::new(Cell::new(false));
    let signs = Rc::clone(&signs_again);
    world.cut = Box::new(move |_, from, to, message| {
        let is_vote = matches!(message, Message::Vote(vote) if (vote.content.height, vote.content.round) == (height, 0));
        signs.set(signs.get() || from == 2 && is_vote);
        from == 0 || to == 0
    });
    world.start(2);
    world.run_until(5_000, |_| false);
    assert!(!signs_again.get(), "it signs the step again");
    world.cut = Box::new(|_, _, _, _| false);
    assert!(world.reaches(30, 60_000), "{:?}", heights(&world));
    assert!(world.nodes.iter().all(|node| node.evidence.is_empty()), "{:?}", world.nodes[0].evidence);
}

#[test]
fn c24_a_court_that_lost_everything_signs_nothing_twice() {
    nobody_signs_twice(|world| {
        world.nodes[2].disk.lose();
        world.nodes[2].ledger.blocks.clear();
    });
}

#[test]
fn c8_damage_to_both_logs_is_not_forgotten_by_the_next_start() {
    nobody_signs_twice(|world| {
        for log in [Log::Wal, Log::Guard] {
            let mut bytes = world.nodes[2].disk.file(log).bytes().to_vec();
            if let Some(byte) = bytes.get_mut(40) {
                *byte ^= 1;
            }
            world.nodes[2].disk.file_mut(log).replace(bytes);
        }
        world.start(2);
        world.run_until(50, |_| false);
        world.kill(2);
    });
}

#[test]
fn c24_courts_that_all_lost_their_records_go_on_once_all_are_there() {
    let mut world = World::started(13, 4, Faults::default(), 30);
    assert!(world.reaches(5, 10_000));
    world.restart_after_ms = None;
    for at in 0..4 {
        world.kill(at);
        world.nodes[at].disk.lose();
    }
    for at in 0..3 {
        world.start(at);
    }
    assert!(!world.reaches(30, 5_000), "the fourth may have seen what they signed");
    world.start(3);
    assert!(world.reaches(30, 60_000), "{:?}", heights(&world));
}
