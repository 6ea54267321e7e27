//! The reasons why a text is no statement of its kind.
//!
//! In: nothing.
//! Out: [`StatementError`].
//! Always: the message names what is wrong, for people.
//! Not for whether a statement is allowed.

use crate::bytes::canonical::CanonicalError;

/// The reason why a text is no statement, or no opening.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// The text is no canonical JSON of the shape.
    #[error("{0}")]
    Canonical(#[from] CanonicalError),
    /// A field breaks a rule.
    #[error("{0}")]
    Field(&'static str),
    /// The fields are not those of the kind's form.
    #[error("{0}")]
    Form(String),
    /// The opening is of a version that this software does not know (F28).
    #[error("an opening of version {0}, which this software does not know")]
    Version(u64),
}
