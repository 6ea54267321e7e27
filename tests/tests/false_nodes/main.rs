//! Nodes that lie to clients: the test plays one of the nodes that a client was given, and each file holds
//! one kind of lie.
//!
//! In: a network of honest courts, a false node in front of one of them ([`courtseal_tests::false_node`]),
//! and the program.
//! Out: failures that name the lie.
//! Always: each test observes that the lie was told and how the program reacted. The program finds the truth
//! if an honest node is named too, and never believes a lie.
//! Not for courts that lie to courts: see the suite `byzantine`.

mod entries;
mod forks;
mod genesis;
mod look_ups;
mod old_log;
mod pending;
mod receipts;
mod refusals;
mod silence;
mod words;

use courtseal_tests::false_node::{Asked, FalseNode, Said};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::program::Outcome;
use std::path::{Path, PathBuf};

/// Starts a network of four courts; returns a folder for files too.
fn start() -> (LocalNetwork, PathBuf) {
    let network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    (network, desk)
}

/// Starts a false node in front of the first court.
fn liar(network: &LocalNetwork, lie: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> FalseNode {
    FalseNode::before(&network.urls()[0], lie)
}

/// The URL of the false node, then those of the other courts.
fn first(liar: &FalseNode, network: &LocalNetwork) -> Vec<String> {
    [vec![liar.url.clone()], network.urls()[1..].to_vec()].concat()
}

fn file(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, name).unwrap();
    path
}

/// Notarizes a file at these nodes, under the network's policy.
fn notarize(network: &LocalNetwork, urls: &[String], more: &[&str], path: &Path) -> Outcome {
    let policy = network.policy().to_str().unwrap();
    let arguments = [&["--policy", policy], more, &[path.to_str().unwrap()]].concat();
    network.notarize_at(urls, &arguments).unwrap()
}

/// The program's files beside a file, by their endings.
fn beside(path: &Path) -> Vec<String> {
    let name = path.file_name().unwrap().to_str().unwrap().to_owned();
    let folder = std::fs::read_dir(path.parent().unwrap()).unwrap();
    let names = folder.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut endings: Vec<String> =
        names.filter_map(|other| Some(other.strip_prefix(&name)?.to_owned())).filter(|ending| !ending.is_empty()).collect();
    endings.sort();
    endings
}
