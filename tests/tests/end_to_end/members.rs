//! Roles of members: courts, clerks and notaries may state evidence; lawyers and auditors may not (L6).
//!
//! In: networks with members of every role, and one with a heartbeat of one second.
//! Out: failures that show the entry or the answer.
//! Always: a rejected statement is recorded as a rejection that anyone can check.
//! Not for other rules of evidence: those are tested beside the code.
//!
//! This file also tests how a network with a short heartbeat cosigns again (N6).

use crate::{file, with};
use courtseal_proof::genesis::Role;
use courtseal_proof::log::checkpoint::CosignedCheckpoint;
use courtseal_proof::statement::Evidence;
use courtseal_tests::evidence::{self, Signer};
use courtseal_tests::members::rewrite;
use courtseal_tests::network::{LocalNetwork, notarize_command};
use courtseal_tests::processes::await_state;
use courtseal_tests::program::finish;
use courtseal_tests::{given, http};

#[test]
fn roles() {
    let mut network = LocalNetwork::create(4).unwrap();
    let added = [("judge-1", Role::Court), ("auditor-1", Role::Auditor), ("lawyer-1", Role::Lawyer)];
    let keys = rewrite(network.listing(), &added, 60_000).unwrap();
    network.run().unwrap();
    let desk = network.desk().unwrap();
    let clerk = network.listing().keys["clerk-1"].clone();
    for (key, name) in [(&clerk, "by-clerk"), (&network.notary(), "by-notary"), (&keys[0], "by-court")] {
        let path = file(&desk, name, name);
        finish(notarize_command(&network.urls(), key, &[&path]).unwrap()).unwrap().exits(0);
        network.verify(&[&path]).unwrap().exits(0);
    }
    for (key, name) in [(&keys[1], "by-auditor"), (&keys[2], "by-lawyer")] {
        let path = file(&desk, name, name);
        let outcome = finish(notarize_command(&network.urls(), key, &[&path]).unwrap()).unwrap().exits(5);
        assert!(outcome.stderr.contains("refused: "), "{outcome:?}");
        let (refusal, receipt) = (with(&path, ".refusal.tlog-proof"), with(&path, ".tlog-proof"));
        assert!(!receipt.exists() && !with(&path, ".pending").exists() && refusal.is_file());
        let (_, entry) = given::entry(&refusal).unwrap();
        assert!(entry.contains("\"kind\":\"rejection\"") && entry.contains("\"rule\":\"role\""), "L6: {entry}");
        // A rejection proves itself, and never that the file was recorded.
        network
            .verify(&["--receipt".as_ref(), refusal.as_os_str(), path.as_os_str()])
            .unwrap()
            .exits(1)
            .says(&["INVALID", "check 8 of 8"]);
    }
    assert_eq!(network.await_equal(&[0, 1, 2, 3]).unwrap(), 3 + 5 * 2);
    // L8: a rejected statement registers nothing.
    let path = file(&desk, "again", "by-auditor");
    let told = network.notarize(&["--json".as_ref(), path.as_os_str()]).unwrap().exits(0).json();
    assert_eq!(told["groups"][0]["files"][0]["first"], true, "{told}");
}

#[test]
fn an_asserted_time_in_the_future_is_refused() {
    let network = LocalNetwork::start(4).unwrap();
    let path = file(&network.desk().unwrap(), "prophecy", "prophecy");
    // The program reports this before it sends anything; the courts reject it from any client.
    let outcome = network.notarize(&["--asserted-at", "2999-01-01T00:00:00Z", path.to_str().unwrap()]).unwrap();
    outcome.complains(2, &["later than now"]);
    let signer = Signer::read(&network.notary()).unwrap();
    let asserted_at = Some(evidence::now().unwrap().plus_ms(1_000_000_000));
    let transaction = signer
        .sign(vec![Evidence { asserted_at, ..evidence::statement(b"prophecy").as_evidence().unwrap().clone() }.into()])
        .unwrap();
    let answer = http::post(&network.urls()[1], "/v1/transactions?wait_ms=30000", transaction.to_text().as_bytes()).unwrap();
    assert_eq!(answer.json()["entries"][0]["kind"], "rejection", "{answer:?}");
    assert!(http::stated(&network.urls()[1]).unwrap()[0].contains("asserted-in-future"), "L7");
}

/// Returns the newest checkpoint's size and quorum time, which is the oldest time among its cosignatures.
fn checkpoint(network: &LocalNetwork) -> Option<(u64, u64)> {
    let cosigned = CosignedCheckpoint::parse(&http::get(&network.urls()[0], "/v1/checkpoint").ok()?.body).ok()?;
    let times = cosigned.cosignatures.iter().map(|line| line.as_cosignature().unwrap().0);
    Some((cosigned.checkpoint.size, times.min()?))
}

#[test]
fn n6_a_heartbeat_adds_a_block_with_one_entry_and_a_checkpoint() {
    let mut network = LocalNetwork::create(4).unwrap();
    rewrite(network.listing(), &[], 1_000).unwrap();
    network.run().unwrap();
    let path = file(&network.desk().unwrap(), "one", "one");
    network.notarize(&[&path]).unwrap().exits(0);
    let told = || network.status(0).map(|status| (status["height"].as_u64().unwrap(), status["size"].as_u64().unwrap()));
    let (height, size) = told().unwrap();
    let first = checkpoint(&network).unwrap();
    let later = await_state("two heartbeats", || told().filter(|later| later.0 >= height + 2)).unwrap();
    assert_eq!(later.1 - size, later.0 - height, "each empty block has one entry");
    // The checkpoint shows that the network is live, and its times never decrease.
    let mut newest = first;
    await_state("three newer checkpoints", || {
        let next = checkpoint(&network)?;
        assert!(next.0 >= newest.0 && next.1 >= newest.1, "{next:?} after {newest:?}");
        newest = next;
        (newest.0 >= first.0 + 3).then_some(())
    })
    .unwrap();
    network.verify(&[&path]).unwrap().exits(0);
    // A receipt that is given out later has the newer cosignatures, and is as valid.
    let later = with(&path, ".later");
    std::fs::write(&later, http::get(&network.urls()[0], "/v1/receipts/3").unwrap().body).unwrap();
    assert_ne!(std::fs::read(&later).unwrap(), std::fs::read(with(&path, ".tlog-proof")).unwrap());
    network.verify(&["--receipt".as_ref(), later.as_os_str(), path.as_os_str()]).unwrap().exits(0);
}
