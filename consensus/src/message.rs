//! The messages of consensus between courts.
//!
//! In: bytes of an authenticated peer.
//! Out: messages, and back.
//! Always: a length is checked before anything of that length is allocated. The bound is that of the kind, so
//! only messages that carry blocks may be large. Lists are bounded by the number of courts.
//! Not for transactions and cosignatures: those are the node's own messages.

use crate::court_set::COURTS_MAX;
use crate::error::Error;
use crate::vote::{CommitCertificate, PolkaCertificate, RoundCertificate, SignedProposal, SignedStep, SignedVote};
use courtseal_proof::block::ReadBlock;
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::limits::BLOCK_BYTES_MAX;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Visitor};
use std::fmt;
use std::sync::Arc;

/// Longest message without blocks, in bytes.
pub const SMALL_MESSAGE_BYTES_MAX: usize = 32 * 1024;
/// Most bytes of blocks and certificates in one sync response. One block of any size fits, with its
/// certificate.
pub const SYNC_BYTES_MAX: usize = BLOCK_BYTES_MAX + 16 * 1024;
/// Longest message, in bytes.
pub const MESSAGE_BYTES_MAX: usize = SYNC_BYTES_MAX + 1024;
/// Most blocks in one sync response.
pub const SYNC_BLOCKS_MAX: usize = 256;

/// The bytes of a block, shared rather than copied. In bincode: a u64 length and the bytes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BlockBytes(pub Arc<Vec<u8>>);

/// A decided block, as sent to a court that lacks it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SyncedBlock {
    /// The block's encoded bytes.
    pub block: BlockBytes,
    /// Proof that the block is decided.
    pub certificate: CommitCertificate,
}

/// Version of the messages between courts. It is no part of the protocol, by which blocks are judged.
pub const MESSAGES: u16 = 2;

/// The first message on a connection, from both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// The version of messages that the sender speaks: [`MESSAGES`] here.
    pub messages: u16,
    /// The network: its genesis digest.
    pub chain: Digest,
    /// Height of the sender's last committed block.
    pub height: u64,
    /// The newest vote or proposal of the receiver that the sender saw. It carries the receiver's signature,
    /// so that it cannot be made up.
    pub newest: Option<SignedStep>,
    /// Whether the sender still waits for the receiver's hello.
    pub wants_answer: bool,
}

/// A message. The enum only ever grows at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Message {
    /// The sender introduces itself, and shows what it saw of the receiver.
    Hello(Hello),
    /// The sender reports the height of its last committed block.
    Status {
        /// The height that the block is decided at.
        height: u64,
    },
    /// Not sent any more, and ignored (C18): a court starts a height for work that it would itself record
    /// (C17).
    Wake {
        /// The height that was to be started.
        height: u64,
    },
    /// A vote, signed by its court.
    Vote(SignedVote),
    /// A proposal, without the block.
    Proposal(SignedProposal),
    /// A certificate of prevotes.
    Polka(PolkaCertificate),
    /// A certificate for a round.
    Round(RoundCertificate),
    /// The sender asks for the block with this digest.
    BlockRequest {
        /// The sender's last committed height.
        height: u64,
        /// The header's digest.
        value: Digest,
    },
    /// A block that is proposed or was asked for.
    Block(BlockBytes),
    /// The sender asks for decided blocks from this height on.
    SyncRequest {
        /// First height wanted.
        from: u64,
    },
    /// Decided blocks from a height on, without gaps; empty if there are none.
    SyncResponse {
        /// Height of the first.
        from: u64,
        /// The blocks, in the order of their heights.
        blocks: Vec<SyncedBlock>,
    },
}

