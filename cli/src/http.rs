//! Asking nodes over HTTP: the next one when one is down.
//!
//! In: URLs, paths, bodies. Out: answers by status, or the failure of R1 in words. Always: an answer's length is bounded; every
//! request has a time limit; a node on this machine is never asked through a proxy. Not for believing answers: receipts are checked.

pub mod answer;

use crate::failure::{Exit, Failure, usage};
use crate::files;
use serde::de::DeserializeOwned;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Longest answer that is read: a thousand receipts of a large network.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How long a node has to accept a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a node has to answer what it can answer at once.
pub const PROMPT: Duration = Duration::from_secs(10);

/// A node, with its kept connections.
pub struct Node {
    url: String,
    agent: ureq::Agent,
}

/// An answer of any status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
}

/// A node did not answer.
#[derive(Debug)]
pub struct NoAnswer {
    /// Whom was asked.
    pub url: String,
    /// Why there is no answer, in words.
    pub reason: String,
}

/// The nodes to ask, in the order given; the one that answered last is asked first.
pub struct Client {
    nodes: Vec<Node>,
    current: AtomicUsize,
}

impl Node {
    /// A node at `http://host:port` or `https://…`.
    ///
    /// # Errors
    /// Usage.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        let url = url.trim_end_matches('/');
        let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
        let Some(host) = host.filter(|host| !host.is_empty() && !url.contains(char::is_whitespace)) else {
            return Err(usage(format!("{url:?} is not a node's URL; it looks like http://127.0.0.1:8600")));
        };
        let local = ["127.", "localhost", "[::1]"].iter().any(|start| host.starts_with(start));
        let builder = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT))
            .user_agent(concat!("courtseal/", env!("CARGO_PKG_VERSION")));
        let builder = if local { builder.proxy(None) } else { builder };
        Ok(Self { url: url.to_owned(), agent: builder.build().new_agent() })
    }

    /// The URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `GET`.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub fn get(&self, path: &str, limit: Duration) -> Result<Answer, NoAnswer> {
        let request = self.agent.get(format!("{}{path}", self.url)).config().timeout_global(Some(limit)).build();
        self.read(request.call())
    }

    /// `POST` of JSON.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub fn post(&self, path: &str, body: &[u8], limit: Duration) -> Result<Answer, NoAnswer> {
        let request = self.agent.post(format!("{}{path}", self.url)).config().timeout_global(Some(limit)).build();
        self.read(request.header("content-type", "application/json").send(body))
    }

    fn read(&self, response: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Answer, NoAnswer> {
        let no_answer = |error: ureq::Error| NoAnswer { url: self.url.clone(), reason: words(&error) };
        let mut response = response.map_err(no_answer)?;
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(ANSWER_BYTES_MAX).read_to_vec().map_err(no_answer)?;
        Ok(Answer { status, body })
    }
}

fn words(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(error) => files::reason(error),
        ureq::Error::Timeout(_) => "no answer in time".to_owned(),
        ureq::Error::HostNotFound => "no such host".to_owned(),
        ureq::Error::BodyExceedsLimit(_) => "the answer is too long".to_owned(),
        _ => "it does not speak HTTP as a node does".to_owned(),
    }
}

/// A node's words on one line of bounded length.
fn bounded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(500).collect()
}

impl Answer {
    /// The body as JSON of a known shape.
    ///
    /// # Errors
    /// [`Failure`]: the node's answer is not what the RPC says.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body)
            .map_err(|_| Failure::new(Exit::Unreachable, "the node's answer is not that of a Courtseal node"))
    }

    /// The error of R1 that the answer carries: code and message.
    pub fn error(&self) -> (String, String) {
        match serde_json::from_slice::<answer::Refused>(&self.body) {
            Ok(answer::Refused { error }) => (bounded(&error.code), bounded(&error.message)),
            Err(_) => ("unknown".to_owned(), format!("HTTP status {}", self.status)),
        }
    }

    /// The error as a failure: codes of passing states are *unreachable*, the others *refused*.
    pub fn failure(&self, url: &str) -> Failure {
        let (code, message) = self.error();
        let exit = match code.as_str() {
            "busy" | "no-quorum" | "timeout" | "too-many" | "stopping" | "unknown" => Exit::Unreachable,
            "not-found" => Exit::Invalid,
            _ => Exit::Refused,
        };
        Failure::new(exit, format!("{url} answers: {message} ({code})"))
    }
}

