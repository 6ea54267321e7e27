//! A `notarize` that is killed after its request is on disk: the same command sends the same bytes.
//!
//! In: commands that are killed, and journals that are kept, damaged or put back.
//! Out: failures that show what the program printed.
//! Always: nothing is recorded twice, and every file has a receipt in the end.
//! Not for killed courts: see the suite `faults`.

use crate::{file, with};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use courtseal_tests::{evidence, given, http};
use std::fs;

#[test]
fn killed_after_the_journal_is_written() {
    let mut network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let folder = desk.join("folder");
    evidence::folder(&folder, 50, 1000).unwrap();
    network.kill(2).unwrap();
    network.kill(3).unwrap();
    // Nothing can be recorded here, so the client waits with its request on disk, and is killed then.
    let urls = network.urls()[..2].to_vec();
    let mut client = network.notarize_command(&urls, &[&folder]).unwrap().spawn().unwrap();
    let journal = folder.join("courtseal.pending");
    await_state("the journal is written", || journal.is_file().then_some(())).unwrap();
    client.kill().unwrap();
    client.wait().unwrap();
    let kept = fs::read_to_string(&journal).unwrap();
    assert_eq!(given::receipts(&folder).unwrap().len(), 0);

    // A file that was added meanwhile is recorded too, by a request of its own.
    network.restart(2).unwrap();
    network.restart(3).unwrap();
    file(&folder, "later", "later");
    network.notarize(&[&folder]).unwrap().exits(0).says(&["51 files: 51 recorded"]);
    assert!(!journal.exists());
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    let stated = |network: &LocalNetwork| http::stated(&network.urls()[0]).unwrap().len();
    assert_eq!(stated(&network), 51, "the log does not have each record once");
    assert_eq!(given::check(&network, &folder, &[0, 1, 2, 3]).unwrap(), 51);
    let transactions = transactions(&network.urls()[0]);
    assert_eq!(transactions.len(), 2);
    // A crash may bring back a journal: sending the same bytes again changes nothing.
    fs::write(&journal, &kept).unwrap();
    network.notarize(&[&folder]).unwrap().exits(0);
    assert!(!journal.exists());
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    assert_eq!(stated(&network), 51);
    // A damaged journal is named and skipped; the other files are recorded, by a new request.
    fs::write(&journal, &kept[..kept.len() / 2]).unwrap();
    file(&folder, "last", "last");
    let outcome = network.notarize(&[&folder]).unwrap().exits(0);
    assert!(outcome.stderr.contains("courtseal.pending is damaged") && outcome.stderr.contains("passed over"), "{outcome:?}");
    assert!(journal.is_file() && with(&folder.join("last"), ".tlog-proof").exists());
}

#[test]
fn a_request_that_waits_is_found_however_the_file_is_named() {
    let mut network = LocalNetwork::start(4).unwrap();
    let folder = network.desk().unwrap().join("folder");
    fs::create_dir(&folder).unwrap();
    let one = file(&folder, "one", "one");
    let mut wait_for = |named: &std::path::Path, then: &std::path::Path| {
        (2..4).for_each(|court| network.kill(court).unwrap());
        let urls = network.urls()[..2].to_vec();
        let mut client = network.notarize_command(&urls, &[named]).unwrap().spawn().unwrap();
        let journal = if named.is_dir() { named.join("courtseal.pending") } else { with(named, ".pending") };
        await_state("the journal is written", || journal.is_file().then_some(())).unwrap();
        client.kill().unwrap();
        client.wait().unwrap();
        (2..4).for_each(|court| network.restart(court).unwrap());
        network.notarize(&[then]).unwrap().exits(0);
        assert!(!journal.exists(), "after {}, the request of {} is still there", then.display(), named.display());
        network.await_equal(&[0, 1, 2, 3]).unwrap();
        http::stated(&network.urls()[0]).unwrap().len()
    };
    assert_eq!(wait_for(&one, &folder), 1, "the log does not have each record once");
    let (two, _) = (file(&folder, "two", "two"), file(&folder, "three", "three"));
    assert_eq!(wait_for(&folder, &two), 3);
    network.notarize(&[&folder]).unwrap().exits(0).says(&["nothing to do"]);
}

#[test]
fn a_public_request_does_not_go_out_under_confidential() {
    let network = LocalNetwork::start(1).unwrap();
    let path = file(&network.desk().unwrap(), "one", "one");
    let nobody = ["http://127.0.0.1:1".to_owned()];
    let policy = network.policy().to_str().unwrap();
    network.notarize_at(&nobody, &["--policy", policy, path.to_str().unwrap()]).unwrap().exits(3);
    let hidden = ["--confidential", path.to_str().unwrap()];
    network.notarize(&hidden).unwrap().complains(2, &["one.pending", "another mode", "--forget"]);
    assert_eq!(network.await_equal(&[0]).unwrap(), 3, "a request was sent");
    network.notarize(&["--forget", hidden[0], hidden[1]]).unwrap().exits(0);
    assert!(!http::stated(&network.urls()[0]).unwrap()[0].contains("digests"));
}

#[test]
fn killed_at_any_moment() {
    let network = LocalNetwork::start(4).unwrap();
    let folder = network.desk().unwrap().join("folder");
    let files = 200;
    evidence::folder(&folder, files, 2000).unwrap();
    // The command is killed as soon as a further receipt exists, twice; then it may finish.
    for _ in 0..2 {
        let before = given::receipts(&folder).unwrap().len();
        let mut client = network.notarize_command(&network.urls(), &[&folder]).unwrap().spawn().unwrap();
        await_state("a further receipt", || {
            let more = given::receipts(&folder).is_ok_and(|found| found.len() > before);
            (more || client.try_wait().ok().flatten().is_some()).then_some(())
        })
        .unwrap();
        client.kill().ok();
        client.wait().unwrap();
    }
    network.notarize(&[&folder]).unwrap().exits(0);
    assert_eq!(given::check(&network, &folder, &[0, 1, 2, 3]).unwrap(), files);
    assert_eq!(http::stated(&network.urls()[0]).unwrap().len(), files, "the log does not have each record once");
    network.notarize(&[&folder]).unwrap().exits(0).says(&["nothing to do"]);
    // A file that a killed command left half written is never taken for a receipt, and later commands ignore
    // it.
    assert_eq!(transactions(&network.urls()[0]).len(), 1);
}

/// Returns the transactions in a node's log.
fn transactions(url: &str) -> std::collections::BTreeSet<String> {
    let log = http::whole_log(url).unwrap();
    log.iter().filter_map(|entry| Some(entry.split("\"transaction\":\"").nth(1)?.split('"').next()?.to_owned())).collect()
}
