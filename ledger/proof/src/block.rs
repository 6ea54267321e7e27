//! Blocks: a header, which consensus decides by its digest, and the body it names.
//!
//! In and out: bincode ([`crate::codec`]). Always: header and body digests start with their own tag and the chain
//! digest, so neither can be taken for the other or for another network's. Not for the rules of what a block may
//! hold: those are the ledger's.

use crate::codec::{self, CodecError};
use crate::digest::{Digest, sha256_of};
use crate::key::PublicKey;
use crate::limits::{BLOCK_BYTES_MAX, BODY_BYTES_MAX, BODY_TRANSACTIONS_MAX};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

const HEADER_TAG: &[u8; 16] = b"COURTSEALHEAD/v1";
const BODY_TAG: &[u8; 16] = b"COURTSEALBODY/v1";

/// The header of a block, 250 bytes in bincode, fields in this order. Its digest is the consensus value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The network: its genesis digest.
    pub chain: Digest,
    /// Version of the rules under which the block is judged.
    pub protocol: u16,
    /// Height, from 1; genesis is height 0 and has no header.
    pub height: u64,
    /// Proposer's time, strictly after the previous block's.
    pub time: Timestamp,
    /// Digest of the previous header; at height 1 the genesis digest.
    pub previous: Digest,
    /// Digest of the body.
    pub body: Digest,
    /// Root of the log after the previous block.
    pub log_root: Digest,
    /// Entries in the log after the previous block.
    pub log_size: u64,
    /// Digest of the court set that decides this block.
    pub courts: Digest,
    /// Digest of the court set that decides the next.
    pub next_courts: Digest,
    /// Voting key of the court that proposed the block.
    pub proposer: PublicKey,
}

/// A header and the transactions of its body, each the canonical text of one transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// The header.
    pub header: Header,
    /// Canonical transactions, in the order in which they are executed.
    pub transactions: Vec<Vec<u8>>,
}

impl Header {
    /// `SHA-256("COURTSEALHEAD/v1" ‖ header bytes)`; the header's first field is the chain digest.
    pub fn digest(&self) -> Digest {
        sha256_of(&[HEADER_TAG, &codec::encode(self)])
    }
}

/// `SHA-256("COURTSEALBODY/v1" ‖ chain digest ‖ bincode of the list of transactions)`.
pub fn body_digest(chain: &Digest, transactions: &[Vec<u8>]) -> Digest {
    sha256_of(&[BODY_TAG, &chain.0, &codec::encode(&transactions)])
}

/// Why the bytes of a block were refused before any rule was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// Not a block.
    #[error("block: {0}")]
    Codec(#[from] CodecError),
    /// The body passes a bound.
    #[error("block: {0} transactions with {1} bytes, at most {BODY_TRANSACTIONS_MAX} with {BODY_BYTES_MAX} are accepted")]
    TooLarge(usize, usize),
    /// The header names another body.
    #[error("block: the header names another body")]
    Body,
}

impl Block {
    /// The bytes, as sent and stored.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads a block and checks its bounds and that the header names this body.
    ///
    /// # Errors
    /// [`BlockError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BlockError> {
        let block: Self = codec::decode(bytes, BLOCK_BYTES_MAX)?;
        let body_bytes = block.transactions.iter().map(Vec::len).sum();
        if block.transactions.len() > BODY_TRANSACTIONS_MAX || body_bytes > BODY_BYTES_MAX {
            return Err(BlockError::TooLarge(block.transactions.len(), body_bytes));
        }
        if body_digest(&block.header.chain, &block.transactions) != block.header.body {
            return Err(BlockError::Body);
        }
        Ok(block)
    }
}

#[cfg(test)]
mod tests;
