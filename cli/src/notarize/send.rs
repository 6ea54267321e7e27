//! Getting a signed transaction recorded: the same bytes, to one node after another, until a deadline.
//!
//! In: the bytes, their id, the nodes, a check of receipts. Out: what the check made of the receipts, or a
//! refusal, or a failure after which it may still be recorded. Always: nothing but these bytes is sent, and
//! an answer is a hint until it is proven (K1). *Recorded* means receipts that the check takes. *Refused*
//! means the same refusal from as many nodes as are needed (K2). After any other answer the next node is
//! asked at once (K4). Not for signing, nor for saving receipts.

mod giving_up;
mod voice;

use crate::failure::Failure;
use crate::http::{Answer, COMING_MAX, Client, NoAnswer};
use courtseal_api::answer::{TransactionState, TransactionStatus};
use courtseal_api::{Code, Heard, Request};
use courtseal_proof::bytes::digest::Digest;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use voice::{Voice, Word, on_error};

/// Longest that one request waits for the record; then the next request asks again.
const WAIT: Duration = Duration::from_secs(5);
/// First pause of a node that does not help now; doubled each time up to the last.
const PAUSE_FIRST: Duration = Duration::from_millis(100);
const PAUSE_LAST: Duration = Duration::from_secs(2);
/// A node is given a second more before the next one is asked too, for each so many bytes that are sent to
/// it.
const PATIENT_BYTES: u64 = 64 * 1024;

/// How sending ended.
#[derive(Debug)]
pub enum Sent<T> {
    /// Recorded, and what the check made of the receipts.
    Recorded(T),
    /// As many nodes as are needed refuse it for the same reason.
    Refused(Refused),
}

/// A refusal that is believed.
#[derive(Clone, Debug)]
pub struct Refused {
    /// The code of R1.
    pub code: Heard<Code>,
    /// Who refuses it and why.
    pub message: String,
}

/// A transaction to be recorded.
pub struct Submission<'a, T> {
    /// The nodes to ask.
    pub client: &'a Client,
    /// The bytes to send.
    pub text: &'a str,
    /// The transaction's id.
    pub id: Digest,
    /// When to give up, counted from the last byte that came.
    pub timeout: Duration,
    /// How many nodes must refuse it: one more than may lie, or all that are named.
    pub refusals_needed: usize,
    /// Makes something of the receipts if each proves its statement; else says why not.
    pub check: &'a dyn Fn(Vec<String>) -> Result<T, String>,
}

struct Reply {
    voice: usize,
    asked: Instant,
    answer: Result<Answer, NoAnswer>,
}

impl<T> Submission<'_, T> {
    /// Sends until the receipts are there, or `timeout` has passed.
    ///
    /// # Errors
    /// [`Failure`] of [`crate::failure::Exit::Unreachable`]: it may still be recorded.
    pub fn send(&self) -> Result<Sent<T>, Failure> {
        let (sender, heard) = channel();
        let now = Instant::now();
        let voice =
            |node| Voice { node, word: None, asked: None, last: None, useless_since: None, pause: PAUSE_FIRST, not_before: now };
        let voices = self.client.in_turn().into_iter().map(voice).collect();
        Sending { request: self, text: self.text.into(), started: now, voices, sender, heard }.run()
    }

    fn patience(&self, voice: &Voice) -> Duration {
        let sending = if matches!(voice.word, Some(Word::Pending)) { 0 } else { self.text.len() as u64 / PATIENT_BYTES };
        voice.node.patience() + Duration::from_secs(sending)
    }
}

struct Sending<'a, T> {
    request: &'a Submission<'a, T>,
    text: Arc<str>,
    started: Instant,
    voices: Vec<Voice>,
    sender: Sender<Reply>,
    heard: Receiver<Reply>,
}

