//! Handlers that read the log (R4 to R7).
//!
//! In: indices, digests, sizes.
//! Out: entries byte for byte, receipts, consistency paths, checkpoints.
//! Always: the size of a page is bounded.
//! Not for writing.

use super::SharedState;
use super::answer::{Segment, large_json, text};
use super::problem::Problem;
use super::work::work;
use crate::limiter::Client;
use crate::limits::{ENTRIES_BYTES_PER_REQUEST_MAX, ENTRIES_PER_REQUEST_MAX};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::{Extension, Json, response::IntoResponse};
use courtseal_api::answer::{Consistency, DigestEntries, EntriesPage};
use courtseal_api::request::{Page, Sizes};
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::limits::ENTRY_BYTES_MAX;
use courtseal_proof::log::checkpoint::parse_decimal;
use std::sync::Arc;

fn index(text: &str) -> Result<u64, Problem> {
    match parse_decimal(text) {
        Some(index) => Ok(index),
        None if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) => {
            Err(Problem::not_found("no entry has this index"))
        }
        None => Err(Problem::malformed("an index is a plain number")),
    }
}

fn page(query: Result<Query<Page>, QueryRejection>) -> Result<(u64, usize), Problem> {
    let Query(page) = query.map_err(|_| Problem::malformed("the parameters are from and limit, both numbers"))?;
    match page.limit.unwrap_or(ENTRIES_PER_REQUEST_MAX) {
        limit if (1..=ENTRIES_PER_REQUEST_MAX).contains(&limit) => Ok((page.from, limit)),
        _ => Err(Problem::malformed("limit is from 1 to 1,000")),
    }
}

/// Answers `GET /v1/entries` (R4): a page of entries.
pub async fn entries(
    State(shared): SharedState,
    Extension(client): Extension<Client>,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    let (from, limit) = page(query)?;
    let ledger = Arc::clone(&shared.ledger);
    // The entries are in memory as texts and as JSON, which escapes quotes.
    let bytes_max = 3 * (limit * ENTRY_BYTES_MAX).min(ENTRIES_BYTES_PER_REQUEST_MAX + ENTRY_BYTES_MAX);
    large_json(&client, bytes_max, move || {
        let size = ledger.head().size;
        let entries = if from < size { ledger.entries(from, limit, ENTRIES_BYTES_PER_REQUEST_MAX)? } else { Vec::new() };
        Ok(EntriesPage { from, size, entries })
    })
    .await
}

/// Answers `GET /v1/entries/{index}` (R4): one entry, byte for byte.
pub async fn entry(
    State(shared): SharedState,
    Extension(client): Extension<Client>,
    Segment(number): Segment,
) -> Result<Response, Problem> {
    let number = index(&number)?;
    let ledger = Arc::clone(&shared.ledger);
    let missing = move || Problem::not_found(format!("the log here has no entry {number}"));
    let entry = work(&client, move || ledger.entry(number).map_err(Problem::from)?.ok_or_else(missing));
    Ok(text("application/json", entry.await?))
}

/// Answers `GET /v1/receipts/{index}` (R5): the receipt of an entry.
pub async fn receipt(
    State(shared): SharedState,
    Extension(client): Extension<Client>,
    Segment(number): Segment,
) -> Result<Response, Problem> {
    let number = index(&number)?;
    let newest = shared.watched.checkpoint.borrow().clone();
    let newest = newest.filter(|newest| number < newest.checkpoint.size);
    let newest =
        newest.ok_or_else(|| Problem::not_found(format!("no checkpoint with a quorum of courts includes entry {number} yet")))?;
    let ledger = Arc::clone(&shared.ledger);
    let receipt = work(&client, move || ledger.receipt(number, &newest).map(|receipt| receipt.to_text()));
    Ok(text("text/plain; charset=utf-8", receipt.await?))
}

/// Answers `GET /v1/digests/{sha256}` (R6): the indices of entries with this SHA-256.
pub async fn digest(
    State(shared): SharedState,
    Extension(client): Extension<Client>,
    Segment(digest): Segment,
    query: Result<Query<Page>, QueryRejection>,
) -> Result<Response, Problem> {
    let (from, limit) = page(query)?;
    let digest = Digest::from_hex(&digest).ok_or_else(|| Problem::malformed("a digest is 64 lower-case hex digits"))?;
    let ledger = Arc::clone(&shared.ledger);
    let indices = work(&client, move || -> Result<_, Problem> {
        // One more entry than the limit tells whether there are more.
        let mut entries = ledger.entries_by_digest(&digest, from, limit + 1)?;
        let more = entries.len() > limit;
        entries.truncate(limit);
        Ok(DigestEntries { digest, entries, more })
    });
    Ok(Json(indices.await?).into_response())
}

/// Answers `GET /v1/checkpoint` (R7): the newest checkpoint with a quorum of cosignatures.
pub async fn checkpoint(State(shared): SharedState) -> Result<Response, Problem> {
    let newest = shared.watched.checkpoint.borrow().clone();
    let newest = newest.ok_or_else(|| Problem::not_found("no checkpoint has a quorum of cosignatures yet"))?;
    Ok(text("text/plain; charset=utf-8", newest.note().to_string()))
}

/// Answers `GET /v1/checkpoint/consistency` (R7): the path from one size of the log to a later one.
pub async fn consistency(
    State(shared): SharedState,
    Extension(client): Extension<Client>,
    query: Result<Query<Sizes>, QueryRejection>,
) -> Result<Response, Problem> {
    let Query(Sizes { old, new }) = query.map_err(|_| Problem::malformed("the parameters are old and new, both numbers"))?;
    if old == 0 || old > new {
        return Err(Problem::malformed("old is from 1 to new"));
    }
    let ledger = Arc::clone(&shared.ledger);
    let path = work(&client, move || ledger.consistency_path(old, new)).await?;
    let path = path.iter().map(|hash| base64_text::encode(&hash.0)).collect();
    Ok(Json(Consistency { old, new, path }).into_response())
}
