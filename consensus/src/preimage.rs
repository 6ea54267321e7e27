//! The bytes that a court's voting key signs: rules C3 and C4.
//!
//! In: a vote or proposal and the chain digest. Out: 126 or 129 bytes. Always: fixed length, own tag, the chain digest
//! second, so that no signature is good for another kind of message or another network. Not for signing: see
//! [`crate::guard`].

use crate::vote::{Proposal, Statement, Vote, VoteKind};
use courtseal_proof::digest::Digest;

/// Tag of a vote's preimage.
pub const VOTE_TAG: &[u8; 16] = b"COURTSEALVOTE/v1";
/// Tag of a proposal's preimage.
pub const PROPOSAL_TAG: &[u8; 16] = b"COURTSEALPROP/v1";
/// Length of a vote's preimage.
pub const VOTE_PREIMAGE_BYTES: usize = 126;
/// Length of a proposal's preimage.
pub const PROPOSAL_PREIMAGE_BYTES: usize = 129;

impl Vote {
    /// The 126 bytes of rule C3.
    pub fn preimage(&self, chain: &Digest) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(VOTE_PREIMAGE_BYTES);
        bytes.extend_from_slice(VOTE_TAG);
        bytes.extend_from_slice(&chain.0);
        bytes.push(match self.kind {
            VoteKind::Prevote => 1,
            VoteKind::Precommit => 2,
        });
        bytes.extend_from_slice(&self.height.to_be_bytes());
        bytes.extend_from_slice(&self.round.to_be_bytes());
        bytes.push(u8::from(self.value.is_some()));
        bytes.extend_from_slice(&self.value.unwrap_or_default().0);
        bytes.extend_from_slice(&self.court.0);
        debug_assert_eq!(bytes.len(), VOTE_PREIMAGE_BYTES);
        bytes
    }
}

impl Proposal {
    /// The 129 bytes of rule C4.
    pub fn preimage(&self, chain: &Digest) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(PROPOSAL_PREIMAGE_BYTES);
        bytes.extend_from_slice(PROPOSAL_TAG);
        bytes.extend_from_slice(&chain.0);
        bytes.extend_from_slice(&self.height.to_be_bytes());
        bytes.extend_from_slice(&self.round.to_be_bytes());
        bytes.push(u8::from(self.pol_round.is_some()));
        bytes.extend_from_slice(&self.pol_round.unwrap_or(0).to_be_bytes());
        bytes.extend_from_slice(&self.value.0);
        bytes.extend_from_slice(&self.court.0);
        debug_assert_eq!(bytes.len(), PROPOSAL_PREIMAGE_BYTES);
        bytes
    }
}

impl Statement {
    /// The bytes that were signed.
    pub fn preimage(&self, chain: &Digest) -> Vec<u8> {
        match self {
            Self::Vote(vote) => vote.content.preimage(chain),
            Self::Proposal(proposal) => proposal.content.preimage(chain),
        }
    }
}
