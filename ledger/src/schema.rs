//! Keys and values: every byte that the ledger stores (specs/storage.md, S1 to S3).
//!
//! In: typed records.
//! Out: keys and values. A key's first byte is its table, and its numbers are big-endian, so that keys sort
//! as their numbers. A value ends with a checksum that covers its key too.
//! Always: a value that is damaged or stands under another key is refused when it is read.
//! Not for reading or writing: see [`crate::records`] and [`crate::ledger`].

pub mod outcomes;

use crate::error::Error;
use courtseal_proof::block::Header;
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::{Digest, sha256_of};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::facts::{Class, SUBJECT_BYTES_MAX, Subject};
use courtseal_proof::genesis::Role;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The layout that this software writes and reads.
pub const SCHEMA_VERSION: u32 = 5;

/// Bytes of the checksum at the end of each value.
pub const CHECKSUM_BYTES: usize = 4;

/// A table: the first byte of its keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Table {
    /// Single records: see [`schema_key`], [`genesis_key`], [`head_key`], [`checkpoint_key`].
    Meta = b'm',
    /// Blocks without their transactions, by height.
    Block = b'b',
    /// Canonical transactions, raw, by the index of their first entry.
    Transaction = b't',
    /// The other contents of their entries: [`outcomes::OutcomesRecord`], by the index of the first entry.
    Outcomes = b'o',
    /// System entries: [`SystemRecord`], by index.
    System = b's',
    /// The place of a transaction, by id. It is never deleted.
    TransactionIndex = b'x',
    /// Index of the first public statement entry with a SHA-256 and length, by both.
    First = b'f',
    /// All public statement entries with a SHA-256, of any length, by SHA-256 and index.
    Named = b'd',
    /// Index of the entry of an equivocation. Its key is a court's step (key, height, round and step) or a
    /// cosigner key.
    Equivocation = b'e',
    /// The newest fact of a subject: [`NewestRecord`], by class, length and key of the subject.
    Newest = b'h',
    /// All versions of a subject's facts: each value, by class, length and key of the subject, and the index
    /// of its entry.
    Version = b'v',
    /// Tiles, by level and number.
    Tile = b'n',
}

/// All tables of the layout.
pub const TABLES: [Table; 12] = [
    Table::Meta,
    Table::Block,
    Table::Transaction,
    Table::Outcomes,
    Table::System,
    Table::TransactionIndex,
    Table::First,
    Table::Named,
    Table::Equivocation,
    Table::Newest,
    Table::Version,
    Table::Tile,
];

impl Table {
    /// The key of this table with these parts.
    pub fn key(self, parts: &[&[u8]]) -> Vec<u8> {
        let mut key = vec![self as u8];
        parts.iter().for_each(|part| key.extend_from_slice(part));
        key
    }

    /// The key of this table with this number.
    pub fn number(self, number: u64) -> Vec<u8> {
        self.key(&[&number.to_be_bytes()])
    }

    /// The key after all of this table.
    pub fn end(self) -> Vec<u8> {
        vec![self as u8 + 1]
    }
}

/// Key of [`SchemaRecord`].
pub fn schema_key() -> Vec<u8> {
    Table::Meta.key(&[b"schema"])
}

/// Key of the genesis document's text.
pub fn genesis_key() -> Vec<u8> {
    Table::Meta.key(&[b"genesis"])
}

/// Key of [`crate::head::Head`].
pub fn head_key() -> Vec<u8> {
    Table::Meta.key(&[b"head"])
}

/// Key of the newest checkpoint with a quorum of cosignatures.
pub fn checkpoint_key() -> Vec<u8> {
    Table::Meta.key(&[b"checkpoint"])
}

/// Key of a tile, by level and number.
pub fn tile_key(level: u8, index: u64) -> Vec<u8> {
    Table::Tile.key(&[&[level], &index.to_be_bytes()])
}

/// Key of the public statement entry at `index` with this SHA-256.
pub fn named_key(sha256: &Digest, index: u64) -> Vec<u8> {
    Table::Named.key(&[&sha256.0, &index.to_be_bytes()])
}

/// Table and key of the entry that wrote a subject's one fact; none if every version is kept. Such a fact is
/// a file's first registration or an accusation.
pub fn first_key(subject: &Subject) -> Option<(Table, Vec<u8>)> {
    let table = match subject.class {
        Class::File => Table::First,
        Class::Step | Class::Cosigner => Table::Equivocation,
        Class::Member | Class::Court | Class::Object(_) => return None,
    };
    Some((table, table.key(&[&subject.key])))
}

/// The bytes of a subject in a key: class u8, length u8, key.
fn subject_bytes(subject: &Subject) -> Vec<u8> {
    assert!(subject.key.len() <= SUBJECT_BYTES_MAX, "rules make short subjects only");
    [&[subject.class.number(), subject.key.len() as u8], &subject.key[..]].concat()
}

/// Key of the newest fact of a subject.
pub fn newest_key(subject: &Subject) -> Vec<u8> {
    Table::Newest.key(&[&subject_bytes(subject)])
}

/// Key of the version of a subject's fact that the entry at `index` wrote.
pub fn version_key(subject: &Subject, index: u64) -> Vec<u8> {
    Table::Version.key(&[&subject_bytes(subject), &index.to_be_bytes()])
}

