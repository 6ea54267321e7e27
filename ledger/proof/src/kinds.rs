//! The kinds of statements: one file and one row each.
//!
//! In: a statement's text or value. Out: what its kind says of it: form, signers, rules, what it changes, a line for people. Always: what
//! depends on a kind stands in its file under `kinds/`; everybody else asks [`Statement::kind`]. A word and a code are given once, and a
//! published kind never changes: a change is a new word. A further kind is one file and one row of [`KINDS`].

pub mod cosigner_equivocation;
pub mod document;
pub mod equivocation;
pub mod evidence;
pub mod form;
pub mod judgment;

use crate::canonical::{self, CanonicalError};
use crate::codec;
use crate::commitment::Tag;
use crate::facts::{At, Fact, Facts, Signer, Subject, Unreadable};
use crate::name::Origin;
use crate::statement::StatementError;
use crate::time::Timestamp;
use cosigner_equivocation::CosignerEquivocation;
use document::Document;
use equivocation::{Equivocation, EquivocationText};
use evidence::Evidence;
use form::Act;
pub use form::ActForm;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

pub use crate::facts::Capacity;

/// All kinds: one row each, in the order of their codes.
pub const KINDS: &[&Kind] = &[&evidence::KIND, &equivocation::KIND, &judgment::KIND, &cosigner_equivocation::KIND];

/// What a kind says of its statements.
pub struct Kind {
    /// The word in the field `kind`.
    pub word: &'static str,
    /// Its number in stored records; given once, never reused.
    pub code: u8,
    /// What it states, for people.
    pub about: &'static str,
    /// Longest canonical statement, in bytes.
    pub bytes_max: usize,
    /// Whether a statement of it is the only one of its transaction.
    pub is_alone: bool,
    /// Its acts; one with an empty word if it has no field `act`.
    pub acts: &'static [ActForm],
    /// How it is read.
    pub shape: Shape,
    /// What may be stated once on a log: a second statement about the same subject is inadmissible.
    pub once: fn(&Statement) -> Option<Subject>,
    /// Whether what others signed within the statement holds on this network.
    pub holds: fn(&Statement, &Origin) -> bool,
    /// Why no block may hold the statement, if that is so; asks facts as of the block before only.
    pub admit: fn(&Statement, &Signer, &At, &dyn Facts) -> Result<Option<Inadmissible>, Unreadable>,
    /// What becomes of it, once signer and asserted time are judged (L6, L7).
    pub judge: fn(&Statement, &Signer, &At, &dyn Facts) -> Result<Verdict, Unreadable>,
    /// Whether a recorded entry of this statement may have this outcome.
    pub fits: fn(&Statement, &Outcome) -> bool,
    /// What it changes, recorded by this signer as the entry at this index.
    pub fold: fn(&Statement, &Signer, u64) -> Vec<Change>,
    /// What people read.
    pub words: Words,
}

/// What people read of a statement. Only digests of files are ever shortened, by those who print.
pub struct Words {
    /// What it states, within a line of the log: `… by notary-1 of court-beijing`.
    pub line: fn(&Statement) -> String,
    /// What became of it, in a few words.
    pub outcome: fn(&Statement, &Outcome) -> &'static str,
    /// What a valid receipt shows besides who stated it and when: labels and texts.
    pub rows: fn(&Statement) -> Vec<(&'static str, String)>,
    /// What a valid receipt means.
    pub meaning: fn(&Statement) -> String,
}

/// How statements of a kind are read.
pub enum Shape {
    /// By the forms of its acts.
    Form,
    /// By a reader of its own, from JSON in any spelling.
    Own(fn(&str) -> Result<Statement, StatementError>),
}

/// A statement of one of the kinds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// A file that the member saw.
    Evidence(Evidence),
    /// Two different things that a court signed for one step.
    Equivocation(Box<Equivocation>),
    /// Two contradicting checkpoints that a court cosigned.
    CosignerEquivocation(Box<CosignerEquivocation>),
    /// A statement of every other kind, by its form.
    Act(Act),
}

/// What a recorded entry says beside the statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Whether no earlier public evidence has the same SHA-256 and size; of public evidence only.
    pub first: Option<bool>,
}

/// What becomes of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Recorded.
    Recorded(Outcome),
    /// Recorded as a rejection, by this rule.
    Rejected(crate::entry::RejectionRule),
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

impl Kind {
    /// A kind of nothing, from which rows take what they do not set: no rules, no facts, read by its form.
    const PLAIN: Self = Self {
        word: "",
        code: u8::MAX,
        about: "",
        bytes_max: 0,
        is_alone: false,
        acts: &[],
        shape: Shape::Form,
        once: |_| None,
        holds: |_, _| true,
        admit: |_, _, _, _| Ok(None),
        judge: |_, _, _, _| Ok(Verdict::Recorded(Outcome { first: None })),
        fits: |_, outcome| *outcome == Outcome::default(),
        fold: |_, _, _| Vec::new(),
        words: Words {
            line: |_| String::new(),
            outcome: |_, _| "recorded",
            rows: |_| Vec::new(),
            meaning: |_| FILE_MEANING.to_owned(),
        },
    };

    /// The kind of this word.
    pub fn find(word: &str) -> Option<&'static Self> {
        KINDS.iter().copied().find(|kind| kind.word == word)
    }

    /// The act of this word; of a kind without act words, the empty one.
    pub fn act(&self, word: &str) -> Option<&'static ActForm> {
        self.acts.iter().find(|act| act.word == word)
    }

    /// Checks the length of a statement's canonical text.
    ///
    /// # Errors
    /// [`CanonicalError::TooLong`].
    pub fn check_length(&self, length_bytes: usize) -> Result<(), StatementError> {
        let limit_bytes = self.bytes_max;
        if length_bytes > limit_bytes {
            return Err(CanonicalError::TooLong { length_bytes, limit_bytes }.into());
        }
        Ok(())
    }

    /// Whether its statements have a field `act`.
    pub fn has_act_words(&self) -> bool {
        self.acts.iter().any(|act| !act.word.is_empty())
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word)
    }
}

