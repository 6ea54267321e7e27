//! The form of kinds and acts: tables, and the reader and writer of acts that follow from them (F46).
//!
//! In: a table, JSON.
//! Out: [`Act`], a statement of a kind that has no struct of its own.
//! Always: every field of an act is one of its table's, each required one is there, and the text is written
//! in sorted order. A published table never changes, so a change is a new word.
//! Not for the rules of a kind, which are in its file.

use super::body::Body;
use super::document::Document;
use super::error::StatementError;
use super::field::{Field, Value};
use super::verdict::{Change, Outcome, Verdict};
use crate::bytes::canonical::{self, CanonicalError};
use crate::bytes::limits::{ENTRY_BEYOND_STATEMENT_BYTES_MAX, ENTRY_BYTES_MAX};
use crate::bytes::time::Timestamp;
use crate::commitment::Tag;
use crate::facts::{At, Capacity, Facts, Signer, Unreadable};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

/// A kind as its table describes it. Its rules are its statements' [`Body`].
pub struct Kind {
    /// The word in the field `kind`.
    pub word: &'static str,
    /// Its number in stored records; given once, never reused.
    pub code: u8,
    /// Its meaning, for people.
    pub about: &'static str,
    /// Longest canonical statement, in bytes.
    pub bytes_max: usize,
    /// Whether a statement of it is the only one of its transaction.
    pub is_alone: bool,
    /// Whether a transaction may hold many: up to 4,096 statements, if all are of such kinds (L13).
    pub is_bulk: bool,
    /// Its acts. A kind without a field `act` has one, with an empty word.
    pub acts: &'static [ActForm],
    /// The rules of its acts, if it has no struct of its own.
    pub rules: ActRules,
}

/// The rules of a kind that has no struct of its own.
pub struct ActRules {
    /// The verdict on an act, as [`Body::judge`].
    pub judge: fn(&Act, &Signer, &At, &dyn Facts) -> Result<Verdict, Unreadable>,
    /// The facts that an act changes, as [`Body::fold`].
    pub fold: fn(&Act, &Signer, u64) -> Vec<Change>,
    /// The act in a line of the log, as [`Body::line`].
    pub line: fn(&Act) -> String,
    /// The outcome in words, as [`Body::outcome`].
    pub outcome: fn(&Act, &Outcome) -> &'static str,
    /// The rows of a receipt, as [`Body::rows`].
    pub rows: fn(&Act) -> Vec<(&'static str, String)>,
    /// The meaning of a receipt, as [`Body::meaning`].
    pub meaning: fn(&Act) -> String,
}

impl ActRules {
    /// No rules: an act is always recorded and changes nothing.
    pub const NONE: Self = Self {
        judge: |_, _, _, _| Ok(Verdict::Recorded(Outcome::default())),
        fold: |_, _, _| Vec::new(),
        line: |act| act.kind.about.to_owned(),
        outcome: |_, _| "recorded",
        rows: |_| Vec::new(),
        meaning: |act| format!("{} was recorded at that time.", act.kind.about),
    };
}

impl Kind {
    /// The act of this word. A kind without act words has the empty one.
    pub fn act(&self, word: &str) -> Option<&'static ActForm> {
        self.acts.iter().find(|act| act.word == word)
    }

    /// Checks the length of a statement's canonical text.
    ///
    /// # Errors
    /// [`CanonicalError::TooLong`] if it exceeds the kind's bound.
    pub fn check_length(&self, length_bytes: usize) -> Result<(), StatementError> {
        let limit_bytes = self.bytes_max;
        if length_bytes > limit_bytes {
            return Err(CanonicalError::TooLong { length_bytes, limit_bytes }.into());
        }
        Ok(())
    }

    /// Longest entry of a statement of this kind, in bytes (F25).
    pub fn entry_bytes_max(&self) -> usize {
        ENTRY_BYTES_MAX.max(self.bytes_max + ENTRY_BEYOND_STATEMENT_BYTES_MAX)
    }

    /// Whether it has no struct of its own: its statements are [`Act`]s of these forms.
    pub fn is_of_forms(&self) -> bool {
        self.acts.iter().any(|act| !act.fields.is_empty())
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

/// One act of a kind: a transition of the object that the kind stands for.
#[derive(Debug)]
pub struct ActForm {
    /// The word in the field `act`. It is empty if the kind has one act and no such field.
    pub word: &'static str,
    /// Its number among the acts of the kind; given once, never reused.
    pub code: u8,
    /// Its meaning, for people.
    pub about: &'static str,
    /// The capacities in which it may be signed (L6).
    pub signers: &'static [Capacity],
    /// Its fields besides `act` and `kind`, sorted by name.
    pub fields: &'static [Field],
    /// The number of facts that a recorded act writes (L13). First registrations are not counted.
    pub writes: u32,
    /// The number of marks that a recorded act sets or clears (L13).
    pub marks: u32,
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
    /// [`StatementError`] if the form does not have a field, a field is of another type, or a required one is
    /// missing.
    pub fn new(
        kind: &'static Kind,
        form: &'static ActForm,
        values: impl IntoIterator<Item = (&'static str, Value)>,
    ) -> Result<Self, StatementError> {
        let act = Self { kind, form, values: values.into_iter().collect() };
        act.check_form()?;
        Ok(act)
    }

    /// Reads an act of this kind, in any JSON spelling.
    ///
    /// # Errors
    /// [`StatementError`] if the form of the kind is broken.
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

    /// The kind of the act.
    pub fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// The form of the act.
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
    pub fn document_in(&self, field: &str) -> Option<&Document> {
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
    fn check_form(&self) -> Result<(), StatementError> {
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

impl Body for Act {
    fn check(&self) -> Result<(), StatementError> {
        self.check_form()
    }

    fn document(&self) -> Option<&Document> {
        self.document_in("document")
    }

    fn case(&self) -> Option<Tag> {
        self.tag("case")
    }

    fn asserted_at(&self) -> Option<Timestamp> {
        self.time("asserted_at")
    }

    fn judge(&self, by: &Signer, at: &At, facts: &dyn Facts) -> Result<Verdict, Unreadable> {
        (self.kind.rules.judge)(self, by, at, facts)
    }

    fn fold(&self, by: &Signer, index: u64) -> Vec<Change> {
        (self.kind.rules.fold)(self, by, index)
    }

    fn line(&self) -> String {
        (self.kind.rules.line)(self)
    }

    fn outcome(&self, outcome: &Outcome) -> &'static str {
        (self.kind.rules.outcome)(self, outcome)
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        (self.kind.rules.rows)(self)
    }

    fn meaning(&self) -> String {
        (self.kind.rules.meaning)(self)
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

/// The fields of an object, unread. A name that occurs twice is refused.
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
