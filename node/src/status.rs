//! What the node says of itself: one snapshot, published by the validator, read by the RPC.
//!
//! In: the validator's view. Out: [`Snapshot`]s on a watch channel, the newest checkpoint with a quorum on another, and when the validator
//! last turned. Always: a snapshot is consistent in itself. Not for history.

use crate::court::Counts;
use courtseal_proof::checkpoint::CosignedCheckpoint;
use courtseal_proof::digest::Digest;
use courtseal_proof::time::Timestamp;
use serde::Serialize;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// What the node is doing, in the words of R9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Enough courts are connected and have told their height; this one takes part.
    Recording,
    /// Too few courts are connected and have told their height, or too few of those sign.
    NoQuorum,
    /// Other courts are ahead.
    CatchingUp,
    /// The last block lies in the future, and no court builds on it before its time has come (R9).
    Halted,
    /// This court signs nothing for now.
    Observing,
    /// A fault stopped it; what is stored is still served.
    Stopped,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Recording => "recording",
            Self::NoQuorum => "without a quorum",
            Self::CatchingUp => "catching up",
            Self::Halted => "halted",
            Self::Observing => "observing",
            Self::Stopped => "stopped",
        })
    }
}

/// What the validator knows of another court.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CourtView {
    /// Its height, as it said last.
    pub height: Option<u64>,
    /// Since when it is not connected.
    pub down_since: Option<Timestamp>,
    /// Misconduct of this court since this node started that is not on the log.
    pub counts: Counts,
    /// The digest of its genesis, if that is another one than this node's.
    pub other_genesis: Option<Digest>,
    /// The time of its newest cosignature, if that does not count here because of it (F32).
    pub untimely: Option<Timestamp>,
}

/// Courts whose clocks agree (N11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClockGroup {
    /// Their places in the genesis.
    pub courts: Vec<usize>,
    /// What their clocks say; at most the last time with a text (F6).
    pub time: Timestamp,
}

/// The validator's view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// What the node is doing.
    pub state: State,
    /// Why it is not recording; if it is, what is wrong with clocks or with times of cosignatures.
    pub reason: Option<String>,
    /// The time of the last block, if it lies so far in the future that nothing can be recorded before then (R9).
    pub halted_until: Option<Timestamp>,
    /// Groups of courts whose clocks agree; empty if there is only one.
    pub clocks: Vec<ClockGroup>,
    /// Transactions that wait.
    pub pending: usize,
    /// Courts, in the order of the genesis.
    pub courts: Vec<CourtView>,
}

/// When the validator last handled something; its tick comes each second.
#[derive(Debug)]
pub struct Turned {
    started: Instant,
    last_ms: AtomicU64,
}

impl Turned {
    /// Just now.
    fn new() -> Self {
        Self { started: Instant::now(), last_ms: AtomicU64::new(0) }
    }

    /// The validator has handled something just now.
    pub fn note(&self) {
        self.last_ms.store(self.started.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// How long ago that was.
    pub fn ago(&self) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_millis(self.last_ms.load(Ordering::Relaxed)))
    }
}

/// Where the RPC reads.
#[derive(Clone)]
pub struct Watched {
    /// The newest snapshot.
    pub snapshot: watch::Receiver<Arc<Snapshot>>,
    /// The newest checkpoint with a quorum.
    pub checkpoint: watch::Receiver<Option<Arc<CosignedCheckpoint>>>,
    /// When the validator last turned.
    pub turned: Arc<Turned>,
}

/// Where the validator publishes.
pub struct Publisher {
    /// The newest snapshot.
    pub snapshot: watch::Sender<Arc<Snapshot>>,
    /// The newest checkpoint with a quorum.
    pub checkpoint: watch::Sender<Option<Arc<CosignedCheckpoint>>>,
    /// When the validator last turned.
    pub turned: Arc<Turned>,
}

/// Both ends, starting from a stored checkpoint.
pub fn channel(courts: usize, checkpoint: Option<CosignedCheckpoint>) -> (Publisher, Watched) {
    let first = Snapshot {
        state: State::NoQuorum,
        reason: None,
        halted_until: None,
        clocks: Vec::new(),
        pending: 0,
        courts: vec![CourtView::default(); courts],
    };
    let (snapshot, snapshot_reader) = watch::channel(Arc::new(first));
    let (checkpoint, checkpoint_reader) = watch::channel(checkpoint.map(Arc::new));
    let turned = Arc::new(Turned::new());
    (
        Publisher { snapshot, checkpoint, turned: Arc::clone(&turned) },
        Watched { snapshot: snapshot_reader, checkpoint: checkpoint_reader, turned },
    )
}
