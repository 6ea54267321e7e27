//! Policies: which courts, and how many of them (F33, F34). The format is C2SP `tlog-policy`.
//!
//! In: a policy text from a verifier or a genesis.
//! Out: its logs, witnesses and quorum; which witnesses satisfy it.
//! Always: a parsed policy keeps the format's rules, so each witness counts in at most one way.
//! [`Policy::is_strong`] says whether it asks for enough.
//! Not for choosing a policy, which is the verifier's decision.

use crate::bytes::key::PublicKey;
use crate::bytes::limits::POLICY_BYTES_MAX;
use crate::bytes::name::{Name, Origin};
use crate::log::note::{KeyType, VerifierKey};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Most logs, most witnesses and most groups that a policy may have.
pub const POLICY_LINES_MAX: usize = 128;

/// The group of all courts in a network's own policy; no court may have this name.
pub const GROUP: &str = "courts";

/// The reason why a text is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy line {line}: {reason}")]
pub struct PolicyError {
    /// The line, from 1; 0 for the whole text.
    pub line: usize,
    /// The rule that is broken.
    pub reason: &'static str,
}

/// A parsed policy: the courts, and how many of them a receipt needs.
///
/// ```
/// use courtseal_proof::log::policy::{Policy, quorum_size};
///
/// # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/vectors/receipt.json");
/// # let vectors: serde_json::Value = serde_json::from_slice(&std::fs::read(path)?)?;
/// # let text = vectors["policies"]["four"].as_str().unwrap();
/// let policy = Policy::parse(text.as_bytes())?;
/// assert_eq!(policy.witnesses().len(), 4);
/// assert_eq!((policy.least(), quorum_size(4)), (3, 3));
/// assert!(policy.is_strong() && policy.is_satisfied_by(&[0, 1, 3].into()));
/// assert!(!policy.is_satisfied_by(&[0, 1].into()));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    origin: Origin,
    logs: Vec<VerifierKey>,
    witnesses: Vec<VerifierKey>,
    /// Witness lines whose keys are of unknown types.
    silent: usize,
    quorum: Node,
    least: usize,
}

/// A witness, or a group of nodes of which `least` must be satisfied.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Witness(usize),
    /// A witness whose key is of an unknown type. It never signs.
    Silent,
    Group {
        least: usize,
        members: Vec<Node>,
    },
}

impl Node {
    /// The smallest number of witnesses that can satisfy it. None if that takes one that never signs.
    fn least(&self) -> Option<usize> {
        match self {
            Self::Witness(_) => Some(1),
            Self::Silent => None,
            Self::Group { least: k, members } => {
                let mut counts: Vec<usize> = members.iter().filter_map(Self::least).collect();
                counts.sort_unstable();
                (counts.len() >= *k).then(|| counts.iter().take(*k).sum())
            }
        }
    }
}

/// The smallest number of courts above two thirds of `courts`.
pub fn quorum_size(courts: usize) -> usize {
    2 * courts / 3 + 1
}

