//! Fetching a snapshot (N10), as `courtseal_node::snapshot::fetch` does with streams. This is which courts
//! are asked, in which order, and what is believed.
//!
//! In: how far behind a court is, the connected courts, frames as bytes.
//! Out: checked parts.
//! Always: the shipped checker judges every frame; one fetch at a time.
//! Not for when frames come: see [`crate::world`].

use courtseal_court::court::FetchChange;
use courtseal_court::limits::SNAPSHOT_PAUSE_MS;
use courtseal_court::snapshot::{Checker, Part};
use courtseal_ledger::Ledger;
use courtseal_ledger::snapshot::{FRAME_HEADER_BYTES, Frame, FrameHeader, SnapshotReader};
use std::collections::VecDeque;
use std::sync::Arc;

/// A court that is behind by more blocks than this fetches a snapshot. It is few, because logs are short
/// here.
pub const FAR_BEHIND_BLOCKS: u64 = 1;

/// A snapshot that is being read.
pub struct Stream {
    /// The node that sends it.
    pub from: usize,
    /// The connection over which it is asked.
    pub session: u64,
    /// The shipped checker, which has accepted all frames so far.
    pub checker: Checker,
    /// The reader of what is sent next, if the sender is honest. Nothing comes before the contents.
    pub reader: SnapshotReader<Arc<Ledger>>,
    /// The contents, until they are sent.
    pub first: Option<Frame>,
}

impl Stream {
    /// The next frame of an honest sender.
    pub fn frame(&mut self) -> Option<Vec<u8>> {
        let frame = self.first.take().map_or_else(|| self.reader.frame().ok(), Some)?;
        Some(frame.encode())
    }

    /// Checks the next frame. Returns a part, or none for the contents.
    ///
    /// # Errors
    /// The frame is false, so nothing more of this sender is believed.
    pub fn judge(&mut self, bytes: &[u8], is_first: bool) -> Result<Option<Part>, String> {
        let (header, payload) = bytes.split_first_chunk::<FRAME_HEADER_BYTES>().ok_or("cut short")?;
        let header = FrameHeader::read(*header).map_err(|error| error.to_string())?;
        let frame = header.open(payload).map_err(|error| error.to_string())?;
        if is_first {
            return self.checker.begin(frame).map(|_| None).map_err(|fault| fault.to_string());
        }
        self.checker.check(frame).map(Some).map_err(|fault| fault.to_string())
    }
}

/// One fetch of a snapshot, from one peer.
pub struct Fetch {
    /// The courts still to be asked, in order.
    pub peers: VecDeque<usize>,
    /// The height that the others said they have.
    pub told: u64,
    /// The snapshot that is being read.
    pub stream: Option<Stream>,
    /// No court is left to ask, or everything is here.
    pub is_over: bool,
}

/// The fetch of a court, if one runs.
#[derive(Default)]
pub struct Fetcher {
    /// The fetch that is running, if any.
    pub running: Option<Fetch>,
    not_before_ms: u64,
}

impl Fetcher {
    /// Starts a fetch if none runs and this court, at `height`, is far below `told`. `connected` has the
    /// nodes, and their courts' places.
    pub fn look(&mut self, own: usize, connected: &[(usize, usize)], height: u64, told: u64, now_ms: u64) -> FetchChange {
        if self.running.as_ref().is_some_and(|fetch| fetch.is_over) {
            self.running = None;
            self.not_before_ms = now_ms + SNAPSHOT_PAUSE_MS;
            return FetchChange::Ended;
        }
        let is_far = told > height + FAR_BEHIND_BLOCKS;
        if !is_far || self.running.is_some() || now_ms < self.not_before_ms || connected.is_empty() {
            return FetchChange::None;
        }
        let mut peers = connected.to_vec();
        peers.sort_by_key(|(node, place)| (*place < own, *place, *node));
        let peers = peers.into_iter().map(|(node, _)| node).collect();
        self.running = Some(Fetch { peers, told, stream: None, is_over: false });
        FetchChange::Started
    }
}
