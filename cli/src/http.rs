//! Asking nodes over HTTP: the next one, at once, when one is down, slow or answers wrongly.
//!
//! In: URLs, paths, bodies. Out: answers by status, or the failure of R1 in words. Always: an answer's length is bounded; time limits (K6) are for silence, not for
//! length; a node on this machine is never asked through a proxy. Not for believing answers: whoever asks judges them.

pub mod answer;
mod roots;
pub mod url;

use crate::failure::{Exit, Failure, usage};
use crate::files;
use crate::print;
use serde::de::DeserializeOwned;
use std::io::Read;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use ureq::tls::TlsConfig;

/// Longest answer that is read: a thousand receipts of a large network.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// How long a node has to accept a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a node may be silent when it has all that it needs for its answer.
const SILENCE: Duration = Duration::from_secs(10);
/// The slowest line on which a request is sent: so many bytes a second, or it counts as silence.
const SENDING_BYTES_PER_S_MIN: u64 = 4 * 1024;
/// How fast an answer must come for its node to be waited for before the next one is asked too.
const COMING_BYTES_PER_S_MIN: u64 = 1024;
/// What an answer must bring in each [`PACE_WINDOW`]; less is silence.
const PACE_BYTES_MIN: u64 = COMING_BYTES_PER_S_MIN * PACE_WINDOW.as_secs();
const PACE_WINDOW: Duration = Duration::from_secs(20);
/// How long an answer that is short by its kind may take in all.
const SHORT: Duration = Duration::from_secs(30);
/// How long an answer may be on its way before the next node is asked beside it, however fast it comes.
pub const COMING_MAX: Duration = Duration::from_secs(30);
/// How long the first answer of a node may take before the next one is asked too.
const PATIENCE_FIRST: Duration = Duration::from_secs(1);
/// The shortest such time, however fast a node has answered before.
const PATIENCE_MIN: Duration = Duration::from_millis(250);
/// How many of a node's answers its patience is taken from.
const ANSWERS_KEPT: usize = 15;

/// A node, with its kept connections.
pub struct Node {
    url: String,
    agent: ureq::Agent,
    took: Mutex<Vec<Duration>>,
    /// The answer that is coming: since when, how much of it, and when the last piece came.
    coming: Mutex<Option<(Instant, u64, Instant)>>,
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
#[derive(Clone, Debug)]
pub struct NoAnswer {
    /// Whom was asked.
    pub url: String,
    /// Why there is no answer, in words.
    pub reason: String,
}

/// The nodes to ask, in the order given; the one that answered last is asked first.
pub struct Client {
    nodes: Vec<Arc<Node>>,
    current: AtomicUsize,
}

impl Node {
    /// A node at `http://host:port` or `https://…`.
    ///
    /// # Errors
    /// Usage.
    pub fn new(url: &str, ca: Option<&Path>) -> anyhow::Result<Self> {
        let url = url::of_node(url)?;
        let builder = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .timeout_connect(Some(CONNECT))
            .user_agent(concat!("courtseal/", env!("CARGO_PKG_VERSION")));
        let builder = if url::is_local(&url) { builder.proxy(None) } else { builder };
        let builder = if url.starts_with("https://") {
            builder.tls_config(TlsConfig::builder().root_certs(roots::roots(ca)?).build())
        } else {
            builder
        };
        Ok(Self { url, agent: builder.build().new_agent(), took: Mutex::default(), coming: Mutex::default() })
    }

    /// The URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `GET`; `wait` is how long the node was asked to wait.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub fn get(&self, path: &str, wait: Duration) -> Result<Answer, NoAnswer> {
        let silence = wait + SILENCE;
        let (limit, is_short) = limit(path);
        let request = self.agent.get(format!("{}{path}", self.url)).config();
        let request = request.timeout_per_read(Some(silence)).timeout_recv_response(Some(silence));
        let request = request.timeout_global(is_short.then_some(wait + SHORT)).build();
        self.read(limit, || request.call())
    }

