//! One file: recorded, verified offline, not recorded twice; nodes that are down, keys and policies that do not fit.

use crate::{file, with};
use courtseal_tests::network::{LocalNetwork, notarize_command};
use courtseal_tests::program::{courtseal, finish};
use courtseal_tests::python;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

#[test]
fn a_file_from_notarizing_to_verifying_offline() {
    let mut network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let lease = file(&desk, "lease.pdf", "a lease");

    let first =
        network.notarize(&[&lease]).unwrap().exits(0).says(&["recorded as entry 2", "first public record", "of 4 courts signed"]);
    assert_eq!(first.stderr, "");
    let receipt = fs::read(with(&lease, ".tlog-proof")).unwrap();

    // Again: nothing to do, nothing sent.
    network.notarize(&[&lease]).unwrap().exits(0).says(&["has a valid receipt already, entry 2", "nothing to do"]);
    assert_eq!(network.await_equal(&[0, 1, 2, 3]).unwrap(), 3);
    assert_eq!(fs::read(with(&lease, ".tlog-proof")).unwrap(), receipt);

    // The same contents elsewhere are recorded, and not as the first.
    let copy = file(&desk, "copy.pdf", "a lease");
    let second = network.notarize(&["--json".as_ref(), copy.as_os_str()]).unwrap().exits(0).json();
    assert_eq!((&second["groups"][0]["seen_before"], &second["groups"][0]["first"]), (&1.into(), &0.into()), "{second}");

    // A changed file gets a receipt of its own; the earlier one is kept.
    fs::write(&lease, "a lease, amended").unwrap();
    network.verify(&[&lease]).unwrap().exits(1).says(&["INVALID", "check 8 of 8", "genuine: it belongs to another file"]);
    network.notarize(&[&lease]).unwrap().exits(0).says(&["recorded as entry 4", "it is kept as"]);
    assert_eq!(fs::read(with(&lease, ".1.tlog-proof")).unwrap(), receipt);

    // The submitter's word.
    let annex = file(&desk, "annex.txt", "");
    let options = ["--media-type", "text/plain", "--asserted-at", "2020-02-29T08:00:00Z"];
    network.notarize(&[&options[..], &[annex.to_str().unwrap()]].concat()).unwrap().exits(0);

    network.stop().unwrap();
    network.verify(&[&lease]).unwrap().exits(0).says(&["VALID", "notary-1, notary of court-beijing", "3 of 4 required"]);
    let told = network.verify(&["--json".as_ref(), annex.as_os_str()]).unwrap().exits(0).json();
    let entry = &told["files"][0]["entry"];
    assert_eq!((&entry["statement"]["media_type"], &entry["statement"]["size"]), (&"text/plain".into(), &0.into()), "{told}");
    assert_eq!(entry["statement"]["asserted_at"], "2020-02-29T08:00:00.000Z");
    assert_eq!(entry["statement"]["digests"].as_array().unwrap().len(), 2);
    let verdicts = python::verdicts(&[lease, copy, annex], network.policy()).unwrap();
    assert!(verdicts.iter().all(|verdict| verdict["verdict"] == "valid"), "{verdicts:?}");
    // With the network stopped, `notarize` says so, and signs nothing.
    let late = file(&desk, "late.txt", "late");
    network.notarize(&[&late]).unwrap().complains(3, &["no node answers", "connection refused"]);
    assert!(!with(&late, ".pending").exists());
}

#[test]
fn f14_sha512_is_recorded_beside_sha256_unless_the_digests_are_named() {
    let mut network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    // The larger one is read and summed by several threads.
    let (small, large) = (file(&desk, "small", "small"), file(&desk, "large", &"large ".repeat(1_000_000)));
    let less = file(&desk, "less", "less");
    network.notarize(&[&small, &large]).unwrap().exits(0);
    let named = |digests: &str| network.notarize(&["--digest".as_ref(), digests.as_ref(), less.as_os_str()]).unwrap();
    named("sha256").exits(0).says(&["recorded as entry"]);
    named("sha256").exits(0).says(&["has a valid receipt already", "nothing to do"]);
    // A receipt that says more than is asked for serves; one that says less does not.
    network.notarize(&["--digest".as_ref(), "sha256".as_ref(), small.as_os_str()]).unwrap().exits(0).says(&["nothing to do"]);
    let more = file(&desk, "more", "more");
    network.notarize(&["--digest".as_ref(), "sha256".as_ref(), more.as_os_str()]).unwrap().exits(0);
    network.notarize(&[&more]).unwrap().exits(0).says(&["recorded as entry", "of notary-1, without SHA-512, was beside it"]);
    network.stop().unwrap();
    let paths = [small, large, less];
    for (path, count) in paths.iter().zip([2, 2, 1]) {
        let told = network.verify(&["--json".as_ref(), path.as_os_str()]).unwrap().exits(0).json();
        let stated = told["files"][0]["entry"]["statement"]["digests"].as_array().unwrap();
        let names: Vec<&str> = stated.iter().map(|text| text.as_str().unwrap().split(':').next().unwrap()).collect();
        assert_eq!(names, ["sha256", "sha512"][..count], "{told}");
    }
    let verdicts = python::verdicts(&paths, network.policy()).unwrap();
    assert!(verdicts.iter().all(|verdict| verdict["verdict"] == "valid"), "{verdicts:?}");
    let mut bytes = fs::read(&paths[1]).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&paths[1], bytes).unwrap();
    network.verify(&[&paths[1]]).unwrap().exits(1).says(&["INVALID", "check 8 of 8", "sha256:"]);
}

