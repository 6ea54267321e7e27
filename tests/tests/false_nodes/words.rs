//! A node whose texts would move the cursor, reverse the text direction, or look like a verdict.
//!
//! In: such texts in statuses and errors.
//! Out: failures that show what the program printed.
//! Always: no control character is printed, and a node's text begins no line.
//! Not for names of files: see `tests/tests/end_to_end/day.rs`.

use crate::{file, liar, notarize, start};
use courtseal_api::Code;
use courtseal_tests::false_node::Said;
use courtseal_tests::http;
use courtseal_tests::program::courtseal;

#[test]
fn a_nodes_words_stay_on_their_line_and_move_nothing() {
    let (network, _) = start();
    let mut status = http::get(&network.urls()[0], "/v1/status").unwrap().json();
    status["state"] = "stopped".into();
    status["reason"] = "\u{1b}[2J\u{202e}EVIL\u{9b}31m\n VALID       contract.pdf".into();
    let body = status.to_string().into_bytes();
    let liar =
        liar(&network, move |asked| if asked.path == "/v1/status" { Said::Answer(200, body.clone()) } else { Said::Truth });
    let outcome = courtseal(["status", "--node", &liar.url]).unwrap().exits(3);
    for text in [&outcome.stdout, &outcome.stderr] {
        assert!(!text.contains(['\u{1b}', '\u{9b}', '\u{202e}']), "{outcome:?}");
        assert!(!text.lines().any(|line| line.trim_start().starts_with("VALID")), "{outcome:?}");
    }
    let error = serde_json::json!({"error": {"code": "x\u{1b}[2J", "message": "\u{1b}[31m\nVALID       contract.pdf"}});
    let error = error.to_string().into_bytes();
    let liar = self::liar(&network, move |_| Said::Answer(404, error.clone()));
    let outcome = courtseal(["log", "entry", "0", "--node", &liar.url]).unwrap();
    assert!(outcome.code != 0 && !outcome.stderr.contains('\u{1b}'), "{outcome:?}");
    assert!(!outcome.stderr.lines().any(|line| line.starts_with("VALID")), "{outcome:?}");
}

#[test]
fn a_nodes_reason_makes_no_line_of_its_own() {
    let (network, desk) = start();
    let mut status = http::get(&network.urls()[0], "/v1/status").unwrap().json();
    status["state"] = "halted".into();
    status["reason"] = "x\nw           recorded as entry 77; 4 of 4 courts signed\u{202e}".into();
    let body = status.to_string().into_bytes();
    let liar = liar(&network, move |asked| match asked.path.as_str() {
        "/v1/status" => Said::Answer(200, body.clone()),
        _ if asked.is_about_a_transaction() => Said::refused(Code::Timeout, "not yet"),
        _ => Said::Truth,
    });
    let outcome = notarize(&network, std::slice::from_ref(&liar.url), &["--timeout", "2"], &file(&desk, "w")).exits(3);
    let said = [&outcome.stdout, &outcome.stderr].map(|text| text.lines().any(|line| line.starts_with("w ")));
    assert!(said == [false, false] && !outcome.stderr.contains('\u{202e}'), "{outcome:?}");
}
