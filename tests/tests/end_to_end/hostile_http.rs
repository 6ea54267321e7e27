//! HTTP that no honest client sends: too large, too deep, malformed or slow requests, and strangers at the
//! courts' own ports.
//!
//! In: such requests and connections.
//! Out: failures that show the answers.
//! Always: each request is rejected, and the court serves honest clients afterwards.
//! Not for floods: see the suite `floods`.

use courtseal_api::Code;
use courtseal_tests::http;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::raw::{self, exchange};
use std::io::Write;
use std::net::TcpStream;

const LIMIT_BYTES: usize = 4 * 1024 * 1024;

fn serves(network: &LocalNetwork) {
    let path = network.desk().unwrap().join(format!("{}", network.status(0).unwrap()["size"]));
    std::fs::write(&path, path.to_str().unwrap()).unwrap();
    network.notarize(&[&path]).unwrap().exits(0);
}

#[test]
fn bodies() {
    let network = LocalNetwork::start(4).unwrap();
    let url = &network.urls()[0];
    let post = |body: &[u8]| http::post(url, "/v1/transactions", body).unwrap();
    let large = post(&vec![b' '; LIMIT_BYTES + 1]);
    assert_eq!((large.status, large.code()), (413, Some(Code::TooLarge)), "{large:?}");
    let largest = post(&vec![b' '; LIMIT_BYTES]);
    assert_eq!((largest.status, largest.code()), (400, Some(Code::Malformed)), "{largest:?}");
    for depth in [17, 1_000, LIMIT_BYTES / 2 - 1] {
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let depth = depth.min(LIMIT_BYTES / (open.len() + close.len()) - 2);
            let deep = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let answer = post(deep.as_bytes());
            assert_eq!((answer.status, answer.code()), (400, Some(Code::Malformed)), "depth {depth}: {answer:?}");
        }
    }
    // A chunked body that is longer than the limit.
    let mut chunked =
        b"POST /v1/transactions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
            .to_vec();
    for _ in 0..5 {
        chunked.extend_from_slice(b"100000\r\n");
        chunked.extend(std::iter::repeat_n(b'[', 0x10_0000));
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    assert!(matches!(exchange(url, &chunked).unwrap(), Some(413) | None));
    serves(&network);
}

#[test]
fn paths_and_methods() {
    let network = LocalNetwork::start(4).unwrap();
    let url = &network.urls()[0];
    for (path, status, code) in [
        ("/", 404, Code::NotFound),
        ("/v1", 404, Code::NotFound),
        ("/v2/status", 404, Code::NotFound),
        ("/v1/entries/3", 404, Code::NotFound),
        ("/v1/entries/99999999999999999999", 404, Code::NotFound),
        ("/v1/entries/-1", 400, Code::Malformed),
        ("/v1/entries/x", 400, Code::Malformed),
        ("/v1/entries?from=0&limit=1001", 400, Code::Malformed),
        ("/v1/entries?from=x", 400, Code::Malformed),
        ("/v1/entries/%ff", 400, Code::Malformed),
        ("/v1/receipts/3", 404, Code::NotFound),
        ("/v1/receipts/9007199254740993", 404, Code::NotFound),
        ("/v1/digests/abc", 400, Code::Malformed),
        ("/v1/transactions/abc", 400, Code::Malformed),
        ("/v1/transactions/../status", 404, Code::NotFound),
        ("/v1/checkpoint/consistency?old=3&new=2", 400, Code::Malformed),
        ("/v1/checkpoint/consistency?old=1&new=999", 404, Code::NotFound),
        ("/v1/checkpoint/consistency", 400, Code::Malformed),
        ("/v1/transactions", 405, Code::WrongMethod),
    ] {
        let raw = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let answer = http::get(url, path).unwrap();
        if path.contains("..") {
            assert!(matches!(exchange(url, raw.as_bytes()).unwrap(), Some(400 | 404)), "{path}");
            continue;
        }
        assert_eq!((answer.status, answer.code()), (status, Some(code)), "{path}: {answer:?}");
    }
    for wait in ["60001", "-1", "x", "18446744073709551616"] {
        let answer = http::post(url, &format!("/v1/transactions?wait_ms={wait}"), b"{}").unwrap();
        assert_eq!((answer.status, answer.code()), (400, Some(Code::Malformed)), "{wait}");
    }
    for method in ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "BREW"] {
        let request = format!("{method} /v1/transactions HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        assert_eq!(exchange(url, request.as_bytes()).unwrap(), Some(405), "{method}");
    }
    serves(&network);
}

#[test]
fn malformed_and_slow_clients_and_strangers() {
    let network = LocalNetwork::start(4).unwrap();
    let url = network.urls()[0].clone();
    // Half a head and half bodies, from most of the clients that a court serves at once from one address;
    // these clients then stay silent.
    let mut silent: Vec<TcpStream> = Vec::new();
    for number in 0..200 {
        let mut stream = raw::connect(&url).unwrap();
        let body: &[u8] = b"POST /v1/transactions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{";
        raw::send(&mut stream, if number == 0 { b"GET /v1/status HTTP/1.1\r\nhost" } else { body });
        silent.push(stream);
    }
    for bytes in [
        &b"\r\n\r\n"[..],
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /v1/transactions HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/transactions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"GET /v1/status HTTP/1.1\r\nhost: localhost\r\nx: \xff\x00\r\n\r\n",
    ] {
        let mut stream = raw::connect(&url).unwrap();
        raw::send(&mut stream, bytes);
        // A node waits for the rest of an incomplete request, so the client closes its side.
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        assert!(!matches!(raw::answer(&mut stream).unwrap(), Some(200..400)), "{bytes:?}");
    }
    let huge =
        [b"GET /v1/status HTTP/1.1\r\nhost: localhost\r\nx: ".to_vec(), vec![b'a'; 1024 * 1024], b"\r\n\r\n".to_vec()].concat();
    assert!(matches!(exchange(&url, &huge).unwrap(), Some(400..500) | None));
    let many = format!("GET /v1/status HTTP/1.1\r\nhost: localhost\r\n{}\r\n", "a: b\r\n".repeat(10_000));
    assert!(matches!(exchange(&url, many.as_bytes()).unwrap(), Some(400..500) | None));
    // N1: unauthenticated connections to the courts' own ports.
    let genesis = std::fs::read_to_string(&network.listing().genesis).unwrap();
    for part in genesis.split("/tcp/").skip(1) {
        let port: u16 = part.split('"').next().unwrap().parse().unwrap();
        let mut stranger = TcpStream::connect(("127.0.0.1", port)).unwrap();
        let _ = stranger.write_all(&[&b"\x13/multistream/1.0.0\n\x07/noise\n"[..], &[0xff; 4096]].concat());
    }
    // Honest clients are served meanwhile, here and at the other courts.
    serves(&network);
    assert!(network.status(0).is_some());
    // In the end the node closes the silent connections.
    for stream in [0, 1] {
        assert!(!matches!(raw::answer(&mut silent[stream]).unwrap(), Some(200..400)));
    }
    drop(silent);
    serves(&network);
}
