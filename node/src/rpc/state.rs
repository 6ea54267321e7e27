//! What the network and this node are (R8 to R10, R27).
//!
//! In: nothing. Out: policy and genesis byte for byte, status, health, life, readiness, metrics. Always: safe
//! to show to anybody. Not for changing anything.

use super::Shared;
use super::answer::{held, text};
use super::problem::Problem;
use crate::clocks::wall;
use crate::limits::TURN_MS_MAX;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use courtseal_court::status::{ClockGroup, State as NodeState};
use courtseal_proof::base64_text;
use courtseal_proof::genesis::PROTOCOL;
use courtseal_proof::name::CourtName;
use courtseal_proof::policy::quorum_size;
use courtseal_proof::time::{self, Timestamp};
use serde::Serialize;
use std::time::{Duration, Instant};

#[derive(Serialize)]
struct Status {
    network: String,
    name: String,
    court: String,
    epoch: u64,
    protocol: u16,
    height: u64,
    #[serde(with = "time::text")]
    block_time: Timestamp,
    #[serde(with = "time::text")]
    now: Timestamp,
    size: u64,
    root: String,
    checkpoint_size: u64,
    pending: usize,
    state: NodeState,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", with = "time::text::optional")]
    halted_until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    clocks: Vec<Clock>,
    quorum: usize,
    courts: Vec<Court>,
}

/// Courts whose clocks agree, and the time that these clocks say (R9, N11).
#[derive(Serialize)]
struct Clock {
    courts: Vec<String>,
    #[serde(with = "time::text")]
    time: Timestamp,
}

#[derive(Serialize)]
struct Court {
    name: String,
    #[serde(rename = "self")]
    is_self: bool,
    connected: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    round_trip_ms: Option<f64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    seems_twice: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    other_genesis: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    other_identity: bool,
    #[serde(skip_serializing_if = "Option::is_none", with = "time::text::optional")]
    down_since: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", with = "time::text::optional")]
    untimely_cosignature: Option<Timestamp>,
    /// Counted since the node's start, as `invalid_blocks` is (R24).
    #[serde(skip_serializing_if = "is_zero")]
    empty_heights: u64,
    #[serde(skip_serializing_if = "is_zero")]
    invalid_blocks: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[derive(Serialize)]
struct Health {
    state: NodeState,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// `GET /v1/status`.
pub async fn status(State(desk): Shared) -> Response {
    let head = desk.ledger.head();
    let state = desk.ledger.state();
    let genesis = desk.ledger.genesis();
    let snapshot = desk.watched.snapshot.borrow().clone();
    let now = Instant::now();
    let courts = snapshot.courts.iter().map(|(court, view)| {
        let link = desk.links.state(court);
        let is_self = *court == desk.own;
        Court {
            name: court.to_string(),
            is_self,
            connected: is_self || link.is_connected,
            height: view.height,
            round_trip_ms: link.round_trip.map(|time| (time.as_secs_f64() * 10_000.0).round() / 10.0),
            seems_twice: desk.links.seems_twice(court, now),
            other_genesis: view.other_genesis.map(|digest| digest.tagged()),
            other_identity: desk.links.has_other_identity(court, now),
            down_since: view.down_since,
            untimely_cosignature: view.untimely,
            empty_heights: view.counts.empty_heights,
            invalid_blocks: view.counts.invalid_blocks,
        }
    });
    let courts: Vec<Court> = courts.collect();
    let clock = |group: &ClockGroup| Clock { courts: group.courts.iter().map(CourtName::to_string).collect(), time: group.time };
    Json(Status {
        network: state.origin().to_string(),
        name: genesis.name.to_string(),
        court: desk.own.to_string(),
        epoch: state.epoch(),
        protocol: PROTOCOL,
        height: head.height,
        block_time: head.time,
        now: wall(),
        size: head.size,
        root: base64_text::encode(&head.root.0),
        checkpoint_size: desk.watched.checkpoint.borrow().as_ref().map_or(0, |newest| newest.checkpoint.size),
        pending: snapshot.pending,
        state: snapshot.state,
        reason: snapshot.reason.clone(),
        halted_until: snapshot.halted_until,
        clocks: snapshot.clocks.iter().map(clock).collect(),
        quorum: quorum_size(courts.len()),
        courts,
    })
    .into_response()
}

/// `GET /v1/health`.
pub async fn health(State(desk): Shared) -> Response {
    let snapshot = desk.watched.snapshot.borrow().clone();
    (
        yes_or_unavailable(snapshot.state == NodeState::Recording),
        Json(Health { state: snapshot.state, reason: snapshot.reason.clone() }),
    )
        .into_response()
}

#[derive(Serialize)]
struct Live {
    live: bool,
    turned_ms_ago: u64,
}

#[derive(Serialize)]
struct Ready {
    ready: bool,
    state: NodeState,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

fn is_alive(turned_ago: Duration) -> bool {
    turned_ago <= Duration::from_millis(TURN_MS_MAX)
}

fn yes_or_unavailable(yes: bool) -> StatusCode {
    if yes { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// `GET /v1/live`.
pub async fn live(State(desk): Shared) -> Response {
    let ago = desk.watched.turned.ago();
    let live = is_alive(ago);
    (yes_or_unavailable(live), Json(Live { live, turned_ms_ago: ago.as_millis() as u64 })).into_response()
}

/// `GET /v1/ready`.
pub async fn ready(State(desk): Shared) -> Response {
    let snapshot = desk.watched.snapshot.borrow().clone();
    let ago = desk.watched.turned.ago();
    let (is_stopping, alive) = (*desk.stopping.borrow(), is_alive(ago));
    let reason = match (is_stopping, alive) {
        (true, _) => Some("this node is shutting down".to_owned()),
        (false, false) => Some(format!("the validator has done nothing for {} s", ago.as_secs())),
        (false, true) => snapshot.reason.clone(),
    };
    let ready = !is_stopping && alive && snapshot.state == NodeState::Recording;
    (yes_or_unavailable(ready), Json(Ready { ready, state: snapshot.state, reason })).into_response()
}

/// `GET /v1/policy`.
pub async fn policy(State(desk): Shared) -> Response {
    held("text/plain; charset=utf-8", desk.policy_text.clone())
}

/// `GET /v1/genesis`.
pub async fn genesis(State(desk): Shared) -> Response {
    held("application/json", desk.genesis_text.clone())
}

/// `GET /metrics`.
pub async fn metrics(State(desk): Shared) -> Result<Response, Problem> {
    let connected = desk.links.peers().filter(|peer| desk.links.state(&peer.name).is_connected).count();
    desk.metrics.connected_courts.set(connected as i64 + 1);
    let metrics = desk.metrics.to_text().map_err(|error| Problem::internal(&error))?;
    Ok(text("application/openmetrics-text; version=1.0.0; charset=utf-8", metrics))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r27_the_validator_lives_up_to_5_s_without_a_turn() {
        assert!(is_alive(Duration::from_millis(TURN_MS_MAX)));
        assert!(!is_alive(Duration::from_millis(TURN_MS_MAX + 1)));
    }
}
