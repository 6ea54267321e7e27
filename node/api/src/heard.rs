//! A word that a node sent: one that this version knows, or one of a later version.
//!
//! In: text.
//! Out: a value of an enum, or the text itself.
//! Always: an unknown word is not an error, because later versions add codes and states.
//! Not for words that this version writes.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A received word.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Heard<T> {
    /// This version knows it.
    Known(T),
    /// A later version added it.
    Other(String),
}

impl<T: Copy> Heard<T> {
    /// The value, if this version knows it.
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Known(value) => Some(*value),
            Self::Other(_) => None,
        }
    }
}

impl<T> From<T> for Heard<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: fmt::Display> fmt::Display for Heard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(value) => value.fmt(f),
            Self::Other(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[test]
    fn a_later_word_is_kept_as_it_is() {
        let heard = |text: &str| serde_json::from_str::<Heard<Code>>(text).unwrap();
        assert_eq!(heard("\"expired\"").known(), Some(Code::Expired));
        let later = heard("\"on-holiday\"");
        assert_eq!((later.known(), later.to_string()), (None, "on-holiday".to_owned()));
        assert_eq!(serde_json::to_string(&Heard::from(Code::TooMany)).unwrap(), "\"too-many\"");
    }
}
