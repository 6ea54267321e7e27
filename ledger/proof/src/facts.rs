//! Facts: the ledger's state by subject (L9), as the rules of kinds read and change it.
//!
//! In: a subject.
//! Out: its newest fact, with the entry that wrote it.
//! Always: rules read facts through [`Facts`] alone. So the same log gives the same verdicts on every node,
//! for every auditor, and at any later time. The bytes of a value belong to the kind that writes them.
//! Not for storing, which the ledger does.

use crate::bytes::codec;
use crate::bytes::digest::Digest;
use crate::bytes::key::PublicKey;
use crate::bytes::name::{CourtName, Name};
use crate::bytes::time::Timestamp;
use crate::genesis::Role;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The class of a subject: the sort of thing that a fact is about. Its number is the first byte of a stored
/// subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A registered member, by name: [`MemberFact`].
    Member,
    /// A court of the present epoch, by name: [`CourtFact`].
    Court,
    /// An object of the kind with this code, by the index of its first entry as u64, big-endian.
    Object(u8),
    /// A file, by its SHA-256 and its length as u64, big-endian (L8). Its fact is the first entry of public
    /// evidence with both.
    File,
    /// A court's signing step, by its key, height, round and step. Its fact is the entry that accuses it.
    Step,
    /// A cosigner key, by its 32 bytes. Its fact is the entry that accuses it.
    Cosigner,
}

impl Class {
    /// Its number (L9), given once. It is 1 to 63 if every version of a fact is kept, 64 or above if the
    /// first one stays. An object's class has its kind's code plus one, so a kind takes its number from its
    /// row alone.
    pub const fn number(self) -> u8 {
        match self {
            Self::Member => 1,
            Self::Court => 2,
            Self::Object(code) => code + 1,
            Self::File => 64,
            Self::Step => 65,
            Self::Cosigner => 66,
        }
    }

    /// Whether a subject's first fact stays and a further one changes nothing.
    pub fn is_kept_first(self) -> bool {
        matches!(self, Self::File | Self::Step | Self::Cosigner)
    }
}

/// The thing that a fact is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subject {
    /// The sort of thing.
    pub class: Class,
    /// The thing's key in its class, at most [`SUBJECT_BYTES_MAX`] bytes.
    pub key: Vec<u8>,
}

/// Longest key of a subject, in bytes.
pub const SUBJECT_BYTES_MAX: usize = 255;

impl Subject {
    /// A member's subject.
    pub fn member(name: &Name) -> Self {
        Self { class: Class::Member, key: name.as_str().as_bytes().to_vec() }
    }

    /// A court's subject.
    pub fn court(name: &CourtName) -> Self {
        Self { class: Class::Court, key: name.as_str().as_bytes().to_vec() }
    }

    /// The subject of an object that the entry at `index` made, of the kind with this code.
    pub fn object(code: u8, index: u64) -> Self {
        Self { class: Class::Object(code), key: index.to_be_bytes().to_vec() }
    }
}

/// The newest fact of a subject.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Index of the entry that wrote it.
    pub index: u64,
    /// Its value, in the bytes of the kind that wrote it.
    pub value: Vec<u8>,
}

/// A fact that cannot be read: the store failed or its bytes are damaged. Fatal for the node.
#[derive(Debug, thiserror::Error)]
#[error("a fact cannot be read: {0}")]
pub struct Unreadable(pub Box<dyn std::error::Error + Send + Sync>);

/// The value of a fact, as the kind that wrote it encoded it.
///
/// # Errors
/// [`Unreadable`] if its bytes are damaged.
pub fn value_of<T: DeserializeOwned>(fact: Option<Fact>) -> Result<Option<T>, Unreadable> {
    let decode = |fact: Fact| codec::decode(&fact.value, fact.value.len()).map_err(|error| Unreadable(Box::new(error)));
    fact.map(decode).transpose()
}

/// The questions that the rules of kinds may ask.
pub trait Facts {
    /// The subject's fact after the block before. Members and courts are judged by it, so that blocks can be
    /// judged in parallel.
    ///
    /// # Errors
    /// [`Unreadable`] if the store failed or the fact is damaged.
    fn at_parent(&self, subject: &Subject) -> Result<Option<Fact>, Unreadable>;

    /// The subject's fact as of this place in the block.
    ///
    /// # Errors
    /// [`Unreadable`] if the store failed or the fact is damaged.
    fn here(&self, subject: &Subject) -> Result<Option<Fact>, Unreadable>;
}

/// A file as first registration identifies it (L8): SHA-256 and length together. A statement with a length
/// that no such file has registers another identity, and so takes nothing from the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileIdentity {
    /// Its SHA-256, 32 bytes.
    pub sha256: Digest,
    /// Its length in bytes.
    pub size_bytes: u64,
}

impl FileIdentity {
    /// Its subject in the class of files.
    pub fn subject(&self) -> Subject {
        Subject { class: Class::File, key: [&self.sha256.0[..], &self.size_bytes.to_be_bytes()].concat() }
    }

    /// The file of a subject's key.
    pub fn from_key(key: &[u8]) -> Option<Self> {
        let (sha256, size_bytes) = key.split_first_chunk::<32>()?;
        Some(Self { sha256: Digest(*sha256), size_bytes: u64::from_be_bytes(size_bytes.try_into().ok()?) })
    }
}

/// The capacity in which a signer signs (L6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capacity {
    /// A registered member of this role.
    Member(Role),
    /// A court's node, under the court's voting key.
    Node,
}

impl Capacity {
    /// All capacities in the order of the role table.
    pub const ALL: [Self; 6] = [
        Self::Member(Role::Court),
        Self::Member(Role::Clerk),
        Self::Member(Role::Notary),
        Self::Member(Role::Lawyer),
        Self::Member(Role::Auditor),
        Self::Node,
    ];

    /// The word of the role table.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Member(role) => role.as_str(),
            Self::Node => "node",
        }
    }

    /// The role that an entry shows: a court's node signs as the court.
    pub fn role(self) -> Role {
        match self {
            Self::Member(role) => role,
            Self::Node => Role::Court,
        }
    }
}

/// A signer of transactions, as of the block before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    /// Name of the member, or of the court whose node signs.
    pub name: Name,
    /// The court that registered the member, or the court itself.
    pub court: CourtName,
    /// The key that the signature verifies under.
    pub key: PublicKey,
    /// The capacity in which it signs.
    pub capacity: Capacity,
    /// Index of the entry that gave this key. It is 0 for members of the genesis, and the epoch's entry for a
    /// court's node.
    pub since: u64,
}

/// The time and place at which a statement is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct At {
    /// Height of the block.
    pub height: u64,
    /// The block's time.
    pub time: Timestamp,
    /// Number of the epoch that decides the block.
    pub epoch: u64,
}

/// The value of a member's fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberFact {
    /// The court that registered it.
    pub court: CourtName,
    /// The role of the member.
    pub role: Role,
    /// The key of the member.
    pub key: PublicKey,
}

/// The value of a court's fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourtFact {
    /// Its voting key.
    pub vote: PublicKey,
    /// Its cosigner key.
    pub cosigner: PublicKey,
}
