//! Policies: which courts, and how many of them (F33, F34). The format is C2SP `tlog-policy`.
//!
//! In: a policy text from whoever holds one. Out: its logs, witnesses and quorum; who satisfies it. Always: a parsed policy keeps the
//! format's rules, so each witness counts in at most one way. Whether it asks for enough is a question of its own:
//! [`Policy::is_strong`]. Not for choosing a policy: that is the verifier's trust.

use crate::key::PublicKey;
use crate::limits::POLICY_BYTES_MAX;
use crate::name::{Name, Origin};
use crate::note::{KeyType, VerifierKey};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Most logs, most witnesses and most groups that a policy may have.
pub const POLICY_LINES_MAX: usize = 128;

/// The group of all courts in a network's own policy; no court may have this name.
pub const GROUP: &str = "courts";

/// Why a text is no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("policy line {line}: {reason}")]
pub struct PolicyError {
    /// The line, from 1; 0 for the whole text.
    pub line: usize,
    /// What is wrong.
    pub reason: &'static str,
}

/// A parsed policy: the courts, and how many of them a receipt needs.
///
/// ```
/// use courtseal_proof::policy::{Policy, quorum_size};
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
    quorum: Node,
}

/// A witness, or a group of nodes of which `least` must be satisfied.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Witness(usize),
    Group { least: usize, members: Vec<Node> },
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

    /// The network that the policy speaks of.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The log keys, in the policy's order.
    pub fn logs(&self) -> &[VerifierKey] {
        &self.logs
    }

    /// The witnesses: in a network's own policy its courts.
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

    /// The smallest number of witnesses that can satisfy the quorum.
    pub fn least(&self) -> usize {
        fn least(node: &Node) -> usize {
            match node {
                Node::Witness(_) => 1,
                Node::Group { least: k, members } => {
                    let mut counts: Vec<usize> = members.iter().map(least).collect();
                    counts.sort_unstable();
                    counts.iter().take(*k).sum()
                }
            }
        }
        least(&self.quorum)
    }

    /// Whether every quorum is more than 2/3 of the witnesses.
    pub fn is_strong(&self) -> bool {
        3 * self.least() > 2 * self.witnesses.len()
    }

    /// Whether these witnesses, by their numbers in the list, satisfy the quorum.
    pub fn is_satisfied_by(&self, signed: &BTreeSet<usize>) -> bool {
        fn satisfied(node: &Node, signed: &BTreeSet<usize>) -> bool {
            match node {
                Node::Witness(number) => signed.contains(number),
                Node::Group { least, members } => members.iter().filter(|node| satisfied(node, signed)).count() >= *least,
            }
        }
        satisfied(&self.quorum, signed)
    }
}

#[derive(Default)]
struct Reader<'a> {
    logs: Vec<VerifierKey>,
    witnesses: Vec<VerifierKey>,
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
                let key = good_key(key, KeyType::Log)?;
                Origin::parse(key.name()).map_err(|_| "the log's name is not an origin of this kind of network")?;
                if self.logs.iter().any(|other| other.key() == key.key()) {
                    return Err("this log key is listed before");
                }
                if self.logs.first().is_some_and(|other| other.name() != key.name()) {
                    return Err("the logs have different origins");
                }
                if self.logs.iter().any(|other| other.id() == key.id()) {
                    return Err("a log of this key id is listed before");
                }
                add(&mut self.logs, key)
            }
            ["witness", name, key] | ["witness", name, key, _] => {
                let key = good_key(key, KeyType::Cosigner)?;
                if self.witnesses.iter().any(|other| other.key() == key.key()) {
                    return Err("this witness key is listed before");
                }
                if self.witnesses.iter().any(|other| other.name() == key.name() && other.id() == key.id()) {
                    return Err("a witness of this name and key id is listed before");
                }
                self.define(name, Node::Witness(self.witnesses.len()))?;
                add(&mut self.witnesses, key)
            }
            ["group", name, least, names @ ..] if !names.is_empty() => {
                let least = match *least {
                    "all" => names.len(),
                    "any" => 1,
                    number => crate::checkpoint::parse_decimal(number)
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
        let origin = self.logs.first().and_then(|log| Origin::parse(log.name()).ok()).ok_or("no log line")?;
        let quorum = self.quorum.ok_or("no quorum line: the policy may be cut short")?;
        Ok(Policy { origin, logs: self.logs, witnesses: self.witnesses, quorum })
    }
}

fn add(keys: &mut Vec<VerifierKey>, key: VerifierKey) -> Result<(), &'static str> {
    keys.push(key);
    (keys.len() <= POLICY_LINES_MAX).then_some(()).ok_or("more than 128 lines of this kind")
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
