//! An impostor that receives every frame that the other courts send it, and sends to each court what the test
//! wants.
//!
//! In: a network, the index of a court that does not run, and bytes to send to a court on one of the two
//! streams.
//! Out: the frames of each court, in order, and when each court opened or ended a stream.
//! Always: bytes for a court that is not connected are lost, as in the product. A stream that a court has
//! closed is opened again for the next bytes.
//! Not for the meaning of frames: the test decodes the messages.

use crate::impostor::{Impostor, LANES};
use crate::network::LocalNetwork;
use crate::processes::WITHIN;
use anyhow::Context;
use futures::{AsyncReadExt as _, AsyncWriteExt as _, FutureExt as _};
use libp2p::{PeerId, Stream, StreamProtocol};
use libp2p_stream::Control;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, OnceLock};
use tokio::sync::mpsc;

/// The stream of small messages, as an index into [`LANES`].
pub const URGENT: usize = 0;
/// The stream of blocks and transactions, as an index into [`LANES`].
pub const BULK: usize = 1;
/// Longest frame that is accepted: a block with its certificate fits.
const FRAME_BYTES_MAX: usize = 16 << 20;
/// Most frames in the queue of one stream; a sender waits while the queue is full.
const WAITING_MAX: usize = 256;

/// A frame as it goes over the wire: length, kind and payload.
pub fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() + 1) as u32;
    [&length.to_be_bytes()[..], &[kind], payload].concat()
}

/// An event on the streams of one court.
#[derive(Clone, Debug)]
pub enum Heard {
    /// The court has opened a stream.
    Opened {
        /// The court's index in the genesis.
        court: usize,
    },
    /// The court has sent a frame.
    Frame {
        /// The court's index in the genesis.
        court: usize,
        /// The frame's kind and payload.
        bytes: Vec<u8>,
    },
    /// The court has ended a stream: it disconnects the impostor, or its process has ended.
    Ended {
        /// The court's index in the genesis.
        court: usize,
    },
}

type Mouth = mpsc::Sender<Arc<Vec<u8>>>;
type Queue = mpsc::Receiver<Arc<Vec<u8>>>;

/// The sender to the other courts; cheap to clone.
#[derive(Clone)]
pub struct Voice(Arc<Vec<[Mouth; 2]>>);

/// A conversation; dropping its impostor ends it.
pub struct Conversation {
    /// The impostor that holds the connections.
    pub impostor: Impostor,
    /// Sends frames to the courts.
    pub voice: Voice,
    /// Receives the events. The channel is unbounded, because a few honest courts send little in a test.
    pub heard: Receiver<Heard>,
}

impl Voice {
    /// Sends these bytes to a court on one stream, whatever they are.
    pub fn say(&self, court: usize, lane: usize, bytes: impl Into<Arc<Vec<u8>>>) {
        // Sending fails only after the impostor has ended; then no connection is left.
        let _ = self.0[court][lane].blocking_send(bytes.into());
    }
}

impl Conversation {
    /// Starts an impostor with the keys of the court at index `own`, which must not run.
    ///
    /// # Errors
    /// The key file cannot be read, or no thread can be started.
    pub fn start(network: &LocalNetwork, own: usize) -> anyhow::Result<Self> {
        let (ear, heard) = channel();
        let (ways, queues): (Vec<_>, Vec<_>) = network.courts().iter().map(|_| lines()).unzip();
        let places: Arc<OnceLock<Vec<PeerId>>> = Arc::default();
        let known = Arc::clone(&places);
        let place = move |at: usize| at + usize::from(at >= own);
        let hear = move |id: PeerId, _, stream| {
            // No stream arrives before `act` has stored the ids: it is called before the first court is
            // dialled.
            if let Some(at) = known.get().and_then(|ids| ids.iter().position(|known| *known == id)) {
                tokio::spawn(listen(place(at), stream, ear.clone()));
            }
        };
        let act = move |control: Control, others: Vec<PeerId>| {
            let mut queues: Vec<_> = queues.into_iter().map(Some).collect();
            for (at, id) in others.iter().enumerate() {
                let lanes = queues[place(at)].take().into_iter().flatten();
                for (queue, lane) in lanes.zip(LANES) {
                    tokio::spawn(speak(control.clone(), *id, lane, queue));
                }
            }
            let _ = places.set(others);
        };
        let impostor = Impostor::start_hearing(network, own, hear, act)?;
        Ok(Self { impostor, voice: Voice(Arc::new(ways)), heard })
    }

    /// Waits for the next event.
    ///
    /// # Errors
    /// No event arrives within [`WITHIN`].
    pub fn hear(&self) -> anyhow::Result<Heard> {
        self.heard.recv_timeout(WITHIN).context("no court sends anything")
    }
}

fn lines() -> ([Mouth; 2], [Queue; 2]) {
    let ((urgent, from_urgent), (bulk, from_bulk)) = (mpsc::channel(WAITING_MAX), mpsc::channel(WAITING_MAX));
    ([urgent, bulk], [from_urgent, from_bulk])
}

async fn listen(court: usize, mut stream: Stream, ear: Sender<Heard>) {
    let mut goes_on = ear.send(Heard::Opened { court }).is_ok();
    while goes_on {
        goes_on = match read(&mut stream).await {
            Some(bytes) => ear.send(Heard::Frame { court, bytes }).is_ok(),
            None => false,
        };
    }
    let _ = ear.send(Heard::Ended { court });
}

async fn read(stream: &mut Stream) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).await.ok()?;
    let length = u32::from_be_bytes(length) as usize;
    assert!(length <= FRAME_BYTES_MAX, "a court sends a frame of {length} bytes, above the limit");
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.ok()?;
    Some(bytes)
}

async fn speak(mut control: Control, id: PeerId, lane: &'static str, mut queue: Queue) {
    let mut open: Option<Stream> = None;
    while let Some(bytes) = queue.recv().await {
        // A court never writes on this stream. A read returns only after the court has closed it.
        if let Some(stream) = &mut open
            && stream.read(&mut [0]).now_or_never().is_some()
        {
            open = None;
        }
        if open.is_none() {
            open = control.open_stream(id, StreamProtocol::new(lane)).await.ok();
        }
        let Some(stream) = &mut open else { continue };
        if stream.write_all(&bytes).await.is_err() || stream.flush().await.is_err() {
            open = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_counts_kind_and_payload() {
        assert_eq!(frame(3, &[7, 8]), [0, 0, 0, 3, 3, 7, 8]);
        assert_eq!(frame(9, &[]), [0, 0, 0, 1, 9]);
    }
}
