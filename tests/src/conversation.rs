//! An impostor that speaks with the other courts: it hears every frame they send it, and says to each what the test wants.
//!
//! In: a network, the place of a court that does not run; bytes for a court's lane. Out: what each court's lanes carried, in order, and when they were opened and ended.
//! Always: as in the product, what is said to a court that is not connected is lost; a lane that a court has closed is opened anew with the next words. Not for what frames
//! mean: that is the test's, which knows the messages.

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

/// The lane of small messages, as a place in [`LANES`].
pub const URGENT: usize = 0;
/// The lane of blocks and transactions.
pub const BULK: usize = 1;
/// No court sends longer frames: a block with its certificate fits.
const FRAME_BYTES_MAX: usize = 16 << 20;
/// Frames that wait for one lane; whoever says more waits.
const WAITING_MAX: usize = 256;

/// A frame as it goes over the wire: length, kind and payload.
pub fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() + 1) as u32;
    [&length.to_be_bytes()[..], &[kind], payload].concat()
}

/// What is heard of a court.
#[derive(Clone, Debug)]
pub enum Heard {
    /// It has opened a lane.
    Opened {
        /// Its place in the genesis.
        court: usize,
    },
    /// It has said something.
    Frame {
        /// Its place in the genesis.
        court: usize,
        /// Kind and payload.
        bytes: Vec<u8>,
    },
    /// It has ended a lane: it disconnects the impostor, or is gone itself.
    Ended {
        /// Its place in the genesis.
        court: usize,
    },
}

type Mouth = mpsc::Sender<Arc<Vec<u8>>>;
type Queue = mpsc::Receiver<Arc<Vec<u8>>>;

/// What speaks to the other courts; cheap to clone.
#[derive(Clone)]
pub struct Voice(Arc<Vec<[Mouth; 2]>>);

/// A conversation; dropping its impostor ends it.
pub struct Conversation {
    /// The impostor.
    pub impostor: Impostor,
    /// What it says.
    pub voice: Voice,
    /// What it hears. Nothing limits it: what a few honest courts say in a test is little.
    pub heard: Receiver<Heard>,
}

impl Voice {
    /// Says these bytes to a court on a lane, whatever they are.
    pub fn say(&self, court: usize, lane: usize, bytes: impl Into<Arc<Vec<u8>>>) {
        // It fails once the impostor has ended, and then there is nobody to speak.
        let _ = self.0[court][lane].blocking_send(bytes.into());
    }
}

impl Conversation {
    /// Starts an impostor in the name of the court at `own`, which must not run.
    ///
    /// # Errors
    /// Its key cannot be read, or there are no threads.
    pub fn start(network: &LocalNetwork, own: usize) -> anyhow::Result<Self> {
        let (ear, heard) = channel();
        let (ways, queues): (Vec<_>, Vec<_>) = network.courts().iter().map(|_| lines()).unzip();
        let places: Arc<OnceLock<Vec<PeerId>>> = Arc::default();
        let known = Arc::clone(&places);
        let place = move |at: usize| at + usize::from(at >= own);
        let hear = move |id: PeerId, _, stream| {
            // Nobody is heard before `act` has named the courts: it is called before the first is dialled.
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

    /// The next thing that is heard.
    ///
    /// # Errors
    /// Nothing is, for longer than anything takes.
    pub fn hear(&self) -> anyhow::Result<Heard> {
        self.heard.recv_timeout(WITHIN).context("no court says anything")
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
    assert!(length <= FRAME_BYTES_MAX, "a court sends a frame of {length} bytes");
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.ok()?;
    Some(bytes)
}

async fn speak(mut control: Control, id: PeerId, lane: &'static str, mut queue: Queue) {
    let mut open: Option<Stream> = None;
    while let Some(bytes) = queue.recv().await {
        // A court never writes here, so that reading gives something only once it has closed the lane.
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
