//! Links: the streams and the state of the connection to each other court.
//!
//! In: frames from the validator; streams from the swarm.
//! Out: bytes to peers; frames and connection events to the validator.
//! Always: `Connected` comes before the first frame of a connection can be answered, and `Disconnected` after
//! the last.
//! A full queue, a silent peer or a violated rule ends the link and never the node.
//! A court above its rate is read more slowly, and no other court is (N9).
//! Not for dialling.

use super::reading::read;
use crate::clocks::wall;
use crate::limiter::{CourtRates, Rejections, asks_for_blocks};
use crate::limits::{ANSWERS_WAITING_BYTES_MAX, FOREIGN_PAUSE_MS, PEER_QUEUE_BYTES_MAX, PEER_QUEUE_MESSAGES_MAX};
use crate::mailbox::MailboxSender;
use courtseal_api::Code;
use courtseal_court::admission::{Admission, Admitted, NotAdmitted};
use courtseal_court::frame::{Frame, Priority};
use courtseal_court::input::Input;
use courtseal_proof::bytes::name::CourtName;
use futures::{AsyncWrite, AsyncWriteExt};
use libp2p::{PeerId, Stream};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

/// Interval of pings, in milliseconds (N4).
pub const PING_MS: u64 = 2_000;
/// A peer that sent nothing for longer than this is disconnected, in milliseconds (N4).
pub const SILENCE_MS: u64 = 7_000;

/// How long after the last sign of it the status reports two nodes with one court's keys (R9, `seems_twice`).
pub const TWICE_FOR: Duration = Duration::from_secs(60);

/// How long after the last sign of it the status reports another identity at a court's address (R9,
/// `other_identity`).
pub const OTHER_IDENTITY_FOR: Duration = Duration::from_secs(60);

/// Another court of the genesis.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Name of the court.
    pub name: CourtName,
    /// The court's network identity.
    pub id: PeerId,
}

/// The state of the connection to a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkState {
    /// Whether messages can be sent.
    pub is_connected: bool,
    /// The newest round-trip time; `None` while it is not connected.
    pub round_trip: Option<Duration>,
}

struct Queue {
    generation: u64,
    senders: [mpsc::Sender<Arc<Vec<u8>>>; 2],
    waiting_bytes: Arc<AtomicUsize>,
}

struct Slot {
    peer: Peer,
    queue: Mutex<Option<Queue>>,
    heard: Mutex<Instant>,
    round_trip: Mutex<Option<Duration>>,
    seemed_twice: Mutex<Option<Instant>>,
    other_identity: Mutex<Option<Instant>>,
    left_alone: Mutex<Option<Instant>>,
    /// Whether its last hello named another genesis.
    is_foreign: AtomicBool,
    rates: Mutex<CourtRates>,
}

/// All links of this court. Clones share them.
#[derive(Clone)]
pub struct Links {
    slots: Arc<Vec<Slot>>,
    validator: MailboxSender<Input>,
    admission: Admission,
    /// Bounds the checks of relayed transactions that run at a time to the number of cores (N9), so that the
    /// validator keeps its share of them.
    checking: Arc<Semaphore>,
    rejections: Arc<Rejections>,
    started: Instant,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // A panic of another thread leaves the value sound, because it is always replaced as a whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Links {
    /// Links to these peers. None is connected.
    pub fn new(peers: Vec<Peer>, validator: MailboxSender<Input>, admission: Admission, rejections: Arc<Rejections>) -> Self {
        let slot = |peer| Slot {
            peer,
            queue: Mutex::new(None),
            heard: Mutex::new(Instant::now()),
            round_trip: Mutex::new(None),
            seemed_twice: Mutex::new(None),
            other_identity: Mutex::new(None),
            left_alone: Mutex::new(None),
            is_foreign: AtomicBool::new(false),
            rates: Mutex::new(CourtRates::new(0)),
        };
        let slots = Arc::new(peers.into_iter().map(slot).collect());
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self { slots, validator, admission, checking: Arc::new(Semaphore::new(cores)), rejections, started: Instant::now() }
    }