/// The network's own policy text (F33) for courts sorted by name: name, log key, cosigner key.
pub fn network_policy_text(origin: &Origin, courts: &[(&Name, PublicKey, PublicKey)]) -> String {
    let mut text = String::new();
    for (_, log, _) in courts {
        let _ = writeln!(text, "log {}", VerifierKey::log(origin, *log));
    }
    for (name, _, cosigner) in courts {
        let _ = writeln!(text, "witness {name} {}", VerifierKey::cosigner(name, *cosigner));
    }
    let _ = write!(text, "group {GROUP} {}", quorum_size(courts.len()));
    for (name, _, _) in courts {
        let _ = write!(text, " {name}");
    }
    let _ = write!(text, "\nquorum {GROUP}\n");
    text
}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`PolicyError`]: F34.
    pub fn parse(text: &[u8]) -> Result<Self, PolicyError> {
        let whole = |reason| PolicyError { line: 0, reason };
        if text.len() > POLICY_BYTES_MAX {
            return Err(whole("more than 256 KiB"));
        }
        if text.iter().any(|b| matches!(b, 0..=8 | 11..=31 | 127)) {
            return Err(whole("a control character other than tab and newline"));
        }
        let text = std::str::from_utf8(text).map_err(|_| whole("not UTF-8"))?;
        let text = text.strip_suffix('\n').ok_or_else(|| whole("cut short: the last line has no newline"))?;
        let mut reader = Reader::default();
        for (at, line) in text.split('\n').enumerate() {
            let items: Vec<&str> = line.split([' ', '\t']).filter(|item| !item.is_empty()).collect();
            reader.line(&items).map_err(|reason| PolicyError { line: at + 1, reason })?;
        }
        reader.finish().map_err(whole)
    }

    /// The network of the policy.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The log keys, in the policy's order.
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// The witnesses with keys of known types: in a network's own policy its courts.
    pub fn witnesses(&self) -> &[VerifierKey] {
        &self.witnesses
    }

    /// The log key that a signature line names, if it is listed.
    pub fn log(&self, name: &str, id: [u8; 4]) -> Option<&VerifierKey> {
        self.logs.iter().find(|key| key.name() == name && key.id() == id)
    }

    /// The number in the list of the witness that a signature line names, if it is listed.
    pub fn witness(&self, name: &str, id: [u8; 4]) -> Option<usize> {
        self.witnesses.iter().position(|key| key.name() == name && key.id() == id)
    }

    /// How many witnesses it lists, those with keys of unknown types included.
    pub fn listed(&self) -> usize {
        self.witnesses.len() + self.silent
    }

    /// The smallest number of witnesses that can satisfy the quorum.
    pub fn least(&self) -> usize {
        self.least
    }

    /// Whether every quorum is more than 2/3 of the witnesses.
    pub fn is_strong(&self) -> bool {
        3 * self.least > 2 * self.listed()
    }

    /// Whether these witnesses, by their numbers in the list, satisfy the quorum.
    pub fn is_satisfied_by(&self, signed: &BTreeSet<usize>) -> bool {
        fn satisfied(node: &Node, signed: &BTreeSet<usize>) -> bool {
            match node {
                Node::Witness(number) => signed.contains(number),
                Node::Silent => false,
                Node::Group { least, members } => members.iter().filter(|node| satisfied(node, signed)).count() >= *least,
            }
        }
        satisfied(&self.quorum, signed)
    }
}

#[derive(Default)]
struct Reader<'a> {
    origin: Option<Origin>,
    logs: Vec<VerifierKey>,
    witnesses: Vec<VerifierKey>,
    /// Log and witness keys of unknown types, as texts.
    unknown_logs: BTreeSet<&'a str>,
    unknown_witnesses: BTreeSet<&'a str>,
    groups: usize,
    defined: BTreeMap<&'a str, Node>,
    used: BTreeSet<&'a str>,
    quorum: Option<Node>,
}

