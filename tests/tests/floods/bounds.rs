//! The limits that an operator sets, at the bound and one above it (R11, R12), and the order of checks (R13).
//!
//! In: nodes with small limits.
//! Out: failures that show the answers.
//! Always: a client above a limit is rejected, and other addresses are served.
//! Not for long floods: see `tests/tests/floods/listeners.rs`.

use courtseal_api::Code;
use courtseal_proof::bytes::key::SecretKey;
use courtseal_tests::evidence::{Signer, random, statement};
use courtseal_tests::flood::{address, ask, connect};
use courtseal_tests::http;
use courtseal_tests::launch::{Launch, limited_files};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::{metric, raw};
use std::io::Write as _;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

const CONNECTIONS: usize = 8;
/// Connections for clients at a node that may have few files open (R11).
const PLACES: usize = 128;
/// How long a client's first byte may take (R11).
const FIRST_BYTE_MAX: Duration = Duration::from_secs(3);
/// The rate limit in bytes a second. An idle address saves up eight seconds of it; each request costs 4 KiB
/// and its answer.
const BYTES_PER_S: u64 = 4_096;

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

fn status(head: &str) -> &str {
    head.split_whitespace().nth(1).unwrap_or_default()
}

#[test]
fn r12_limits_of_node_toml() {
    let mut network = LocalNetwork::create(4).unwrap();
    let mut config = std::fs::OpenOptions::new().append(true).open(network.courts()[0].config()).unwrap();
    write!(config, "[limits]\nconnections_per_address = {CONNECTIONS}\nbytes_per_address_per_s = {BYTES_PER_S}\n").unwrap();
    network.run().unwrap();
    let listener: SocketAddr = network.urls()[0].trim_start_matches("http://").parse().unwrap();
    runtime().block_on(async {
        let mut open = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut stream = connect(address(7), listener).await.unwrap();
            let head = ask(&mut stream, "/v1/health").await.unwrap().unwrap();
            assert_eq!(status(&head), "200");
            open.push(stream);
        }
        // One connection above the limit gets an answer that says so, unless the connection is closed before
        // the answer can be read.
        let mut above = connect(address(7), listener).await.unwrap();
        let head = ask(&mut above, "/v1/health").await.unwrap();
        assert!(head.is_none_or(|head| status(&head) == "429" && head.contains("retry-after: 1")));
        let mut other = connect(address(8), listener).await.unwrap();
        assert_eq!(status(&ask(&mut other, "/v1/health").await.unwrap().unwrap()), "200", "another address is rejected");
        // The saved bytes run out on any machine, because the limit adds only one request a second.
        let mut answers = Vec::new();
        for _ in 0..1_000 {
            let head = ask(&mut other, "/v1/health").await.unwrap().unwrap();
            answers.push(status(&head).to_owned());
            if status(&head) == "429" {
                assert!(head.contains("retry-after: "), "{head}");
                break;
            }
        }
        assert_eq!(answers.last().map(String::as_str), Some("429"), "{} answers", answers.len());
        // The saved bytes allow eight requests of 4 KiB, one of which was made above; then one is rejected.
        assert!(answers.len() >= 8, "only {} answers", answers.len());
        let mut honest = connect(address(9), listener).await.unwrap();
        assert_eq!(status(&ask(&mut honest, "/v1/health").await.unwrap().unwrap()), "200", "a third address is rejected");
    });
    network.stop().unwrap();
}

/// Four addresses hold all connections. A fifth one is served, and the idlest of their connections is closed
/// for it.
#[test]
fn r11_a_newcomer_is_served_when_all_places_are_taken() {
    let mut network = LocalNetwork::start(1).unwrap();
    network.kill(0).unwrap();
    // Half of the files that the node may open are for clients.
    network.launch_by(0, Launch { before: limited_files(2 * PLACES), ..Launch::default() });
    network.restart(0).unwrap();
    let url = network.urls()[0].clone();
    let listener: SocketAddr = url.trim_start_matches("http://").parse().unwrap();
    runtime().block_on(async {
        let mut held = Vec::new();
        for nth in 0..PLACES {
            let mut stream = connect(address(1 + (nth % 4) as u8), listener).await.unwrap();
            let head = ask(&mut stream, "/v1/health").await.unwrap().unwrap();
            assert_eq!(status(&head), "200", "place {nth}");
            held.push(stream);
        }
        for newcomer in 0..2 {
            let mut stream = connect(address(9), listener).await.unwrap();
            let head = ask(&mut stream, "/v1/health").await.unwrap().unwrap();
            assert_eq!(status(&head), "200", "newcomer {newcomer}");
            // The newcomer keeps its connection: its address has fewer than each of the four.
            assert!(ask(&mut held[newcomer], "/v1/health").await.unwrap().is_none(), "the idlest connection was not closed");
            held.push(stream);
        }
        let mut last = held.pop().unwrap();
        assert!(ask(&mut last, "/v1/health").await.unwrap().is_some());
        assert!(ask(&mut held[2], "/v1/health").await.unwrap().is_some(), "more than one connection was closed for a newcomer");
    });
    // The client that asks for this metric takes no connection from another, because two connections have
    // ended.
    let closed = metric::sum(&url, "courtseal_refused_total", &["listener=\"clients\"", "reason=\"idlest\""]).unwrap();
    assert!((2.0..=3.0).contains(&closed), "{closed} idle connections were closed");
    network.stop().unwrap();
}

#[test]
fn r11_the_first_byte_comes_within_3_s() {
    let network = LocalNetwork::start(1).unwrap();
    let url = &network.urls()[0];
    let (mut silent, mut speaks) = (raw::connect(url).unwrap(), raw::connect(url).unwrap());
    let began = Instant::now();
    raw::send(&mut speaks, b"G");
    assert_eq!(raw::answer(&mut silent).unwrap(), None, "the silent connection got an answer");
    let elapsed = began.elapsed();
    // Headers whose first byte has arrived may take 10 s.
    assert!((FIRST_BYTE_MAX..2 * FIRST_BYTE_MAX).contains(&elapsed), "closed after {elapsed:?}");
    raw::send(&mut speaks, b"ET /v1/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
    assert_eq!(raw::answer(&mut speaks).unwrap(), Some(200));
}

#[test]
fn r13_who_is_no_member_is_told_so_before_the_signature_is_looked_at() {
    let network = LocalNetwork::start(4).unwrap();
    let url = &network.urls()[0];
    let notary = Signer::read(&network.notary()).unwrap();
    let stranger = Signer { key: SecretKey::from_seed(random().unwrap()), ..Signer::read(&network.notary()).unwrap() };
    let post = |text: String| http::post(url, "/v1/transactions?wait_ms=30000", text.as_bytes()).unwrap();
    let forged = |signer: &Signer| {
        let text = signer.sign(vec![statement(b"x")]).unwrap().to_text();
        // A wrong signature of the right length.
        let at = text.find("\"sig\":\"").unwrap() + 7;
        let other = if &text[at..at + 1] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    };
    assert_eq!(post(forged(&stranger)).code(), Some(Code::Unregistered));
    assert_eq!(post(forged(&notary)).code(), Some(Code::BadSignature));
    let text = notary.sign(vec![statement(b"x")]).unwrap().to_text();
    assert_eq!((post(text.clone()).status, post(text).status), (200, 200), "the same bytes are not accepted twice");
}
