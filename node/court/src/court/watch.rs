//! What was last seen of clocks and times, and what is reported of it.
//!
//! In: comparisons of clocks, a last block that lies in the future, cosignatures whose times do not count.
//! Out: whether a change is to be reported.
//! Always: a change is reported once, after several checks in a row have seen it.
//! Not for making the checks: see [`super::clocks`].

use crate::clock_watch::{AGREE_MS_MAX, ClockWatch, Comparison};
use crate::cosign::Untimely;
use courtseal_proof::bytes::name::CourtName;
use courtseal_proof::bytes::time::Timestamp;

/// Number of checks in a row that must see a change before it is reported.
const CHECKS: u32 = 3;
/// A last block halts the network if it is more than this many milliseconds ahead of the clock (R9). Courts
/// whose clocks differ by less agree (N11).
const AHEAD_MS: u64 = AGREE_MS_MAX;
/// A halt ends when the block is at most this many milliseconds ahead. Then the next block is timely (C16).
const AHEAD_MS_LAST: u64 = 500;

/// A value that is reported once [`CHECKS`] checks in a row have seen it.
#[derive(Default)]
pub(super) struct Settled<T> {
    /// The reported value.
    pub told: T,
    next: Option<(T, u32)>,
}

impl<T> Settled<T> {
    /// Takes a seen value. True if it is reported from now on instead of a different one. A value that is
    /// like the reported one replaces it at once.
    pub fn look(&mut self, seen: T, is_like: impl Fn(&T, &T) -> bool) -> bool {
        if is_like(&seen, &self.told) {
            (self.told, self.next) = (seen, None);
            return false;
        }
        let times = self.next.take().filter(|(next, _)| is_like(next, &seen)).map_or(1, |(_, times)| times + 1);
        if times < CHECKS {
            self.next = Some((seen, times));
            return false;
        }
        self.told = seen;
        true
    }
}

/// A last block that lies in the future, so that no court can build on it yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Halted {
    /// Time of the block.
    pub until: Timestamp,
    /// Whether the block is the genesis.
    pub is_genesis: bool,
    /// Whether more than half of all courts agree on a time at which the block lies in the future.
    pub is_sure: bool,
}

impl Halted {
    /// Whether a block of this time halts the network. It is judged by the time on which most courts agree,
    /// or else by this court's clock.
    pub fn judge(
        block: Timestamp,
        is_genesis: bool,
        agreed: Option<Timestamp>,
        wall: Timestamp,
        was_halted: bool,
    ) -> Option<Self> {
        let bound_ms = if was_halted { AHEAD_MS_LAST } else { AHEAD_MS };
        let is_ahead = block.0.saturating_sub(agreed.unwrap_or(wall).0) > bound_ms;
        is_ahead.then_some(Self { until: block, is_genesis, is_sure: agreed.is_some() })
    }

    /// The reason in words, for people.
    pub fn reason(&self) -> String {
        let (what, until) = (if self.is_genesis { "the genesis" } else { "the last block" }, self.until);
        if self.is_sure {
            return format!(
                "{what} lies in the future until {until}; nothing can be recorded before, and then recording goes on by itself"
            );
        }
        format!(
            "{what} lies in the future until {until} by this court's clock, and too few courts agree on the time to tell whether this clock is behind: check it first; if it is right, recording goes on by itself then"
        )
    }
}

/// The clocks and times that were seen last, and what is reported of them.
pub(super) struct Watch {
    /// The clocks that courts have told.
    pub clocks: ClockWatch,
    /// When this court last told its own clock, on the monotonic clock, in milliseconds.
    pub told_ms: Option<u64>,
    looked_at: Timestamp,
    /// Whether the clocks that count differ.
    differ: Settled<bool>,
    /// The newest comparison that agrees with `differ`.
    comparison: Comparison,
    /// The comparison that was logged last.
    logged: Settled<Comparison>,
    /// The last block, if it halts the network.
    pub halted: Settled<Option<Halted>>,
    /// Courts whose cosignatures do not count because of their times.
    pub untimely: Settled<Vec<Untimely>>,
}

impl Watch {
    /// Starts for the court `own` among these. No clock is known yet.
    pub fn new(own: CourtName, courts: impl IntoIterator<Item = CourtName>) -> Self {
        Self {
            clocks: ClockWatch::new(own, courts),
            told_ms: None,
            looked_at: Timestamp::default(),
            differ: Settled::default(),
            comparison: Comparison::default(),
            logged: Settled::default(),
            halted: Settled::default(),
            untimely: Settled::default(),
        }
    }

    /// Takes a clock that a court has told.
    pub fn hear(&mut self, court: &CourtName, clock: Timestamp, now_ms: u64) {
        self.clocks.hear(court, clock, now_ms);
    }

