//! Parses answers of a node over HTTP/1.1, as far as a load generator needs them.
//!
//! In: a stream positioned before an answer.
//! Out: the status, the length of the body, and the body's first bytes.
//! Always: head, chunk lines and body are bounded. The stream is positioned after the answer afterwards.
//! Not for checking HTTP: the suite `end_to_end` does that.

use std::io::{self, BufRead, Read};

/// Bytes of a head, of a chunk's line and of what follows the last chunk, line ends included.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Bytes of a body, whether it comes whole or in chunks.
pub const BODY_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// An answer of any status.
#[derive(Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// Length of the body in bytes, chunk lines left out.
    pub body_bytes: u64,
    /// The first bytes of the body, as many as were asked for.
    pub start: Vec<u8>,
    /// Whether the node closes the connection after this answer.
    pub closes: bool,
}

/// Reads one answer and keeps the first `keep_bytes` bytes of its body.
///
/// # Errors
/// The stream fails or ends too early, or the answer breaks a bound or is not HTTP
/// ([`io::ErrorKind::InvalidData`]).
pub fn read(stream: &mut impl BufRead, keep_bytes: usize) -> io::Result<Answer> {
    let mut room = HEAD_BYTES_MAX;
    let first = line(stream, &mut room)?;
    let status = first.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.split(' ').next()?.parse().ok());
    let status = status.filter(|status| (200..600).contains(status)).ok_or_else(|| malformed("no status line"))?;
    let (mut length, mut is_chunked, mut closes) = (None, false, false);
    loop {
        let header = line(stream, &mut room)?.to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        let (name, value) = header.split_once(':').ok_or_else(|| malformed("a header without a colon"))?;
        match (name, value.trim()) {
            ("content-length", digits) => length = Some(digits.parse().map_err(|_| malformed("a length that is no number"))?),
            ("transfer-encoding", "chunked") => is_chunked = true,
            ("connection", "close") => closes = true,
            _ => {}
        }
    }
    let mut body = Body { bytes: 0, start: Vec::new(), keep_bytes };
    match (is_chunked, length) {
        (true, None) => body.read_chunks(stream)?,
        (false, Some(length)) => body.read(stream, length)?,
        _ => return Err(malformed("a body must have either a length or chunks")),
    }
    Ok(Answer { status, body_bytes: body.bytes, start: body.start, closes })
}

struct Body {
    bytes: u64,
    start: Vec<u8>,
    keep_bytes: usize,
}

impl Body {
    /// Reads `length` bytes of the body.
    fn read(&mut self, stream: &mut impl BufRead, length: u64) -> io::Result<()> {
        if length > BODY_BYTES_MAX - self.bytes {
            return Err(malformed("a body above the bound"));
        }
        let keep = length.min((self.keep_bytes - self.start.len()) as u64);
        let kept = Read::take(&mut *stream, keep).read_to_end(&mut self.start)? as u64;
        let dropped = io::copy(&mut Read::take(&mut *stream, length - keep), &mut io::sink())?;
        if kept + dropped < length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.bytes += length;
        Ok(())
    }

    fn read_chunks(&mut self, stream: &mut impl BufRead) -> io::Result<()> {
        loop {
            let size = line(stream, &mut HEAD_BYTES_MAX.clone())?;
            let digits = size.split(';').next().unwrap_or_default().trim();
            let length = u64::from_str_radix(digits, 16).map_err(|_| malformed("a chunk without a size"))?;
            if length == 0 {
                break;
            }
            self.read(stream, length)?;
            if !line(stream, &mut HEAD_BYTES_MAX.clone())?.is_empty() {
                return Err(malformed("a chunk longer than its size"));
            }
        }
        let mut room = HEAD_BYTES_MAX;
        while !line(stream, &mut room)?.is_empty() {}
        Ok(())
    }
}

