//! Which times of cosignatures count (F32), and when a log reached its size.
//!
//! In: the time in a cosignature, the recorded time of the log's last entry, the wall clock.
//! Out: whether the time is within bounds.
//! Always: the lower bound is that of verifiers (F43), so that no receipt carries a cosignature that they
//! reject.
//! Times are compared in whole seconds, as a cosigner reads its clock, and without overflow.
//! Not for signatures.

use courtseal_ledger::{Error, Ledger};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::entry::Entry;
use courtseal_proof::log::checkpoint::{CosignedCheckpoint, may_cosign_at};

/// Most seconds by which a cosignature may be earlier than the log's last entry, or later than this court's
/// clock (F32).
pub const SKEW_S_MAX: u64 = 10;

/// Whether a cosignature of `time_s`, POSIX seconds, counts at `wall` for a log whose last entry was recorded
/// at `recorded`.
///
/// Both clocks are cut to whole seconds. `time_s` is at least `recorded` minus [`SKEW_S_MAX`], and at most
/// `wall` plus [`SKEW_S_MAX`]. That is below 2^63 whatever the clock shows.
pub fn is_timely(time_s: u64, recorded: Timestamp, wall: Timestamp) -> bool {
    may_cosign_at(time_s, recorded) && time_s <= wall.0 / 1000 + SKEW_S_MAX
}

/// Whether all cosignatures of a checkpoint count at `wall`. The checkpoint is of this ledger, and not longer
/// than it.
///
/// # Errors
/// The ledger cannot be read, which is fatal.
pub fn are_timely(cosigned: &CosignedCheckpoint, ledger: &Ledger, wall: Timestamp) -> Result<bool, Error> {
    let recorded = recorded_at(ledger, cosigned.checkpoint.size)?;
    let mut times = cosigned.cosignatures.iter().map(|line| line.as_cosignature());
    Ok(times.all(|found| found.is_some_and(|(time_s, _)| is_timely(time_s, recorded, wall))))
}

/// The time of the block that brought the log to this size: the recorded time of its last entry.
///
/// # Errors
/// [`Error::OutOfRange`] if the log is shorter. The other errors are fatal.
pub fn recorded_at(ledger: &Ledger, size: u64) -> Result<Timestamp, Error> {
    let last = size.checked_sub(1).ok_or(Error::OutOfRange("a log without entries has no last entry"))?;
    let text = ledger.entry(last)?.ok_or(Error::OutOfRange("the log has no such index"))?;
    let entry = Entry::from_text(text.as_bytes()).map_err(|error| Error::Corrupt(format!("entry {last}: {error}")))?;
    Ok(entry.recorded_at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f32_times_count_from_10_s_before_the_entry_to_10_s_after_the_own_clock() {
        let (recorded, wall) = (Timestamp(100_000), Timestamp(200_000));
        let at = |time_s| is_timely(time_s, recorded, wall);
        assert_eq!([89, 90, 210, 211].map(at), [false, true, true, false]);
        // A cosigner reads its clock in whole seconds, so milliseconds are cut off.
        assert!(is_timely(90, Timestamp(100_999), wall) && !is_timely(90, Timestamp(101_000), wall));
        assert!(is_timely(210, recorded, Timestamp(200_999)) && !is_timely(210, recorded, Timestamp(199_999)));
        assert!(is_timely(0, Timestamp(10_999), Timestamp(0)) && !is_timely(0, Timestamp(11_000), Timestamp(0)));
        // Verifiers reject such a time, so no clock makes it count.
        assert!(!is_timely(u64::MAX, recorded, Timestamp(u64::MAX)) && !is_timely(1 << 63, recorded, Timestamp(u64::MAX)));
    }

    #[test]
    fn a_log_got_its_size_when_its_last_entry_was_recorded() {
        let genesis = crate::testing::genesis(4);
        let ledger = crate::testing::ledger(&genesis, 3);
        assert!(ledger.head().time > genesis.time, "there are blocks");
        assert_eq!(recorded_at(&ledger, ledger.head().size).unwrap(), ledger.head().time);
        // The entries of the genesis have its time.
        assert_eq!(recorded_at(&ledger, 3).unwrap(), genesis.time);
        assert!(recorded_at(&ledger, 0).is_err() && recorded_at(&ledger, ledger.head().size + 1).is_err());
    }
}
