//! A cloned court: its folder is copied, and both nodes run with one key.
//!
//! In: a network of four courts, one of them cloned.
//! Out: failures; the number of recorded equivocations.
//! Always: the other courts continue, the logs do not split, and everything given out stays valid.
//! Not for proof that an equivocation is recorded: `node/tests/equivocation.rs` forces one.
//!
//! Whether two such nodes contradict each other is chance: the others show each node what the other one has
//! signed, and then the node observes (C13). So this test only counts the recorded equivocations.

use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::{await_state, first_line, free_base, stop_child};
use courtseal_tests::program::{self, DEFECTS, courtseal};
use courtseal_tests::{given, http};
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const CLONED: usize = 3;
const OTHERS: [usize; 3] = [0, 1, 2];
const ALL: [usize; 4] = [0, 1, 2, 3];

/// Copies a stopped court's folder, gives the copy ports of its own, and returns the copy's URL.
fn copy(from: &Path, to: &Path) -> String {
    assert!(Command::new("cp").arg("-r").arg(from).arg(to).status().unwrap().success());
    let base = free_base(2).unwrap();
    let config = fs::read_to_string(to.join("node.toml")).unwrap();
    let own: Vec<&str> = config.lines().filter(|line| !line.starts_with("rpc") && !line.starts_with("listen")).collect();
    let ports = format!("rpc = \"127.0.0.1:{base}\"\nlisten = \"/ip4/127.0.0.1/tcp/{}\"\n", base + 1);
    fs::write(to.join("node.toml"), format!("{}\n{ports}", own.join("\n"))).unwrap();
    format!("http://127.0.0.1:{base}")
}

fn start(home: &Path) -> Child {
    let mut command = program::command().unwrap();
    command.args(["node", "run", "--until-stdin-closes", "--config"]).arg(home.join("node.toml"));
    let log = File::create(home.join("node.log")).unwrap();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    assert!(first_line(&mut child).unwrap().starts_with("ready "), "{}", fs::read_to_string(home.join("node.log")).unwrap());
    child
}

#[test]
fn a_cloned_court_splits_nothing() {
    let mut network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let notarize = |network: &LocalNetwork, name: &str| {
        let path = desk.join(name);
        fs::write(&path, name).unwrap();
        // Only the courts with one node are asked, because a client of a clone may wait for ever.
        network.notarize_at(&network.urls()[..3], &[&path]).unwrap().exits(0);
    };
    notarize(&network, "before");
    network.await_equal(&ALL).unwrap();
    network.kill(CLONED).unwrap();
    let home = network.dir().join("clone");
    let url = copy(&network.courts()[CLONED].home, &home);
    let clone = start(&home);
    network.restart(CLONED).unwrap();
    // Both nodes run under one identity: the one that connected last holds the streams.
    let said = || fs::read_to_string(home.join("node.log")).ok();
    await_state("the clone reaches a court", || said()?.contains(" connected court=").then_some(())).unwrap();
    for number in 0..10 {
        notarize(&network, &format!("both-{number}"));
    }
    network.await_equal(&OTHERS).unwrap();
    let entries = courtseal(["log", "show", "--limit", "100", "--node", &network.urls()[0]]).unwrap().exits(0);
    let stated = entries.stdout.lines().filter(|line| line.contains("equivocation of")).count();
    println!("{stated} equivocations of the cloned court are recorded");
    let twice = "two nodes seem to run with its keys";
    let named = || OTHERS.iter().find(|at| network.courts()[**at].said().contains(twice));
    let named = *await_state("another court reports that one runs twice", named).unwrap();
    let status = courtseal(["status", "--node", &network.urls()[named]]).unwrap().exits(0).stdout;
    let lines: Vec<&str> = status.lines().filter(|line| line.contains(twice)).collect();
    assert!(matches!(lines[..], [line] if line.contains(&network.courts()[CLONED].name)), "{status}");
    let height = |url: &str| http::get(url, "/v1/status").ok().map(|answer| answer.json()["height"].clone());
    assert!(height(&url).is_some(), "the clone does not answer");

    // The clone ends, and the court continues alone.
    stop_child(clone).unwrap();
    notarize(&network, "after");
    await_state("the court catches up", || (height(&network.urls()[CLONED]) == height(&network.urls()[0])).then_some(()))
        .unwrap();
    network.await_equal(&ALL).unwrap();
    assert_eq!(given::check(&network, &desk, &ALL).unwrap(), 12);
    let log = said().unwrap();
    assert!(DEFECTS.iter().all(|defect| !log.contains(defect)), "{log}");
}
