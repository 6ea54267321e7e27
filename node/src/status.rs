//! Where the validator publishes what the node says of itself, and where the RPC reads it.
//!
//! In: the court's view. Out: [`Snapshot`]s on a watch channel, the newest checkpoint with a quorum on
//! another, and when the validator last turned. Always: a snapshot is consistent in itself. Not for history.

use courtseal_court::status::{CourtView, Snapshot, State};
use courtseal_proof::checkpoint::CosignedCheckpoint;
use courtseal_proof::genesis::Genesis;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

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
pub fn channel(genesis: &Genesis, checkpoint: Option<CosignedCheckpoint>) -> (Publisher, Watched) {
    let first = Snapshot {
        state: State::NoQuorum,
        reason: None,
        halted_until: None,
        clocks: Vec::new(),
        pending: 0,
        courts: genesis.courts.iter().map(|court| (court.name.clone(), CourtView::default())).collect(),
    };
    let (snapshot, snapshot_reader) = watch::channel(Arc::new(first));
    let (checkpoint, checkpoint_reader) = watch::channel(checkpoint.map(Arc::new));
    let turned = Arc::new(Turned::new());
    (
        Publisher { snapshot, checkpoint, turned: Arc::clone(&turned) },
        Watched { snapshot: snapshot_reader, checkpoint: checkpoint_reader, turned },
    )
}