    /// All other courts.
    pub fn peers(&self) -> impl Iterator<Item = &Peer> {
        self.slots.iter().map(|slot| &slot.peer)
    }

    /// The court with this network identity, if there is one.
    pub fn peer(&self, id: &PeerId) -> Option<&Peer> {
        self.peers().find(|peer| peer.id == *id)
    }

    /// The state of the link to a court.
    pub fn state(&self, court: &CourtName) -> LinkState {
        let Some(slot) = self.slot(court) else { return LinkState::default() };
        let is_connected = lock(&slot.queue).is_some();
        LinkState { is_connected, round_trip: lock(&slot.round_trip).filter(|_| is_connected) }
    }

    /// Whether two nodes with this court's keys were seen, at most `TWICE_FOR` before `now`.
    pub fn seems_twice(&self, court: &CourtName, now: Instant) -> bool {
        let seemed = self.slot(court).and_then(|slot| *lock(&slot.seemed_twice));
        seemed.is_some_and(|at| now.saturating_duration_since(at) <= TWICE_FOR)
    }

    /// Notes a sign at `now` that two nodes run with this court's keys.
    pub fn note_twice(&self, court: &CourtName, now: Instant) {
        if let Some(slot) = self.slot(court) {
            *lock(&slot.seemed_twice) = Some(now);
        }
    }

    /// Whether another identity answered at this court's address, at most `OTHER_IDENTITY_FOR` before
    /// `now`.
    pub fn has_other_identity(&self, court: &CourtName, now: Instant) -> bool {
        let seen = self.slot(court).and_then(|slot| *lock(&slot.other_identity));
        seen.is_some_and(|at| now.saturating_duration_since(at) <= OTHER_IDENTITY_FOR)
    }

    /// Notes that another identity answered at this court's address at `now`, and pauses dialling. True if
    /// that was not known within `OTHER_IDENTITY_FOR`.
    pub fn note_other_identity(&self, court: &CourtName, now: Instant) -> bool {
        let Some(slot) = self.slot(court) else { return false };
        *lock(&slot.left_alone) = Some(now);
        lock(&slot.other_identity).replace(now).is_none_or(|at| now.saturating_duration_since(at) > OTHER_IDENTITY_FOR)
    }

    /// Notes whether a court has another genesis. If it has, dialling pauses from `now` on, and again each
    /// time that a link to it ends.
    ///
    /// Further hellos do not extend the pause. Otherwise that court would never hear which genesis this one
    /// has.
    pub fn set_foreign(&self, court: &CourtName, is_foreign: bool, now: Instant) {
        let Some(slot) = self.slot(court) else { return };
        let was_foreign = slot.is_foreign.swap(is_foreign, Ordering::Relaxed);
        let mut left_alone = lock(&slot.left_alone);
        *left_alone = match (is_foreign, was_foreign) {
            (true, false) => Some(now),
            (true, true) => *left_alone,
            (false, _) => None,
        };
    }

    /// How long the pause before the next dialling of a court still lasts; `None` if there is none.
    pub fn left_alone_for(&self, court: &CourtName, now: Instant) -> Option<Duration> {
        let since = self.slot(court).and_then(|slot| *lock(&slot.left_alone))?;
        Duration::from_millis(FOREIGN_PAUSE_MS).checked_sub(now.saturating_duration_since(since)).filter(|rest| !rest.is_zero())
    }

    /// Queues a frame for one court, if it is connected.
    pub fn send(&self, court: &CourtName, frame: &Frame) {
        if let Some(slot) = self.slot(court) {
            slot.enqueue(frame.priority(), &Arc::new(frame.encode()));
        }
    }

