//! Compares this court's wall clock with the clocks that the other courts tell (N11). Sans-IO.
//!
//! In: each court's clock when it is told, and the time of a look. Out: a [`Comparison`]: the groups of
//! clocks that agree, and whether this court's own clock is off. Always: only clocks told within the last 10
//! s count; a court calls its own clock off only if more than half of all courts agree on another time; no
//! told number causes an overflow. The result changes only what the court says of itself. Not for judging
//! blocks: that is rule C16.

use courtseal_consensus::Now;
use courtseal_proof::name::CourtName;
use courtseal_proof::time::{TIMESTAMP_MAX, Timestamp};
use std::collections::BTreeMap;

/// Clocks within this many milliseconds of each other agree.
pub const AGREE_MS_MAX: u64 = 10_000;
/// A clock that was told longer ago than this many milliseconds does not count.
pub const AGE_MS_MAX: u64 = 10_000;
/// Pause between two times that a court tells its clock, in milliseconds.
pub const TELL_MS: u64 = 2_000;

/// A clock as it was told.
#[derive(Clone, Copy, Debug)]
struct Told {
    clock: Timestamp,
    at_ms: u64,
}

/// The clocks that the courts told last.
#[derive(Clone, Debug)]
pub struct ClockWatch {
    own: CourtName,
    /// Of each court; the own one stays empty.
    told: BTreeMap<CourtName, Option<Told>>,
}

/// A court's clock, relative to the own one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// The court.
    pub court: CourtName,
    /// Its clock less the own clock, in milliseconds.
    pub offset_ms: i64,
}

/// Courts whose clocks agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Their names, in order.
    pub courts: Vec<CourtName>,
    /// The median of their clocks less the own clock, in milliseconds.
    pub offset_ms: i64,
}

/// How the courts' clocks compare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comparison {
    /// Every court whose clock counts is in one group. If more than half of all courts agree, their group is
    /// the first.
    pub groups: Vec<Group>,
    /// Whether the first group has more than half of all courts.
    pub has_majority: bool,
    /// The group that this court is in.
    own_group: usize,
}

impl ClockWatch {
    /// For the court `own` among these courts; it has heard no clock.
    pub fn new(own: CourtName, courts: impl IntoIterator<Item = CourtName>) -> Self {
        Self { own, told: courts.into_iter().map(|court| (court, None)).collect() }
    }

    /// A court has told its clock. A time after the year 9999 counts as the end of that year.
    pub fn hear(&mut self, court: &CourtName, clock: Timestamp, now_ms: u64) {
        if let Some(told) = self.told.get_mut(court) {
            *told = Some(Told { clock: clock.min(TIMESTAMP_MAX), at_ms: now_ms });
        }
    }

    /// A court is not connected any more: what it told does not count.
    pub fn forget(&mut self, court: &CourtName) {
        if let Some(told) = self.told.get_mut(court) {
            *told = None;
        }
    }

    /// How the clocks that count compare.
    pub fn compare(&self, now: Now) -> Comparison {
        let own_ms = now.wall.min(TIMESTAMP_MAX).0 as i64;
        let reading = |(court, told): (&CourtName, &Option<Told>)| {
            if *court == self.own {
                return Some(Reading { court: court.clone(), offset_ms: 0 });
            }
            let told = (*told)?;
            let age_ms = now.monotonic_ms.saturating_sub(told.at_ms);
            // Clocks run on after they were told.
            (age_ms <= AGE_MS_MAX)
                .then(|| Reading { court: court.clone(), offset_ms: told.clock.plus_ms(age_ms).0 as i64 - own_ms })
        };
        compare(self.told.iter().filter_map(reading).collect(), &self.own, self.told.len())
    }
}

/// Groups clocks, of which one is that of the court `own`, in a network of `courts`. The order of the
/// readings does not matter.
///
/// Groups are taken one after the other: of the spans of at most [`AGREE_MS_MAX`] the one with most clocks,
/// or, of equally many, the earliest. A span with more than half of all courts and this one among them comes
/// before all others.
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
    /// By how many milliseconds the own clock is ahead of that of more than half of all courts, which agree
    /// on another time.
    pub fn ahead_ms(&self) -> Option<i64> {
        let majority = self.groups.first().filter(|_| self.has_majority && self.own_group != 0)?;
        Some(majority.offset_ms.saturating_neg())
    }

    /// The time on which more than half of all courts agree: the own clock's if it is one of theirs; none if
    /// too few agree.
    pub fn agreed(&self, wall: Timestamp) -> Option<Timestamp> {
        self.has_majority.then(|| match self.ahead_ms() {
            Some(ahead_ms) => shifted(wall, ahead_ms.saturating_neg()),
            None => wall,
        })
    }

    /// Whether both say the same of the same courts, whatever the times are.
    pub fn is_like(&self, other: &Self) -> bool {
        let courts = |of: &Self| of.groups.iter().map(|group| group.courts.clone()).collect::<Vec<_>>();
        let is_ahead = |of: &Self| of.ahead_ms().map(|ahead_ms| ahead_ms > 0);
        match (self.groups.len() > 1, other.groups.len() > 1) {
            (false, false) => true,
            (true, true) => is_ahead(self) == is_ahead(other) && courts(self) == courts(other),
            _ => false,
        }
    }

    /// The groups and what their clocks say at `wall` of the own clock, if there is more than one.
    pub fn differing(&self, wall: Timestamp) -> Option<Vec<(&[CourtName], Timestamp)>> {
        let group = |group: &'_ Group| -> Timestamp { shifted(wall, group.offset_ms) };
        (self.groups.len() > 1).then(|| self.groups.iter().map(|one| (&one.courts[..], group(one))).collect())
    }

    /// What is wrong with the clocks, for people; nothing if those that count agree.
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

/// A time shifted by so many milliseconds, within the times that have a text (F6).
fn shifted(time: Timestamp, by_ms: i64) -> Timestamp {
    Timestamp(time.0.saturating_add_signed(by_ms)).min(TIMESTAMP_MAX)
}

#[cfg(test)]
mod tests;
