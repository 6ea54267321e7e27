//! Nodes that must not start, and nodes that stop in order.
//!
//! In: configurations with a port or data folder in use, another genesis, other keys, readable keys, or
//! mistakes.
//! Out: failures that show what the program printed.
//! Always: a node that does not start says why, and disturbs no running node.
//! Not for damage that a node repairs: see the suite `recovery`.

use courtseal_api::Code;
use courtseal_tests::courts::Court;
use courtseal_tests::evidence::{Signer, statement};
use courtseal_tests::http::post;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use courtseal_tests::program::{Outcome, courtseal, kill};
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Runs a node on a court's configuration with some texts replaced; the node must stop by itself.
fn run(court: &Court, name: &str, changes: &[(&str, &str)]) -> Outcome {
    let mut text = fs::read_to_string(court.config()).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in {text}");
        text = text.replace(from, to);
    }
    // Log lines would hide the message at the end.
    text = text.replace("log = \"info\"", "log = \"error\"");
    let path = court.home.join(name);
    fs::write(&path, text).unwrap();
    courtseal(["node".as_ref(), "run".as_ref(), "--config".as_ref(), path.as_os_str()]).unwrap()
}

fn port(url: &str) -> &str {
    url.rsplit(':').next().unwrap()
}

#[test]
fn nodes_that_must_not_start() {
    let mut network = LocalNetwork::start(4).unwrap();
    let court = network.courts()[0].clone();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let rpc = port(&court.url);

    // While the court runs, a second node uses its data folder, and then its ports with another data folder.
    let second = run(&court, "second.toml", &[(rpc, &free)]);
    assert_ne!(second.code, 0);
    second.clone().complains(second.code, &["another node uses this directory"]);
    let taken = run(&court, "port.toml", &[("\"data\"", "\"data-2\"")]);
    assert_ne!(taken.code, 0);
    taken.clone().complains(taken.code, &[rpc]);
    let peers = run(&court, "peers.toml", &[("\"data\"", "\"data-3\""), (rpc, &free)]);
    assert_ne!(peers.code, 0, "the node starts although its port for courts is taken");
    peers.clone().complains(peers.code, &["/ip4/127.0.0.1/tcp/"]);
    let dir = network.dir();
    courtseal(["network", "run", dir.to_str().unwrap()]).unwrap().complains(2, &[rpc, "cannot be used"]);
    let base = ["network", "new", "unused", "--courts", "4", "--base-port", rpc];
    courtseal(base).unwrap().complains(2, &[rpc, "cannot be used"]);
    let config = court.config().into_os_string();
    let check: [&std::ffi::OsStr; 4] = ["node".as_ref(), "check".as_ref(), "--config".as_ref(), &config];
    let busy = courtseal(check).unwrap();
    assert_ne!(busy.code, 0);
    busy.clone().complains(busy.code, &["another node uses this directory"]);
    // None of these disturbed the court.
    assert_eq!(network.status(0).unwrap()["state"], "recording");
    network.stop().unwrap();
    courtseal(check).unwrap().exits(0).says(&["complete and consistent"]);

    // Another network's genesis for this data folder, another court's key, and a key that others can read.
    let other = LocalNetwork::beside(4).unwrap();
    let genesis = other.listing().genesis.to_str().unwrap().to_owned();
    let wrong = run(&court, "genesis.toml", &[("../genesis.json", &genesis)]);
    assert_ne!(wrong.code, 0);
    wrong.clone().complains(wrong.code, &["genesis"]);
    // With keys of the other network too, only the data folder is of this one.
    let key = other.courts()[0].home.join("court.key");
    let data = run(&court, "data.toml", &[("../genesis.json", &genesis), ("\"court.key\"", &format!("{key:?}"))]);
    assert_ne!(data.code, 0);
    data.clone().complains(data.code, &["genesis"]);
    // S14: another court's keys for this data folder.
    let key = network.courts()[1].home.join("court.key");
    let owner = run(&court, "owner.toml", &[("\"court.key\"", &format!("{key:?}"))]);
    owner.exits(1).says(&["data of another court", &court.name, "correct `data` or `key`"]);
    let member = run(&court, "member.toml", &[("\"court.key\"", &format!("{:?}", network.notary()))]);
    member.complains(2, &["member notary-1"]);
    fs::set_permissions(court.home.join("court.key"), Permissions::from_mode(0o644)).unwrap();
    run(&court, "readable.toml", &[]).complains(2, &["by others than its owner", "chmod 600"]);
    let readable = courtseal(["network", "run", dir.to_str().unwrap()]).unwrap();
    assert_ne!(readable.code, 0, "the network runs although a court does not start: {readable:?}");
    fs::set_permissions(court.home.join("court.key"), Permissions::from_mode(0o600)).unwrap();

    // Configurations with mistakes.
    run(&court, "unknown.toml", &[("log =", "quorum = 1\nlog =")]).exits(2).says(&["quorum"]);
    run(&court, "no-genesis.toml", &[("../genesis.json", "nowhere.json")])
        .exits(1)
        .says(&["cannot read the genesis", "nowhere.json"]);
    run(&court, "log.toml", &[("\"info\"", "\"[=\"")]).exits(1).says(&["log filter"]);
    let missing = courtseal(["node", "run", "--config", "/nonexistent/node.toml"]).unwrap();
    missing.complains(2, &["cannot read the configuration"]);
    let nothing = courtseal(["network", "run", "/nonexistent"]).unwrap();
    nothing.complains(2, &["is no network's folder"]);
}

