//! Slow connections, and connections that are reset again and again under load.
//!
//! In: a network whose courts are connected through the proxy.
//! Out: failures, and printed figures.
//! Always: a network with one slow court is not as slow as a network of slow courts, and resets lose nothing.
//! Not for lost packets: see `tests/tests/faults_root/partitions.rs`.

use crate::{ALL, all_is_well, apart, await_receipts, file};
use courtseal_tests::load::Load;
use courtseal_tests::measure::Samples;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::numbers::{Numbers, how_often};
use std::path::Path;
use std::time::Duration;

const DELAY: Duration = Duration::from_millis(200);
/// Largest share of the time of a network with slow courts only that a network with one slow court may take.
/// A network that waits for its slow court takes the whole time.
const SHARE_MAX: f64 = 0.6;

/// The median time to notarize a file, in milliseconds.
fn notarize(network: &LocalNetwork, folder: &Path, what: &str) -> f64 {
    let mut times = Samples::default();
    for number in 0..12 {
        let outcome = network.notarize(&[&file(folder, &format!("{what} {number}"))]).unwrap().exits(0);
        times.add_time(outcome.elapsed);
    }
    println!("{what}: notarize, ms: median {:.0}; {}", times.median(), times.spread());
    times.median()
}

#[test]
#[ignore = "needs root: make test-faults"]
fn slow_connections() {
    let (mut apart, proxy) = apart::start_behind_proxy(4);
    let desk = apart.network.desk().unwrap().join("files");
    let client = desk.join("client");
    notarize(&apart.network, &client, "no delay");
    proxy.delay_court(3, DELAY);
    let one = notarize(&apart.network, &client, "one court 200 ms away");
    apart.network.await_equal(&ALL).unwrap();
    ALL.iter().for_each(|at| proxy.delay_court(*at, DELAY));
    let every = notarize(&apart.network, &client, "every court 200 ms away");
    apart.network.await_equal(&ALL).unwrap();
    ALL.iter().for_each(|at| proxy.delay_court(*at, Duration::ZERO));
    notarize(&apart.network, &client, "no delay again");
    assert!(
        one <= SHARE_MAX * every,
        "{one:.0} ms with one slow court, {every:.0} ms with slow courts only: the network lags with it"
    );
    assert_eq!(all_is_well(&mut apart.network, &desk, 48), 48);
}

#[test]
#[ignore = "needs root: make test-faults"]
fn connections_reset_under_load() {
    let mut numbers = Numbers::of_this_run().unwrap();
    let (mut apart, proxy) = apart::start_behind_proxy(4);
    let desk = apart.network.desk().unwrap().join("files");
    let load = Load::start(&apart.network, &desk, 3).unwrap();
    for _ in 0..how_often("COURTSEAL_RESETS", 40) {
        await_receipts(&load, numbers.below(4));
        let one = numbers.below(4);
        proxy.reset(one, (one + 1 + numbers.below(3)) % 4);
    }
    // All connections are reset at once.
    for one in ALL {
        for other in one + 1..4 {
            proxy.reset(one, other);
        }
    }
    await_receipts(&load, 5);
    let given_out = load.stop().unwrap();
    assert!(proxy.resets() > 10, "only {} connections were reset", proxy.resets());
    println!("{} connections reset, {given_out} receipts given out meanwhile", proxy.resets());
    all_is_well(&mut apart.network, &desk, given_out);
}
