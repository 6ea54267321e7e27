//! Entries: what is recorded, one leaf of the log each (F25 to F28).
//!
//! In and out: canonical JSON; its bytes are the leaf. Always: a parsed entry keeps F25's shape for its kind. An unknown version or
//! kind is told apart from a malformed entry, because a later version may have written it. Not for deciding what is recorded.

use crate::canonical;
use crate::digest::{self, Digest};
use crate::genesis::{Genesis, Role};
use crate::key::{self, PublicKey};
use crate::limits::{ENTRY_BYTES_MAX, INTEGER_MAX, SYSTEM_ENTRY_BYTES_MAX};
use crate::name::{Name, Origin};
use crate::statement::{Statement, StatementKind};
use crate::time::{self, Timestamp};
use serde::{Deserialize, Serialize};

/// Why bytes are no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Malformed.
    #[error("{0}")]
    Malformed(String),
    /// A version or kind that this software does not know.
    #[error("an entry of version {v} and kind {kind:?}, which this software does not know")]
    Unknown {
        /// Its version.
        v: u64,
        /// Its kind.
        kind: String,
    },
}

/// The member as an entry names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryMember {
    /// The court that registered it.
    pub court: Name,
    /// SHA-256 of its key.
    #[serde(with = "digest::tagged")]
    pub key: Digest,
    /// Its name.
    pub name: Name,
    /// Its role.
    pub role: Role,
}

/// What became of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Whether no earlier public statement entry has the same SHA-256 and size; public statements only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<bool>,
    /// The rule that refused it; rejections only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<RejectionRule>,
}

/// The rules of execution that refuse a statement; see specs/ledger.md.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RejectionRule {
    /// The member's role may not make this kind of statement.
    Role,
    /// The asserted time lies more than ten minutes after the recorded time.
    AssertedInFuture,
}

impl RejectionRule {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Role, Self::AssertedInFuture];

    /// The rule's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::AssertedInFuture => "asserted-in-future",
        }
    }

    /// The rule in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Role => "this member's role may not state this",
            Self::AssertedInFuture => "the asserted time lies in the future",
        }
    }
}

/// A court as the epoch entry names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochCourt {
    /// Cosigner key.
    #[serde(with = "key::hex_text")]
    pub cosigner: PublicKey,
    /// Log key.
    #[serde(with = "key::hex_text")]
    pub log: PublicKey,
    /// Name.
    pub name: Name,
    /// Network identity.
    #[serde(with = "key::hex_text")]
    pub network: PublicKey,
    /// Voting key.
    #[serde(with = "key::hex_text")]
    pub vote: PublicKey,
}

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntryKind {
    /// Index 0.
    Genesis,
    /// A new policy.
    Epoch,
    /// A recorded statement.
    Statement,
    /// A refused statement.
    Rejection,
}

/// An entry: fields sorted, each present or absent as its kind asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The network.
    pub chain: Origin,
    /// Courts; `epoch` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub courts: Option<Vec<EpochCourt>>,
    /// Number of the epoch; `epoch` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub epoch: Option<u64>,
    /// Height of the block that recorded it.
    pub height: u64,
    /// Its place in the log.
    pub index: u64,
    /// Its kind.
    pub kind: EntryKind,
    /// Who stated it; `statement` and `rejection` only, as all that follows but `policy`, `recorded_at`, `start_height` and `v`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<EntryMember>,
    /// What became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// The policy text; `epoch` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// Its place in the transaction, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<u64>,
    /// The block's time.
    #[serde(with = "time::text")]
    pub recorded_at: Timestamp,
    /// First height of the epoch; `epoch` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_height: Option<u64>,
    /// What was stated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
    /// The transaction's id.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "digest::optional_tagged")]
    pub transaction: Option<Digest>,
    /// 1.
    pub v: u64,
}

/// The parts that only `statement` and `rejection` entries have.
#[derive(Clone, Copy, Debug)]
pub struct Stated<'a> {
    /// Who stated it.
    pub member: &'a EntryMember,
    /// What became of it.
    pub outcome: &'a Outcome,
    /// Its place in the transaction.
    pub position: u64,
    /// What was stated.
    pub statement: &'a Statement,
    /// The transaction's id.
    pub transaction: Digest,
}

impl Entry {
    /// The two entries of height 0 (F27).
    pub fn genesis(genesis: &Genesis) -> [Self; 2] {
        let system = |index, kind| Self {
            chain: genesis.origin(),
            courts: None,
            epoch: None,
            height: 0,
            index,
            kind,
            member: None,
            outcome: None,
            policy: None,
            position: None,
            recorded_at: genesis.time,
            start_height: None,
            statement: None,
            transaction: None,
            v: 1,
        };
        let courts = genesis.courts.iter().map(|court| EpochCourt {
            cosigner: court.cosigner,
            log: court.log,
            name: court.name.clone(),
            network: court.network,
            vote: court.vote,
        });
        let epoch = Self {
            courts: Some(courts.collect()),
            epoch: Some(0),
            policy: Some(genesis.policy_text()),
            start_height: Some(1),
            ..system(1, EntryKind::Epoch)
        };
        [system(0, EntryKind::Genesis), epoch]
    }

