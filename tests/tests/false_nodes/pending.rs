//! A node that answers *pending* for ever, at once or after a while.
//!
//! In: a false node that is named first.
//! Out: failures that show how long the command took.
//! Always: `notarize` asks the next node, and asks the false node only a few times.
//! Not for silent nodes: see `tests/tests/false_nodes/silence.rs`.

use crate::{beside, file, first, liar, notarize, start};
use courtseal_proof::transaction::Transaction;
use courtseal_tests::false_node::Said;
use std::time::Duration;

#[test]
fn a_node_that_only_promises_is_not_waited_for() {
    let (network, desk) = start();
    let liar = liar(&network, move |asked| {
        if !asked.is_about_a_transaction() {
            return Said::Truth;
        }
        let id = match asked.path.split(['/', '?']).nth(3).filter(|_| !asked.is_new()) {
            Some(id) => format!("sha256:{id}"),
            None => id(&asked.body),
        };
        Said::Answer(202, serde_json::json!({"transaction": id, "state": "pending"}).to_string().into_bytes())
    });
    let path = file(&desk, "promised");
    let outcome = notarize(&network, &first(&liar, &network), &[], &path).exits(0).says(&["recorded as entry"]);
    assert_eq!(beside(&path), [".tlog-proof"]);
    assert!(outcome.elapsed < Duration::from_secs(15), "the next node was not asked soon: {outcome:?}");
    assert!(liar.asked().iter().filter(|asked| asked.is_about_a_transaction()).count() <= 4, "{:?}", liar.asked().len());
}

/// The id of the transaction in a request.
fn id(body: &[u8]) -> String {
    Transaction::from_text(body, false).unwrap().id().tagged()
}
