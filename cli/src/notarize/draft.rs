//! A statement that is not evidence, as a command asks for it: an act, or an accusation.
//!
//! In: a kind's form and values, a document's file; or a whole statement. Out: what is to be signed, what
//! opens it, and whether another statement says the same. Always: a document is read once for its digests or
//! its commitment, and one that changes meanwhile is not stated. Not for signing.

use super::save;
use crate::failure::usage;
use crate::files::folder::Folder;
use crate::files::{Problem, reason};
use crate::print;
use crate::sums::{self, Digests};
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::commitment::Tag;
use courtseal_proof::kinds::body::Body as _;
use courtseal_proof::kinds::document;
use courtseal_proof::kinds::field::{FieldType, Value};
use courtseal_proof::kinds::form::{Act, ActForm, Kind};
use courtseal_proof::opening::Opening;
use courtseal_proof::statement::{Document, Statement};
use std::path::{Path, PathBuf};

/// Hex digits of the statement's SHA-256 in the name under which it waits for its record.
const DIGEST_DIGITS: usize = 16;

/// A document's file, and how it is to be stated.
pub struct Source {
    folder: Folder,
    name: PathBuf,
    shown: String,
    is_public: bool,
    media_type: Option<String>,
}

/// What is to be stated.
pub struct Draft {
    /// What is stated, ready to be signed.
    pub statement: Statement,
    /// What opens its commitment, if it has one.
    pub opening: Option<Opening>,
    /// How people see it.
    pub label: PathBuf,
    source: Option<Source>,
}

impl Source {
    /// The file at this path; it is not read yet.
    ///
    /// # Errors
    /// Usage: there is no such folder; the media type is malformed.
    pub fn new(path: &Path, is_public: bool, media_type: Option<String>) -> anyhow::Result<Self> {
        let shown = print::path(path);
        document::check_media_type(media_type.as_deref()).map_err(|error| usage(format!("--media-type: {error}")))?;
        let name = path.file_name().map(PathBuf::from).ok_or_else(|| usage(format!("{shown} has no name")))?;
        let folder = Folder::around(path).map_err(|error| usage(format!("cannot read {shown}: {}", reason(&error))))?;
        Ok(Self { folder, name, shown, is_public, media_type })
    }

    /// What is stated of it, and what opens that.
    fn read(&self) -> Result<(Document, Option<Opening>), Problem> {
        if self.is_public {
            let (digests, size) = sums::digests(&self.folder, &self.name, Digests::default(), &|_| {})?;
            return Ok((Document::public(digests, size).with_media_type(self.media_type.clone()), None));
        }
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(|error| Problem::Unreadable(std::io::Error::other(error.to_string())))?;
        let (commitment, size) = self.commitment(&salt)?;
        let file_name = self.name.to_str().map(str::to_owned);
        let opening = Opening { asserted_at: None, file_name, media_type: self.media_type.clone(), salt, size, v: 1 };
        Ok((Document::Confidential(commitment), Some(opening)))
    }

    fn commitment(&self, salt: &[u8; 32]) -> Result<(Tag, u64), Problem> {
        sums::commitment(&self.folder, &self.name, salt, &|_| {})
    }
}

impl Draft {
    /// An act of these values; `source` is the document of the form's field for one.
    ///
    /// # Errors
    /// Usage: the document cannot be read; the values break the form.
    pub fn act(
        (kind, form): (&'static Kind, &'static ActForm),
        mut values: Vec<(&'static str, Value)>,
        source: Option<(&'static str, Source)>,
    ) -> anyhow::Result<Self> {
        let (mut opening, mut kept) = (None, None);
        if let Some((field, source)) = source {
            let (document, opens) = source.read().map_err(|problem| usage(format!("{} {problem}", source.shown)))?;
            values.push((field, Value::Document(document)));
            (opening, kept) = (opens, Some(source));
        }
        let act = Act::new(kind, form, values).map_err(|error| usage(error.to_string()))?;
        Ok(Self { statement: act.into(), opening, label: kind.word.into(), source: kept })
    }

    /// A whole statement, about this.
    pub fn of(statement: Statement, label: PathBuf) -> Self {
        Self { statement, opening: None, label, source: None }
    }

    /// The name under which it waits for its record: no two drafts share one.
    pub fn stem(&self) -> PathBuf {
        let digest = sha256(self.statement.to_text().as_bytes()).to_string();
        format!("{}-{}", save::words(&self.statement), &digest[..DIGEST_DIGITS]).into()
    }

    /// Whether another statement says what this one says: all fields are the same, but a commitment, which
    /// the opening must show to be of the same file.
    ///
    /// # Errors
    /// [`Problem`]: the document cannot be read.
    pub fn is_stated_by(&self, other: &Statement, opening: Option<&Opening>) -> Result<bool, Problem> {
        if *other == self.statement {
            return Ok(true);
        }
        let (Some(own), Some(other), Some(source)) = (self.statement.as_act(), other.as_act(), &self.source) else {
            return Ok(false);
        };
        let (Some(Document::Confidential(_)), Some(Document::Confidential(commitment)), Some(opening)) =
            (own.document(), other.document(), opening)
        else {
            return Ok(false);
        };
        let rest = |act: &Act| -> Vec<_> {
            let values = act.values().filter(|(field, _)| !matches!(field.holds, FieldType::Document));
            values.map(|(field, value)| (field.name, value.clone())).collect()
        };
        let is_same_act = own.kind().code == other.kind().code && own.form().code == other.form().code;
        if !is_same_act || rest(own) != rest(other) || opening.media_type != source.media_type {
            return Ok(false);
        }
        Ok(source.commitment(&opening.salt)? == (*commitment, opening.size))
    }
}

#[cfg(test)]
mod tests;
