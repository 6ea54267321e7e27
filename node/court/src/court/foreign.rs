//! Limits log messages about courts with another genesis (C23).
//!
//! In: the time of each hello of such a court.
//! Out: whether a message in the log is due.
//! Always: at most one a minute for each court.
//! Not for the consequences of such a hello: see [`super::greeting`].

use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::name::CourtName;
use std::collections::BTreeMap;

/// Interval between two messages about one court, in milliseconds.
const LINE_EVERY_MS: u64 = 60_000;

/// The time of the last message about each court.
pub(super) struct Foreign {
    /// The digest of this court's genesis.
    pub(super) own: Digest,
    said_ms: BTreeMap<CourtName, u64>,
}

impl Foreign {
    /// Starts without any message, for the genesis with this digest.
    pub(super) fn new(own: Digest) -> Self {
        Self { own, said_ms: BTreeMap::new() }
    }

    /// Whether a message about this court is due now. If so, it counts as written.
    pub(super) fn is_due(&mut self, court: &CourtName, now_ms: u64) -> bool {
        let is_due = self.said_ms.get(court).is_none_or(|said| now_ms.saturating_sub(*said) >= LINE_EVERY_MS);
        if is_due {
            self.said_ms.insert(court.clone(), now_ms);
        }
        is_due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c23_one_line_a_minute_for_each_court() {
        let mut foreign = Foreign::new(Digest::default());
        let [first, second] = ["court-a", "court-b"].map(|name| CourtName::new(name).unwrap());
        let lines = |foreign: &mut Foreign, court: &CourtName| {
            (0..60_000).step_by(500).filter(|now_ms| foreign.is_due(court, *now_ms)).count()
        };
        assert_eq!((lines(&mut foreign, &first), lines(&mut foreign, &second)), (1, 1));
        let is_due = [LINE_EVERY_MS - 1, LINE_EVERY_MS, LINE_EVERY_MS + 1].map(|now_ms| foreign.is_due(&first, now_ms));
        assert_eq!(is_due, [false, true, false]);
    }
}
