//! The bytes that a court's voting key signs: rules C3 and C4.
//!
//! In: the fields of a vote or proposal and the chain digest.
//! Out: 126 or 129 bytes.
//! Always: the length is fixed, the tag is first, the chain digest second. So no signature is valid for
//! another kind of message or another network. An equivocation ([`crate::kinds::equivocation`]) is checked
//! over the same bytes.
//! Not for signing, which the guard does in consensus.

use crate::bytes::digest::Digest;
use crate::bytes::key::PublicKey;
use serde::{Deserialize, Serialize};

/// Tag of a vote's sign bytes.
pub const VOTE_TAG: &[u8; 16] = b"COURTSEALVOTE/v1";
/// Tag of a proposal's sign bytes.
pub const PROPOSAL_TAG: &[u8; 16] = b"COURTSEALPROP/v1";
/// Length of a vote's sign bytes.
pub const VOTE_PREIMAGE_BYTES: usize = 126;
/// Length of a proposal's sign bytes.
pub const PROPOSAL_PREIMAGE_BYTES: usize = 129;

/// What a court signs in a round, in the order in which a correct court signs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// A proposal of a value.
    Proposal,
    /// A first-stage vote.
    Prevote,
    /// A second-stage vote; more than 2/3 of them for one value decide it.
    Precommit,
}

/// The two stages of voting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The first stage of voting.
    Prevote,
    /// The second stage of voting.
    Precommit,
}

impl Step {
    /// The step's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Proposal => "proposal",
            Self::Prevote => "prevote",
            Self::Precommit => "precommit",
        }
    }
}

/// The 126 bytes of rule C3: a vote for a header's digest, or for none (nil).
pub fn vote(chain: &Digest, stage: Stage, height: u64, round: u32, value: Option<Digest>, court: &PublicKey) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(VOTE_PREIMAGE_BYTES);
    bytes.extend_from_slice(VOTE_TAG);
    bytes.extend_from_slice(&chain.0);
    bytes.push(match stage {
        Stage::Prevote => 1,
        Stage::Precommit => 2,
    });
    bytes.extend_from_slice(&height.to_be_bytes());
    bytes.extend_from_slice(&round.to_be_bytes());
    bytes.push(u8::from(value.is_some()));
    bytes.extend_from_slice(&value.unwrap_or_default().0);
    bytes.extend_from_slice(&court.0);
    debug_assert_eq!(bytes.len(), VOTE_PREIMAGE_BYTES);
    bytes
}

/// The 129 bytes of rule C4: a proposal of a header's digest, either new or with the earlier round that
/// justifies it.
pub fn proposal(chain: &Digest, height: u64, round: u32, earlier: Option<u32>, value: &Digest, court: &PublicKey) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(PROPOSAL_PREIMAGE_BYTES);
    bytes.extend_from_slice(PROPOSAL_TAG);
    bytes.extend_from_slice(&chain.0);
    bytes.extend_from_slice(&height.to_be_bytes());
    bytes.extend_from_slice(&round.to_be_bytes());
    bytes.push(u8::from(earlier.is_some()));
    bytes.extend_from_slice(&earlier.unwrap_or(0).to_be_bytes());
    bytes.extend_from_slice(&value.0);
    bytes.extend_from_slice(&court.0);
    debug_assert_eq!(bytes.len(), PROPOSAL_PREIMAGE_BYTES);
    bytes
}
