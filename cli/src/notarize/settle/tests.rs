//! When a request is gone and when it is recorded, by the word of nodes of which some lie.

use super::*;
use courtseal_fixtures::Network;
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::log::checkpoint::Checkpoint;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::LazyLock;

const NOT_AFTER: Timestamp = Timestamp(1_800_000_000_000);

static NETWORK: LazyLock<Network> = LazyLock::new(|| Network::of(4));

/// A checkpoint that three of four courts cosigned so many seconds after the request's time.
fn checkpoint(after_s: i64) -> String {
    let checkpoint = Checkpoint { origin: NETWORK.origin.clone(), size: 3, root: sha256(b"root") };
    let time_s = (NOT_AFTER.0 / 1000).saturating_add_signed(after_s);
    NETWORK.cosigned(checkpoint, time_s, 0).note().to_string()
}

/// A node that shows this checkpoint, and answers this about every transaction.
fn node(checkpoint: String, status: u16, about: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut caller in listener.incoming().flatten() {
            let mut line = String::new();
            BufReader::new(&mut caller).read_line(&mut line).unwrap();
            let (status, body) = if line.contains("checkpoint") { (200, &checkpoint) } else { (status, &about) };
            let _ = write!(caller, "HTTP/1.1 {status} x\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            let _ = caller.shutdown(std::net::Shutdown::Write);
            let _ = caller.read_to_end(&mut Vec::new());
        }
    });
    url
}

fn id() -> Digest {
    sha256(b"transaction")
}

fn says(state: &str, receipt: Option<&str>) -> String {
    let entries: Vec<_> = receipt.iter().map(|receipt| serde_json::json!({"receipt": receipt})).collect();
    serde_json::json!({"transaction": id().tagged(), "state": state, "entries": entries}).to_string()
}

/// What becomes of the request at these nodes; the check takes the receipt "good" alone.
fn settle(urls: &[String]) -> Result<Option<String>, Failure> {
    let client = Client::new(urls, None).unwrap();
    let check = |receipts: Vec<String>| match &receipts[..] {
        [good] if good == "good" => Ok(good.clone()),
        _ => Err("bad".to_owned()),
    };
    let policy = HeldPolicy::new(NETWORK.policy.as_bytes());
    let needed = 2.min(urls.len());
    Overdue { client: &client, policy: &policy, id: id(), not_after: NOT_AFTER, needed, check: &check }.settle()
}

#[test]
fn k3_gone_takes_more_nodes_than_may_lie_and_signatures_after_its_time() {
    let gone = || node(checkpoint(61), 404, says("unknown", None));
    let early = || node(checkpoint(60), 404, says("unknown", None));
    assert_eq!(settle(&[gone(), gone()]), Ok(None));
    assert_eq!(settle(&[gone(), early(), gone()]), Ok(None));
    let kept = settle(&[gone(), early()]).unwrap_err();
    assert!(kept.exit == Exit::Unreachable && kept.message.contains("signed nothing since"), "{kept}");
    assert!(settle(&[early(), early()]).is_err());
    // One node alone, if no other is named; one that does not answer is no voice.
    assert_eq!(settle(&[gone()]), Ok(None));
    assert!(settle(&[gone(), "http://127.0.0.1:1".to_owned()]).is_err());
    // A checkpoint that the courts did not sign says nothing.
    let forged = node(checkpoint(61).replace("\n3\n", "\n4\n"), 404, says("unknown", None));
    assert!(settle(&[gone(), forged]).unwrap_err().message.contains("no checkpoint that holds"));
}

#[test]
fn k3_recorded_is_receipts_whoever_says_otherwise() {
    let gone = || node(checkpoint(61), 404, says("unknown", None));
    let recorded = |receipt| node(checkpoint(-100), 200, says("recorded", Some(receipt)));
    assert_eq!(settle(&[gone(), gone(), recorded("good")]), Ok(Some("good".to_owned())));
    let lied = settle(&[recorded("bad"), gone()]).unwrap_err();
    assert!(lied.message.contains("do not prove"), "{lied}");
    let waiting = settle(&[gone(), node(checkpoint(61), 200, says("pending", None))]).unwrap_err();
    assert!(waiting.message.contains("not recorded it yet"), "{waiting}");
}
