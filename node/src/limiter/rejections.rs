//! What a listener rejected or slowed down: counted each time, logged once a minute.
//!
//! In: rejections.
//! Out: a counter by listener and reason, and at most one line a minute in the log, with how many there were
//! since the last.
//! Always: a flood cannot flood the log.
//! Not for deciding.

use crate::metrics::{Counters, Metrics};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Pause between two lines of one listener.
const LINE_EVERY: Duration = Duration::from_secs(60);

/// The rejections of one listener.
pub struct Rejections {
    listener: &'static str,
    counters: Counters,
    line: Mutex<Line>,
}

#[derive(Default)]
struct Line {
    unsaid: u64,
    said: Option<Instant>,
}

impl Line {
    /// Notes one more; how many a line that is due speaks of.
    fn note(&mut self, now: Instant) -> Option<u64> {
        self.unsaid += 1;
        if self.said.is_some_and(|said| now.saturating_duration_since(said) < LINE_EVERY) {
            return None;
        }
        self.said = Some(now);
        Some(std::mem::take(&mut self.unsaid))
    }
}

impl Rejections {
    /// Of the listener with this name, `clients` or `courts`; counted among these metrics.
    pub fn new(listener: &'static str, metrics: &Metrics) -> Self {
        Self { listener, counters: metrics.rejected(), line: Mutex::default() }
    }

    /// Counts one more; `who` is named in the line, if one is due.
    pub fn note(&self, reason: &'static str, who: &dyn std::fmt::Display) {
        self.counters.get_or_create(&vec![("listener", self.listener.to_owned()), ("reason", reason.to_owned())]).inc();
        let due = self.line.lock().unwrap_or_else(PoisonError::into_inner).note(Instant::now());
        if let Some(count) = due {
            tracing::warn!(listener = self.listener, count, reason, %who, "more was asked than the limits allow: rejected or slowed down; the last one is named");
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
        let rejections = Rejections::new("clients", &metrics);
        (0..3).for_each(|_| rejections.note("rate", &"192.0.2.1"));
        let labels = vec![("listener", "clients".to_owned()), ("reason", "rate".to_owned())];
        assert_eq!(metrics.rejected().get_or_create(&labels).get(), 3);
    }
}
