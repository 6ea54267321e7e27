//! Blocks: a header, which consensus decides by its digest, and the body it names (F22, F23).
//!
//! In and out: bincode ([`crate::bytes::codec`]).
//! Always: header and body digests start with their own tag and the chain digest, so neither can stand for
//! the other or for another network's. A block's bytes are decoded and hashed once, by [`ReadBlock`], which
//! is then shared.
//! Not for the rules of what a block may hold, which are the ledger's.

use crate::bytes::codec::{self, CodecError};
use crate::bytes::digest::{Digest, sha256_of};
use crate::bytes::key::PublicKey;
use crate::bytes::limits::{BLOCK_BYTES_MAX, BODY_BYTES_MAX, BODY_TRANSACTIONS_MAX};
use crate::bytes::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

const HEADER_TAG: &[u8; 16] = b"COURTSEALHEAD/v1";
const BODY_TAG: &[u8; 16] = b"COURTSEALBODY/v1";
/// Bytes of an encoded header: seven digests and keys, three u64 and a u16.
const HEADER_BYTES: usize = 7 * 32 + 3 * 8 + 2;
/// Bytes of a count or a length.
const LENGTH_BYTES: usize = 8;

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
    /// SHA-256 of the body with its tag.
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
    /// The header that names the body.
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

/// The digest of a body: `SHA-256("COURTSEALBODY/v1" ‖ chain digest ‖ bincode of the list of transactions)`.
pub fn body_digest(chain: &Digest, transactions: &[Vec<u8>]) -> Digest {
    digest_of_body(chain, &codec::encode(&transactions))
}

/// The digest of a body's bytes.
fn digest_of_body(chain: &Digest, body: &[u8]) -> Digest {
    sha256_of(&[BODY_TAG, &chain.0, body])
}

/// The reason why the bytes of a block were refused before any rule was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BlockError {
    /// The bytes are no block.
    #[error("block: {0}")]
    Codec(#[from] CodecError),
    /// The body exceeds a bound.
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

    /// Reads a block as [`ReadBlock::read`] does, and takes it apart.
    ///
    /// # Errors
    /// [`BlockError`] as of [`ReadBlock::read`].
    pub fn decode(bytes: &[u8]) -> Result<Self, BlockError> {
        ReadBlock::read(Arc::new(bytes.to_vec())).map(|read| read.to_parts())
    }

    /// Encodes the block and reads its bytes as [`ReadBlock::read`] does.
    ///
    /// # Errors
    /// [`BlockError`] if it exceeds a bound or the header names another body.
    pub fn read(&self) -> Result<ReadBlock, BlockError> {
        ReadBlock::read(Arc::new(self.encode()))
    }
}

/// The bytes of a block with its decoded header and texts. Bounds and body were checked once. Copies share
/// the bytes.
#[derive(Clone)]
pub struct ReadBlock(Arc<Read>);

struct Read {
    bytes: Arc<Vec<u8>>,
    header: Header,
    digest: Digest,
    /// The range of each transaction's text in the bytes.
    texts: Vec<Range<usize>>,
}

impl ReadBlock {
    /// Reads a block and checks its bounds and that the header names this body. Nothing is copied.
    ///
    /// # Errors
    /// [`BlockError`] names the check that failed.
    pub fn read(bytes: Arc<Vec<u8>>) -> Result<Self, BlockError> {
        if bytes.len() > BLOCK_BYTES_MAX {
            return Err(CodecError::TooLong { length_bytes: bytes.len(), limit_bytes: BLOCK_BYTES_MAX }.into());
        }
        let header: Header = codec::decode(bytes.get(..HEADER_BYTES).unwrap_or(&bytes), HEADER_BYTES)?;
        let texts = find_texts(&bytes)?;
        let body_bytes = texts.iter().map(Range::len).sum();
        if texts.len() > BODY_TRANSACTIONS_MAX || body_bytes > BODY_BYTES_MAX {
            return Err(BlockError::TooLarge(texts.len(), body_bytes));
        }
        if digest_of_body(&header.chain, &bytes[HEADER_BYTES..]) != header.body {
            return Err(BlockError::Body);
        }
        Ok(Self::new(bytes, header, texts))
    }

