//! The write-ahead log's records: what a court must remember to go on with a height after a crash.
//!
//! In: the inputs that the core asks to be logged, and the bodies that its votes rest on.
//! Out: records, and inputs for the replay.
//! Always: only the five kinds of input that change what a court may sign are logged. Each record carries its
//! height, so that records of decided heights are skipped on replay, and may be dropped late.
//! Not for bytes on disk: see [`crate::journal`].

use crate::context::{CourtContext, Height, Value};
use crate::convert;
use crate::court_set::Voter;
use crate::message::BlockBytes;
use crate::vote::{PolkaCertificate, SignedProposal, SignedStep, SignedVote};
use arc_malachitebft_core_consensus::{Input, ProposedValue};
use arc_malachitebft_core_types::{Round, Timeout, TimeoutKind, Validity, ValueOrigin};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::PublicKey;
use serde::{Deserialize, Serialize};

/// The three timeouts that change what a court votes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Wait {
    /// For a proposal.
    Propose,
    /// For a quorum of equal prevotes.
    Prevote,
    /// For a quorum of equal precommits.
    Precommit,
}

/// One record. The enum only ever grows at its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WalRecord {
    /// A vote, of any court, that was taken into account.
    Vote(SignedVote),
    /// A proposal that was taken into account.
    Proposal(SignedProposal),
    /// A verdict on a value.
    Value {
        /// Height of the value.
        height: u64,
        /// Round in which it was proposed.
        round: u32,
        /// The court that proposed it.
        proposer: PublicKey,
        /// The header's digest.
        value: Digest,
        /// Whether the application found it valid.
        valid: bool,
    },
    /// A certificate of prevotes that was taken into account.
    Polka(PolkaCertificate),
    /// A timeout that ran out.
    Timeout {
        /// Height at which it ran.
        height: u64,
        /// Round in which it ran.
        round: u32,
        /// What was waited for.
        wait: Wait,
    },
    /// A block on which a verdict rests, and so a vote. It must be here after a crash, even if every court
    /// crashed.
    Body {
        /// Height of the block.
        height: u64,
        /// The header's digest.
        value: Digest,
        /// The block's encoded bytes.
        block: BlockBytes,
    },
}

impl WalRecord {
    /// The height to which the record belongs.
    pub fn height(&self) -> u64 {
        match self {
            Self::Vote(vote) => vote.content.height,
            Self::Proposal(proposal) => proposal.content.height,
            Self::Polka(certificate) => certificate.height,
            Self::Value { height, .. } | Self::Timeout { height, .. } | Self::Body { height, .. } => *height,
        }
    }

    /// The vote or proposal recorded, if it is one.
    pub fn statement(&self) -> Option<SignedStep> {
        match self {
            Self::Vote(vote) => Some(SignedStep::Vote(*vote)),
            Self::Proposal(proposal) => Some(SignedStep::Proposal(*proposal)),
            Self::Value { .. } | Self::Polka(_) | Self::Timeout { .. } | Self::Body { .. } => None,
        }
    }

    /// The record of an input that the core wants logged at `height`; none if this kind must never be logged.
    pub(crate) fn of(height: u64, input: &Input<CourtContext>) -> Option<Self> {
        Some(match input {
            Input::Vote(vote) => Self::Vote(convert::signed_vote_in(vote)),
            Input::Proposal(proposal) => Self::Proposal(convert::signed_proposal_in(proposal)),
            Input::PolkaCertificate(certificate) => Self::Polka(convert::polka_in(certificate)),
            Input::ProposedValue(value, _) => Self::Value {
                height: value.height.0,
                round: convert::round(value.round),
                proposer: value.proposer.0,
                value: value.value.0,
                valid: value.validity.is_valid(),
            },
            Input::TimeoutElapsed(timeout) => Self::Timeout {
                height,
                round: convert::round(timeout.round),
                wait: match timeout.kind {
                    TimeoutKind::Propose => Wait::Propose,
                    TimeoutKind::Prevote => Wait::Prevote,
                    TimeoutKind::Precommit => Wait::Precommit,
                    TimeoutKind::Rebroadcast | TimeoutKind::FinalizeHeight(_) => return None,
                },
            },
            Input::StartHeight(..) | Input::RoundCertificate(_) | Input::Propose(_) | Input::SyncValueResponse(_) => {
                return None;
            }
        })
    }

