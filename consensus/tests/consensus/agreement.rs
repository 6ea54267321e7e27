//! Agreement and speed without crashes: good networks, bad networks, idleness, courts that are down.

use crate::simulation::{Faults, World, scaled};
use courtseal_consensus::Message;

#[test]
fn c1_a_good_network_takes_three_message_delays_a_block_and_waits_for_no_timer() {
    for courts in [1, 2, 4, 7] {
        let mut world = World::started(1, courts, Faults::default(), 100);
        assert!(world.reaches(100, 60_000), "{courts} courts");
        let times = world.block_times();
        // Proposal, prevotes and precommits, 10 ms each; a court alone needs no messages.
        let expected_ms = if courts == 1 { 0 } else { 99 * 30 };
        assert!(times[99] - times[0] <= expected_ms + 10, "{courts} courts: {} ms", times[99] - times[0]);
        assert_eq!(world.nodes[0].ledger.blocks.iter().filter(|one| one.certificate.round > 0).count(), 0);
        assert!(world.sent.double.is_empty());
        assert!(world.nodes.iter().all(|node| node.refused.is_empty() && node.evidence.is_empty()));
    }
}

#[test]
fn c1_few_messages_and_at_most_two_flushes_of_each_log_a_height() {
    let mut world = World::started(1, 4, Faults::default(), 101);
    assert!(world.reaches(1, 10_000));
    let (messages, syncs) = (world.messages, world.nodes[0].disk.syncs());
    assert!(world.reaches(101, 60_000));
    let messages_per_height = (world.messages - messages) / 100;
    let syncs_per_height = (world.nodes[0].disk.syncs() - syncs) as f64 / 100.0;
    println!("{messages_per_height} messages a height, {syncs_per_height} flushes a court and height");
    assert!(messages_per_height <= 36, "{messages_per_height}");
    assert!(syncs_per_height <= 4.0, "{syncs_per_height}");
}

#[test]
fn c1_agreement_under_loss_delay_reordering_and_duplication() {
    for seed in 0..scaled(24) {
        let courts = [4, 4, 5, 7][seed as usize % 4];
        let faults = Faults {
            delay_ms: (1, 5 + 20 * (seed % 5)),
            loss_percent: seed % 11,
            duplicate_percent: seed % 7,
            ..Faults::default()
        };
        let mut world = World::started(seed, courts, faults, 40);
        assert!(world.reaches(40, 600_000), "seed {seed}: {:?}", heights(&world));
        assert!(world.sent.double.is_empty(), "seed {seed}");
        assert!(world.nodes.iter().all(|node| node.evidence.is_empty() && node.observing.is_empty()), "seed {seed}");
    }
}

#[test]
fn one_seed_is_one_run() {
    let faults = Faults { delay_ms: (1, 50), loss_percent: 5, duplicate_percent: 5, ..Faults::default() };
    let run = |seed| {
        let mut world = World::started(seed, 4, faults, 30);
        assert!(world.reaches(30, 600_000));
        world.trace()
    };
    assert_eq!(run(7), run(7));
    assert_ne!(run(7), run(8));
}

#[test]
fn c17_an_idle_network_is_silent_beats_and_starts_for_work() {
    let mut world = World::started(3, 4, Faults::default(), 1);
    assert!(world.reaches(1, 10_000));
    let messages = world.messages;
    world.run_until(50_000, |_| false);
    assert_eq!(world.decided.len(), 1);
    let idle_messages = world.messages - messages;
    assert!(idle_messages <= 26 * 12 + 12, "{idle_messages} messages in 50 idle seconds");
    world.run_until(21_000, |_| false);
    assert_eq!(world.decided.len(), 2, "the heartbeat");

    // Work at one court that does not propose next: 40 ms are the relayed work, a proposal and two votes.
    for at in 0..4 {
        let height = world.nodes[at].height();
        let asked_ms = world.now_ms();
        world.submit(at);
        assert!(world.reaches(height + 1, 1_000));
        assert!(world.block_times().last().unwrap() - asked_ms <= 40);
        world.run_until(700, |_| false);
    }
}