    /// Queues a frame for all connected courts.
    pub fn broadcast(&self, frame: &Frame) {
        let bytes = Arc::new(frame.encode());
        self.slots.iter().for_each(|slot| slot.enqueue(frame.priority(), &bytes));
    }

    /// Ends the link to a court, which may connect again.
    pub fn disconnect(&self, court: &CourtName) {
        if let Some(slot) = self.slot(court) {
            lock(&slot.queue).take();
        }
    }

    fn slot(&self, court: &CourtName) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.peer.name == *court)
    }

    /// Runs the outgoing side of a link until it ends. This court has opened `streams`, one for each
    /// priority.
    pub(super) async fn run(&self, court: &CourtName, generation: u64, streams: [Stream; 2]) {
        let Some(slot) = self.slot(court) else { return };
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        let mut writers = JoinSet::new();
        let senders = streams.map(|stream| {
            let (sender, receiver) = mpsc::channel(PEER_QUEUE_MESSAGES_MAX);
            writers.spawn(write_all(stream, receiver, Arc::clone(&waiting_bytes)));
            sender
        });
        *lock(&slot.heard) = Instant::now();
        *lock(&slot.queue) = Some(Queue { generation, senders, waiting_bytes });
        if self.validator.send_from_court(court, Priority::Urgent, 0, Input::Connected { court: court.clone() }).await.is_err() {
            return;
        }
        slot.log("connected");
        let mut ping = tokio::time::interval(Duration::from_millis(PING_MS));
        loop {
            tokio::select! {
                // A writer ends when its stream breaks or when the queue is dropped.
                _ = writers.join_next() => break,
                _ = ping.tick() => {
                    if lock(&slot.heard).elapsed() > Duration::from_millis(SILENCE_MS) {
                        break;
                    }
                    self.send(court, &Frame::Ping(self.started.elapsed().as_micros() as u64));
                }
            }
        }
        {
            let mut queue = lock(&slot.queue);
            if queue.as_ref().is_some_and(|queue| queue.generation == generation) {
                queue.take();
            }
        }
        slot.log("disconnected");
        if slot.is_foreign.load(Ordering::Relaxed) {
            *lock(&slot.left_alone) = Some(Instant::now());
        }
        let _ = self.validator.send_from_court(court, Priority::Urgent, 0, Input::Disconnected { court: court.clone() }).await;
    }

    /// Runs one incoming stream of this priority until it ends.
    pub(super) async fn receive(&self, court: &CourtName, priority: Priority, mut stream: Stream) {
        let Some(slot) = self.slot(court) else { return };
        loop {
            let (frame, bytes) = match read(&mut stream, priority).await {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    tracing::warn!(court = %slot.peer.name, %error, "a court violates the protocol; disconnecting it");
                    return self.disconnect(court);
                }
                Err(_) => return,
            };
            *lock(&slot.heard) = Instant::now();
            let wait_ms = lock(&slot.rates).count(&frame, bytes, self.now_ms());
            self.slow(slot, wait_ms).await;
            if asks_for_blocks(&frame) && slot.waiting_bytes() > ANSWERS_WAITING_BYTES_MAX {
                // This court does not read the answers to its earlier requests. It may ask again later.
                self.rejections.note("unread", &slot.peer.name);
                continue;
            }
            let input = match frame {
                Frame::Ping(number) => {
                    self.send(court, &Frame::Pong(number));
                    continue;
                }
                Frame::Pong(number) => {
                    let sent = Duration::from_micros(number);
                    *lock(&slot.round_trip) = self.started.elapsed().checked_sub(sent);
                    continue;
                }
                Frame::Consensus(message) => Input::Consensus { court: court.clone(), message },
                Frame::Cosignature(announcement) => Input::Cosignature { court: court.clone(), announcement },
                Frame::Clock(clock) => Input::Clock { court: court.clone(), clock },
                Frame::Transaction(text) => match self.check(text).await {
                    Some(Ok(admitted)) => Input::Transaction { admitted, reply: None },
                    None => continue,
                    Some(Err(NotAdmitted::Refused(Code::Unregistered | Code::WrongNetwork, _))) => {
                        // Members will be the same at all courts sooner or later, and a court with another
                        // genesis says so in its hello. So this is no violation, and only its cost is
                        // counted.
                        let wait_ms = lock(&slot.rates).count_costly(self.now_ms());
                        self.slow(slot, wait_ms).await;
                        continue;
                    }
                    // The fault is this node's own disk: the validator finds it too, and stops. The other
                    // court is not at fault.
                    Some(Err(NotAdmitted::Fatal(error))) => {
                        tracing::error!(%error, "a relayed transaction cannot be checked, because this node cannot read its storage");
                        continue;
                    }
                    // The other court judged it by its own head and clock.
                    Some(Err(error)) if !error.is_false_for_all() => continue,
                    Some(Err(error)) => {
                        tracing::warn!(court = %slot.peer.name, %error, "a court relayed a transaction that nobody may send; disconnecting it");
                        return self.disconnect(court);
                    }
                },
            };
            // Waits while the queue of this court is full, and so delays this court only.
            if self.validator.send_from_court(court, priority, bytes, input).await.is_err() {
                return;
            }
        }
    }

    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    /// Pauses reading from a court for so long.
    async fn slow(&self, slot: &Slot, wait_ms: u64) {
        if wait_ms > 0 {
            self.rejections.note("slowed", &slot.peer.name);
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            *lock(&slot.heard) = Instant::now();
        }
    }

    /// Judges a relayed transaction; `None` if this node shuts down meanwhile.
    async fn check(&self, text: Arc<[u8]>) -> Option<Result<Admitted, NotAdmitted>> {
        let _permit = self.checking.acquire().await.ok()?;
        let admission = self.admission.clone();
        tokio::task::spawn_blocking(move || admission.admit(&text, wall())).await.ok()
    }
}

