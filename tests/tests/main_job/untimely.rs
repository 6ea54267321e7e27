//! A court whose clock is wrong takes good requests for outdated, or for ones of tomorrow: a client that knows others asks them, and one that knows no other is refused.

use crate::{file, with};
use courtseal_tests::network::LocalNetwork;
use std::io::{Read, Write};
use std::net::TcpListener;

/// A node that answers everything with this error, until the test ends.
fn refusing(status: &str, code: &str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let body = format!(r#"{{"error":{{"code":"{code}","message":"by its own clock"}}}}"#);
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    std::thread::spawn(move || {
        for mut caller in listener.incoming().flatten() {
            // The whole request is read, so that closing does not reset the connection before the answer is heard.
            let (mut heard, mut piece) = (Vec::new(), [0; 4096]);
            while let Ok(length @ 1..) = caller.read(&mut piece) {
                heard.extend_from_slice(&piece[..length]);
                let text = String::from_utf8_lossy(&heard).to_ascii_lowercase();
                let Some((start, rest)) = text.split_once("\r\n\r\n") else { continue };
                let expected =
                    start.split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok()).unwrap_or(0);
                if rest.len() >= expected {
                    break;
                }
            }
            let _ = caller.write_all(format!("{head}{body}").as_bytes());
        }
    });
    url
}

#[test]
fn one_court_alone_is_not_believed_about_the_time() {
    let network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let policy = network.policy().as_os_str();
    for (status, code) in [("410 Gone", "expired"), ("422 Unprocessable Entity", "not-after-too-far")] {
        let wrong = refusing(status, code);
        let path = file(&desk, code, code);
        let asked = ["--policy".as_ref(), policy, path.as_os_str()];
        network.notarize_at(&[wrong.clone(), network.urls()[0].clone()], &asked).unwrap().exits(0);
        assert!(with(&path, ".tlog-proof").is_file());
        // Nobody else to ask.
        let path = file(&desk, &format!("{code} alone"), code);
        let asked = ["--policy".as_ref(), policy, path.as_os_str()];
        network.notarize_at(&[wrong.clone()], &asked).unwrap().exits(5);
        // Nobody else answers: the request is kept.
        let path = file(&desk, &format!("{code} down"), code);
        let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let asked = ["--timeout".as_ref(), "2".as_ref(), "--policy".as_ref(), policy, path.as_os_str()];
        network.notarize_at(&[wrong, format!("http://{nobody}")], &asked).unwrap().exits(3).says(&[".pending"]);
        assert!(with(&path, ".pending").is_file());
    }
}
