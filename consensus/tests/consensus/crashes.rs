//! Crashes at every durable step and effect, one court or all at once; and sabotage that these tests must notice.

use crate::agreement::heights;
use crate::simulation::{Faults, World};

/// Steps and effects that a court performs until it has committed three blocks.
fn steps(seed: u64, at: usize, faults: Faults) -> u64 {
    let mut world = World::started(seed, 4, faults, 3);
    let before = world.nodes[at].effects + world.nodes[at].disk.steps;
    assert!(world.reaches(3, 600_000));
    world.nodes[at].effects + world.nodes[at].disk.steps - before + 6
}

#[test]
fn c9_a_crash_at_any_step_neither_signs_twice_nor_stops_the_courts() {
    let mut crashes = 0;
    for seed in 0..6 {
        let loss_percent = [0, 0, 3][seed as usize % 3];
        let faults = Faults { delay_ms: (1, 20), loss_percent, ..Faults::default() };
        let at = seed as usize % 4;
        for step in 0..steps(seed, at, faults) {
            let mut world = World::started(seed, 4, faults, 8);
            world.nodes[at].crash_after(step);
            assert!(world.reaches(8, 600_000), "seed {seed} step {step}: {:?}", heights(&world));
            assert!(world.double_signatures.is_empty(), "seed {seed} step {step}");
            assert!(world.nodes.iter().all(|node| node.observing.is_empty()), "seed {seed} step {step}: observes");
            assert!(world.nodes.iter().all(|node| node.evidence.is_empty()), "seed {seed} step {step}: evidence");
            crashes += world.crashes;
        }
    }
    println!("{crashes} crashes of one court");
    assert!(crashes > 300);
}

#[test]
fn c9_all_courts_crash_after_the_same_number_of_steps() {
    let mut crashes = 0;
    for seed in 0..4 {
        let faults = Faults { delay_ms: (1, 20), ..Faults::default() };
        for step in 0..steps(seed, 0, faults) {
            let mut world = World::started(seed, 4, faults, 8);
            for node in &world.nodes {
                node.crash_after(step);
            }
            assert!(world.reaches(8, 600_000), "seed {seed} step {step}: {:?}", heights(&world));
            assert!(world.double_signatures.is_empty(), "seed {seed} step {step}");
            assert!(world.nodes.iter().all(|node| node.evidence.is_empty()), "seed {seed} step {step}: evidence");
            crashes += world.crashes;
        }
    }
    println!("{crashes} crashes, all courts each time");
}

#[test]
fn c9_all_courts_crash_at_one_moment() {
    for seed in 0..3 {
        for at_ms in 0..200 {
            let faults = Faults { delay_ms: (1, 20), loss_percent: seed, ..Faults::default() };
            let mut world = World::started(seed, 4, faults, 20);
            world.run_until(at_ms, |_| false);
            for at in 0..4 {
                world.kill(at);
            }
            assert!(world.reaches(0, 1));
            assert!(world.run_until(600_000, |world| world.nodes.iter().all(|node| node.height() >= 20)), "{at_ms}");
            assert!(world.double_signatures.is_empty(), "seed {seed} at {at_ms} ms");
            assert!(world.nodes.iter().all(|node| node.evidence.is_empty()), "seed {seed} at {at_ms} ms");
        }
    }
}

#[test]
fn c9_courts_crash_again_and_again() {
    for seed in 0..20 {
        let faults = Faults { delay_ms: (1, 30), loss_percent: seed % 4, ..Faults::default() };
        let mut world = World::started(seed, 4, faults, 60);
        for _ in 0..60 {
            let wait_ms = 1 + world.random.below(300);
            world.run_until(wait_ms, |_| false);
            let (at, step) = (world.random.below(4) as usize, world.random.below(40));
            world.restart_after_ms = Some(1 + world.random.below(1_000));
            world.nodes[at].crash_after(step);
        }
        for node in &world.nodes {
            node.crash_after(u64::MAX);
        }
        let done = |world: &World| world.nodes.iter().all(|node| node.height() >= 60);
        assert!(world.run_until(600_000, done), "seed {seed}: {:?}", heights(&world));
        assert!(world.double_signatures.is_empty(), "seed {seed}");
        assert!(world.nodes.iter().all(|node| node.evidence.is_empty()), "seed {seed}");
    }
}

/// How many of some hundred runs with a crash of all courts see a double signature or a fork.
fn runs_gone_wrong(faults: Faults) -> usize {
    (0..200u64)
        .filter(|run| {
            let run = *run;
            let outcome = std::panic::catch_unwind(|| {
                let mut world = World::started(run, 4, faults, 10);
                world.run_until(20 + run % 60, |_| false);
                for at in 0..4 {
                    world.kill(at);
                }
                world.run_until(20_000, |world| world.nodes.iter().all(|node| node.height() >= 10));
                world.double_signatures.len() + world.nodes.iter().map(|node| node.evidence.len()).sum::<usize>()
            });
            !matches!(outcome, Ok(0))
        })
        .count()
}

#[test]
fn sabotage_is_noticed() {
    let sound = Faults { delay_ms: (1, 20), ..Faults::default() };
    let quiet = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let counts = [
        runs_gone_wrong(sound),
        runs_gone_wrong(Faults { mute_hello: true, ..sound }),
        runs_gone_wrong(Faults { no_flush: true, mute_hello: true, ..sound }),
        runs_gone_wrong(Faults { ignore_logs: true, mute_hello: true, ..sound }),
    ];
    std::panic::set_hook(quiet);
    println!("of 200 runs: sound {}, no hello {}, no flush {}, logs ignored {}", counts[0], counts[1], counts[2], counts[3]);
    assert_eq!(counts[..2], [0, 0]);
    assert!(counts[2] > 5 && counts[3] > 50, "{counts:?}");
}
