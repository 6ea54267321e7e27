//! Answers: JSON, texts, and bytes that hold their share of memory until they are sent.
//!
//! In: values.
//! Out: HTTP responses.
//! Always: memory for a large answer is reserved before the answer is made (R11).
//! Not for errors: see [`super::problem`].

use super::problem::Problem;
use super::work::work;
use crate::limiter::{Client, Permit};
use axum::body::{Body as HttpBody, Bytes};
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

/// The variable segment of a path.
pub struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let segment = Path::<String>::from_request_parts(parts, state).await;
        segment.map(|Path(text)| Self(text)).map_err(|_| Problem::malformed("the path is not UTF-8"))
    }
}

/// A response with a text of this media type.
pub fn text(media_type: &'static str, text: String) -> Response {
    let headers: [(HeaderName, HeaderValue); 1] = [(header::CONTENT_TYPE, HeaderValue::from_static(media_type))];
    (headers, text).into_response()
}

/// A response with bytes of this media type. They hold their permit until they are written to the client.
pub fn held(media_type: &'static str, bytes: Bytes) -> Response {
    let headers: [(HeaderName, HeaderValue); 1] = [(header::CONTENT_TYPE, HeaderValue::from_static(media_type))];
    (headers, HttpBody::from(bytes)).into_response()
}

/// Ties a permit to the bytes that it is for: it is released when the bytes are dropped.
pub fn with_permit(bytes: Vec<u8>, mut permit: Permit) -> Bytes {
    struct Held(Vec<u8>, #[expect(dead_code, reason = "it is only to be dropped with the bytes")] Permit);
    impl AsRef<[u8]> for Held {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    permit.keep(bytes.len());
    Bytes::from_owner(Held(bytes, permit))
}

/// A response with a large value as JSON. Memory for `bytes_max` bytes is reserved before `make` is called.
pub async fn large_json<T: Serialize + Send + 'static>(
    client: &Client,
    bytes_max: usize,
    make: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let permit = client.answer(bytes_max).await?;
    let write = move || serde_json::to_vec(&make()?).map_err(|error| Problem::internal(&error));
    Ok(held("application/json", with_permit(work(client, write).await?, permit)))
}