    /// Forgets the clock of a court that is no longer connected.
    pub fn forget(&mut self, court: &CourtName) {
        self.clocks.forget(court);
    }

    /// The comparison of the courts' clocks. Only the fact that they differ is reported late. Otherwise a
    /// byzantine court that is in another group at each check could keep everything from being reported.
    pub fn comparison(&self) -> &Comparison {
        &self.comparison
    }

    /// Takes a comparison. True if it is to be logged: the clocks differ, they agree again, or the groups
    /// have changed for good.
    pub fn compared(&mut self, comparison: Comparison) -> bool {
        let do_differ = comparison.groups.len() > 1;
        let is_changed = self.differ.look(do_differ, |a, b| a == b);
        let is_logged = self.logged.look(comparison.clone(), Comparison::is_like);
        if self.differ.told == do_differ {
            self.comparison = comparison;
        }
        is_changed || is_logged && self.differ.told == do_differ
    }

    /// Notes this court's clock at a check.
    pub fn look_at(&mut self, wall: Timestamp) {
        self.looked_at = wall;
    }

    /// This court's clock at the last check. Texts use it, so that they change only with a check.
    pub fn looked_at(&self) -> Timestamp {
        self.looked_at
    }

    /// The block that halts the network, as it is reported.
    pub fn halted(&self) -> Option<&Halted> {
        self.halted.told.as_ref()
    }

    /// Courts whose cosignatures do not count because of their times, as it is reported.
    pub fn untimely(&self) -> &[Untimely] {
        &self.untimely.told
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use courtseal_consensus::Now;

    const DAY_MS: u64 = 86_400_000;
    const NOW: Timestamp = Timestamp(1_795_453_200_000);

    #[test]
    fn a_change_is_reported_once_it_was_seen_three_times_in_a_row() {
        let mut settled = Settled::<Option<u32>>::default();
        let mut look = |seen| settled.look(seen, |a, b| a.is_some() == b.is_some());
        assert_eq!([Some(1), Some(2), None, Some(3), Some(4)].map(&mut look), [false; 5]);
        assert!(look(Some(5)) && !look(Some(6)), "once");
        assert_eq!([None, None, Some(7), None, None].map(&mut look), [false; 5]);
        assert!(look(None));
    }

    #[test]
    fn n11_a_court_whose_clock_changes_at_each_check_cannot_suppress_the_report() {
        let name = |court: usize| CourtName::new(format!("court-{court}")).unwrap();
        let mut watch = Watch::new(name(0), (0..4).map(name));
        let mut said = Vec::new();
        for second in 0..6 {
            let wall = NOW.plus_ms(second * 1_000);
            // The clock of court 1 is a minute off, that of court 2 is right, and court 3 alternates.
            for (court, ahead_ms) in [(1, 60_000), (2, 0), (3, second % 2 * 60_000)] {
                watch.hear(&name(court), wall.plus_ms(ahead_ms), second * 1_000);
            }
            let compared = watch.clocks.compare(Now { monotonic_ms: second * 1_000, wall });
            let is_logged = watch.compared(compared);
            said.push((is_logged, watch.comparison().groups.len()));
        }
        assert_eq!(said, [(false, 0), (false, 0), (true, 2), (false, 2), (false, 2), (false, 2)]);
    }

    #[test]
    fn a_block_halts_the_network_if_it_is_more_than_10_s_ahead_and_until_it_is_timely() {
        let judge = |ahead_ms, was_halted| Halted::judge(NOW.plus_ms(ahead_ms), false, Some(NOW), NOW, was_halted).is_some();
        assert_eq!([AHEAD_MS, AHEAD_MS + 1].map(|ms| judge(ms, false)), [false, true]);
        assert_eq!([AHEAD_MS_LAST, AHEAD_MS_LAST + 1].map(|ms| judge(ms, true)), [false, true]);
        assert!(Halted::judge(Timestamp(0), false, None, NOW, false).is_none());
        assert!(Halted::judge(Timestamp(u64::MAX), false, None, Timestamp(0), false).is_some());
    }

    #[test]
    fn the_reason_names_the_clock_that_makes_a_block_lie_in_the_future() {
        let (block, today) = (NOW.plus_ms(DAY_MS), NOW);
        let sure = Halted::judge(block, false, Some(today), today, false).unwrap();
        assert!(sure.reason().starts_with("the last block lies in the future until 2026-11-24T17:00:00.000Z; nothing"));
        assert_eq!(Halted::judge(block, false, Some(block), today, false), None, "this clock is behind");
        assert!(Halted::judge(block, false, Some(today), block, false).unwrap().is_sure, "this clock is ahead with the block");
        let unsure = Halted::judge(block, true, None, today, false).unwrap().reason();
        assert!(
            unsure.starts_with("the genesis lies in the future until") && unsure.contains("this clock is behind"),
            "{unsure}"
        );
    }
}
