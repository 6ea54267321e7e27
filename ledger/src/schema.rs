//! Keys and values: every byte that the ledger stores (specs/storage.md, S1 to S3).
//!
//! In: typed records. Out: keys, whose first byte is the table and whose numbers are big-endian, so that keys sort as numbers do; and values, each
//! ended by a checksum that covers its key too. Always: a value that was damaged or stands under another key is refused on reading. Not for
//! reading or writing: see [`crate::records`] and [`crate::ledger`].

use crate::error::Error;
use courtseal_proof::block::Header;
use courtseal_proof::codec;
use courtseal_proof::digest::{Digest, sha256_of};
use courtseal_proof::entry::RejectionRule;
use courtseal_proof::facts::{FileIdentity, SUBJECT_BYTES_MAX, Subject};
use courtseal_proof::genesis::Role;
use courtseal_proof::kinds::verdict::{Outcome, Verdict};
use courtseal_proof::name::CourtName;
use courtseal_proof::time::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The layout that this software writes and reads.
pub const SCHEMA_VERSION: u32 = 4;

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
    /// Transactions, by the index of their first entry.
    Transaction = b't',
    /// System entries as texts, by index.
    System = b's',
    /// Where a transaction is recorded, by id. Permanent.
    TransactionIndex = b'x',
    /// The first public statement entry with a SHA-256: [`FirstRecord`], by SHA-256.
    First = b'f',
    /// Further public statement entries with that SHA-256, of whatever length, by SHA-256 and index.
    Further = b'd',
    /// Index of the first entry with that SHA-256 and another length than the first of all, by SHA-256 and
    /// length.
    OtherLength = b'l',
    /// Index of the entry of an equivocation: of a court's step by key, height, round and step; of a cosigner by its key.
    Equivocation = b'e',
    /// The newest fact of a subject: [`NewestRecord`], by class, length and key of the subject.
    Newest = b'h',
    /// Every version of a subject's facts: its value, by class, length and key of the subject, and the index of its entry.
    Version = b'v',
    /// Tiles, by level and number.
    Tile = b'n',
}

/// All tables.
pub const TABLES: [Table; 12] = [
    Table::Meta,
    Table::Block,
    Table::Transaction,
    Table::System,
    Table::TransactionIndex,
    Table::First,
    Table::Further,
    Table::OtherLength,
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

/// Key of a tile.
pub fn tile_key(level: u8, index: u64) -> Vec<u8> {
    Table::Tile.key(&[&[level], &index.to_be_bytes()])
}

/// Key of a further entry with a SHA-256.
pub fn further_key(sha256: &Digest, index: u64) -> Vec<u8> {
    Table::Further.key(&[&sha256.0, &index.to_be_bytes()])
}

/// Key of the first entry with the file's SHA-256 and length, if another entry with that SHA-256 came before
/// it.
pub fn other_length_key(file: &FileIdentity) -> Vec<u8> {
    Table::OtherLength.key(&[&file.sha256.0, &file.size_bytes.to_be_bytes()])
}

/// Key of the entry that accuses a court of what it signed.
pub fn equivocation_key(subject: &Subject) -> Vec<u8> {
    Table::Equivocation.key(&[&subject.key])
}

/// A subject as keys hold it: class u8, length u8, key.
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
    /// Its value.
    pub value: Vec<u8>,
}

/// Which layout, which network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchemaRecord {
    /// [`SCHEMA_VERSION`].
    pub version: u32,
    /// Genesis digest.
    pub chain: Digest,
}

/// A block, but for its transactions, which are in their own table from `first_index` on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockRecord {
    /// The header.
    pub header: Header,
    /// The courts' commit certificate, as consensus gave it.
    pub certificate: Vec<u8>,
    /// Entries before the block.
    pub first_index: u64,
    /// Number of transactions.
    pub transactions: u32,
    /// Entries after the block.
    pub size: u64,
    /// Root over them.
    pub root: Digest,
}

/// What is stored beside a transaction's text: all that its entries have besides what is in the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionRecord {
    /// Its block.
    pub height: u64,
    /// The block's time.
    pub time: Timestamp,
    /// Its place in the block, from 0.
    pub place: u32,
    /// The court that registered the member, when it was recorded.
    pub court: CourtName,
    /// The member's role, when it was recorded.
    pub role: u8,
    /// One outcome a statement.
    pub outcomes: Vec<u8>,
}

/// Where a transaction is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionPlace {
    /// Its block.
    pub height: u64,
    /// The block's time.
    pub time: Timestamp,
    /// Index of its first entry.
    pub first_index: u64,
    /// Number of its entries.
    pub count: u32,
}

