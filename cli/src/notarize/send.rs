//! Getting a signed transaction recorded: the same bytes, again and again, to one node after another, until a deadline.
//!
//! In: the bytes, their id, the nodes. Out: the receipts' texts, or that it can no longer be recorded, or a failure that says whether it
//! was refused or may still be recorded. Always: nothing but these bytes is sent. Not for believing the receipts.

use crate::failure::{Exit, Failure};
use crate::http::answer::{Status, TransactionState, TransactionStatus};
use crate::http::{Answer, Client, NoAnswer, PROMPT, none_answers};
use crate::print;
use courtseal_proof::digest::Digest;
use std::time::{Duration, Instant};

/// Longest that one request waits for the record; then the next request asks again.
const WAIT: Duration = Duration::from_secs(5);
/// First pause after a node that is busy; doubled each time up to the last.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_LAST: Duration = Duration::from_secs(2);
/// How long courts may be too few before the client gives up, the node's own wait included: a court that restarts is back by then.
const NO_QUORUM_PATIENCE: Duration = Duration::from_secs(5);
/// How long all nodes may be silent before the client gives up.
const SILENCE_PATIENCE: Duration = Duration::from_secs(2);

/// How sending ended.
#[derive(Debug)]
pub enum Sent {
    /// Recorded; the receipts' texts, one a statement.
    Recorded(Vec<String>),
    /// Not recorded, and its time is over: it never will be.
    Expired,
}

/// Sends until the receipts are there, or `timeout` has passed.
///
/// # Errors
/// [`Failure`]: [`Exit::Refused`] if the network refuses it for good; [`Exit::Unreachable`] if it may still be recorded.
pub fn send(client: &Client, text: &str, id: &Digest, timeout: Duration) -> Result<Sent, Failure> {
    Sending {
        client,
        text,
        id,
        deadline: Instant::now() + timeout,
        timeout,
        accepted: false,
        pause: PAUSE_FIRST,
        short_since: None,
        silent: Vec::new(),
        silent_since: None,
        untimely: Vec::new(),
    }
    .run()
}

struct Sending<'a> {
    client: &'a Client,
    text: &'a str,
    id: &'a Digest,
    deadline: Instant,
    timeout: Duration,
    /// Whether the node that is asked now has the transaction.
    accepted: bool,
    pause: Duration,
    short_since: Option<Instant>,
    silent: Vec<NoAnswer>,
    silent_since: Option<Instant>,
    /// Nodes whose clocks refuse it, and what they said.
    untimely: Vec<(String, Answer)>,
}

