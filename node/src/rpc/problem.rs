//! Errors as a client gets them, each with its stable code (R1).
//!
//! In: codes, messages, errors of other parts.
//! Out: HTTP responses.
//! Always: each code has one status, and a message is one short line, whatever input it quotes.
//! Not for logging clients' mistakes.

use crate::limiter::Busy;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use courtseal_api::Code;
use courtseal_api::answer::ErrorAnswer;
use courtseal_court::admission::NotAdmitted;
use courtseal_proof::verify::plain;

/// Longest message in characters, before control characters are escaped. It may quote a field of 4 MiB.
const MESSAGE_CHARACTERS_MAX: usize = 500;

/// An error that a client is told.
#[derive(Debug)]
pub struct Problem {
    code: Code,
    message: String,
    retry_after_s: Option<u64>,
}

impl Problem {
    /// An error with a code of R1.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        // A passing condition: the client may try again in a second.
        let retry_after_s = (code == Code::Busy).then_some(1);
        let mut message = message.into();
        if let Some((at, _)) = message.char_indices().nth(MESSAGE_CHARACTERS_MAX) {
            message.truncate(at);
            message.push('…');
        }
        Self { code, message: plain(message), retry_after_s }
    }

    /// The error's code.
    #[cfg(test)]
    pub fn code(&self) -> Code {
        self.code
    }

    /// The request is malformed; the message says where.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new(Code::Malformed, message)
    }

    /// This address is above its rate, and may ask again after so many seconds.
    pub fn too_many(after_s: u64) -> Self {
        let message = format!("too much is asked from this address; try again in {after_s} s, or ask another court");
        Self { retry_after_s: Some(after_s), ..Self::new(Code::TooMany, message) }
    }

    /// The node does not have what the request names.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Code::NotFound, message)
    }

    /// The fault is the node's. The cause goes to the log and not to the client.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request could not be answered");
        Self::new(Code::Stopping, "this node cannot read its storage; ask another court, and tell this one's operator")
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        // Every code has a valid HTTP status: a test of the table of codes checks it.
        let status = StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = Json(ErrorAnswer::new(self.code, self.message));
        match self.retry_after_s {
            Some(after_s) => (status, [(header::RETRY_AFTER, HeaderValue::from(after_s))], body).into_response(),
            None => (status, body).into_response(),
        }
    }
}

impl From<Busy> for Problem {
    fn from(_: Busy) -> Self {
        Self::new(Code::Busy, "too much is asked of this node now; try again soon, or ask another court")
    }
}

impl From<courtseal_ledger::Error> for Problem {
    fn from(error: courtseal_ledger::Error) -> Self {
        match error {
            courtseal_ledger::Error::OutOfRange(text) => Self::not_found(text),
            error => Self::internal(&error),
        }
    }
}

impl From<NotAdmitted> for Problem {
    fn from(reason: NotAdmitted) -> Self {
        match reason {
            NotAdmitted::Recorded(_) => Self::new(Code::Malformed, "already recorded"),
            NotAdmitted::Refused(code, message) => Self::new(code, message),
            NotAdmitted::Fatal(error) => Self::internal(&error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r1_a_message_is_one_short_line() {
        let problem = Problem::malformed(format!("unknown field `a\n\u{1b}[2J{}`", "b".repeat(10_000)));
        assert!(problem.message.starts_with("unknown field `a\\u{a}\\u{1b}[2Jbbb"), "{}", problem.message);
        assert!(problem.message.ends_with("b…") && problem.message.chars().count() < 600);
        assert_eq!(Problem::malformed("short").message, "short");
    }
}
