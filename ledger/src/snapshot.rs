//! Snapshots: the log in order, in parts, for a court that lacks much of it and for backup files alike (S10).
//!
//! In: a ledger to read, or frames of another court or of a file. Out: frames, and back. Always: a length is checked before anything of that length is
//! allocated; a frame that is damaged or cut short is refused; what a frame says is believed only after its certificates were checked, which is the
//! node's, and after [`Ledger::import`] has judged and executed its blocks. Not for sockets or files.

use crate::error::Error;
use crate::ledger::{BlockAndCertificate, Head, Ledger};
use crate::limits::{CERTIFICATE_BYTES_MAX, CHECKPOINT_BYTES_MAX, PART_BLOCKS_MAX, PART_BYTES_MAX};
use courtseal_proof::codec::{self, CodecError};
use courtseal_proof::digest::{Digest, sha256_of};
use courtseal_proof::limits::BLOCK_BYTES_MAX;
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// First bytes of a snapshot.
pub const MAGIC: &[u8; 16] = b"COURTSEALSNAP/v1";
/// Bytes before each frame's payload: kind u8, length u32be, the first 8 bytes of SHA-256(kind ‖ payload).
pub const FRAME_HEADER_BYTES: usize = 13;
/// Longest payload: a part of the one longest block with its certificate.
pub const PAYLOAD_BYTES_MAX: usize = BLOCK_BYTES_MAX + CERTIFICATE_BYTES_MAX + 64;

/// What a snapshot holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The network: its genesis digest.
    pub chain: Digest,
    /// Height of the first block that follows.
    pub from: u64,
    /// The end of the log when the snapshot was begun.
    pub head: Head,
}

/// One frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Kind 0, the first: what follows.
    Contents(Contents),
    /// Kind 1: consecutive blocks, at least one.
    Part(Vec<BlockAndCertificate>),
    /// Kind 2, the last: the newest checkpoint that a quorum cosigned, as a signed note; empty if there is none.
    End(String),
}

/// The fixed bytes before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    kind: u8,
    checksum: [u8; 8],
    /// Bytes of payload that follow.
    pub payload_bytes: usize,
}

/// Why bytes are no snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Not a snapshot, or of a version that this software does not know.
    #[error("it does not begin as a snapshot of version 1")]
    Magic,
    /// No frame has this kind.
    #[error("a frame of unknown kind {0}")]
    Kind(u8),
    /// A frame past its bound.
    #[error("a frame of {0} bytes, at most {PAYLOAD_BYTES_MAX} are accepted")]
    TooLong(usize),
    /// The payload is not what its checksum says.
    #[error("a frame is damaged")]
    Checksum,
    /// The payload is not what its kind says.
    #[error("a frame is malformed: {0}")]
    Payload(#[from] CodecError),
    /// A part past its bounds.
    #[error("a part holds {0} blocks, 1 to {PART_BLOCKS_MAX} are accepted")]
    Blocks(usize),
}

fn checksum(kind: u8, payload: &[u8]) -> [u8; 8] {
    let digest = sha256_of(&[&[kind], payload]);
    *digest.0.first_chunk().expect("a digest has 32 bytes")
}

impl Frame {
    /// The frame's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let (kind, payload) = match self {
            Self::Contents(contents) => (0, codec::encode(contents)),
            Self::Part(blocks) => (1, codec::encode(blocks)),
            Self::End(note) => (2, note.as_bytes().to_vec()),
        };
        assert!(payload.len() <= PAYLOAD_BYTES_MAX, "every frame is bounded when it is made");
        let length = (payload.len() as u32).to_be_bytes();
        [&[kind], &length[..], &checksum(kind, &payload), &payload].concat()
    }
}

impl FrameHeader {
    /// Reads what comes before a payload.
    ///
    /// # Errors
    /// [`SnapshotError::Kind`], [`SnapshotError::TooLong`]: nothing was allocated.
    pub fn read(bytes: [u8; FRAME_HEADER_BYTES]) -> Result<Self, SnapshotError> {
        let [kind, a, b, c, d, checksum @ ..] = bytes;
        let payload_bytes = u32::from_be_bytes([a, b, c, d]) as usize;
        let longest = match kind {
            0 => 256,
            1 => PAYLOAD_BYTES_MAX,
            2 => CHECKPOINT_BYTES_MAX,
            _ => return Err(SnapshotError::Kind(kind)),
        };
        if payload_bytes > longest {
            return Err(SnapshotError::TooLong(payload_bytes));
        }
        Ok(Self { kind, checksum, payload_bytes })
    }

    /// Reads the payload.
    ///
    /// # Errors
    /// [`SnapshotError`].
    pub fn open(&self, payload: &[u8]) -> Result<Frame, SnapshotError> {
        if payload.len() != self.payload_bytes || checksum(self.kind, payload) != self.checksum {
            return Err(SnapshotError::Checksum);
        }
        match self.kind {
            0 => Ok(Frame::Contents(codec::decode(payload, self.payload_bytes)?)),
            1 => {
                let blocks: Vec<BlockAndCertificate> = codec::decode(payload, self.payload_bytes)?;
                if !(1..=PART_BLOCKS_MAX).contains(&blocks.len()) {
                    return Err(SnapshotError::Blocks(blocks.len()));
                }
                Ok(Frame::Part(blocks))
            }
            _ => match String::from_utf8(payload.to_vec()) {
                Ok(note) => Ok(Frame::End(note)),
                Err(_) => Err(CodecError::Malformed("a checkpoint is text".to_owned()).into()),
            },
        }
    }
}

/// Reads a ledger as the frames of a snapshot, one at a time: contents, parts, end.
pub struct SnapshotReader<L> {
    ledger: L,
    head: Head,
    next: u64,
    checkpoint: String,
}

impl<L: Deref<Target = Ledger>> SnapshotReader<L> {
    /// A snapshot of the log as it is now, from the block at `from` on.
    ///
    /// # Errors
    /// Fatal ones of the ledger.
    pub fn new(ledger: L, from: u64) -> Result<(Contents, Self), Error> {
        let checkpoint = ledger.checkpoint()?.map_or_else(String::new, |cosigned| cosigned.note().to_string());
        let (head, from) = (ledger.head(), from.max(1));
        Ok((Contents { chain: ledger.genesis().digest(), from, head }, Self { ledger, head, next: from, checkpoint }))
    }

    /// The next frame: parts, and then the end, again and again.
    ///
    /// # Errors
    /// Fatal ones of the ledger.
    pub fn frame(&mut self) -> Result<Frame, Error> {
        let (mut blocks, mut bytes) = (Vec::new(), 0);
        while self.next <= self.head.height && blocks.len() < PART_BLOCKS_MAX {
            let missing = || Error::Corrupt(format!("block {} is missing", self.next));
            let (block, certificate) = self.ledger.block(self.next)?.ok_or_else(missing)?;
            bytes += block.bytes().len() + certificate.len();
            // The first always fits; one that does not is read again for the next part.
            if !blocks.is_empty() && bytes > PART_BYTES_MAX {
                break;
            }
            blocks.push((block.into_bytes(), certificate));
            self.next += 1;
        }
        Ok(if blocks.is_empty() { Frame::End(self.checkpoint.clone()) } else { Frame::Part(blocks) })
    }
}

#[cfg(test)]
mod tests;
