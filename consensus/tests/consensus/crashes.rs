//! Crashes at every durable step and effect, one court or all at once; and sabotage that these tests must
//! notice.

use crate::agreement::heights;
use crate::simulation::{Faults, World, scaled};
use courtseal_consensus::WalRecord;
use std::collections::BTreeSet;

/// Steps and effects that a court performs until it has committed three blocks.
fn steps(seed: u64, at: usize, faults: Faults) -> u64 {
    let mut world = World::started(seed, 4, faults, 3);
    let before = world.nodes[at].disk.fuse.steps();
    assert!(world.reaches(3, 600_000));
    world.nodes[at].disk.fuse.steps() - before
}

#[test]
fn c9_a_crash_at_any_step_neither_signs_twice_nor_stops_the_courts() {
    let mut crashes = 0;
    for seed in 0..scaled(3) {
        let loss_percent = [0, 3, 0][seed as usize % 3];
        let faults = Faults { delay_ms: (1, 20), loss_percent, ..Faults::default() };
        let at = seed as usize % 4;
        for step in 0..steps(seed, at, faults) {
            let mut world = World::started(seed, 4, faults, 8);
            world.nodes[at].crash_after(step);
            assert!(world.reaches(8, 600_000), "seed {seed} step {step}: {:?}", heights(&world));
            assert!(world.sent.double.is_empty(), "seed {seed} step {step}");
            // A court that crashed before it signed anything has no record, and cannot know that it never had
            // one (C24).
            let observing = world.nodes.iter().flat_map(|node| &node.observing);
            let observing: Vec<_> = observing.filter(|(height, why)| *height > 0 && !why.starts_with("no record")).collect();
            assert!(observing.is_empty(), "seed {seed} step {step}: {observing:?}");
            assert!(world.nodes.iter().all(|node| node.evidence.is_empty()), "seed {seed} step {step}: evidence");
            crashes += world.crashes;
        }
    }
    println!("{crashes} crashes of one court");
    assert!(crashes > 200);
}

#[test]
fn c9_all_courts_crash_after_the_same_number_of_steps() {
    let mut crashes = 0;
    for seed in 0..scaled(2) {
        let faults = Faults { delay_ms: (1, 20), ..Faults::default() };
        for step in 0..steps(seed, 0, faults) {
            let mut world = World::started(seed, 4, faults, 8);
            for node in &world.nodes {
                node.crash_after(step);
            }
            assert!(world.reaches(8, 600_000), "seed {seed} step {step}: {:?}", heights(&world));
            assert!(world.sent.double.is_empty(), "seed {seed} step {step}");
            assert!(world.nodes.iter().all(|node| node.evidence.is_empty()), "seed {seed} step {step}: evidence");
            crashes += world.crashes;
        }
    }
    println!("{crashes} crashes, all courts each time");
}

#[test]
fn c9_all_courts_crash_at_one_moment() {
    for seed in 0..scaled(2) {
        for at_ms in (seed % 4..200).step_by(4) {
            let faults = Faults { delay_ms: (1, 20), loss_percent: seed % 4, ..Faults::default() };
            let mut world = World::started(seed, 4, faults, 10);
            world.run_until(at_ms, |_| false);
            for at in 0..4 {
                world.kill(at);
            }
            assert!(world.reaches(0, 1));
            assert!(world.run_until(600_000, |world| world.nodes.iter().all(|node| node.height() >= 10)), "{at_ms}");
            assert!(world.sent.double.is_empty(), "seed {seed} at {at_ms} ms");
            assert!(world.nodes.iter().all(|node| node.evidence.is_empty()), "seed {seed} at {at_ms} ms");
        }
    }
}

#[test]
fn c9_courts_crash_again_and_again() {
    for seed in 0..scaled(10) {
        let faults = Faults { delay_ms: (1, 30), loss_percent: seed % 4, ..Faults::default() };
        let mut world = World::started(seed, 4, faults, 60);
        for _ in 0..60 {
            let wait_ms = world.random.between(1, 300);
            world.run_until(wait_ms, |_| false);
            let (at, step) = (world.random.below(4), world.random.between(0, 39));
            world.restart_after_ms = Some(world.random.between(1, 1_000));
            world.nodes[at].crash_after(step);
        }
        for node in &world.nodes {
            node.crash_after(u64::MAX);
        }
        let done = |world: &World| world.nodes.iter().all(|node| node.height() >= 60);
        assert!(world.run_until(600_000, done), "seed {seed}: {:?}", heights(&world));
        assert!(world.sent.double.is_empty(), "seed {seed}");
        assert!(world.nodes.iter().all(|node| node.evidence.is_empty() && node.observing.is_empty()), "seed {seed}");
    }
}

/// How many of sixty runs with a crash of all courts see a double signature, a fork or a court that fails.
fn runs_gone_wrong(faults: Faults) -> usize {
    let is_wrong = |run: &u64| {
        let mut world = World::started(*run, 4, faults, 8);
        world.is_tolerant = true;
        world.run_until(20 + run % 60, |_| false);
        for at in 0..4 {
            world.kill(at);
        }
        world.run_until(10_000, |world| world.nodes.iter().all(|node| node.height() >= 8));
        let evidence: usize = world.nodes.iter().map(|node| node.evidence.len()).sum();
        evidence + world.sent.double.len() + world.disasters as usize > 0
    };
    (0..60u64).filter(is_wrong).count()
}

#[test]
fn sabotage_is_noticed() {
    let sound = Faults { delay_ms: (1, 20), ..Faults::default() };
    let mute_hello = true;
    let sound_runs = runs_gone_wrong(sound);
    let mute_runs = runs_gone_wrong(Faults { mute_hello, ..sound });
    let no_flush_runs = runs_gone_wrong(Faults { no_flush: true, mute_hello, ..sound });
    let ignored_runs = runs_gone_wrong(Faults { ignore_logs: true, mute_hello, ..sound });
    println!("of 60 runs: sound {sound_runs}, no hello {mute_runs}, no flush {no_flush_runs}, logs ignored {ignored_runs}");
    assert_eq!((sound_runs, mute_runs), (0, 0));
    assert!(no_flush_runs > 5 && ignored_runs > 30);
}

#[test]
fn c7_a_block_is_logged_before_its_verdict_and_whatever_is_signed_too() {
    let mut world = World::started(7, 4, Faults { delay_ms: (1, 20), ..Faults::default() }, 20);
    let (mut verdicts, mut signed) = (0, 0);
    while !world.run_until(3, |world| world.nodes[0].height() >= 20) {
        for node in &world.nodes {
            let (recovered, next_height) = (node.disk.clone().recover().unwrap().0, node.height() + 1);
            let (mut bodies, mut steps) = (BTreeSet::new(), BTreeSet::new());
            for record in recovered.wal {
                steps.extend(record.statement().filter(|one| one.court() == node.id()).map(|one| one.step()));
                match record {
                    WalRecord::Body { value, .. } => drop(bodies.insert(value)),
                    WalRecord::Value { value, valid: true, .. } => {
                        assert!(bodies.contains(&value), "a verdict without its block");
                        verdicts += 1;
                    }
                    _ => {}
                }
            }
            for record in recovered.guard.iter().filter(|record| record.step.height == next_height) {
                assert!(steps.contains(&record.step), "signed and not logged: {:?}", record.step);
                signed += 1;
            }
        }
        assert!(world.now_ms() < 60_000, "{:?}", heights(&world));
    }
    assert!(verdicts > 20 && signed > 20, "{verdicts} verdicts, {signed} signatures");
}
