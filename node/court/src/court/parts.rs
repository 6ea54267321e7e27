//! What a court is made of, and how it is made from what was found on its disk.
//!
//! In: keys, an open ledger, what the logs held. Out: [`Parts`]. Always: a node and the simulator start a
//! court in this one way. Not for opening anything.

use crate::cosign::{Cosigner, Mark, Quorum};
use crate::evidence::EvidenceDesk;
use crate::keys::CourtKeys;
use courtseal_consensus::{Config, CourtSet, Driver, Error, Head, Recovered, Timeouts};
use courtseal_ledger::Ledger;
use courtseal_proof::key::PublicKey;
use courtseal_proof::name::CourtName;
use std::sync::Arc;

/// What the three logs of a court held: those of consensus, and that of marks.
pub struct Found {
    /// For the driver.
    pub recovered: Recovered,
    /// For the cosigner: the newest mark; none if there is none, or it may be lost.
    pub mark: Option<Mark>,
}

/// What a court is made of.
pub struct Parts {
    /// Its name.
    pub own: CourtName,
    /// Its voting key's public half, by which consensus knows it.
    pub vote: PublicKey,
    /// The ledger.
    pub ledger: Arc<Ledger>,
    /// Consensus.
    pub driver: Driver,
    /// The cosigner.
    pub cosigner: Cosigner,
    /// What courts signed twice.
    pub evidence: EvidenceDesk,
}

impl Parts {
    /// The parts of the court with these keys, from what was found on its disk. The ledger is open and
    /// checked.
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
        let mut cosigner = Cosigner::new(genesis, keys.name.clone(), keys.log.clone(), keys.cosigner.clone(), found.mark, quorum);
        if found.mark.is_none() {
            cosigner.distrust_marks();
        }
        let evidence = EvidenceDesk::new(genesis.origin(), keys.name.clone(), keys.vote.clone());
        let driver = Driver::new(config, courts, head, found.recovered);
        Ok(Self { own: keys.name.clone(), vote: keys.vote.public(), driver, cosigner, evidence, ledger })
    }
}

/// Why a court cannot be made of what was found.
#[derive(Debug, thiserror::Error)]
pub enum FoundError {
    /// The courts cannot vote.
    #[error(transparent)]
    Courts(#[from] Error),
    /// The ledger cannot be read.
    #[error(transparent)]
    Ledger(#[from] courtseal_ledger::Error),
}

/// The ledger's head as consensus sees it.
pub(super) fn consensus_head(head: &courtseal_ledger::Head) -> Head {
    Head { height: head.height, digest: head.digest, time: head.time }
}
