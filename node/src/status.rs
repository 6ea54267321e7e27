//! Channels by which the validator publishes the node's state and the RPC reads it.
//!
//! In: the court's view of itself.
//! Out: [`NetworkView`]s on a watch channel, the newest checkpoint with a quorum on another, and the
//! validator's [`Liveness`].
//! Always: a view is consistent in itself.
//! Not for history: only the newest values are kept.

use courtseal_court::status::{CourtView, NetworkView, State};
use courtseal_proof::genesis::Genesis;
use courtseal_proof::log::checkpoint::CosignedCheckpoint;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// The time when the validator last handled an event. Its tick is an event each second, so a longer silence
/// means that it hangs (R27).
#[derive(Debug)]
pub struct Liveness {
    started: Instant,
    last_ms: AtomicU64,
}

impl Liveness {
    /// Starts with this moment.
    fn new() -> Self {
        Self { started: Instant::now(), last_ms: AtomicU64::new(0) }
    }

    /// Notes that the validator has handled an event just now.
    pub fn note(&self) {
        self.last_ms.store(self.started.elapsed().as_millis() as u64, Ordering::Relaxed);
    }

    /// The time since the last event.
    pub fn ago(&self) -> Duration {
        self.started.elapsed().saturating_sub(Duration::from_millis(self.last_ms.load(Ordering::Relaxed)))
    }
}

/// The receiving ends, for the RPC.
#[derive(Clone)]
pub struct Watched {
    /// The newest view.
    pub view: watch::Receiver<Arc<NetworkView>>,
    /// The newest checkpoint with a quorum.
    pub checkpoint: watch::Receiver<Option<Arc<CosignedCheckpoint>>>,
    /// When the validator last handled an event.
    pub liveness: Arc<Liveness>,
}

/// The sending ends, for the validator.
pub struct Publisher {
    /// The newest view.
    pub view: watch::Sender<Arc<NetworkView>>,
    /// The newest checkpoint with a quorum.
    pub checkpoint: watch::Sender<Option<Arc<CosignedCheckpoint>>>,
    /// When the validator last handled an event.
    pub liveness: Arc<Liveness>,
}

/// Makes both ends. The first state is `no-quorum`, with the stored checkpoint if there is one.
pub fn channel(genesis: &Genesis, checkpoint: Option<CosignedCheckpoint>) -> (Publisher, Watched) {
    let first = NetworkView {
        state: State::NoQuorum,
        reason: None,
        halted_until: None,
        clocks: Vec::new(),
        pending: 0,
        courts: genesis.courts.iter().map(|court| (court.name.clone(), CourtView::default())).collect(),
    };
    let (view, view_reader) = watch::channel(Arc::new(first));
    let (checkpoint, checkpoint_reader) = watch::channel(checkpoint.map(Arc::new));
    let liveness = Arc::new(Liveness::new());
    (
        Publisher { view, checkpoint, liveness: Arc::clone(&liveness) },
        Watched { view: view_reader, checkpoint: checkpoint_reader, liveness },
    )
}
