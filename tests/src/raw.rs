//! HTTP byte by byte, for requests that no client library sends.
//!
//! In: a node's URL; bytes, perhaps in pieces.
//! Out: the status code, or none if the node closed without an answer.
//! Always: every read and write has a deadline.
//! Not for ordinary requests: see [`crate::http`].

use anyhow::Context;
use socket2::{Domain, Socket, Type};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::time::Duration;

/// Longest wait for an answer. It is above the node's own limit for slow clients, which is half a minute.
const WITHIN: Duration = Duration::from_secs(90);

/// Opens a connection to a node.
///
/// # Errors
/// The connection is not accepted.
pub fn connect(url: &str) -> anyhow::Result<TcpStream> {
    connect_from(Ipv4Addr::LOCALHOST, url)
}

/// Opens a connection from an address of this machine.
///
/// # Errors
/// The connection is not accepted.
pub fn connect_from(source: Ipv4Addr, url: &str) -> anyhow::Result<TcpStream> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((source, 0)).into())?;
    let listener: SocketAddr = url.trim_start_matches("http://").parse()?;
    socket.connect(&listener.into()).context("connecting")?;
    let stream = TcpStream::from(socket);
    stream.set_read_timeout(Some(WITHIN))?;
    stream.set_write_timeout(Some(WITHIN))?;
    Ok(stream)
}

/// Sends bytes; the node may close before it has read all of them.
pub fn send(stream: &mut TcpStream, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
}

/// Reads until the node closes or has sent a whole head; returns the status, if there was an answer.
///
/// # Errors
/// The node neither answers nor closes.
pub fn answer(stream: &mut TcpStream) -> anyhow::Result<Option<u16>> {
    let (mut read, mut piece) = (Vec::new(), [0; 4096]);
    while !read.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => read.extend_from_slice(&piece[..length]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => return Err(error).context("the node neither answers nor closes"),
        }
    }
    let text = String::from_utf8_lossy(&read);
    Ok(text.split_whitespace().nth(1).and_then(|status| status.parse().ok()))
}

/// Sends bytes on a new connection and reads until the node closes; returns the text of head and body.
///
/// # Errors
/// The errors of [`connect`] and [`answer`].
pub fn whole(url: &str, bytes: &[u8]) -> anyhow::Result<String> {
    let mut stream = connect(url)?;
    send(&mut stream, bytes);
    let mut read = Vec::new();
    match stream.read_to_end(&mut read) {
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => Err(error).context("the node does not close"),
        _ => Ok(String::from_utf8_lossy(&read).into_owned()),
    }
}

/// Sends bytes on a new connection; returns the status of the answer.
///
/// # Errors
/// The errors of [`connect`] and [`answer`].
pub fn exchange(url: &str, bytes: &[u8]) -> anyhow::Result<Option<u16>> {
    let mut stream = connect(url)?;
    send(&mut stream, bytes);
    answer(&mut stream)
}
