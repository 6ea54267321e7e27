//! A court's four keys, as the node uses them.
//!
//! In: secret keys, read by the command line. Out: the same, bound to a name and a network. Always: zeroed
//! when dropped. Not for key files: see the command line.

use courtseal_proof::genesis::Genesis;
use courtseal_proof::key::SecretKey;
use courtseal_proof::name::{CourtName, Origin};

/// A court's keys.
#[derive(Clone, Debug)]
pub struct CourtKeys {
    /// The court.
    pub name: CourtName,
    /// Its network.
    pub origin: Origin,
    /// Signs votes and proposals.
    pub vote: SecretKey,
    /// Signs checkpoints as the log.
    pub log: SecretKey,
    /// Cosigns checkpoints.
    pub cosigner: SecretKey,
    /// Identifies the node to the others.
    pub network: SecretKey,
}

impl CourtKeys {
    /// Whether all four keys are those that the genesis lists for this court.
    ///
    /// # Errors
    /// A sentence for the operator: which key differs.
    pub fn check(&self, genesis: &Genesis) -> Result<(), String> {
        if self.origin != genesis.origin() {
            return Err(format!("the key file is for the network {}, the genesis is of {}", self.origin, genesis.origin()));
        }
        let court = genesis.courts.iter().find(|court| court.name == self.name);
        let court = court.ok_or_else(|| format!("{} is not a court of this genesis", self.name))?;
        for (purpose, own, listed) in [
            ("vote", &self.vote, court.vote),
            ("log", &self.log, court.log),
            ("cosigner", &self.cosigner, court.cosigner),
            ("network", &self.network, court.network),
        ] {
            if own.public() != listed {
                return Err(format!("the {purpose} key of {} is not the one in the genesis", self.name));
            }
        }
        Ok(())
    }
}
