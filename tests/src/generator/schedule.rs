//! The due times of a load's requests.
//!
//! In: a pace, an end, a request's number.
//! Out: the time at which the request is due.
//! Always: in an open loop that time depends on the number alone, so that a slow answer delays no later
//! request.
//! Not for waiting until then.

use std::time::Duration;

/// How requests follow each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pace {
    /// Each client sends its next request as soon as it has its answer.
    Closed,
    /// So many requests a second are due, whatever happened to the requests before.
    Open {
        /// Requests a second, above 0.
        per_s: f64,
    },
}

/// The due times of one load, measured from its start.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// How requests follow each other.
    pub pace: Pace,
    /// No request is due from this time on.
    pub end: Duration,
}

impl Schedule {
    /// Returns when the request of this number, counted from 0, is due for a client that is free at `now`;
    /// `None` after the end.
    pub fn due(&self, number: usize, now: Duration) -> Option<Duration> {
        let due = match self.pace {
            Pace::Closed => now,
            Pace::Open { per_s } => Duration::from_secs_f64(number as f64 / per_s),
        };
        (due < self.end).then_some(due)
    }

    /// The number of requests of an open loop, or of a closed one that does at most `most_per_s` a second.
    pub fn requests(&self, most_per_s: f64) -> usize {
        let per_s = match self.pace {
            Pace::Closed => most_per_s,
            Pace::Open { per_s } => per_s,
        };
        (per_s * self.end.as_secs_f64()).ceil() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: Duration = Duration::from_secs(2);

    #[test]
    fn an_open_loop_keeps_its_times_however_late_it_is() {
        let schedule = Schedule { pace: Pace::Open { per_s: 4.0 }, end: END };
        for now in [Duration::ZERO, END * 100] {
            let due: Vec<_> = (0..10).map_while(|number| schedule.due(number, now)).collect();
            let wanted: Vec<_> = (0..8).map(|quarter| Duration::from_millis(250 * quarter)).collect();
            assert_eq!(due, wanted);
        }
        assert_eq!(schedule.requests(0.0), 8);
        assert_eq!(Schedule { pace: Pace::Open { per_s: 4.1 }, end: END }.requests(0.0), 9);
    }

    #[test]
    fn a_closed_loop_asks_at_once_until_the_end() {
        let schedule = Schedule { pace: Pace::Closed, end: END };
        let before = END - Duration::from_nanos(1);
        assert_eq!(schedule.due(7, before), Some(before));
        assert_eq!(schedule.due(7, END), None);
        assert_eq!(schedule.requests(10.0), 20);
    }
}
