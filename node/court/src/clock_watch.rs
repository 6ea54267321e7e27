//! Compares this court's wall clock with the clocks that the other courts tell (N11). Sans-IO.
//!
//! In: each court's clock when it is told, and the time of a check.
//! Out: a [`Comparison`]: the groups of clocks that agree, and whether this court's own clock is off.
//! Always: only clocks told within the last 10 s count.
//! A court calls its own clock off only if more than half of all courts agree on another time.
//! No received number causes an overflow, and the result changes only the reported state.
//! Not for judging blocks: rule C16 does that.

use courtseal_consensus::Now;
use courtseal_proof::bytes::name::CourtName;
use courtseal_proof::bytes::time::{TIMESTAMP_MAX, Timestamp};
use std::collections::BTreeMap;

/// Clocks within this many milliseconds of each other agree.
pub const AGREE_MS_MAX: u64 = 10_000;
/// Longest time for which a told clock counts, in milliseconds.
pub const AGE_MS_MAX: u64 = 10_000;
/// Interval at which a court tells its clock, in milliseconds.
pub const TELL_MS: u64 = 2_000;

/// A clock as another court told it, and when it was received.
#[derive(Clone, Copy, Debug)]
struct Told {
    clock: Timestamp,
    at_ms: u64,
}

/// The clocks that the courts have told last.
#[derive(Clone, Debug)]
pub struct ClockWatch {
    own: CourtName,
    /// The last clock of each court. This court's own entry stays empty.
    told: BTreeMap<CourtName, Option<Told>>,
}

/// The clock of one court, relative to this court's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The court with this clock.
    pub court: CourtName,
    /// Its clock minus this court's clock, in milliseconds.
    pub offset_ms: i64,
}

/// A group of courts whose clocks agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The courts' names, in order.
    pub courts: Vec<CourtName>,
    /// The median of their clocks minus this court's clock, in milliseconds.
    pub offset_ms: i64,
}

/// The result of a comparison of the courts' clocks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// The groups. Every court whose clock counts is in exactly one. If more than half of all courts agree,
    /// their group is first.
    pub groups: Vec<Group>,
    /// Whether the first group has more than half of all courts.
    pub has_majority: bool,
    /// Index of the group that this court is in.
    own_group: usize,
}

impl ClockWatch {
    /// Starts for the court `own` among these courts. No clock is known yet.
    pub fn new(own: CourtName, courts: impl IntoIterator<Item = CourtName>) -> Self {
        Self { own, told: courts.into_iter().map(|court| (court, None)).collect() }
    }

    /// Takes a clock that a court has told. A time after the year 9999 counts as the end of that year.
    pub fn hear(&mut self, court: &CourtName, clock: Timestamp, now_ms: u64) {
        if let Some(told) = self.told.get_mut(court) {
            *told = Some(Told { clock: clock.min(TIMESTAMP_MAX), at_ms: now_ms });
        }
    }

    /// Forgets the clock of a court that is no longer connected.
    pub fn forget(&mut self, court: &CourtName) {
        if let Some(told) = self.told.get_mut(court) {
            *told = None;
        }
    }

    /// Compares the clocks that count.
    pub fn compare(&self, now: Now) -> Comparison {
        let own_ms = now.wall.min(TIMESTAMP_MAX).0 as i64;
        let reading = |(court, told): (&CourtName, &Option<Told>)| {
            if *court == self.own {
                return Some(Reading { court: court.clone(), offset_ms: 0 });
            }
            let told = (*told)?;
            let age_ms = now.monotonic_ms.saturating_sub(told.at_ms);
            // The clock has advanced since it was told.
            (age_ms <= AGE_MS_MAX)
                .then(|| Reading { court: court.clone(), offset_ms: told.clock.plus_ms(age_ms).0 as i64 - own_ms })
        };
        compare(self.told.iter().filter_map(reading).collect(), &self.own, self.told.len())
    }
}

