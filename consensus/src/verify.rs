//! Checks of signatures and certificates, each signature once.
//!
//! In: signed statements, certificates, the set of courts.
//! Out: yes, or what is wrong.
//! Always: strict Ed25519. Only good signatures are remembered, by the digest of sign bytes and signature,
//! and only a bounded number of them.
//! Not for deciding what to do about a bad one.

use crate::court_set::CourtSet;
use crate::vote::{CommitCertificate, PolkaCertificate, RoundCertificate, RoundKind, SignedStep, SignedVote, VoteKind};
use courtseal_proof::bytes::digest::{Digest, sha256_of};
use courtseal_proof::bytes::key::{PublicKey, Signature};
use std::collections::BTreeSet;

/// Signatures remembered in each of the two generations.
const REMEMBERED_MAX: usize = 1 << 16;

/// What is wrong with a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// A signer is not a court of this height.
    Unknown(PublicKey),
    /// A court appears twice.
    Twice(PublicKey),
    /// A signature is not that court's over that vote.
    Signature(PublicKey, Signature),
    /// A prevote in a certificate of precommits.
    StepKind(PublicKey),
    /// Too few courts signed.
    TooFew(usize),
}

/// The chain, and the signatures known to be good.
pub(crate) struct Verifier {
    chain: Digest,
    fresh: BTreeSet<Digest>,
    stale: BTreeSet<Digest>,
}

impl Verifier {
    pub(crate) fn new(chain: Digest) -> Self {
        Self { chain, fresh: BTreeSet::new(), stale: BTreeSet::new() }
    }

    /// Whether the statement is signed by the court that it names.
    pub(crate) fn statement(&mut self, statement: &SignedStep) -> bool {
        let sign_bytes = statement.sign_bytes(&self.chain);
        let id = sha256_of(&[&sign_bytes, &statement.signature().0]);
        if self.fresh.contains(&id) || self.stale.contains(&id) {
            return true;
        }
        let good = statement.court().verify(&sign_bytes, statement.signature());
        if good {
            if self.fresh.len() >= REMEMBERED_MAX {
                self.rotate();
            }
            self.fresh.insert(id);
        }
        good
    }

    /// Forgets signatures that were not asked for since the last call. Called once a height.
    pub(crate) fn rotate(&mut self) {
        self.stale = std::mem::take(&mut self.fresh);
    }

    /// Rule C5 for decisions: more than 2/3 of the courts, each once, each signature good.
    pub(crate) fn commit(&mut self, certificate: &CommitCertificate, courts: &CourtSet) -> Result<(), Fault> {
        let signers = self.signers(certificate.votes(), courts)?;
        enough(courts.is_quorum(signers), signers)
    }

    /// The same for prevotes.
    pub(crate) fn polka(&mut self, certificate: &PolkaCertificate, courts: &CourtSet) -> Result<(), Fault> {
        let signers = self.signers(certificate.votes(), courts)?;
        enough(courts.is_quorum(signers), signers)
    }

    /// Leaving a round takes precommits of more than 2/3, entering one takes votes of more than 1/3.
    pub(crate) fn round(&mut self, certificate: &RoundCertificate, courts: &CourtSet) -> Result<(), Fault> {
        if certificate.kind == RoundKind::Precommit
            && let Some(vote) = certificate.votes.iter().find(|vote| vote.kind != VoteKind::Precommit)
        {
            return Err(Fault::StepKind(vote.court));
        }
        let signers = self.signers(certificate.votes(), courts)?;
        match certificate.kind {
            RoundKind::Precommit => enough(courts.is_quorum(signers), signers),
            RoundKind::Skip => enough(courts.is_more_than_a_third(signers), signers),
        }
    }

    fn signers(&mut self, votes: impl Iterator<Item = SignedVote>, courts: &CourtSet) -> Result<usize, Fault> {
        let mut seen = BTreeSet::new();
        for vote in votes {
            let court = vote.content.court;
            if !courts.contains(&court) {
                return Err(Fault::Unknown(court));
            }
            if !seen.insert(court) {
                return Err(Fault::Twice(court));
            }
            if !self.statement(&SignedStep::Vote(vote)) {
                return Err(Fault::Signature(court, vote.signature));
            }
        }
        Ok(seen.len())
    }
}

/// Whether a commit certificate is good (rule C5). This is for blocks that come from elsewhere than block
/// sync. Pure, and remembers nothing.
pub fn is_commit(chain: Digest, certificate: &CommitCertificate, courts: &CourtSet) -> bool {
    Verifier::new(chain).commit(certificate, courts).is_ok()
}

fn enough(enough: bool, signers: usize) -> Result<(), Fault> {
    if enough { Ok(()) } else { Err(Fault::TooFew(signers)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vote::{CourtSignature, Vote};
    use courtseal_proof::bytes::key::SecretKey;

    const CHAIN: Digest = Digest([5; 32]);

    fn keys() -> Vec<SecretKey> {
        (1..=4).map(|seed| SecretKey::from_seed([seed; 32])).collect()
    }

    fn certificate(signers: &[SecretKey]) -> CommitCertificate {
        let value = Digest([7; 32]);
        let signatures = signers
            .iter()
            .map(|key| {
                let vote = Vote { height: 3, round: 1, kind: VoteKind::Precommit, value: Some(value), court: key.public() };
                CourtSignature { court: key.public(), signature: key.sign(&vote.sign_bytes(&CHAIN)) }
            })
            .collect();
        CommitCertificate { height: 3, round: 1, value, signatures }
    }

    #[test]
    fn c5_a_certificate_needs_more_than_two_thirds_of_distinct_courts() {
        let keys = keys();
        let courts = CourtSet::new(keys.iter().map(SecretKey::public)).unwrap();
        let mut verifier = Verifier::new(CHAIN);
        assert_eq!(verifier.commit(&certificate(&keys[..3]), &courts), Ok(()));
        assert_eq!(verifier.commit(&certificate(&keys[..2]), &courts), Err(Fault::TooFew(2)));

        let mut doubled = certificate(&keys[..3]);
        doubled.signatures[2] = doubled.signatures[0];
        assert_eq!(verifier.commit(&doubled, &courts), Err(Fault::Twice(keys[0].public())));

        let mut stranger = certificate(&keys[..2]);
        stranger.signatures.extend(certificate(&[SecretKey::from_seed([9; 32])]).signatures);
        assert!(matches!(verifier.commit(&stranger, &courts), Err(Fault::Unknown(_))));

        let mut moved = certificate(&keys[..3]);
        moved.value = Digest([8; 32]);
        assert!(matches!(verifier.commit(&moved, &courts), Err(Fault::Signature(..))));
        let mut other_round = certificate(&keys[..3]);
        other_round.round = 2;
        assert!(matches!(verifier.commit(&other_round, &courts), Err(Fault::Signature(..))));
        assert!(matches!(Verifier::new(Digest([6; 32])).commit(&certificate(&keys), &courts), Err(Fault::Signature(..))));
    }
}