/// The first public statement entry with a SHA-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstRecord {
    /// Its index.
    pub index: u64,
    /// The length that it states, in bytes.
    pub size_bytes: u64,
}

/// The stored byte of a verdict.
pub fn verdict_byte(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Recorded(Outcome { first: None }) => 0,
        Verdict::Recorded(Outcome { first: Some(true) }) => 1,
        Verdict::Recorded(Outcome { first: Some(false) }) => 2,
        Verdict::Rejected(RejectionRule::Role) => 16,
        Verdict::Rejected(RejectionRule::AssertedInFuture) => 17,
    }
}

/// The verdict of a stored byte.
pub fn verdict_from_byte(byte: u8) -> Option<Verdict> {
    let recorded = |first| Verdict::Recorded(Outcome { first });
    Some(match byte {
        0 => recorded(None),
        1 => recorded(Some(true)),
        2 => recorded(Some(false)),
        16 => Verdict::Rejected(RejectionRule::Role),
        17 => Verdict::Rejected(RejectionRule::AssertedInFuture),
        _ => return None,
    })
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
/// [`Error::Corrupt`].
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
/// [`Error::Corrupt`].
pub fn read_record<T: DeserializeOwned>(key: &[u8], payload: &[u8]) -> Result<T, Error> {
    codec::decode(payload, payload.len()).map_err(|_| damaged(key))
}

/// The payload of a transaction: u32 length of the record, the record, the text.
pub fn transaction_payload(record: &TransactionRecord, text: &[u8]) -> Vec<u8> {
    let record = codec::encode(record);
    let mut payload = Vec::with_capacity(4 + record.len() + text.len() + CHECKSUM_BYTES);
    payload.extend_from_slice(&(record.len() as u32).to_le_bytes());
    payload.extend_from_slice(&record);
    payload.extend_from_slice(text);
    payload
}

/// Reads a transaction's payload.
///
/// # Errors
/// [`Error::Corrupt`].
pub fn read_transaction(key: &[u8], payload: &[u8]) -> Result<(TransactionRecord, Vec<u8>), Error> {
    let (length, rest) = payload.split_first_chunk::<4>().ok_or_else(|| damaged(key))?;
    let (record, text) = rest.split_at_checked(u32::from_le_bytes(*length) as usize).ok_or_else(|| damaged(key))?;
    Ok((read_record(key, record)?, text.to_vec()))
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
    fn roles_and_verdicts_have_one_byte_each() {
        for role in ROLES {
            assert_eq!(role_from_byte(role_byte(role)), Some(role));
        }
        let known: Vec<_> = (0..=255).filter_map(|byte| verdict_from_byte(byte).map(|verdict| (byte, verdict))).collect();
        assert_eq!(known.len(), 5);
        assert!(known.iter().all(|(byte, verdict)| verdict_byte(*verdict) == *byte));
        assert_eq!(role_from_byte(5), None);
    }

    fn transaction() -> impl Strategy<Value = TransactionRecord> {
        let court = "[a-z]{1,40}".prop_map(|text| CourtName::new(text).unwrap());
        let outcomes = proptest::collection::vec(any::<u8>(), 0..50);
        (any::<u64>(), any::<u64>(), any::<u32>(), court, any::<u8>(), outcomes).prop_map(
            |(height, time, place, court, role, outcomes)| {
                let time = Timestamp(time);
                TransactionRecord { height, time, place, court, role, outcomes }
            },
        )
    }

    proptest! {
        #[test]
        fn s2_records_come_back_and_no_other_bytes_are_the_same_record(
            record in transaction(),
            text in proptest::collection::vec(any::<u8>(), 0..100),
            index: u64,
            at: proptest::sample::Index,
            bit in 0u8..8,
        ) {
            let key = Table::Transaction.number(index);
            let payload = transaction_payload(&record, &text);
            let sealed = seal(&key, payload.clone());
            prop_assert_eq!(unseal(&key, sealed.clone()), Ok(payload.clone()));
            prop_assert_eq!(read_transaction(&key, &payload), Ok((record, text)));
            prop_assert!(unseal(&Table::Transaction.number(index ^ 1), sealed.clone()).is_err());
            let mut other = sealed;
            let at = at.index(other.len());
            other[at] ^= 1 << bit;
            prop_assert!(unseal(&key, other).is_err());
        }

        #[test]
        fn s2_any_payload_that_is_read_is_written_the_same(payload in proptest::collection::vec(0u8..4, 0..200)) {
            if let Ok((record, text)) = read_transaction(b"t", &payload) {
                prop_assert_eq!(transaction_payload(&record, &text), payload.clone());
            }
            if let Ok(record) = read_record::<TransactionRecord>(b"t", &payload) {
                prop_assert_eq!(codec::encode(&record), payload);
            }
        }
    }
}
