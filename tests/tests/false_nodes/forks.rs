//! Two logs: a quorum of courts has cosigned another root of the same size, and a false node shows it.
//!
//! In: a false checkpoint with a quorum of signatures.
//! Out: failures that show what the program printed.
//! Always: `log check` and `status` report the fork and name the node.
//! Not for accusing the courts: see `tests/tests/end_to_end/accuse.rs`.

use crate::{file, first, liar, notarize, start};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::log::checkpoint::{Checkpoint, CosignedCheckpoint};
use courtseal_tests::false_node::Said;
use courtseal_tests::program::courtseal;
use courtseal_tests::{evidence, http};

#[test]
fn two_logs_that_a_quorum_signed_are_found_and_named() {
    let (network, desk) = start();
    notarize(&network, &network.urls(), &[], &file(&desk, "a")).exits(0);
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    let shown = http::get(&network.urls()[0], "/v1/checkpoint").unwrap().body;
    let signed = CosignedCheckpoint::parse(&shown).unwrap();
    let other = Checkpoint { root: Digest([7; 32]), ..signed.checkpoint.clone() };
    let forged = evidence::cosigned(&network, &other, evidence::now().unwrap().0 / 1000).unwrap();
    let liar =
        liar(
            &network,
            move |asked| {
                if asked.path == "/v1/checkpoint" { Said::Answer(200, forged.clone().into_bytes()) } else { Said::Truth }
            },
        );
    let (urls, policy) = (first(&liar, &network).join(","), network.policy().to_str().unwrap().to_owned());
    let outcome = courtseal(["log", "check", "--node", &urls, "--policy", &policy]).unwrap();
    assert_eq!(outcome.code, 1, "{outcome:?}");
    let outcome =
        courtseal(["status", "--node", &urls, "--policy", &policy]).unwrap().exits(1).says(&["beware", "two logs", &liar.url]);
    assert!(outcome.stdout.contains("beware"), "{outcome:?}");
}
