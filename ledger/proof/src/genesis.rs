//! The genesis document: courts, first members, parameters (F10 to F13), and the values derived from it.
//!
//! In: its canonical text.
//! Out: the origin, the court set, the policy text, the contents of the genesis' entries.
//! Always: a parsed genesis keeps every rule, proofs of possession included.
//! Not for choosing keys or addresses, which the command line does.

use crate::bytes::canonical::{self, CanonicalError};
use crate::bytes::codec;
use crate::bytes::digest::{Digest, sha256, sha256_of};
use crate::bytes::key::{self, PublicKey, SecretKey, Signature};
use crate::bytes::limits::{ADDRESS_BYTES_MAX, COURTS_MAX, GENESIS_BYTES_MAX, GENESIS_MEMBERS_MAX};
use crate::bytes::name::{Name, Origin};
use crate::bytes::time::{self, Timestamp};
use crate::log::note::VerifierKey;
use crate::log::policy;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The only version of the rules that this software knows: the `protocol` of headers and genesis.
pub const PROTOCOL: u16 = 2;

/// Shortest and longest pause between heartbeat blocks, in milliseconds.
pub const HEARTBEAT_MS: std::ops::RangeInclusive<u64> = 1_000..=86_400_000;

const POSSESSION_TAG: &[u8; 16] = b"COURTSEALPOSS/v1";
const SETS_TAG: &[u8; 16] = b"COURTSEALSETS/v2";

/// The digest of the courts of an epoch (F24): name and voting key of each, in the order of names.
pub fn court_set_digest<'a>(chain: &Digest, epoch: u64, courts: impl Iterator<Item = (&'a Name, PublicKey)>) -> Digest {
    let list: Vec<(&str, PublicKey)> = courts.map(|(name, vote)| (name.as_str(), vote)).collect();
    sha256_of(&[SETS_TAG, &chain.0, &epoch.to_be_bytes(), &codec::encode(&list)])
}

/// The reason why a text is no genesis.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GenesisError {
    /// The text is no canonical JSON of the shape.
    #[error("genesis: {0}")]
    Text(#[from] CanonicalError),
    /// A rule of F11 to F13 is broken.
    #[error("genesis: {0}")]
    Rule(String),
}

/// The purpose of a key. Keys of different purposes are never shared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPurpose {
    /// Consensus votes and proposals.
    Vote,
    /// The court's signature over checkpoints, as the log.
    Log,
    /// The court's cosignature over checkpoints.
    Cosigner,
    /// The court's identity on the network.
    Network,
    /// A member's transactions.
    Member,
}

impl KeyPurpose {
    /// The word used in proofs and key files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Vote => "vote",
            Self::Log => "log",
            Self::Cosigner => "cosigner",
            Self::Network => "network",
            Self::Member => "member",
        }
    }
}

/// The message that a key signs to prove that its owner holds it (F12).
pub fn possession_message(purpose: KeyPurpose, network: &Name, owner: &Name, key: &PublicKey) -> Vec<u8> {
    let texts = [purpose.as_str(), network.as_str(), owner.as_str()].map(|text| [text.as_bytes(), &[0]].concat());
    [POSSESSION_TAG, &texts.concat()[..], &key.0].concat()
}

/// A proof of possession of `secret`.
pub fn prove_possession(purpose: KeyPurpose, network: &Name, owner: &Name, secret: &SecretKey) -> Signature {
    secret.sign(&possession_message(purpose, network, owner, &secret.public()))
}

/// The role of a member, which says what it may state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The court itself.
    Court,
    /// A clerk or judge.
    Clerk,
    /// A member that is a notary.
    Notary,
    /// A lawyer or party.
    Lawyer,
    /// A member that audits the log.
    Auditor,
}

impl Role {
    /// The word used in texts.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Court => "court",
            Self::Clerk => "clerk",
            Self::Notary => "notary",
            Self::Lawyer => "lawyer",
            Self::Auditor => "auditor",
        }
    }
}

/// A court in the genesis.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Court {
    /// The multiaddress where its node listens for the others.
    pub address: String,
    /// Key of its cosignatures over checkpoints.
    #[serde(with = "key::hex_text")]
    pub cosigner: PublicKey,
    /// Key of its log signatures over checkpoints.
    #[serde(with = "key::hex_text")]
    pub log: PublicKey,
    /// The name of the court.
    pub name: Name,
    /// Key of its identity on the network.
    #[serde(with = "key::hex_text")]
    pub network: PublicKey,
    /// Proofs of possession.
    pub proof: CourtProof,
    /// Key of its votes and proposals.
    #[serde(with = "key::hex_text")]
    pub vote: PublicKey,
}

/// A court's proofs of possession.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CourtProof {
    /// Of the cosigner key.
    #[serde(with = "key::signature_text")]
    pub cosigner: Signature,
    /// Of the log key.
    #[serde(with = "key::signature_text")]
    pub log: Signature,
    /// Of the network key.
    #[serde(with = "key::signature_text")]
    pub network: Signature,
    /// Of the voting key.
    #[serde(with = "key::signature_text")]
    pub vote: Signature,
}

/// A member that the genesis registers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Member {
    /// The court that registers it.
    pub court: Name,
    /// The member's public key.
    #[serde(with = "key::hex_text")]
    pub key: PublicKey,
    /// The name of the member.
    pub name: Name,
    /// Proof of possession.
    #[serde(with = "key::signature_text")]
    pub proof: Signature,
    /// The role of the member.
    pub role: Role,
}

