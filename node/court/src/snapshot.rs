//! Checks snapshots: the one place where blocks of another court's snapshot become trusted.
//!
//! In: frames in order, the courts, the head of the log here.
//! Out: [`Part`]s.
//! Always: heights have no gaps, and each header names the one before it.
//! Each body is the one that its header names, and each commit certificate is good for its block (C5).
//! All parts but the last are full, and a checkpoint is cosigned by a quorum (S10).
//! Not for the rules of the ledger, which judges and executes each block when it imports it.

use courtseal_consensus::vote::CommitCertificate;
use courtseal_consensus::{CourtSet, is_commit};
use courtseal_ledger::limits::{PART_BLOCKS_MAX, PART_BYTES_MAX};
use courtseal_ledger::snapshot::{Contents, Frame, SnapshotError};
use courtseal_ledger::{BlockAndCertificate, Head};
use courtseal_proof::block::{BlockError, ReadBlock};
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::genesis::Genesis;
use courtseal_proof::log::checkpoint::CosignedCheckpoint;
use courtseal_proof::verify::{HeldPolicy, Refusal, verify_checkpoint};
use rayon::prelude::*;
use std::sync::Arc;

/// The reason why a snapshot is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// A frame is malformed by itself.
    #[error("{0}")]
    Frame(#[from] SnapshotError),
    /// The snapshot is of another network.
    #[error("it is of another network")]
    Network,
    /// The frames have another order than contents, parts, end.
    #[error("its frames are out of order")]
    Order,
    /// A block is malformed by itself.
    #[error("block {0}: {1}")]
    Block(u64, BlockError),
    /// A block does not follow the one before.
    #[error("block {0} does not follow the one before it")]
    Gap(u64),
    /// A part had room for the first block of the next one. A sender of tiny parts could otherwise hold up a
    /// court for ever.
    #[error("the part that ends at block {0} is not full, and not the last")]
    Room(u64),
    /// A certificate is of another block, or fewer courts than a quorum signed it.
    #[error("block {0} has a false commit certificate")]
    Certificate(u64),
    /// The checkpoint at the end is not valid.
    #[error("its checkpoint: {0}")]
    Checkpoint(String),
    /// The snapshot ends before the height that it promised.
    #[error("it ends at block {0} and promised {1}")]
    Short(u64, u64),
}

/// A checked part of a snapshot. Only [`Checker::check`] makes one.
#[derive(Debug)]
pub struct Part {
    blocks: Vec<(ReadBlock, Vec<u8>)>,
    checkpoint: Option<CosignedCheckpoint>,
    is_end: bool,
}

impl Part {
    /// Consecutive decided blocks and their certificates.
    pub fn blocks(&self) -> &[(ReadBlock, Vec<u8>)] {
        &self.blocks
    }

    /// The newest checkpoint with a quorum, which only the last part may have.
    pub fn checkpoint(&self) -> Option<&CosignedCheckpoint> {
        self.checkpoint.as_ref()
    }

    /// Whether this is the last part.
    pub fn is_end(&self) -> bool {
        self.is_end
    }
}

/// The state of a check: the courts, and the block that must come next.
pub struct Checker {
    chain: Digest,
    courts: CourtSet,
    policy: HeldPolicy,
    height: u64,
    digest: Digest,
    promised: Option<Head>,
    /// Blocks and bytes of the previous part.
    before: (usize, usize),
}

impl Checker {
    /// Starts a check of a snapshot that continues after `head`. The courts are those of the genesis, as long
    /// as courts do not change.
    ///
    /// # Errors
    /// The genesis lists no valid set of courts.
    pub fn new(genesis: &Genesis, head: &Head) -> Result<Self, courtseal_consensus::Error> {
        Ok(Self {
            chain: genesis.digest(),
            courts: CourtSet::new(genesis.courts.iter().map(|court| court.vote))?,
            policy: HeldPolicy::new(genesis.policy_text().as_bytes()),
            height: head.height,
            digest: head.digest,
            promised: None,
            before: (PART_BLOCKS_MAX, 0),
        })
    }

