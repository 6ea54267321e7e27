//! The bytes of both logs on disk, the write-ahead log's and the guard's: frames that show where a crash cut
//! them.
//!
//! In: records.
//! Out: frames; and from the bytes found on start, the records and whether they are whole. Always (rule C8):
//! a frame is magic, length, checksum, payload. Reading ends at the first frame that is not whole. A whole
//! frame after that point means damage, not just a torn tail.
//! Not for files: the host appends, flushes and reads.

use crate::error::Error;
use crate::guard::GuardRecord;
use crate::wal::WalRecord;
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::limits::BLOCK_BYTES_MAX;
use serde::{Serialize, de::DeserializeOwned};

/// First bytes of each frame.
pub const FRAME_MAGIC: [u8; 4] = *b"CSJ1";
/// Magic, payload length (u32, big-endian) and the first 8 bytes of the payload's SHA-256.
pub const FRAME_HEADER_BYTES: usize = 16;
/// Longest payload: a block and the fields around it.
pub const PAYLOAD_BYTES_MAX: usize = BLOCK_BYTES_MAX + 1024;

/// One of the two logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Log {
    /// The write-ahead log of the current height.
    Wal,
    /// The signing guard's log.
    Guard,
}

/// What both logs held on start.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// Records of the write-ahead log, in order.
    pub wal: Vec<WalRecord>,
    /// Records of the guard, in order.
    pub guard: Vec<GuardRecord>,
}

/// What the host does with the files of both logs before it appends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Bytes of the write-ahead log that stay.
    pub wal_bytes: usize,
    /// Bytes of the guard's log that stay.
    pub guard_bytes: usize,
    /// Whether the write-ahead log is damaged.
    pub is_wal_damaged: bool,
    /// Whether the guard's log is damaged.
    pub is_guard_damaged: bool,
}

/// The records of one log, and what the bytes looked like.
#[derive(Clone, Debug)]
pub struct Scan<T> {
    /// The records before the first broken frame.
    pub records: Vec<T>,
    /// Bytes that these records fill; the host cuts the log here before it appends.
    pub whole_bytes: usize,
    /// Whether whole frames follow a broken one, or nothing begins as a frame does.
    pub damaged: bool,
}

/// A record as a frame.
pub fn frame<T: Serialize>(record: &T) -> Vec<u8> {
    let payload = codec::encode(record);
    assert!(payload.len() <= PAYLOAD_BYTES_MAX, "every record is bounded by its largest field, a block");
    let mut bytes = Vec::with_capacity(FRAME_HEADER_BYTES + payload.len());
    bytes.extend_from_slice(&FRAME_MAGIC);
    bytes.extend_from_slice(&(payload.len() as u32).to_be_bytes());
    bytes.extend_from_slice(&sha256(&payload).0[..8]);
    bytes.extend_from_slice(&payload);
    bytes
}

/// Reads the frames of one log.
///
/// # Errors
/// [`Error::Record`]: an intact frame holds no record, so another version wrote it.
pub fn scan<T: DeserializeOwned>(bytes: &[u8]) -> Result<Scan<T>, Error> {
    let mut records = Vec::new();
    let mut at = 0;
    while let Some(payload) = whole_frame(&bytes[at..]) {
        records.push(codec::decode(payload, PAYLOAD_BYTES_MAX).map_err(Error::Record)?);
        at += FRAME_HEADER_BYTES + payload.len();
    }
    let is_foreign = at == 0 && !bytes.iter().zip(&FRAME_MAGIC).all(|(byte, magic)| byte == magic);
    let damaged = is_foreign || (at + 1..bytes.len()).any(|next| whole_frame(&bytes[next..]).is_some());
    Ok(Scan { records, whole_bytes: at, damaged })
}

impl Recovered {
    /// Reads both logs. If one is damaged and the other cannot make up for it, both are given up, so that
    /// every later start knows as little as this one (C24).
    ///
    /// # Errors
    /// [`Error::Record`]: another version wrote one of the logs.
    pub fn read(wal: &[u8], guard: &[u8]) -> Result<(Self, Kept), Error> {
        let wal = scan::<WalRecord>(wal)?;
        let guard = scan::<GuardRecord>(guard)?;
        let is_lost = wal.damaged && (guard.damaged || guard.records.is_empty()) || guard.damaged && wal.records.is_empty();
        let (is_wal_damaged, is_guard_damaged) = (wal.damaged, guard.damaged);
        let kept = Kept { wal_bytes: wal.whole_bytes, guard_bytes: guard.whole_bytes, is_wal_damaged, is_guard_damaged };
        if is_lost {
            return Ok((Self::default(), Kept { wal_bytes: 0, guard_bytes: 0, ..kept }));
        }
        Ok((Self { wal: wal.records, guard: guard.records }, kept))
    }
}

