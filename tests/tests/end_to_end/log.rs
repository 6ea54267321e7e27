//! The log as clients see it: `log check`, `log show`, `log entry`, `status`, and the RPC (R4 to R10, R27).
//!
//! In: a network with a few entries.
//! Out: failures that show the answers.
//! Always: every court serves the same log, and it continues every earlier one.
//! Not for false logs: see the suite `false_nodes`.

use crate::{file, with};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use courtseal_tests::program::courtseal;
use courtseal_tests::{given, http};
use std::fs;

#[test]
fn every_court_has_one_log_that_continues_an_earlier_one() {
    let mut network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    network.notarize(&[&file(&desk, "a", "a")]).unwrap().exits(0);
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    let (policy, saved) = (network.policy().to_str().unwrap().to_owned(), desk.join("earlier"));
    let saved = saved.to_str().unwrap();
    let urls = network.urls();
    let check = |url: &str, more: &[&str]| {
        courtseal(["log", "check", "--node", url, "--policy", &policy].iter().chain(more).copied()).unwrap()
    };
    check(&urls[0], &["--save", saved]).exits(0).says(&["VALID", "5 entries, every one read", "recomputed and equal"]);
    network.notarize(&[&file(&desk, "b", "b"), &file(&desk, "c", "c")]).unwrap().exits(0);
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    let roots: Vec<_> = (0..4).map(|at| network.log_check(at).unwrap()).collect();
    assert!(roots.iter().all(|root| *root == roots[0] && root.0 == 8), "{roots:?}");
    for url in &urls {
        check(url, &["--from-checkpoint", saved]).exits(0).says(&["VALID", "earlier"]);
    }
    let told = check(&urls[2], &["--json", "--from-checkpoint", saved]).exits(0).json();
    assert_eq!((&told["size"], &told["continues"], &told["verdict"]), (&8.into(), &5.into(), &"valid".into()));

    // A damaged checkpoint, a missing one, a policy of another network, and no policy.
    let good = fs::read_to_string(saved).unwrap();
    let bad = file(&desk, "damaged", &good.replacen("\n5\n", "\n6\n", 1));
    check(&urls[0], &["--from-checkpoint", bad.to_str().unwrap()]).complains(1, &["earlier checkpoint", "INVALID"]);
    check(&urls[0], &["--from-checkpoint", "/nonexistent"]).complains(2, &["cannot read"]);
    let other = LocalNetwork::beside(4).unwrap();
    let foreign = ["log", "check", "--node", &urls[0], "--policy", other.policy().to_str().unwrap()];
    courtseal(foreign).unwrap().complains(4, &["missing is a policy of", "is of"]);
    courtseal(["log", "check", "--node", &urls[0]]).unwrap().complains(4, &["cannot tell", "policy"]);

    courtseal(["log", "show", "--node", &urls[1]]).unwrap().exits(0).says(&["notary-1"]);
    courtseal(["log", "entry", "3", "--node", &urls[1]]).unwrap().exits(0).says(&["notary-1"]);
    courtseal(["log", "entry", "99", "--node", &urls[1]]).unwrap().complains(1, &["99"]);
    courtseal(["status", "--node", &urls[1]]).unwrap().exits(0).says(&["4 up: recording", "8 entries"]);
    network.stop().unwrap();
    check(&urls[0], &[]).complains(3, &["no node answers"]);
    courtseal(["status", "--node", &urls[0]]).unwrap().complains(3, &["no node answers"]);
}

#[test]
fn what_the_rpc_serves() {
    let network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let path = file(&desk, "a", "served");
    network.notarize(&[&path]).unwrap().exits(0);
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    let url = &network.urls()[3];
    let get = |path: &str| http::get(url, path).unwrap();
    // R8: both files are served byte for byte.
    assert_eq!(get("/v1/policy").body, fs::read_to_string(network.policy()).unwrap());
    assert_eq!(get("/v1/genesis").body, fs::read_to_string(&network.listing().genesis).unwrap());
    // R4 to R6: entries, receipts and lookups by digest; R3: a transaction.
    let (index, entry) = given::entry(&with(&path, ".tlog-proof")).unwrap();
    assert_eq!(get(&format!("/v1/entries/{index}")).body, entry);
    let page = get("/v1/entries?from=0&limit=2").json();
    assert_eq!((page["entries"].as_array().unwrap().len(), &page["size"]), (2, &5.into()));
    let served = desk.join("served.tlog-proof");
    fs::write(&served, get(&format!("/v1/receipts/{index}")).body).unwrap();
    network.verify(&["--receipt".as_ref(), served.as_os_str(), path.as_os_str()]).unwrap().exits(0);
    let digest = entry.split("\"digests\":[\"sha256:").nth(1).unwrap()[..64].to_owned();
    let found = get(&format!("/v1/digests/{digest}")).json();
    assert_eq!((&found["entries"], &found["more"]), (&serde_json::json!([index]), &false.into()), "{found}");
    let transaction = entry.split("\"transaction\":\"sha256:").nth(1).unwrap()[..64].to_owned();
    let status = get(&format!("/v1/transactions/{transaction}")).json();
    assert_eq!((&status["state"], &status["entries"][0]["index"]), (&"recorded".into(), &index.into()), "{status}");
    // R7, R9 and R10: checkpoint, health and status.
    assert!(get("/v1/checkpoint").body.contains("\n5\n"));
    let proof = get("/v1/checkpoint/consistency?old=3&new=5").json();
    assert!(proof["path"].as_array().is_some_and(|path| !path.is_empty()), "{proof}");
    assert_eq!(get("/v1/health").json()["state"], "recording");
    // R27: the validator's tick comes each second.
    assert!(get("/v1/live").json()["turned_ms_ago"].as_u64().is_some_and(|ago| ago <= 5_000));
    let ago = || get("/v1/live").json()["turned_ms_ago"].as_u64();
    let mut last = ago().unwrap();
    await_state("the validator's tick comes", || std::mem::replace(&mut last, ago()?).gt(&last).then_some(())).unwrap();
    let ready = get("/v1/ready");
    assert_eq!((ready.status, ready.json()), (200, serde_json::json!({"ready": true, "state": "recording"})));
    let metrics = get("/metrics").body;
    assert!(metrics.lines().filter(|line| line.starts_with("# TYPE ")).count() > 5, "{metrics}");
    let status = get("/v1/status").json();
    assert_eq!((&status["state"], &status["quorum"], &status["size"]), (&"recording".into(), &3.into(), &5.into()));
}
