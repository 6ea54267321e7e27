//! `cosigner-equivocation`: two checkpoints that one court cosigned and that no one log can have (F45).
//!
//! In: size, root, time and signature of both, and for two sizes a consistency path.
//! Out: whether it holds.
//! Always: the two have one order, so one pair has one text. It holds only if both cosignatures verify and
//! the roots contradict each other. [`Body::admit`] asks the courts' facts whose key it is (L12).
//! Not for finding such pairs: people bring receipts or checkpoints.

use super::body::{Body, grouped};
use super::equivocation::accusation_meaning;
use super::error::StatementError;
use super::form::{ActForm, ActRules, Kind};
use super::verdict::{Change, Inadmissible, Outcome};
use crate::bytes::base64_text;
use crate::bytes::canonical;
use crate::bytes::digest::{self, Digest};
use crate::bytes::key::{self, PublicKey, Signature};
use crate::bytes::limits::{ACT_BYTES_MAX, INTEGER_MAX, PATH_HASHES_MAX};
use crate::bytes::name::{Name, Origin};
use crate::bytes::time::{TIMESTAMP_MAX, Timestamp};
use crate::facts::{At, Capacity, Class, CourtFact, Facts, Signer, Subject, Unreadable, value_of};
use crate::log::checkpoint::{Checkpoint, Cosignature};
use crate::log::merkle::roots_from_consistency;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The row of this kind.
pub const KIND: Kind = Kind {
    word: "cosigner-equivocation",
    code: 3,
    about: "two contradicting checkpoints that a court cosigned",
    bytes_max: ACT_BYTES_MAX,
    is_alone: true,
    is_bulk: false,
    acts: &[ActForm {
        word: "",
        code: 0,
        about: "accuses a court's cosigner key",
        signers: &Capacity::ALL,
        fields: &[],
        writes: 1,
        marks: 0,
    }],
    rules: ActRules::NONE,
};

/// One of the two checkpoints, as the court cosigned it; the network is the statement's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CosignedRoot {
    /// Root over the first `size` entries.
    #[serde(with = "digest::tagged")]
    pub root: Digest,
    /// The cosignature, of type 0x04 (F31).
    #[serde(with = "key::signature_text")]
    pub signature: Signature,
    /// Number of entries in the log.
    pub size: u64,
    /// When it was signed, in POSIX seconds.
    #[serde(rename = "time")]
    pub time_s: u64,
}

/// Two contradicting checkpoints of one cosigner key, fields sorted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CosignerEquivocation {
    /// The court that cosigned both.
    pub court: Name,
    /// The epoch whose cosigner key it is.
    pub epoch: u64,
    /// The checkpoint of the smaller size. If the sizes are equal, the one with the lower root.
    pub first: CosignedRoot,
    /// The court's cosigner key.
    #[serde(with = "key::hex_text")]
    pub key: PublicKey,
    kind: Word,
    /// For two sizes, the consistency path from the first to the second in a log with the second root. Its
    /// first node is always written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    path: Vec<PathHash>,
    /// The other checkpoint.
    pub second: CosignedRoot,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Word {
    #[serde(rename = "cosigner-equivocation")]
    CosignerEquivocation,
}

/// A hash of the path in base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Cow<'_, str>", into = "String")]
struct PathHash(Digest);

impl TryFrom<Cow<'_, str>> for PathHash {
    type Error = &'static str;
    fn try_from(text: Cow<'_, str>) -> Result<Self, Self::Error> {
        base64_text::decode_array(&text).map(|hash| Self(Digest(hash))).ok_or("a hash is 32 bytes in canonical base64")
    }
}

impl From<PathHash> for String {
    fn from(hash: PathHash) -> Self {
        base64_text::encode(&hash.0.0)
    }
}

impl CosignerEquivocation {
    /// Brings two cosigned roots into their order. None if their form does not contradict each other. `path`
    /// is the consistency path from the smaller size to the larger with its first node written, and empty for
    /// two roots of one size.
    pub fn new(court: Name, epoch: u64, key: PublicKey, one: CosignedRoot, other: CosignedRoot, path: &[Digest]) -> Option<Self> {
        let (first, second) = if (one.size, one.root) < (other.size, other.root) { (one, other) } else { (other, one) };
        let path = path.iter().copied().map(PathHash).collect();
        let pair = Self { court, epoch, first, key, kind: Word::CosignerEquivocation, path, second };
        pair.check_form().is_ok().then_some(pair)
    }

