//! Entries: what is recorded, one leaf of the log each (F25 to F28, F47).
//!
//! In and out: canonical JSON; its bytes are the leaf.
//! Always: a parsed entry keeps F25's shape for its kind. An unknown version or kind is told apart from a
//! malformed entry, because a later version may have written it.
//! Not for deciding what is recorded.

use crate::bytes::canonical;
use crate::bytes::digest::{self, Digest};
use crate::bytes::key::{self, PublicKey};
use crate::genesis::{Genesis, Role};
use crate::kinds::form::Kind;
use crate::kinds::verdict::{Outcome, Registration, Verdict};
use crate::kinds::{self, Statement};

use crate::bytes::limits::{COURTS_MAX, INTEGER_MAX, STATEMENTS_MAX, SYSTEM_ENTRY_BYTES_MAX};
use crate::bytes::name::{Name, Origin};
use crate::bytes::time::{self, Timestamp};
pub use crate::kinds::verdict::RejectionRule;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// The version of entries (F25).
const VERSION: u64 = 2;

/// The reason why bytes are no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// The bytes are malformed.
    #[error("{0}")]
    Malformed(String),
    /// The version or a word is one that this software does not know (F28).
    #[error("an entry of version {v} and kind {kind:?}, which this software does not know")]
    Unknown {
        /// The version of the entry.
        v: u64,
        /// The kind of the entry.
        kind: String,
    },
}

/// The member as an entry names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntryMember {
    /// The court that registered it.
    pub court: Name,
    /// SHA-256 of the member's key.
    #[serde(with = "digest::tagged")]
    pub key: Digest,
    /// The name of the member.
    pub name: Name,
    /// The role of the member.
    pub role: Role,
    /// Index of the entry that gave the member this key. It is 0 for members of the genesis, and the epoch's
    /// entry for a court's node.
    pub since: u64,
}

/// A court as the epoch entry names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EpochCourt {
    /// Key of its cosignatures over checkpoints.
    #[serde(with = "key::hex_text")]
    pub cosigner: PublicKey,
    /// Key of its log signatures over checkpoints.
    #[serde(with = "key::hex_text")]
    pub log: PublicKey,
    /// The name of the court.
    pub name: Name,
    /// Key of its identity on the network.
    #[serde(with = "key::hex_text")]
    pub network: PublicKey,
    /// Key of its votes and proposals.
    #[serde(with = "key::hex_text")]
    pub vote: PublicKey,
}

/// One entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The origin of the network.
    pub chain: Origin,
    /// Height of the block that recorded it.
    pub height: u64,
    /// Its place in the log.
    pub index: u64,
    /// The block's time.
    pub recorded_at: Timestamp,
    /// The content that its kind has.
    pub content: Content,
}

/// The content of an entry, by the entry's kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// The `genesis` entry, index 0.
    Genesis,
    /// An `epoch` entry: its courts and policy.
    Epoch(Epoch),
    /// A `state` entry: the end of a block, and the state after it.
    State(StateAfter),
    /// A recorded statement.
    Statement(Stated, Outcome),
    /// A statement that a rule refused.
    Rejection(Stated, RejectionRule),
}

/// The content of an `epoch` entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Epoch {
    /// 1 to 64 courts, sorted by name.
    pub courts: Vec<EpochCourt>,
    /// Number of the epoch.
    pub number: u64,
    /// The text of the network's policy (F33).
    pub policy: String,
    /// First height of the epoch.
    pub start_height: u64,
}

/// The content of a `state` entry, the last entry of every block (F27, F47).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateAfter {
    /// Number of the epoch that decides the next height.
    pub epoch: u64,
    /// Root of the map of marks.
    pub map: Digest,
}

impl StateAfter {
    /// The root of a map without marks.
    pub const NO_MARKS: Digest = Digest([0; 32]);
}

/// A statement as an entry shows it, recorded or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// The member that stated it.
    pub member: EntryMember,
    /// Its place in the transaction, from 0.
    pub position: u64,
    /// The statement as the member signed it.
    pub statement: Statement,
    /// The transaction's id.
    pub transaction: Digest,
}

/// The kinds of entries, as texts name them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Genesis,
    Epoch,
    State,
    Statement,
    Rejection,
}

