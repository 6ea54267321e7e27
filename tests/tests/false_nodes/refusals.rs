//! A node that rejects what the network would record, at once or after it has kept the request to submit it
//! later.
//!
//! In: false rejections.
//! Out: failures that show what the program printed.
//! Always: one node's rejection is not believed, and the request is kept until its outcome is known.
//! Not for rejections by honest courts: see `tests/tests/end_to_end/submit.rs`.

use crate::{beside, file, first, liar, notarize, start};
use courtseal_api::Code;
use courtseal_tests::false_node::Said;
use courtseal_tests::http;

#[test]
fn one_node_alone_is_not_believed_that_a_request_is_refused() {
    let (network, desk) = start();
    for code in [Code::Unregistered, Code::Malformed, Code::BadSignature, Code::Expired, Code::NotAfterTooFar, Code::TooLarge] {
        let liar = liar(&network, move |asked| if asked.is_new() { Said::refused(code, "x") } else { Said::Truth });
        let path = file(&desk, code.as_str());
        notarize(&network, &first(&liar, &network), &[], &path).exits(0).says(&["recorded as entry"]);
        assert!(liar.asked().iter().any(|asked| asked.is_new()), "the false node was not asked");
        assert_eq!(beside(&path), [".tlog-proof"]);
    }
}

#[test]
fn a_refused_request_is_kept_until_it_is_known_what_became_of_it() {
    let (network, desk) = start();
    let liar = liar(&network, |asked| match (asked.is_new(), asked.is_about_a_transaction()) {
        (true, _) => Said::refused(Code::Unregistered, "no member has this name and key"),
        (false, true) => Said::refused(Code::NotFound, "this node has not seen that transaction"),
        _ => Said::Truth,
    });
    let path = file(&desk, "kept");
    // Only the false node is asked: the program names its answer as one node's word, and keeps the request.
    let outcome = notarize(&network, std::slice::from_ref(&liar.url), &[], &path).exits(5);
    assert!(outcome.stderr.contains("one node's word") && outcome.stderr.contains("kept.pending"), "{outcome:?}");
    assert_eq!(beside(&path), [".pending"]);
    // The false node submits the request.
    let kept = liar.asked().into_iter().find(|asked| asked.is_new()).unwrap();
    let recorded = http::post(&network.urls()[1], "/v1/transactions?wait_ms=20000", &kept.body).unwrap();
    assert_eq!(recorded.status, 200, "{recorded:?}");
    let size = network.await_equal(&[0, 1, 2, 3]).unwrap();
    // The same command finds the record, and signs nothing new.
    notarize(&network, &first(&liar, &network), &[], &path).exits(0).says(&["recorded as entry 3"]);
    assert_eq!(beside(&path), [".tlog-proof"]);
    assert_eq!(network.await_equal(&[0, 1, 2, 3]).unwrap(), size, "the log does not have each record once");
}

#[test]
fn what_more_nodes_refuse_than_may_lie_is_refused_and_can_be_dropped() {
    let (network, desk) = start();
    let refuse = |_: &_| Said::refused(Code::Unregistered, "x");
    let liars = [liar(&network, refuse), liar(&network, refuse)];
    let urls: Vec<String> = liars.iter().map(|liar| liar.url.clone()).collect();
    let path = file(&desk, "refused");
    let outcome = notarize(&network, &urls, &[], &path).exits(5);
    assert!(outcome.stderr.contains("2 nodes answer") && outcome.stderr.contains("--forget"), "{outcome:?}");
    let outcome = notarize(&network, &network.urls(), &["--forget"], &path).exits(0);
    assert!(outcome.stderr.contains("dropped") && outcome.stderr.contains("twice"), "{outcome:?}");
    assert_eq!(beside(&path), [".tlog-proof"]);
}
