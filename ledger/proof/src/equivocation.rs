//! An equivocation: two different things that one court signed for one step, as a statement carries them (F42).
//!
//! In: the fields of both, their signatures, the chain digest. Out: whether it holds. Always: the preimages are rebuilt from the fields by
//! [`crate::preimage`], so a signature can stand for nothing else; the two stand in one order, so that one pair has one text. Not for the question
//! whose key that is: the ledger asks it of the courts of its state, a reader of the genesis or epoch entry.

use crate::digest::{self, Digest};
use crate::key::{self, PublicKey, Signature};
use crate::limits::INTEGER_MAX;
use crate::name::Name;
use crate::preimage::{self, Stage, Step};
use serde::{Deserialize, Serialize};

/// One of the two things that were signed; the rest of it is what both have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// The earlier round that a proposal names; proposals only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_round: Option<u32>,
    /// The court's signature over the preimage.
    #[serde(with = "key::signature_text")]
    pub signature: Signature,
    /// The header's digest; left out in a vote for nil.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "digest::optional_tagged")]
    pub value: Option<Digest>,
}

/// An equivocation (F42), fields sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Equivocation {
    /// The court that signed both.
    pub court: Name,
    /// The side with the lower preimage.
    pub first: Side,
    /// Height, from 1.
    pub height: u64,
    /// The court's voting key.
    #[serde(with = "key::hex_text")]
    pub key: PublicKey,
    /// Round, from 0.
    pub round: u32,
    /// The side with the higher preimage.
    pub second: Side,
    /// What was signed twice.
    pub step: Step,
}

/// One signing step of one court: what an equivocation is about, and what is recorded once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CourtStep {
    /// The court's voting key.
    pub key: PublicKey,
    /// Height.
    pub height: u64,
    /// Round.
    pub round: u32,
    /// What is signed.
    pub step: Step,
}

impl CourtStep {
    /// 45 bytes: key, height, round, step, as preimages write them; 0 proposal, 1 prevote, 2 precommit.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.key.0[..], &self.height.to_be_bytes(), &self.round.to_be_bytes(), &[self.step as u8]].concat()
    }
}

impl Equivocation {
    /// Brings two sides into their order; none if they say the same, or one that no statement can carry.
    pub fn new(court: Name, about: CourtStep, one: Side, other: Side) -> Option<Self> {
        let (first, second) = if one.content() < other.content() { (one, other) } else { (other, one) };
        let CourtStep { key, height, round, step } = about;
        let equivocation = Self { court, first, height, key, round, second, step };
        equivocation.check().is_ok().then_some(equivocation)
    }

    /// The signing step that it is about.
    pub fn about(&self) -> CourtStep {
        CourtStep { key: self.key, height: self.height, round: self.round, step: self.step }
    }

    /// Checks the form.
    ///
    /// # Errors
    /// The rule of F42 that is broken.
    pub fn check(&self) -> Result<(), &'static str> {
        if !(1..=INTEGER_MAX).contains(&self.height) {
            return Err("the height of an equivocation is 1 to 2^53 - 1");
        }
        let sides = [&self.first, &self.second];
        match self.step {
            Step::Proposal if sides.iter().any(|side| side.value.is_none()) => return Err("a proposal has a value"),
            Step::Prevote | Step::Precommit if sides.iter().any(|side| side.earlier_round.is_some()) => {
                return Err("a vote has no earlier_round");
            }
            _ => {}
        }
        // In this order the preimages are in order too: they differ in these fields only.
        if self.first.content() >= self.second.content() {
            return Err("the two sides of an equivocation differ and stand in the order of their preimages");
        }
        Ok(())
    }

    /// Whether both signatures are the court's, over the preimages on this network.
    pub fn holds(&self, chain: &Digest) -> bool {
        let verifies =
            |side: &Side| self.preimage(chain, side).is_some_and(|preimage| self.key.verify(&preimage, &side.signature));
        self.check().is_ok() && verifies(&self.first) && verifies(&self.second)
    }

    fn preimage(&self, chain: &Digest, side: &Side) -> Option<Vec<u8>> {
        let vote = |stage| preimage::vote(chain, stage, self.height, self.round, side.value, &self.key);
        match self.step {
            Step::Proposal => {
                let value = side.value?;
                Some(preimage::proposal(chain, self.height, self.round, side.earlier_round, &value, &self.key))
            }
            Step::Prevote => Some(vote(Stage::Prevote)),
            Step::Precommit => Some(vote(Stage::Precommit)),
        }
    }
}

impl Side {
    /// What was said, without the signature; ordered as preimages are.
    fn content(&self) -> (Option<u32>, Option<Digest>) {
        (self.earlier_round, self.value)
    }
}

#[cfg(test)]
mod tests;
