//! Byzantine courts over real streams: the test plays one of four courts with that court's keys, and each
//! file holds one kind of lie.
//!
//! In: real nodes; a court that is killed and replaced by [`courtseal_tests::liar`].
//! Out: failures that name the lie.
//! Always: each test observes that the lie arrived and how the others reacted. The three honest courts
//! record, with receipts that verify. They hold one log that accuses nobody, and their memory stays within a
//! bound. The killed court itself comes back.
//! Not for two votes for one step (`node/tests/equivocation.rs`) or false snapshots
//! (`tests/tests/recovery/liars.rs`). Not for floods (`tests/tests/floods/court.rs`) or all combinations of
//! lies (`tests/simulator/src/byzantine.rs`).

mod cosignatures;
mod eager;
mod garbage;
mod hasty;
mod proposals;
mod sync;
mod unnamed;

use courtseal_tests::given;
use courtseal_tests::liar::LIAR;
use courtseal_tests::measure::usage;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::program::courtseal;
use std::fs;
use std::path::PathBuf;

/// The honest courts, and all courts.
const OTHERS: [usize; 3] = [0, 1, 2];
const ALL: [usize; 4] = [0, 1, 2, 3];
/// Most that lies may add to a court's memory, in megabytes: the full queues of one court, two blocks of it,
/// and the work of recording meanwhile. The bound is the same as for a flood.
const MEMORY_MB: f64 = 128.0;

/// Starts a network with two blocks in which the court that will lie does not run; returns the memory of each
/// other court too.
fn start() -> (LocalNetwork, Vec<f64>) {
    let mut network = LocalNetwork::start(4).unwrap();
    for name in ["before", "before, too"] {
        network.notarize(&[&file(&network, name)]).unwrap().exits(0);
    }
    network.await_equal(&ALL).unwrap();
    network.kill(LIAR).unwrap();
    let memory = OTHERS.map(|at| memory_mb(&network, at)).to_vec();
    (network, memory)
}

/// Writes a new file to notarize.
fn file(network: &LocalNetwork, name: &str) -> PathBuf {
    let folder = network.desk().unwrap().join("files");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, name).unwrap();
    path
}

/// Records one small file through the honest courts.
fn record(network: &LocalNetwork, name: &str) {
    let file = file(network, name);
    network.notarize_at(&network.urls()[..3], &[&file]).unwrap().exits(0);
    network.verify(&[&file]).unwrap().exits(0);
}

fn memory_mb(network: &LocalNetwork, at: usize) -> f64 {
    usage(network.pid(at).unwrap()).unwrap().rss_mb
}

fn height(network: &LocalNetwork) -> u64 {
    network.status(0).unwrap()["height"].as_u64().unwrap()
}

/// Checks what must hold while the liar still sends, and after it has ended.
fn all_is_well(network: &mut LocalNetwork, liar: impl Sized, memory: &[f64]) {
    for number in 0..3 {
        record(network, &format!("in the end {number}"));
    }
    for (at, before) in OTHERS.into_iter().zip(memory) {
        let after = memory_mb(network, at);
        println!("court {at}: {before:.0} MB before, {after:.0} MB after");
        assert!(after <= before + MEMORY_MB, "court {at}: {before:.0} MB before, {after:.0} MB after");
    }
    let files = network.desk().unwrap().join("files");
    assert!(given::check(network, &files, &OTHERS).unwrap() >= 4);
    for url in &network.urls()[..3] {
        let log = courtseal(["log", "show", "--limit", "500", "--node", url]).unwrap().exits(0).stdout;
        assert!(log.contains("genesis") && !log.contains("equivocation"), "the log accuses a court:\n{log}");
    }
    drop(liar);
    network.restart(LIAR).unwrap();
    network.await_equal(&ALL).unwrap();
    record(network, "after");
    given::check(network, &files, &ALL).unwrap();
}
