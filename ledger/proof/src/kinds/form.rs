//! The form of an act: a table of fields, and the reader and writer that follow from it.
//!
//! In: a table, JSON. Out: [`Act`], a statement of a kind that has no struct of its own. Always: every field of an act is one of its
//! table's, each required one is there, and the text is written in sorted order. A published table never changes: a change is a new word.
//! Not for the rules of a kind, which stand in its file.

use super::document::Document;
use super::{Kind, StatementError};
use crate::canonical;
use crate::commitment::Tag;
use crate::facts::Capacity;
use crate::time::{self, Timestamp};
use serde::de::{DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// One act of a kind: a transition of the object that the kind stands for.
#[derive(Debug)]
pub struct ActForm {
    /// The word in the field `act`; empty if the kind has one act and so no such field.
    pub word: &'static str,
    /// Its number among the acts of the kind; given once, never reused.
    pub code: u8,
    /// What it does, for people.
    pub about: &'static str,
    /// In which capacities it may be signed (L6).
    pub signers: &'static [Capacity],
    /// Its fields besides `act` and `kind`, sorted by name.
    pub fields: &'static [Field],
}

/// A field of an act.
#[derive(Debug)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Whether it must be there.
    pub is_required: bool,
    /// What it holds.
    pub holds: FieldType,
    /// What it says, for people.
    pub about: &'static str,
}

/// What a field holds: a closed list.
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
    /// The word of `specs/kinds.json`.
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
    /// A tag.
    Tag(Tag),
    /// A document.
    Document(Document),
    /// A time.
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

/// A statement of a kind that has no struct of its own: its act, and the fields that its form allows.
#[derive(Clone, Debug)]
pub struct Act {
    kind: &'static Kind,
    form: &'static ActForm,
    values: BTreeMap<&'static str, Value>,
}

impl PartialEq for Act {
    fn eq(&self, other: &Self) -> bool {
        (self.kind.code, self.form.code, &self.values) == (other.kind.code, other.form.code, &other.values)
    }
}

impl Eq for Act {}

impl Act {
    /// Makes an act of these fields.
    ///
    /// # Errors
    /// [`StatementError`]: a field that the form does not have, one of another type, or a required one that is missing.
    pub fn new(
        kind: &'static Kind,
        form: &'static ActForm,
        values: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<Self, StatementError> {
        let act = Self { kind, form, values: values.into_iter().collect() };
        act.check()?;
        Ok(act)
    }

    /// Reads an act of this kind, in any JSON spelling.
    ///
    /// # Errors
    /// [`StatementError`].
    pub fn read(kind: &'static Kind, json: &str) -> Result<Self, StatementError> {
        let Fields(mut fields) = canonical::read_json(json)?;
        let mut word = |name: &str| fields.remove(name).and_then(|raw| serde_json::from_str::<Cow<'_, str>>(raw.get()).ok());
        if word("kind").as_deref() != Some(kind.word) {
            return Err(StatementError::Field("kind is one word"));
        }
        let act = if kind.has_act_words() { word("act").ok_or(StatementError::Field("act is one word"))? } else { "".into() };
        let form = kind.act(&act).ok_or_else(|| StatementError::Form(format!("{} has no act {act:?}", kind.word)))?;
        let mut values = BTreeMap::new();
        for field in form.fields {
            if let Some(raw) = fields.remove(field.name) {
                values.insert(field.name, field.read(raw)?);
            }
        }
        match fields.into_keys().next() {
            Some(name) => Err(StatementError::Form(format!("{} has no field {name:?}", kind.word))),
            None => Self::new(kind, form, values),
        }
    }

    /// Its kind.
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// Its form.
    pub fn form(&self) -> &'static ActForm {
        self.form
    }

    /// The value of a field, if it is there.
    pub fn value(&self, field: &str) -> Option<&Value> {
        self.values.get(field)
    }

    /// The fields that are there, sorted by name.
    pub fn values(&self) -> impl Iterator<Item = (&'static Field, &Value)> {
        self.form.fields.iter().filter_map(|field| Some((field, self.values.get(field.name)?)))
    }

    /// The word in a field.
    pub fn word(&self, field: &str) -> Option<&'static str> {
        match self.value(field)? {
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The tag in a field.
    pub fn tag(&self, field: &str) -> Option<Tag> {
        match self.value(field)? {
            Value::Tag(tag) => Some(*tag),
            _ => None,
        }
    }

    /// The document in a field.
    pub fn document(&self, field: &str) -> Option<&Document> {
        match self.value(field)? {
            Value::Document(document) => Some(document),
            _ => None,
        }
    }

    /// The time in a field.
    pub fn time(&self, field: &str) -> Option<Timestamp> {
        match self.value(field)? {
            Value::Time(time) => Some(*time),
            _ => None,
        }
    }

    /// Checks the form: no field but its own, each of its type, no required one missing.
    ///
    /// # Errors
    /// [`StatementError::Form`].
    pub fn check(&self) -> Result<(), StatementError> {
        let wrong = |name: &str, how: &str| Err(StatementError::Form(format!("{} of {} {how}", name, self.kind.word)));
        for field in self.form.fields {
            match self.values.get(field.name) {
                None if field.is_required => return wrong(field.name, "is missing"),
                None => {}
                Some(value) => field.check(value)?,
            }
        }
        match self.values.keys().find(|name| self.form.fields.iter().all(|field| field.name != **name)) {
            Some(name) => wrong(name, "is no field of this act"),
            None => Ok(()),
        }
    }
}

impl Field {
    fn read(&self, raw: &RawValue) -> Result<Value, StatementError> {
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

    fn check(&self, value: &Value) -> Result<(), StatementError> {
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

impl Serialize for Act {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (kind, act) = (Value::Word(self.kind.word), Value::Word(self.form.word));
        let mut fields: BTreeMap<&str, &Value> = self.values.iter().map(|(name, value)| (*name, value)).collect();
        fields.insert("kind", &kind);
        if !self.form.word.is_empty() {
            fields.insert("act", &act);
        }
        serializer.collect_map(fields)
    }
}

/// The fields of an object, unread; a name that occurs twice is refused.
struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a statement")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut fields = BTreeMap::new();
                while let Some((name, raw)) = map.next_entry::<String, &RawValue>()? {
                    if fields.insert(name, raw).is_some() {
                        return Err(serde::de::Error::custom("a field occurs twice"));
                    }
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(Reader)
    }
}
