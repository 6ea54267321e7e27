//! Courts that are on another network by mistake: another genesis (C23), other keys, addresses that cannot be
//! dialled (N1).
//!
//! In: configurations with one of these mistakes.
//! Out: failures that show statuses and logs.
//! Always: the mistake is named in the status and in one line of the log. The courts on the right network
//! record.
//! Not for attackers with a court's key: see the suite `byzantine`.

use courtseal_proof::genesis::Genesis;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use courtseal_tests::program::courtseal;
use serde_json::Value;
use std::fs;
use std::time::{Duration, Instant};

/// Long enough for dozens of connections if their number were not limited.
const STORM: Duration = Duration::from_secs(12);

fn genesis(network: &LocalNetwork) -> Genesis {
    Genesis::from_text(&fs::read(&network.listing().genesis).unwrap()).unwrap()
}

/// Waits for a field of one court in another court's status, and returns it.
fn await_field(network: &LocalNetwork, at: usize, court: usize, field: &str) -> Value {
    await_state(&format!("court {at} reports {field} of court {court}"), || {
        let status = network.status(at)?;
        Some(status["courts"][court][field].clone()).filter(|value| !value.is_null())
    })
    .unwrap()
}

#[test]
fn c23_a_court_with_another_genesis_is_named_and_left_alone() {
    let mut network = LocalNetwork::create(4).unwrap();
    let (ours, mut other) = (genesis(&network), genesis(&network));
    other.time.0 += 1;
    let court = network.courts()[3].clone();
    let (config, key) = (fs::read_to_string(court.config()).unwrap(), fs::read_to_string(court.home.join("court.key")).unwrap());
    fs::write(court.home.join("other.json"), other.to_text()).unwrap();
    fs::write(court.config(), config.replace("../genesis.json", "other.json")).unwrap();
    fs::write(court.home.join("court.key"), key.replace(&ours.origin().to_string(), &other.origin().to_string())).unwrap();
    let first = network.courts()[0].clone();
    let loud = fs::read_to_string(first.config()).unwrap().replace("\"info\"", "\"info,courtseal_node=debug\"");
    fs::write(first.config(), loud).unwrap();
    (0..4).for_each(|at| network.launch(at).unwrap());
    (0..4).for_each(|at| network.await_ready(at).unwrap());
    network.await_recording(&[0, 1, 2]).unwrap();
    assert_eq!(await_field(&network, 0, 3, "other_genesis"), other.digest().tagged());
    assert_eq!(await_field(&network, 3, 0, "other_genesis"), ours.digest().tagged());
    let names: Vec<&str> = network.courts()[..3].iter().map(|court| court.name.as_str()).collect();
    let reason = format!("1 of 4 courts answer, 3 needed; with another genesis: {}", names.join(", "));
    await_state("the court reports why it records nothing", || (network.status(3)?["reason"] == reason).then_some(())).unwrap();
    let said = courtseal(["status", "--node", &first.url]).unwrap().exits(0);
    said.says(&[&format!("it has another genesis, {}", other.digest().tagged())]);
    // The three courts record, connections are few, and one line names the mistake.
    let (began, file) = (Instant::now(), network.desk().unwrap().join("file"));
    fs::write(&file, "file").unwrap();
    network.notarize_at(&network.urls()[..3], &[&file]).unwrap().exits(0);
    await_state("some time has passed", || (began.elapsed() > STORM).then_some(())).unwrap();
    let log = first.said();
    let lines = |level: &str, words: &str| {
        let about = log.lines().filter(|line| line.contains(&format!("court={}", court.name)) && line.contains(words));
        about.filter(|line| line.contains(level)).count()
    };
    assert_eq!((lines(" WARN ", "another genesis"), lines(" WARN ", "")), (1, 1), "{log}");
    assert!(lines(" INFO ", "") <= 2, "{log}");
    let connections = lines("", " connected");
    assert!((1..=3).contains(&connections), "{connections} connections in {:?}:\n{log}", began.elapsed());
    // With the right files, the court joins the others.
    network.kill(3).unwrap();
    fs::write(court.config(), config).unwrap();
    fs::write(court.home.join("court.key"), key).unwrap();
    fs::remove_dir_all(court.home.join("data")).unwrap();
    network.restart(3).unwrap();
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    let status = network.status(0).unwrap();
    assert!(status["courts"][3]["other_genesis"].is_null() && status["courts"][3]["connected"] == true, "{status}");
}

#[test]
fn n1_another_identity_at_a_courts_address_is_named() {
    let mut network = LocalNetwork::create(4).unwrap();
    let address = genesis(&network).courts[3].address.clone();
    let rpc = network.courts()[3].url.trim_start_matches("http://").to_owned();
    // A network with other keys runs at the fourth court's address.
    let mut other = LocalNetwork::beside(1).unwrap();
    other.relocate(|_| address.clone(), |_| rpc.clone()).unwrap();
    other.restart(0).unwrap();
    (0..3).for_each(|at| network.launch(at).unwrap());
    (0..3).for_each(|at| network.await_ready(at).unwrap());
    network.await_recording(&[0, 1, 2]).unwrap();
    assert_eq!(await_field(&network, 0, 3, "other_identity"), true);
    let court = &network.courts()[3];
    courtseal(["status", "--node", &network.courts()[0].url])
        .unwrap()
        .exits(0)
        .says(&["another identity answers at its address"]);
    let log = network.courts()[0].said();
    let about = log.lines().filter(|line| line.contains(&format!("court={}", court.name))).collect::<Vec<_>>();
    assert!(about.len() == 1 && about[0].contains("another identity"), "{about:?}");
    drop(other);
}

#[test]
fn n1_addresses_that_nobody_can_dial_are_refused_before_anything_is_made() {
    let mut network = LocalNetwork::create(4).unwrap();
    let rpc: Vec<String> = network.urls().iter().map(|url| url.trim_start_matches("http://").to_owned()).collect();
    network.relocate(|at| format!("/dns4/court-{at}.example/tcp/8610"), |at| rpc[at].clone()).unwrap();
    let court = network.courts()[0].clone();
    let data = court.home.join("data");
    let run = || {
        let _ = fs::remove_dir_all(&data);
        let outcome = courtseal(["node".as_ref(), "run".as_ref(), "--config".as_ref(), court.config().as_os_str()]).unwrap();
        assert!(!data.exists(), "the data folder was made");
        outcome
    };
    run().complains(1, &["/dns4/court-0.example/tcp/8610", &court.name, "/ip4/ADDRESS/tcp/PORT", "names are not looked up"]);
    network.relocate(|at| format!("/ip4/127.0.0.1/tcp/{}", 8_610 + at), |at| rpc[at].clone()).unwrap();
    court.configure("listen", "/dns4/court-0.example/tcp/8610").unwrap();
    run().complains(1, &["/dns4/court-0.example/tcp/8610", "not a multiaddress such as"]);
}
