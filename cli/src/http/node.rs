//! One node, and its kept connections.
//!
//! In: a path, perhaps a body. Out: an answer of any status, or why there is none. Always: limits of time are
//! for silence (K6); an answer's length is bounded by its kind. Not for asking another node: see
//! [`super::Client`].

use super::reply::{Answer, NoAnswer, bounded};
use super::{roots, url};
use crate::files;
use courtseal_api::Request;
use std::io::Read;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use ureq::tls::TlsConfig;

/// Longest answer that is read: a thousand receipts of a large network.
const ANSWER_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Longest answer that is short by its kind.
const SHORT_BYTES_MAX: u64 = 1024 * 1024;
/// How long a node has to accept a connection.
const CONNECT: Duration = Duration::from_secs(3);
/// How long a node may be silent when it has all that it needs for its answer.
pub const SILENCE: Duration = Duration::from_secs(10);
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

    /// The node's URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// `GET`; `wait` is how long the node was asked to wait.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub fn get(&self, asked: &Request, wait: Duration) -> Result<Answer, NoAnswer> {
        let silence = wait + SILENCE;
        let is_short = !asked.route.row().is_long;
        let request = self.agent.get(format!("{}{}", self.url, asked.path)).config();
        let request = request.timeout_per_read(Some(silence)).timeout_recv_response(Some(silence));
        let request = request.timeout_global(is_short.then_some(wait + SHORT)).build();
        self.read(limit_bytes(asked), || request.call())
    }

    /// `POST` of JSON; `wait` is how long the node was asked to wait.
    ///
    /// # Errors
    /// [`NoAnswer`].
    pub fn post(&self, asked: &Request, body: &[u8], wait: Duration) -> Result<Answer, NoAnswer> {
        let sending = SILENCE + Duration::from_secs(body.len() as u64 / SENDING_BYTES_PER_S_MIN);
        let request = self.agent.post(format!("{}{}", self.url, asked.path)).config();
        // The system takes a body at once, and sends it for as long as the line needs.
        let request = request.timeout_send_body(Some(sending)).timeout_per_read(Some(sending + wait));
        let request = request.timeout_recv_response(Some(sending + wait)).build();
        self.read(limit_bytes(asked), || request.header("content-type", "application/json").send(body))
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

    /// How long to wait for this node before the next one is asked too (K5): twice the median of its earlier
    /// answers, or a second.
    pub fn patience(&self) -> Duration {
        let mut took = self.took.lock().unwrap_or_else(PoisonError::into_inner).clone();
        took.sort_unstable();
        took.get(took.len() / 2).map_or(PATIENCE_FIRST, |median| (*median * 2).max(PATIENCE_MIN))
    }
}

/// The longest answer to a request, in bytes (K6).
fn limit_bytes(request: &Request) -> u64 {
    if request.route.row().is_long { ANSWER_BYTES_MAX } else { SHORT_BYTES_MAX }
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
