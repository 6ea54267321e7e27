//! Links: what is between this court and each other one.
//!
//! In: frames from the validator; streams from the swarm. Out: bytes to peers; frames and connection events
//! to the validator. Always: `Connected` comes before a peer's frames can be answered and `Disconnected`
//! after the last; a full queue, a silent peer or a broken rule ends the link, never the node; a court that
//! sends more than its rate limits allow is read more slowly, and no other is. Not for dialling.

use super::reading::read;
use crate::inbox::Mail;
use crate::limiter::{CourtRates, Rejections, asks_for_blocks};
use crate::limits::{ANSWERS_WAITING_BYTES_MAX, FOREIGN_PAUSE_MS, PEER_QUEUE_BYTES_MAX, PEER_QUEUE_MESSAGES_MAX};
use courtseal_api::Code;
use courtseal_court::admission::{self, NotAdmitted};
use courtseal_court::frame::{Frame, Lane};
use courtseal_court::input::Input;
use courtseal_ledger::{Checked, Ledger};
use courtseal_proof::name::CourtName;
use futures::{AsyncWrite, AsyncWriteExt};
use libp2p::{PeerId, Stream};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

/// Pause between two pings (N4).
pub const PING_MS: u64 = 2_000;
/// A peer that sent nothing for so long is disconnected.
pub const SILENCE_MS: u64 = 7_000;

/// For so long after it was last seen, it is said that two nodes seem to run with a court's keys.
pub const TWICE_FOR: Duration = Duration::from_secs(60);

/// For so long after it was last seen, it is said that another identity answers at a court's address.
pub const OTHER_IDENTITY_FOR: Duration = Duration::from_secs(60);

/// Another court.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Its name.
    pub name: CourtName,
    /// Its network identity.
    pub id: PeerId,
}

/// What is known of the connection to a peer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LinkState {
    /// Whether messages can be sent.
    pub is_connected: bool,
    /// The newest round trip.
    pub round_trip: Option<Duration>,
}

struct Queue {
    generation: u64,
    lanes: [mpsc::Sender<Arc<Vec<u8>>>; 2],
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
    /// It has another genesis, as its last hello said.
    is_foreign: AtomicBool,
    rates: Mutex<CourtRates>,
}

/// All links of this court; cheap to clone.
#[derive(Clone)]
pub struct Links {
    slots: Arc<Vec<Slot>>,
    validator: Mail<Input>,
    ledger: Arc<Ledger>,
    /// Relayed transactions that are checked at a time: as many as there are cores, so that the validator
    /// keeps its share of them.
    checking: Arc<Semaphore>,
    rejections: Arc<Rejections>,
    started: Instant,
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // The guarded values are replaced whole, so a panic elsewhere leaves them sound.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Links {
    /// Links to these peers, none of them up.
    pub fn new(peers: Vec<Peer>, validator: Mail<Input>, ledger: Arc<Ledger>, rejections: Arc<Rejections>) -> Self {
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
        Self { slots, validator, ledger, checking: Arc::new(Semaphore::new(cores)), rejections, started: Instant::now() }
    }

    /// The peers.
    pub fn peers(&self) -> impl Iterator<Item = &Peer> {
        self.slots.iter().map(|slot| &slot.peer)
    }

    /// The peer with this identity.
    pub fn peer(&self, id: &PeerId) -> Option<&Peer> {
        self.peers().find(|peer| peer.id == *id)
    }

    /// The state of the link to a court.
    pub fn state(&self, court: &CourtName) -> LinkState {
        let Some(slot) = self.slot(court) else { return LinkState::default() };
        let is_connected = lock(&slot.queue).is_some();
        LinkState { is_connected, round_trip: lock(&slot.round_trip).filter(|_| is_connected) }
    }

    /// Whether two nodes seem to run with a court's keys, `now` or a moment ago.
    pub fn seems_twice(&self, court: &CourtName, now: Instant) -> bool {
        let seemed = self.slot(court).and_then(|slot| *lock(&slot.seemed_twice));
        seemed.is_some_and(|at| now.saturating_duration_since(at) <= TWICE_FOR)
    }

