//! The time rule: which block times a court prevotes (rules C15 and C16).
//!
//! In: a block's time, when its proposal came in, the round.
//! Out: timely, early by some milliseconds, or late.
//! Always: nothing here makes a block invalid, because one late time would then lock courts for ever. The
//! bounds grow with the round.
//! Votes of others override the bounds, a third of them for a late time and only a quorum for an early one:
//! see `judge_time` in `driver/run.rs`.
//! Not for synced blocks. Not for a block whose time is not after its parent's, or is after `TIMESTAMP_MAX`:
//! `check_header` in `ledger/src/validate.rs` makes it invalid, and asks nothing else of the time.

use courtseal_proof::bytes::time::Timestamp;

/// How far courts' clocks may differ, in round 0.
pub const CLOCK_PRECISION_MS: u64 = 500;
/// How long a proposal may be under way, in round 0.
pub const PROPOSAL_DELAY_MS: u64 = 2_500;
/// By how much both grow with each round.
pub const CLOCK_STEP_MS: u64 = 500;

/// What a court's clock says about a block's time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timing {
    Timely,
    /// It becomes timely after this many milliseconds.
    Early(u64),
    Late,
}

/// Judges `time` of a block whose proposal for `round` was first seen at `seen`; it is `now`.
pub(crate) fn judge(time: Timestamp, seen: Timestamp, now: Timestamp, round: u32) -> Timing {
    let growth_ms = CLOCK_STEP_MS.saturating_mul(u64::from(round));
    let precision_ms = CLOCK_PRECISION_MS.saturating_add(growth_ms);
    let late_ms = precision_ms.saturating_add(PROPOSAL_DELAY_MS).saturating_add(growth_ms);
    let earliest = time.0.saturating_sub(precision_ms);
    if now.0 < earliest {
        Timing::Early(earliest - now.0)
    } else if seen.0 > time.0.saturating_add(late_ms) {
        Timing::Late
    } else {
        Timing::Timely
    }
}

/// The time of an own block: the clock's, but always after the parent's (rule C15).
pub(crate) fn own(parent: Timestamp, now: Timestamp) -> Timestamp {
    Timestamp(now.0.max(parent.0.saturating_add(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c16_bounds() {
        let at = |time, seen, now, round| judge(Timestamp(time), Timestamp(seen), Timestamp(now), round);
        assert_eq!(at(10_000, 10_000, 10_000, 0), Timing::Timely);
        assert_eq!(at(10_500, 10_000, 10_000, 0), Timing::Timely);
        assert_eq!(at(10_501, 10_000, 10_000, 0), Timing::Early(1));
        assert_eq!(at(7_000, 10_000, 10_000, 0), Timing::Timely);
        assert_eq!(at(6_999, 10_000, 10_000, 0), Timing::Late);
        assert_eq!(at(6_999, 10_000, 10_000, 1), Timing::Timely);
        assert_eq!(at(u64::MAX, u64::MAX, u64::MAX, u32::MAX), Timing::Timely);
    }

    #[test]
    fn c15_own_time_is_after_the_parent() {
        assert_eq!(own(Timestamp(5), Timestamp(9)), Timestamp(9));
        assert_eq!(own(Timestamp(9), Timestamp(5)), Timestamp(10));
    }
}
