//! Handlers that report the state of the network and of this node (R8 to R10, R27).
//!
//! In: the published state.
//! Out: policy and genesis byte for byte, status, health, liveness, readiness, metrics.
//! Always: an answer is safe to show to anyone.
//! Not for changing anything.

use super::SharedState;
use super::answer::{held, text};
use super::problem::Problem;
use crate::clocks::wall;
use crate::limits::VALIDATOR_IDLE_MS_MAX;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use courtseal_api::status::{Clock, CourtStatus, Health, Live, Ready, State as NodeState, Status};
use courtseal_court::status::ClockGroup;
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::name::CourtName;
use courtseal_proof::genesis::PROTOCOL;
use courtseal_proof::log::policy::quorum_size;
use std::time::{Duration, Instant};

/// Answers `GET /v1/status` (R9): the state of the node and of all courts.
pub async fn status(State(shared): SharedState) -> Response {
    let head = shared.ledger.head();
    let state = shared.ledger.state();
    let genesis = shared.ledger.genesis();
    let view = shared.watched.view.borrow().clone();
    let now = Instant::now();
    let courts = view.courts.iter().map(|(court, seen)| {
        let link = shared.links.state(court);
        let is_self = *court == shared.own;
        CourtStatus {
            name: court.to_string(),
            is_self,
            connected: is_self || link.is_connected,
            height: seen.height,
            round_trip_ms: link.round_trip.map(|time| (time.as_secs_f64() * 10_000.0).round() / 10.0),
            seems_twice: shared.links.seems_twice(court, now),
            other_genesis: seen.other_genesis,
            other_identity: shared.links.has_other_identity(court, now),
            down_since: seen.down_since,
            untimely_cosignature: seen.untimely,
            empty_heights: seen.counts.empty_heights,
            invalid_blocks: seen.counts.invalid_blocks,
        }
    });
    let courts: Vec<CourtStatus> = courts.collect();
    let clock = |group: &ClockGroup| Clock { courts: group.courts.iter().map(CourtName::to_string).collect(), time: group.time };
    Json(Status {
        network: state.origin().to_string(),
        name: genesis.name.to_string(),
        court: shared.own.to_string(),
        epoch: state.epoch(),
        protocol: PROTOCOL.into(),
        height: head.height,
        block_time: head.time,
        now: wall(),
        size: head.size,
        root: base64_text::encode(&head.root.0),
        checkpoint_size: shared.watched.checkpoint.borrow().as_ref().map_or(0, |newest| newest.checkpoint.size),
        pending: view.pending as u64,
        state: view.state.into(),
        reason: view.reason.clone(),
        halted_until: view.halted_until,
        clocks: view.clocks.iter().map(clock).collect(),
        quorum: quorum_size(courts.len()) as u64,
        courts,
    })
    .into_response()
}

/// Answers `GET /v1/health` (R10): whether the node records.
pub async fn health(State(shared): SharedState) -> Response {
    let view = shared.watched.view.borrow().clone();
    (
        yes_or_unavailable(view.state == NodeState::Recording),
        Json(Health { state: view.state.into(), reason: view.reason.clone() }),
    )
        .into_response()
}

fn is_alive(idle: Duration) -> bool {
    idle <= Duration::from_millis(VALIDATOR_IDLE_MS_MAX)
}

fn yes_or_unavailable(yes: bool) -> StatusCode {
    if yes { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// Answers `GET /v1/live` (R27): whether the validator handled anything within the last 5 s.
pub async fn live(State(shared): SharedState) -> Response {
    let ago = shared.watched.liveness.ago();
    let live = is_alive(ago);
    (yes_or_unavailable(live), Json(Live { live, turned_ms_ago: ago.as_millis() as u64 })).into_response()
}

/// Answers `GET /v1/ready` (R27): whether a record is possible here.
pub async fn ready(State(shared): SharedState) -> Response {
    let view = shared.watched.view.borrow().clone();
    let ago = shared.watched.liveness.ago();
    let (is_stopping, alive) = (*shared.stopping.borrow(), is_alive(ago));
    let reason = match (is_stopping, alive) {
        (true, _) => Some("this node is shutting down".to_owned()),
        (false, false) => Some(format!("the validator has done nothing for {} s", ago.as_secs())),
        (false, true) => view.reason.clone(),
    };
    let ready = !is_stopping && alive && view.state == NodeState::Recording;
    (yes_or_unavailable(ready), Json(Ready { ready, state: view.state.into(), reason })).into_response()
}

/// Answers `GET /v1/policy` (R8): the policy, byte for byte.
pub async fn policy(State(shared): SharedState) -> Response {
    held("text/plain; charset=utf-8", shared.policy_text.clone())
}

/// Answers `GET /v1/genesis` (R8): the genesis, byte for byte.
pub async fn genesis(State(shared): SharedState) -> Response {
    held("application/json", shared.genesis_text.clone())
}

/// Answers `GET /metrics` (R10): all metrics as text.
pub async fn metrics(State(shared): SharedState) -> Result<Response, Problem> {
    let connected = shared.links.peers().filter(|peer| shared.links.state(&peer.name).is_connected).count();
    shared.metrics.connected_courts.set(connected as i64 + 1);
    let metrics = shared.metrics.to_text().map_err(|error| Problem::internal(&error))?;
    Ok(text("application/openmetrics-text; version=1.0.0; charset=utf-8", metrics))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r27_the_validator_is_live_up_to_5_s_without_an_event() {
        assert!(is_alive(Duration::from_millis(VALIDATOR_IDLE_MS_MAX)));
        assert!(!is_alive(Duration::from_millis(VALIDATOR_IDLE_MS_MAX + 1)));
    }
}
