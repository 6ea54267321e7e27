//! The fields of acts: a closed list of types, each with its reader and writer.
//!
//! In: JSON of one field.
//! Out: its [`Value`], or the reason why it is none.
//! Always: a value that was read is written again the same.
//! Not for the question which act has which fields: the tables of kinds say so.

use super::document::Document;
use super::error::StatementError;
use crate::bytes::canonical;
use crate::bytes::time::{self, Timestamp};
use crate::commitment::Tag;
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A field of an act.
#[derive(Debug)]
pub struct Field {
    /// Name of the field.
    pub name: &'static str,
    /// Whether it must be there.
    pub is_required: bool,
    /// The type of its value.
    pub holds: FieldType,
    /// Its meaning, for people.
    pub about: &'static str,
}

/// The types of fields, a closed list.
#[derive(Debug)]
pub enum FieldType {
    /// One of these words.
    Word(&'static [&'static str]),
    /// A salted tag (F15, F16).
    Tag,
    /// A document, public or confidential.
    Document,
    /// A time (F6).
    Time,
}

/// A required field.
pub const fn required(name: &'static str, holds: FieldType, about: &'static str) -> Field {
    Field { name, is_required: true, holds, about }
}

/// A field that may be left out.
pub const fn optional(name: &'static str, holds: FieldType, about: &'static str) -> Field {
    Field { name, is_required: false, holds, about }
}

impl FieldType {
    /// The word of the type in `specs/kinds.json`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Word(_) => "word",
            Self::Tag => "tag",
            Self::Document => "document",
            Self::Time => "time",
        }
    }
}

/// A field's value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A word of the table.
    Word(&'static str),
    /// A keyed digest.
    Tag(Tag),
    /// A document, public or confidential.
    Document(Document),
    /// A time of the signer.
    Time(Timestamp),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Word(word) => serializer.serialize_str(word),
            Self::Tag(tag) => tag.serialize(serializer),
            Self::Document(document) => document.serialize(serializer),
            Self::Time(time) => time::text::serialize(time, serializer),
        }
    }
}

impl Field {
    /// Reads the field's value, in any JSON spelling.
    ///
    /// # Errors
    /// [`StatementError`] if the value is not of the field's type.
    pub(super) fn read(&self, raw: &RawValue) -> Result<Value, StatementError> {
        fn typed<T: DeserializeOwned>(raw: &RawValue) -> Result<T, StatementError> {
            Ok(canonical::read_json(raw.get())?)
        }
        Ok(match &self.holds {
            FieldType::Word(words) => {
                let text: String = typed(raw)?;
                let word = words.iter().find(|word| **word == text);
                Value::Word(word.ok_or_else(|| StatementError::Form(format!("{} is one of {}", self.name, words.join(", "))))?)
            }
            FieldType::Tag => Value::Tag(typed(raw)?),
            FieldType::Document => Value::Document(typed(raw)?),
            FieldType::Time => {
                let text: String = typed(raw)?;
                let time = Timestamp::parse(&text);
                Value::Time(
                    time.ok_or_else(|| StatementError::Form(format!("{} is a time, YYYY-MM-DDTHH:MM:SS.mmmZ", self.name)))?,
                )
            }
        })
    }

    /// Checks that a value is of the field's type.
    ///
    /// # Errors
    /// [`StatementError`] if it is not.
    pub(super) fn check(&self, value: &Value) -> Result<(), StatementError> {
        let fits = match (&self.holds, value) {
            (FieldType::Word(words), Value::Word(word)) => words.contains(word),
            (FieldType::Tag, Value::Tag(_)) => true,
            (FieldType::Time, Value::Time(time)) => *time <= time::TIMESTAMP_MAX,
            (FieldType::Document, Value::Document(document)) => return document.check(),
            _ => false,
        };
        if fits { Ok(()) } else { Err(StatementError::Form(format!("{} holds no {}", self.name, self.holds.as_str()))) }
    }
}
