//! `equivocation`: two different things that one court signed for one step (F42).
//!
//! In: the fields of both, their signatures, the chain digest.
//! Out: whether it holds.
//! Always: [`crate::sign_bytes`] rebuilds the sign bytes from the fields, so a signature can stand for
//! nothing else. The two have one order, so one pair has one text. [`Body::admit`] asks the courts' facts
//! whose key it is (L11).
//! Not for finding such pairs, which the node's evidence pool does.

use super::body::{Body, grouped};
use super::error::StatementError;
use super::form::{ActForm, ActRules, Kind};
use super::verdict::{Change, Inadmissible, Outcome};
use crate::bytes::canonical;
use crate::bytes::digest::{self, Digest};
use crate::bytes::key::{self, PublicKey, Signature};
use crate::bytes::limits::{ACT_BYTES_MAX, INTEGER_MAX};
use crate::bytes::name::{Name, Origin};
use crate::facts::{At, Capacity, Class, CourtFact, Facts, Signer, Subject, Unreadable, value_of};
use crate::sign_bytes::{self, Stage, Step};
use serde::{Deserialize, Serialize, Serializer};
use std::borrow::Cow;

/// The row of this kind.
pub const KIND: Kind = Kind {
    word: "equivocation",
    code: 1,
    about: "two different things that a court signed for one step",
    bytes_max: ACT_BYTES_MAX,
    is_alone: true,
    is_bulk: false,
    acts: &[ActForm {
        word: "",
        code: 0,
        about: "accuses a court",
        signers: &[Capacity::Node],
        fields: &[],
        writes: 1,
        marks: 0,
    }],
    rules: ActRules::NONE,
};

#[derive(Serialize, Deserialize)]
enum Word {
    #[serde(rename = "equivocation")]
    Equivocation,
}

/// The text of F42, fields sorted.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EquivocationText<'a> {
    equivocation: Cow<'a, Equivocation>,
    kind: Word,
}

impl Body for Equivocation {
    fn check(&self) -> Result<(), StatementError> {
        self.check_form().map_err(StatementError::Field)
    }

    fn once(&self) -> Option<Subject> {
        Some(self.about().subject())
    }

    fn holds(&self, origin: &Origin) -> bool {
        self.holds_on(&origin.chain())
    }

    /// L11: `key` is the voting key of a court, and the height is at most the block's. Its signatures were
    /// checked when it was read.
    fn admit(&self, by: &Signer, at: &At, facts: &dyn Facts) -> Result<Option<Inadmissible>, Unreadable> {
        if by.capacity != Capacity::Node {
            return Ok(Some(Inadmissible::Unfounded("only a court, under its voting key, may state an equivocation")));
        }
        let court: Option<CourtFact> = value_of(facts.at_parent(&Subject::court(&self.court))?)?;
        if court.is_none_or(|court| court.vote != self.key) {
            return Ok(Some(Inadmissible::Unfounded("the key that it names is not the voting key of that court")));
        }
        if self.height > at.height {
            return Ok(Some(Inadmissible::Unfounded("it is about a height that is not reached")));
        }
        Ok(None)
    }

    fn fold(&self, _: &Signer, _: u64) -> Vec<Change> {
        vec![Change { subject: self.about().subject(), value: Vec::new() }]
    }

    fn line(&self) -> String {
        format!("equivocation of {}: it signed {}; stated", self.court, self.what())
    }

    fn outcome(&self, _: &Outcome) -> &'static str {
        "both signatures are in the entry"
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        vec![
            ("accused", format!("{}: it signed {}", self.court, self.what())),
            ("first", self.first.said()),
            ("second", self.second.said()),
            ("checked", "both signatures verify under this key, recorded as its voting key".to_owned()),
            ("", self.key.to_string()),
        ]
    }

    fn meaning(&self) -> String {
        accusation_meaning(&self.court)
    }
}

/// One of the two things that were signed, without the parts that both have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// The earlier round that a proposal names; proposals only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier_round: Option<u32>,
    /// The court's signature over the sign bytes.
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
    /// The side with the lower sign bytes.
    pub first: Side,
    /// Height, from 1.
    pub height: u64,
    /// The court's voting key.
    #[serde(with = "key::hex_text")]
    pub key: PublicKey,
    /// Round, from 0.
    pub round: u32,
    /// The side with the higher sign bytes.
    pub second: Side,
    /// The step that was signed twice.
    pub step: Step,
}

