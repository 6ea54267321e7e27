//! Serves snapshots: writes the log as it is now to each court that asks (N10).
//!
//! In: streams that courts open, each with the height to begin at.
//! Out: the frames of S10.
//! Always: at most one stream for each court, and few in all.
//! The log is read away from the event loop and the validator, no faster than the other side reads.
//! Not for peers that are not courts: those never get this far.

use crate::limits::SNAPSHOTS_SERVED_MAX;
use crate::network::Links;
use anyhow::Context as _;
use courtseal_court::limits::SNAPSHOT_FRAME_MS_MAX;
use courtseal_ledger::Ledger;
use courtseal_ledger::snapshot::{Frame, MAGIC, SnapshotReader};
use courtseal_proof::bytes::name::CourtName;
use futures::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _};
use libp2p::Stream;
use std::collections::BTreeMap;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{AbortHandle, JoinSet, spawn_blocking};
use tokio::time::timeout;

const FRAME: Duration = Duration::from_millis(SNAPSHOT_FRAME_MS_MAX);

/// Serves streams until the network ends. A court's newer stream replaces its older one.
pub async fn serve(links: Links, ledger: Arc<Ledger>, mut incoming: libp2p_stream::IncomingStreams) {
    let permits = Arc::new(Semaphore::new(SNAPSHOTS_SERVED_MAX));
    let mut serving = JoinSet::new();
    let mut newest: BTreeMap<CourtName, (AbortHandle, Weak<OwnedSemaphorePermit>)> = BTreeMap::new();
    loop {
        tokio::select! {
            next = incoming.next() => {
                let Some((id, stream)) = next else { return };
                let Some(peer) = links.peer(&id).cloned() else { continue };
                // A court's newer stream takes the place of its older one, which may not have ended yet.
                let taken = newest.get(&peer.name).and_then(|(_, permit)| permit.upgrade());
                let free = || Arc::clone(&permits).try_acquire_owned().ok().map(Arc::new);
                // All places are taken: dropping the stream closes it, and the court asks another one.
                let Some(permit) = taken.or_else(free) else { continue };
                let place = Arc::downgrade(&permit);
                let (ledger, court) = (Arc::clone(&ledger), peer.name.clone());
                let task = serving.spawn(async move {
                    let _permit = permit;
                    match send(ledger, stream).await {
                        Ok(blocks) => tracing::info!(court = %peer.name, blocks, "sent a snapshot"),
                        Err(error) => tracing::warn!(court = %peer.name, %error, "a snapshot was not sent to its end"),
                    }
                });
                if let Some((older, _)) = newest.insert(court, (task, place)) {
                    older.abort();
                }
            }
            Some(_) = serving.join_next() => {}
        }
    }
}

async fn send(ledger: Arc<Ledger>, mut stream: Stream) -> anyhow::Result<u64> {
    let mut from = [0; 8];
    timeout(FRAME, stream.read_exact(&mut from)).await.context("no request came")??;
    let from = u64::from_be_bytes(from);
    let (contents, mut reader) = spawn_blocking(move || SnapshotReader::new(ledger, from)).await??;
    let mut bytes = [&MAGIC[..], &Frame::Contents(contents).encode()].concat();
    let mut blocks = 0;
    loop {
        timeout(FRAME, stream.write_all(&bytes)).await.context("the court does not read on")??;
        let (frame, same) = spawn_blocking(move || (reader.frame(), reader)).await?;
        reader = same;
        let frame = frame?;
        bytes = frame.encode();
        match frame {
            Frame::Part(part) => blocks += part.len() as u64,
            _ => break,
        }
    }
    timeout(FRAME, stream.write_all(&bytes)).await.context("the court does not read on")??;
    timeout(FRAME, stream.close()).await.context("the court does not read on")??;
    Ok(blocks)
}

#[cfg(test)]
mod tests;
