//! What becomes of a statement: recorded or rejected, and what it changes.
//!
//! In: nothing. Out: the types that the rules of kinds answer with. Always: a rule of rejection has one word and one stored byte. Not for the
//! rules themselves: each kind's file has its own.

use crate::facts::Subject;
use serde::{Deserialize, Serialize};

/// What a recorded entry says beside the statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Which public evidence was the first with its SHA-256 and size; of public evidence only.
    pub registration: Option<Registration>,
}

/// Which entry of public evidence is the first with a SHA-256 and size (L8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// This one.
    First,
    /// The one at this lower index.
    Earlier(u64),
}

impl Outcome {
    /// Whether no earlier public evidence has the same SHA-256 and size.
    pub fn first(&self) -> Option<bool> {
        self.registration.map(|registration| registration == Registration::First)
    }

    /// The lowest index of public evidence with the same SHA-256 and size, if there is an earlier one.
    pub fn earlier(&self) -> Option<u64> {
        match self.registration? {
            Registration::First => None,
            Registration::Earlier(index) => Some(index),
        }
    }
}

/// What becomes of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Recorded.
    Recorded(Outcome),
    /// Recorded as a rejection, by this rule.
    Rejected(RejectionRule),
}

/// Why no block may hold a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inadmissible {
    /// It accuses somebody of what cannot be judged here: this is wrong.
    Unfounded(&'static str),
}

/// One fact that a statement writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// About what.
    pub subject: Subject,
    /// The new value.
    pub value: Vec<u8>,
}

/// The rules of execution that refuse a statement; see specs/ledger.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectionRule {
    /// The member's role may not make this kind of statement.
    Role,
    /// The asserted time lies more than ten minutes after the recorded time.
    AssertedInFuture,
}

impl RejectionRule {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Role, Self::AssertedInFuture];

    /// The rule's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::AssertedInFuture => "asserted-in-future",
        }
    }

    /// The rule in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Role => "this member's role may not state this",
            Self::AssertedInFuture => "the asserted time lies in the future",
        }
    }
}
