//! A TCP proxy between courts that delays bytes and resets connections.
//!
//! In: for each court, one address to listen on and one to connect to.
//! Out: connections between courts, delayed as the test asks and reset when told to.
//! Always: bytes are forwarded whole and in order until a connection ends. The bytes in flight are bounded,
//! so that a slow link applies backpressure.
//! Not for losing packets: see [`crate::namespaces`].

use anyhow::Context;
use socket2::SockRef;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most pieces in flight in one direction of one connection.
const PIECES_MAX: usize = 256;
/// Most bytes of a piece.
const PIECE_BYTES: usize = 64 * 1024;
/// A peer that accepts no bytes for so long has lost the connection.
const STUCK: Duration = Duration::from_secs(20);

/// An open connection from one court to another.
struct Carried {
    between: (usize, usize),
    ends: [Arc<TcpStream>; 2],
}

struct Shared {
    courts: usize,
    delay_ms: Vec<AtomicU64>,
    carried: Mutex<Vec<Carried>>,
    resets: AtomicUsize,
    ended: AtomicBool,
}

/// A running proxy; it ends when dropped.
pub struct Proxy {
    shared: Arc<Shared>,
    fronts: Vec<SocketAddr>,
}

impl Proxy {
    /// Listens at `fronts` and forwards to `targets`, both in the order of the courts. `who` identifies a
    /// court by the address that it connects from.
    ///
    /// # Errors
    /// An address cannot be bound.
    pub fn start(
        fronts: Vec<SocketAddr>,
        targets: Vec<SocketAddr>,
        who: impl Fn(SocketAddr) -> Option<usize> + Clone + Send + 'static,
    ) -> anyhow::Result<Self> {
        let courts = fronts.len();
        let shared = Arc::new(Shared {
            courts,
            delay_ms: (0..courts * courts).map(|_| AtomicU64::new(0)).collect(),
            carried: Mutex::default(),
            resets: AtomicUsize::new(0),
            ended: AtomicBool::new(false),
        });
        for (to, (front, target)) in fronts.iter().zip(targets).enumerate() {
            let listener = TcpListener::bind(front).with_context(|| format!("listening at {front}"))?;
            let (shared, who) = (Arc::clone(&shared), who.clone());
            std::thread::spawn(move || {
                for caller in listener.incoming().flatten() {
                    if shared.ended.load(Ordering::Relaxed) {
                        return;
                    }
                    let Some(from) = caller.peer_addr().ok().and_then(&who) else { continue };
                    // A court that is down refuses the connection; its caller sees the end of its own
                    // connection.
                    let Ok(called) = TcpStream::connect(target) else { continue };
                    carry(&shared, (from, to), caller, called);
                }
            });
        }
        Ok(Self { shared, fronts })
    }

    /// Delays all bytes from one court to another by so much from now on.
    pub fn delay(&self, from: usize, to: usize, by: Duration) {
        self.shared.delay_ms[from * self.shared.courts + to].store(by.as_millis() as u64, Ordering::Relaxed);
    }

    /// Delays all bytes that a court sends or receives.
    pub fn delay_court(&self, at: usize, by: Duration) {
        for other in (0..self.shared.courts).filter(|other| *other != at) {
            self.delay(at, other, by);
            self.delay(other, at, by);
        }
    }

    /// Resets every connection between two courts; returns how many there were.
    pub fn reset(&self, one: usize, other: usize) -> usize {
        let mut carried = self.shared.carried.lock().unwrap_or_else(PoisonError::into_inner);
        let mut count = 0;
        carried.retain(|connection| {
            let is_meant = [(one, other), (other, one)].contains(&connection.between);
            if is_meant {
                count += 1;
                connection.ends.iter().for_each(|end| end_by_reset(end));
            }
            !is_meant
        });
        self.shared.resets.fetch_add(count, Ordering::Relaxed);
        count
    }

    /// The number of connections reset so far.
    pub fn resets(&self) -> usize {
        self.shared.resets.load(Ordering::Relaxed)
    }
}