/// An entry's text: fields sorted, each present or absent as its kind asks.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryText<'a> {
    chain: Cow<'a, Origin>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    courts: Option<Cow<'a, [EpochCourt]>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    epoch: Option<u64>,
    height: u64,
    index: u64,
    kind: Word,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "digest::optional_tagged")]
    map: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    member: Option<Cow<'a, EntryMember>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<OutcomeText>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    policy: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    position: Option<u64>,
    #[serde(with = "time::text")]
    recorded_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    start_height: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    statement: Option<Cow<'a, Statement>>,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "digest::optional_tagged")]
    transaction: Option<Digest>,
    v: u64,
}

/// The outcome of a statement (F26). A field that does not apply is left out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OutcomeText {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    earlier: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    first: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rule: Option<RejectionRule>,
}

/// The fields of [`OutcomeText`].
const OUTCOME_FIELDS: [&str; 3] = ["earlier", "first", "rule"];

impl OutcomeText {
    /// The outcome of a recorded statement. None if the fields do not fit each other.
    fn recorded(&self) -> Option<Outcome> {
        let registration = match (self.first, self.earlier, self.rule) {
            (None, None, None) => None,
            (Some(true), None, None) => Some(Registration::First),
            (Some(false), Some(earlier), None) => Some(Registration::Earlier(earlier)),
            _ => return None,
        };
        Some(Outcome { registration })
    }

    /// The rule of a rejection, which has no other field.
    fn rejected(&self) -> Option<RejectionRule> {
        self.rule.filter(|_| self.first.is_none() && self.earlier.is_none())
    }
}

impl Content {
    /// The entry's content for this verdict on a statement.
    pub fn of(stated: Stated, verdict: Verdict) -> Self {
        match verdict {
            Verdict::Recorded(outcome) => Self::Statement(stated, outcome),
            Verdict::Rejected(rule) => Self::Rejection(stated, rule),
        }
    }

    fn word(&self) -> Word {
        match self {
            Self::Genesis => Word::Genesis,
            Self::Epoch(_) => Word::Epoch,
            Self::State(_) => Word::State,
            Self::Statement(..) => Word::Statement,
            Self::Rejection(..) => Word::Rejection,
        }
    }
}

impl Entry {
    /// The three entries of height 0 (F27).
    pub fn genesis(genesis: &Genesis) -> [Self; 3] {
        let system = |index, content| Self { chain: genesis.origin(), height: 0, index, recorded_at: genesis.time, content };
        let courts = genesis.courts.iter().map(|court| EpochCourt {
            cosigner: court.cosigner,
            log: court.log,
            name: court.name.clone(),
            network: court.network,
            vote: court.vote,
        });
        let epoch = Epoch { courts: courts.collect(), number: 0, policy: genesis.policy_text(), start_height: 1 };
        let state = StateAfter { epoch: 0, map: StateAfter::NO_MARKS };
        [system(0, Content::Genesis), system(1, Content::Epoch(epoch)), system(2, Content::State(state))]
    }

    /// The canonical text, which is the leaf.
    pub fn to_text(&self) -> String {
        canonical::to_text(self)
    }

    /// Reads an entry.
    ///
    /// # Errors
    /// [`EntryError`] if it is malformed, or of an unknown version, kind, act, role, rule or outcome.
    pub fn from_text(text: &[u8]) -> Result<Self, EntryError> {
        match canonical::from_text::<Self>(text, SYSTEM_ENTRY_BYTES_MAX) {
            Ok(entry) => match entry.check(text.len()) {
                Ok(()) => Ok(entry),
                Err(reason) => Err(EntryError::Malformed(reason.to_owned())),
            },
            // A later version may keep the shape of this one, so a word or a number of it alone tells it
            // apart.
            Err(error) => Err(unknown(text).unwrap_or_else(|| EntryError::Malformed(error.to_string()))),
        }
    }

    /// The statement of a member's entry with its signer. None for system entries.
    pub fn as_stated(&self) -> Option<&Stated> {
        match &self.content {
            Content::Statement(stated, _) | Content::Rejection(stated, _) => Some(stated),
            Content::Genesis | Content::Epoch(_) | Content::State(_) => None,
        }
    }

    /// The member that stated it. None for system entries.
    pub fn member(&self) -> Option<&EntryMember> {
        self.as_stated().map(|stated| &stated.member)
    }