    /// Checks the form.
    ///
    /// # Errors
    /// The rule of F45 that is broken.
    pub fn check_form(&self) -> Result<(), &'static str> {
        let numbers = [self.epoch, self.first.size, self.first.time_s, self.second.size, self.second.time_s];
        if numbers.iter().any(|number| *number > INTEGER_MAX) {
            return Err("epoch, sizes and times are at most 2^53 - 1");
        }
        if self.first.size == 0 {
            return Err("a size is at least 1");
        }
        if (self.first.size, self.first.root) >= (self.second.size, self.second.root) {
            return Err("the two checkpoints differ and stand in the order of size and root");
        }
        let lengths = if self.first.size == self.second.size { 0..=0 } else { 1..=PATH_HASHES_MAX };
        if !lengths.contains(&self.path.len()) {
            return Err("two sizes need a path of 1 to 64 hashes, one size has none");
        }
        Ok(())
    }

    /// Reads such a pair in any JSON spelling.
    ///
    /// # Errors
    /// [`StatementError`] if the form of F45 is broken.
    pub fn read(json: &str) -> Result<Self, StatementError> {
        let pair: Self = canonical::read_json(json)?;
        pair.check_form().map_err(StatementError::Field)?;
        Ok(pair)
    }

    fn contradicts(&self) -> bool {
        if self.first.size == self.second.size {
            return true;
        }
        let path: Vec<Digest> = self.path.iter().map(|hash| hash.0).collect();
        let roots = roots_from_consistency(self.first.size, self.second.size, &path);
        roots.is_some_and(|(old, new)| new == self.second.root && old != self.first.root)
    }

    /// Its subject, because a log accuses a cosigner key once.
    pub fn subject(&self) -> Subject {
        Subject { class: Class::Cosigner, key: self.key.0.to_vec() }
    }

    /// The cosigned roots in words: `two different roots of the log at size 1,204`.
    pub fn what(&self) -> String {
        let (first, second) = (grouped(self.first.size), grouped(self.second.size));
        if first == second {
            format!("two different roots of the log at size {first}")
        } else {
            format!("roots of the log at sizes {first} and {second} that contradict each other")
        }
    }
}

impl Body for CosignerEquivocation {
    fn check(&self) -> Result<(), StatementError> {
        self.check_form().map_err(StatementError::Field)
    }

    fn once(&self) -> Option<Subject> {
        Some(self.subject())
    }

    /// Whether the court cosigned both on this network and no log has both. Either one size has two roots, or
    /// the path leads to the second root, and at the first size to another root than the first.
    fn holds(&self, origin: &Origin) -> bool {
        let is_cosigned = |of: &CosignedRoot| {
            let checkpoint = Checkpoint { origin: origin.clone(), size: of.size, root: of.root };
            checkpoint.verify_cosignature(&self.key, &Cosignature { time_s: of.time_s, signature: of.signature })
        };
        self.check_form().is_ok() && is_cosigned(&self.first) && is_cosigned(&self.second) && self.contradicts()
    }

    /// L12: `key` is the cosigner key of a court, in an epoch that there is. Its signatures were checked when
    /// it was read.
    fn admit(&self, _: &Signer, at: &At, facts: &dyn Facts) -> Result<Option<Inadmissible>, Unreadable> {
        if self.epoch != at.epoch {
            return Ok(Some(Inadmissible::Unfounded("it is about an epoch that this network does not have")));
        }
        let court: Option<CourtFact> = value_of(facts.at_parent(&Subject::court(&self.court))?)?;
        if court.is_none_or(|court| court.cosigner != self.key) {
            return Ok(Some(Inadmissible::Unfounded("the key that it names is not the cosigner key of that court")));
        }
        Ok(None)
    }

    fn fold(&self, _: &Signer, _: u64) -> Vec<Change> {
        vec![Change { subject: self.subject(), value: Vec::new() }]
    }

    fn line(&self) -> String {
        format!("equivocation of {}: it cosigned {}; stated", self.court, self.what())
    }

    fn outcome(&self, _: &Outcome) -> &'static str {
        "both cosignatures are in the entry"
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let root = |of: &CosignedRoot| format!("size {}, root {}, signed at {}", grouped(of.size), of.root, in_words(of.time_s));
        vec![
            ("accused", format!("{}: it cosigned {}", self.court, self.what())),
            ("first", root(&self.first)),
            ("second", root(&self.second)),
            ("checked", "both signatures verify under this key, recorded as its cosigner key".to_owned()),
            ("", self.key.to_string()),
        ]
    }

    fn meaning(&self) -> String {
        accusation_meaning(&self.court)
    }
}

/// A time in POSIX seconds, for people: `2026-11-23 17:00:00 UTC`.
fn in_words(time_s: u64) -> String {
    match time_s.checked_mul(1000).filter(|ms| *ms <= TIMESTAMP_MAX.0) {
        Some(ms) => Timestamp(ms).to_string().replace('T', " ").replace(".000Z", " UTC"),
        None => format!("{time_s} s after 1970"),
    }
}

#[cfg(test)]
mod tests;