/// The last owner closes the socket, and the lingering time of zero makes that a reset. Reading ends at once,
/// so that the owners finish soon.
fn end_by_reset(end: &TcpStream) {
    let _ = SockRef::from(end).set_linger(Some(Duration::ZERO));
    let _ = end.shutdown(Shutdown::Read);
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.shared.ended.store(true, Ordering::Relaxed);
        for connection in self.shared.carried.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            connection.ends.iter().for_each(|end| end_by_reset(end));
        }
        // A connection wakes each thread that accepts.
        self.fronts.iter().for_each(|front| drop(TcpStream::connect(front)));
    }
}

fn carry(shared: &Arc<Shared>, between: (usize, usize), caller: TcpStream, called: TcpStream) {
    let (from, to) = between;
    let ends = [Arc::new(caller), Arc::new(called)];
    for end in &ends {
        let _ = end.set_nodelay(true);
        let _ = end.set_write_timeout(Some(STUCK));
    }
    let mut carried = shared.carried.lock().unwrap_or_else(PoisonError::into_inner);
    // No thread holds a connection that has ended by itself.
    carried.retain(|connection| connection.ends.iter().any(|end| Arc::strong_count(end) > 1));
    for (reader, writer, delay) in [(0, 1, from * shared.courts + to), (1, 0, to * shared.courts + from)] {
        let (pieces, queue) = sync_channel(PIECES_MAX);
        let (shared, reader, writer) = (Arc::clone(shared), Arc::clone(&ends[reader]), Arc::clone(&ends[writer]));
        std::thread::spawn(move || read(&reader, &pieces, || shared.delay_ms[delay].load(Ordering::Relaxed)));
        std::thread::spawn(move || write(&writer, &queue));
    }
    carried.push(Carried { between, ends });
}

type Piece = (Instant, Vec<u8>);

fn read(mut from: &TcpStream, pieces: &SyncSender<Piece>, delay_ms: impl Fn() -> u64) {
    let mut bytes = vec![0; PIECE_BYTES];
    while let Ok(length @ 1..) = from.read(&mut bytes) {
        let due = Instant::now() + Duration::from_millis(delay_ms());
        if pieces.send((due, bytes[..length].to_vec())).is_err() {
            return;
        }
    }
}

fn write(mut to: &TcpStream, pieces: &Receiver<Piece>) {
    while let Ok((due, bytes)) = pieces.recv() {
        // This sleep is the delay itself, not a wait for an event.
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            break;
        }
    }
    // One direction has ended, so the other one ends too.
    let is_reset = SockRef::from(to).linger().is_ok_and(|linger| linger == Some(Duration::ZERO));
    let _ = to.shutdown(if is_reset { Shutdown::Read } else { Shutdown::Both });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_carries_delays_and_resets() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        // A port that was free a moment ago.
        let front = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let proxy = Proxy::start(vec![front], vec![server.local_addr().unwrap()], |_| Some(0)).unwrap();
        let mut caller = TcpStream::connect(front).unwrap();
        caller.set_read_timeout(Some(STUCK)).unwrap();
        let (mut called, _) = server.accept().unwrap();
        called.set_read_timeout(Some(STUCK)).unwrap();
        let mut heard = [0; 5];
        caller.write_all(b"hello").unwrap();
        called.read_exact(&mut heard).unwrap();
        assert_eq!(&heard, b"hello");
        proxy.delay(0, 0, Duration::from_millis(50));
        let said = Instant::now();
        called.write_all(b"later").unwrap();
        caller.read_exact(&mut heard).unwrap();
        assert!(said.elapsed() >= Duration::from_millis(50) && &heard == b"later");
        assert_eq!((proxy.reset(0, 0), proxy.resets()), (1, 1));
        let ends = [caller.read(&mut heard), called.read(&mut heard)];
        let is_reset =
            |end: &std::io::Result<usize>| end.as_ref().is_err_and(|error| error.kind() == std::io::ErrorKind::ConnectionReset);
        // The proxy may notice one reset and close the other side before the second reset goes out.
        assert!(ends.iter().any(is_reset) && ends.iter().all(|end| is_reset(end) || matches!(end, Ok(0))), "{ends:?}");
    }
}
