//! The wall clock, the monotonic clock, and timers: the only code that reads the machine's clocks.
//!
//! In: the machine's clocks; timers to start and cancel.
//! Out: [`Now`], the wall time, the tokens of expired timers.
//! Always: monotonic time never goes back, even if the wall clock is set.
//! Not for judging times: ledger and consensus do.

use courtseal_consensus::{Now, Token};
use courtseal_proof::bytes::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Reads both clocks; monotonic time counts from [`Clocks::start`].
#[derive(Clone, Copy, Debug)]
pub struct Clocks {
    started: Instant,
}

impl Clocks {
    /// Starts the monotonic clock at 0.
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// The readings of both clocks at this moment.
    pub fn now(&self) -> Now {
        Now { monotonic_ms: self.started.elapsed().as_millis() as u64, wall: self.wall() }
    }

    /// The reading of the wall clock.
    pub fn wall(&self) -> Timestamp {
        wall()
    }
}

/// The wall clock in milliseconds since 1970. A clock before 1970 reads as 0.
pub fn wall() -> Timestamp {
    Timestamp(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64)
}

/// The running timers, ordered by deadline. Each token has at most one timer.
#[derive(Default)]
pub struct Timers {
    by_deadline: BTreeSet<(Instant, Token)>,
    by_token: BTreeMap<Token, Instant>,
}

impl Timers {
    /// Starts a timer; an earlier one with the same token is cancelled.
    pub fn set(&mut self, token: Token, after_ms: u64) {
        self.cancel(token);
        let deadline = Instant::now() + Duration::from_millis(after_ms);
        self.by_deadline.insert((deadline, token));
        self.by_token.insert(token, deadline);
    }

    /// Cancels a timer, if it still runs.
    pub fn cancel(&mut self, token: Token) {
        if let Some(deadline) = self.by_token.remove(&token) {
            self.by_deadline.remove(&(deadline, token));
        }
    }

    /// Cancels all timers.
    pub fn clear(&mut self) {
        self.by_deadline.clear();
        self.by_token.clear();
    }

    /// Waits for the next timer to expire and returns its token; without timers it waits for ever.
    ///
    /// Dropping the future loses no timer.
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
    async fn timers_expire_in_order_and_cancelled_ones_never() {
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
