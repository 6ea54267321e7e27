//! The RPC: HTTP and JSON (specs/rpc.md). The JSON types of requests and answers stop here.
//!
//! In: clients' requests. Out: answers with stable error codes. Always: bodies, waits, pages and the number of requests are bounded; what a client is told
//! is safe and stable, causes go to the log; an answer that a transaction is recorded means decided, durable here, and cosigned by a
//! quorum. Not for rules: admission and ledger have them.

mod answer;
mod log;
mod state;
mod transactions;

use crate::admission::NotAdmitted;
use crate::keys::CourtKeys;
use crate::limits::{BODIES_BYTES_MAX, CONNECTION_MS_MAX, CONNECTIONS_MAX, DISCARDED_BYTES_MAX, REQUEST_MS_MAX, WAIT_MS_MAX};
use crate::metrics::Metrics;
use crate::network::Links;
use crate::status::Watched;
use crate::validator::Input;
use answer::Problem;
use axum::Router;
use axum::body::{Body, HttpBody as _};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use courtseal_ledger::Ledger;
use courtseal_proof::limits::TRANSACTION_BYTES_MAX;
use http_body_util::BodyExt as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, SemaphorePermit, mpsc};

/// What the handlers share.
pub struct Desk {
    /// The court's name and place in the genesis.
    pub own: usize,
    /// The ledger, read only.
    pub ledger: Arc<Ledger>,
    /// The validator's queue.
    pub validator: mpsc::Sender<Input>,
    /// What the validator publishes.
    pub watched: Watched,
    /// The other courts.
    pub links: Links,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The genesis document, byte for byte.
    pub genesis_text: String,
    /// Its policy.
    pub policy_text: String,
    body_bytes: Semaphore,
}

impl Desk {
    /// For this court.
    pub fn new(
        keys: &CourtKeys,
        ledger: Arc<Ledger>,
        validator: mpsc::Sender<Input>,
        watched: Watched,
        links: Links,
        metrics: Arc<Metrics>,
    ) -> Self {
        let genesis = ledger.genesis();
        Self {
            own: genesis.courts.iter().position(|court| court.name == keys.name).unwrap_or(0),
            genesis_text: genesis.to_text(),
            policy_text: genesis.policy_text(),
            ledger,
            validator,
            watched,
            links,
            metrics,
            body_bytes: Semaphore::new(BODIES_BYTES_MAX),
        }
    }
}

type Shared = State<Arc<Desk>>;

/// Serves until `stop` resolves, then lets requests under way finish for a moment.
pub async fn serve(listener: TcpListener, desk: Arc<Desk>, stop: impl Future<Output = ()>) {
    let router = router(desk);
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut tasks = tokio::task::JoinSet::new();
    tokio::pin!(stop);
    loop {
        let permit = tokio::select! {
            () = &mut stop => break,
            permit = Arc::clone(&connections).acquire_owned() => permit,
        };
        let Ok(permit) = permit else { return };
        let stream = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    // Out of file handles, most likely: connections that end free some.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        let service = hyper_util::service::TowerToHyperService::new(router.clone());
        tasks.spawn(async move {
            let _permit = permit;
            let _ = stream.set_nodelay(true);
            let io = hyper_util::rt::TokioIo::new(stream);
            let served = hyper::server::conn::http1::Builder::new()
                .timer(hyper_util::rt::TokioTimer::new())
                .header_read_timeout(Duration::from_millis(REQUEST_MS_MAX))
                .max_buf_size(64 * 1024)
                .serve_connection(io, service);
            tokio::pin!(served);
            // Nobody holds a connection for ever, by not reading for instance: after a while it takes no new request, and then it is closed.
            if tokio::time::timeout(Duration::from_millis(CONNECTION_MS_MAX), served.as_mut()).await.is_err() {
                served.as_mut().graceful_shutdown();
                let _ = tokio::time::timeout(Duration::from_millis(WAIT_MS_MAX + REQUEST_MS_MAX), served).await;
            }
        });
        while tasks.try_join_next().is_some() {}
    }
    let _ = tokio::time::timeout(Duration::from_millis(500), async { while tasks.join_next().await.is_some() {} }).await;
}

