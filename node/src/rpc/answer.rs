//! Answers: JSON, and problems with their stable codes (R1).
//!
//! In: values, codes. Out: HTTP responses. Always: a code has one status; a message is one short line, whatever the client sent that it names. Not for
//! logging what is the client's mistake.

use axum::Json;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use courtseal_proof::verify::plain;
use serde::Serialize;

/// Longest message before its control characters are escaped: it may name a field of 4 MiB.
const MESSAGE_CHARACTERS_MAX: usize = 500;

/// A problem that a client is told.
#[derive(Debug)]
pub struct Problem {
    code: &'static str,
    message: String,
}

#[derive(Serialize)]
struct Body {
    error: Inner,
}

#[derive(Serialize)]
struct Inner {
    code: &'static str,
    message: String,
}

impl Problem {
    /// With a code of R1.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        let mut message = message.into();
        if let Some((at, _)) = message.char_indices().nth(MESSAGE_CHARACTERS_MAX) {
            message.truncate(at);
            message.push('…');
        }
        Self { code, message: plain(message) }
    }

    /// Malformed: the message says where.
    pub fn malformed(message: impl Into<String>) -> Self {
        Self::new("malformed", message)
    }

    /// Not here.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new("not-found", message)
    }

    /// The node's own fault; the cause goes to the log.
    pub fn internal(error: &dyn std::fmt::Display) -> Self {
        tracing::error!(%error, "a request could not be answered");
        Self::new("stopping", "this node cannot read its storage; ask another court, and tell this one's operator")
    }

    fn status(&self) -> StatusCode {
        match self.code {
            "malformed" => StatusCode::BAD_REQUEST,
            "too-large" => StatusCode::PAYLOAD_TOO_LARGE,
            "not-found" => StatusCode::NOT_FOUND,
            "wrong-network" => StatusCode::CONFLICT,
            "unregistered" | "bad-signature" => StatusCode::FORBIDDEN,
            "expired" => StatusCode::GONE,
            "not-after-too-far" => StatusCode::UNPROCESSABLE_ENTITY,
            "timeout" => StatusCode::GATEWAY_TIMEOUT,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.status();
        (status, Json(Body { error: Inner { code: self.code, message: self.message } })).into_response()
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

/// The one variable segment of a path.
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let segment = Path::<String>::from_request_parts(parts, state).await;
        segment.map(|Path(text)| Self(text)).map_err(|_| Problem::malformed("the path is not UTF-8"))
    }
}

/// A text of a media type.
pub fn text(media_type: &'static str, text: String) -> Response {
    let headers: [(HeaderName, HeaderValue); 1] = [(header::CONTENT_TYPE, HeaderValue::from_static(media_type))];
    (headers, text).into_response()
}

/// Runs a reading of the ledger off the event loop.
pub async fn blocking<T: Send + 'static>(read: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    match tokio::task::spawn_blocking(read).await {
        Ok(result) => result,
        Err(error) => Err(Problem::internal(&error)),
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
