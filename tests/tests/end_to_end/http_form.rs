//! The form of requests and answers (R1, R2, R11, R25): hosts, methods, content types, headers at their
//! limit.
//!
//! In: requests byte by byte.
//! Out: failures that show the whole answer.
//! Always: every answer carries `x-content-type-options: nosniff`.
//! Not for bodies and malformed requests: see `tests/tests/end_to_end/hostile_http.rs`.

use courtseal_tests::evidence::{Signer, statement};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::raw;
use std::io::Write as _;

/// Bytes of a request's first line and headers, the empty line included (R11).
const HEADERS_BYTES_MAX: usize = 64 * 1024;
/// Headers of a request (R11).
const HEADERS_MAX: usize = 100;

/// Sends a request and returns the whole answer; `rest` is the further headers and the body.
fn ask(url: &str, line: &str, host: &str, rest: &str) -> String {
    let rest = if rest.is_empty() { "\r\n" } else { rest };
    raw::whole(url, format!("{line} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n{rest}").as_bytes()).unwrap()
}

#[track_caller]
fn says(answer: &str, status: u16, words: &[&str]) {
    assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    assert!(answer.contains("\r\nx-content-type-options: nosniff\r\n"), "R1: {answer}");
    for word in words {
        assert!(answer.contains(word), "no {word:?} in {answer}");
    }
}

#[test]
fn r1_r2_r25_hosts_methods_and_types() {
    let mut network = LocalNetwork::create(1).unwrap();
    let config = network.courts()[0].config();
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("rpc_names = [\"Court-1.Example\"]\n{text}")).unwrap();
    network.run().unwrap();
    let url = &network.urls()[0];
    for host in ["127.0.0.1", "127.0.0.1:80", "[::1]:8600", "localhost", "court-1.example:443"] {
        says(&ask(url, "GET /v1/status", host, ""), 200, &["\"recording\""]);
    }
    // This is the request of a page in a browser, if the page's name was made to resolve to this node's
    // address.
    says(&ask(url, "GET /v1/status", "evil.example", ""), 421, &["\"wrong-host\"", "rpc_names"]);
    says(&ask(url, "GET http://evil.example/v1/status", "localhost", ""), 421, &["\"wrong-host\""]);
    says(&ask(url, "POST /v1/transactions", "evil.example", "content-length: 2\r\n\r\n{}"), 421, &["\"wrong-host\""]);
    says(&raw::whole(url, b"GET /v1/status HTTP/1.1\r\nconnection: close\r\n\r\n").unwrap(), 400, &["\"malformed\"", "no host"]);
    let old = raw::whole(url, b"GET /v1/status HTTP/1.0\r\n\r\n").unwrap();
    assert!(old.starts_with("HTTP/1.0 200 ") && old.contains("nosniff"), "{old}");
    for (line, allow) in [
        ("PUT /v1/transactions", "allow: POST\r\n"),
        ("GET /v1/transactions", "allow: POST\r\n"),
        ("POST /v1/status", "allow: GET,HEAD\r\n"),
        ("DELETE /metrics", "allow: GET,HEAD\r\n"),
    ] {
        says(&ask(url, line, "localhost", ""), 405, &["\"wrong-method\"", allow]);
    }
    says(&ask(url, "GET /nothing", "localhost", ""), 404, &["\"not-found\""]);
    let post = |headers: &str, body: &str| {
        let rest = format!("{headers}content-length: {}\r\n\r\n{body}", body.len());
        ask(url, "POST /v1/transactions?wait_ms=60000", "localhost", &rest)
    };
    for other in [
        "content-type: text/plain\r\n",
        "content-type: application/x-www-form-urlencoded\r\n",
        "content-type: application/jsonp\r\n",
        "content-type: application/json\r\ncontent-encoding: gzip\r\n",
        "content-type: application/json\r\ncontent-type: text/plain\r\n",
        "content-type:\r\n",
    ] {
        says(&post(other, "{}"), 415, &["\"wrong-type\""]);
    }
    let notary = Signer::read(&network.notary()).unwrap();
    for (nth, fit) in
        ["", "content-type: application/json\r\n", "content-type: Application/JSON; charset=utf-8\r\n"].into_iter().enumerate()
    {
        let transaction = notary.sign(vec![statement(format!("typed {nth}").as_bytes())]).unwrap().to_text();
        says(&post(fit, &transaction), 200, &["\"recorded\""]);
    }
}

#[test]
fn r11_headers_at_their_limit_and_one_above() {
    let network = LocalNetwork::start(1).unwrap();
    let url = &network.urls()[0];
    let sized = |bytes: usize| {
        let (head, end) = ("GET /v1/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx: ", "\r\n\r\n");
        let request = format!("{head}{}{end}", "a".repeat(bytes - head.len() - end.len()));
        assert_eq!(request.len(), bytes);
        raw::exchange(url, request.as_bytes()).unwrap()
    };
    assert_eq!(sized(HEADERS_BYTES_MAX), Some(200));
    // If the node closes before it has read everything, its answer may be lost.
    for above in [HEADERS_BYTES_MAX + 1, HEADERS_BYTES_MAX + 2, 2 * HEADERS_BYTES_MAX] {
        assert!(matches!(sized(above), Some(431) | None), "{above}");
    }
    let many = |count: usize| {
        let headers = "x: y\r\n".repeat(count - 2);
        let request = format!("GET /v1/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n");
        raw::exchange(url, request.as_bytes()).unwrap()
    };
    assert_eq!((many(HEADERS_MAX), many(HEADERS_MAX + 1)), (Some(200), Some(431)));
}

/// The headers arrive in pieces; all pieces count towards the limit.
#[test]
fn r11_headers_in_pieces() {
    let network = LocalNetwork::start(1).unwrap();
    let mut stream = raw::connect(&network.urls()[0]).unwrap();
    raw::send(&mut stream, b"GET /v1/health HTTP/1.1\r\nhost: localhost\r\n");
    let line = format!("x: {}\r\n", "a".repeat(8_000));
    while stream.write_all(line.as_bytes()).is_ok() {
        std::thread::yield_now();
    }
    assert!(matches!(raw::answer(&mut stream).unwrap(), Some(431) | None));
}