impl Message {
    /// The bytes to send.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads a message of a peer.
    ///
    /// # Errors
    /// [`Error::Message`] or [`Error::MessageBound`]; then the peer is not following the protocol.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let limit_bytes = match bytes.first_chunk::<4>().map(|tag| u32::from_le_bytes(*tag)) {
            Some(BLOCK_TAG | SYNC_RESPONSE_TAG) => MESSAGE_BYTES_MAX,
            _ => SMALL_MESSAGE_BYTES_MAX,
        };
        let message: Self = codec::decode(bytes, limit_bytes)?;
        message.check_bounds()?;
        Ok(message)
    }

    fn check_bounds(&self) -> Result<(), Error> {
        let refuse = |what| Err(Error::MessageBound(what));
        match self {
            Self::Polka(polka) if polka.signatures.len() > COURTS_MAX => refuse("more signatures than courts"),
            Self::Round(round) if round.votes.len() > COURTS_MAX => refuse("more votes than courts"),
            Self::Block(block) if block.0.len() > BLOCK_BYTES_MAX => refuse("a block that is too large"),
            Self::SyncResponse { blocks, .. } => {
                if blocks.len() > SYNC_BLOCKS_MAX {
                    return refuse("too many blocks");
                }
                if blocks.iter().any(|one| one.block.0.len() > BLOCK_BYTES_MAX) {
                    return refuse("a block that is too large");
                }
                if blocks.iter().any(|one| one.certificate.signatures.len() > COURTS_MAX) {
                    return refuse("more signatures than courts");
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

const BLOCK_TAG: u32 = 8;
const SYNC_RESPONSE_TAG: u32 = 10;

impl fmt::Debug for BlockBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl BlockBytes {
    /// The block, if these bytes are one.
    pub fn read(&self) -> Option<ReadBlock> {
        ReadBlock::read(Arc::clone(&self.0)).ok()
    }
}

impl From<&ReadBlock> for BlockBytes {
    fn from(block: &ReadBlock) -> Self {
        Self(Arc::clone(block.bytes()))
    }
}

impl From<Vec<u8>> for BlockBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::new(bytes))
    }
}

impl Serialize for BlockBytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for BlockBytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = BlockBytes;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the bytes of a block")
            }
            fn visit_byte_buf<E>(self, bytes: Vec<u8>) -> Result<BlockBytes, E> {
                Ok(BlockBytes::from(bytes))
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<BlockBytes, E> {
                Ok(BlockBytes::from(bytes.to_vec()))
            }
        }
        deserializer.deserialize_byte_buf(Bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tags_are_fixed() {
        let block = Message::Block(vec![1, 2].into());
        assert_eq!(block.encode(), [&[8, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0][..], &[1, 2]].concat());
        let response = Message::SyncResponse { from: 1, blocks: Vec::new() };
        assert_eq!(response.encode()[..4], SYNC_RESPONSE_TAG.to_le_bytes());
    }

    #[test]
    fn only_messages_with_blocks_may_be_large() {
        assert!(Message::decode(&Message::Block(vec![0; BLOCK_BYTES_MAX].into()).encode()).is_ok());
        let above = Message::Block(vec![0; BLOCK_BYTES_MAX + 1].into()).encode();
        assert!(matches!(Message::decode(&above), Err(Error::MessageBound(_))));
        let certificate = PolkaCertificate { height: 1, round: 0, value: Digest::default(), signatures: Vec::new() };
        let mut padded = Message::Polka(certificate).encode();
        padded.resize(SMALL_MESSAGE_BYTES_MAX + 1, 0);
        assert!(matches!(Message::decode(&padded), Err(Error::Message(codec::CodecError::TooLong { .. }))));
    }

    #[test]
    fn c21_lists_are_bounded() {
        use crate::vote::CourtSignature;
        use courtseal_proof::bytes::key::{PublicKey, Signature};
        let one = CourtSignature { court: PublicKey([1; 32]), signature: Signature([1; 64]) };
        let response = |blocks: usize, signatures: usize| {
            let certificate =
                CommitCertificate { height: 1, round: 0, value: Digest::default(), signatures: vec![one; signatures] };
            let blocks = vec![SyncedBlock { block: vec![0].into(), certificate }; blocks];
            Message::decode(&Message::SyncResponse { from: 1, blocks }.encode())
        };
        assert!(response(SYNC_BLOCKS_MAX, 1).is_ok());
        assert!(matches!(response(SYNC_BLOCKS_MAX + 1, 1), Err(Error::MessageBound("too many blocks"))));
        assert!(response(1, COURTS_MAX).is_ok());
        assert!(matches!(response(1, COURTS_MAX + 1), Err(Error::MessageBound("more signatures than courts"))));
        let polka = |signatures: usize| {
            let polka = PolkaCertificate { height: 1, round: 0, value: Digest::default(), signatures: vec![one; signatures] };
            Message::decode(&Message::Polka(polka).encode())
        };
        assert!(polka(COURTS_MAX).is_ok());
        assert!(matches!(polka(COURTS_MAX + 1), Err(Error::MessageBound("more signatures than courts"))));
    }

    proptest! {
        #[test]
        fn foreign_bytes_never_panic_and_decode_to_one_encoding(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(message) = Message::decode(&bytes) {
                prop_assert_eq!(message.encode(), bytes);
            }
        }

        #[test]
        fn small_tags_with_noise(tag in 0u32..12, rest in proptest::collection::vec(0u8..3, 0..400)) {
            let bytes = [&tag.to_le_bytes()[..], &rest].concat();
            if let Ok(message) = Message::decode(&bytes) {
                prop_assert_eq!(message.encode(), bytes);
            }
        }
    }
}
