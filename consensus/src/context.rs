//! The types by which the Malachite core knows Courtseal: its `Context`.
//!
//! In: courts' voting keys, header digests.
//! Out: heights, values, votes and courts as the core wants them.
//! Always: one court, one vote. Equality is equality of bytes.
//! Not for who proposes and what is a quorum: see [`crate::court_set`].
//! Not for the wire: see [`crate::vote`] and [`crate::convert`].

use crate::court_set::{Court, CourtSet, Voter};
use arc_malachitebft_core_types::{
    Address, Context, Height as CoreHeight, LinearTimeouts, NilOrVal, ProposalPart, Round, SignedExtension, SigningScheme,
    Validator, ValidatorSet, Value as CoreValue, VoteType, VotingPower,
};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::{PublicKey, SecretKey, Signature};
use std::fmt;

/// The types of Courtseal, as the core asks for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CourtContext;

/// A height, in the core's own type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Height(pub(crate) u64);

/// The value: a header's digest, which is also its id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Value(pub(crate) Digest);

/// Bodies travel beside the core, so the core sees no parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NoPart;

/// A vote as the core holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CoreVote {
    pub(crate) height: Height,
    pub(crate) round: Round,
    pub(crate) kind: VoteType,
    pub(crate) value: NilOrVal<Digest>,
    pub(crate) voter: Voter,
}

/// A proposal as the core holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CoreProposal {
    pub(crate) height: Height,
    pub(crate) round: Round,
    pub(crate) pol_round: Round,
    pub(crate) value: Value,
    pub(crate) voter: Voter,
}

impl Context for CourtContext {
    type Address = Voter;
    type Height = Height;
    type ProposalPart = NoPart;
    type Proposal = CoreProposal;
    type Validator = Court;
    type ValidatorSet = CourtSet;
    type Timeouts = LinearTimeouts;
    type Value = Value;
    type Vote = CoreVote;
    type Extension = ();
    type SigningScheme = Ed25519;

    fn select_proposer<'a>(&self, courts: &'a CourtSet, height: Height, round: Round) -> &'a Court {
        courts.proposing_court(height.0, round.as_u32().unwrap_or(0))
    }

    fn new_proposal(&self, height: Height, round: Round, value: Value, pol_round: Round, voter: Voter) -> CoreProposal {
        CoreProposal { height, round, pol_round, value, voter }
    }

    fn new_prevote(&self, height: Height, round: Round, value: NilOrVal<Digest>, voter: Voter) -> CoreVote {
        CoreVote { height, round, kind: VoteType::Prevote, value, voter }
    }

    fn new_precommit(&self, height: Height, round: Round, value: NilOrVal<Digest>, voter: Voter) -> CoreVote {
        CoreVote { height, round, kind: VoteType::Precommit, value, voter }
    }
}

impl CoreHeight for Height {
    const ZERO: Self = Self(0);
    const INITIAL: Self = Self(1);

    fn increment_by(&self, n: u64) -> Self {
        Self(self.0.saturating_add(n))
    }

    fn decrement_by(&self, n: u64) -> Option<Self> {
        self.0.checked_sub(n).map(Self)
    }

    fn as_u64(&self) -> u64 {
        self.0
    }
}

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Address for Voter {}

impl fmt::Display for Voter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl CoreValue for Value {
    type Id = Digest;

    fn id(&self) -> Digest {
        self.0
    }
}

impl ProposalPart<CourtContext> for NoPart {
    fn is_first(&self) -> bool {
        true
    }

    fn is_last(&self) -> bool {
        true
    }
}

impl Validator<CourtContext> for Court {
    fn address(&self) -> &Voter {
        &self.voter
    }

    fn public_key(&self) -> &PublicKey {
        &self.voter.0
    }

    fn voting_power(&self) -> VotingPower {
        1
    }
}

impl ValidatorSet<CourtContext> for CourtSet {
    fn count(&self) -> usize {
        self.size()
    }

    fn total_voting_power(&self) -> VotingPower {
        self.size() as VotingPower
    }

    fn get_by_address(&self, address: &Voter) -> Option<&Court> {
        self.courts.binary_search_by_key(address, |court| court.voter).ok().map(|at| &self.courts[at])
    }

    fn get_by_index(&self, index: usize) -> Option<&Court> {
        self.courts.get(index)
    }
}

impl arc_malachitebft_core_types::Vote<CourtContext> for CoreVote {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<Digest> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<Digest> {
        self.value
    }

    fn vote_type(&self) -> VoteType {
        self.kind
    }

    fn validator_address(&self) -> &Voter {
        &self.voter
    }

    fn extension(&self) -> Option<&SignedExtension<CourtContext>> {
        None
    }

    fn take_extension(&mut self) -> Option<SignedExtension<CourtContext>> {
        None
    }

    fn extend(self, _: SignedExtension<CourtContext>) -> Self {
        self
    }
}

impl arc_malachitebft_core_types::Proposal<CourtContext> for CoreProposal {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &Value {
        &self.value
    }

    fn take_value(self) -> Value {
        self.value
    }

    fn pol_round(&self) -> Round {
        self.pol_round
    }

    fn validator_address(&self) -> &Voter {
        &self.voter
    }
}

/// Ed25519 by the strict rule. The core names the scheme but never signs or decodes with it: it asks us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ed25519;

impl SigningScheme for Ed25519 {
    type DecodingError = &'static str;
    type Signature = Signature;
    type PublicKey = PublicKey;
    type PrivateKey = SecretKey;

    fn decode_signature(bytes: &[u8]) -> Result<Signature, &'static str> {
        bytes.try_into().map(Signature).map_err(|_| "a signature has 64 bytes")
    }

    fn encode_signature(signature: &Signature) -> Vec<u8> {
        signature.0.to_vec()
    }

    fn decode_public_key(bytes: &[u8]) -> Result<PublicKey, &'static str> {
        bytes.try_into().map(PublicKey).map_err(|_| "a key has 32 bytes")
    }

    fn encode_public_key(key: &PublicKey) -> Vec<u8> {
        key.0.to_vec()
    }
}
