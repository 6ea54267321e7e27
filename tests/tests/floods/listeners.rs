//! Floods of both listeners of a court from other addresses (N1, R12).
//!
//! In: a flood of connections, garbage and unread requests.
//! Out: failures that show memory and counts.
//! Always: all other clients are served, a court that was away connects again, and memory stays within a
//! bound.
//! Not for a flood by a court: see `tests/tests/floods/court.rs`.

use crate::{MEMORY_MB, memory_mb, work};
use courtseal_tests::flood::Flood;
use courtseal_tests::hostile::listeners;
use courtseal_tests::metric;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;

#[test]
fn a_court_under_a_flood_records_and_others_rejoin_it() {
    let mut network = LocalNetwork::start(4).unwrap();
    // A thousand receipts make a large answer to ask for, and bring memory to its ordinary size.
    let folder = network.desk().unwrap().join("folder");
    courtseal_tests::evidence::folder(&folder, 1_000, 1_000).unwrap();
    network.notarize(&[&folder]).unwrap().exits(0);
    let urls = network.urls();
    let refused = |reason: &str| metric::sum(&urls[0], "courtseal_refused_total", &[reason]).unwrap();
    let before = memory_mb(&network, 0);
    let clients = urls[0].trim_start_matches("http://").parse().unwrap();
    let flood = Flood::start(clients, listeners(&network).unwrap()[0], "/v1/entries?from=0&limit=1000").unwrap();
    for (listener, reason) in [("clients", "address"), ("courts", "address"), ("courts", "handshake")] {
        let labels = [format!("listener=\"{listener}\""), format!("reason=\"{reason}\"")];
        let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
        await_state("the flood is rejected", || {
            metric::sum(&urls[0], "courtseal_refused_total", &labels).ok().filter(|count| *count > 0.0)
        })
        .unwrap();
    }
    work(&network, "during", 10, &urls);
    network.kill(3).unwrap();
    work(&network, "without one", 3, &urls[..3]);
    network.restart(3).unwrap();
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    await_state("the court is connected to the flooded one again", || {
        (network.status(0)?["courts"].as_array()?.iter().all(|court| court["connected"] == true)).then_some(())
    })
    .unwrap();
    work(&network, "after", 5, &urls);
    let (after, tried) = (memory_mb(&network, 0), flood.tried());
    eprintln!("{tried} connections tried, {} refused; {before:.0} MB before, {after:.0} MB after", refused("listener"));
    assert!(after <= before + MEMORY_MB, "{before:.0} MB before, {after:.0} MB after {tried} connections");
    drop(flood);
    // There is at most one warning a minute for each listener.
    let log = std::fs::read_to_string(network.courts()[0].log()).unwrap();
    let lines = log.lines().filter(|line| line.contains("more was asked than the limits allow")).count();
    assert!((1..=20).contains(&lines), "{lines} lines for {tried} connections");
}
