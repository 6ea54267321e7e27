//! The two clocks, read in this one place, and timers.
//!
//! In: the machine's clocks. Out: [`Now`], the wall time, tokens of timers that ran out. Always: monotonic
//! time never goes back, whatever is done to the wall clock. Not for judging times.

use courtseal_consensus::{Now, Token};
use courtseal_proof::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The clocks.
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    started: Instant,
}

impl Clocks {
    /// Starts the monotonic clock at 0.
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Both clocks.
    pub fn now(&self) -> Now {
        Now { monotonic_ms: self.started.elapsed().as_millis() as u64, wall: self.wall() }
    }

    /// The wall clock.
    pub fn wall(&self) -> Timestamp {
        wall()
    }
}

/// The wall clock; a clock before 1970 counts as 1970.
pub fn wall() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64)
}

/// Timers by when they run out.
#[derive(Default)]
pub struct Timers {
    by_deadline: BTreeSet<(Instant, Token)>,
    by_token: BTreeMap<Token, Instant>,
}

impl Timers {
    /// Starts a timer.
    pub fn set(&mut self, token: Token, after_ms: u64) {
        self.cancel(token);
        let deadline = Instant::now() + Duration::from_millis(after_ms);
        self.by_deadline.insert((deadline, token));
        self.by_token.insert(token, deadline);
    }

    /// Forgets a timer.
    pub fn cancel(&mut self, token: Token) {
        if let Some(deadline) = self.by_token.remove(&token) {
            self.by_deadline.remove(&(deadline, token));
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.by_deadline.clear();
        self.by_token.clear();
    }

    /// Waits for the first to run out; for ever if there is none. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Token {
        let Some((deadline, token)) = self.by_deadline.first().copied() else { return std::future::pending().await };
        tokio::time::sleep_until(deadline.into()).await;
        self.cancel(token);
        token
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn timers_run_out_in_order_and_cancelled_ones_never() {
        let mut timers = Timers::default();
        timers.set(Token(1), 20);
        timers.set(Token(2), 0);
        timers.set(Token(3), 10);
        timers.cancel(Token(3));
        assert_eq!(timers.next().await, Token(2));
        assert_eq!(timers.next().await, Token(1));
        assert!(timers.by_deadline.is_empty() && timers.by_token.is_empty());
    }
}
