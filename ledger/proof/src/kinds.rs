//! The kinds of statements: one file and one row each.
//!
//! In: a statement's text or value.
//! Out: the answers of its kind: form, signers, rules, changes, a line for people.
//! Always: everything that depends on a kind is in its file under `kinds/`, and other code asks
//! [`Statement::kind`]. A word and a code are given once. A published kind never changes, so a change is a
//! new word. A further kind is one file and one row of [`KINDS`].
//! Not for the rules that all kinds share, which are the ledger's.

pub mod body;
pub mod cosigner_equivocation;
pub mod document;
pub mod equivocation;
pub mod error;
pub mod evidence;
pub mod field;
pub mod form;
pub mod judgment;
pub mod verdict;
pub mod work;

use crate::bytes::canonical;
use crate::bytes::time::Timestamp;
use crate::commitment::Tag;
use body::Body;
use cosigner_equivocation::CosignerEquivocation;
use document::{Document, PublicDocument};
use equivocation::Equivocation;
use error::StatementError;
use evidence::Evidence;
use form::{Act, ActForm, Kind};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use work::Work;

/// All kinds, in the order of their codes.
pub const KINDS: &[Row] = &[
    Row { kind: &evidence::KIND, read: |json| Evidence::read(json).map(Statement::from) },
    Row { kind: &equivocation::KIND, read: |json| Equivocation::read(json).map(Statement::from) },
    Row { kind: &judgment::KIND, read: |json| Act::read(&judgment::KIND, json).map(Statement::from) },
    Row { kind: &cosigner_equivocation::KIND, read: |json| CosignerEquivocation::read(json).map(Statement::from) },
];

/// A kind, and how its statements are read from JSON in any spelling.
pub struct Row {
    /// The kind itself: word, code and acts.
    pub kind: &'static Kind,
    read: fn(&str) -> Result<Statement, StatementError>,
}

/// The kind of this word.
pub fn find(word: &str) -> Option<&'static Kind> {
    KINDS.iter().map(|row| row.kind).find(|kind| kind.word == word)
}

/// A statement of one of the kinds.
///
/// ```
/// use courtseal_proof::bytes::digest::sha256;
/// use courtseal_proof::statement::{FileDigests, Statement};
///
/// let digests = FileDigests { sha256: sha256(b"a lease"), sha512: None, sm3: None };
/// let statement = Statement::public(digests, 7);
/// let text = statement.to_text();
/// assert!(text.ends_with(r#""kind":"evidence","mode":"public","size":7}"#));
/// assert_eq!(Statement::from_text(text.as_bytes()), Ok(statement));
/// assert!(Statement::from_text(br#"{"kind":"unheard-of"}"#).is_err());
/// ```
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

impl Statement {
    /// Reads and checks a statement in any JSON spelling. Its length is not bounded here.
    ///
    /// # Errors
    /// [`StatementError`] if the text is no statement of a known kind.
    pub fn read(json: &str) -> Result<Self, StatementError> {
        let word = kind_word(json)?;
        let row = KINDS.iter().find(|row| row.kind.word == word);
        let row = row.ok_or_else(|| StatementError::Form(format!("unknown kind {word:.40}")))?;
        (row.read)(json)
    }

    /// The rules of its kind for this statement.
    pub fn body(&self) -> &dyn Body {
        match self {
            Self::Evidence(evidence) => evidence,
            Self::Equivocation(pair) => &**pair,
            Self::CosignerEquivocation(pair) => &**pair,
            Self::Act(act) => act,
        }
    }

    /// The kind that the statement is of.
    pub fn kind(&self) -> &'static Kind {
        match self {
            Self::Evidence(_) => &evidence::KIND,
            Self::Equivocation(_) => &equivocation::KIND,
            Self::CosignerEquivocation(_) => &cosigner_equivocation::KIND,
            Self::Act(act) => act.kind(),
        }
    }

    /// The form of the statement's act.
    pub fn form(&self) -> &'static ActForm {
        match self {
            Self::Act(act) => act.form(),
            other => &other.kind().acts[0],
        }
    }

    /// The cost for a block beyond its bytes (L13). It follows from the form, whether or not the statement
    /// will be recorded.
    pub fn work(&self) -> Work {
        let ActForm { writes, marks, .. } = *self.form();
        Work { references: self.body().references().into(), writes: writes.into(), marks: marks.into() }
    }

    /// Checks the rules of its kind's form.
    ///
    /// # Errors
    /// [`StatementError`] names the rule that is broken.
    pub fn check(&self) -> Result<(), StatementError> {
        self.body().check()
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

    /// The document that it names.
    pub fn document(&self) -> Option<&Document> {
        self.body().document()
    }

    /// The document, if it is public and its digests are on the log.
    pub fn public_document(&self) -> Option<&PublicDocument> {
        self.document().and_then(Document::as_public)
    }

    /// Whether it names a document by a commitment alone.
    pub fn is_confidential(&self) -> bool {
        self.document().is_some_and(|document| document.commitment().is_some())
    }

    /// The case that it belongs to, as a tag under the case's key.
    pub fn case(&self) -> Option<Tag> {
        self.body().case()
    }

    /// The time at which the stated thing happened, by the signer's word (L7).
    pub fn asserted_at(&self) -> Option<Timestamp> {
        self.body().asserted_at()
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Evidence(evidence) => evidence.serialize(serializer),
            Self::Equivocation(pair) => pair.serialize_statement(serializer),
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

/// The word in the field `kind` of an object; nothing else of it is read.
fn kind_word(json: &str) -> Result<Cow<'_, str>, StatementError> {
    #[derive(Deserialize)]
    struct KindOf<'a> {
        #[serde(borrow)]
        kind: Cow<'a, str>,
    }
    Ok(canonical::read_json::<KindOf<'_>>(json)?.kind)
}

#[cfg(test)]
mod tests;
