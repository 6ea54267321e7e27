//! Handlers that submit transactions and report their status (R2, R3).
//!
//! In: a client's bytes, or a transaction id; how long to wait.
//! Out: the status of the transaction, with its receipts once a quorum has cosigned.
//! Always: submitting the same bytes again gives the same entries.
//! Not for queueing: the mailbox and the mempool do that.

use super::answer::Segment;
use super::problem::Problem;
use super::work::work;
use super::{Shared, SharedState, receipts};
use crate::clocks::wall;
use crate::limiter::Client;
use crate::limits::WAIT_MS_MAX;
use crate::mailbox;
use axum::body::Bytes;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json, extract::State};
use courtseal_api::Code;
use courtseal_api::answer::{TransactionState, TransactionStatus};
use courtseal_api::request::Wait;
use courtseal_court::admission::NotAdmitted;
use courtseal_court::input::Input;
use courtseal_court::status::State as NodeState;
use courtseal_proof::bytes::digest::Digest;
use std::sync::Arc;
use std::time::{Duration, Instant};

fn wait(query: Result<Query<Wait>, QueryRejection>) -> Result<Duration, Problem> {
    let Query(Wait { wait_ms }) = query.map_err(|_| Problem::malformed("the only parameter is wait_ms, a number"))?;
    if wait_ms > WAIT_MS_MAX {
        return Err(Problem::malformed("wait_ms is at most 60,000"));
    }
    Ok(Duration::from_millis(wait_ms))
}

/// Whether the headers allow the body to be uncompressed JSON (R2). Absent headers do.
fn is_json(headers: &HeaderMap) -> bool {
    let word = |value: &axum::http::HeaderValue, word: &str| {
        value.to_str().is_ok_and(|text| text.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(word))
    };
    headers.get_all(header::CONTENT_TYPE).iter().all(|value| word(value, "application/json"))
        && headers.get_all(header::CONTENT_ENCODING).iter().all(|value| word(value, "identity"))
}

