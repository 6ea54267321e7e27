//! Floods of a court's two listeners from other addresses: connections, garbage and requests.
//!
//! In: addresses of a court.
//! Out: a running flood, until it is dropped; single answers to another address.
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

/// Most that one exchange takes.
const WITHIN: Duration = Duration::from_secs(60);
/// Connections that stay open and say nothing, at each listener: more than one address may have.
const SILENT: usize = 300;
/// Clients that connect again and again, at each listener.
const RESTLESS: usize = 4;

/// The nth address from which a flood comes.
pub fn address(nth: u8) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(127, 0, 66, nth))
}

/// A connection from one address to another.
///
/// # Errors
/// It is not accepted.
pub async fn connect(from: IpAddr, to: SocketAddr) -> anyhow::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::new(from, 0))?;
    Ok(tokio::time::timeout(WITHIN, socket.connect(to)).await??)
}

/// Sends a request on a connection and reads the head of its answer; none if the node just closes.
///
/// # Errors
/// It neither answers nor closes.
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

/// A flood; it ends when dropped.
pub struct Flood {
    runtime: Option<Runtime>,
    tried: Arc<AtomicUsize>,
}

impl Flood {
    /// Starts it against a court's two listeners: silent connections, half requests, garbage, and requests whose
    /// answers are not read. `large` is a path with a large answer.
    ///
    /// # Errors
    /// No threads.
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

    /// Connections tried so far.
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

/// Connects again whenever the court closes; one who is patient waits for that, one who is not closes at once.
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
        // More than a thousand connections a second in all, and little enough that it is the court, and not this flood, that the machine is busy with.
        tokio::time::sleep(Duration::from_millis(if is_patient { 500 } else { 20 })).await;
    }
}