#[test]
fn c19_a_court_that_is_down_costs_its_turns_little() {
    let mut world = World::started(5, 4, Faults::default(), 200);
    assert!(world.reaches(20, 10_000));
    world.restart_after_ms = None;
    world.kill(2);
    let (killed_ms, before) = (world.now_ms(), world.decided.len());
    assert!(world.reaches(200, 120_000));
    let times = world.block_times();
    let gaps: Vec<u64> = times[before - 1..].windows(2).map(|two| two[1] - two[0]).collect();
    let mut sorted = gaps.clone();
    sorted.sort_unstable();
    println!("one of four down: median {} ms, worst {} ms", sorted[sorted.len() / 2], sorted.last().unwrap());
    assert_eq!(sorted[sorted.len() / 2], 30);
    assert!(*sorted.last().unwrap() <= 150, "{gaps:?}");
    assert!(times[before] - killed_ms <= 150);
}

#[test]
fn c19_a_court_that_hangs_is_skipped_sooner_after_its_first_missed_turn() {
    let mut world = World::started(5, 4, Faults::default(), 100);
    assert!(world.reaches(10, 10_000));
    let hung_from_ms = world.now_ms();
    world.cut = Box::new(move |_, from, to, _| from == 2 || to == 2);
    let reached =
        world.run_until(60_000, |world| world.nodes.iter().enumerate().all(|(at, node)| at == 2 || node.height() >= 100));
    assert!(reached);
    let times: Vec<u64> = world.block_times().into_iter().filter(|at_ms| *at_ms >= hung_from_ms).collect();
    let mut gaps: Vec<u64> = times.windows(2).map(|two| two[1] - two[0]).collect();
    gaps.sort_unstable();
    println!("one of four hangs: median {} ms, worst {} ms", gaps[gaps.len() / 2], gaps.last().unwrap());
    assert!(gaps[gaps.len() / 2] <= 40);
    // Back again, it catches up and votes.
    world.cut = Box::new(|_, _, _, _| false);
    world.work_until(120);
    for at in 0..4 {
        world.wake(at);
    }
    assert!(world.reaches(120, 60_000), "{:?}", heights(&world));
}

#[test]
fn c1_more_than_a_third_cut_off_halts_and_heals() {
    let mut world = World::started(9, 4, Faults::default(), 60);
    assert!(world.reaches(10, 10_000));
    world.cut = Box::new(|_, from, to, _| (from < 2) != (to < 2));
    world.run_until(30_000, |_| false);
    let halted = world.decided.len() as u64;
    assert!(halted <= 11);
    world.cut = Box::new(|_, _, _, _| false);
    assert!(world.reaches(halted + 10, 30_000), "{:?}", heights(&world));
    assert!(world.sent.double.is_empty());
}

#[test]
fn one_way_cuts_do_not_stop_the_others() {
    let mut world = World::started(10, 4, Faults::default(), 60);
    world.cut = Box::new(|_, from, to, message| from == 1 && to == 3 && !matches!(message, Message::Hello(_)));
    assert!(world.reaches(60, 120_000), "{:?}", heights(&world));
}

#[test]
fn large_blocks_on_a_slow_network() {
    let mut world = World::new(11, 4, 0, Faults { delay_ms: (100, 400), ..Faults::default() });
    for node in &mut world.nodes {
        node.ledger.work_until = 10;
        node.ledger.transaction_bytes = 4 << 20;
    }
    world.start_all();
    assert!(world.reaches(10, 120_000), "{:?}", heights(&world));
}

#[test]
fn thirty_two_courts() {
    let mut world = World::started(12, 32, Faults { delay_ms: (5, 20), ..Faults::default() }, 10);
    assert!(world.reaches(10, 60_000), "{:?}", heights(&world));
    assert!(world.nodes[0].ledger.blocks.iter().all(|one| one.certificate.round == 0));
}

pub fn heights(world: &World) -> Vec<u64> {
    world.nodes.iter().map(|node| node.height()).collect()
}
