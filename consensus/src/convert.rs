//! Conversion between Courtseal's votes and those of the core.
//!
//! In and out: the types of [`crate::vote`] and of [`crate::context`].
//! Always: lossless and total, with one exception: the core's nil round, which means "none", is in no vote.
//! Not for checking anything.

use crate::context::{CoreProposal, CoreVote, CourtContext, Height, Value};
use crate::court_set::Voter;
use crate::support::Support;
use crate::vote::{
    CommitCertificate, CourtSignature, PolkaCertificate, Proposal, RoundCertificate, RoundKind, RoundVote, Signed,
    SignedProposal, SignedVote, Vote, VoteKind,
};
use arc_malachitebft_core_consensus::Input;
use arc_malachitebft_core_types as core;
use arc_malachitebft_core_types::{NilOrVal, Round, SignedMessage, VoteType};
use courtseal_proof::bytes::digest::Digest;

/// The round's number; a vote always has one.
pub(crate) fn round(round: Round) -> u32 {
    round.as_u32().unwrap_or(0)
}

pub(crate) fn value(value: NilOrVal<Digest>) -> Option<Digest> {
    match value {
        NilOrVal::Nil => None,
        NilOrVal::Val(digest) => Some(digest),
    }
}

/// The values that an input's votes name, with their rounds, and the support of each that the input alone
/// proves.
pub(crate) fn values_voted_for(input: &Input<CourtContext>) -> Vec<(Digest, u32, Support)> {
    match input {
        Input::Vote(vote) => {
            value(vote.message.value).map(|voted| (voted, round(vote.message.round), Support::None)).into_iter().collect()
        }
        Input::PolkaCertificate(polka) => vec![(polka.value_id, round(polka.round), Support::Quorum)],
        Input::RoundCertificate(certificate) => {
            let voted = certificate.round_signatures.iter().filter_map(|one| value(one.value_id));
            voted.map(|voted| (voted, round(certificate.round), Support::None)).collect()
        }
        _ => Vec::new(),
    }
}

fn nil_or(value: Option<Digest>) -> NilOrVal<Digest> {
    value.map_or(NilOrVal::Nil, NilOrVal::Val)
}

pub(crate) fn vote_kind(kind: VoteType) -> VoteKind {
    match kind {
        VoteType::Prevote => VoteKind::Prevote,
        VoteType::Precommit => VoteKind::Precommit,
    }
}

fn vote_type(kind: VoteKind) -> VoteType {
    match kind {
        VoteKind::Prevote => VoteType::Prevote,
        VoteKind::Precommit => VoteType::Precommit,
    }
}

pub(crate) fn vote_in(vote: &CoreVote) -> Vote {
    Vote {
        height: vote.height.0,
        round: round(vote.round),
        kind: vote_kind(vote.kind),
        value: value(vote.value),
        court: vote.voter.0,
    }
}

pub(crate) fn vote_out(vote: &Vote) -> CoreVote {
    CoreVote {
        height: Height(vote.height),
        round: Round::new(vote.round),
        kind: vote_type(vote.kind),
        value: nil_or(vote.value),
        voter: Voter(vote.court),
    }
}

pub(crate) fn signed_vote_in(signed: &core::SignedVote<CourtContext>) -> SignedVote {
    Signed { content: vote_in(&signed.message), signature: signed.signature }
}

pub(crate) fn signed_vote_out(signed: &SignedVote) -> core::SignedVote<CourtContext> {
    SignedMessage::new(vote_out(&signed.content), signed.signature)
}

pub(crate) fn proposal_in(proposal: &CoreProposal) -> Proposal {
    Proposal {
        height: proposal.height.0,
        round: round(proposal.round),
        pol_round: proposal.pol_round.as_u32(),
        value: proposal.value.0,
        court: proposal.voter.0,
    }
}

pub(crate) fn signed_proposal_in(signed: &core::SignedProposal<CourtContext>) -> SignedProposal {
    Signed { content: proposal_in(&signed.message), signature: signed.signature }
}

pub(crate) fn signed_proposal_out(signed: &SignedProposal) -> core::SignedProposal<CourtContext> {
    let proposal = CoreProposal {
        height: Height(signed.content.height),
        round: Round::new(signed.content.round),
        pol_round: signed.content.pol_round.map_or(Round::Nil, Round::new),
        value: Value(signed.content.value),
        voter: Voter(signed.content.court),
    };
    SignedMessage::new(proposal, signed.signature)
}

pub(crate) fn commit_in(certificate: &core::CommitCertificate<CourtContext>) -> CommitCertificate {
    CommitCertificate {
        height: certificate.height.0,
        round: round(certificate.round),
        value: certificate.value_id,
        signatures: certificate
            .commit_signatures
            .iter()
            .map(|one| CourtSignature { court: one.address.0, signature: one.signature })
            .collect(),
    }
}

pub(crate) fn polka_in(certificate: &core::PolkaCertificate<CourtContext>) -> PolkaCertificate {
    PolkaCertificate {
        height: certificate.height.0,
        round: round(certificate.round),
        value: certificate.value_id,
        signatures: certificate
            .polka_signatures
            .iter()
            .map(|one| CourtSignature { court: one.address.0, signature: one.signature })
            .collect(),
    }
}

pub(crate) fn polka_out(certificate: &PolkaCertificate) -> core::PolkaCertificate<CourtContext> {
    core::PolkaCertificate {
        height: Height(certificate.height),
        round: Round::new(certificate.round),
        value_id: certificate.value,
        polka_signatures: certificate
            .signatures
            .iter()
            .map(|one| core::PolkaSignature::new(Voter(one.court), one.signature))
            .collect(),
    }
}

pub(crate) fn round_in(certificate: &core::RoundCertificate<CourtContext>) -> RoundCertificate {
    RoundCertificate {
        height: certificate.height.0,
        round: round(certificate.round),
        kind: match certificate.cert_type {
            core::RoundCertificateType::Skip => RoundKind::Skip,
            core::RoundCertificateType::Precommit => RoundKind::Precommit,
        },
        votes: certificate
            .round_signatures
            .iter()
            .map(|one| RoundVote {
                kind: vote_kind(one.vote_type),
                value: value(one.value_id),
                court: one.address.0,
                signature: one.signature,
            })
            .collect(),
    }
}

pub(crate) fn round_out(certificate: &RoundCertificate) -> core::RoundCertificate<CourtContext> {
    core::RoundCertificate {
        height: Height(certificate.height),
        round: Round::new(certificate.round),
        cert_type: match certificate.kind {
            RoundKind::Skip => core::RoundCertificateType::Skip,
            RoundKind::Precommit => core::RoundCertificateType::Precommit,
        },
        round_signatures: certificate
            .votes
            .iter()
            .map(|one| core::RoundSignature::new(vote_type(one.kind), nil_or(one.value), Voter(one.court), one.signature))
            .collect(),
    }
}
