//! Faults that need root or Debian packages: lost packets, slow and reset connections, full and failing
//! disks, false clocks, and crashes at every durable step.
//!
//! In: `make test-faults`, which gives these tests a network and mounts of their own.
//! Out: failures, and printed figures.
//! Always: an ordinary `cargo test` ignores these tests. A missing tool or right fails the test that needs
//! it. Speed is judged only by ratios within one run.
//! Not for faults that need neither: see `tests/tests/faults`.

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

/// Writes a new file to notarize.
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

/// Checks what must hold after every fault. Each receipt given out is valid and its entry is in every court's
/// log. Each pending request gets a receipt. All courts have one root, and no court signed two things for one
/// step.
///
/// Stops the network, and returns the number of receipts.
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
