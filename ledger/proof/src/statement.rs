//! Statements: one legal fact each, as a member signs it (F14).
//!
//! In and out: canonical JSON of at most the bytes that its kind allows.
//! Always: a statement that parses keeps every rule of its kind's form.
//! Not for the fields of a kind, see [`crate::kinds`], nor for judging whether a member may state it, which
//! the ledger does.

use crate::bytes::canonical::{self, CanonicalError};
use crate::bytes::limits::ACT_BYTES_MAX;
use crate::commitment::Tag;

pub use crate::kinds::Statement;
pub use crate::kinds::document::{Document, FileDigests, PublicDocument};
pub use crate::kinds::error::StatementError;
pub use crate::kinds::evidence::{Evidence, Mode};

impl Statement {
    /// Public evidence of a file.
    pub fn public(digests: FileDigests, size_bytes: u64) -> Self {
        Evidence::public(digests, size_bytes).into()
    }

    /// Confidential evidence of a file.
    pub fn confidential(commitment: Tag) -> Self {
        Evidence::confidential(commitment).into()
    }

    /// The canonical text, which is hashed into the payload's root.
    pub fn to_text(&self) -> String {
        canonical::to_text(self)
    }

    /// Reads and checks a canonical text.
    ///
    /// # Errors
    /// [`StatementError`] if F3 or a rule of its kind is broken.
    pub fn from_text(text: &[u8]) -> Result<Self, StatementError> {
        if text.len() > ACT_BYTES_MAX {
            return Err(CanonicalError::TooLong { length_bytes: text.len(), limit_bytes: ACT_BYTES_MAX }.into());
        }
        let json = std::str::from_utf8(text).map_err(|error| CanonicalError::Malformed(error.to_string()))?;
        let statement = Self::read(json)?;
        statement.kind().check_length(text.len())?;
        if statement.to_text() == json { Ok(statement) } else { Err(CanonicalError::NotCanonical.into()) }
    }
}
