//! A court's four keys, as the node uses them.
//!
//! In: secret keys, read by the command line.
//! Out: the same keys, bound to a court and a network.
//! Always: the keys are overwritten with zeros when they are dropped.
//! Not for key files: the command line reads those.

use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::name::{CourtName, Origin};
use courtseal_proof::genesis::Genesis;

/// The secret keys of one court.
#[derive(Clone, Debug)]
pub struct CourtKeys {
    /// Name of the court.
    pub name: CourtName,
    /// Origin of the court's network.
    pub origin: Origin,
    /// The key that signs votes and proposals.
    pub vote: SecretKey,
    /// The key that signs checkpoints as the log.
    pub log: SecretKey,
    /// The key that cosigns checkpoints.
    pub cosigner: SecretKey,
    /// The key that identifies the node to other courts.
    pub network: SecretKey,
}

impl CourtKeys {
    /// Checks that all four keys are those of the genesis for this court.
    ///
    /// # Errors
    /// A message for the operator that names the key that differs.
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
