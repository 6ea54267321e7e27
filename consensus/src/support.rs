//! How many courts support a value, and so whether an honest one does.
//!
//! In: how many courts say or sign something, of how many.
//! Out: [`Support`].
//! Always: in this order, more support implies less.
//! Not for counting.

use crate::court_set::CourtSet;

/// How many courts voted for a value in one round.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Support {
    /// At most 1/3 of the courts: all of them may be faulty.
    None,
    /// More than 1/3: at least one is honest.
    Third,
    /// More than 2/3.
    Quorum,
}

impl Support {
    /// The support that `count` of these courts give.
    pub(crate) fn of(count: usize, courts: &CourtSet) -> Self {
        match count {
            count if courts.is_quorum(count) => Self::Quorum,
            count if courts.is_more_than_a_third(count) => Self::Third,
            _ => Self::None,
        }
    }
}
