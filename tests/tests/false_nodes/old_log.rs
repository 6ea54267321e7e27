//! A node that serves an old log: a checkpoint that the courts did sign, and the entries up to it.
//!
//! In: an old checkpoint, served after the log has grown or the time has passed.
//! Out: failures that show what the program printed.
//! Always: the longest proven log of all nodes is checked, and an old checkpoint alone gives no valid
//! verdict.
//! Not for a log that the courts did not sign: see `tests/tests/false_nodes/entries.rs`.

use crate::{file, first, liar, notarize, start};
use courtseal_proof::log::checkpoint::CosignedCheckpoint;
use courtseal_tests::false_node::{FalseNode, Said};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::program::courtseal;
use courtseal_tests::{evidence, http};

fn stuck(network: &LocalNetwork) -> FalseNode {
    let [checkpoint, status] =
        ["/v1/checkpoint", "/v1/status"].map(|path| http::get(&network.urls()[0], path).unwrap().body.into_bytes());
    liar(network, move |asked| match asked.path.as_str() {
        "/v1/checkpoint" => Said::Answer(200, checkpoint.clone()),
        "/v1/status" => Said::Answer(200, status.clone()),
        _ => Said::Truth,
    })
}

#[test]
fn the_longest_proven_log_of_all_nodes_is_checked() {
    let (network, desk) = start();
    notarize(&network, &network.urls(), &[], &file(&desk, "a")).exits(0);
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    let liar = stuck(&network);
    for name in ["b", "c"] {
        notarize(&network, &network.urls(), &[], &file(&desk, name)).exits(0);
    }
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    let (urls, policy) = (first(&liar, &network).join(","), network.policy().to_str().unwrap().to_owned());
    courtseal(["log", "check", "--node", &urls, "--policy", &policy]).unwrap().exits(0).says(&[
        "VALID",
        "9 entries, every one read",
        "shorter by 4 entries",
        "as of",
    ]);
    courtseal(["status", "--node", &urls, "--policy", &policy]).unwrap().exits(0).says(&["9 entries", "proven", &liar.url]);
}

#[test]
fn a_log_that_the_courts_signed_last_long_ago_is_not_all_of_it() {
    let (network, desk) = start();
    notarize(&network, &network.urls(), &[], &file(&desk, "a")).exits(0);
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    let policy = network.policy().to_str().unwrap().to_owned();
    let signed = CosignedCheckpoint::parse(&http::get(&network.urls()[0], "/v1/checkpoint").unwrap().body).unwrap().checkpoint;
    let now_s = evidence::now().unwrap().0 / 1000;
    // In this network two heartbeats take two minutes.
    for (age_s, is_old) in [(100, false), (130, true)] {
        let note = evidence::cosigned(&network, &signed, now_s - age_s).unwrap();
        let liar = liar(&network, move |asked| {
            if asked.path == "/v1/checkpoint" { Said::Answer(200, note.clone().into_bytes()) } else { Said::Truth }
        });
        let run = |words: &[&str]| courtseal(words.iter().copied().chain(["--node", &liar.url, "--policy", &policy])).unwrap();
        if is_old {
            run(&["log", "check"]).exits(4).says(&["CANNOT TELL", "5 entries, every one read", "at most 120 seconds old"]);
            let told = run(&["--json", "log", "check"]).exits(4).json();
            assert_eq!((&told["verdict"], &told["size"]), (&"cannot-tell".into(), &5.into()), "{told}");
            run(&["status"]).exits(4).says(&["CANNOT TELL"]);
        } else {
            run(&["log", "check"]).exits(0).says(&["VALID"]);
            run(&["status"]).exits(0).says(&["proven"]);
        }
    }
}