    /// A `statement` entry, or a `rejection` if the outcome names a rule.
    pub fn stated(chain: Origin, height: u64, index: u64, recorded_at: Timestamp, stated: Stated<'_>) -> Self {
        Self {
            chain,
            courts: None,
            epoch: None,
            height,
            index,
            kind: if stated.outcome.rule.is_some() { EntryKind::Rejection } else { EntryKind::Statement },
            member: Some(stated.member.clone()),
            outcome: Some(stated.outcome.clone()),
            policy: None,
            position: Some(stated.position),
            recorded_at,
            start_height: None,
            statement: Some(stated.statement.clone()),
            transaction: Some(stated.transaction),
            v: 1,
        }
    }

    /// The canonical text: the leaf.
    pub fn to_text(&self) -> String {
        canonical::to_text(self)
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// [`EntryError`]: malformed, or of an unknown version or kind.
    pub fn from_text(text: &[u8]) -> Result<Self, EntryError> {
        match canonical::from_text::<Self>(text, SYSTEM_ENTRY_BYTES_MAX) {
            // A later version may well keep the shape of this one: its number alone tells it apart.
            Ok(entry) if entry.v == 1 => {
                entry.check(text.len()).map(|()| entry).map_err(|text| EntryError::Malformed(text.to_owned()))
            }
            Ok(entry) => Err(unknown(text).unwrap_or_else(|| EntryError::Malformed(format!("v is {}", entry.v)))),
            Err(error) => Err(unknown(text).unwrap_or_else(|| EntryError::Malformed(error.to_string()))),
        }
    }

    /// What a member stated; none for system entries.
    pub fn as_stated(&self) -> Option<Stated<'_>> {
        match (&self.member, &self.outcome, self.position, &self.statement, self.transaction) {
            (Some(member), Some(outcome), Some(position), Some(statement), Some(transaction)) => {
                Some(Stated { member, outcome, position, statement, transaction })
            }
            _ => None,
        }
    }

    fn check(&self, length_bytes: usize) -> Result<(), &'static str> {
        if self.index > INTEGER_MAX || self.height > INTEGER_MAX {
            return Err("index and height are at most 2^53 - 1");
        }
        let epoch_fields = [self.courts.is_some(), self.epoch.is_some(), self.policy.is_some(), self.start_height.is_some()];
        let stated_fields = [
            self.member.is_some(),
            self.outcome.is_some(),
            self.position.is_some(),
            self.statement.is_some(),
            self.transaction.is_some(),
        ];
        let (epoch, stated) = match self.kind {
            EntryKind::Genesis => (false, false),
            EntryKind::Epoch => (true, false),
            EntryKind::Statement | EntryKind::Rejection => (false, true),
        };
        if epoch_fields != [epoch; 4] || stated_fields != [stated; 5] {
            return Err("the fields are not those of its kind");
        }
        let bounds = 1..=crate::limits::COURTS_MAX;
        let sorted = |courts: &Vec<EpochCourt>| bounds.contains(&courts.len()) && courts.is_sorted_by(|a, b| a.name < b.name);
        if !self.courts.as_ref().is_none_or(sorted) {
            return Err("an epoch lists 1 to 64 courts sorted by name");
        }
        if self.epoch.is_some_and(|n| n > INTEGER_MAX) || self.start_height.is_some_and(|n| n > INTEGER_MAX) {
            return Err("epoch and start_height are at most 2^53 - 1");
        }
        let place = (self.index, self.height, self.start_height);
        if self.kind == EntryKind::Genesis && place != (0, 0, None) || self.epoch == Some(0) && place != (1, 0, Some(1)) {
            return Err("genesis is entry 0, epoch 0 entry 1, both at height 0");
        }
        if let Some(stated) = self.as_stated() {
            if length_bytes > ENTRY_BYTES_MAX {
                return Err("a statement entry has at most 8,192 bytes");
            }
            if stated.position >= crate::limits::STATEMENTS_MAX as u64 {
                return Err("position is below 4,096");
            }
            stated.statement.check().map_err(|_| "the statement breaks a rule of its form")?;
            let recorded = self.kind == EntryKind::Statement;
            let public = stated.statement.digests.is_some();
            if stated.outcome.rule.is_some() == recorded || stated.outcome.first.is_some() != (recorded && public) {
                return Err("the outcome is not that of its kind");
            }
        }
        Ok(())
    }
}

/// Whether a text that is no entry of this version is a canonical object that names another version, kind or rule (F28): any one is enough.
fn unknown(text: &[u8]) -> Option<EntryError> {
    let value = canonical::read_any(text, SYSTEM_ENTRY_BYTES_MAX).ok()?;
    let word = |path: &[&str]| path.iter().try_fold(&value, |value, field| value.field(field))?.as_text();
    let v = value.field("v").and_then(canonical::Any::as_integer);
    let (kind, stated, rule) = (word(&["kind"]), word(&["statement", "kind"]), word(&["outcome", "rule"]));
    let other = |word: Option<&str>, known: &[&str]| word.is_some_and(|word| !known.contains(&word));
    let is_unknown = v.is_some_and(|v| v != 1)
        || other(kind, &["genesis", "epoch", "statement", "rejection"])
        || other(stated, &StatementKind::ALL.map(StatementKind::as_str))
        || other(rule, &RejectionRule::ALL.map(RejectionRule::as_str));
    let words = [kind, stated, rule].into_iter().flatten().map(|word| word.chars().take(40).collect::<String>());
    is_unknown.then(|| EntryError::Unknown { v: v.unwrap_or(1), kind: words.collect::<Vec<_>>().join(", ") })
}

#[cfg(test)]
mod tests;