impl Client {
    /// The nodes at these URLs.
    ///
    /// # Errors
    /// Usage.
    pub fn new(urls: &[String]) -> anyhow::Result<Self> {
        let nodes = urls.iter().map(|url| Node::new(url)).collect::<anyhow::Result<Vec<_>>>()?;
        anyhow::ensure!(!nodes.is_empty(), usage("no node is named; give --node URL"));
        Ok(Self { nodes, current: AtomicUsize::new(0) })
    }

    /// The node to ask first.
    pub fn node(&self) -> &Node {
        &self.nodes[self.current.load(Ordering::Relaxed) % self.nodes.len()]
    }

    /// All nodes.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Turns to the next node.
    pub fn turn(&self) {
        self.current.fetch_add(1, Ordering::Relaxed);
    }

    /// `GET` from the first node that answers and is not in a passing state, such as too much to do.
    ///
    /// # Errors
    /// [`Failure`]: none answers, or the answer is an error.
    pub fn get(&self, path: &str) -> Result<Answer, Failure> {
        let (mut silent, mut passing) = (Vec::new(), None);
        for _ in 0..self.nodes.len() {
            match self.node().get(path, PROMPT) {
                Ok(answer) if (200..300).contains(&answer.status) => return Ok(answer),
                Ok(answer) => match answer.failure(self.node().url()) {
                    failure if failure.exit == Exit::Unreachable => passing = Some(failure),
                    failure => return Err(failure),
                },
                Err(error) => silent.push(error),
            }
            self.turn();
        }
        Err(passing.unwrap_or_else(|| none_answers(&silent)))
    }
}

/// No node answered.
pub fn none_answers(silent: &[NoAnswer]) -> Failure {
    let list: Vec<String> = silent.iter().map(|error| format!("{}: {}", error.url, error.reason)).collect();
    Failure::new(Exit::Unreachable, format!("no node answers ({})", list.join("; ")))
        .next("check the URL and that the node runs, or name another one with --node")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        assert_eq!(Node::new("http://127.0.0.1:8600/").unwrap().url(), "http://127.0.0.1:8600");
        for bad in ["127.0.0.1:8600", "http://", "ftp://a", "http://a b", ""] {
            assert!(Node::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn r1_codes_become_exit_codes() {
        let exit = |code: &str| {
            let body = format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#).into_bytes();
            Answer { status: 400, body }.failure("u").exit
        };
        assert_eq!(["busy", "no-quorum", "timeout", "too-many", "stopping"].map(exit), [Exit::Unreachable; 5]);
        assert_eq!(
            [
                "malformed",
                "too-large",
                "wrong-network",
                "unregistered",
                "bad-signature",
                "expired",
                "not-after-too-far",
                "unfounded",
                "already-stated"
            ]
            .map(exit),
            [Exit::Refused; 9]
        );
        let page = Answer { status: 502, body: b"<html>".to_vec() }.failure("u");
        assert_eq!((page.exit, page.message.as_str()), (Exit::Unreachable, "u answers: HTTP status 502 (unknown)"));
    }

    #[test]
    fn nobody_listens() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let client = Client::new(&[format!("http://127.0.0.1:{port}")]).unwrap();
        let failure = client.get("/v1/status").unwrap_err();
        assert_eq!(failure.exit, Exit::Unreachable);
        assert!(failure.message.contains("connection refused"), "{failure}");
    }
}