    /// `POST` of JSON; `wait` is how long the node was asked to wait.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub fn post(&self, path: &str, body: &[u8], wait: Duration) -> Result<Answer, NoAnswer> {
        let sending = SILENCE + Duration::from_secs(body.len() as u64 / SENDING_BYTES_PER_S_MIN);
        let request = self.agent.post(format!("{}{path}", self.url)).config();
        // The system takes a body at once, and sends it for as long as the line needs.
        let request = request.timeout_send_body(Some(sending)).timeout_per_read(Some(sending + wait));
        let request = request.timeout_recv_response(Some(sending + wait)).build();
        self.read(limit(path).0, || request.header("content-type", "application/json").send(body))
    }

    fn read(
        &self,
        limit_bytes: u64,
        ask: impl FnOnce() -> Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Answer, NoAnswer> {
        let started = Instant::now();
        let no_answer = |reason: String| NoAnswer { url: self.url.clone(), reason };
        let response = ask().map_err(|error| no_answer(words(&error)))?;
        let status = response.status().as_u16();
        if let Some(to) = response.headers().get("location").filter(|_| (300..400).contains(&status)) {
            let to = bounded(&String::from_utf8_lossy(to.as_bytes()));
            return Err(no_answer(format!("it is elsewhere, at {to}: name that URL")));
        }
        let mut reader = response.into_body().into_reader();
        let (mut body, mut piece, began) = (Vec::new(), vec![0; 64 * 1024], Instant::now());
        let (mut window, mut came) = (began, 0);
        loop {
            let length = match reader.read(&mut piece) {
                Ok(0) => break,
                Ok(length) => length,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(no_answer(in_words(&error))),
            };
            let all = body.len() as u64 + length as u64;
            *self.coming.lock().unwrap_or_else(PoisonError::into_inner) = Some((began, all, Instant::now()));
            body.extend_from_slice(&piece[..length]);
            if body.len() as u64 > limit_bytes {
                return Err(no_answer("the answer is too long".to_owned()));
            }
            came += length as u64;
            if window.elapsed() >= PACE_WINDOW {
                if came < PACE_BYTES_MIN {
                    return Err(no_answer("the answer comes too slowly".to_owned()));
                }
                (window, came) = (Instant::now(), 0);
            }
        }
        let mut took = self.took.lock().unwrap_or_else(PoisonError::into_inner);
        if took.len() == ANSWERS_KEPT {
            took.remove(0);
        }
        took.push(started.elapsed());
        Ok(Answer { status, body })
    }

    /// When a piece of an answer came last, if that was after `since` and it does not come drop by drop.
    pub fn moved_since(&self, since: Instant) -> Option<Instant> {
        let (began, bytes, last) = (*self.coming.lock().unwrap_or_else(PoisonError::into_inner))?;
        (last > since && bytes >= (last - began).as_secs() * COMING_BYTES_PER_S_MIN).then_some(last)
    }

    /// How long to wait for this node before the next one is asked too (K5): twice the median of its earlier answers, or a second.
    pub fn patience(&self) -> Duration {
        let mut took = self.took.lock().unwrap_or_else(PoisonError::into_inner).clone();
        took.sort_unstable();
        took.get(took.len() / 2).map_or(PATIENCE_FIRST, |median| (*median * 2).max(PATIENCE_MIN))
    }
}

/// The longest answer to a request, in bytes, and whether it is a short one by its kind (rpc.md).
fn limit(path: &str) -> (u64, bool) {
    const SHORT_BYTES_MAX: u64 = 1024 * 1024;
    let is_long = ["/v1/transactions", "/v1/entries?", "/v1/genesis"].iter().any(|long| path.starts_with(long));
    if is_long { (ANSWER_BYTES_MAX, false) } else { (SHORT_BYTES_MAX, true) }
}

/// What went wrong while an answer was read.
fn in_words(error: &std::io::Error) -> String {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>()) {
        Some(error) => words(error),
        None => files::reason(error),
    }
}

fn words(error: &ureq::Error) -> String {
    let text = error.to_string();
    if text.contains("peer certificate") {
        let why = text.rsplit(": ").next().unwrap_or_default();
        return format!("its certificate is not believed here ({why}); name the file of the authority that signed it with --ca");
    }
    match error {
        ureq::Error::Io(error) => files::reason(error),
        ureq::Error::Timeout(_) => "no answer in time".to_owned(),
        ureq::Error::HostNotFound => "no such host".to_owned(),
        ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => {
            "the proxy that http_proxy or https_proxy names does not answer".to_owned()
        }
        ureq::Error::BodyExceedsLimit(_) => "the answer is too long".to_owned(),
        _ => "it does not speak HTTP as a node does".to_owned(),
    }
}

