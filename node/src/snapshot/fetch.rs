//! Fetches the log as a snapshot: a court that is behind by more than [`FAR_BEHIND_BLOCKS`] asks the others
//! for it, one court at a time (N10).
//!
//! In: how far behind this court is, and which courts are connected.
//! Out: checked parts, handed to the validator one by one.
//! Always: one fetch at a time, and each part is imported before the one after the next is read.
//! A court that sends false data, stalls or vanishes is left, and the next one is asked from the height that
//! the ledger has by then.
//! If no court is left, block sync goes on.
//! Not for deciding what is true: commit certificates prove that.

use crate::mailbox::{self, MailboxSender};
use crate::network::{Links, Peer};
use anyhow::{Context as _, anyhow, ensure};
use courtseal_court::court::FetchChange;
use courtseal_court::frame::SNAPSHOT_PROTOCOL;
use courtseal_court::input::Input;
use courtseal_court::limits::{FAR_BEHIND_BLOCKS, SNAPSHOT_FRAME_MS_MAX, SNAPSHOT_PAUSE_MS};
use courtseal_court::snapshot::{Checker, Part};
use courtseal_ledger::Ledger;
use courtseal_ledger::snapshot::{FRAME_HEADER_BYTES, Frame, FrameHeader, MAGIC};
use courtseal_proof::bytes::name::CourtName;
use futures::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use libp2p::StreamProtocol;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

const FRAME: Duration = Duration::from_millis(SNAPSHOT_FRAME_MS_MAX);

/// The parts of the node that a fetch uses.
#[derive(Clone)]
pub struct Source {
    /// Opens streams to other courts.
    pub control: libp2p_stream::Control,
    /// Links to the other courts.
    pub links: Links,
    /// This court's ledger, read only.
    pub ledger: Arc<Ledger>,
    /// The validator's mailbox, for parts.
    pub validator: MailboxSender<Input>,
}

/// The running fetch of this court, if there is one.
pub struct Fetcher {
    runtime: Handle,
    source: Source,
    running: Option<JoinHandle<bool>>,
    not_before: Instant,
    /// Number of fetches begun. Each begins with another court, so that a slow one is not always asked first.
    begun: usize,
}

impl Fetcher {
    /// Nothing is fetched yet. Fetches run on `runtime`.
    pub fn new(runtime: Handle, source: Source) -> Self {
        Self { runtime, source, running: None, not_before: Instant::now(), begun: 0 }
    }

    /// Starts a fetch if this court, at `height`, is far behind the height `told`, and none runs.
    ///
    /// The first fetch begins with the court after `own`. Each further fetch begins with the next court.
    pub fn begin_if_far_behind(&mut self, own: &CourtName, height: u64, told: u64) -> FetchChange {
        if self.running.as_ref().is_some_and(JoinHandle::is_finished) {
            self.running = None;
            // Whether it succeeded or not, block sync does the rest, at least for a while.
            self.not_before = Instant::now() + Duration::from_millis(SNAPSHOT_PAUSE_MS);
            return FetchChange::Ended;
        }
        let is_far = told > height.saturating_add(FAR_BEHIND_BLOCKS);
        if !is_far || self.running.is_some() || Instant::now() < self.not_before {
            return FetchChange::None;
        }
        let links = &self.source.links;
        let mut peers: Vec<Peer> = links.peers().filter(|peer| links.state(&peer.name).is_connected).cloned().collect();
        if peers.is_empty() {
            return FetchChange::None;
        }
        // The order is that of the genesis, which lists courts by name.
        peers.sort_by(|one, other| (one.name < *own, &one.name).cmp(&(other.name < *own, &other.name)));
        let first = self.begun % peers.len();
        peers.rotate_left(first);
        self.begun += 1;
        tracing::info!(height, told, "far behind the other courts: fetching the log as a snapshot");
        let source = self.source.clone();
        self.running = Some(self.runtime.spawn(async move {
            for peer in peers {
                match fetch(&source, &peer).await {
                    // A court that holds back blocks that the others say they have is left like one that
                    // sends nothing.
                    Ok(height) if told > height.saturating_add(FAR_BEHIND_BLOCKS) => {
                        tracing::warn!(court = %peer.name, height, told, "its log ends far before those of the others: asking another court for the snapshot");
                    }
                    Ok(_) => return true,
                    Err(error) => tracing::warn!(court = %peer.name, %error, "asking another court for the snapshot"),
                }
            }
            false
        }));
        FetchChange::Started
    }
}

/// Fetches from one court to the end of its log, and returns this court's height then.
async fn fetch(source: &Source, peer: &Peer) -> anyhow::Result<u64> {
    let head = source.ledger.head();
    let mut checker = Checker::new(source.ledger.genesis(), &head)?;
    let mut control = source.control.clone();
    let stream = timeout(FRAME, control.open_stream(peer.id, StreamProtocol::new(SNAPSHOT_PROTOCOL))).await;
    let mut stream = stream.context("no stream to it in time")?.map_err(|error| anyhow!("no stream to it: {error}"))?;
    timeout(FRAME, stream.write_all(&(head.height + 1).to_be_bytes())).await.context("it reads nothing")??;
    timeout(FRAME, stream.flush()).await.context("it reads nothing")??;
    let mut magic = [0; MAGIC.len()];
    timeout(FRAME, stream.read_exact(&mut magic)).await.context("it sends nothing")??;
    ensure!(magic == *MAGIC, "it sends no snapshot of version 2");
    let contents = checker.begin(read_frame(&mut stream).await?)?;
    tracing::info!(court = %peer.name, from = contents.from, height = contents.head.height, "fetching a snapshot");
    // The next part is read and checked while one is imported.
    let mut importing: Option<oneshot::Receiver<()>> = None;
    loop {
        let frame = read_frame(&mut stream).await?;
        let (part, same) = spawn_blocking(move || (checker.check(frame), checker)).await?;
        checker = same;
        let part = part?;
        if let Some(done) = importing.take() {
            done.await.context("this node stops")?;
        }
        let is_end = part.is_end();
        importing = Some(hand_over(source, part).await?);
        if is_end {
            break;
        }
    }
    if let Some(done) = importing {
        done.await.context("this node stops")?;
    }
    let height = source.ledger.head().height;
    tracing::info!(court = %peer.name, height, "fetched the snapshot");
    Ok(height)
}

async fn hand_over(source: &Source, part: Part) -> anyhow::Result<oneshot::Receiver<()>> {
    let (reply, done) = mailbox::reply();
    let sent = source.validator.send_from_client(Input::Part { part, reply }).await;
    sent.map_err(|_| anyhow!("this node stops"))?;
    Ok(done)
}

/// Reads a whole frame, header included, within one time limit.
async fn read_frame(stream: &mut (impl AsyncRead + Unpin)) -> anyhow::Result<Frame> {
    let read = async {
        let mut header = [0; FRAME_HEADER_BYTES];
        stream.read_exact(&mut header).await?;
        let header = FrameHeader::read(header)?;
        let mut payload = vec![0; header.payload_bytes];
        stream.read_exact(&mut payload).await?;
        Ok(header.open(&payload)?)
    };
    timeout(FRAME, read).await.context("it sends too slowly")?
}

#[cfg(test)]
mod tests;
