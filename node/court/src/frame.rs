//! Frames: what a stream between two courts carries (specs/network.md, N2).
//!
//! In and out: frames and their bytes, `length u32be ‖ kind u8 ‖ payload`. The length counts kind and
//! payload.
//! Always: a length above the stream's bound is rejected before memory is allocated for it.
//! Not for the meaning of a frame: consensus decodes its own messages.

use crate::cosign::Announcement;
use crate::limits::{FRAME_BYTES_MAX, URGENT_FRAME_BYTES_MAX};
use courtseal_consensus::Message;
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::limits::TRANSACTION_BYTES_MAX;
use courtseal_proof::bytes::time::Timestamp;
use serde::Serialize;
use std::sync::Arc;

/// Bytes of the length field at the start of each frame.
pub const LENGTH_BYTES: usize = 4;

/// The priority of a frame. Each court has one stream for each priority to each other court.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Priority {
    /// Small messages, which never wait behind blocks.
    Urgent,
    /// Blocks, answers to courts that catch up, transactions.
    Bulk,
}

/// The libp2p protocol of snapshots, which have streams of their own (N10).
pub const SNAPSHOT_PROTOCOL: &str = "/courtseal/snapshot/1";

/// A frame between two courts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Kind 0: a consensus message.
    Consensus(Message),
    /// Kind 1: the canonical text of a transaction.
    Transaction(Arc<[u8]>),
    /// Kind 2: a cosignature.
    Cosignature(Announcement),
    /// Kind 3: an arbitrary number, which the receiver sends back.
    Ping(u64),
    /// Kind 4: the number of a ping, sent back.
    Pong(u64),
    /// Kind 5: the sender's wall clock (N11).
    Clock(Timestamp),
}

impl Priority {
    /// Both priorities, the higher one first.
    pub const ALL: [Self; 2] = [Self::Urgent, Self::Bulk];

    /// Name of the libp2p protocol of the stream of this priority.
    pub fn protocol(self) -> &'static str {
        match self {
            Self::Urgent => "/courtseal/urgent/1",
            Self::Bulk => "/courtseal/bulk/1",
        }
    }

    /// Reads the length of a frame: the bytes of kind and payload that follow.
    ///
    /// # Errors
    /// A message for the log: the frame is longer than this stream allows.
    pub fn frame_bytes(self, length: [u8; LENGTH_BYTES]) -> Result<usize, String> {
        let (bytes, most) = (u32::from_be_bytes(length) as usize, self.frame_bytes_max());
        if bytes <= most { Ok(bytes) } else { Err(format!("a frame of {bytes} bytes, at most {most} are accepted")) }
    }

    /// Longest frame on the stream of this priority, kind and payload, in bytes.
    pub fn frame_bytes_max(self) -> usize {
        match self {
            Self::Urgent => URGENT_FRAME_BYTES_MAX,
            Self::Bulk => FRAME_BYTES_MAX,
        }
    }
}

impl Frame {
    /// The priority of this frame, which selects its stream.
    pub fn priority(&self) -> Priority {
        match self {
            // Wakes are no longer sent (C18).
            Self::Consensus(Message::Block(_) | Message::SyncResponse { .. } | Message::Wake { .. }) | Self::Transaction(_) => {
                Priority::Bulk
            }
            _ => Priority::Urgent,
        }
    }

