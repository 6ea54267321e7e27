//! Faults that need root or Debian packages: networks that lose packets, slow and cut connections, disks that are full or fail, false clocks, and crashes at every
//! durable step.
//!
//! In: `make test-faults`, which gives these tests a network and mounts of their own. Out: failures; figures, printed. Always: ignored by an ordinary `cargo test`; a
//! missing tool or right fails the test that needs it; no speed is judged. Not for what needs neither: see `tests/tests/faults`.

mod apart;
mod clock_and_liar;
mod clocks;
mod connections;
mod crash_points;
mod disks;
mod partitions;

use courtseal_tests::load::{self, Load};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use courtseal_tests::{given, guards};
use std::path::{Path, PathBuf};

/// The four courts of most tests.
const ALL: [usize; 4] = [0, 1, 2, 3];

/// A new file to notarize.
fn file(folder: &Path, name: &str) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, name).unwrap();
    path
}

/// Waits until so many more receipts were given out.
fn await_receipts(load: &Load, more: usize) {
    let until = load.recorded() + more;
    await_state("load is recorded", || (load.recorded() >= until).then_some(())).unwrap();
}

/// What must hold after every fault, when it is over: each receipt given out is valid and its entry in every court's log, whatever still waits gets a receipt, all courts
/// have one root, and nobody signed a step twice. Stops the network; how many receipts there are.
fn all_is_well(network: &mut LocalNetwork, folder: &Path, given_out: usize) -> usize {
    let all: Vec<usize> = (0..network.courts().len()).collect();
    network.await_equal(&all).unwrap();
    assert!(given::check(network, folder, &all).unwrap() >= given_out);
    load::finish_all(network, folder).unwrap();
    let receipts = given::check(network, folder, &all).unwrap();
    network.stop().unwrap();
    guards::check(network.courts()).unwrap();
    receipts
}
