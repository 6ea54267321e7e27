//! The parts of a court, and how they are made from what its disk holds.
//!
//! In: keys, an open ledger, the content of the logs.
//! Out: [`Parts`].
//! Always: nodes and the simulator start a court only in this way.
//! Not for opening files or ledgers.

use crate::application::LedgerApplication;
use crate::cosign::{CosignedLog, Cosigner, Quorum};
use crate::evidence::EvidenceSubmitter;
use crate::keys::CourtKeys;
use courtseal_consensus::{Config, CourtSet, Driver, Error, Head, Recovered, Timeouts};
use courtseal_ledger::Ledger;
use courtseal_proof::bytes::name::CourtName;
use std::sync::Arc;

/// The content of a court's three logs: those of consensus, and the record of cosignatures.
pub struct Found {
    /// The content of the logs of consensus, for the driver.
    pub recovered: Recovered,
    /// The log that this court cosigned last, for the cosigner. `None` if there is none or it may be lost.
    pub last_cosigned: Option<CosignedLog>,
}

/// All parts of a court.
pub struct Parts {
    /// Name of the court.
    pub own: CourtName,
    /// The court's ledger, which is open and checked.
    pub ledger: Arc<Ledger>,
    /// The ledger and the empty mempool, as the application of consensus.
    pub app: LedgerApplication,
    /// The driver of consensus.
    pub driver: Driver,
    /// The state of cosigning.
    pub cosigner: Cosigner,
    /// Contradictions of courts that are not recorded yet.
    pub evidence: EvidenceSubmitter,
}

impl Parts {
    /// Makes the parts of the court with these keys. The ledger is open and checked.
    ///
    /// # Errors
    /// The courts of the genesis cannot vote, or the stored checkpoint cannot be read.
    pub fn found(keys: &CourtKeys, ledger: Arc<Ledger>, found: Found) -> Result<Self, FoundError> {
        let genesis = ledger.genesis();
        let head = consensus_head(&ledger.head());
        let config = Config {
            chain: genesis.digest(),
            key: Some(keys.vote.clone()),
            timeouts: Timeouts::default(),
            heartbeat_ms: genesis.parameters.heartbeat_ms,
        };
        let courts = CourtSet::new(genesis.courts.iter().map(|court| court.vote))?;
        let quorum = ledger.checkpoint()?.as_ref().map(Quorum::from).unwrap_or_default();
        let mut cosigner =
            Cosigner::new(genesis, keys.name.clone(), keys.log.clone(), keys.cosigner.clone(), found.last_cosigned, quorum);
        if found.last_cosigned.is_none() {
            cosigner.distrust_record();
        }
        let evidence = EvidenceSubmitter::new(genesis.origin(), keys.name.clone(), keys.vote.clone());
        let driver = Driver::new(config, courts, head, found.recovered);
        let app = LedgerApplication::new(Arc::clone(&ledger), keys.vote.public());
        Ok(Self { own: keys.name.clone(), app, driver, cosigner, evidence, ledger })
    }
}

/// The reason why a court cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FoundError {
    /// The genesis lists no valid set of courts.
    #[error(transparent)]
    Courts(#[from] Error),
    /// The stored checkpoint cannot be read.
    #[error(transparent)]
    Ledger(#[from] courtseal_ledger::Error),
}

/// The head of the ledger, in the form that consensus uses.
pub(super) fn consensus_head(head: &courtseal_ledger::Head) -> Head {
    Head { height: head.height, digest: head.digest, time: head.time }
}