    /// The statement. None for system entries.
    pub fn statement(&self) -> Option<&Statement> {
        self.as_stated().map(|stated| &stated.statement)
    }

    /// A statement that the network recorded, with its signer. None for rejections and system entries.
    pub fn as_recorded(&self) -> Option<&Stated> {
        self.as_stated().filter(|_| self.rule().is_none())
    }

    /// The rule that refused the statement. None if it is no rejection.
    pub fn rule(&self) -> Option<RejectionRule> {
        match &self.content {
            Content::Rejection(_, rule) => Some(*rule),
            _ => None,
        }
    }

    /// The outcome beside the statement. System entries and rejections have an empty one.
    pub fn outcome(&self) -> Outcome {
        match &self.content {
            Content::Statement(_, outcome) => *outcome,
            _ => Outcome::default(),
        }
    }

    fn check(&self, length_bytes: usize) -> Result<(), &'static str> {
        if self.index > INTEGER_MAX || self.height > INTEGER_MAX {
            return Err("index and height are at most 2^53 - 1");
        }
        if let Some(stated) = self.as_stated() {
            return self.check_stated(stated, length_bytes);
        }
        match &self.content {
            Content::Epoch(epoch) => {
                epoch.check()?;
                let is_first = (self.index, self.height, epoch.start_height) == (1, 0, 1);
                if epoch.number == 0 && !is_first { Err(GENESIS_PLACES) } else { Ok(()) }
            }
            Content::State(state) => {
                if state.epoch > INTEGER_MAX {
                    return Err("epoch is at most 2^53 - 1");
                }
                let is_first = state.epoch == 0 && self.index == 2 && self.height == 0;
                if is_first || self.index > 2 && self.height > 0 { Ok(()) } else { Err(GENESIS_PLACES) }
            }
            _ if (self.index, self.height) != (0, 0) => Err(GENESIS_PLACES),
            _ => Ok(()),
        }
    }

    fn check_stated(&self, stated: &Stated, length_bytes: usize) -> Result<(), &'static str> {
        let kind = stated.statement.kind();
        if length_bytes > kind.entry_bytes_max() {
            return Err("a statement entry is longer than its kind allows");
        }
        if stated.member.since >= self.index || self.outcome().earlier().is_some_and(|earlier| earlier >= self.index) {
            return Err("since and earlier name entries before this one");
        }
        if stated.position >= STATEMENTS_MAX as u64 {
            return Err("position is below 4,096");
        }
        stated.statement.check().map_err(|_| "the statement breaks a rule of its form")?;
        kind.check_length(stated.statement.to_text().len()).map_err(|_| "the statement is longer than its kind allows")?;
        match &self.content {
            Content::Statement(_, outcome) if !stated.statement.body().fits(outcome) => {
                Err("the outcome is not that of its kind")
            }
            _ => Ok(()),
        }
    }
}

const GENESIS_PLACES: &str = "genesis is entry 0, epoch 0 entry 1, the first state entry 2, all at height 0";

impl Epoch {
    fn check(&self) -> Result<(), &'static str> {
        if !(1..=COURTS_MAX).contains(&self.courts.len()) || !self.courts.is_sorted_by(|a, b| a.name < b.name) {
            return Err("an epoch lists 1 to 64 courts sorted by name");
        }
        if self.number > INTEGER_MAX || self.start_height > INTEGER_MAX {
            return Err("epoch and start_height are at most 2^53 - 1");
        }
        Ok(())
    }
}

impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let stated = self.as_stated();
        let (epoch, state) = match &self.content {
            Content::Epoch(epoch) => (Some(epoch), None),
            Content::State(state) => (None, Some(state)),
            _ => (None, None),
        };
        let outcome = || {
            let outcome = self.outcome();
            OutcomeText { earlier: outcome.earlier(), first: outcome.first(), rule: self.rule() }
        };
        EntryText {
            chain: Cow::Borrowed(&self.chain),
            courts: epoch.map(|epoch| Cow::Borrowed(&epoch.courts[..])),
            epoch: epoch.map(|epoch| epoch.number).or(state.map(|state| state.epoch)),
            height: self.height,
            index: self.index,
            kind: self.content.word(),
            map: state.map(|state| state.map),
            member: stated.map(|stated| Cow::Borrowed(&stated.member)),
            outcome: stated.map(|_| outcome()),
            policy: epoch.map(|epoch| Cow::Borrowed(&epoch.policy[..])),
            position: stated.map(|stated| stated.position),
            recorded_at: self.recorded_at,
            start_height: epoch.map(|epoch| epoch.start_height),
            statement: stated.map(|stated| Cow::Borrowed(&stated.statement)),
            transaction: stated.map(|stated| stated.transaction),
            v: VERSION,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        EntryText::deserialize(deserializer)?.try_into().map_err(D::Error::custom)
    }
}