/// Groups clocks, one of which is that of the court `own`, in a network of `courts`. The order of the
/// readings does not matter.
///
/// Groups are formed one after the other. Each is the span of at most [`AGREE_MS_MAX`] with the most clocks,
/// or the earliest of several with equally many. A span that has more than half of all courts and this one
/// among them comes before all others.
pub fn compare(mut readings: Vec<Reading>, own: &CourtName, courts: usize) -> Comparison {
    readings.sort_unstable_by(|one, other| (one.offset_ms, &one.court).cmp(&(other.offset_ms, &other.court)));
    let is_most = |count: usize| count * 2 > courts;
    let mut groups = Vec::new();
    while !readings.is_empty() {
        let spans = (0..readings.len()).map(|start| {
            let first_ms = readings[start].offset_ms;
            let is_near = |reading: &Reading| reading.offset_ms.abs_diff(first_ms) <= AGREE_MS_MAX;
            let count = readings[start..].iter().take_while(|reading| is_near(reading)).count();
            start..start + count
        });
        let has_own = |span: &std::ops::Range<usize>| readings[span.clone()].iter().any(|reading| reading.court == *own);
        let rank = |span: &std::ops::Range<usize>| (is_most(span.len()) && has_own(span), span.len());
        // `max_by_key` prefers the last of equals, so the spans are looked at from the latest on.
        let best = spans.rev().max_by_key(rank).expect("there is a reading, and so a span");
        let taken: Vec<Reading> = readings.drain(best).collect();
        let offset_ms = taken[(taken.len() - 1) / 2].offset_ms;
        let mut courts: Vec<CourtName> = taken.into_iter().map(|reading| reading.court).collect();
        courts.sort_unstable();
        groups.push(Group { courts, offset_ms });
    }
    let has_majority = groups.first().is_some_and(|group| is_most(group.courts.len()));
    let own_group = groups.iter().position(|group| group.courts.contains(own)).unwrap_or(0);
    Comparison { groups, has_majority, own_group }
}

impl Comparison {
    /// Milliseconds by which this court's clock is ahead of more than half of all courts, which agree on
    /// another time. `None` if no such majority exists.
    pub fn ahead_ms(&self) -> Option<i64> {
        let majority = self.groups.first().filter(|_| self.has_majority && self.own_group != 0)?;
        Some(majority.offset_ms.saturating_neg())
    }

    /// The time on which more than half of all courts agree. It is this court's own time if it is one of
    /// them, and `None` if too few agree.
    pub fn agreed(&self, wall: Timestamp) -> Option<Timestamp> {
        self.has_majority.then(|| match self.ahead_ms() {
            Some(ahead_ms) => shifted(wall, ahead_ms.saturating_neg()),
            None => wall,
        })
    }

    /// Whether both results name the same courts, whatever the times are.
    pub fn is_like(&self, other: &Self) -> bool {
        let courts = |of: &Self| of.groups.iter().map(|group| group.courts.clone()).collect::<Vec<_>>();
        let is_ahead = |of: &Self| of.ahead_ms().map(|ahead_ms| ahead_ms > 0);
        match (self.groups.len() > 1, other.groups.len() > 1) {
            (false, false) => true,
            (true, true) => is_ahead(self) == is_ahead(other) && courts(self) == courts(other),
            _ => false,
        }
    }

    /// The groups and the time of each, when this court's clock shows `wall`. `None` if there is only one
    /// group.
    pub fn differing(&self, wall: Timestamp) -> Option<Vec<(&[CourtName], Timestamp)>> {
        let group = |group: &'_ Group| -> Timestamp { shifted(wall, group.offset_ms) };
        (self.groups.len() > 1).then(|| self.groups.iter().map(|one| (&one.courts[..], group(one))).collect())
    }

    /// What is wrong with the clocks, in words; `None` if those that count agree.
    pub fn reason(&self, wall: Timestamp) -> Option<String> {
        if let Some(ahead_ms) = self.ahead_ms() {
            let (seconds, side) =
                (ahead_ms.unsigned_abs().saturating_add(500) / 1000, if ahead_ms > 0 { "ahead of" } else { "behind" });
            return Some(format!(
                "this court's clock is {seconds} s {side} the clocks of more than half of all courts; synchronize it with a time server"
            ));
        }
        let say = |(courts, time): (&[CourtName], Timestamp)| {
            let names: Vec<&str> = courts.iter().map(CourtName::as_str).collect();
            format!("{} {} {time}", names.join(", "), if names.len() == 1 { "says" } else { "say" })
        };
        let groups: Vec<String> = self.differing(wall)?.into_iter().map(say).collect();
        Some(format!("courts' clocks differ: {}", groups.join("; ")))
    }
}

/// A time shifted by so many milliseconds, limited to the times that have a text (F6).
fn shifted(time: Timestamp, by_ms: i64) -> Timestamp {
    Timestamp(time.0.saturating_add_signed(by_ms)).min(TIMESTAMP_MAX)
}

#[cfg(test)]
mod tests;