impl<'a> Reader<'a> {
    fn line(&mut self, items: &[&'a str]) -> Result<(), &'static str> {
        match items {
            [] => Ok(()),
            [first, ..] if first.starts_with('#') => Ok(()),
            ["log", key] | ["log", key, _] => {
                if let Some(name) = VerifierKey::parse_unknown(key) {
                    self.origin(name)?;
                    let is_new = self.unknown_logs.insert(key);
                    return bounded(is_new, "this log key is listed before", self.logs.len() + self.unknown_logs.len());
                }
                let key = good_key(key, KeyType::Log)?;
                self.origin(key.name())?;
                if self.logs.iter().any(|other| other.key() == key.key()) {
                    return Err("this log key is listed before");
                }
                if self.logs.iter().any(|other| other.id() == key.id()) {
                    return Err("a log of this key id is listed before");
                }
                self.logs.push(key);
                bounded(true, "", self.logs.len() + self.unknown_logs.len())
            }
            ["witness", name, key] | ["witness", name, key, _] => {
                if VerifierKey::parse_unknown(key).is_some() {
                    self.define(name, Node::Silent)?;
                    let is_new = self.unknown_witnesses.insert(key);
                    let lines = self.witnesses.len() + self.unknown_witnesses.len();
                    return bounded(is_new, "this witness key is listed before", lines);
                }
                let key = good_key(key, KeyType::Cosigner)?;
                if self.witnesses.iter().any(|other| other.key() == key.key()) {
                    return Err("this witness key is listed before");
                }
                if self.witnesses.iter().any(|other| other.name() == key.name() && other.id() == key.id()) {
                    return Err("a witness of this name and key id is listed before");
                }
                self.define(name, Node::Witness(self.witnesses.len()))?;
                self.witnesses.push(key);
                bounded(true, "", self.witnesses.len() + self.unknown_witnesses.len())
            }
            ["group", name, least, names @ ..] if !names.is_empty() => {
                let least = match *least {
                    "all" => names.len(),
                    "any" => 1,
                    number => crate::log::checkpoint::parse_decimal(number)
                        .and_then(|k| usize::try_from(k).ok())
                        .filter(|k| (1..=names.len()).contains(k))
                        .ok_or("a group's number is from 1 to the number of its members")?,
                };
                let members = names.iter().map(|name| self.take(name)).collect::<Result<_, _>>()?;
                self.groups += 1;
                if self.groups > POLICY_LINES_MAX {
                    return Err("more than 128 groups");
                }
                self.define(name, Node::Group { least, members })
            }
            ["quorum", name] => {
                if self.quorum.is_some() {
                    return Err("a second quorum line");
                }
                self.quorum = Some(match *name {
                    "none" => Node::Group { least: 0, members: Vec::new() },
                    name => self.defined.get(name).cloned().ok_or("the quorum names nothing defined before")?,
                });
                Ok(())
            }
            _ => Err("not a log, witness, group or quorum line"),
        }
    }

    /// Takes the name of a log key: the origin, of which there is one.
    fn origin(&mut self, name: &str) -> Result<(), &'static str> {
        let origin = Origin::parse(name).map_err(|_| "the log's name is not an origin of this kind of network")?;
        let known = self.origin.get_or_insert_with(|| origin.clone());
        (*known == origin).then_some(()).ok_or("the logs have different origins")
    }

    fn define(&mut self, name: &'a str, node: Node) -> Result<(), &'static str> {
        if name == "none" || self.defined.insert(name, node).is_some() {
            return Err("the name is taken");
        }
        Ok(())
    }

    fn take(&mut self, name: &'a str) -> Result<Node, &'static str> {
        let node = self.defined.get(name).cloned().ok_or("a member is not defined before")?;
        self.used.insert(name).then_some(node).ok_or("a name is a member a second time")
    }

    fn finish(self) -> Result<Policy, &'static str> {
        let origin = self.origin.ok_or("no log line")?;
        let quorum = self.quorum.ok_or("no quorum line: the policy may be cut short")?;
        let least = quorum.least().ok_or("the quorum needs a witness whose key is of a type that this software does not know")?;
        let silent = self.unknown_witnesses.len();
        Ok(Policy { origin, logs: self.logs, witnesses: self.witnesses, silent, quorum, least })
    }
}

/// Whether a line is new and its kind has not too many.
fn bounded(is_new: bool, listed_before: &'static str, lines: usize) -> Result<(), &'static str> {
    match (is_new, lines <= POLICY_LINES_MAX) {
        (false, _) => Err(listed_before),
        (true, false) => Err("more than 128 lines of this kind"),
        (true, true) => Ok(()),
    }
}

fn good_key(text: &str, key_type: KeyType) -> Result<VerifierKey, &'static str> {
    let key = VerifierKey::parse(text).ok_or("not a verifier key of a known type with a matching key id")?;
    if key.key_type() != key_type {
        return Err("a verifier key of the wrong type for this line");
    }
    key.key().is_registrable().then_some(key).ok_or("the key is not a point of prime order in canonical encoding")
}

#[cfg(test)]
mod tests;
