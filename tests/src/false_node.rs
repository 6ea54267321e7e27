//! A node that lies to clients: it forwards requests to an honest node, or answers as the test says.
//!
//! In: an honest node's URL, and a function that chooses the answer to each request.
//! Out: the URL of the false node, and all requests that it received.
//! Always: every request is read whole before it is answered. The false node ends when it is dropped.
//! Not for the choice of lies: the callers choose.

use crate::http;
use courtseal_api::Code;
use courtseal_api::answer::ErrorAnswer;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Longest request that is read, in bytes.
const REQUEST_BYTES_MAX: usize = 8 << 20;
/// How long a client may take to send its request.
const WITHIN: Duration = Duration::from_secs(60);

/// A request as it was received.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The method: `GET` or `POST`.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The body of the request.
    pub body: Vec<u8>,
}

impl Asked {
    /// Whether the request submits a transaction.
    pub fn is_new(&self) -> bool {
        self.method == "POST"
    }

    /// Whether the request submits a transaction or asks for one.
    pub fn is_about_a_transaction(&self) -> bool {
        self.path.starts_with("/v1/transactions")
    }
}

/// The answer to a request.
pub enum Said {
    /// The answer of the honest node.
    Truth,
    /// A status and a body.
    Answer(u16, Vec<u8>),
    /// These bytes, in pieces with a pause after each; then the end of the stream.
    Raw(Vec<Vec<u8>>, Duration),
    /// No answer until the client closes the connection.
    Silence,
}

impl Said {
    /// An error answer in the form of R1.
    pub fn refused(code: Code, message: &str) -> Self {
        Self::Answer(code.status(), serde_json::json!(ErrorAnswer::new(code, message)).to_string().into_bytes())
    }
}

/// Chooses the answer to each request.
type Lie = dyn Fn(&Asked) -> Said + Send + Sync;

/// A running false node.
pub struct FalseNode {
    /// The URL at which it answers.
    pub url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    ended: Arc<AtomicBool>,
}

impl FalseNode {
    /// Starts a false node in front of the honest node at this URL.
    ///
    /// # Panics
    /// No port is free.
    pub fn before(honest: &str, lie: impl Fn(&Asked) -> Said + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        let (asked, ended) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (heard, over, honest, lie): (_, _, _, Arc<Lie>) =
            (Arc::clone(&asked), Arc::clone(&ended), honest.to_owned(), Arc::new(lie));
        std::thread::spawn(move || {
            for caller in listener.incoming().flatten() {
                if over.load(Ordering::Relaxed) {
                    return;
                }
                let (heard, honest, lie) = (Arc::clone(&heard), honest.clone(), Arc::clone(&lie));
                // Each connection is served by a thread of its own, as in a node.
                std::thread::spawn(move || {
                    let _ = serve(caller, &honest, &*lie, &heard);
                });
            }
        });
        Self { url, asked, ended }
    }

    /// All requests received so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for FalseNode {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.url.trim_start_matches("http://"));
    }
}

fn serve(mut caller: TcpStream, honest: &str, lie: &Lie, heard: &Mutex<Vec<Asked>>) -> anyhow::Result<()> {
    caller.set_read_timeout(Some(WITHIN))?;
    let asked = read(&mut caller)?;
    heard.lock().unwrap_or_else(PoisonError::into_inner).push(asked.clone());
    match lie(&asked) {
        Said::Truth => {
            let answer = match asked.method.as_str() {
                "POST" => http::post(honest, &asked.path, &asked.body)?,
                _ => http::get(honest, &asked.path)?,
            };
            answer_with(&mut caller, answer.status, answer.body.as_bytes())?;
        }
        Said::Answer(status, body) => answer_with(&mut caller, status, &body)?,
        Said::Raw(pieces, pause) => {
            for piece in pieces {
                caller.write_all(&piece)?;
                std::thread::sleep(pause);
            }
        }
        Said::Silence => {
            // The wait ends when the client closes the connection.
            caller.set_read_timeout(None)?;
            while caller.read(&mut [0; 64]).is_ok_and(|length| length > 0) {}
        }
    }
    let _ = caller.shutdown(Shutdown::Write);
    // The rest is read, so that closing does not reset the connection before the client has read the answer.
    while caller.read(&mut [0; 4096]).is_ok_and(|length| length > 0) {}
    Ok(())
}

fn answer_with(caller: &mut TcpStream, status: u16, body: &[u8]) -> std::io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status} x\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    caller.write_all(head.as_bytes())?;
    caller.write_all(body)
}

fn read(caller: &mut TcpStream) -> anyhow::Result<Asked> {
    let (mut bytes, mut piece) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let length = caller.read(&mut piece)?;
        anyhow::ensure!(length > 0 && bytes.len() <= REQUEST_BYTES_MAX, "no whole request");
        bytes.extend_from_slice(&piece[..length]);
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let length =
            head.to_ascii_lowercase().split("content-length: ").nth(1).and_then(|rest| rest.lines().next()?.parse().ok());
        let length: usize = length.unwrap_or(0);
        if bytes.len() >= end + 4 + length {
            let mut words = head.split(' ');
            let (method, path) = (words.next().unwrap_or_default().to_owned(), words.next().unwrap_or_default().to_owned());
            return Ok(Asked { method, path, body: bytes[end + 4..end + 4 + length].to_vec() });
        }
    }
}