/// A node's words on one line of bounded length, without what moves or turns text.
pub fn bounded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !print::reorders(*c)).take(500).collect()
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

    /// The answer, if it is one of success.
    ///
    /// # Errors
    /// [`Failure`]: the error of R1 that it carries.
    pub fn success(self, node: &Node) -> Result<Self, Failure> {
        if (200..300).contains(&self.status) { Ok(self) } else { Err(self.failure(node.url())) }
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
    /// The nodes at these URLs; one that is named twice counts once.
    ///
    /// # Errors
    /// Usage.
    pub fn new(urls: &[String], ca: Option<&Path>) -> anyhow::Result<Self> {
        let mut nodes: Vec<Arc<Node>> = Vec::new();
        for url in urls {
            let node = Node::new(url, ca)?;
            if nodes.iter().all(|other| other.url != node.url) {
                nodes.push(Arc::new(node));
            }
        }
        anyhow::ensure!(!nodes.is_empty(), usage("no node is named; give --node URL"));
        Ok(Self { nodes, current: AtomicUsize::new(0) })
    }

    /// All nodes, the one to ask first at the beginning.
    pub fn in_turn(&self) -> Vec<Arc<Node>> {
        let first = self.current.load(Ordering::Relaxed) % self.nodes.len();
        self.nodes[first..].iter().chain(&self.nodes[..first]).cloned().collect()
    }

    /// All nodes.
    pub fn nodes(&self) -> &[Arc<Node>] {
        &self.nodes
    }

    /// Asks this node first from now on.
    pub fn prefer(&self, node: &Node) {
        if let Some(place) = self.nodes.iter().position(|other| other.url == node.url) {
            self.current.store(place, Ordering::Relaxed);
        }
    }

    /// `GET` from one node after another, until one gives an answer that `judge` takes; a node that is slow is not waited for before the next one is asked.
    ///
    /// # Errors
    /// [`Failure`]: what `judge` said of the first answer that was no use, or that no node answers.
    pub fn get<T>(&self, path: &str, mut judge: impl FnMut(&Node, Answer) -> Result<T, Failure>) -> Result<T, Failure> {
        let (sender, answers) = channel::<(Arc<Node>, Result<Answer, NoAnswer>)>();
        let mut waiting = self.in_turn().into_iter();
        let (mut asked, mut patience) = (0_usize, Duration::ZERO);
        let (mut silent, mut refused) = (Vec::new(), None);
        loop {
            let next = match answers.recv_timeout(patience) {
                Ok((node, Ok(answer))) => {
                    asked -= 1;
                    match judge(&node, answer) {
                        Ok(taken) => {
                            self.prefer(&node);
                            return Ok(taken);
                        }
                        Err(failure) => refused = refused.or(Some(failure)),
                    }
                    waiting.next()
                }
                Ok((_, Err(no_answer))) => {
                    asked -= 1;
                    silent.push(no_answer);
                    waiting.next()
                }
                Err(RecvTimeoutError::Timeout) => waiting.next(),
                Err(RecvTimeoutError::Disconnected) => None,
            };
            match next {
                Some(node) => {
                    patience = node.patience();
                    asked += 1;
                    let (sender, path) = (sender.clone(), path.to_owned());
                    std::thread::spawn(move || {
                        let answer = node.get(&path, Duration::ZERO);
                        // Nobody listens any more once another node has answered.
                        let _ = sender.send((Arc::clone(&node), answer));
                    });
                }
                None if asked == 0 => return Err(refused.unwrap_or_else(|| none_answers(&silent))),
                None => patience = SILENCE,
            }
        }
    }

    /// As [`Client::get`], taking any answer of success.
    ///
    /// # Errors
    /// As [`Client::get`].
    pub fn get_any(&self, path: &str) -> Result<(Arc<Node>, Answer), Failure> {
        let found = self.get(path, |node, answer| answer.success(node).map(|answer| (node.url.clone(), answer)))?;
        let node = self.nodes.iter().find(|node| node.url == found.0).unwrap_or(&self.nodes[0]);
        Ok((Arc::clone(node), found.1))
    }

    /// Asks all nodes at once; their answers in the order in which the nodes were named.
    pub fn all<T: Send>(&self, ask: impl Fn(&Node) -> T + Sync) -> Vec<T> {
        std::thread::scope(|scope| {
            let asked: Vec<_> = self.nodes.iter().map(|node| scope.spawn(|| ask(node))).collect();
            asked.into_iter().map(|asked| asked.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
        })
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
        let client = Client::new(&[format!("http://127.0.0.1:{port}")], None).unwrap();
        let failure = client.get_any("/v1/status").err().unwrap();
        assert_eq!(failure.exit, Exit::Unreachable);
        assert!(failure.message.contains("connection refused"), "{failure}");
    }
}
