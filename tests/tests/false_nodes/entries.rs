//! A node that serves entries that are not in the log that the courts signed.
//!
//! In: changed answers to `/v1/entries`.
//! Out: failures that show what the program printed.
//! Always: `log check` reports the false entries and names the node, alone and among others.
//! Not for old logs: see `tests/tests/false_nodes/old_log.rs`.

use crate::{file, first, liar, notarize, start};
use courtseal_tests::false_node::Said;
use courtseal_tests::http;
use courtseal_tests::program::courtseal;

#[test]
fn entries_that_the_courts_did_not_sign_are_named_with_their_node() {
    let (network, desk) = start();
    notarize(&network, &network.urls(), &[], &file(&desk, "a")).exits(0);
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    let honest = network.urls()[0].clone();
    let policy = network.policy().to_str().unwrap().to_owned();
    for (number, change) in [
        ("\\\"size\\\":1", "\\\"size\\\":2"),
        ("\\\"height\\\":1", "\\\"height\\\":0"),
        ("\"entries\":[", "\"entries\":[],\"others\":["),
    ]
    .into_iter()
    .enumerate()
    {
        let honest = honest.clone();
        let liar = liar(&network, move |asked| {
            if !asked.path.starts_with("/v1/entries") {
                return Said::Truth;
            }
            let truth = http::get(&honest, &asked.path).unwrap().body;
            assert!(truth.contains(change.0), "{number}: {truth}");
            Said::Answer(200, truth.replacen(change.0, change.1, 1).into_bytes())
        });
        let check = |urls: &str| courtseal(["log", "check", "--node", urls, "--policy", &policy]).unwrap();
        let alone = check(&liar.url).exits(1);
        assert!(alone.stderr.contains("INVALID"), "{alone:?}");
        // Among other nodes, the log is found and the false node is named.
        let found = check(&first(&liar, &network).join(",")).exits(1).says(&[
            "INVALID",
            "beware",
            &liar.url,
            "5 entries, every one read",
        ]);
        assert!(!found.stdout.contains("VALID  the log"), "{found:?}");
    }
}
