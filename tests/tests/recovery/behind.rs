//! Courts that lack many blocks: they fetch a snapshot, even if the serving court vanishes or they are killed
//! meanwhile.
//!
//! In: a network in which three courts have a long log and one has nothing.
//! Out: failures; figures, if the measurement is asked for.
//! Always: all courts end with one log, and blocks that were imported before a kill are kept.
//! Not for false snapshots: see `tests/tests/recovery/liars.rs`.

use crate::{ALL, data, history, log, no_two_votes, record};
use courtseal_tests::http;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use std::time::Instant;

/// A network in which the first three courts have this many blocks and the last one has none; no court runs.
fn prepared(blocks: u64) -> LocalNetwork {
    let network = LocalNetwork::create(4).unwrap();
    history::write(&network, blocks);
    network
}

fn height(network: &LocalNetwork, at: usize) -> u64 {
    network.status(at).and_then(|status| status["height"].as_u64()).unwrap_or(0)
}

#[test]
fn n10_a_court_600_blocks_behind_fetches_a_snapshot() {
    let mut network = prepared(600);
    network.run().unwrap();
    let stated = |network: &LocalNetwork| {
        network.await_equal(&ALL).unwrap();
        http::stated(&network.urls()[0]).unwrap().len()
    };
    assert_eq!(stated(&network), 600);
    record(&network, "after");
    network.kill(0).unwrap();
    record(&network, "with the one that was behind");
    network.restart(0).unwrap();
    assert_eq!(stated(&network), 602);
    no_two_votes(&network);
}

#[test]
fn n10_kills_in_the_middle_cost_nothing_that_was_imported() {
    let mut network = prepared(4_000);
    network.run().unwrap();
    // First the court itself is killed, as soon as it has imported something; then the court that it asks
    // first.
    await_state("something is imported", || (height(&network, 3) > 0).then_some(())).unwrap();
    network.kill(3).unwrap();
    network.restart(3).unwrap();
    assert!(height(&network, 3) > 0, "imported blocks are gone after the restart");
    network.kill(0).unwrap();
    network.await_equal(&[1, 2, 3]).unwrap();
    network.restart(0).unwrap();
    network.await_equal(&ALL).unwrap();
    assert_eq!(http::stated(&network.urls()[3]).unwrap().len(), 4_000);
    assert_eq!(network.log_check(3).unwrap(), network.log_check(1).unwrap());
    assert!(log(&network, 3).contains("fetching a snapshot"), "{}", log(&network, 3));
    // The same again, after the data folder was removed.
    network.kill(3).unwrap();
    std::fs::remove_dir_all(data(&network, 3)).unwrap();
    network.restart(3).unwrap();
    network.await_equal(&ALL).unwrap();
    no_two_votes(&network);
}

/// Prints figures; `make bench` runs it.
#[test]
#[ignore = "a measurement"]
fn measure_courts_behind() {
    for (blocks, way) in [(500, "by block sync"), (10_000, "as a snapshot")] {
        let mut network = prepared(blocks);
        network.run().unwrap();
        network.kill(3).unwrap();
        let _ = std::fs::remove_dir_all(data(&network, 3));
        let started = Instant::now();
        network.restart(3).unwrap();
        await_state("the same root", || {
            let (own, other) = (network.status(3)?, network.status(0)?);
            (own["height"] == other["height"] && own["root"] == other["root"]).then_some(())
        })
        .unwrap();
        println!("| a court {blocks} blocks behind, {way} | {:.2} s |", started.elapsed().as_secs_f64());
    }
}