impl<T> Sending<'_, T> {
    fn run(mut self) -> Result<Sent<T>, Failure> {
        loop {
            let now = Instant::now();
            if let Some(end) = self.verdict(now) {
                return end.map(Sent::Refused);
            }
            if let Some(next) = self.next(now) {
                self.ask(next, now);
                continue;
            }
            let until = self.wake(now);
            if let Ok(Reply { voice, asked, answer }) = self.heard.recv_timeout(until.saturating_duration_since(now))
                && let Some(taken) = self.hear(voice, asked, answer)
            {
                self.request.client.prefer(&self.voices[voice].node);
                return Ok(Sent::Recorded(taken));
            }
        }
    }

    /// When to give up.
    fn deadline(&self) -> Instant {
        let moved = self.voices.iter().filter_map(|voice| voice.asked.and_then(|asked| voice.node.moved_since(asked))).max();
        moved.unwrap_or(self.started).max(self.started) + self.request.timeout
    }

    /// Whether a node that was asked may still answer before the next one has to be asked.
    fn is_hopeful(&self, voice: &Voice, now: Instant) -> bool {
        voice.asked.is_some_and(|asked| {
            // An answer that is on its way is waited for, but not without asking anybody else for ever.
            let is_early = now.saturating_duration_since(asked) < COMING_MAX;
            let since = voice.node.moved_since(asked).filter(|_| is_early).unwrap_or(asked);
            now.saturating_duration_since(since) < self.request.patience(voice)
        })
    }

    /// The node to ask now, if one is to be asked: the one that was asked least recently.
    fn next(&self, now: Instant) -> Option<usize> {
        if self.voices.iter().any(|voice| self.is_hopeful(voice, now)) {
            return None;
        }
        let is_free =
            |voice: &Voice| voice.asked.is_none() && voice.not_before <= now && !matches!(voice.word, Some(Word::Refused(..)));
        (0..self.voices.len()).filter(|place| is_free(&self.voices[*place])).min_by_key(|place| self.voices[*place].last)
    }

    /// When something is to be done even if nothing is heard.
    fn wake(&self, now: Instant) -> Instant {
        let mut at = self.deadline();
        for voice in &self.voices {
            if let Some(asked) = voice.asked {
                let runs_out = voice.node.moved_since(asked).unwrap_or(asked) + self.request.patience(voice);
                at = if runs_out > now { at.min(runs_out) } else { at };
            } else if voice.not_before > now && !matches!(voice.word, Some(Word::Refused(..))) {
                at = at.min(voice.not_before);
            }
        }
        // The patience with nodes that are of no use runs out too.
        at.min(now + PAUSE_LAST)
    }

    fn ask(&mut self, place: usize, now: Instant) {
        let wait = self.deadline().saturating_duration_since(now).min(WAIT);
        let voice = &mut self.voices[place];
        (voice.asked, voice.last) = (Some(now), Some(now));
        let has_it = matches!(voice.word, Some(Word::Pending));
        let (node, text, sender, id) = (Arc::clone(&voice.node), Arc::clone(&self.text), self.sender.clone(), self.request.id);
        std::thread::spawn(move || {
            let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            let answer = match has_it {
                false => node.post(&Request::submit(wait_ms), text.as_bytes(), wait),
                true => node.get(&Request::awaited_transaction(&id, wait_ms), wait),
            };
            // Nobody listens any more once another node has answered.
            let _ = sender.send(Reply { voice: place, asked: now, answer });
        });
    }

    /// Takes a node's answer; what the check made of its receipts, if they are there and hold.
    fn hear(&mut self, place: usize, asked: Instant, answer: Result<Answer, NoAnswer>) -> Option<T> {
        let (word, taken) = match answer {
            Err(no_answer) => (Word::Nothing(no_answer.reason), None),
            Ok(answer) if (200..300).contains(&answer.status) => self.on_status(&answer),
            Ok(answer) => (on_error(&answer), None),
        };
        let voice = &mut self.voices[place];
        voice.asked = None;
        match word {
            Word::Pending => voice.useless_since = None,
            _ => voice.useless_since = voice.useless_since.or(Some(asked)),
        }
        // A node that waited as it was asked to may be asked again at once.
        let now = Instant::now();
        if matches!(word, Word::Pending) && now.saturating_duration_since(asked) >= WAIT {
            (voice.pause, voice.not_before) = (PAUSE_FIRST, now);
        } else {
            voice.not_before = now + voice.pause;
            voice.pause = (voice.pause * 2).min(PAUSE_LAST);
        }
        voice.word = Some(word);
        taken
    }

    fn on_status(&self, answer: &Answer) -> (Word, Option<T>) {
        let nothing = |reason: &str| (Word::Nothing(reason.to_owned()), None);
        let Ok(status) = answer.json::<TransactionStatus>() else { return nothing("its answer is not that of a Courtseal node") };
        if status.transaction != self.request.id {
            return nothing("it answers about another transaction");
        }
        match status.state {
            TransactionState::Pending => (Word::Pending, None),
            TransactionState::Unknown => nothing("it does not know the request any more"),
            TransactionState::Recorded => match (self.request.check)(receipts(status)) {
                Ok(taken) => (Word::Pending, Some(taken)),
                Err(reason) => (Word::Nothing(format!("its receipts do not prove the record: {reason}")), None),
            },
        }
    }

    /// How it ends, if it does.
    fn verdict(&self, now: Instant) -> Option<Result<Refused, Failure>> {
        let mut refusals: BTreeMap<&Heard<Code>, Vec<(&str, &str)>> = BTreeMap::new();
        for voice in &self.voices {
            if let Some(Word::Refused(code, message)) = &voice.word {
                refusals.entry(code).or_default().push((voice.node.url(), message));
            }
        }
        if let Some((code, who)) = refusals.iter().find(|(_, who)| who.len() >= self.request.refusals_needed) {
            let (first, message) = who[0];
            let by = match who.len() {
                1 => format!("{first} answers: {message} ({code}); that is one node's word"),
                many => format!("{many} nodes answer: {message} ({code})"),
            };
            return Some(Ok(Refused { code: (*code).clone(), message: by }));
        }
        if now >= self.deadline() {
            return Some(Err(self.too_late()));
        }
        self.is_stuck(now).then(|| Err(self.stuck()))
    }
}

/// The receipts' texts of a recorded transaction.
pub fn receipts(status: TransactionStatus) -> Vec<String> {
    status.entries.into_iter().map(|entry| entry.receipt).collect()
}
