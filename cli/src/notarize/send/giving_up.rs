//! When to give up on sending, and what is said then.
//!
//! In: the nodes' last words. Out: a failure of *unreachable*. Always: it names what each node said; the
//! transaction may still be recorded. Not for refusals that are believed.

use super::Sending;
use super::voice::{Voice, Word};
use crate::failure::{Exit, Failure};
use crate::http::{Client, NoAnswer, Node, bounded, none_answers};
use crate::print;
use courtseal_api::status::{State, Status};
use courtseal_api::{Request, Route};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long courts may be too few before the client gives up, the node's own wait included: a court that
/// restarts is back by then.
const NO_QUORUM_PATIENCE: Duration = Duration::from_secs(5);
/// How long all nodes may be of no use before the client gives up.
const SILENCE_PATIENCE: Duration = Duration::from_secs(2);

impl<T> Sending<'_, T> {
    /// Whether no node has been of any use for a while, and none may be soon.
    pub fn is_stuck(&self, now: Instant) -> bool {
        let is_short = self.voices.iter().any(|voice| matches!(voice.word, Some(Word::NoQuorum(_))));
        let patience = if is_short { NO_QUORUM_PATIENCE } else { SILENCE_PATIENCE };
        self.voices.iter().all(|voice| {
            let is_useless = matches!(voice.word, Some(Word::Nothing(_) | Word::NoQuorum(_) | Word::Refused(..)));
            let is_final = matches!(voice.word, Some(Word::Refused(..)));
            let since = voice.useless_since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since));
            is_useless && (is_final || since >= patience) && !self.is_hopeful(voice, now)
        })
    }

    /// Why no node may be of any use soon.
    pub fn stuck(&self) -> Failure {
        let reason = self.voices.iter().find_map(|voice| match &voice.word {
            Some(Word::NoQuorum(reason)) => Some(reason),
            _ => None,
        });
        if let Some(reason) = reason {
            return Failure::new(Exit::Unreachable, format!("the network has no quorum: {reason}"));
        }
        self.of_no_use()
    }

    /// What each node said, none of which is believed alone.
    fn of_no_use(&self) -> Failure {
        let word = |voice: &Voice| {
            let reason = match &voice.word {
                Some(Word::Refused(code, message)) => {
                    format!("it refuses: {message} ({code}), which is not believed of so few nodes")
                }
                Some(Word::Nothing(reason) | Word::Busy(reason) | Word::NoQuorum(reason)) => reason.clone(),
                Some(Word::Pending) => "has not recorded it yet".to_owned(),
                None if voice.asked.is_some() => "no answer in time".to_owned(),
                None => "not asked in that time".to_owned(),
            };
            NoAnswer { url: voice.node.url().to_owned(), reason }
        };
        let words: Vec<NoAnswer> = self.voices.iter().map(word).collect();
        let is_silent =
            self.voices.iter().all(|voice| !matches!(voice.word, Some(Word::Refused(..) | Word::Pending | Word::Busy(_))));
        if is_silent {
            return none_answers(&words);
        }
        let list: Vec<String> = words.iter().map(|word| format!("{}: {}", word.url, word.reason)).collect();
        Failure::new(Exit::Unreachable, format!("no record ({})", list.join("; ")))
    }

    /// Why there is no record within the time.
    pub fn too_late(&self) -> Failure {
        // A node that still waits, as it was asked to, has not been heard.
        let waits = |voice: &Voice| voice.asked.is_some() || matches!(voice.word, Some(Word::Pending));
        if !self.voices.iter().any(waits) {
            return self.of_no_use();
        }
        let within = print::duration(self.request.timeout);
        let Ok((node, mut status)) = status(self.request.client) else { return self.of_no_use() };
        status.reason = status.reason.as_deref().map(bounded);
        let url = node.url();
        match (status.state.known(), &status.reason) {
            (Some(State::NoQuorum), reason) => {
                let reason = reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
                Failure::new(Exit::Unreachable, format!("the network has no quorum{reason}"))
            }
            (Some(State::Halted), Some(reason)) => Failure::new(Exit::Unreachable, format!("the network is halted: {reason}")),
            (Some(State::Stopped), Some(reason)) => {
                Failure::new(Exit::Unreachable, format!("{url} has stopped recording: {reason}"))
                    .next("ask another court with --node")
            }
            (_, reason) => {
                let (up, all) = (status.up(), status.courts.len());
                let why = reason.as_ref().map(|reason| format!("; {url} says: {reason}")).unwrap_or_default();
                Failure::new(Exit::Unreachable, format!("no record within {within} ({up} of {all} courts answer){why}"))
            }
        }
    }
}

/// How the network is, as one node sees it.
fn status(client: &Client) -> Result<(Arc<Node>, Status), Failure> {
    let (node, answer) = client.get_any(&Request::plain(Route::Status))?;
    Ok((node, answer.json()?))
}