/// Answers `POST /v1/transactions` (R2): submits a transaction.
pub async fn submit(
    State(shared): SharedState,
    Extension(client): Extension<Client>,
    query: Result<Query<Wait>, QueryRejection>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let started = Instant::now();
    if !is_json(&headers) {
        return Err(Problem::new(Code::WrongType, "a transaction is sent as content-type application/json, not compressed"));
    }
    let wait = wait(query)?;
    let admission = shared.admission.clone();
    // A refusal is a result here, not a failure of the work.
    let admitted = work(&client, move || Ok::<_, Problem>(admission.admit(&body, wall())));
    let id = match admitted.await? {
        Ok(admitted) => {
            let id = admitted.checked().id();
            let (reply, answer) = mailbox::reply();
            shared
                .validator
                .send_from_client(Input::Transaction { admitted, reply: Some(reply) })
                .await
                .map_err(|_| shutting_down())?;
            match answer.await.map_err(|_| shutting_down())? {
                Ok(()) | Err(NotAdmitted::Recorded(_)) => id,
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(NotAdmitted::Recorded(id)) => id,
        Err(refused) => return Err(refused.into()),
    };
    match recorded(&shared, &client, id, wait).await? {
        Some(response) => {
            shared.metrics.notarize_seconds.observe(started.elapsed().as_secs_f64());
            Ok(response)
        }
        None if wait.is_zero() => Ok(pending(id)),
        None => Err(if is_pending(&shared, &client, id).await? { not_yet(&shared) } else { dropped() }),
    }
}

/// Answers `GET /v1/transactions/{id}` (R3): the status of a transaction.
pub async fn status(
    State(shared): SharedState,
    Extension(client): Extension<Client>,
    Segment(id): Segment,
    query: Result<Query<Wait>, QueryRejection>,
) -> Result<Response, Problem> {
    let wait = wait(query)?;
    let id = Digest::from_hex(&id).ok_or_else(|| Problem::malformed("a transaction id is 64 lower-case hex digits"))?;
    if let Some(response) = recorded(&shared, &client, id, wait).await? {
        return Ok(response);
    }
    if is_pending(&shared, &client, id).await? {
        return Ok(pending(id));
    }
    Err(Problem::not_found("this node has not seen that transaction, or dropped it because too much waits"))
}

/// Whether a transaction waits for a block here, or is in a block that waits for cosignatures.
async fn is_pending(shared: &Shared, client: &Client, id: Digest) -> Result<bool, Problem> {
    let (known, answer) = mailbox::reply();
    let asked = shared.validator.send_from_client(Input::IsWaiting { id, reply: known }).await.is_ok();
    let ledger = Arc::clone(&shared.ledger);
    // The ledger is asked after the mempool, so that a block committed in between is not missed.
    let is_waiting = asked && answer.await.unwrap_or(false);
    Ok(is_waiting || work(client, move || ledger.transaction(&id).map(|place| place.is_some())).await?)
}

/// The error for a transaction that was admitted, no longer waits, and is not recorded (N12).
fn dropped() -> Problem {
    let message = "not recorded, and no longer kept here: it has expired, or was dropped because too much waits; send it again, or ask another court";
    Problem::new(Code::Busy, message)
}

fn shutting_down() -> Problem {
    Problem::new(Code::Stopping, "this node is shutting down; ask another court")
}

fn not_yet(shared: &Shared) -> Problem {
    let view = shared.watched.view.borrow();
    match (&view.state, &view.reason) {
        (NodeState::NoQuorum, Some(reason)) => Problem::new(
            Code::NoQuorum,
            format!("the network has no quorum: {reason}; the transaction is kept here until it expires"),
        ),
        (NodeState::Stopped, Some(reason)) => {
            Problem::new(Code::Stopping, format!("this node has stopped: {reason}; ask another court"))
        }
        (NodeState::Halted, Some(reason)) => {
            Problem::new(Code::Timeout, format!("the network is halted: {reason}; the transaction is kept here until it expires"))
        }
        (_, Some(reason)) => Problem::new(
            Code::Timeout,
            format!("not recorded yet; it still waits here: ask for it again, or ask another court: {reason}"),
        ),
        _ => Problem::new(Code::Timeout, "not recorded yet; it still waits here: ask for it again"),
    }
}

fn pending(transaction: Digest) -> Response {
    let entries = Vec::new();
    let status = TransactionStatus { transaction, state: TransactionState::Pending, height: None, recorded_at: None, entries };
    (StatusCode::ACCEPTED, Json(status)).into_response()
}

/// Waits until the transaction is recorded and cosigned, and answers with its receipts; `None` if the wait
/// ends first.
async fn recorded(shared: &Shared, client: &Client, id: Digest, wait: Duration) -> Result<Option<Response>, Problem> {
    let deadline = tokio::time::Instant::now() + wait;
    let (mut checkpoint, mut stopping) = (shared.watched.checkpoint.clone(), shared.stopping.subscribe());
    let ledger = Arc::clone(&shared.ledger);
    // The store is asked once, for a transaction that was recorded earlier. Newer records are found in
    // memory, because every waiting request looks at each checkpoint.
    let mut place = work(client, move || ledger.transaction(&id)).await?;
    loop {
        let newest = checkpoint.borrow_and_update().clone();
        place = place.or_else(|| shared.ledger.recent_transaction(&id));
        if let (Some(place), Some(newest)) = (place, newest)
            && place.first_index + place.count <= newest.checkpoint.size
        {
            return receipts::answer(Arc::clone(&shared.ledger), client.clone(), id, place, newest).await.map(Some);
        }
        tokio::select! {
            biased;
            changed = checkpoint.changed() => if changed.is_err() {
                return Ok(None);
            },
            () = tokio::time::sleep_until(deadline) => return Ok(None),
            _ = stopping.wait_for(|stopping| *stopping) => return Err(shutting_down()),
        }
    }
}