    /// Two nodes seem to run with a court's keys, `now`.
    pub fn note_twice(&self, court: &CourtName, now: Instant) {
        if let Some(slot) = self.slot(court) {
            *lock(&slot.seemed_twice) = Some(now);
        }
    }

    /// Whether somebody with another identity answers at a court's address, `now` or a moment ago.
    pub fn has_other_identity(&self, court: &CourtName, now: Instant) -> bool {
        let seen = self.slot(court).and_then(|slot| *lock(&slot.other_identity));
        seen.is_some_and(|at| now.saturating_duration_since(at) <= OTHER_IDENTITY_FOR)
    }

    /// Somebody with another identity answers at a court's address, `now`. True if that was not known a
    /// moment ago.
    pub fn note_other_identity(&self, court: &CourtName, now: Instant) -> bool {
        let Some(slot) = self.slot(court) else { return false };
        *lock(&slot.left_alone) = Some(now);
        lock(&slot.other_identity).replace(now).is_none_or(|at| now.saturating_duration_since(at) > OTHER_IDENTITY_FOR)
    }

    /// A court has another genesis, or not any more. One that has is left alone for a while, from `now` on,
    /// and again each time that a link to it has ended. What it sends meanwhile makes that no longer, or it
    /// would never hear which genesis this one has.
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

    /// How long a court is still left alone; none if it is not.
    pub fn left_alone_for(&self, court: &CourtName, now: Instant) -> Option<Duration> {
        let since = self.slot(court).and_then(|slot| *lock(&slot.left_alone))?;
        Duration::from_millis(FOREIGN_PAUSE_MS).checked_sub(now.saturating_duration_since(since)).filter(|rest| !rest.is_zero())
    }

    /// Sends to one court, if it is connected.
    pub fn send(&self, court: &CourtName, frame: &Frame) {
        if let Some(slot) = self.slot(court) {
            slot.enqueue(frame.lane(), &Arc::new(frame.encode()));
        }
    }

    /// Sends to all connected courts.
    pub fn broadcast(&self, frame: &Frame) {
        let bytes = Arc::new(frame.encode());
        self.slots.iter().for_each(|slot| slot.enqueue(frame.lane(), &bytes));
    }

    /// Ends the link to a court; it may connect again.
    pub fn disconnect(&self, court: &CourtName) {
        if let Some(slot) = self.slot(court) {
            lock(&slot.queue).take();
        }
    }

    fn slot(&self, court: &CourtName) -> Option<&Slot> {
        self.slots.iter().find(|slot| slot.peer.name == *court)
    }