    /// Takes the contents frame, which must come first.
    ///
    /// # Errors
    /// The frame is of another network or another height, is no contents frame, or is the second one.
    pub fn begin(&mut self, frame: Frame) -> Result<Contents, Fault> {
        match frame {
            Frame::Contents(contents) if contents.chain != self.chain => Err(Fault::Network),
            Frame::Contents(contents) if self.promised.is_none() && contents.from == self.height + 1 => {
                self.promised = Some(contents.head);
                Ok(contents)
            }
            _ => Err(Fault::Order),
        }
    }

    /// Checks the next frame.
    ///
    /// # Errors
    /// [`Fault`]. After it nothing more of this snapshot may be trusted.
    pub fn check(&mut self, frame: Frame) -> Result<Part, Fault> {
        let Some(promised) = self.promised else { return Err(Fault::Order) };
        match frame {
            Frame::Contents(_) => Err(Fault::Order),
            Frame::Part(blocks) => {
                let blocks = self.check_blocks(blocks)?;
                Ok(Part { blocks, checkpoint: None, is_end: false })
            }
            Frame::End(_) if self.height < promised.height => Err(Fault::Short(self.height, promised.height)),
            Frame::End(note) if note.is_empty() => Ok(Part { blocks: Vec::new(), checkpoint: None, is_end: true }),
            Frame::End(note) => {
                let fault = |refusal: Refusal| Fault::Checkpoint(refusal.message());
                let proven = verify_checkpoint(note.as_bytes(), &self.policy).map_err(fault)?;
                Ok(Part { blocks: Vec::new(), checkpoint: Some(proven.signed), is_end: true })
            }
        }
    }

    fn check_blocks(&mut self, blocks: Vec<BlockAndCertificate>) -> Result<Vec<(ReadBlock, Vec<u8>)>, Fault> {
        let from = self.height + 1;
        let bytes = |(block, certificate): &BlockAndCertificate| block.len() + certificate.len();
        let (count_before, bytes_before) = self.before;
        if count_before < PART_BLOCKS_MAX && bytes_before + blocks.first().map_or(0, bytes) <= PART_BYTES_MAX {
            return Err(Fault::Room(self.height));
        }
        self.before = (blocks.len(), blocks.iter().map(bytes).sum());
        let blocks: Vec<(ReadBlock, Vec<u8>)> = blocks
            .into_par_iter()
            .enumerate()
            .map(|(at, (block, certificate))| {
                let block = ReadBlock::read(Arc::new(block)).map_err(|error| Fault::Block(from + at as u64, error))?;
                Ok((block, certificate))
            })
            .collect::<Result<_, Fault>>()?;
        let (mut height, mut digest) = (self.height, self.digest);
        for (block, _) in &blocks {
            let header = block.header();
            height += 1;
            if header.height != height || header.previous != digest || header.chain != self.chain {
                return Err(Fault::Gap(height));
            }
            digest = block.digest();
        }
        // Every certificate is checked, though the last one proves all blocks: the certificates are passed on
        // to other courts later.
        let is_good = |(block, certificate): &(ReadBlock, Vec<u8>)| {
            let certificate = codec::decode::<CommitCertificate>(certificate, courtseal_ledger::limits::CERTIFICATE_BYTES_MAX);
            certificate.is_ok_and(|certificate| {
                (certificate.height, certificate.value) == (block.header().height, block.digest())
                    && is_commit(self.chain, &certificate, &self.courts)
            })
        };
        let bad = blocks.par_iter().position_first(|one| !is_good(one));
        if let Some(bad) = bad {
            return Err(Fault::Certificate(from + bad as u64));
        }
        (self.height, self.digest) = (height, digest);
        Ok(blocks)
    }
}

#[cfg(test)]
mod tests;
