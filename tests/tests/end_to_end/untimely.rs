//! A court whose clock is wrong rejects good requests as expired or too far ahead.
//!
//! In: false nodes that reject with these codes.
//! Out: failures that show what the program printed.
//! Always: a client that knows other nodes asks them. If nobody else can be asked, it reports the rejection;
//! if nobody else answers, it keeps the request.
//! Not for other false rejections: see `tests/tests/false_nodes/refusals.rs`.

use crate::{file, with};
use courtseal_api::Code;
use courtseal_api::answer::ErrorAnswer;
use courtseal_tests::network::LocalNetwork;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

/// An HTTP answer with an error of R1.
fn answer(code: Code) -> String {
    let body = serde_json::to_string(&ErrorAnswer::new(code, "by its own clock")).unwrap();
    let (status, length) = (code.status(), body.len());
    format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

/// Reads a whole request, so that closing does not reset the connection before the client has read the
/// answer.
fn request(caller: &mut TcpStream) -> String {
    let (mut heard, mut piece) = (Vec::new(), [0; 4096]);
    while let Ok(length @ 1..) = caller.read(&mut piece) {
        heard.extend_from_slice(&piece[..length]);
        let text = String::from_utf8_lossy(&heard).to_ascii_lowercase();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let expected = head.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        if body.len() >= expected.unwrap_or(0) {
            break;
        }
    }
    String::from_utf8_lossy(&heard).into_owned()
}

/// Starts a node that rejects every transaction with this error and knows no transaction, until the test
/// ends.
fn refusing(code: Code) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut caller in listener.incoming().flatten() {
            let is_new = request(&mut caller).starts_with("POST");
            let answer = answer(if is_new { code } else { Code::NotFound });
            let _ = caller.write_all(answer.as_bytes());
        }
    });
    url
}

#[test]
fn one_court_alone_is_not_believed_about_the_time() {
    let network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let policy = network.policy().as_os_str();
    for code in [Code::Expired, Code::NotAfterTooFar] {
        let wrong = refusing(code);
        let path = file(&desk, code.as_str(), code.as_str());
        let asked = ["--policy".as_ref(), policy, path.as_os_str()];
        network.notarize_at(&[wrong.clone(), network.urls()[0].clone()], &asked).unwrap().exits(0);
        assert!(with(&path, ".tlog-proof").is_file());
        // The client knows no other node.
        let path = file(&desk, &format!("{code} alone"), code.as_str());
        let asked = ["--policy".as_ref(), policy, path.as_os_str()];
        network.notarize_at(std::slice::from_ref(&wrong), &asked).unwrap().exits(5);
        // No other node answers, so the request is kept.
        let path = file(&desk, &format!("{code} down"), code.as_str());
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let asked = ["--timeout".as_ref(), "2".as_ref(), "--policy".as_ref(), policy, path.as_os_str()];
        network.notarize_at(&[wrong, format!("http://{nobody}")], &asked).unwrap().exits(3).says(&[".pending"]);
        assert!(with(&path, ".pending").is_file());
    }
}
