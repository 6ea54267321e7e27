//! Snapshots: the log in order, in parts, for a court that lacks much of it and for backup files (S10).
//!
//! In: a ledger to read, or frames of another court or of a file.
//! Out: frames, and back.
//! Always: a length is checked before anything of that length is allocated. A frame that is damaged or cut
//! short is refused. A frame's blocks are trusted only after the node checked their certificates and
//! [`Ledger::import`] judged and executed them.
//! Not for sockets or files.

use crate::error::Error;
use crate::ledger::{BlockAndCertificate, Head, Ledger};
use crate::limits::{CERTIFICATE_BYTES_MAX, CHECKPOINT_BYTES_MAX, PART_BLOCKS_MAX, PART_BYTES_MAX};
use courtseal_proof::bytes::codec::{self, CodecError};
use courtseal_proof::bytes::digest::{Digest, sha256_of};
use courtseal_proof::bytes::limits::BLOCK_BYTES_MAX;
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// The first bytes of a snapshot.
pub const MAGIC: &[u8; 16] = b"COURTSEALSNAP/v2";
/// Bytes before each frame's payload: kind u8, length u32be, the first 8 bytes of SHA-256(kind ‖ payload).
pub const FRAME_HEADER_BYTES: usize = 13;
/// Longest payload in bytes: a part of one block of the largest size with its certificate.
pub const PAYLOAD_BYTES_MAX: usize = BLOCK_BYTES_MAX + CERTIFICATE_BYTES_MAX + 64;

/// The contents of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contents {
    /// The network: its genesis digest.
    pub chain: Digest,
    /// Height of the first block that follows.
    pub from: u64,
    /// The end of the log when the snapshot was begun.
    pub head: Head,
}

/// One frame of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Kind 0, the first frame: what follows.
    Contents(Contents),
    /// Kind 1: consecutive blocks, at least one.
    Part(Vec<BlockAndCertificate>),
    /// Kind 2, the last frame: the newest checkpoint that a quorum cosigned, as a signed note. It is empty if
    /// there is none.
    End(String),
}

/// The fixed bytes before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    kind: u8,
    checksum: [u8; 8],
    /// Number of payload bytes that follow.
    pub payload_bytes: usize,
}

/// The reason why bytes are no snapshot.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The bytes are no snapshot, or one of a version that this software does not know.
    #[error(
        "it does not begin as a snapshot of version 2: a backup of another version is restored by the software that wrote it"
    )]
    Magic,
    /// No frame has this kind.
    #[error("a frame of unknown kind {0}")]
    Kind(u8),
    /// The frame is longer than its bound.
    #[error("a frame of {0} bytes, at most {PAYLOAD_BYTES_MAX} are accepted")]
    TooLong(usize),
    /// The payload does not match its checksum.
    #[error("a frame is damaged")]
    Checksum,
    /// The payload is not of the form that its kind has.
    #[error("a frame is malformed: {0}")]
    Payload(#[from] CodecError),
    /// The part exceeds its bounds.
    #[error("a part holds {0} blocks, 1 to {PART_BLOCKS_MAX} are accepted")]
    Blocks(usize),
}

fn checksum(kind: u8, payload: &[u8]) -> [u8; 8] {
    let digest = sha256_of(&[&[kind], payload]);
    *digest.0.first_chunk().expect("a digest has 32 bytes")
}

impl Frame {
    /// The frame's bytes: header and payload.
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
    /// Reads the header of a frame.
    ///
    /// # Errors
    /// [`SnapshotError::Kind`] or [`SnapshotError::TooLong`], before anything is allocated.
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

    /// Checks and reads the payload.
    ///
    /// # Errors
    /// [`SnapshotError`] if the payload is damaged or malformed.
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

    /// The next frame: the parts, then the end. After the end, the end again.
    ///
    /// # Errors
    /// Fatal ones of the ledger.
    pub fn frame(&mut self) -> Result<Frame, Error> {
        let (mut blocks, mut bytes) = (Vec::new(), 0);
        while self.next <= self.head.height && blocks.len() < PART_BLOCKS_MAX {
            let missing = || Error::Corrupt(format!("block {} is missing", self.next));
            let (block, certificate) = self.ledger.block(self.next)?.ok_or_else(missing)?;
            bytes += block.bytes().len() + certificate.len();
            // The first block always fits. A block that does not fit is read again for the next part.
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
