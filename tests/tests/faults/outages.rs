//! Courts that are down: one, two, all at once, and one for a long time.
//!
//! In: networks of four courts.
//! Out: failures that show a court's status.
//! Always: with one court down, the network records. With two down, it stops with a clear message and
//! continues by itself. With all down at once, nothing given out is lost.
//! Not for kills at random moments: see `tests/tests/faults/kills.rs`.

use courtseal_api::status::State;
use courtseal_tests::load::{self, Load};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use courtseal_tests::{given, http};
use std::fs;
use std::path::{Path, PathBuf};

const ALL: [usize; 4] = [0, 1, 2, 3];

fn file(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, name).unwrap();
    path
}

#[test]
fn one_court_down() {
    let mut network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap().join("files");
    fs::create_dir(&desk).unwrap();
    // Each court is down in turn, so that the next proposer is among them.
    for away in ALL {
        network.kill(away).unwrap();
        for number in 0..3 {
            network.notarize(&[&file(&desk, &format!("{away}-{number}"))]).unwrap().exits(0);
        }
        let up: Vec<usize> = ALL.into_iter().filter(|at| *at != away).collect();
        network.await_equal(&up).unwrap();
        let status = network.status(up[0]).unwrap();
        assert_eq!(status["state"], "recording", "three of four courts do not record");
        // The court catches up by itself.
        network.restart(away).unwrap();
        network.await_equal(&ALL).unwrap();
    }
    assert_eq!(given::check(&network, &desk, &ALL).unwrap(), 12);
}

#[test]
fn two_courts_down() {
    let mut network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    network.notarize(&[&file(&desk, "before")]).unwrap().exits(0);
    network.kill(1).unwrap();
    network.kill(2).unwrap();
    let path = file(&desk, "during");
    let stopped =
        network.notarize(&[&path]).unwrap().complains(3, &["no quorum", "2 of 4 courts", "3 needed", "Nothing is lost"]);
    assert!(stopped.stderr.contains("during.pending"), "{stopped:?}");
    let journal = fs::read(desk.join("during.pending")).unwrap();
    await_state("a court says that there is no quorum", || {
        (network.status(0)?["state"] == State::NoQuorum.as_str()).then_some(())
    })
    .unwrap();
    assert_eq!(http::get(&network.urls()[0], "/v1/health").unwrap().status, 503, "R10");
    // R27: the node is live, and not ready, because it can record nothing.
    let (live, ready) = (http::get(&network.urls()[0], "/v1/live").unwrap(), http::get(&network.urls()[0], "/v1/ready").unwrap());
    assert_eq!((live.status, &live.json()["live"]), (200, &true.into()), "{live:?}");
    assert_eq!(
        (ready.status, &ready.json()["state"], &ready.json()["ready"]),
        (503, &State::NoQuorum.as_str().into(), &false.into()),
        "{ready:?}"
    );
    assert!(ready.json()["reason"].as_str().is_some_and(|reason| reason.contains("courts answer")), "{ready:?}");
    // Reads still work.
    network.log_check(0).unwrap();
    // The command is repeated while the courts are down; the same request is kept.
    network.notarize(&["--timeout".as_ref(), "2".as_ref(), path.as_os_str()]).unwrap().complains(3, &["no quorum"]);
    assert_eq!(fs::read(desk.join("during.pending")).unwrap(), journal);
    // One court is back: the pending transaction is recorded without another request by the client.
    network.restart(1).unwrap();
    await_state("the network continues by itself", || (http::stated(&network.urls()[0]).ok()?.len() == 2).then_some(())).unwrap();
    network.notarize(&[&path]).unwrap().exits(0).says(&["recorded as entry 5"]);
    assert!(!desk.join("during.pending").exists());
    let (_, entry) = given::entry(&desk.join("during.tlog-proof")).unwrap();
    let transaction = entry.split("\"transaction\":\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(String::from_utf8_lossy(&journal).contains("envelope") && transaction.starts_with("sha256:"));
    network.restart(2).unwrap();
    network.await_equal(&ALL).unwrap();
    assert_eq!(http::stated(&network.urls()[0]).unwrap().len(), 2, "the log does not have each record once");
    assert_eq!(given::check(&network, &desk, &ALL).unwrap(), 2);
}

#[test]
fn a_court_that_was_away_for_long() {
    let mut network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    network.kill(3).unwrap();
    for number in 0..40 {
        network.notarize(&[&file(&desk, &number.to_string())]).unwrap().exits(0);
    }
    let folder = desk.join("folder");
    courtseal_tests::evidence::folder(&folder, 1200, 500).unwrap();
    network.notarize(&[&folder]).unwrap().exits(0);
    network.restart(3).unwrap();
    // The court catches up without a further transaction.
    network.await_equal(&ALL).unwrap();
    assert_eq!(http::stated(&network.urls()[3]).unwrap().len(), 1240);
    // The court votes again: with another court away, the quorum needs it.
    network.kill(0).unwrap();
    network.notarize(&[&file(&desk, "with the one that was away")]).unwrap().exits(0);
    network.restart(0).unwrap();
    network.await_equal(&ALL).unwrap();
    assert_eq!(given::check(&network, &desk, &ALL).unwrap(), 1241);
}

#[test]
fn all_courts_killed_at_once_under_load() {
    let mut network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    for wave in 1..=2 {
        let folder = desk.join(format!("wave-{wave}"));
        let load = Load::start(&network, &folder, 4).unwrap();
        await_state("load is recorded", || (load.recorded() >= 20).then_some(())).unwrap();
        for at in ALL {
            network.kill(at).unwrap();
        }
        let given_out = load.stop().unwrap();
        for at in ALL {
            network.launch(at).unwrap();
        }
        for at in ALL {
            network.await_ready(at).unwrap();
        }
        await_state("the courts record again", || (network.status(0)?["state"] == "recording").then_some(())).unwrap();
        network.await_equal(&ALL).unwrap();
        assert!(given::check(&network, &folder, &ALL).unwrap() >= given_out);
        load::finish_all(&network, &folder).unwrap();
        network.await_equal(&ALL).unwrap();
    }
    assert!(given::check(&network, &desk, &ALL).unwrap() >= 40);
}
