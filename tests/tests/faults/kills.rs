//! SIGKILLs at random moments under load: of any court, and of the proposer.
//!
//! In: a network under load; the number of kills from the environment.
//! Out: failures, the seed, and figures.
//! Always: no receipt is lost, and no court signs two things for one step.
//! Not for crashes at chosen points: see `tests/tests/faults_root/crash_points.rs`.

use courtseal_tests::gaps;
use courtseal_tests::load::{self, Load};
use courtseal_tests::measure::Samples;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::numbers::{Numbers, how_often};
use courtseal_tests::processes::await_state;
use courtseal_tests::{given, guards, python};
use std::time::{Duration, Instant};

const ALL: [usize; 4] = [0, 1, 2, 3];
/// The variable that sets the number of kills, for longer runs.
const KILLS: &str = "COURTSEAL_KILLS";
/// The variable that sets the number of killed proposers.
const LEADERS: &str = "COURTSEAL_LEADERS";
/// Longest pause that a dead proposer may cause on any machine; the bench has the goal.
const GAP_MAX: Duration = Duration::from_secs(60);

#[test]
fn kills_lose_nothing() {
    let kills = how_often(KILLS, 20);
    let mut numbers = Numbers::of_this_run().unwrap();
    let mut network = LocalNetwork::start(4).unwrap();
    let folder = network.desk().unwrap().join("files");
    let load = Load::start(&network, &folder, 3).unwrap();
    for kill in 0..kills {
        // The moment is a random number of further receipts, so that the network is under load on any
        // machine. The number may be 0, so that the kill comes during a restart.
        let until = load.recorded() + numbers.below(6);
        await_state("load is recorded", || (load.recorded() >= until).then_some(()))
            .unwrap_or_else(|error| panic!("kill {kill}: {error}"));
        let at = numbers.below(4);
        network.kill(at).unwrap();
        network.restart(at).unwrap_or_else(|error| panic!("kill {kill} of court {at}: {error:#}"));
    }
    let given_out = load.stop().unwrap();
    network.await_equal(&ALL).unwrap();
    assert!(given::check(&network, &folder, &ALL).unwrap() >= given_out);
    load::finish_all(&network, &folder).unwrap();
    network.await_equal(&ALL).unwrap();
    let receipts = given::receipts(&folder).unwrap();
    assert_eq!(given::check(&network, &folder, &ALL).unwrap(), receipts.len());
    // The independent verifier sees the policy file only.
    let files: Vec<_> =
        receipts.iter().filter_map(|receipt| receipt.to_str()?.strip_suffix(".tlog-proof").map(Into::into)).collect();
    let verdicts = python::verdicts(&files, network.policy()).unwrap();
    assert!(verdicts.len() == receipts.len() && verdicts.iter().all(|verdict| verdict["verdict"] == "valid"));
    network.stop().unwrap();
    let signed = guards::check(network.courts()).unwrap();
    println!("{kills} kills, {given_out} receipts given out meanwhile, {} in the end, 0 lost", receipts.len());
    println!("{signed} steps signed, none twice");
}

#[test]
fn leaders_killed_under_load() {
    let mut network = LocalNetwork::create(4).unwrap();
    network.run_each().unwrap();
    let folder = network.desk().unwrap().join("files");
    let load = Load::start(&network, &folder, 3).unwrap();
    let mut pauses = Samples::default();
    for _ in 0..how_often(LEADERS, 4) {
        let until = load.recorded() + 3;
        await_state("load is recorded", || (load.recorded() >= until).then_some(())).unwrap();
        let next = gaps::height(&network, 0).unwrap() + 1;
        let leader = gaps::proposer(&network, next).unwrap();
        let since = Instant::now();
        network.kill(leader).unwrap();
        // Five blocks are more than one turn of all courts. So the dead court's turn is among them, whenever
        // the kill came.
        let pause = gaps::longest(&network, (leader + 1) % 4, since, 5).unwrap();
        assert!(pause < GAP_MAX, "no block for {pause:?}");
        pauses.add_time(pause);
        network.restart(leader).unwrap();
        network.await_recording(&ALL).unwrap();
    }
    let given_out = load.stop().unwrap();
    assert!(given::check(&network, &folder, &ALL).unwrap() >= given_out);
    network.stop().unwrap();
    guards::check(network.courts()).unwrap();
    let (median, last) = (pauses.median(), pauses.quantile(0.99));
    println!(
        "leader killed: longest pause between blocks, ms: median {median:.0}, 99th percentile {last:.0}; {}",
        pauses.spread()
    );
}