/// Reads a line and returns it without its end; subtracts its length from `room`.
fn line(stream: &mut impl BufRead, room: &mut usize) -> io::Result<String> {
    let mut bytes = Vec::new();
    Read::take(&mut *stream, *room as u64).read_until(b'\n', &mut bytes)?;
    *room -= bytes.len();
    match bytes.strip_suffix(b"\r\n") {
        Some(line) => String::from_utf8(line.to_vec()).map_err(|_| malformed("a line that is no UTF-8")),
        None if *room == 0 => Err(malformed("a head above the bound")),
        None if bytes.ends_with(b"\n") => Err(malformed("a line that ends without a carriage return")),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn malformed(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::BufReader;

    /// Parses with a buffer of one byte, so that everything crosses its edge; returns the rest of the stream
    /// too.
    fn parse(text: &str, keep_bytes: usize) -> (io::Result<Answer>, String) {
        let mut stream = BufReader::with_capacity(1, text.as_bytes());
        let (answer, mut rest) = (read(&mut stream, keep_bytes), String::new());
        stream.read_to_string(&mut rest).unwrap();
        (answer, rest)
    }

    fn kind(text: &str) -> io::ErrorKind {
        parse(text, 8).0.unwrap_err().kind()
    }

    #[test]
    fn a_body_with_a_length_is_read_to_its_end_and_no_further() {
        let text = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 10\r\nx: y\r\n\r\n0123456789HTTP/1.1 200";
        for (keep_bytes, start) in [(0, ""), (4, "0123"), (10, "0123456789"), (99, "0123456789")] {
            let (answer, rest) = parse(text, keep_bytes);
            let wanted = Answer { status: 503, body_bytes: 10, start: start.into(), closes: false };
            assert_eq!((answer.unwrap(), rest.as_str()), (wanted, "HTTP/1.1 200"));
        }
    }

    #[test]
    fn chunks_are_put_together() {
        let head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
        let (answer, rest) = parse(&format!("{head}3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nt: u\r\n\r\nrest"), 5);
        let wanted = Answer { status: 200, body_bytes: 13, start: b"abc01".to_vec(), closes: true };
        assert_eq!((answer.unwrap(), rest.as_str()), (wanted, "rest"));
        assert_eq!(kind(&format!("{head}3\r\nabcd\r\n0\r\n\r\n")), io::ErrorKind::InvalidData);
        assert_eq!(kind(&format!("{head}xyz\r\nabc\r\n0\r\n\r\n")), io::ErrorKind::InvalidData);
        assert_eq!(kind(&format!("{head}3\r\nabc\r\n")), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn what_ends_too_early_is_no_answer() {
        let text = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nabcd";
        assert!(parse(text, 0).0.is_ok());
        for length in 0..text.len() {
            assert_eq!(kind(&text[..length]), io::ErrorKind::UnexpectedEof, "{length} bytes of it");
        }
    }

    #[test]
    fn what_is_no_http_is_refused() {
        for text in [
            "SPDY/3 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 xyz OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 100 Continue\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\ncontent-length: 0\n\n",
            "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
            "HTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 0\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        ] {
            assert_eq!(kind(text), io::ErrorKind::InvalidData, "{text:?}");
        }
    }

    #[test]
    fn heads_and_bodies_are_bounded() {
        let with_head_of = |bytes: usize| {
            let (start, end) = ("HTTP/1.1 200 OK\r\nx: ", "\r\ncontent-length: 0\r\n\r\n");
            format!("{start}{}{end}", "-".repeat(bytes - start.len() - end.len()))
        };
        assert!(parse(&with_head_of(HEAD_BYTES_MAX), 0).0.is_ok());
        assert_eq!(kind(&with_head_of(HEAD_BYTES_MAX + 1)), io::ErrorKind::InvalidData);
        let with_length = |bytes: u64| format!("HTTP/1.1 200 OK\r\ncontent-length: {bytes}\r\n\r\n");
        // Within the bound the body is only too short; above it no byte of it is read.
        assert_eq!(kind(&with_length(BODY_BYTES_MAX)), io::ErrorKind::UnexpectedEof);
        assert_eq!(kind(&with_length(BODY_BYTES_MAX + 1)), io::ErrorKind::InvalidData);
        let chunks = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n{BODY_BYTES_MAX:x}\r\n");
        assert_eq!(kind(&chunks), io::ErrorKind::InvalidData);
    }
}
