//! Canonical JSON: RFC 8785 restricted to objects, arrays, strings, booleans and integers up to 2^53 - 1.
//!
//! In: values whose struct fields are declared in sorted order. Out: the one text of a value, and values from texts.
//! Always: a text is accepted only if writing the parsed value gives the same bytes, so one value has one text, and
//! unknown fields, duplicate fields, white space and loose escapes are refused. Not for free-form JSON.

use crate::limits::INTEGER_MAX;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// More bytes than the limit.
    #[error("{length_bytes} bytes, at most {limit_bytes} are accepted")]
    TooLong {
        /// Bytes given.
        length_bytes: usize,
        /// Bytes accepted.
        limit_bytes: usize,
    },
    /// Not JSON of the expected shape.
    #[error("{0}")]
    Malformed(String),
    /// The same value has another, canonical text.
    #[error("not canonical JSON (RFC 8785): written another way than sorted keys, no white space, shortest escapes")]
    NotCanonical,
}

/// The canonical text of `value`.
///
/// # Panics
/// If a time lies after the year 9999, which no constructor lets happen.
pub fn to_text<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("types of the formats always have a text")
}

/// Reads a value from its canonical text.
///
/// # Errors
/// [`CanonicalError`]: too long, another shape, or not canonical.
pub fn from_text<T: Serialize + DeserializeOwned>(text: &[u8], limit_bytes: usize) -> Result<T, CanonicalError> {
    if text.len() > limit_bytes {
        return Err(CanonicalError::TooLong { length_bytes: text.len(), limit_bytes });
    }
    let value: T = serde_json::from_slice(text).map_err(|error| CanonicalError::Malformed(error.to_string()))?;
    if to_text(&value).as_bytes() == text { Ok(value) } else { Err(CanonicalError::NotCanonical) }
}

/// Reads any canonical text, for looking at what a later version wrote.
///
/// # Errors
/// As [`from_text`]; a `null`, a fraction, a negative or a too large integer is [`CanonicalError::NotCanonical`].
pub fn read_any(text: &[u8], limit_bytes: usize) -> Result<Value, CanonicalError> {
    fn is_plain(value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::Bool(_) | Value::String(_) => true,
            Value::Number(number) => number.as_u64().is_some_and(|number| number <= INTEGER_MAX),
            Value::Array(values) => values.iter().all(is_plain),
            Value::Object(fields) => fields.values().all(is_plain),
        }
    }
    let value = from_text(text, limit_bytes)?;
    if is_plain(&value) { Ok(value) } else { Err(CanonicalError::NotCanonical) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        a: u64,
        b: String,
    }

    #[test]
    fn one_text_for_a_value() {
        let text = br#"{"a":1,"b":"\u0001\n\"\\/\u007f"}"#;
        // RFC 8785 section 3.2.2.2: control characters as lower-case \u00xx or their short form, nothing else escaped.
        let canonical = b"{\"a\":1,\"b\":\"\\u0001\\n\\\"\\\\/\x7f\"}";
        assert_eq!(from_text::<Sample>(text, 99), Err(CanonicalError::NotCanonical));
        assert_eq!(to_text(&from_text::<Sample>(canonical, 99).unwrap()).as_bytes(), canonical);
        for other in [
            &br#"{"b":"","a":1}"#[..],
            br#"{"a":1, "b":""}"#,
            br#"{"a":1,"b":""} "#,
            br#"{"a":1,"a":1,"b":""}"#,
            br#"{"a":1,"b":"","c":0}"#,
            br#"{"a":1.0,"b":""}"#,
            br#"{"a":01,"b":""}"#,
            br#"{"a":-1,"b":""}"#,
            b"{\"a\":1,\"b\":\"\xff\"}",
            b"",
        ] {
            assert!(from_text::<Sample>(other, 99).is_err(), "{}", String::from_utf8_lossy(other));
        }
    }

    #[test]
    fn the_limit_is_exact() {
        let text = br#"{"a":1,"b":""}"#;
        assert!(from_text::<Sample>(text, text.len()).is_ok());
        assert!(matches!(from_text::<Sample>(text, text.len() - 1), Err(CanonicalError::TooLong { .. })));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            any::<bool>().prop_map(Value::from),
            (0..=INTEGER_MAX).prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                proptest::collection::btree_map(".{0,8}", inner, 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_value_has_one_text(value in any_value(), at: proptest::sample::Index, byte: u8) {
            let text = to_text(&value).into_bytes();
            prop_assert_eq!(read_any(&text, text.len()), Ok(value.clone()));
            let mut other = text.clone();
            let at = at.index(other.len());
            other[at] = byte;
            match read_any(&other, other.len()) {
                Ok(read) => prop_assert!((read == value) == (other == text), "two texts of one value"),
                Err(_) => prop_assert_ne!(other, text),
            }
        }
    }
}
