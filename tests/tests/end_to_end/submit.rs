//! Transactions made by hand and submitted through the RPC (R1, R2, R3).
//!
//! In: transactions with one mistake each, and the largest transaction.
//! Out: failures that show the answers.
//! Always: a rejection has the code of R1, and a transaction is recorded once, however often it is sent.
//! Not for HTTP itself: see `tests/tests/end_to_end/http_form.rs`.

#[expect(dead_code, reason = "the program's own beginning")]
#[path = "../../../ledger/proof/examples/make_and_submit_transaction.rs"]
mod make_and_submit_transaction;

use courtseal_api::Code;
use courtseal_proof::bytes::key::SecretKey;
use courtseal_tests::evidence::{Signer, now, random, statement};
use courtseal_tests::http::{self, Answer};
use courtseal_tests::network::LocalNetwork;

const HOUR_MS: u64 = 60 * 60 * 1000;

#[test]
fn codes_of_refusal() {
    let network = LocalNetwork::start(4).unwrap();
    let other = LocalNetwork::beside(4).unwrap();
    let url = &network.urls()[0];
    let signer = Signer::read(&network.notary()).unwrap();
    let post = |body: &str| http::post(url, "/v1/transactions?wait_ms=30000", body.as_bytes()).unwrap();
    let refused = |answer: Answer, status: u16, code: Code| {
        assert_eq!((answer.status, answer.code()), (status, Some(code)), "R1: {answer:?}");
        assert!(answer.json()["error"]["message"].as_str().is_some_and(|text| text.len() > 10), "{answer:?}");
    };
    let one = || vec![statement(&random::<8>().unwrap())];

    let foreign = Signer::read(&other.notary()).unwrap();
    refused(post(&foreign.sign(one()).unwrap().to_text()), 409, Code::WrongNetwork);
    let stranger = Signer { key: SecretKey::from_seed(random().unwrap()), ..Signer::read(&network.notary()).unwrap() };
    refused(post(&stranger.sign(one()).unwrap().to_text()), 403, Code::Unregistered);
    let time = now().unwrap();
    let past = courtseal_proof::bytes::time::Timestamp(time.0 - 1000);
    refused(post(&signer.sign_until(past, one()).unwrap().to_text()), 410, Code::Expired);
    refused(post(&signer.sign_until(time.plus_ms(25 * HOUR_MS), one()).unwrap().to_text()), 422, Code::NotAfterTooFar);
    let good = signer.sign(one()).unwrap().to_text();
    let at = good.find("\"sig\":\"").unwrap() + 10;
    let other_letter = if &good[at..=at] == "A" { "B" } else { "A" };
    let bad = format!("{}{other_letter}{}", &good[..at], &good[at + 1..]);
    refused(post(&bad), 403, Code::BadSignature);
    // A statement that is not the signed one: an unknown field, another size, a size that is not an integer,
    // a size that is too large.
    refused(post(&good.replace("\"mode\":\"public\"", "\"mode\":\"public\",\"title\":\"x\"")), 400, Code::Malformed);
    refused(post(&good.replace("\"size\":8", "\"size\":9")), 400, Code::Malformed);
    refused(post(&good.replace("\"size\":8", "\"size\":8.0")), 400, Code::Malformed);
    refused(post(&good.replace("\"size\":8", "\"size\":9007199254740992")), 400, Code::Malformed);
    for body in ["", "{", "null", "[]", "{}", "\u{feff}{}", "\"x\"", &good[..good.len() - 1]] {
        refused(post(body), 400, Code::Malformed);
    }
    refused(http::post(url, "/v1/transactions", &[0xff, 0xfe, 0]).unwrap(), 400, Code::Malformed);
    assert_eq!(network.status(0).unwrap()["size"], 3, "a rejected transaction is recorded");

    // The spelling outside the payload is free and a keyid is dropped (R2). The transaction is recorded once,
    // however often it comes.
    let spelled = good.replace("{\"envelope\"", "{ \"envelope\"").replace("{\"sig\"", "{\"keyid\":\"me\",\"sig\"");
    let first = post(&spelled);
    assert_eq!((first.status, &first.json()["state"]), (200, &"recorded".into()), "{first:?}");
    for url in network.urls() {
        let again = http::post(&url, "/v1/transactions?wait_ms=30000", good.as_bytes()).unwrap();
        assert_eq!((again.status, &again.json()["entries"][0]["index"]), (200, &3.into()), "{again:?}");
    }
    assert_eq!(network.await_equal(&[0, 1, 2, 3]).unwrap(), 3 + 2);
}

#[test]
fn the_example_of_the_proof_crate_submits_what_the_courts_record() {
    let network = LocalNetwork::start(4).unwrap();
    let key = network.notary().to_str().unwrap().to_owned();
    let folder = tempfile::tempdir().unwrap();
    let file = crate::file(folder.path(), "lease.txt", "Rent: 6,200 yuan a month.\n");
    let address = network.urls()[0].strip_prefix("http://").unwrap().trim_end_matches('/').to_owned();
    let arguments = [key.clone(), file.to_str().unwrap().to_owned(), address.clone()];
    let answer = make_and_submit_transaction::run(&arguments).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"state\":\"recorded\""), "{answer}");
    assert!(answer.contains("c2sp.org/tlog-proof@v1"), "the answer has no receipt: {answer}");
    let refused = make_and_submit_transaction::run(&[file.to_str().unwrap().to_owned(), key, address]);
    assert!(refused.is_err(), "a text file was taken for a key file: {refused:?}");
}

#[test]
fn answers_without_waiting_and_the_largest_transaction() {
    let network = LocalNetwork::start(4).unwrap();
    let url = &network.urls()[1];
    let signer = Signer::read(&network.notary()).unwrap();
    let many: Vec<_> = (0..4096_u32).map(|number| statement(&number.to_le_bytes())).collect();
    let transaction = signer.sign(many).unwrap();
    let answer = http::post(url, "/v1/transactions", transaction.to_text().as_bytes()).unwrap();
    assert_eq!((answer.status, &answer.json()["state"]), (202, &"pending".into()), "R2: {answer:?}");
    let path = format!("/v1/transactions/{}?wait_ms=60000", transaction.id());
    let status = http::get(url, &path).unwrap().json();
    assert_eq!((&status["state"], status["entries"].as_array().map(Vec::len)), (&"recorded".into(), Some(4096)), "R3");
    let unknown = http::get(url, &format!("/v1/transactions/{}", "0".repeat(64))).unwrap();
    assert_eq!((unknown.status, unknown.code()), (404, Some(Code::NotFound)));
    assert_eq!(network.await_equal(&[0, 1, 2, 3]).unwrap(), 3 + 4096 + 1);
}
