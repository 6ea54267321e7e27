//! The verdict on a statement: recorded or rejected, and what it changes.
//!
//! In: nothing.
//! Out: the types that the rules of kinds answer with.
//! Always: a rule of rejection has one word and one stored byte.
//! Not for the rules themselves: each kind's file has its own.

use crate::facts::Subject;
use serde::{Deserialize, Serialize};

/// The content of a recorded entry beside the statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The first registration of the file (L8), for public evidence only.
    pub registration: Option<Registration>,
}

/// The entry of public evidence that is the first with a SHA-256 and size (L8).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Registration {
    /// This entry is the first.
    First,
    /// The entry at this lower index.
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

/// The verdict on a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Recorded, with this outcome.
    Recorded(Outcome),
    /// Recorded as a rejection, by this rule.
    Rejected(RejectionRule),
}

/// The reason why no block may hold a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inadmissible {
    /// The accusation does not fit the courts' facts, in the way that the text says.
    Unfounded(&'static str),
}

/// One fact that a statement writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The subject of the fact.
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
    /// All rules of rejection.
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
