//! A node that serves the genesis of another network, or none, to a client that takes its policy from there.
//!
//! In: a false answer to `/v1/genesis`.
//! Out: failures that show what the program printed.
//! Always: a policy comes only from the genesis that the key file pins, and nothing is signed under another.
//! Not for policies that a person trusts by name: see `tests/tests/end_to_end/trusted.rs`.

use crate::{beside, file, first, liar, start};
use courtseal_tests::false_node::Said;
use courtseal_tests::network::LocalNetwork;

#[test]
fn a_policy_comes_only_from_the_genesis_that_the_key_file_pins() {
    let (network, desk) = start();
    let other = std::fs::read(&LocalNetwork::beside(4).unwrap().listing().genesis).unwrap();
    for (name, genesis) in [("foreign", other), ("none", b"{}".to_vec())] {
        let liar = liar(
            &network,
            move |asked| if asked.path == "/v1/genesis" { Said::Answer(200, genesis.clone()) } else { Said::Truth },
        );
        let path = file(&desk, name);
        let outcome = network.notarize_at(std::slice::from_ref(&liar.url), &[&path]).unwrap();
        assert!([3, 5].contains(&outcome.code), "{outcome:?}");
        assert!(beside(&path).is_empty(), "a request was signed");
        network.notarize_at(&first(&liar, &network), &[&path]).unwrap().exits(0);
        assert_eq!(beside(&path), [".tlog-proof"]);
    }
}
