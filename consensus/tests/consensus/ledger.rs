//! The simulated courts' ledger: blocks of numbered transactions, committed to a list that survives crashes.
//!
//! In and out: the calls of [`Application`].
//! Always: a verdict depends on the parent only.
//! Not for members or rules.

use courtseal_consensus::{Application, BlockBytes, CourtSet, Decided, Error, Verdict};
use courtseal_proof::block::{Header, ReadBlock};
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_world::Fuse;

/// The network's name in sign bytes.
pub const CHAIN: Digest = Digest([0xc5; 32]);
/// A transaction that makes its block invalid.
pub const BAD: &[u8] = b"bad";

pub struct Ledger {
    pub own: PublicKey,
    pub courts: CourtSet,
    /// The height from which on other courts decide.
    pub change: Option<(u64, CourtSet)>,
    pub blocks: Vec<Decided>,
    /// Has work until this height is committed.
    pub work_until: u64,
    /// Bytes of each transaction built.
    pub transaction_bytes: usize,
    pub fuse: Fuse,
    pub built: u64,
}

impl Ledger {
    pub fn new(own: PublicKey, courts: CourtSet, fuse: Fuse) -> Self {
        Self { own, courts, change: None, blocks: Vec::new(), work_until: 0, transaction_bytes: 32, fuse, built: 0 }
    }

    pub fn courts_at(&self, height: u64) -> CourtSet {
        match &self.change {
            Some((from, courts)) if height >= *from => courts.clone(),
            _ => self.courts.clone(),
        }
    }

    pub fn previous(&self) -> Digest {
        self.blocks.last().map_or(CHAIN, |one| one.digest())
    }
}

/// A block of these transactions as it is sent, and its digest.
pub fn block(
    height: u64,
    previous: Digest,
    time: Timestamp,
    proposer: PublicKey,
    transactions: Vec<Vec<u8>>,
) -> (BlockBytes, Digest) {
    let read = assembled(height, previous, time, proposer, &transactions);
    (BlockBytes::from(&read), read.digest())
}

fn assembled(height: u64, previous: Digest, time: Timestamp, proposer: PublicKey, transactions: &[Vec<u8>]) -> ReadBlock {
    let header = Header {
        chain: CHAIN,
        protocol: 1,
        height,
        time,
        previous,
        body: Digest::default(),
        log_root: Digest::default(),
        log_size: height,
        courts: Digest::default(),
        next_courts: Digest::default(),
        proposer,
    };
    ReadBlock::assemble(header, transactions.iter().map(Vec::as_slice))
}

impl Application for Ledger {
    fn courts(&self, height: u64) -> Result<CourtSet, Error> {
        Ok(self.courts_at(height))
    }

    fn build(&mut self, height: u64, round: u32, time: Timestamp) -> Result<ReadBlock, Error> {
        assert_eq!(height, self.blocks.len() as u64 + 1);
        self.built += 1;
        // Another build gives another block, so that building twice for one round would show as a double
        // signature.
        let mut transaction = sha256(format!("{height} {round} {} {:?}", self.built, self.own).as_bytes()).0.to_vec();
        transaction.resize(self.transaction_bytes.max(32), 0);
        Ok(assembled(height, self.previous(), time, self.own, &[transaction]))
    }

    fn check(&mut self, height: u64, block: &ReadBlock) -> Result<Verdict, Error> {
        let header = block.header();
        let invalid = |reason: &str| Ok(Verdict::Invalid { reason: reason.to_owned() });
        if height != self.blocks.len() as u64 + 1 || header.height != height {
            return invalid("height");
        }
        if header.previous != self.previous() {
            return invalid("previous");
        }
        if self.blocks.last().is_some_and(|last| header.time <= last.time()) {
            return invalid("time");
        }
        if block.texts().any(|one| one == BAD) {
            return invalid("a bad transaction");
        }
        Ok(Verdict::Valid)
    }

    fn commit(&mut self, decided: &Decided) -> Result<(), Error> {
        self.fuse.step()?;
        if decided.height() <= self.blocks.len() as u64 {
            return Ok(());
        }
        assert_eq!(decided.height(), self.blocks.len() as u64 + 1);
        assert_eq!(decided.certificate.value, decided.digest());
        self.blocks.push(decided.clone());
        self.fuse.step()
    }

    fn decided(&self, height: u64) -> Result<Option<Decided>, Error> {
        Ok(height.checked_sub(1).and_then(|at| self.blocks.get(at as usize)).cloned())
    }

    fn has_work(&mut self, _: Timestamp) -> bool {
        (self.blocks.len() as u64) < self.work_until
    }
}
