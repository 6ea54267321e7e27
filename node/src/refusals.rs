//! What was refused at a door of the node: counted each time, said once a minute.
//!
//! In: refusals. Out: a counter by door and reason, and at most one line a minute in the log, with how many
//! there were since the last. Always: a flood cannot flood the log. Not for deciding.

use crate::metrics::{Counters, Metrics};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Pause between two lines of one door.
const LINE_EVERY: Duration = Duration::from_secs(60);

/// One door.
pub struct Refusals {
    door: &'static str,
    counters: Counters,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    unsaid: u64,
    said: Option<Instant>,
}

impl Line {
    /// How many to speak of now, if it is time.
    fn note(&mut self, now: Instant) -> Option<u64> {
        self.unsaid += 1;
        if self.said.is_some_and(|said| now.saturating_duration_since(said) < LINE_EVERY) {
            return None;
        }
        self.said = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }
}

impl Refusals {
    /// A door with this name, which counts among these metrics.
    pub fn new(door: &'static str, metrics: &Metrics) -> Self {
        Self { door, counters: metrics.refused(), line: Mutex::default() }
    }

    /// One more; `who` is named in the line, if there is one now.
    pub fn note(&self, reason: &'static str, who: &dyn std::fmt::Display) {
        self.counters.get_or_create(&vec![("door", self.door.to_owned()), ("reason", reason.to_owned())]).inc();
        let due = self.line.lock().unwrap_or_else(PoisonError::into_inner).note(Instant::now());
        if let Some(count) = due {
            tracing::warn!(door = self.door, count, reason, %who, "more is asked than is allowed: refused or slowed; the last one is named");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_minute_with_the_count_since() {
        let (mut line, start) = (Line::default(), Instant::now());
        assert_eq!(line.note(start), Some(1));
        assert_eq!((0..500).filter_map(|_| line.note(start + LINE_EVERY / 2)).count(), 0);
        assert_eq!(line.note(start + LINE_EVERY), Some(501));
    }

    #[test]
    fn each_is_counted() {
        let metrics = Metrics::default();
        let door = Refusals::new("clients", &metrics);
        (0..3).for_each(|_| door.note("rate", &"192.0.2.1"));
        let labels = vec![("door", "clients".to_owned()), ("reason", "rate".to_owned())];
        assert_eq!(metrics.refused().get_or_create(&labels).get(), 3);
    }
}
