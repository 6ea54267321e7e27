//! Clients' connections: accepted, served, closed (R11).
//!
//! In: a listening socket, the router.
//! Out: HTTP answers.
//! Always: the time and the bytes of a connection are bounded.
//! A new connection is served even if silent or idle ones hold all places.
//! Not for the handling of requests: the router does that.

use super::{Shared, router};
use crate::limiter::{Client, MinReadSpeed, Rejected};
use crate::limits::{
    CONNECTION_MS_MAX, FIRST_BYTE_MS_MAX, HEADERS_BYTES_MAX, HEADERS_MAX, READING_MS_MAX, REQUEST_MS_MAX, STOPPING_MS_MAX,
    WAIT_MS_MAX,
};
use axum::Router;
use axum::http::StatusCode;
use courtseal_api::Code;
use courtseal_api::answer::ErrorAnswer;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Serves until `stop` resolves. Then it tells each client that waits for a record that the node stops, and
/// gives requests under way [`STOPPING_MS_MAX`] to finish.
pub async fn serve(listener: TcpListener, shared: Arc<Shared>, stop: impl Future<Output = ()>) {
    let clients = shared.clients.clone();
    let stopping = shared.stopping.subscribe();
    let router = router(Arc::clone(&shared));
    let mut tasks = tokio::task::JoinSet::new();
    tokio::pin!(stop);
    loop {
        let (stream, address) = tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // The likely cause is a lack of file handles. Connections that end free some.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        match clients.begin(address.ip()).await {
            Ok(client) => drop(tasks.spawn(serve_one(stream, client, router.clone(), stopping.clone()))),
            Err(rejected) => reject(stream, rejected),
        }
        while tasks.try_join_next().is_some() {}
    }
    shared.stopping.send_replace(true);
    let _ =
        tokio::time::timeout(Duration::from_millis(STOPPING_MS_MAX), async { while tasks.join_next().await.is_some() {} }).await;
}

/// Serves one connection until it ends, or until its place is needed.
async fn serve_one(stream: TcpStream, client: Client, router: Router, stopping: watch::Receiver<bool>) {
    let activity = Arc::clone(client.activity());
    tokio::select! {
        () = activity.closing() => {}
        () = converse(stream, client, router, stopping) => {}
    }
}

/// Answers the requests on a connection.
async fn converse(stream: TcpStream, client: Client, router: Router, mut stopping: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    // A client that sends nothing would hold a place that others need.
    let mut byte = [0];
    let first = tokio::time::timeout(Duration::from_millis(FIRST_BYTE_MS_MAX), stream.peek(&mut byte));
    let speaks = tokio::select! {
        first = first => matches!(first, Ok(Ok(1..))),
        _ = stopping.wait_for(|stopping| *stopping) => false,
    };
    if !speaks {
        return;
    }
    let activity = Arc::clone(client.activity());
    let router = hyper_util::service::TowerToHyperService::new(router);
    let service = hyper::service::service_fn(move |mut request: hyper::Request<hyper::body::Incoming>| {
        let answering = client.activity().answering();
        request.extensions_mut().insert(client.clone());
        let answer = hyper::service::Service::call(&router, request);
        async move {
            let _answering = answering;
            answer.await
        }
    });
    let io = hyper_util::rt::TokioIo::new(MinReadSpeed::new(stream, activity, Duration::from_millis(READING_MS_MAX)));
    let served = hyper::server::conn::http1::Builder::new()
        .timer(hyper_util::rt::TokioTimer::new())
        .header_read_timeout(Duration::from_millis(REQUEST_MS_MAX))
        .max_header_size(HEADERS_BYTES_MAX)
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEADERS_BYTES_MAX)
        .serve_connection(io, service);
    tokio::pin!(served);
    // A connection takes no new request after a while, or when the node stops, and is then closed.
    tokio::select! {
        _ = served.as_mut() => return,
        () = tokio::time::sleep(Duration::from_millis(CONNECTION_MS_MAX)) => {}
        _ = stopping.wait_for(|stopping| *stopping) => {}
    }
    served.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(Duration::from_millis(WAIT_MS_MAX + REQUEST_MS_MAX), served).await;
}

/// Rejects a connection with a short HTTP answer, if it can be written at once, and closes it.
fn reject(stream: TcpStream, rejected: Rejected) {
    let (code, message) = match rejected {
        Rejected::Full => (Code::Busy, "this node has too many connections; ask another court"),
        Rejected::Address => (Code::TooMany, "too many connections from this address; close some"),
        Rejected::Rate(_) => (Code::TooMany, "too much is asked from this address; try again soon"),
    };
    let Ok(status) = StatusCode::from_u16(code.status()) else { return };
    let Ok(body) = serde_json::to_string(&ErrorAnswer::new(code, message)) else { return };
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nretry-after: 1\r\nx-content-type-options: nosniff\r\nconnection: close"
    );
    let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    // The stream does not block, and the buffer of a new one has room for the answer.
    let _ = stream.into_std().and_then(|mut stream| std::io::Write::write_all(&mut stream, answer.as_bytes()));
}