impl TryFrom<EntryText<'_>> for Entry {
    type Error = &'static str;
    fn try_from(text: EntryText<'_>) -> Result<Self, Self::Error> {
        const FIELDS: &str = "the fields are not those of its kind";
        if text.v != VERSION {
            return Err("v is not 2");
        }
        let system = match (text.courts, text.epoch, text.policy, text.start_height, text.map) {
            (Some(courts), Some(number), Some(policy), Some(start_height), None) => {
                Some(Content::Epoch(Epoch { courts: courts.into_owned(), number, policy: policy.into_owned(), start_height }))
            }
            (None, Some(epoch), None, None, Some(map)) => Some(Content::State(StateAfter { epoch, map })),
            (None, None, None, None, None) => None,
            _ => return Err(FIELDS),
        };
        let stated = match (text.member, text.outcome, text.position, text.statement, text.transaction) {
            (Some(member), Some(outcome), Some(position), Some(statement), Some(transaction)) => {
                let (member, statement) = (member.into_owned(), statement.into_owned());
                Some((Stated { member, position, statement, transaction }, outcome))
            }
            (None, None, None, None, None) => None,
            _ => return Err(FIELDS),
        };
        const OUTCOME: &str = "the outcome is not that of its kind";
        let content = match (text.kind, system, stated) {
            (Word::Genesis, None, None) => Content::Genesis,
            (Word::Epoch, Some(epoch @ Content::Epoch(_)), None) => epoch,
            (Word::State, Some(state @ Content::State(_)), None) => state,
            (Word::Statement, None, Some((stated, outcome))) => Content::Statement(stated, outcome.recorded().ok_or(OUTCOME)?),
            (Word::Rejection, None, Some((stated, outcome))) => Content::Rejection(stated, outcome.rejected().ok_or(OUTCOME)?),
            _ => return Err(FIELDS),
        };
        let chain = text.chain.into_owned();
        Ok(Self { chain, height: text.height, index: text.index, recorded_at: text.recorded_at, content })
    }
}

/// Whether a text that is no entry of this version is a canonical object that names another one (F28). It
/// names another version, kind, act, role, rule or field of an outcome, and one of these is enough.
fn unknown(text: &[u8]) -> Option<EntryError> {
    let value = canonical::read_any(text, SYSTEM_ENTRY_BYTES_MAX).ok()?;
    let word = |path: &[&str]| path.iter().try_fold(&value, |value, field| value.field(field))?.as_text();
    let v = value.field("v").and_then(canonical::Any::as_integer);
    let (kind, stated, rule) = (word(&["kind"]), word(&["statement", "kind"]), word(&["outcome", "rule"]));
    let role = word(&["member", "role"]);
    let act =
        stated.and_then(kinds::find).and_then(|kind: &Kind| word(&["statement", "act"]).filter(|act| kind.act(act).is_none()));
    let field = value.field("outcome").and_then(|outcome| outcome.names().find(|name| !OUTCOME_FIELDS.contains(name)));
    let is_unknown = v.is_some_and(|v| v != VERSION)
        || kind.is_some_and(|word| serde_json::from_value::<Word>(word.into()).is_err())
        || stated.is_some_and(|word| kinds::find(word).is_none())
        || act.is_some()
        || field.is_some()
        || role.is_some_and(|word| serde_json::from_value::<Role>(word.into()).is_err())
        || rule.is_some_and(|word| RejectionRule::ALL.iter().all(|rule| rule.as_str() != word));
    let words =
        [kind, stated, act, role, rule, field].into_iter().flatten().map(|word| word.chars().take(40).collect::<String>());
    is_unknown.then(|| EntryError::Unknown { v: v.unwrap_or(VERSION), kind: words.collect::<Vec<_>>().join(", ") })
}

#[cfg(test)]
mod tests;
