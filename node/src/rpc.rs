//! The RPC: HTTP and JSON (specs/rpc.md). The JSON types of requests and answers stop here.
//!
//! In: clients' requests. Out: answers with stable error codes. Always: bodies, waits, pages, answers and requests are bounded, and so is each
//! address's share of them ([`caller`]); what a client is told
//! is safe and stable, causes go to the log; an answer that a transaction is recorded means decided, durable here, and cosigned by a
//! quorum. Not for rules: admission and ledger have them.

mod answer;
mod caller;
mod log;
mod pace;
mod receipts;
mod state;
mod transactions;

use crate::admission::NotAdmitted;
use crate::config::Limits;
use crate::inbox::Mail;
use crate::keys::CourtKeys;
use crate::limits::{
    BODY_BYTE_COST, CONNECTION_MS_MAX, DISCARDED_BYTES_MAX, READING_MS_MAX, REQUEST_COST_BYTES, REQUEST_MS_MAX, STOPPING_MS_MAX,
    WAIT_MS_MAX,
};
use crate::metrics::Metrics;
use crate::network::Links;
use crate::status::Watched;
use crate::validator::Input;
use crate::visitors::Refused;
use answer::Problem;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{DefaultBodyLimit, MatchedPath, Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use caller::{Caller, Callers};
use courtseal_ledger::Ledger;
use courtseal_proof::limits::TRANSACTION_BYTES_MAX;
use http_body_util::BodyExt as _;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// What the handlers share.
pub struct Desk {
    /// The court's name and place in the genesis.
    pub own: usize,
    /// The ledger, read only.
    pub ledger: Arc<Ledger>,
    /// The validator's queue.
    pub validator: Mail<Input>,
    /// What the validator publishes.
    pub watched: Watched,
    /// The other courts.
    pub links: Links,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// The genesis document, byte for byte.
    pub genesis_text: Bytes,
    /// Its policy.
    pub policy_text: Bytes,
    /// Whether the node is shutting down.
    stopping: watch::Sender<bool>,
    callers: Callers,
}

impl Desk {
    /// For this court.
    pub fn new(
        keys: &CourtKeys,
        ledger: Arc<Ledger>,
        validator: Mail<Input>,
        watched: Watched,
        links: Links,
        metrics: Arc<Metrics>,
        limits: Limits,
    ) -> Self {
        let genesis = ledger.genesis();
        Self {
            own: genesis.courts.iter().position(|court| court.name == keys.name).unwrap_or(0),
            genesis_text: genesis.to_text().into(),
            policy_text: genesis.policy_text().into(),
            ledger,
            validator,
            watched,
            links,
            stopping: watch::Sender::new(false),
            callers: Callers::new(limits, Arc::clone(&metrics)),
            metrics,
        }
    }
}

type Shared = State<Arc<Desk>>;

/// Serves until `stop` resolves, then tells whoever waits for a record that the node stops, and lets requests under way finish for a moment.
pub async fn serve(listener: TcpListener, desk: Arc<Desk>, stop: impl Future<Output = ()>) {
    let callers = desk.callers.clone();
    let stopping = desk.stopping.subscribe();
    let router = router(Arc::clone(&desk));
    let mut tasks = tokio::task::JoinSet::new();
    tokio::pin!(stop);
    loop {
        let (stream, address) = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file handles, most likely: connections that end free some.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        match callers.enter(address.ip()) {
            Ok(caller) => drop(tasks.spawn(serve_one(stream, caller, router.clone(), stopping.clone()))),
            Err(refused) => turn_away(stream, refused),
        }
        while tasks.try_join_next().is_some() {}
    }
    desk.stopping.send_replace(true);
    let _ =
        tokio::time::timeout(Duration::from_millis(STOPPING_MS_MAX), async { while tasks.join_next().await.is_some() {} }).await;
}

/// All paths, as one caller at this address finds them; none if it may not call.
pub fn router_for(desk: Arc<Desk>, address: IpAddr) -> Option<Router> {
    let caller = desk.callers.enter(address).ok()?;
    Some(router(desk).layer(axum::Extension(caller)))
}

/// One connection, until it ends or its time is over.
async fn serve_one(stream: TcpStream, caller: Caller, router: Router, mut stopping: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let router = hyper_util::service::TowerToHyperService::new(router);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        request.extensions_mut().insert(caller.clone());
        hyper::service::Service::call(&router, request)
    });
    let io = hyper_util::rt::TokioIo::new(pace::Paced::new(stream, Duration::from_millis(READING_MS_MAX)));
    let served = hyper::server::conn::http1::Builder::new()
        .timer(hyper_util::rt::TokioTimer::new())
        .header_read_timeout(Duration::from_millis(REQUEST_MS_MAX))
        .max_buf_size(64 * 1024)
        .serve_connection(io, service);
    tokio::pin!(served);
    // Nobody holds a connection for ever: after a while, or when the node stops, it takes no new request, and then it is closed.
    tokio::select! {
        _ = served.as_mut() => return,
        () = tokio::time::sleep(Duration::from_millis(CONNECTION_MS_MAX)) => {}
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
    served.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(Duration::from_millis(WAIT_MS_MAX + REQUEST_MS_MAX), served).await;
}

/// Says no in as few words as HTTP has, if they can be said at once, and closes.
fn turn_away(stream: TcpStream, refused: Refused) {
    let (status, code, message) = match refused {
        Refused::Full => ("503 Service Unavailable", "busy", "this node has too many connections; ask another court"),
        Refused::Source => ("429 Too Many Requests", "too-many", "too many connections from this address; close some"),
        Refused::Rate(_) => ("429 Too Many Requests", "too-many", "too much is asked from this address; try again soon"),
    };
    let body = format!(r#"{{"error":{{"code":"{code}","message":"{message}"}}}}"#);
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nretry-after: 1\r\nconnection: close");
    let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    // The stream does not block, and a new one has room for so little.
    let _ = stream.into_std().and_then(|mut stream| std::io::Write::write_all(&mut stream, answer.as_bytes()));
}

fn router(desk: Arc<Desk>) -> Router {
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

/// Asks whether this source may ask, reads the request's body, bounded in bytes and time and together with all others (R11), counts the request, and
/// has it paid (R12).
async fn measured(
    State(desk): Shared,
    Extension(caller): Extension<Caller>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let route = path.map_or("other".to_owned(), |path| path.as_str().to_owned());
    let ready = match caller.may_ask() {
        Ok(()) => received(&caller, request).await,
        Err(problem) => Err(problem),
    };
    let response = match ready {
        Ok(request) => next.run(request).await,
        Err(problem) => problem.into_response(),
    };
    // What is sent in pieces is paid piece by piece.
    caller.pay(response.body().size_hint().exact().unwrap_or(0));
    desk.metrics.request(route, response.status().as_u16());
    response
}

/// The request with its body in memory; the room for it is given back as soon as the body is dropped.
async fn received(caller: &Caller, request: Request) -> Result<Request, Problem> {
    let (head, body) = request.into_parts();
    let length = body.size_hint().upper().unwrap_or(u64::MAX).min(TRANSACTION_BYTES_MAX as u64);
    let permit = caller.body(length as usize).await?;
    let bytes = tokio::time::timeout(Duration::from_millis(REQUEST_MS_MAX), collect(body)).await;
    let bytes = bytes.unwrap_or_else(|_| Err(Problem::malformed("the body took longer than 10 seconds")))?;
    caller.pay(REQUEST_COST_BYTES + BODY_BYTE_COST * bytes.len() as u64);
    Ok(Request::from_parts(head, Body::from(answer::with_permit(bytes, permit))))
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
