//! A client's connection, with a minimum speed of reading (R11).
//!
//! In: a TCP stream.
//! Out: the same, which fails once what waits to be sent has moved too slowly for a while.
//! Always: time counts only while something waits. A client that has nothing to read may be silent, within
//! the other limits.
//! Not for reading requests.

use super::idle::Activity;
use crate::limits::READING_BYTES_MIN;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A stream whose writes fail if the other side reads too slowly.
pub struct MinReadSpeed<S> {
    stream: S,
    activity: Arc<Activity>,
    every: Duration,
    /// Runs from the first write that had to wait until all is written.
    window: Option<Pin<Box<Sleep>>>,
    written: usize,
}

impl<S> MinReadSpeed<S> {
    /// A stream with nothing to send yet. At least [`READING_BYTES_MIN`] must be read in each time `every`
    /// while something waits. Each byte that moves is noted in `activity`.
    pub fn new(stream: S, activity: Arc<Activity>, every: Duration) -> Self {
        Self { stream, activity, every, window: None, written: 0 }
    }

    fn judge(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match polled {
            Poll::Ready(Ok(bytes)) => {
                self.activity.moved();
                self.written = self.written.saturating_add(bytes);
                polled
            }
            Poll::Ready(Err(_)) => polled,
            Poll::Pending => loop {
                if self.window.is_none() {
                    self.written = 0;
                }
                let every = self.every;
                let window = self.window.get_or_insert_with(|| Box::pin(sleep(every)));
                if window.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
                if self.written < READING_BYTES_MIN {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                self.window = None;
            },
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for MinReadSpeed<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.activity.moved();
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for MinReadSpeed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(cx, bytes);
        self.judge(cx, polled)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write_vectored(cx, bytes);
        self.judge(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Called once all that was to be sent is written.
        self.window = None;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    const SOON: Duration = Duration::from_millis(20);
    const NEVER: Duration = Duration::from_secs(3_600);

    fn paced<S>(stream: S, every: Duration) -> MinReadSpeed<S> {
        MinReadSpeed::new(stream, Arc::new(Activity::new(std::time::Instant::now())), every)
    }

    #[tokio::test]
    async fn r11_a_client_that_does_not_read_is_let_go() {
        let (near, _far) = duplex(16);
        let mut near = paced(near, SOON);
        near.write_all(&[0; 16]).await.unwrap();
        assert_eq!(near.write_all(&[0; 1]).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
    }

    #[tokio::test]
    async fn r11_the_least_speed_is_enough_and_one_below_is_not() {
        for (missing, is_enough) in [(0, true), (1, false)] {
            let (near, mut far) = duplex(READING_BYTES_MIN);
            let mut near = paced(near, SOON);
            // The first write fills the pipe; the second waits, and its window begins.
            near.write_all(&vec![0; READING_BYTES_MIN]).await.unwrap();
            let cx = &mut Context::from_waker(std::task::Waker::noop());
            assert!(Pin::new(&mut near).poll_write(cx, &[0]).is_pending());
            far.read_exact(&mut vec![0; READING_BYTES_MIN - missing]).await.unwrap();
            near.write_all(&vec![0; READING_BYTES_MIN - missing]).await.unwrap();
            tokio::time::sleep(2 * SOON).await;
            let judged = Pin::new(&mut near).poll_write(cx, &[0]);
            assert_eq!(judged.is_pending(), is_enough, "{judged:?}");
        }
    }

    #[tokio::test]
    async fn r11_silence_costs_nothing_while_nothing_waits() {
        let (near, mut far) = duplex(16);
        let mut near = paced(near, NEVER);
        near.write_all(&[0; 16]).await.unwrap();
        let cx = &mut Context::from_waker(std::task::Waker::noop());
        assert!(Pin::new(&mut near).poll_write(cx, &[0]).is_pending());
        assert!(near.window.is_some());
        far.read_exact(&mut [0; 16]).await.unwrap();
        near.write_all(&[0; 16]).await.unwrap();
        near.flush().await.unwrap();
        assert!(near.window.is_none());
    }
}