/// The payload of the frame with which `bytes` begin, if it is whole.
fn whole_frame(bytes: &[u8]) -> Option<&[u8]> {
    let rest = bytes.strip_prefix(&FRAME_MAGIC)?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (checksum, rest) = rest.split_first_chunk::<8>()?;
    let length = u32::from_be_bytes(*length) as usize;
    if length > PAYLOAD_BYTES_MAX {
        return None;
    }
    let payload = rest.get(..length)?;
    (sha256(payload).0[..8] == checksum[..]).then_some(payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vote::{SigningStep, StepKind};
    use crate::wal::Wait;
    use courtseal_proof::bytes::key::Signature;
    use proptest::prelude::*;

    fn record(round: u32) -> WalRecord {
        WalRecord::Timeout { height: 1, round, wait: Wait::Propose }
    }

    fn log() -> (Vec<u8>, usize) {
        let frames: Vec<Vec<u8>> = (0..3).map(|round| frame(&record(round))).collect();
        (frames.concat(), frames[0].len())
    }

    #[test]
    fn c8_a_cut_anywhere_leaves_a_prefix_of_the_records() {
        let (bytes, one) = log();
        for cut in 0..=bytes.len() {
            let scan = scan::<WalRecord>(&bytes[..cut]).unwrap();
            assert_eq!(scan.records, (0..(cut / one) as u32).map(record).collect::<Vec<_>>());
            assert_eq!(scan.whole_bytes, cut / one * one);
            assert!(!scan.damaged);
        }
    }

    #[test]
    fn c8_one_damaged_log_is_made_up_for_by_the_other() {
        let (whole, one) = log();
        let mut torn = whole.clone();
        torn[one + 20] ^= 1;
        // A write that was not flushed may be torn. That alone must not silence the court.
        let no_guard: Vec<u8> = Vec::new();
        let lost = |wal: &[u8], guard: &[u8]| {
            let (recovered, kept) = Recovered::read(wal, guard).unwrap();
            assert_eq!(recovered.wal.is_empty() && recovered.guard.is_empty(), kept.wal_bytes + kept.guard_bytes == 0);
            kept.wal_bytes + kept.guard_bytes == 0
        };
        let record = |round| GuardRecord {
            step: SigningStep { height: 1, round, kind: StepKind::Prevote },
            sign_bytes: vec![1],
            signature: Signature([1; 64]),
        };
        let guard = [frame(&record(0)), frame(&record(1))].concat();
        let mut damaged = guard.clone();
        damaged[20] ^= 1;
        assert!(!lost(&whole, &guard) && !lost(&torn, &guard) && !lost(&whole, &damaged) && !lost(&whole, &no_guard));
        // The write-ahead log does not have what the guard has lost, so both are given up.
        assert!(lost(&torn, &damaged) && lost(&torn, &no_guard) && lost(&no_guard, &damaged) && lost(b"rubbish", b"rubbish"));
    }

    #[test]
    fn c8_a_flipped_bit_is_found_and_is_damage_unless_it_is_in_the_last_record() {
        let (bytes, one) = log();
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 1;
            let scan = scan::<WalRecord>(&broken).unwrap();
            assert_eq!(scan.records.len(), at / one);
            assert_eq!(scan.damaged, at / one < 2, "{at}");
        }
    }

    proptest! {
        #[test]
        fn c8_any_records_come_back_and_any_cut_or_flip_leaves_a_prefix(
            bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..200), 1..8),
            at: proptest::sample::Index,
            bit in 0u8..8,
        ) {
            let body = |(height, block): (usize, &Vec<u8>)| {
                WalRecord::Body { height: height as u64, value: sha256(block), block: block.clone().into() }
            };
            let records: Vec<WalRecord> = bodies.iter().enumerate().map(body).collect();
            let mut bytes: Vec<u8> = records.iter().flat_map(frame).collect();
            let whole = scan::<WalRecord>(&bytes).unwrap();
            prop_assert_eq!(&whole.records, &records);
            prop_assert!(whole.whole_bytes == bytes.len() && !whole.damaged);
            let at = at.index(bytes.len());
            let cut = scan::<WalRecord>(&bytes[..at]).unwrap();
            prop_assert!(records.starts_with(&cut.records) && !cut.damaged);
            bytes[at] ^= 1 << bit;
            let flipped = scan::<WalRecord>(&bytes).unwrap();
            prop_assert!(records.starts_with(&flipped.records) && flipped.records.len() < records.len());
            prop_assert_eq!(flipped.damaged, flipped.records.len() + 1 < records.len() || at < FRAME_MAGIC.len());
        }
    }
}