#[test]
fn nodes_that_are_down_are_passed_over() {
    let mut network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let urls = network.urls();
    network.kill(0).unwrap();
    let one = file(&desk, "one", "1");
    network.notarize_at(&urls, &[&one]).unwrap().exits(0);
    let two = file(&desk, "two", "2");
    network.notarize_at(&urls[..1], &[&two]).unwrap().complains(3, &["no node answers", &urls[0]]);
    // A second node of the list that speaks something else, and a proxy that is none.
    let other = "http://127.0.0.1:1".to_owned();
    network.notarize_at(&[other, urls[3].clone()], &[&two]).unwrap().exits(0);
    network.notarize_at(&["ftp://x".to_owned()], &[&two]).unwrap().complains(2, &["is not a node's URL"]);
}

#[test]
fn keys_and_policies_that_do_not_fit() {
    let network = LocalNetwork::start(4).unwrap();
    let other = LocalNetwork::beside(4).unwrap();
    let desk = network.desk().unwrap();
    let path = file(&desk, "exhibit", "exhibit");
    let by = |key: &std::path::Path| finish(notarize_command(&network.urls(), key, &[&path]).unwrap()).unwrap();

    by(&other.notary()).complains(5, &["is a node of", "the key is of"]);
    // With a policy of its own network the mistake is found by the nodes.
    let policy = ["--policy".as_ref(), other.policy().as_os_str(), path.as_os_str()];
    let outcome = finish(notarize_command(&network.urls(), &other.notary(), &policy).unwrap()).unwrap();
    assert!([3, 5].contains(&outcome.code), "{outcome:?}");
    fs::remove_file(with(&path, ".pending")).ok();
    network.notarize(&policy).unwrap().complains(2, &["the policy is of", "the key of"]);

    // A key that no court has registered, and a member's name under another key.
    let genesis = network.listing().genesis.to_str().unwrap().to_owned();
    for member in ["ghost-1", "notary-1"] {
        let key = desk.join(format!("{member}.key"));
        courtseal(["key", "new", member, "--plain", "--genesis", &genesis, "--out", key.to_str().unwrap()]).unwrap().exits(0);
        let refused = by(&key).complains(5, &[member]);
        assert!(!with(&path, ".tlog-proof").exists(), "{refused:?}");
        // The request stays, since nodes that refuse it may have kept it. Another key passes it over, by name.
        let next = by(&network.listing().keys["clerk-1"]).exits(0);
        assert!(next.stderr.contains(".pending is damaged, of another version, or not made with your key"), "{next:?}");
        let waiting = |name: &str| name.starts_with("exhibit") && name.ends_with(".pending");
        for entry in fs::read_dir(&desk).unwrap().map(|entry| entry.unwrap()) {
            if waiting(entry.file_name().to_str().unwrap()) {
                fs::remove_file(entry.path()).unwrap();
            }
        }
        fs::remove_file(with(&path, ".tlog-proof")).unwrap();
    }
    let readable = desk.join("readable.key");
    fs::copy(network.notary(), &readable).unwrap();
    for mode in [0o644, 0o640, 0o620, 0o601] {
        fs::set_permissions(&readable, Permissions::from_mode(mode)).unwrap();
        by(&readable).complains(2, &["by others than its owner", "chmod 600"]);
    }
    by(&network.courts()[0].home.join("court.key")).complains(2, &["holds the keys of court-"]);
    by(&desk.join("none.key")).complains(2, &["cannot be read", "no such file"]);
    let garbage = file(&desk, "garbage.key", "{}");
    fs::set_permissions(&garbage, Permissions::from_mode(0o600)).unwrap();
    by(&garbage).complains(2, &["is not a usable key file"]);
    by(&network.notary()).exits(0);
}

#[test]
fn wrong_usage() {
    let network = LocalNetwork::create(1).unwrap();
    let desk = network.desk().unwrap();
    let path = file(&desk, "x", "x");
    let url = network.urls().remove(0);
    let key = network.notary().to_str().unwrap().to_owned();
    let x = path.to_str().unwrap();
    for wrong in [
        &["notarize", x][..],
        &["notarize", x, "--node", &url],
        &["notarize", "--node", &url, "--key", &key],
        &["notarize", x, "--node", &url, "--key", &key, "--case", "1"],
        &["notarize", x, "--node", &url, "--key", &key, "--timeout", "0"],
        &["notarize", x, "--node", &url, "--key", &key, "--digest", "md5"],
        &["notarize", x, "--node", &url, "--key", &key, "--digest", "sha512"],
        &["notarize", x, "--node", &url, "--key", &key, "--digest", "sha256", "--confidential"],
        &["notarize", x, "--node", &url, "--key", &key, "--media-type", "pdf"],
        &["notarize", x, "--node", &url, "--key", &key, "--asserted-at", "yesterday"],
        &["verify"],
        &["network", "new", "n", "--courts", "0"],
        &["network", "new", "n", "--courts", "65"],
        &["network", "new", "n", "--courts", "4", "--name", "Not A Name"],
        &["node", "run"],
        &["unknown"],
        &[],
    ] {
        let outcome = courtseal(wrong.iter().copied()).unwrap().exits(2);
        assert!(outcome.stdout.is_empty() && !outcome.stderr.is_empty(), "{wrong:?}: {outcome:?}");
    }
    let dir = network.dir();
    courtseal(["network", "new", dir.to_str().unwrap(), "--courts", "4"]).unwrap().complains(2, &["is not empty"]);
    let version = concat!("courtseal ", env!("CARGO_PKG_VERSION"), " (commit ");
    courtseal(["--version"]).unwrap().exits(0).says(&[version]);
}