/// The newest fact of a subject.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewestRecord {
    /// Index of the entry that wrote it.
    pub index: u64,
    /// The fact's value, as its kind encodes it.
    pub value: Vec<u8>,
}

/// The layout of a store and its network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaRecord {
    /// The layout's version, [`SCHEMA_VERSION`].
    pub version: u32,
    /// The digest of the network's genesis.
    pub chain: Digest,
}

/// A block without its transactions, which are in their own table from `first_index` on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRecord {
    /// The header of the block.
    pub header: Header,
    /// The courts' commit certificate, as consensus gave it.
    pub certificate: Vec<u8>,
    /// Number of entries before the block.
    pub first_index: u64,
    /// Number of transactions.
    pub transactions: u32,
    /// Number of entries after the block.
    pub size: u64,
    /// Root over the entries after the block.
    pub root: Digest,
}

/// A system entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SystemRecord {
    /// The text of a `genesis` or `epoch` entry.
    Text(String),
    /// A `state` entry. An idle network writes one with each heartbeat, and its text follows from these
    /// fields.
    State {
        /// Height of its block.
        height: u64,
        /// The block's time.
        time: Timestamp,
        /// Number of the epoch that decides the next height.
        epoch: u64,
        /// Root of the map of marks.
        map: Digest,
    },
}

/// The place of a recorded transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionPlace {
    /// Height of its block.
    pub height: u64,
    /// The block's time.
    pub time: Timestamp,
    /// Index of its first entry.
    pub first_index: u64,
    /// Number of its entries.
    pub count: u32,
}

const ROLES: [Role; 5] = [Role::Court, Role::Clerk, Role::Notary, Role::Lawyer, Role::Auditor];

/// The stored byte of a role.
pub fn role_byte(role: Role) -> u8 {
    role as u8
}

/// The role of a stored byte.
pub fn role_from_byte(byte: u8) -> Option<Role> {
    ROLES.get(usize::from(byte)).copied()
}

fn checksum(key: &[u8], payload: &[u8]) -> [u8; CHECKSUM_BYTES] {
    let digest = sha256_of(&[&(key.len() as u32).to_le_bytes(), key, payload]);
    [digest.0[0], digest.0[1], digest.0[2], digest.0[3]]
}

/// The value to store under `key`: the payload and its checksum.
pub fn seal(key: &[u8], mut payload: Vec<u8>) -> Vec<u8> {
    let sum = checksum(key, &payload);
    payload.extend_from_slice(&sum);
    payload
}

/// The payload of a stored value, if its checksum is right.
///
/// # Errors
/// [`Error::Corrupt`] if the value is too short or its checksum is wrong.
pub fn unseal(key: &[u8], mut value: Vec<u8>) -> Result<Vec<u8>, Error> {
    let Some(length) = value.len().checked_sub(CHECKSUM_BYTES) else { return Err(damaged(key)) };
    let sum = checksum(key, &value[..length]);
    if value[length..] != sum {
        return Err(damaged(key));
    }
    value.truncate(length);
    Ok(value)
}

/// The error for a record that cannot be what was written.
pub fn damaged(key: &[u8]) -> Error {
    let hex: String = key.iter().skip(1).take(40).map(|byte| format!("{byte:02x}")).collect();
    Error::Corrupt(format!("record {}{hex}", key.first().map_or('?', |table| char::from(*table))))
}

/// Reads a record from its payload.
///
/// # Errors
/// [`Error::Corrupt`] if the payload is no such record.
pub fn read_record<T: DeserializeOwned>(key: &[u8], payload: &[u8]) -> Result<T, Error> {
    codec::decode(payload, payload.len()).map_err(|_| damaged(key))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn s2_a_flipped_bit_or_another_key_is_refused() {
        let key = tile_key(1, 2);
        let value = seal(&key, b"payload".to_vec());
        assert_eq!(unseal(&key, value.clone()), Ok(b"payload".to_vec()));
        for bit in 0..value.len() * 8 {
            let mut other = value.clone();
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(matches!(unseal(&key, other), Err(Error::Corrupt(_))), "bit {bit}");
        }
        assert!(unseal(&tile_key(1, 3), value.clone()).is_err());
        assert!(unseal(&key, value[..3].to_vec()).is_err());
    }

    #[test]
    fn s1_keys_sort_as_their_numbers() {
        let keys = [0, 1, 255, 256, u64::MAX].map(|n| Table::Block.number(n));
        assert!(keys.is_sorted() && keys.iter().all(|key| *key < Table::Block.end()));
    }

    #[test]
    fn roles_have_one_byte_each() {
        for role in ROLES {
            assert_eq!(role_from_byte(role_byte(role)), Some(role));
        }
        assert_eq!(role_from_byte(5), None);
    }

    proptest! {
        #[test]
        fn s2_any_payload_that_is_read_is_written_the_same(payload in proptest::collection::vec(0u8..4, 0..200)) {
            if let Ok(record) = read_record::<SystemRecord>(b"s", &payload) {
                prop_assert_eq!(codec::encode(&record), payload);
            }
        }
    }
}
