//! What is signed for a vote or proposal: rules C3 and C4, as [`courtseal_proof::sign_bytes`] writes them.
//!
//! In: a vote or proposal and the chain digest.
//! Out: 126 or 129 bytes.
//! Always: the bytes are written in one place, so that what a court signs here is what a verifier of an
//! equivocation rebuilds.
//! Not for signing: see [`crate::guard`].

use crate::vote::{Proposal, SignedStep, Vote, VoteKind};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::sign_bytes::{self, Stage};

impl Vote {
    /// The 126 bytes of rule C3.
    pub fn sign_bytes(&self, chain: &Digest) -> Vec<u8> {
        let stage = match self.kind {
            VoteKind::Prevote => Stage::Prevote,
            VoteKind::Precommit => Stage::Precommit,
        };
        sign_bytes::vote(chain, stage, self.height, self.round, self.value, &self.court)
    }
}

impl Proposal {
    /// The 129 bytes of rule C4.
    pub fn sign_bytes(&self, chain: &Digest) -> Vec<u8> {
        sign_bytes::proposal(chain, self.height, self.round, self.pol_round, &self.value, &self.court)
    }
}

impl SignedStep {
    /// The bytes that were signed.
    pub fn sign_bytes(&self, chain: &Digest) -> Vec<u8> {
        match self {
            Self::Vote(vote) => vote.content.sign_bytes(chain),
            Self::Proposal(proposal) => proposal.content.sign_bytes(chain),
        }
    }
}
