//! The RPC: HTTP and JSON (specs/rpc.md). The JSON types of requests and answers stop here.
//!
//! In: clients' requests.
//! Out: answers with stable error codes.
//! Always: bodies, waits, pages, answers and requests are bounded, and so is each address's share of them
//! ([`crate::limiter`]).
//! A client is told only what is safe and stable, and causes go to the log.
//! An answer that a transaction is recorded means decided, durable here, and cosigned by a quorum.
//! Not for rules: admission and ledger have them.

mod answer;
mod connection;
mod host;
mod log;
mod problem;
mod receipts;
mod shared;
mod state;
mod transactions;
mod work;

use crate::limiter::Client;
use crate::limits::{BODY_BYTE_COST, DISCARDED_BYTES_MAX, REQUEST_COST_BYTES, REQUEST_MS_MAX, SENDING_BYTES_PER_S_MIN};
use axum::body::{Body, HttpBody as _};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Extension, Router};
pub use connection::serve;
use courtseal_api::{Code, ROUTES, Route};
use courtseal_proof::bytes::limits::TRANSACTION_BYTES_MAX;
use http_body_util::BodyExt as _;
use problem::Problem;
pub use shared::Shared;
use shared::SharedState;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The routes of the RPC for a client at this address; `None` if its connection is rejected.
pub fn router_for(shared: Arc<Shared>, address: IpAddr) -> Option<Router> {
    let client = shared.clients.try_begin(address).ok()?;
    Some(router(shared).layer(axum::Extension(client)))
}

fn router(shared: Arc<Shared>) -> Router {
    ROUTES
        .iter()
        .fold(Router::new(), |router, row| router.route(row.path, handler(row.route)))
        .fallback(|| async { Problem::not_found("no such path; see specs/rpc.md") })
        .method_not_allowed_fallback(|| async { Problem::new(Code::WrongMethod, "this path does not take that method") })
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Arc::clone(&shared), measured))
        .with_state(shared)
}

/// The handler of a route.
fn handler(route: Route) -> MethodRouter<Arc<Shared>> {
    match route {
        Route::Submit => post(transactions::submit),
        Route::Transaction => get(transactions::status),
        Route::Entries => get(log::entries),
        Route::Entry => get(log::entry),
        Route::Receipt => get(log::receipt),
        Route::Digest => get(log::digest),
        Route::Checkpoint => get(log::checkpoint),
        Route::Consistency => get(log::consistency),
        Route::Policy => get(state::policy),
        Route::Genesis => get(state::genesis),
        Route::Status => get(state::status),
        Route::Health => get(state::health),
        Route::Live => get(state::live),
        Route::Ready => get(state::ready),
        Route::Metrics => get(state::metrics),
    }
}

/// Checks and accounts for a request, and then answers it.
///
/// The steps: the address's rate limit (R12), the host name (R25), the body, bounded in bytes and time and
/// together with all others (R11), the counters.
async fn measured(
    State(shared): SharedState,
    Extension(client): Extension<Client>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let route = path.map_or("other".to_owned(), |path| path.as_str().to_owned());
    let ready = match client.wait_ms() {
        0 => received(&shared, &client, request).await,
        wait_ms => Err(Problem::too_many(wait_ms.div_ceil(1_000))),
    };
    let mut response = match ready {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    // The header keeps a browser from taking an answer for a script or a page, whatever it contains.
    response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // An answer that is sent in pieces has no exact size here: the cost of each piece is counted when it is
    // made.
    client.spend(response.body().size_hint().exact().unwrap_or(0));
    shared.metrics.request(route, response.status().as_u16());
    response
}

/// Reads the body of a request into memory. Its room is free again as soon as the body is dropped.
async fn received(shared: &Shared, client: &Client, request: Request) -> Result<Request, Problem> {
    let (head, body) = request.into_parts();
    shared.names.check(&head)?;
    let length = body.size_hint().upper().unwrap_or(u64::MAX).min(TRANSACTION_BYTES_MAX as u64);
    let permit = client.body(length as usize).await?;
    let bytes = collect(body).await?;
    client.spend(REQUEST_COST_BYTES + BODY_BYTE_COST * bytes.len() as u64);
    Ok(Request::from_parts(head, Body::from(answer::with_permit(bytes, permit))))
}

/// The time at which more of a body must have come (R11): 10 s, and the time that the slowest accepted sender
/// needs for `bytes`.
fn due(began: Instant, bytes: usize) -> Instant {
    began + Duration::from_millis(REQUEST_MS_MAX + bytes as u64 * 1_000 / SENDING_BYTES_PER_S_MIN)
}

/// Reads a body.
///
/// Some bytes of a body that is too long are read and dropped, so that a sender that is still sending reads
/// the answer and not a broken connection.
async fn collect(mut body: Body) -> Result<Vec<u8>, Problem> {
    let (began, mut bytes, mut length) = (Instant::now(), Vec::new(), 0);
    loop {
        let slow = |_| Problem::malformed("the body came more slowly than 8 KiB a second");
        let Some(frame) = tokio::time::timeout_at(due(began, length), body.frame()).await.map_err(slow)? else { break };
        let frame = frame.map_err(|_| Problem::malformed("the body ended early"))?;
        let Some(data) = frame.data_ref() else { continue };
        length += data.len();
        if length <= TRANSACTION_BYTES_MAX {
            bytes.extend_from_slice(data);
        } else if length > TRANSACTION_BYTES_MAX + DISCARDED_BYTES_MAX {
            break;
        }
    }
    if length <= TRANSACTION_BYTES_MAX {
        Ok(bytes)
    } else {
        Err(Problem::new(Code::TooLarge, "a request's body has at most 4 MiB"))
    }
}