    /// Encodes the frame: length, kind and payload.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![0; LENGTH_BYTES];
        match self {
            Self::Consensus(message) => put(&mut bytes, 0, message),
            Self::Transaction(text) => {
                bytes.push(1);
                bytes.extend_from_slice(text);
            }
            Self::Cosignature(announcement) => put(&mut bytes, 2, announcement),
            Self::Ping(number) => put(&mut bytes, 3, number),
            Self::Pong(number) => put(&mut bytes, 4, number),
            Self::Clock(clock) => put(&mut bytes, 5, clock),
        }
        let length = u32::try_from(bytes.len() - LENGTH_BYTES).expect("every payload is bounded far below 4 GiB");
        bytes[..LENGTH_BYTES].copy_from_slice(&length.to_be_bytes());
        bytes
    }

    /// Decodes kind and payload.
    ///
    /// # Errors
    /// A message for the log: the peer violates the protocol.
    pub fn decode(bytes: &[u8]) -> Result<Self, String> {
        let (kind, payload) = bytes.split_first().ok_or("an empty frame")?;
        let text = |error: codec::CodecError| error.to_string();
        match kind {
            0 => Message::decode(payload).map(Self::Consensus).map_err(|error| error.to_string()),
            1 if payload.len() <= TRANSACTION_BYTES_MAX => Ok(Self::Transaction(payload.into())),
            1 => Err("a transaction of more than 4 MiB".to_owned()),
            2 => codec::decode(payload, 256).map(Self::Cosignature).map_err(text),
            3 => codec::decode(payload, 8).map(Self::Ping).map_err(text),
            4 => codec::decode(payload, 8).map(Self::Pong).map_err(text),
            5 => codec::decode(payload, 8).map(Self::Clock).map_err(text),
            kind => Err(format!("a frame of unknown kind {kind}")),
        }
    }

    /// Decodes kind and payload of a frame that came on the stream of this priority.
    ///
    /// # Errors
    /// A message for the log: the peer violates the protocol.
    pub fn decode_on(priority: Priority, bytes: &[u8]) -> Result<Self, String> {
        let frame = Self::decode(bytes)?;
        if frame.priority() == priority { Ok(frame) } else { Err("a frame on the wrong stream".to_owned()) }
    }
}

/// A kind and its payload.
fn put(bytes: &mut Vec<u8>, kind: u8, payload: &impl Serialize) {
    bytes.push(kind);
    codec::encode_onto(bytes, payload);
}

#[cfg(test)]
mod tests {
    //! Round trips, bounds and rejected bytes of frames (N2).

    use super::*;
    use proptest::prelude::*;

    fn read(bytes: &[u8], priority: Priority) -> Result<Frame, String> {
        let (length, rest) = bytes.split_first_chunk().unwrap();
        assert_eq!(priority.frame_bytes(*length), Ok(rest.len()));
        Frame::decode_on(priority, rest)
    }

    #[test]
    fn n2_round_trip_and_bounds() {
        let clock = Frame::Clock(Timestamp(u64::MAX));
        assert_eq!(clock.encode(), [&[0, 0, 0, 9, 5][..], &[0xff; 8]].concat(), "N11");
        for frame in [Frame::Ping(7), Frame::Pong(u64::MAX), clock, Frame::Consensus(Message::Status { height: 3 })] {
            assert_eq!(read(&frame.encode(), Priority::Urgent).unwrap(), frame);
            assert!(read(&frame.encode(), Priority::Bulk).is_err(), "on the wrong stream");
        }
        let full = Frame::Transaction(vec![0; TRANSACTION_BYTES_MAX].into());
        assert_eq!(read(&full.encode(), Priority::Bulk).unwrap(), full);
        assert!(read(&Frame::Transaction(vec![0; TRANSACTION_BYTES_MAX + 1].into()).encode(), Priority::Bulk).is_err());
    }

    #[test]
    fn n2_a_false_length_is_refused_before_anything_is_allocated() {
        for priority in Priority::ALL {
            let above = u32::try_from(priority.frame_bytes_max() + 1).unwrap().to_be_bytes();
            assert!(priority.frame_bytes(above).is_err());
            let at = u32::try_from(priority.frame_bytes_max()).unwrap().to_be_bytes();
            assert_eq!(priority.frame_bytes(at), Ok(priority.frame_bytes_max()));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            if let Ok(frame) = Frame::decode(&bytes) {
                prop_assert_eq!(&frame.encode()[4..], &bytes[..]);
            }
        }
    }
}