/// Parameters that courts can change later by vote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parameters {
    /// Pause after which an idle network records an empty block, in milliseconds.
    pub heartbeat_ms: u64,
}

/// A genesis document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// Courts, sorted by name.
    pub courts: Vec<Court>,
    /// Members, sorted by name.
    pub members: Vec<Member>,
    /// The network's name.
    pub name: Name,
    /// The parameters of the network.
    pub parameters: Parameters,
    /// The version of the rules, [`PROTOCOL`].
    pub protocol: u16,
    /// The time of height 0.
    #[serde(with = "time::text")]
    pub time: Timestamp,
    /// The version of the form, 1.
    pub v: u64,
}

impl Genesis {
    /// The canonical text.
    pub fn to_text(&self) -> String {
        canonical::to_text(self)
    }

    /// Reads and checks a genesis.
    ///
    /// # Errors
    /// [`GenesisError`] if a rule of F10 to F13 is broken.
    pub fn from_text(text: &[u8]) -> Result<Self, GenesisError> {
        let genesis: Self = canonical::from_text(text, GENESIS_BYTES_MAX)?;
        genesis.check()?;
        Ok(genesis)
    }

    /// The genesis digest, which stands for the network in binary sign bytes.
    pub fn digest(&self) -> Digest {
        sha256(self.to_text().as_bytes())
    }

    /// The network's name in texts (F8).
    pub fn origin(&self) -> Origin {
        Origin::new(self.name.clone(), self.digest())
    }

    /// The policy text of epoch 0 (F33).
    pub fn policy_text(&self) -> String {
        let origin = self.origin();
        let courts: Vec<_> = self.courts.iter().map(|court| (&court.name, court.log, court.cosigner)).collect();
        policy::network_policy_text(&origin, &courts)
    }

    /// The digest of the court set of epoch 0 (F24).
    pub fn court_set_digest(&self) -> Digest {
        court_set_digest(&self.digest(), 0, self.courts.iter().map(|court| (&court.name, court.vote)))
    }

    /// Checks F11 to F13.
    ///
    /// # Errors
    /// [`GenesisError::Rule`] names the first rule that is broken.
    pub fn check(&self) -> Result<(), GenesisError> {
        let rule = |good: bool, text: &str| if good { Ok(()) } else { Err(GenesisError::Rule(text.to_owned())) };
        rule(self.v == 1, "v is not 1")?;
        rule(self.protocol == PROTOCOL, "this software knows protocol 2 only")?;
        rule(HEARTBEAT_MS.contains(&self.parameters.heartbeat_ms), "heartbeat_ms is from 1,000 to 86,400,000")?;
        rule((1..=COURTS_MAX).contains(&self.courts.len()), "there are 1 to 64 courts")?;
        rule(self.members.len() <= GENESIS_MEMBERS_MAX, "there are at most 10,000 members")?;
        rule(self.courts.is_sorted_by(|a, b| a.name < b.name), "courts are sorted by name, no two alike")?;
        rule(self.members.is_sorted_by(|a, b| a.name < b.name), "members are sorted by name, no two alike")?;
        let (mut keys, mut note_ids, origin) = (BTreeSet::new(), BTreeSet::new(), self.origin());
        for court in &self.courts {
            let own_group = court.name.as_str() != policy::GROUP;
            rule(own_group, "a court cannot be called `courts`: policies use that word for all of them")?;
            let address =
                (1..=ADDRESS_BYTES_MAX).contains(&court.address.len()) && court.address.bytes().all(|b| b.is_ascii_graphic());
            rule(address, &format!("the address of {} is not 1 to 200 printable characters", court.name))?;
            for (purpose, key, proof) in [
                (KeyPurpose::Cosigner, court.cosigner, court.proof.cosigner),
                (KeyPurpose::Log, court.log, court.proof.log),
                (KeyPurpose::Network, court.network, court.proof.network),
                (KeyPurpose::Vote, court.vote, court.proof.vote),
            ] {
                self.check_key(&mut keys, purpose, &court.name, key, &proof)?;
            }
            // Equal key ids under one name would make a signature line ambiguous (F13). The names of
            // cosigners differ already.
            let id = VerifierKey::log(&origin, court.log).id();
            rule(
                note_ids.insert(id),
                &format!("the log key of {} has the key id of another court's; make a new one", court.name),
            )?;
        }
        for member in &self.members {
            let known = self.courts.iter().any(|court| court.name == member.court);
            rule(known, &format!("member {} belongs to {}, which is not a court here", member.name, member.court))?;
            self.check_key(&mut keys, KeyPurpose::Member, &member.name, member.key, &member.proof)?;
        }
        Ok(())
    }

    fn check_key(
        &self,
        keys: &mut BTreeSet<PublicKey>,
        purpose: KeyPurpose,
        owner: &Name,
        key: PublicKey,
        proof: &Signature,
    ) -> Result<(), GenesisError> {
        let fail = |text: &str| Err(GenesisError::Rule(format!("the {} key of {owner} {text}", purpose.as_str())));
        if !keys.insert(key) {
            return fail("is used a second time");
        }
        if !key.is_registrable() {
            return fail("is not a point of prime order in canonical encoding");
        }
        if !key.verify(&possession_message(purpose, &self.name, owner, &key), proof) {
            return fail("has no valid proof of possession");
        }
        Ok(())
    }
}

#[cfg(test)]
pub(crate) mod tests;
