//! A connection to a node that is kept from one request to the next.
//!
//! In: a node's URL, whole requests.
//! Out: answers.
//! Always: one request is under way at a time.
//! Not for what a client library would do: see [`crate::http`].

use super::answer::{self, Answer};
use std::io::{self, BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Longest silence while an answer is waited for: above the wait that requests name.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// Bytes that are read at a time.
const BUFFER_BYTES: usize = 64 * 1024;

/// A connection, opened again when the node closes it.
pub struct Connection {
    address: String,
    stream: Option<BufReader<TcpStream>>,
}

/// The bytes of a request that posts JSON, head and body, so that nothing is put together while a clock runs.
pub fn post(path: &str, body: &[u8]) -> Vec<u8> {
    let (kind, length) = ("content-type: application/json", body.len());
    let head = format!("POST {path} HTTP/1.1\r\nhost: localhost\r\n{kind}\r\ncontent-length: {length}\r\n\r\n");
    [head.as_bytes(), body].concat()
}

impl Connection {
    /// Connects to a node.
    ///
    /// # Errors
    /// It accepts no connection.
    pub fn open(url: &str) -> io::Result<Self> {
        let address = url.trim_start_matches("http://").to_owned();
        Ok(Self { stream: Some(connect(&address)?), address })
    }

    /// Sends a request and reads its answer, of which the first `keep_bytes` bytes are kept.
    ///
    /// A node may close a kept connection between two answers. The request is sent once more then: sending
    /// the same transaction twice records it once.
    ///
    /// # Errors
    /// The node is gone, closes without an answer, or answers something that is no HTTP.
    pub fn ask(&mut self, request: &[u8], keep_bytes: usize) -> io::Result<Answer> {
        if let Some(mut kept) = self.stream.take()
            && send(&mut kept, request)?
        {
            return self.receive(kept, keep_bytes);
        }
        let mut fresh = connect(&self.address)?;
        if !send(&mut fresh, request)? {
            return Err(io::Error::new(ErrorKind::UnexpectedEof, "closed without an answer"));
        }
        self.receive(fresh, keep_bytes)
    }

    fn receive(&mut self, mut stream: BufReader<TcpStream>, keep_bytes: usize) -> io::Result<Answer> {
        let answer = answer::read(&mut stream, keep_bytes)?;
        if !answer.closes {
            self.stream = Some(stream);
        }
        Ok(answer)
    }
}

fn connect(address: &str) -> io::Result<BufReader<TcpStream>> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(SILENCE_MAX))?;
    stream.set_write_timeout(Some(SILENCE_MAX))?;
    Ok(BufReader::with_capacity(BUFFER_BYTES, stream))
}

/// Sends a request and waits for the answer's first byte; whether there is one before the node closes.
fn send(stream: &mut BufReader<TcpStream>, request: &[u8]) -> io::Result<bool> {
    let mut begun = stream.get_mut().write_all(request).and_then(|()| has_more(stream));
    while begun.as_ref().is_err_and(|error| error.kind() == ErrorKind::Interrupted) {
        begun = has_more(stream);
    }
    match begun {
        Err(error) if [ErrorKind::ConnectionReset, ErrorKind::BrokenPipe].contains(&error.kind()) => Ok(false),
        other => other,
    }
}

fn has_more(stream: &mut BufReader<TcpStream>) -> io::Result<bool> {
    stream.fill_buf().map(|bytes| !bytes.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::thread;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
    const LAST: &[u8] = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok";

    /// A node that gives these answers, those of one list over one connection, and then closes it. Tells how
    /// many requests it has read on each connection.
    fn node(answers: Vec<Vec<&'static [u8]>>) -> (String, thread::JoinHandle<Vec<usize>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serve = move || {
            let serve_one = |answers: Vec<&[u8]>| {
                let mut stream = BufReader::new(listener.accept().unwrap().0);
                for (served, answer) in answers.iter().enumerate() {
                    let mut line = String::new();
                    while line != "\r\n" {
                        line.clear();
                        if stream.read_line(&mut line).unwrap() == 0 {
                            return served;
                        }
                    }
                    stream.get_mut().write_all(answer).unwrap();
                }
                answers.len()
            };
            answers.into_iter().map(serve_one).collect()
        };
        (url, thread::spawn(serve))
    }

    /// How many requests a node has read on each connection. A node that still waits for one gets it now.
    fn requests(url: &str, served: thread::JoinHandle<Vec<usize>>) -> Vec<usize> {
        let _ = TcpStream::connect(url.trim_start_matches("http://"));
        served.join().unwrap()
    }

    #[test]
    fn a_request_says_how_long_it_is() {
        let text = String::from_utf8(post("/v1/x?wait_ms=5", b"{}")).unwrap();
        assert!(text.starts_with("POST /v1/x?wait_ms=5 HTTP/1.1\r\nhost: localhost\r\n"), "{text}");
        assert!(text.ends_with("\r\ncontent-length: 2\r\n\r\n{}"), "{text}");
    }

    #[test]
    fn a_connection_is_kept_and_opened_again_when_the_node_has_closed_it() {
        // The first connection is closed after two answers without a word. The second one stays open,
        // although the node has said that it closes it.
        let (url, served) = node(vec![vec![ANSWER, ANSWER], vec![ANSWER, LAST, ANSWER], vec![ANSWER]]);
        let mut connection = Connection::open(&url).unwrap();
        for _ in 0..5 {
            assert_eq!(connection.ask(&post("/", b""), 2).unwrap().start, b"ok");
        }
        assert_eq!(requests(&url, served), [2, 2, 1]);
    }

    #[test]
    fn a_new_connection_that_closes_without_an_answer_is_a_failure() {
        let (url, served) = node(vec![vec![LAST], vec![b""]]);
        let mut connection = Connection::open(&url).unwrap();
        connection.ask(&post("/", b""), 0).unwrap();
        assert_eq!(connection.ask(&post("/", b""), 0).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        assert_eq!(requests(&url, served), [1, 1]);
    }

    #[test]
    fn an_answer_that_breaks_off_is_not_asked_for_again() {
        let (url, served) = node(vec![vec![ANSWER, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"]]);
        let mut connection = Connection::open(&url).unwrap();
        connection.ask(&post("/", b""), 0).unwrap();
        assert!(connection.ask(&post("/", b""), 0).is_err());
        assert_eq!(requests(&url, served), [2]);
    }
}
