//! Submitting transactions and asking for them (R2, R3).
//!
//! In: a client's bytes, an id, how long to wait. Out: the state of the transaction, with its receipts once a quorum has cosigned. Always: submitting
//! the same bytes again gives the same entries. Not for queueing: the validator does.

use super::answer::{Problem, Segment, blocking};
use super::{Desk, Shared};
use crate::admission::{self, NotAdmitted};
use crate::limits::WAIT_MS_MAX;
use crate::status::State as NodeState;
use crate::validator::Input;
use crate::validator::clocks::wall;
use axum::body::Bytes;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::{Json, extract::State};
use courtseal_ledger::Recorded;
use courtseal_proof::checkpoint::CosignedCheckpoint;
use courtseal_proof::digest::Digest;
use courtseal_proof::time::{self, Timestamp};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// How long to wait.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wait {
    #[serde(default)]
    wait_ms: u64,
}

/// R3.
#[derive(Serialize)]
struct Status {
    #[serde(with = "courtseal_proof::digest::tagged")]
    transaction: Digest,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none", with = "time::text::optional")]
    recorded_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entries: Option<Vec<EntryReceipt>>,
}

#[derive(Serialize)]
struct EntryReceipt {
    index: u64,
    kind: &'static str,
    receipt: String,
}

fn wait(query: Result<Query<Wait>, QueryRejection>) -> Result<Duration, Problem> {
    let Query(Wait { wait_ms }) = query.map_err(|_| Problem::malformed("the only parameter is wait_ms, a number"))?;
    if wait_ms > WAIT_MS_MAX {
        return Err(Problem::malformed("wait_ms is at most 60,000"));
    }
    Ok(Duration::from_millis(wait_ms))
}

/// `POST /v1/transactions`.
pub async fn submit(State(desk): Shared, query: Result<Query<Wait>, QueryRejection>, body: Bytes) -> Result<Response, Problem> {
    let started = Instant::now();
    let wait = wait(query)?;
    let ledger = Arc::clone(&desk.ledger);
    let admitted = tokio::task::spawn_blocking(move || admission::admit(&ledger, &body, wall())).await;
    let id = match admitted.map_err(|error| Problem::internal(&error))? {
        Ok(checked) => {
            let id = checked.id();
            let (reply, answer) = oneshot::channel();
            let stopping = || Problem::new("stopping", "this node is shutting down; ask another court");
            desk.validator.send(Input::Transaction { checked, reply: Some(reply) }).await.map_err(|_| stopping())?;
            match answer.await.map_err(|_| stopping())? {
                Ok(()) | Err(NotAdmitted::Recorded(_)) => id,
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(NotAdmitted::Recorded(id)) => id,
        Err(refused) => return Err(refused.into()),
    };
    match recorded(&desk, id, wait).await? {
        Some(status) => {
            desk.metrics.notarize_seconds.observe(started.elapsed().as_secs_f64());
            Ok((StatusCode::OK, Json(status)).into_response())
        }
        None if wait.is_zero() => Ok((StatusCode::ACCEPTED, Json(Status::pending(id))).into_response()),
        None => Err(not_yet(&desk)),
    }
}

/// `GET /v1/transactions/{id}`.
pub async fn status(
    State(desk): Shared,
    Segment(id): Segment,
    query: Result<Query<Wait>, QueryRejection>,
) -> Result<Response, Problem> {
    let wait = wait(query)?;
    let id = Digest::from_hex(&id).ok_or_else(|| Problem::malformed("a transaction id is 64 lower-case hex digits"))?;
    if let Some(status) = recorded(&desk, id, wait).await? {
        return Ok(Json(status).into_response());
    }
    let (known, answer) = oneshot::channel();
    let asked = desk.validator.send(Input::IsWaiting { id, reply: known }).await.is_ok();
    let ledger = Arc::clone(&desk.ledger);
    let is_committed = blocking(move || Ok(ledger.transaction(&id)?.is_some())).await?;
    if is_committed || asked && answer.await.unwrap_or(false) {
        return Ok((StatusCode::ACCEPTED, Json(Status::pending(id))).into_response());
    }
    Err(Problem::not_found("this node has not seen that transaction"))
}

fn not_yet(desk: &Desk) -> Problem {
    let snapshot = desk.watched.snapshot.borrow();
    match (&snapshot.state, &snapshot.reason) {
        (NodeState::NoQuorum, Some(reason)) => Problem::new(
            "no-quorum",
            format!("the network has no quorum: {reason}; the transaction is kept here until it expires"),
        ),
        (NodeState::Stopped, Some(reason)) => {
            Problem::new("stopping", format!("this node has stopped: {reason}; ask another court"))
        }
        _ => Problem::new("timeout", "not recorded yet; it still waits, ask for it again"),
    }
}

/// Waits until the transaction is recorded and cosigned, then makes its receipts; none if the wait is over.
async fn recorded(desk: &Arc<Desk>, id: Digest, wait: Duration) -> Result<Option<Status>, Problem> {
    let deadline = tokio::time::Instant::now() + wait;
    let mut checkpoint = desk.watched.checkpoint.clone();
    loop {
        let newest = checkpoint.borrow_and_update().clone();
        if let Some(newest) = newest {
            let ledger = Arc::clone(&desk.ledger);
            let found = blocking(move || match ledger.transaction(&id)? {
                Some(place) if place.first_index + place.count <= newest.checkpoint.size => {
                    receipts(&ledger, id, place, &newest).map(Some)
                }
                _ => Ok(None),
            });
            if let Some(status) = found.await? {
                return Ok(Some(status));
            }
        }
        match tokio::time::timeout_at(deadline, checkpoint.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) | Err(_) => return Ok(None),
        }
    }
}

fn receipts(
    ledger: &courtseal_ledger::Ledger,
    id: Digest,
    place: Recorded,
    checkpoint: &CosignedCheckpoint,
) -> Result<Status, Problem> {
    let range = place.first_index..place.first_index + place.count;
    let receipts = ledger.receipts(range, checkpoint)?;
    let entry = |receipt: courtseal_proof::receipt::Receipt| EntryReceipt {
        index: receipt.index,
        // The entry's text is canonical, so a rejection is told by its kind field alone.
        kind: if receipt.entry.contains("\"kind\":\"rejection\"") { "rejection" } else { "statement" },
        receipt: receipt.to_text(),
    };
    Ok(Status {
        transaction: id,
        state: "recorded",
        height: Some(place.height),
        recorded_at: Some(place.time),
        entries: Some(receipts.into_iter().map(entry).collect()),
    })
}

impl Status {
    fn pending(transaction: Digest) -> Self {
        Self { transaction, state: "pending", height: None, recorded_at: None, entries: None }
    }
}