impl Sending<'_> {
    fn run(mut self) -> Result<Sent, Failure> {
        loop {
            let left = self.deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(self.too_late());
            }
            let asked = Instant::now();
            let answer = match self.ask(left.min(WAIT)) {
                Ok(answer) => answer,
                Err(error) => {
                    self.on_silence(error)?;
                    continue;
                }
            };
            let is_status = (200..300).contains(&answer.status);
            let status = is_status.then(|| answer.json::<TransactionStatus>().ok());
            let useless = match &status {
                // A node of another network says nothing about this transaction.
                None if answer.status == 409 => Some("it is a node of another network"),
                Some(Some(status)) if status.transaction != *self.id => Some("it answers about another transaction"),
                Some(None) => Some("its answer is not that of a Courtseal node"),
                _ => None,
            };
            if let Some(reason) = useless {
                let url = self.client.node().url().to_owned();
                self.on_silence(NoAnswer { url, reason: reason.to_owned() })?;
                continue;
            }
            self.silent.clear();
            self.silent_since = None;
            let sent = match status.flatten() {
                Some(status) => self.on_status(status, asked),
                None => self.on_error(&answer, asked)?,
            };
            if let Some(sent) = sent {
                return Ok(sent);
            }
        }
    }

    fn ask(&self, wait: Duration) -> Result<Answer, NoAnswer> {
        let (node, wait_ms, limit) = (self.client.node(), wait.as_millis(), wait + PROMPT);
        match self.accepted {
            false => node.post(&format!("/v1/transactions?wait_ms={wait_ms}"), self.text.as_bytes(), limit),
            true => node.get(&format!("/v1/transactions/{}?wait_ms={wait_ms}", self.id), limit),
        }
    }

    /// A node did not answer: turn to the next; give up when all have been silent for a while.
    fn on_silence(&mut self, error: NoAnswer) -> Result<(), Failure> {
        self.accepted = false;
        self.silent.retain(|other| other.url != error.url);
        self.silent.push(error);
        let since = *self.silent_since.get_or_insert_with(Instant::now);
        self.client.turn();
        if self.silent.len() >= self.client.nodes().len() {
            if since.elapsed() >= SILENCE_PATIENCE {
                return Err(none_answers(&self.silent));
            }
            self.rest();
        }
        Ok(())
    }

    fn on_status(&mut self, status: TransactionStatus, asked: Instant) -> Option<Sent> {
        self.short_since = None;
        match status.state {
            TransactionState::Recorded => {
                return Some(Sent::Recorded(status.entries.into_iter().map(|entry| entry.receipt).collect()));
            }
            TransactionState::Pending => {
                self.accepted = true;
                // A node that does not wait as it was asked to is not asked without end.
                if asked.elapsed() < PAUSE_FIRST {
                    self.rest();
                }
            }
            TransactionState::Unknown => {
                self.accepted = false;
                self.rest();
            }
        }
        None
    }

    fn on_error(&mut self, answer: &Answer, asked: Instant) -> Result<Option<Sent>, Failure> {
        match answer.error().0.as_str() {
            "timeout" => self.accepted = true,
            // Asked about, but not known here any more: send it again.
            "not-found" if self.accepted => {
                self.accepted = false;
                self.rest();
            }
            "no-quorum" => {
                let since = *self.short_since.get_or_insert(asked);
                if since.elapsed() >= NO_QUORUM_PATIENCE {
                    return Err(self.no_quorum());
                }
                self.rest();
            }
            "busy" | "too-many" | "stopping" | "unknown" => {
                self.accepted = false;
                self.client.turn();
                self.rest();
            }
            "expired" | "not-after-too-far" => return self.on_untimely(answer),
            _ => return Err(Failure { exit: Exit::Refused, ..answer.failure(self.client.node().url()) }),
        }
        Ok(None)
    }

    /// A node refuses it because of the time. One court's clock may be wrong, so only all of them together are believed.
    fn on_untimely(&mut self, answer: &Answer) -> Result<Option<Sent>, Failure> {
        let url = self.client.node().url().to_owned();
        let is_known = self.untimely.iter().any(|(other, _)| *other == url);
        if !is_known {
            self.untimely.push((url, answer.clone()));
        }
        if self.untimely.len() < self.client.nodes().len() {
            self.accepted = false;
            self.client.turn();
            if is_known {
                self.rest();
            }
            return Ok(None);
        }
        match self.untimely.iter().find(|(_, answer)| answer.error().0 != "expired") {
            None => Ok(Some(Sent::Expired)),
            Some((url, answer)) => Err(Failure { exit: Exit::Refused, ..answer.failure(url) }),
        }
    }

    fn rest(&mut self) {
        let left = self.deadline.saturating_duration_since(Instant::now());
        std::thread::sleep(self.pause.min(left));
        self.pause = (self.pause * 2).min(PAUSE_LAST);
    }

    fn no_quorum(&self) -> Failure {
        let reason = status(self.client).and_then(|status| status.reason).map(|reason| format!(": {reason}"));
        Failure::new(Exit::Unreachable, format!("the network has no quorum{}", reason.unwrap_or_default()))
    }

    fn too_late(&self) -> Failure {
        if !self.silent.is_empty() && self.silent.len() >= self.client.nodes().len() {
            return none_answers(&self.silent);
        }
        if let Some((url, answer)) = self.untimely.first().filter(|_| !self.accepted) {
            // Kept: those that do not answer may think otherwise.
            return Failure { exit: Exit::Unreachable, ..answer.failure(url) };
        }
        let within = print::duration(self.timeout);
        let Some(status) = status(self.client) else {
            return Failure::new(Exit::Unreachable, format!("no record within {within}"));
        };
        let url = self.client.node().url();
        match (status.state.as_str(), &status.reason) {
            ("no-quorum", _) => self.no_quorum(),
            ("halted", Some(reason)) => Failure::new(Exit::Unreachable, format!("the network is halted: {reason}")),
            ("stopped", Some(reason)) => Failure::new(Exit::Unreachable, format!("{url} has stopped recording: {reason}"))
                .next("ask another court with --node"),
            (_, reason) => {
                let (up, all) = (status.up(), status.courts.len());
                let why = reason.as_ref().map(|reason| format!("; {url} says: {reason}")).unwrap_or_default();
                Failure::new(Exit::Unreachable, format!("no record within {within} ({up} of {all} courts answer){why}"))
            }
        }
    }
}

/// How the network is, as one node sees it.
fn status(client: &Client) -> Option<Status> {
    client.get("/v1/status").ok()?.json().ok()
}

/// What became of a transaction that a node refuses or that is out of date: every node is asked, since one alone may be wrong or lie.
///
/// # Errors
/// [`Failure`]: no node answers, or the transaction still waits.
pub fn recorded_before(client: &Client, id: &Digest) -> Result<Sent, Failure> {
    let (mut silent, mut is_unknown) = (Vec::new(), false);
    for node in client.nodes() {
        let answer = match node.get(&format!("/v1/transactions/{id}"), crate::http::PROMPT) {
            Ok(answer) => answer,
            Err(no_answer) => {
                silent.push(no_answer);
                continue;
            }
        };
        match answer.json::<TransactionStatus>() {
            Ok(status) if status.state == TransactionState::Recorded => {
                return Ok(Sent::Recorded(status.entries.into_iter().map(|entry| entry.receipt).collect()));
            }
            Ok(_) => {
                let message = format!("{} has the request of before and has not recorded it yet", node.url());
                return Err(Failure::new(Exit::Unreachable, message).next("run the same command again in a moment"));
            }
            Err(_) => is_unknown |= answer.status == 404,
        }
    }
    if is_unknown { Ok(Sent::Expired) } else { Err(crate::http::none_answers(&silent)) }
}
