//! The RPC's input: any method, path, query, headers and body, through the router that nodes serve (R1 to
//! R11).
//!
//! In: a request as text: its first line `METHOD target`, header lines `name: value`, an empty line, the
//! body.
//! Out: whether the answer is a success.
//! Always: an answer is one of the statuses of specs/rpc.md. An answer that is no success is JSON with its
//! code and a message on one short line. No request makes the node say that it failed itself.
//! Not for HTTP's own grammar, which hyper reads.

use axum::http::{HeaderName, HeaderValue, Method, Request, Uri};
use courtseal_api::Code;
use courtseal_court::admission::Admission;
use courtseal_court::input::Input as ToValidator;
use courtseal_court::status::{CourtView, NetworkView, State};
use courtseal_fixtures::vectors;
use courtseal_fuzz::Target;
use courtseal_fuzz::network::{COURTS, GENESIS, cosigned, recorded};
use courtseal_node::config::Limits;
use courtseal_node::limiter::Rejections;
use courtseal_node::mailbox;
use courtseal_node::metrics::Metrics;
use courtseal_node::network::Links;
use courtseal_node::rpc::{Shared, router_for};
use courtseal_node::status;
use http_body_util::{BodyExt as _, Full};
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;
use std::net::Ipv4Addr;
use std::sync::{Arc, LazyLock};
use tokio::runtime::Runtime;

/// See the module.
pub const TARGETS: &[Target] = &[Target { name: "rpc", length_bytes_max: 8 * 1024, run: request, seeds }];

/// Statuses of answers, see R1.
const STATUSES: [u16; 14] = [200, 202, 400, 403, 404, 405, 409, 410, 413, 415, 421, 422, 503, 504];

type Served = TowerToHyperService<axum::Router>;

/// A node's router over a ledger with one block, and a validator that takes every transaction and forgets it.
static NODE: LazyLock<(Runtime, Served)> = LazyLock::new(|| {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
    let ledger = Arc::new(recorded());
    let (validator, mut inputs) = mailbox::channel(COURTS.iter().map(|keys| keys.name.clone()));
    runtime.spawn(async move {
        while let Some(input) = inputs.recv().await {
            match input {
                ToValidator::Transaction { reply: Some(reply), .. } => reply(Ok(())),
                ToValidator::IsWaiting { reply, .. } => reply(false),
                _ => {}
            }
        }
    });
    let metrics = Arc::new(Metrics::default());
    let rejections = Arc::new(Rejections::new("courts", &metrics));
    let admission = Admission::new(Arc::clone(&ledger), Arc::default());
    let links = Links::new(Vec::new(), validator.clone(), admission.clone(), rejections);
    let (publisher, watched) = status::channel(&GENESIS, Some(cosigned(&ledger)));
    let courts = COURTS.iter().map(|keys| (keys.name.clone(), CourtView::default())).collect();
    let recording =
        NetworkView { state: State::Recording, reason: None, halted_until: None, clocks: Vec::new(), pending: 0, courts };
    publisher.view.send_replace(Arc::new(recording));
    // Without its publisher, whoever waits for the next checkpoint is answered at once.
    drop(publisher);
    let limits = Limits { bytes_per_address_per_s: u64::MAX, ..Limits::default() };
    let shared = Arc::new(Shared::new(&COURTS[0], admission, validator, watched, links, metrics, limits));
    let router = router_for(shared, Ipv4Addr::LOCALHOST.into()).expect("the first client is not rejected");
    (runtime, TowerToHyperService::new(router))
});

fn parse(bytes: &[u8]) -> Option<Request<Full<axum::body::Bytes>>> {
    let at = bytes.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = at.map_or((bytes, &[][..]), |at| (&bytes[..at], &bytes[at + 2..]));
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = lines.next()?;
    let space = first.iter().position(|byte| *byte == b' ')?;
    let mut request = Request::new(Full::new(axum::body::Bytes::copy_from_slice(body)));
    *request.method_mut() = Method::from_bytes(&first[..space]).ok()?;
    *request.uri_mut() = Uri::try_from(&first[space + 1..]).ok()?;
    for line in lines.take(64) {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            request.headers_mut().append(name, value);
        }
    }
    Some(request)
}

fn request(bytes: &[u8]) -> bool {
    let Some(request) = parse(bytes) else { return false };
    let is_head = request.method() == Method::HEAD;
    let (runtime, served) = &*NODE;
    let (status, body) = runtime.block_on(async {
        let response = served.call(request).await.unwrap_or_else(|never| match never {});
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.expect("an answer has a whole body").to_bytes();
        (status, body)
    });
    assert!(STATUSES.contains(&status), "status {status}");
    if (200..300).contains(&status) {
        return true;
    }
    if !is_head {
        let problem: serde_json::Value = serde_json::from_slice(&body).expect("a problem is JSON");
        let (code, message) = (problem["error"]["code"].as_str(), problem["error"]["message"].as_str());
        let (code, message) = (code.expect("has a code"), message.expect("has a message"));
        let is_line = !message.chars().any(char::is_control) && message.chars().count() <= 5_000;
        assert!(!code.is_empty() && is_line, "{code}: {message:?}");
        assert_ne!((code, status), (Code::Stopping.as_str(), 503), "the node fails by a request: {message}");
    }
    false
}

fn seeds() -> Vec<Vec<u8>> {
    let ledger = recorded();
    let paths = [
        "/v1/status",
        "/v1/health",
        "/v1/live",
        "/v1/ready",
        "/v1/policy",
        "/v1/genesis",
        "/metrics",
        "/v1/checkpoint",
        "/v1/entries",
        "/v1/entries?from=1&limit=2",
        "/v1/entries/3",
        "/v1/entries/99999999999999999999",
        "/v1/receipts/3",
        "/v1/receipts/0",
        "/v1/checkpoint/consistency?old=2&new=5",
        "/v1/checkpoint/consistency?old=1&new=18446744073709551615",
        "/v1/entries?from=18446744073709551615",
        "/nothing",
        "/v1/entries/%ff",
    ];
    let mut seeds: Vec<Vec<u8>> = paths.iter().map(|path| format!("GET {path}\nhost: localhost\n\n").into_bytes()).collect();
    let entry = ledger.entry(3).ok().flatten().unwrap_or_default();
    let hex = |start: &str| entry.split(start).nth(1).map(|rest| rest.chars().take(64).collect::<String>()).unwrap_or_default();
    let id = hex("\"transaction\":\"sha256:");
    let file = hex("\"digests\":[\"sha256:");
    seeds.push(format!("GET /v1/digests/{file}?from=0&limit=1\nhost: localhost\n\n").into_bytes());
    seeds.push(format!("GET /v1/transactions/{id}?wait_ms=5\nhost: localhost\n\n").into_bytes());
    seeds.push(format!("GET /v1/transactions/{}?wait_ms=60000\nhost: localhost\n\n", "0".repeat(64)).into_bytes());
    seeds.push(b"GET /v1/status\nhost: court.example\n\n".to_vec());
    seeds.push(b"POST /v1/transactions\nhost: [::1]\ncontent-type: text/plain\n\n{}".to_vec());
    seeds.push(b"DELETE /v1/entries\nhost: localhost\n\n".to_vec());
    seeds.push(b"HEAD /v1/entries\nhost: localhost\n\n".to_vec());
    for text in vectors::texts("transaction.json") {
        seeds.push([b"POST /v1/transactions?wait_ms=1\nhost: localhost\ncontent-type: application/json\n\n", &text[..]].concat());
    }
    seeds
}
