//! Large answers (R3, R12), and a first node that answers badly.
//!
//! In: transactions with receipts at and above the size of one piece; nodes that send false answers.
//! Out: failures that show the answers.
//! Always: a client that reads gets the whole answer, and `notarize` goes on to the next node.
//! Not for lies about records: see the suite `false_nodes`.

use crate::work;
use courtseal_api::Code;
use courtseal_api::answer::ErrorAnswer;
use courtseal_proof::transaction::Transaction;
use courtseal_tests::evidence::{Signer, statement};
use courtseal_tests::http;
use courtseal_tests::network::LocalNetwork;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn r3_receipts_in_one_piece_and_in_many() {
    let network = LocalNetwork::start(4).unwrap();
    let url = &network.urls()[0];
    let notary = Signer::read(&network.notary()).unwrap();
    let mut index = network.status(0).unwrap()["size"].as_u64().unwrap();
    // At the bound of a piece, one above it, and in several pieces.
    for count in [512, 513, 1_500] {
        let statements = (0..count).map(|n| statement(format!("{count} {n}").as_bytes())).collect();
        let transaction = notary.sign(statements).unwrap();
        let answer = http::post(url, "/v1/transactions?wait_ms=60000", transaction.to_text().as_bytes()).unwrap();
        assert_eq!(answer.status, 200, "{}", answer.body.get(..300).unwrap_or(&answer.body));
        let status = answer.json();
        assert_eq!(
            (&status["state"], &status["transaction"]),
            (&"recorded".into(), &format!("sha256:{}", transaction.id()).into())
        );
        let entries = status["entries"].as_array().unwrap();
        let indices: Vec<u64> = entries.iter().filter_map(|entry| entry["index"].as_u64()).collect();
        assert_eq!(indices, (index..index + count).collect::<Vec<u64>>());
        assert!(
            entries.iter().all(|entry| entry["kind"] == "statement" && entry["receipt"].as_str().unwrap().contains("tlog-proof"))
        );
        let again = http::get(url, &format!("/v1/transactions/{}", transaction.id())).unwrap();
        assert_eq!((again.status, again.json()["entries"].as_array().map(Vec::len)), (200, Some(count as usize)));
        // The end of the block is an entry too.
        index += count + 1;
    }
}

/// Starts a node that computes every answer from head and body; returns how often it was asked too.
fn node_that(answer: impl Fn(&str, &str) -> String + Send + 'static) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            count.fetch_add(1, Ordering::Relaxed);
            let _ = reply(stream, &answer);
        }
    });
    (url, asked)
}

fn reply(mut stream: TcpStream, answer: impl Fn(&str, &str) -> String) -> std::io::Result<()> {
    let (mut read, mut piece) = (Vec::new(), [0; 4_096]);
    loop {
        let text = String::from_utf8_lossy(&read).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse::<usize>().ok());
            if body.len() >= length.unwrap_or(0) {
                return stream.write_all(answer(head, body).as_bytes());
            }
        }
        match stream.read(&mut piece)? {
            0 => return Ok(()),
            length => read.extend_from_slice(&piece[..length]),
        }
    }
}

fn http_answer(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

#[test]
fn the_next_node_is_asked() {
    let network = LocalNetwork::start(4).unwrap();
    let answers = [
        http_answer("200 OK", "{}"),
        http_answer("200 OK", "<html>"),
        http_answer("429 Too Many Requests", &serde_json::json!(ErrorAnswer::new(Code::TooMany, "too much")).to_string()),
        "no HTTP at all\r\n\r\n".to_owned(),
    ];
    for (nth, answer) in answers.into_iter().enumerate() {
        let said = answer.clone();
        let (url, asked) = node_that(move |_, _| said.clone());
        let urls = [vec![url], network.urls()].concat();
        work(&network, &format!("first node {nth}"), 1, &urls);
        let asked = asked.load(Ordering::Relaxed);
        assert!((1..10).contains(&asked), "{answer:?}: asked {asked} times");
    }
}

#[test]
fn a_node_that_does_not_wait_is_not_asked_without_end() {
    let network = LocalNetwork::start(4).unwrap();
    let (url, asked) = node_that(|head, body| {
        let path = head.split_whitespace().nth(1).unwrap_or_default();
        let named = path.trim_start_matches("/v1/transactions/").split('?').next().unwrap_or_default().to_owned();
        let id = Transaction::claim(body.as_bytes()).map_or(named, |claim| claim.id().to_string());
        http_answer("202 Accepted", &format!(r#"{{"transaction":"sha256:{id}","state":"pending"}}"#))
    });
    let file = network.desk().unwrap().join("file.txt");
    std::fs::write(&file, "file").unwrap();
    let options = ["--timeout".as_ref(), "2".as_ref(), "--policy".as_ref(), network.policy().as_os_str(), file.as_os_str()];
    network.notarize_at(&[url], &options).unwrap().exits(3);
    // The pauses start at 0.1 s and double, so five of them fill two seconds.
    let asked = asked.load(Ordering::Relaxed);
    assert!((2..20).contains(&asked), "asked {asked} times");
}