    /// The block of these transactions. The header's body digest is computed.
    pub fn assemble<'a>(header: Header, texts: impl ExactSizeIterator<Item = &'a [u8]>) -> Self {
        let mut bytes = vec![0; HEADER_BYTES];
        let mut places = Vec::with_capacity(texts.len());
        bytes.extend((texts.len() as u64).to_le_bytes());
        for text in texts {
            bytes.extend((text.len() as u64).to_le_bytes());
            places.push(bytes.len()..bytes.len() + text.len());
            bytes.extend(text);
        }
        let header = Header { body: digest_of_body(&header.chain, &bytes[HEADER_BYTES..]), ..header };
        bytes[..HEADER_BYTES].copy_from_slice(&codec::encode(&header));
        Self::new(Arc::new(bytes), header, places)
    }

    fn new(bytes: Arc<Vec<u8>>, header: Header, texts: Vec<Range<usize>>) -> Self {
        Self(Arc::new(Read { digest: header.digest(), bytes, header, texts }))
    }

    /// The bytes, as sent and stored.
    pub fn bytes(&self) -> &Arc<Vec<u8>> {
        &self.0.bytes
    }

    /// The header and copies of the transactions.
    pub fn to_parts(&self) -> Block {
        Block { header: self.header().clone(), transactions: self.texts().map(<[u8]>::to_vec).collect() }
    }

    /// The bytes alone. They are copied only if they are shared.
    pub fn into_bytes(self) -> Vec<u8> {
        let bytes = Arc::try_unwrap(self.0).map_or_else(|shared| Arc::clone(&shared.bytes), |read| read.bytes);
        Arc::unwrap_or_clone(bytes)
    }

    /// The header as it was decoded.
    pub fn header(&self) -> &Header {
        &self.0.header
    }

    /// The header's digest: the consensus value.
    pub fn digest(&self) -> Digest {
        self.0.digest
    }

    /// The canonical texts of the transactions, in the order in which they are executed.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &[u8]> + Clone {
        self.0.texts.iter().map(|place| &self.0.bytes[place.clone()])
    }
}

impl PartialEq for ReadBlock {
    fn eq(&self, other: &Self) -> bool {
        // The digest binds the header, and the header the body.
        self.0.digest == other.0.digest
    }
}

impl Eq for ReadBlock {}

impl fmt::Debug for ReadBlock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block {} at height {}, {} bytes", self.0.digest, self.0.header.height, self.0.bytes.len())
    }
}

/// The ranges of the texts of a block's transactions, found without decoding them. Each length is checked
/// against the bytes that are there, so that a false count allocates nothing.
fn find_texts(block: &[u8]) -> Result<Vec<Range<usize>>, BlockError> {
    let malformed = |what: &str| BlockError::Codec(CodecError::Malformed(what.to_owned()));
    let length = |at: usize| -> Result<usize, BlockError> {
        let bytes = block.get(at..at + LENGTH_BYTES).ok_or_else(|| malformed("it is cut short"))?;
        let length = u64::from_le_bytes(bytes.try_into().expect("a slice of eight bytes"));
        usize::try_from(length).ok().filter(|length| *length <= block.len()).ok_or_else(|| malformed("a length past its end"))
    };
    let (count, mut at) = (length(HEADER_BYTES)?, HEADER_BYTES + LENGTH_BYTES);
    if count > (block.len() - at) / LENGTH_BYTES {
        return Err(malformed("more transactions than it has room for"));
    }
    let mut texts = Vec::with_capacity(count);
    for _ in 0..count {
        let from = at + LENGTH_BYTES;
        at = from + length(at)?;
        if at > block.len() {
            return Err(malformed("it is cut short"));
        }
        texts.push(from..at);
    }
    if at == block.len() { Ok(texts) } else { Err(malformed("bytes follow its last transaction")) }
}

#[cfg(test)]
mod tests;