/// All paths, as [`serve`] answers them.
pub fn router(desk: Arc<Desk>) -> Router {
    Router::new()
        .route("/v1/transactions", post(transactions::submit))
        .route("/v1/transactions/{id}", get(transactions::status))
        .route("/v1/entries", get(log::entries))
        .route("/v1/entries/{index}", get(log::entry))
        .route("/v1/receipts/{index}", get(log::receipt))
        .route("/v1/digests/{sha256}", get(log::digest))
        .route("/v1/checkpoint", get(log::checkpoint))
        .route("/v1/checkpoint/consistency", get(log::consistency))
        .route("/v1/policy", get(state::policy))
        .route("/v1/genesis", get(state::genesis))
        .route("/v1/status", get(state::status))
        .route("/v1/health", get(state::health))
        .route("/metrics", get(state::metrics))
        .fallback(|| async { Problem::not_found("no such path; see specs/rpc.md") })
        .method_not_allowed_fallback(|| async { Problem::new("malformed", "this path does not take that method") })
        .layer(DefaultBodyLimit::disable())
        .layer(from_fn_with_state(Arc::clone(&desk), measured))
        .with_state(desk)
}

/// Reads each request's body, bounded in bytes and time and together with all others (R11), and counts the request.
async fn measured(State(desk): Shared, path: Option<MatchedPath>, request: Request, next: Next) -> Response {
    let route = path.map_or("other".to_owned(), |path| path.as_str().to_owned());
    let response = match received(&desk, request).await {
        // The permit lives as long as the body may be held.
        Ok((request, _permit)) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    desk.metrics.request(route, response.status().as_u16());
    response
}

/// The request with its body in memory, and the permit to hold so many bytes.
async fn received(desk: &Desk, request: Request) -> Result<(Request, SemaphorePermit<'_>), Problem> {
    let (head, body) = request.into_parts();
    let length = body.size_hint().upper().unwrap_or(u64::MAX).min(TRANSACTION_BYTES_MAX as u64);
    let receive = async {
        let permit = desk.body_bytes.acquire_many(length as u32).await;
        let mut permit = permit.map_err(|_| Problem::new("stopping", "this node is shutting down"))?;
        let bytes = collect(body).await?;
        // What was reserved for a body of unknown length and not needed is given back before the request is handled.
        drop(permit.split((length as usize).saturating_sub(bytes.len())));
        Ok((Request::from_parts(head, Body::from(bytes)), permit))
    };
    let received = tokio::time::timeout(Duration::from_millis(REQUEST_MS_MAX), receive).await;
    received.unwrap_or_else(|_| Err(Problem::malformed("the body took longer than 10 seconds")))
}

/// The body's bytes. Of a body that is too long the next bytes are read and thrown away, so that its sender, still busy sending, comes to
/// read the answer instead of a broken connection.
async fn collect(mut body: Body) -> Result<Vec<u8>, Problem> {
    let (mut bytes, mut length) = (Vec::new(), 0);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::malformed("the body ended early"))?;
        let Some(data) = frame.data_ref() else { continue };
        length += data.len();
        if length <= TRANSACTION_BYTES_MAX {
            bytes.extend_from_slice(data);
        } else if length > TRANSACTION_BYTES_MAX + DISCARDED_BYTES_MAX {
            break;
        }
    }
    if length <= TRANSACTION_BYTES_MAX { Ok(bytes) } else { Err(Problem::new("too-large", "a request's body has at most 4 MiB")) }
}

impl From<NotAdmitted> for Problem {
    fn from(reason: NotAdmitted) -> Self {
        match reason {
            NotAdmitted::Recorded(_) => Self::new("malformed", "already recorded"),
            NotAdmitted::Refused(code, message) => Self::new(code, message),
            NotAdmitted::Fatal(error) => Self::internal(&error),
        }
    }
}
