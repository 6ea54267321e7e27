//! Canonical JSON (F3): RFC 8785 restricted to objects, arrays, strings, booleans and integers up to 2^53 -
//! 1.
//!
//! In: values whose struct fields are declared in sorted order (all of ours are ASCII).
//! Out: the one text of a value, and values from texts.
//! Always: a text is accepted only if writing the parsed value gives the same bytes, so one value has one
//! text. Unknown fields, duplicate fields, white space and unneeded escapes are refused.
//! Not for free-form JSON.

mod any;

pub use any::Any;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The reason why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// There are more bytes than the limit.
    #[error("{length_bytes} bytes, at most {limit_bytes} are accepted")]
    TooLong {
        /// Number of bytes given.
        length_bytes: usize,
        /// Number of bytes accepted.
        limit_bytes: usize,
    },
    /// The text is no JSON of the expected shape.
    #[error("{0}")]
    Malformed(String),
    /// The same value has another, canonical text.
    #[error("not canonical JSON (RFC 8785): written another way than sorted keys, no white space, shortest escapes")]
    NotCanonical,
}

/// The canonical text of `value`.
///
/// # Panics
/// If a time is after the year 9999, which no constructor allows.
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

/// Reads a value from JSON in any spelling, as a client sends it. Its canonical text is written afterwards.
/// Not for texts that were signed as they are.
///
/// # Errors
/// [`CanonicalError::Malformed`] if it is no JSON of the type.
pub fn read_json<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, CanonicalError> {
    serde_json::from_str(json).map_err(|error| CanonicalError::Malformed(error.to_string()))
}

/// Reads any canonical text, to look at what a later version wrote.
///
/// # Errors
/// [`CanonicalError::TooLong`], or [`CanonicalError::NotCanonical`] for a text that F3 does not allow.
pub fn read_any(text: &[u8], limit_bytes: usize) -> Result<Any, CanonicalError> {
    if text.len() > limit_bytes {
        return Err(CanonicalError::TooLong { length_bytes: text.len(), limit_bytes });
    }
    std::str::from_utf8(text).ok().and_then(Any::read).ok_or(CanonicalError::NotCanonical)
}

/// The version of a canonical object whose field `v` is another integer than 1 (F28). None for any other
/// text.
pub fn other_version(text: &[u8], limit_bytes: usize) -> Option<u64> {
    read_any(text, limit_bytes).ok()?.field("v")?.as_integer().filter(|v| *v != 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        a: u64,
        b: String,
    }

    #[test]
    fn one_text_for_a_value() {
        let text = br#"{"a":1,"b":"\u0001\n\"\\/\u007f"}"#;
        // RFC 8785 section 3.2.2.2: control characters are lower-case \u00xx or their short form, and nothing
        // else is escaped.
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
}