    /// The input to replay; none for a body, which goes to the gate instead.
    pub(crate) fn input(&self) -> Option<Input<CourtContext>> {
        Some(match self {
            Self::Vote(vote) => Input::Vote(convert::signed_vote_out(vote)),
            Self::Proposal(proposal) => Input::Proposal(convert::signed_proposal_out(proposal)),
            Self::Polka(certificate) => Input::PolkaCertificate(convert::polka_out(certificate)),
            Self::Value { height, round, proposer, value, valid } => proposed_value(*height, *round, *proposer, *value, *valid),
            Self::Timeout { round, wait, .. } => {
                let kind = match wait {
                    Wait::Propose => TimeoutKind::Propose,
                    Wait::Prevote => TimeoutKind::Prevote,
                    Wait::Precommit => TimeoutKind::Precommit,
                };
                Input::TimeoutElapsed(Timeout::new(Round::new(*round), kind))
            }
            Self::Body { .. } => return None,
        })
    }
}

impl From<SignedStep> for WalRecord {
    fn from(statement: SignedStep) -> Self {
        match statement {
            SignedStep::Vote(vote) => Self::Vote(vote),
            SignedStep::Proposal(proposal) => Self::Proposal(proposal),
        }
    }
}

/// The input that reports a verdict on a value to the core.
pub(crate) fn proposed_value(height: u64, round: u32, proposer: PublicKey, value: Digest, valid: bool) -> Input<CourtContext> {
    let value = ProposedValue {
        height: Height(height),
        round: Round::new(round),
        valid_round: Round::Nil,
        proposer: Voter(proposer),
        value: Value(value),
        validity: Validity::from_bool(valid),
    };
    Input::ProposedValue(value, ValueOrigin::Consensus)
}

#[cfg(test)]
mod tests {
    //! What C7 has logged.

    use super::*;
    use crate::vote::{Proposal, Signed, Vote, VoteKind};
    use courtseal_proof::bytes::key::Signature;

    #[test]
    fn c7_what_is_logged_is_replayed_as_it_was() {
        let (height, court, signature) = (7, PublicKey([1; 32]), Signature([2; 64]));
        let (value, round) = (Digest([3; 32]), 4);
        let vote = |kind, value| WalRecord::Vote(Signed { content: Vote { height, round, kind, value, court }, signature });
        let proposal =
            |pol_round| WalRecord::Proposal(Signed { content: Proposal { height, round, pol_round, value, court }, signature });
        let verdict = |valid| WalRecord::Value { height, round, proposer: court, value, valid };
        let records = [
            vote(VoteKind::Prevote, Some(value)),
            vote(VoteKind::Precommit, None),
            proposal(None),
            proposal(Some(2)),
            verdict(true),
            verdict(false),
            WalRecord::Polka(PolkaCertificate { height, round, value, signatures: Vec::new() }),
            WalRecord::Timeout { height, round, wait: Wait::Propose },
            WalRecord::Timeout { height, round, wait: Wait::Prevote },
            WalRecord::Timeout { height, round, wait: Wait::Precommit },
        ];
        for record in records {
            let input = record.input().unwrap();
            assert_eq!(WalRecord::of(height, &input), Some(record));
        }
        let body = WalRecord::Body { height, value, block: vec![1].into() };
        assert!(body.input().is_none() && body.height() == height, "a body goes to the gate");
    }

    #[test]
    fn c7_nothing_else_is_logged() {
        let again = Input::TimeoutElapsed(Timeout::new(Round::new(0), TimeoutKind::Rebroadcast));
        let own = arc_malachitebft_core_consensus::LocallyProposedValue::new(Height(7), Round::new(0), Value(Digest([3; 32])));
        for input in [again, Input::Propose(own)] {
            assert_eq!(WalRecord::of(7, &input), None, "{input:?}");
        }
    }
}
