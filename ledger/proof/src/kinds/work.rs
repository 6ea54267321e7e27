//! The cost of statements for a block beyond their bytes: references, facts and marks (L13).
//!
//! In: the counts of statements, as their forms give them.
//! Out: sums, and whether a body may hold them.
//! Always: a sum never wraps.
//! Not for bytes, which have bounds of their own.

use crate::bytes::limits::{BODY_MARKS_MAX, BODY_REFERENCES_MAX, BODY_WRITES_MAX};
use std::iter::Sum;
use std::ops::Add;

/// Counts of one statement, or of several together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Number of entries that are named by index and leaf hash.
    pub references: u64,
    /// Number of facts that are written, first registrations left out.
    pub writes: u64,
    /// Number of marks that are set or cleared.
    pub marks: u64,
}

impl Work {
    /// Whether one body may hold this much work.
    pub fn fits_a_body(&self) -> bool {
        self.references <= BODY_REFERENCES_MAX && self.writes <= BODY_WRITES_MAX && self.marks <= BODY_MARKS_MAX
    }
}

impl Add for Work {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self {
            references: self.references.saturating_add(other.references),
            writes: self.writes.saturating_add(other.writes),
            marks: self.marks.saturating_add(other.marks),
        }
    }
}

impl Sum for Work {
    fn sum<I: Iterator<Item = Self>>(each: I) -> Self {
        each.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l13_at_each_bound_and_one_above() {
        let at = Work { references: BODY_REFERENCES_MAX, writes: BODY_WRITES_MAX, marks: BODY_MARKS_MAX };
        assert_eq!((at.references, at.writes, at.marks), (4_096, 4_096, 1_024));
        assert!(at.fits_a_body() && Work::default().fits_a_body());
        for one_above in [
            Work { references: 1, ..Work::default() },
            Work { writes: 1, ..Work::default() },
            Work { marks: 1, ..Work::default() },
        ] {
            assert!(!(at + one_above).fits_a_body(), "{one_above:?}");
        }
        let all = Work { references: u64::MAX, writes: u64::MAX, marks: u64::MAX };
        assert_eq!([all, all, at].into_iter().sum::<Work>(), all);
    }
}
