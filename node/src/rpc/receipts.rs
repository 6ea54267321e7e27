//! The answer with the receipts of a recorded transaction (R3), in pieces if there are many.
//!
//! In: where a transaction is recorded, and a checkpoint that includes it.
//! Out: the JSON of R3.
//! Always: one piece of an answer is in memory at a time, and memory for it is reserved before it is made.
//! The first piece is made before the answer begins, so that its failure is still an error answer.
//! Not for waiting for the record.

use super::answer::{held, with_permit};
use super::problem::Problem;
use super::work::work;
use crate::limiter::Client;
use crate::limits::{RECEIPT_MAKING_BYTES, RECEIPTS_PER_PIECE};
use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use courtseal_api::Pieces;
use courtseal_api::answer::{RecordedEntry, RecordedKind, TransactionState, TransactionStatus};
use courtseal_ledger::{Ledger, Recorded};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::log::checkpoint::CosignedCheckpoint;
use futures::stream;
use std::ops::Range;
use std::sync::Arc;

const MEDIA_TYPE: &str = "application/json";

/// The part of an answer that is not sent yet.
struct Rest {
    ledger: Arc<Ledger>,
    client: Client,
    checkpoint: Arc<CosignedCheckpoint>,
    indices: Range<u64>,
    pieces: Pieces,
}

/// Answers with all receipts of a transaction.
///
/// # Errors
/// The first piece cannot be made, for the reason in the problem.
pub async fn answer(
    ledger: Arc<Ledger>,
    client: Client,
    transaction: Digest,
    place: Recorded,
    checkpoint: Arc<CosignedCheckpoint>,
) -> Result<Response, Problem> {
    let (height, recorded_at) = (Some(place.height), Some(place.time));
    let status = TransactionStatus { transaction, state: TransactionState::Recorded, height, recorded_at, entries: Vec::new() };
    let mut start = serde_json::to_vec(&status).map_err(|error| Problem::internal(&error))?;
    // The entries follow in pieces, so that only some are in memory at a time.
    let pieces = Pieces::open(&mut start, "entries");
    let indices = place.first_index..place.first_index + place.count;
    let mut rest = Rest { ledger, client, checkpoint, indices, pieces };
    let first = rest.piece(start).await?;
    if rest.indices.is_empty() {
        return Ok(held(MEDIA_TYPE, first));
    }
    rest.client.spend(first.len() as u64);
    let pieces = stream::unfold((Some(first), rest), |(ready, mut rest)| async move {
        let piece = match ready {
            Some(piece) => Ok(piece),
            None if rest.indices.is_empty() => return None,
            None => {
                let made = rest.piece(Vec::new()).await;
                rest.client.spend(made.as_ref().map_or(0, |piece| piece.len() as u64));
                // The answer has begun, so that it can only break off.
                made.map_err(|_| std::io::Error::other("the answer breaks off"))
            }
        };
        if piece.is_err() {
            rest.indices.start = rest.indices.end;
        }
        Some((piece, (None, rest)))
    });
    let mut response = Body::from_stream(pieces).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    Ok(response)
}

impl Rest {
    /// Makes the next piece, which begins with `bytes`. The last piece ends the answer.
    async fn piece(&mut self, mut bytes: Vec<u8>) -> Result<Bytes, Problem> {
        let end = self.indices.end.min(self.indices.start.saturating_add(RECEIPTS_PER_PIECE));
        let piece = self.indices.start..end;
        let is_last = end == self.indices.end;
        let note_bytes = self.checkpoint.note().to_string().len();
        let making_bytes = (piece.end - piece.start) as usize * (RECEIPT_MAKING_BYTES + 2 * note_bytes);
        let permit = self.client.answer(making_bytes).await?;
        let (ledger, checkpoint) = (Arc::clone(&self.ledger), Arc::clone(&self.checkpoint));
        let mut pieces = self.pieces;
        let make = move || -> Result<(Vec<u8>, Pieces), Problem> {
            for receipt in ledger.receipts(piece, &checkpoint)? {
                pieces.next(&mut bytes);
                let is_rejection = ledger.is_rejection(receipt.index)?;
                let kind = if is_rejection { RecordedKind::Rejection } else { RecordedKind::Statement };
                let entry = RecordedEntry { index: receipt.index, kind, receipt: receipt.to_text() };
                serde_json::to_writer(&mut bytes, &entry).map_err(|error| Problem::internal(&error))?;
            }
            if is_last {
                pieces.close(&mut bytes);
            }
            Ok((bytes, pieces))
        };
        let bytes;
        (bytes, self.pieces) = work(&self.client, make).await?;
        self.indices.start = end;
        Ok(with_permit(bytes, permit))
    }
}