    /// Runs the outgoing side of a link until it ends. `streams` are the two lanes, opened by this court.
    pub(super) async fn run(&self, court: &CourtName, generation: u64, streams: [Stream; 2]) {
        let Some(slot) = self.slot(court) else { return };
        let waiting_bytes = Arc::new(AtomicUsize::new(0));
        let mut writers = JoinSet::new();
        let lanes = streams.map(|stream| {
            let (sender, receiver) = mpsc::channel(PEER_QUEUE_MESSAGES_MAX);
            writers.spawn(write_all(stream, receiver, Arc::clone(&waiting_bytes)));
            sender
        });
        *lock(&slot.heard) = Instant::now();
        *lock(&slot.queue) = Some(Queue { generation, lanes, waiting_bytes });
        if self.validator.court(court, Lane::Urgent, 0, Input::Connected { court: court.clone() }).await.is_err() {
            return;
        }
        slot.say("connected");
        let mut ping = tokio::time::interval(Duration::from_millis(PING_MS));
        loop {
            tokio::select! {
                // A writer ends when its stream breaks, or when the queue is dropped.
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
        slot.say("disconnected");
        if slot.is_foreign.load(Ordering::Relaxed) {
            *lock(&slot.left_alone) = Some(Instant::now());
        }
        let _ = self.validator.court(court, Lane::Urgent, 0, Input::Disconnected { court: court.clone() }).await;
    }

    /// Runs one incoming lane until it ends.
    pub(super) async fn receive(&self, court: &CourtName, lane: Lane, mut stream: Stream) {
        let Some(slot) = self.slot(court) else { return };
        loop {
            let (frame, bytes) = match read(&mut stream, lane).await {
                Ok(read) => read,
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    tracing::warn!(court = %slot.peer.name, %error, "a court does not follow the protocol; disconnecting it");
                    return self.disconnect(court);
                }
                Err(_) => return,
            };
            *lock(&slot.heard) = Instant::now();
            let wait_ms = lock(&slot.rates).count(&frame, bytes, self.now_ms());
            self.slow(slot, wait_ms).await;
            if asks_for_blocks(&frame) && slot.waiting_bytes() > ANSWERS_WAITING_BYTES_MAX {
                // It does not read the answers it has asked for already; it may ask again.
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
                    Some(Ok(checked)) => Input::Transaction { checked, reply: None },
                    None | Some(Err(NotAdmitted::Recorded(_))) => continue,
                    Some(Err(NotAdmitted::Refused(Code::Unregistered | Code::WrongNetwork, _))) => {
                        // Members are the same everywhere sooner or later, so this is no lie; a court with
                        // another genesis says so in its hello. But none of it needs to be checked.
                        let wait_ms = lock(&slot.rates).count_costly(self.now_ms());
                        self.slow(slot, wait_ms).await;
                        continue;
                    }
                    // This node's own disk: the validator finds it out and stops; the other court is not to
                    // blame.
                    Some(Err(NotAdmitted::Fatal(error))) => {
                        tracing::error!(%error, "a relayed transaction cannot be judged");
                        continue;
                    }
                    Some(Err(error)) => {
                        tracing::warn!(court = %slot.peer.name, %error, "a court relayed a transaction that nobody may send; disconnecting it");
                        return self.disconnect(court);
                    }
                },
            };
            // Waits while this court's line is full, and so slows this court only.
            if self.validator.court(court, lane, bytes, input).await.is_err() {
                return;
            }
        }
    }

    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    /// Does not read a court for a while.
    async fn slow(&self, slot: &Slot, wait_ms: u64) {
        if wait_ms > 0 {
            self.rejections.note("slowed", &slot.peer.name);
            tokio::time::sleep(Duration::from_millis(wait_ms)).await;
            *lock(&slot.heard) = Instant::now();
        }
    }

    /// Judges what a court relayed; none if this node shuts down meanwhile.
    async fn check(&self, text: Vec<u8>) -> Option<Result<Arc<Checked>, NotAdmitted>> {
        let _turn = self.checking.acquire().await.ok()?;
        let ledger = Arc::clone(&self.ledger);
        tokio::task::spawn_blocking(move || admission::read(&ledger, &text).map(Arc::new)).await.ok()
    }
}

impl Slot {
    /// Says what became of the link; of a court with another genesis that is no news.
    fn say(&self, what: &'static str) {
        if self.is_foreign.load(Ordering::Relaxed) {
            tracing::debug!(court = %self.peer.name, "{what}");
        } else {
            tracing::info!(court = %self.peer.name, "{what}");
        }
    }

    /// Bytes that wait to be sent.
    fn waiting_bytes(&self) -> usize {
        lock(&self.queue).as_ref().map_or(0, |open| open.waiting_bytes.load(Ordering::Relaxed))
    }

    fn enqueue(&self, lane: Lane, bytes: &Arc<Vec<u8>>) {
        let mut queue = lock(&self.queue);
        let Some(open) = queue.as_ref() else { return };
        let waiting = open.waiting_bytes.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len();
        let sent = if waiting <= PEER_QUEUE_BYTES_MAX {
            open.lanes[lane as usize].try_send(Arc::clone(bytes))
        } else {
            Err(TrySendError::Full(Arc::clone(bytes)))
        };
        // A closed stream is no court's fault: whoever runs it takes it away.
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
