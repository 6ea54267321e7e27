//! A rate limit: a token bucket that may go into debt.
//!
//! In: costs, the time in milliseconds.
//! Out: how long to wait until nothing is owed.
//! Always: a cost is taken whole, so that what is only known afterwards is paid afterwards. Never more than
//! the burst is saved up.
//! Not for waiting: callers wait or reject.

/// A rate a second, with room for a burst. The unit is the caller's: bytes, messages or connections.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    rate_per_s: u64,
    burst: u64,
    /// Thousandths of a token; negative is debt.
    level: i128,
    at_ms: u64,
}

impl RateLimit {
    /// A limit of which nothing is used up.
    pub fn new(rate_per_s: u64, burst: u64, now_ms: u64) -> Self {
        Self { rate_per_s: rate_per_s.max(1), burst, level: i128::from(burst) * 1_000, at_ms: now_ms }
    }

    /// Other numbers hold from now on; what is owed stays owed.
    pub fn set(&mut self, rate_per_s: u64, burst: u64, now_ms: u64) {
        self.fill(now_ms);
        let is_full = self.level == i128::from(self.burst) * 1_000;
        let most = i128::from(burst) * 1_000;
        *self = Self { rate_per_s: rate_per_s.max(1), burst, level: if is_full { most } else { self.level.min(most) }, ..*self };
    }

    fn fill(&mut self, now_ms: u64) {
        let passed_ms = now_ms.saturating_sub(self.at_ms);
        self.at_ms = self.at_ms.max(now_ms);
        let gained = i128::from(self.rate_per_s).saturating_mul(i128::from(passed_ms));
        self.level = self.level.saturating_add(gained).min(i128::from(self.burst) * 1_000);
    }

    /// Takes a cost, whole, even if more is owed then.
    pub fn spend(&mut self, cost: u64, now_ms: u64) {
        self.fill(now_ms);
        self.level = self.level.saturating_sub(i128::from(cost) * 1_000);
    }

    /// Milliseconds until nothing is owed; 0 now.
    pub fn wait_ms(&mut self, now_ms: u64) -> u64 {
        self.fill(now_ms);
        let owed = (-self.level).max(0);
        u64::try_from(owed.unsigned_abs().div_ceil(u128::from(self.rate_per_s))).unwrap_or(u64::MAX)
    }

    /// Whether it is as if nothing had ever been spent.
    pub fn is_full(&mut self, now_ms: u64) -> bool {
        self.fill(now_ms);
        self.level == i128::from(self.burst) * 1_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_the_rate() {
        let mut limit = RateLimit::new(10, 5, 1_000);
        assert!(limit.is_full(1_000));
        limit.spend(5, 1_000);
        assert_eq!(limit.wait_ms(1_000), 0, "the burst is free");
        limit.spend(1, 1_000);
        assert_eq!(limit.wait_ms(1_000), 100, "one above it waits for the rate");
        assert_eq!(limit.wait_ms(1_099), 1);
        assert_eq!(limit.wait_ms(1_100), 0);
        assert!(!limit.is_full(1_599) && limit.is_full(1_600), "no more than the burst is saved");
        limit.spend(6, 9_000);
        assert_eq!(limit.wait_ms(9_000), 100);
    }

    #[test]
    fn other_numbers_hold_from_then_on() {
        let mut limit = RateLimit::new(10, 5, 0);
        limit.set(20, 8, 0);
        assert!(limit.is_full(0), "what owed nothing owes nothing");
        limit.spend(10, 0);
        assert_eq!(limit.wait_ms(0), 100);
        limit.set(10, 1, 0);
        assert_eq!(limit.wait_ms(0), 200, "what is owed stays owed");
        assert!(!limit.is_full(299) && limit.is_full(300));
        limit.set(0, 0, 300);
        assert_eq!(limit.wait_ms(300), 0);
    }

    #[test]
    fn extremes_do_not_overflow_and_time_never_goes_back() {
        let mut limit = RateLimit::new(u64::MAX, u64::MAX, 0);
        limit.spend(u64::MAX, u64::MAX);
        limit.spend(u64::MAX, 0);
        assert_eq!(limit.wait_ms(0), 1_000);
        let mut none = RateLimit::new(0, 0, 0);
        none.spend(1, 0);
        assert_eq!(none.wait_ms(0), 1_000);
    }
}