impl Statement {
    /// Reads and checks a statement in any JSON spelling. Its length is not bounded here.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn read(json: &str) -> Result<Self, StatementError> {
        let word = kind_word(json)?;
        let kind = Kind::find(&word).ok_or_else(|| StatementError::Form(format!("unknown kind {:.40}", word)))?;
        match kind.shape {
            Shape::Own(read) => read(json),
            Shape::Form => Act::read(kind, json).map(Self::Act),
        }
    }

    /// Its kind.
    pub fn kind(&self) -> &'static Kind {
        match self {
            Self::Evidence(_) => &evidence::KIND,
            Self::Equivocation(_) => &equivocation::KIND,
            Self::CosignerEquivocation(_) => &cosigner_equivocation::KIND,
            Self::Act(act) => act.kind(),
        }
    }

    /// Its act's form.
    pub fn form(&self) -> &'static ActForm {
        match self {
            Self::Act(act) => act.form(),
            other => &other.kind().acts[0],
        }
    }

    /// Checks what its kind's form asks.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn check(&self) -> Result<(), StatementError> {
        match self {
            Self::Evidence(evidence) => evidence.check(),
            Self::Equivocation(pair) => pair.check().map_err(StatementError::Field),
            Self::CosignerEquivocation(pair) => pair.check().map_err(StatementError::Field),
            Self::Act(act) => act.check(),
        }
    }

    /// The evidence that it states.
    pub fn as_evidence(&self) -> Option<&Evidence> {
        match self {
            Self::Evidence(evidence) => Some(evidence),
            _ => None,
        }
    }

    /// The equivocation that it states.
    pub fn as_equivocation(&self) -> Option<&Equivocation> {
        match self {
            Self::Equivocation(pair) => Some(pair),
            _ => None,
        }
    }

    /// The equivocation of a cosigner that it states.
    pub fn as_cosigner_equivocation(&self) -> Option<&CosignerEquivocation> {
        match self {
            Self::CosignerEquivocation(pair) => Some(pair),
            _ => None,
        }
    }

    /// The act that it states, if its kind has no struct of its own.
    pub fn as_act(&self) -> Option<&Act> {
        match self {
            Self::Act(act) => Some(act),
            _ => None,
        }
    }

    /// The document that it names: evidence's file, an act's field `document`.
    pub fn document(&self) -> Option<&Document> {
        match self {
            Self::Evidence(evidence) => Some(&evidence.document),
            Self::Act(act) => act.document("document"),
            _ => None,
        }
    }

    /// The document, if its digests are on the log.
    pub fn public_document(&self) -> Option<&document::PublicDocument> {
        self.document().and_then(Document::as_public)
    }

    /// Whether it names a document by a commitment alone.
    pub fn is_confidential(&self) -> bool {
        self.document().is_some_and(|document| document.commitment().is_some())
    }

    /// The case that it belongs to, as a tag under the case's key.
    pub fn case(&self) -> Option<Tag> {
        match self {
            Self::Evidence(evidence) => evidence.case,
            Self::Act(act) => act.tag("case"),
            _ => None,
        }
    }

    /// The signer's word for when what it states happened (L7).
    pub fn asserted_at(&self) -> Option<Timestamp> {
        match self {
            Self::Evidence(evidence) => evidence.asserted_at,
            Self::Act(act) => act.time("asserted_at"),
            _ => None,
        }
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Evidence(evidence) => evidence.serialize(serializer),
            Self::Equivocation(pair) => EquivocationText::of(pair).serialize(serializer),
            Self::CosignerEquivocation(pair) => pair.serialize(serializer),
            Self::Act(act) => act.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Statement {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(<&RawValue>::deserialize(deserializer)?.get()).map_err(D::Error::custom)
    }
}

impl From<Evidence> for Statement {
    fn from(evidence: Evidence) -> Self {
        Self::Evidence(evidence)
    }
}

impl From<Equivocation> for Statement {
    fn from(pair: Equivocation) -> Self {
        Self::Equivocation(Box::new(pair))
    }
}

impl From<CosignerEquivocation> for Statement {
    fn from(pair: CosignerEquivocation) -> Self {
        Self::CosignerEquivocation(Box::new(pair))
    }
}

impl From<Act> for Statement {
    fn from(act: Act) -> Self {
        Self::Act(act)
    }
}

/// What a receipt of a document means.
const FILE_MEANING: &str =
    "This file existed and was recorded at that time, unchanged since. Whether its contents are true is not proven.";

/// The word in the field `kind` of an object; nothing else of it is read.
fn kind_word(json: &str) -> Result<Cow<'_, str>, StatementError> {
    #[derive(Deserialize)]
    struct KindOf<'a> {
        #[serde(borrow)]
        kind: Cow<'a, str>,
    }
    Ok(canonical::read_json::<KindOf<'_>>(json)?.kind)
}

/// The value of a fact, as the kind that wrote it encoded it.
///
/// # Errors
/// [`Unreadable`]: its bytes are damaged.
pub fn value_of<T: serde::de::DeserializeOwned>(fact: Option<Fact>) -> Result<Option<T>, Unreadable> {
    let decode = |fact: Fact| codec::decode(&fact.value, fact.value.len()).map_err(|error| Unreadable(Box::new(error)));
    fact.map(decode).transpose()
}

/// A number with a comma before each three digits, as people read it.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests;
