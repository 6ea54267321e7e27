//! The opening of a confidential document (F17).
//!
//! In and out: canonical JSON, kept beside the file and never sent.
//! Always: an opening that parses keeps every rule of F17. The log proves its salt only, and the rest is the
//! submitter's word.
//! Not for the commitment, which [`crate::commitment`] makes.

use crate::bytes::canonical;
use crate::bytes::limits::OPENING_BYTES_MAX;
use crate::bytes::time::{self, Timestamp};
use crate::kinds::document::{check_media_type, check_size};
use crate::statement::StatementError;
use serde::{Deserialize, Serialize};

/// The opening of a confidential statement, kept beside the file and never sent (F17).
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The time at which the file was made or seen, by the submitter's word.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "time::text::optional")]
    pub asserted_at: Option<Timestamp>,
    /// Name of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_name: Option<String>,
    /// Media type of the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The 32 bytes that the commitment is keyed with.
    #[serde(with = "salt_text")]
    pub salt: [u8; 32],
    /// Length of the file in bytes.
    pub size: u64,
    /// The version of the form, 1.
    pub v: u64,
}

impl Opening {
    /// The canonical text.
    pub fn to_text(&self) -> String {
        canonical::to_text(self)
    }

    /// Reads and checks a canonical text.
    ///
    /// # Errors
    /// [`StatementError`] if F3 or F17 is broken or the version is a later one.
    pub fn from_text(text: &[u8]) -> Result<Self, StatementError> {
        if let Some(version) = canonical::other_version(text, OPENING_BYTES_MAX) {
            return Err(StatementError::Version(version));
        }
        let opening: Self = canonical::from_text(text, OPENING_BYTES_MAX)?;
        // Canonical texts of another `v` were answered above. An integer above 2^53 - 1 is not canonical and
        // reaches this check.
        if opening.v != 1 {
            return Err(StatementError::Field("an opening of this version has v 1"));
        }
        check_size(opening.size)?;
        check_media_type(opening.media_type.as_deref())?;
        Ok(opening)
    }
}

mod salt_text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(salt: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(salt))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        crate::bytes::digest::lower_hex(&text)
            .ok_or_else(|| serde::de::Error::custom("a salt is written as 64 lower-case hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::canonical::CanonicalError;

    #[test]
    fn f17_an_opening_is_read_up_to_its_bound() {
        let opening = |name_bytes: usize| Opening {
            asserted_at: None,
            file_name: Some("n".repeat(name_bytes)),
            media_type: None,
            salt: [7; 32],
            size: 1,
            v: 1,
        };
        let rest = opening(0).to_text().len();
        let at = opening(OPENING_BYTES_MAX - rest);
        assert_eq!(at.to_text().len(), OPENING_BYTES_MAX);
        assert!(Opening::from_text(at.to_text().as_bytes()).is_ok_and(|read| read == at));
        let above = opening(OPENING_BYTES_MAX - rest + 1).to_text();
        assert!(matches!(
            Opening::from_text(above.as_bytes()),
            Err(StatementError::Canonical(CanonicalError::TooLong { limit_bytes: OPENING_BYTES_MAX, .. }))
        ));
    }
}