/// One signing step of one court: the subject of an equivocation, recorded once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CourtStep {
    /// The court's voting key.
    pub key: PublicKey,
    /// Height of the step.
    pub height: u64,
    /// Round of the step.
    pub round: u32,
    /// The kind of message that is signed.
    pub step: Step,
}

impl CourtStep {
    /// 45 bytes: key, height, round, step, as sign bytes have them; 0 proposal, 1 prevote, 2 precommit.
    pub fn to_bytes(&self) -> Vec<u8> {
        [&self.key.0[..], &self.height.to_be_bytes(), &self.round.to_be_bytes(), &[self.step as u8]].concat()
    }

    /// Its subject, because a log accuses a step once.
    pub fn subject(&self) -> Subject {
        Subject { class: Class::Step, key: self.to_bytes() }
    }
}

impl Equivocation {
    /// Brings two sides into their order. None if they are alike or no statement can carry them.
    pub fn new(court: Name, about: CourtStep, one: Side, other: Side) -> Option<Self> {
        let (first, second) = if one.content() < other.content() { (one, other) } else { (other, one) };
        let CourtStep { key, height, round, step } = about;
        let equivocation = Self { court, first, height, key, round, second, step };
        equivocation.check_form().is_ok().then_some(equivocation)
    }

    /// The signing step that it is about.
    pub fn about(&self) -> CourtStep {
        CourtStep { key: self.key, height: self.height, round: self.round, step: self.step }
    }

    /// Checks the form.
    ///
    /// # Errors
    /// The rule of F42 that is broken.
    pub fn check_form(&self) -> Result<(), &'static str> {
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
        // The sign bytes are in this order too, because they differ in these fields only.
        if self.first.content() >= self.second.content() {
            return Err("the two sides of an equivocation differ and stand in the order of their sign bytes");
        }
        Ok(())
    }

    /// Whether both signatures are the court's, over the sign bytes on this network.
    pub fn holds_on(&self, chain: &Digest) -> bool {
        let verifies =
            |side: &Side| self.sign_bytes(chain, side).is_some_and(|sign_bytes| self.key.verify(&sign_bytes, &side.signature));
        self.check_form().is_ok() && verifies(&self.first) && verifies(&self.second)
    }

    /// The step in words: `two different precommits at height 1,204, round 0`.
    pub fn what(&self) -> String {
        let (step, height) = (self.step.as_str(), grouped(self.height));
        format!("two different {step}s at height {height}, round {}", self.round)
    }

    /// Reads an equivocation in any JSON spelling.
    ///
    /// # Errors
    /// [`StatementError`] if the form of F42 is broken.
    pub fn read(json: &str) -> Result<Self, StatementError> {
        let EquivocationText { equivocation, kind: Word::Equivocation } = canonical::read_json(json)?;
        equivocation.check_form().map_err(StatementError::Field)?;
        Ok(equivocation.into_owned())
    }

    /// Writes the statement: the equivocation is a field of its own.
    pub(super) fn serialize_statement<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        EquivocationText { equivocation: Cow::Borrowed(self), kind: Word::Equivocation }.serialize(serializer)
    }

    fn sign_bytes(&self, chain: &Digest, side: &Side) -> Option<Vec<u8>> {
        let vote = |stage| sign_bytes::vote(chain, stage, self.height, self.round, side.value, &self.key);
        match self.step {
            Step::Proposal => {
                let value = side.value?;
                Some(sign_bytes::proposal(chain, self.height, self.round, side.earlier_round, &value, &self.key))
            }
            Step::Prevote => Some(vote(Stage::Prevote)),
            Step::Precommit => Some(vote(Stage::Precommit)),
        }
    }
}

impl Side {
    /// The signed value in words, for people.
    fn said(&self) -> String {
        let value = self.value.map_or_else(|| "nil".to_owned(), |value| value.tagged());
        match self.earlier_round {
            Some(round) => format!("{value}, again after round {round}"),
            None => value,
        }
    }

    /// The signed content without the signature, ordered as the sign bytes are.
    fn content(&self) -> (Option<u32>, Option<Digest>) {
        (self.earlier_round, self.value)
    }
}

/// The meaning of a receipt of two contradicting statements of a court.
pub(super) fn accusation_meaning(court: &Name) -> String {
    format!(
        "{court} signed two contradicting statements, which its software never does. Why is not proven: a restored disk, a copied key, or intent."
    )
}

#[cfg(test)]
mod tests;
