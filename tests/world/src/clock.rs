//! The clock of one court: the true time, and by how much it is off.
//!
//! In: how far a clock is off, the time that has passed in the world.
//! Out: both clocks that a court reads.
//! Always: the monotonic clock is never off.
//! Not for deciding when a clock jumps.

use courtseal_consensus::Now;
use courtseal_proof::bytes::time::Timestamp;

/// A wall clock that may be off.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    skew_ms: i64,
    ahead_ms_max: i64,
}

impl Clock {
    /// A clock that is off by so much, ahead if positive.
    pub fn new(skew_ms: i64) -> Self {
        Self { skew_ms, ahead_ms_max: skew_ms }
    }

    /// Sets the clock.
    pub fn set(&mut self, skew_ms: i64) {
        self.skew_ms = skew_ms;
        self.ahead_ms_max = self.ahead_ms_max.max(skew_ms);
    }

    /// By how much it is off now.
    pub fn skew_ms(self) -> i64 {
        self.skew_ms
    }

    /// The most that it was ahead so far; negative if it was always behind.
    pub fn ahead_ms_max(self) -> i64 {
        self.ahead_ms_max
    }

    /// Both clocks as a court reads them, so many milliseconds after the world began at `start`.
    pub fn now(self, start: Timestamp, passed_ms: u64) -> Now {
        let wall = Timestamp((start.0 + passed_ms).saturating_add_signed(self.skew_ms));
        Now { monotonic_ms: passed_ms, wall }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_wall_clock_is_off() {
        let mut clock = Clock::new(-50);
        let now = clock.now(Timestamp(1_000), 100);
        assert_eq!((now.monotonic_ms, now.wall), (100, Timestamp(1_050)));
        assert_eq!(clock.ahead_ms_max(), -50);
        clock.set(30);
        clock.set(-10);
        assert_eq!((clock.skew_ms(), clock.ahead_ms_max()), (-10, 30));
        clock.set(-5_000);
        assert_eq!(clock.now(Timestamp(1_000), 100).wall, Timestamp(0), "there is no time before 1970");
    }
}
