//! The events to come, in the order of their times, and the world's time.
//!
//! In: events, and after how long each comes.
//! Out: the next one.
//! Always: events of one moment come in the order in which they were added; time never goes back.
//! Not for what an event does.

use std::collections::BTreeMap;

/// Where an event stood in the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    at_ms: u64,
    order: u64,
}

/// The events to come.
pub struct Queue<E> {
    now_ms: u64,
    added: u64,
    events: BTreeMap<Place, E>,
}

impl<E> Default for Queue<E> {
    fn default() -> Self {
        Self { now_ms: 0, added: 0, events: BTreeMap::new() }
    }
}

impl<E> Queue<E> {
    /// Milliseconds since the world began.
    pub fn now_ms(&self) -> u64 {
        self.now_ms
    }

    /// Lets an event come after so many milliseconds.
    pub fn add(&mut self, after_ms: u64, event: E) {
        self.added += 1;
        self.events.insert(Place { at_ms: self.now_ms + after_ms, order: self.added }, event);
    }

    /// When the next event comes; none if there is none.
    pub fn next_ms(&self) -> Option<u64> {
        self.events.first_key_value().map(|(place, _)| place.at_ms)
    }

    /// Takes the next event; it is its time from then on.
    pub fn take_next(&mut self) -> Option<(Place, E)> {
        let (place, event) = self.events.pop_first()?;
        self.now_ms = self.now_ms.max(place.at_ms);
        Some((place, event))
    }

    /// Lets an event that was taken come later: before what is added for that moment, because it keeps its
    /// place in the order.
    pub fn postpone(&mut self, place: Place, at_ms: u64, event: E) {
        self.events.insert(Place { at_ms, ..place }, event);
    }

    /// Time passes up to this moment, before which no event comes.
    ///
    /// # Panics
    /// If one does.
    pub fn pass_until(&mut self, at_ms: u64) {
        assert!(self.next_ms().is_none_or(|next_ms| next_ms >= at_ms), "an event comes before {at_ms} ms");
        self.now_ms = self.now_ms.max(at_ms);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_by_time_then_in_the_order_in_which_they_were_added() {
        let mut queue = Queue::default();
        for (after_ms, event) in [(20, "c"), (10, "a"), (20, "d"), (10, "b")] {
            queue.add(after_ms, event);
        }
        let (place, first) = queue.take_next().unwrap();
        assert_eq!((first, queue.now_ms(), queue.next_ms()), ("a", 10, Some(10)));
        queue.postpone(place, 20, first);
        let rest: Vec<_> = std::iter::from_fn(|| queue.take_next()).map(|(_, event)| event).collect();
        assert_eq!(rest, ["b", "c", "a", "d"], "it was added before d");
        queue.pass_until(100);
        assert_eq!(queue.now_ms(), 100);
    }
}