#[test]
fn damaged_data_are_refused() {
    let mut network = LocalNetwork::start(1).unwrap();
    let desk = network.desk().unwrap();
    network.notarize(&[&crate::file(&desk, "a", "a")]).unwrap().exits(0);
    network.stop().unwrap();
    let court = network.courts()[0].clone();
    // The newest records of the ledger are in RocksDB's own log. One byte in the middle of it is changed.
    let ledger = court.home.join("data").join("ledger").join("rocksdb");
    let newest = newest_log(&ledger);
    let mut bytes = fs::read(&newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fs::write(&newest, bytes).unwrap();
    let outcome = run(&court, "damaged.toml", &[]);
    assert_ne!(outcome.code, 0, "S5 to S7: {outcome:?}");
    outcome.clone().complains(outcome.code, &["ledger"]);
    // S14: without a ledger this court would begin a second log.
    fs::remove_dir_all(court.home.join("data").join("ledger")).unwrap();
    run(&court, "missing.toml", &[]).exits(1).says(&["no other court has the log", "restore a backup"]);
    assert!(!court.home.join("data").join("ledger").exists());
}

fn newest_log(folder: &Path) -> std::path::PathBuf {
    let logs = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let logs =
        logs.filter(|path| path.extension().is_some_and(|ending| ending == "log") && fs::metadata(path).unwrap().len() > 0);
    logs.max().unwrap_or_else(|| panic!("no log of RocksDB in {}", folder.display()))
}

#[test]
fn stopping_is_orderly() {
    let mut network = LocalNetwork::start(4).unwrap();
    let pid = network.pid(1).unwrap();
    kill(pid, "-TERM").unwrap();
    let dir = network.dir();
    await_state("network.json forgets a stopped court", || {
        courtseal_tests::courts::read(&dir).ok()?.courts[1].pid.is_none().then_some(())
    })
    .unwrap();
    let log = fs::read_to_string(network.courts()[1].log()).unwrap();
    assert!(log.lines().last().unwrap().contains("stopped"), "{log}");
    network.stop().unwrap();
    network.run().unwrap();
    network.await_equal(&[0, 1, 2, 3]).unwrap();
}

/// A client that waits for a record is told that the node stops; its request is kept until the courts record
/// it.
#[test]
fn r1_who_waits_while_a_node_stops_is_answered() {
    let mut network = LocalNetwork::start(4).unwrap();
    let signer = Signer::read(&network.notary()).unwrap();
    [2, 3].into_iter().for_each(|at| network.kill(at).unwrap());
    let request = signer.sign(vec![statement(b"waits")]).unwrap().to_text();
    let url = network.urls()[0].clone();
    let ask = std::thread::spawn(move || post(&url, "/v1/transactions?wait_ms=60000", request.as_bytes()));
    await_state("it waits", || (network.status(0)?["pending"] == 1).then_some(())).unwrap();
    kill(network.pid(0).unwrap(), "-TERM").unwrap();
    let answer = ask.join().unwrap().unwrap();
    assert_eq!((answer.status, answer.code()), (503, Some(Code::Stopping)), "{answer:?}");
}