impl Slot {
    /// Logs a change of the link. For a court with another genesis it is a debug message, because that
    /// repeats.
    fn log(&self, change: &'static str) {
        if self.is_foreign.load(Ordering::Relaxed) {
            tracing::debug!(court = %self.peer.name, "{change}");
        } else {
            tracing::info!(court = %self.peer.name, "{change}");
        }
    }

    /// Bytes that wait to be sent to this peer, on both streams.
    fn waiting_bytes(&self) -> usize {
        lock(&self.queue).as_ref().map_or(0, |open| open.waiting_bytes.load(Ordering::Relaxed))
    }

    fn enqueue(&self, priority: Priority, bytes: &Arc<Vec<u8>>) {
        let mut queue = lock(&self.queue);
        let Some(open) = queue.as_ref() else { return };
        let waiting = open.waiting_bytes.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len();
        let sent = if waiting <= PEER_QUEUE_BYTES_MAX {
            open.senders[priority as usize].try_send(Arc::clone(bytes))
        } else {
            Err(TrySendError::Full(Arc::clone(bytes)))
        };
        // A closed stream is not the court's fault. The task that runs the link removes it.
        if let Err(TrySendError::Full(_)) = sent {
            tracing::warn!(court = %self.peer.name, waiting_bytes = waiting, "a court does not keep up; disconnecting it, it catches up later");
            queue.take();
        }
    }
}

async fn write_all(
    mut stream: impl AsyncWrite + Unpin,
    mut queue: mpsc::Receiver<Arc<Vec<u8>>>,
    waiting_bytes: Arc<AtomicUsize>,
) {
    while let Some(bytes) = queue.recv().await {
        let written = stream.write_all(&bytes).await;
        waiting_bytes.fetch_sub(bytes.len(), Ordering::Relaxed);
        if written.is_err() || queue.is_empty() && stream.flush().await.is_err() {
            return;
        }
    }
    let _ = stream.close().await;
}

#[cfg(test)]
mod tests;
