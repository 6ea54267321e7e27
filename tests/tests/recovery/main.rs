//! Recovery without an operator: damage, loss, old disks, backups, courts that are far behind.
//!
//! In: real networks whose files are damaged, removed, put back or restored while a node is stopped.
//! Out: failures that name the file.
//! Always: the court agrees with the others again, and needs nothing but a start. Every answer it gives is
//! that of the others, and no court has signed two things for one step.
//! Not for faults that only a simulator can make: see `consensus/tests`.

mod backups;
mod behind;
mod damage;
mod history;
mod layout;
mod liars;

use courtseal_tests::network::LocalNetwork;
use std::fs;
use std::path::{Path, PathBuf};

/// The courts of the networks in this suite.
const ALL: [usize; 4] = [0, 1, 2, 3];

/// The data folder of a court.
fn data(network: &LocalNetwork, at: usize) -> PathBuf {
    network.courts()[at].home.join("data")
}

/// Copies a folder with everything in it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Records one small file through all nodes.
fn record(network: &LocalNetwork, name: &str) {
    let folder = network.desk().unwrap().join("files");
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, name).unwrap();
    network.notarize(&[&path]).unwrap().exits(0);
}

/// What a court's node has printed so far.
fn log(network: &LocalNetwork, at: usize) -> String {
    fs::read_to_string(network.courts()[at].log()).unwrap_or_default()
}

/// Checks that no court saw another one sign two things for one step, and that no two logs differ.
fn no_two_votes(network: &LocalNetwork) {
    for at in ALL {
        let log = log(network, at);
        for words in ["two different things", "the logs have split", "two blocks at one height"] {
            assert!(!log.contains(words), "{words:?} in the log of court {at}:\n{log}");
        }
    }
}
