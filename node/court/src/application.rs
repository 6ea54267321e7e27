//! Where consensus meets the ledger: the adapter of [`Application`].
//!
//! In: consensus' questions. Out: the ledger's answers. Always: what is built is valid; what is committed
//! leaves the mempool, and what can be recorded no more with it. Not for rules: each call is handed on.

use crate::admission::Admission;
use crate::mempool::{Mempool, Texts};
use courtseal_consensus::vote::CommitCertificate;
use courtseal_consensus::{Application, CourtSet, Decided, Error, Verdict};
use courtseal_ledger::{Committed, Ledger};
use courtseal_proof::block::ReadBlock;
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::limits::{BODY_BYTES_MAX, BODY_TRANSACTIONS_MAX, NOT_AFTER_AHEAD_MS_MAX};
use courtseal_proof::bytes::time::Timestamp;
use std::sync::Arc;

/// The ledger and the mempool, as consensus sees them.
pub struct LedgerApplication {
    ledger: Arc<Ledger>,
    own: PublicKey,
    /// The transactions that wait for a block.
    pub mempool: Mempool,
    committed: Vec<Committed>,
}

fn fatal(error: courtseal_ledger::Error) -> Error {
    Error::Application(error.to_string())
}

/// Judges a block on top of the ledger's head; on any thread.
///
/// # Errors
/// Storage failed; fatal.
pub fn check(ledger: &Ledger, block: &ReadBlock, texts: &Texts) -> Result<Verdict, courtseal_ledger::Error> {
    match ledger.validate(block, texts) {
        Ok(_) => Ok(Verdict::Valid),
        Err(error) if error.is_fatal() => Err(error),
        Err(error) => Ok(Verdict::Invalid { reason: error.to_string() }),
    }
}

impl LedgerApplication {
    /// For the court with this voting key.
    pub fn new(ledger: Arc<Ledger>, own: PublicKey) -> Self {
        Self { ledger, own, mempool: Mempool::default(), committed: Vec::new() }
    }

    /// The way in for transactions, which knows those that wait here.
    pub fn admission(&self) -> Admission {
        Admission::new(Arc::clone(&self.ledger), Arc::clone(self.mempool.texts()))
    }

    /// The court's voting key.
    pub fn own(&self) -> PublicKey {
        self.own
    }

    /// Commits consecutive decided blocks whose certificates were checked, all at once (S9).
    ///
    /// # Errors
    /// Fatal ones: the courts have decided these blocks.
    pub fn import(&mut self, blocks: &[(ReadBlock, Vec<u8>)]) -> Result<(), Error> {
        for committed in self.ledger.import(blocks).map_err(fatal)? {
            self.note(committed)?;
        }
        Ok(())
    }

    fn note(&mut self, committed: Committed) -> Result<(), Error> {
        for (id, _) in &committed.transactions {
            self.mempool.remove(id);
        }
        // Others may state the same once; what is recorded now can be recorded no more (L11, L12).
        for (subject, id) in self.mempool.stated_once() {
            if self.ledger.fact(&subject).map_err(fatal)?.is_some() {
                self.mempool.remove(&id);
            }
        }
        self.committed.push(committed);
        Ok(())
    }

    /// What was committed since the last call.
    pub fn take_committed(&mut self) -> Vec<Committed> {
        std::mem::take(&mut self.committed)
    }
}

impl Application for LedgerApplication {
    fn courts(&self, _height: u64) -> Result<CourtSet, Error> {
        CourtSet::new(self.ledger.state().courts().values().copied())
    }

    fn build(&mut self, _height: u64, _round: u32, time: Timestamp) -> Result<ReadBlock, Error> {
        // A transaction that cannot be recorded any more must not fill a block's candidates for ever.
        self.mempool.remove_expired(time);
        let candidates = self.mempool.candidates(BODY_BYTES_MAX, BODY_TRANSACTIONS_MAX);
        let valid = self.ledger.build(time, self.own, candidates).map_err(fatal)?;
        Ok(valid.read().clone())
    }

    fn check(&mut self, _height: u64, block: &ReadBlock) -> Result<Verdict, Error> {
        check(&self.ledger, block, self.mempool.texts()).map_err(fatal)
    }

    fn commit(&mut self, decided: &Decided) -> Result<(), Error> {
        let certificate = codec::encode(&decided.certificate);
        // Any error here is fatal: the courts have decided this block.
        let committed = self
            .ledger
            .commit(&decided.block, &certificate, decided.certificate.value, &**self.mempool.texts())
            .map_err(fatal)?;
        self.note(committed)?;
        Ok(())
    }

    fn decided(&self, height: u64) -> Result<Option<Decided>, Error> {
        let Some((block, certificate)) = self.ledger.block(height).map_err(fatal)? else { return Ok(None) };
        let damaged = |_| Error::Application(format!("the stored certificate of height {height} is damaged"));
        let certificate: CommitCertificate =
            codec::decode(&certificate, courtseal_ledger::limits::CERTIFICATE_BYTES_MAX).map_err(damaged)?;
        Ok(Some(Decided { certificate, block }))
    }

    fn has_work(&mut self, time: Timestamp) -> bool {
        // What no block of now could hold is no reason to make one.
        self.mempool.remove_expired(time);
        let latest = time.plus_ms(NOT_AFTER_AHEAD_MS_MAX);
        self.mempool.iter().any(|checked| checked.transaction().payload().not_after <= latest)
    }
}
