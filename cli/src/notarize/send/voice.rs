//! A node to which a transaction is sent, and its last word on it.
//!
//! In: answers. Out: what they mean for the sending. Always: a word is judged by its code (R1), never by its
//! text. Not for believing it.

use crate::http::{Answer, Node};
use courtseal_api::{Code, Heard};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a node said last.
#[derive(Clone, Debug)]
pub enum Word {
    /// It did not answer, or not as a node of this network does.
    Nothing(String),
    /// It has the transaction.
    Pending,
    /// It has too much to do, or stops.
    Busy(String),
    /// Too few courts answer, as it sees them.
    NoQuorum(String),
    /// It refuses it: code and message.
    Refused(Heard<Code>, String),
}

/// A node, and what is known of it.
pub struct Voice {
    /// The node to ask.
    pub node: Arc<Node>,
    /// What it said last.
    pub word: Option<Word>,
    /// Since when an answer of it is awaited.
    pub asked: Option<Instant>,
    /// When it was asked last, whether it answered or not.
    pub last: Option<Instant>,
    /// Since when its words are of no use.
    pub useless_since: Option<Instant>,
    /// How long it is left alone after its next answer.
    pub pause: Duration,
    /// When it may be asked again.
    pub not_before: Instant,
}

/// What an answer that is no success means.
pub fn on_error(answer: &Answer) -> Word {
    let (code, message) = answer.error();
    let Some(code) = code else { return Word::Nothing(format!("it does not answer as a node does: {message}")) };
    match code.known() {
        Some(Code::Timeout) => Word::Pending,
        // Asked about, but not known here any more: it is sent again.
        Some(Code::NotFound) => Word::Nothing("it does not know the request any more".to_owned()),
        Some(Code::NoQuorum) => Word::NoQuorum(message),
        // A node of another network says nothing about this transaction.
        Some(Code::WrongNetwork) => Word::Nothing("it is a node of another network".to_owned()),
        Some(passing) if passing.is_passing() => Word::Busy(message),
        _ => Word::Refused(code, message),
    }
}
