//! Floods of a court's two listeners from other addresses: connections, garbage and requests.
//!
//! In: the addresses of a court's listeners.
//! Out: a flood that runs until it is dropped; the answers to single requests from another address.
//! Always: a flood comes from loopback addresses that no court and no honest client of these suites has.
//! Not for byzantine courts: see [`crate::hostile`].

use anyhow::Context;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::Runtime;

/// Longest time that one exchange may take.
const WITHIN: Duration = Duration::from_secs(60);
/// Connections that stay open and send nothing, at each listener: more than one address may have.
const SILENT: usize = 300;
/// Clients that connect again and again, at each listener.
const RESTLESS: usize = 4;

/// The nth address from which a flood comes.
pub fn address(nth: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 0, 66, nth))
}

/// Opens a connection from one address to another.
///
/// # Errors
/// The connection is not accepted.
pub async fn connect(from: IpAddr, to: SocketAddr) -> anyhow::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from, 0))?;
    Ok(tokio::time::timeout(WITHIN, socket.connect(to)).await??)
}

/// Sends a request on a connection and returns the head of the answer; `None` if the node closes without one.
///
/// # Errors
/// The node neither answers nor closes.
pub async fn ask(stream: &mut TcpStream, path: &str) -> anyhow::Result<Option<String>> {
    let _ = stream.write_all(format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n").as_bytes()).await;
    let (mut read, mut piece) = (Vec::new(), [0; 4096]);
    let reading = async {
        loop {
            let text = String::from_utf8_lossy(&read).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
                if length.is_none_or(|length| body.len() >= length) {
                    return Some(head.to_owned());
                }
            }
            match stream.read(&mut piece).await {
                Ok(0) | Err(_) => return None,
                Ok(length) => read.extend_from_slice(&piece[..length]),
            }
        }
    };
    tokio::time::timeout(WITHIN, reading).await.context("the node neither answers nor closes")
}

/// A running flood; it ends when dropped.
pub struct Flood {
    runtime: Option<Runtime>,
    tried: Arc<AtomicUsize>,
}

impl Flood {
    /// Starts a flood of a court's two listeners: silent connections, half requests, garbage, and requests
    /// whose answers are not read. `large` is a path with a large answer.
    ///
    /// # Errors
    /// No thread can be started.
    pub fn start(clients: SocketAddr, courts: SocketAddr, large: &str) -> anyhow::Result<Self> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let tried = Arc::new(AtomicUsize::new(0));
        let half = b"POST /v1/transactions HTTP/1.1\r\nhost: localhost\r\ncontent-length: 4194304\r\n\r\n{".to_vec();
        let unread = format!("GET {large} HTTP/1.1\r\nhost: localhost\r\n\r\n").repeat(20).into_bytes();
        let noise = [&b"\x13/multistream/1.0.0\n\x07/noise\n"[..], &[0xff; 4096]].concat();
        for nth in 0..SILENT {
            let words = if nth % 2 == 0 { Vec::new() } else { half.clone() };
            for (from, listener, words) in [(1, courts, Vec::new()), (2, courts, Vec::new()), (1, clients, words)] {
                runtime.spawn(flood(address(from), listener, words, true, Arc::clone(&tried)));
            }
        }
        for _ in 0..RESTLESS {
            let garbage = vec![0xa5; 65_536];
            for (listener, words) in
                [(courts, noise.clone()), (courts, garbage.clone()), (clients, garbage), (clients, unread.clone())]
            {
                runtime.spawn(flood(address(3), listener, words, false, Arc::clone(&tried)));
            }
        }
        Ok(Self { runtime: Some(runtime), tried })
    }

    /// The number of connections tried so far.
    pub fn tried(&self) -> usize {
        self.tried.load(Ordering::Relaxed)
    }
}

impl Drop for Flood {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Connects again and again. A patient client waits until the court closes the connection; the others close
/// at once.
async fn flood(from: IpAddr, listener: SocketAddr, words: Vec<u8>, is_patient: bool, tried: Arc<AtomicUsize>) {
    loop {
        tried.fetch_add(1, Ordering::Relaxed);
        if let Ok(mut stream) = connect(from, listener).await {
            let _ = stream.write_all(&words).await;
            if is_patient {
                let mut piece = [0; 512];
                while stream.read(&mut piece).await.is_ok_and(|length| length > 0) {}
            }
        }
        // All clients together open more than a thousand connections a second. The pause keeps the machine
        // busy with the court and not with the flood.
        tokio::time::sleep(Duration::from_millis(if is_patient { 500 } else { 20 })).await;
    }
}
