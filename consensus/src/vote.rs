//! Votes, proposals and certificates, as courts sign, send and store them.
//!
//! In and out: plain values, in bincode on the wire and in the write-ahead log.
//! Always: a certificate holds signatures only, and the votes that it stands for are rebuilt from its own
//! fields, so a signature cannot be read as another vote's.
//! Not for the core's own types, which stay behind [`crate::convert`].

use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::{PublicKey, Signature};
use serde::{Deserialize, Serialize};

/// What a court signs in a round, in the order in which a correct court signs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum StepKind {
    /// A proposal of a value.
    Proposal,
    /// A first-stage vote.
    Prevote,
    /// A second-stage vote; more than 2/3 of them for one value decide it.
    Precommit,
}

/// One signing step of one court. Steps are ordered, and a correct court signs them in increasing order, each
/// once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SigningStep {
    /// Height, from 1.
    pub height: u64,
    /// Round, from 0.
    pub round: u32,
    /// What is signed.
    pub kind: StepKind,
}

/// The two stages of voting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum VoteKind {
    /// The first stage: the court accepts a proposal, or nil.
    Prevote,
    /// The second stage: the court saw a quorum of prevotes, or votes for nil.
    Precommit,
}

/// A vote; its sign bytes are rule C3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Vote {
    /// Height voted on.
    pub height: u64,
    /// Round voted in.
    pub round: u32,
    /// Prevote or precommit.
    pub kind: VoteKind,
    /// The header's digest, or none for nil.
    pub value: Option<Digest>,
    /// Voting key of the court.
    pub court: PublicKey,
}

/// A proposal; its sign bytes are rule C4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Proposal {
    /// Height proposed for.
    pub height: u64,
    /// Round proposed in.
    pub round: u32,
    /// The earlier round whose quorum of prevotes justifies proposing the value again.
    pub pol_round: Option<u32>,
    /// The header's digest.
    pub value: Digest,
    /// Voting key of the proposer.
    pub court: PublicKey,
}

/// Something with its signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Signed<T> {
    /// What is signed.
    pub content: T,
    /// The signature by the court that `content` names.
    pub signature: Signature,
}

/// A vote with its signature.
pub type SignedVote = Signed<Vote>;
/// A proposal with its signature.
pub type SignedProposal = Signed<Proposal>;

/// Anything that a court's voting key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum SignedStep {
    /// A signed vote.
    Vote(SignedVote),
    /// A signed proposal.
    Proposal(SignedProposal),
}

/// One court's signature in a certificate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CourtSignature {
    /// Voting key of the court.
    pub court: PublicKey,
    /// Its signature over the vote that the certificate stands for.
    pub signature: Signature,
}

/// More than 2/3 of the courts precommitted one value in one round: it is decided.
///
/// Certificates of one height differ from node to node; the value does not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitCertificate {
    /// The height that it decides.
    pub height: u64,
    /// Round of the precommits.
    pub round: u32,
    /// The header's digest.
    pub value: Digest,
    /// At most one signature per court.
    pub signatures: Vec<CourtSignature>,
}

/// More than 2/3 of the courts prevoted one value in one round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolkaCertificate {
    /// The height of all its votes.
    pub height: u64,
    /// Round of the prevotes.
    pub round: u32,
    /// The header's digest.
    pub value: Digest,
    /// At most one signature per court.
    pub signatures: Vec<CourtSignature>,
}

/// What a round certificate justifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RoundKind {
    /// Entering the round of the votes: more than 1/3 of the courts voted in it.
    Skip,
    /// Leaving the round of the votes: more than 2/3 of the courts precommitted something in it.
    Precommit,
}

/// One vote in a round certificate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundVote {
    /// Prevote or precommit.
    pub kind: VoteKind,
    /// Value, or none for nil.
    pub value: Option<Digest>,
    /// Voting key of the court.
    pub court: PublicKey,
    /// The court's signature of this vote.
    pub signature: Signature,
}

/// Votes that justify moving to another round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoundCertificate {
    /// The height of all its votes.
    pub height: u64,
    /// Round of the votes.
    pub round: u32,
    /// What they justify.
    pub kind: RoundKind,
    /// At most one vote per court.
    pub votes: Vec<RoundVote>,
}

impl Vote {
    /// The signing step that this vote takes.
    pub fn step(&self) -> SigningStep {
        let kind = match self.kind {
            VoteKind::Prevote => StepKind::Prevote,
            VoteKind::Precommit => StepKind::Precommit,
        };
        SigningStep { height: self.height, round: self.round, kind }
    }
}

impl Proposal {
    /// The signing step that this proposal takes.
    pub fn step(&self) -> SigningStep {
        SigningStep { height: self.height, round: self.round, kind: StepKind::Proposal }
    }
}

impl SignedStep {
    /// The signing step.
    pub fn step(&self) -> SigningStep {
        match self {
            Self::Vote(vote) => vote.content.step(),
            Self::Proposal(proposal) => proposal.content.step(),
        }
    }

    /// The court that signed, or is said to have.
    pub fn court(&self) -> PublicKey {
        match self {
            Self::Vote(vote) => vote.content.court,
            Self::Proposal(proposal) => proposal.content.court,
        }
    }

    /// The signature of the vote or proposal.
    pub fn signature(&self) -> &Signature {
        match self {
            Self::Vote(vote) => &vote.signature,
            Self::Proposal(proposal) => &proposal.signature,
        }
    }

    /// Whether both were signed for one step and yet say different things: proof of misconduct.
    pub fn conflicts_with(&self, other: &Self) -> bool {
        let same = match (self, other) {
            (Self::Vote(a), Self::Vote(b)) => a.content == b.content,
            (Self::Proposal(a), Self::Proposal(b)) => a.content == b.content,
            _ => false,
        };
        self.court() == other.court() && self.step() == other.step() && !same
    }
}

impl CommitCertificate {
    /// The precommits that the certificate stands for.
    pub fn votes(&self) -> impl Iterator<Item = SignedVote> + '_ {
        votes(self.height, self.round, VoteKind::Precommit, self.value, &self.signatures)
    }
}

impl PolkaCertificate {
    /// The prevotes that the certificate stands for.
    pub fn votes(&self) -> impl Iterator<Item = SignedVote> + '_ {
        votes(self.height, self.round, VoteKind::Prevote, self.value, &self.signatures)
    }
}

impl RoundCertificate {
    /// The votes that the certificate stands for.
    pub fn votes(&self) -> impl Iterator<Item = SignedVote> + '_ {
        self.votes.iter().map(|vote| Signed {
            content: Vote { height: self.height, round: self.round, kind: vote.kind, value: vote.value, court: vote.court },
            signature: vote.signature,
        })
    }
}

fn votes(
    height: u64,
    round: u32,
    kind: VoteKind,
    value: Digest,
    signatures: &[CourtSignature],
) -> impl Iterator<Item = SignedVote> + '_ {
    signatures.iter().map(move |one| Signed {
        content: Vote { height, round, kind, value: Some(value), court: one.court },
        signature: one.signature,
    })
}
