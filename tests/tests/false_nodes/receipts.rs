//! A node that answers *recorded*, with receipts that prove something else, too few receipts, or none.
//!
//! In: false answers to a submitted transaction.
//! Out: failures that show what the program printed.
//! Always: a receipt is accepted only if it proves what was signed.
//! Not for lookups of a receipt: see `tests/tests/false_nodes/look_ups.rs`.

use crate::{beside, file, first, liar, notarize, start};
use courtseal_tests::false_node::{Asked, Said};
use courtseal_tests::http;
use serde_json::{Value, json};

/// The answer *recorded* to a transaction with these receipts, in the form of an honest node.
fn recorded(asked: &Asked, honest: &str, receipts: &[String]) -> Said {
    let truth = http::post(honest, "/v1/transactions", &asked.body).unwrap().json();
    let entries: Vec<Value> =
        receipts.iter().map(|receipt| json!({"index": 3, "kind": "statement", "receipt": receipt})).collect();
    let told = json!({"transaction": truth["transaction"], "state": "recorded", "height": 1, "recorded_at": "2026-11-23T17:00:00.000Z", "entries": entries});
    Said::Answer(200, told.to_string().into_bytes())
}

#[test]
fn a_receipt_is_believed_only_if_it_proves_what_was_signed() {
    let (network, desk) = start();
    notarize(&network, &network.urls(), &[], &file(&desk, "other")).exits(0);
    let honest = network.urls()[1].clone();
    let receipt = http::get(&honest, "/v1/receipts/3").unwrap().body;
    let damaged = receipt.replacen("index 3", "index 1", 1);
    for (number, receipts) in
        [vec![receipt.clone()], vec![damaged], vec![receipt.clone(), receipt], vec![]].into_iter().enumerate()
    {
        let honest = honest.clone();
        let liar = liar(&network, move |asked| if asked.is_new() { recorded(asked, &honest, &receipts) } else { Said::Truth });
        let path = file(&desk, &format!("file {number}"));
        notarize(&network, &first(&liar, &network), &[], &path).exits(0).says(&["recorded as entry"]);
        assert!(liar.asked().iter().any(Asked::is_new), "the false node was not asked");
        assert_eq!(beside(&path), [".tlog-proof"]);
        network.verify(&[&path]).unwrap().exits(0);

        // Alone, the false node is not believed, and the request is kept.
        let path = file(&desk, &format!("alone {number}"));
        let outcome = notarize(&network, std::slice::from_ref(&liar.url), &["--timeout", "3"], &path).exits(3);
        assert!(outcome.stderr.contains("do not prove"), "{outcome:?}");
        assert_eq!(beside(&path), [".pending"]);
    }
}
