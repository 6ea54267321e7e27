//! The connection limiter of a listener: connections by address, and a rate limit for each address. Sans-IO.
//!
//! In: addresses whose connections begin, end and cost something; the time.
//! Out: whether they may.
//! Always: bounded in addresses, in connections, and in each address's share of them. What an address owes is
//! remembered after its connections have ended.
//! Not for closing anything.

use super::address::Address;
use super::rate::RateLimit;
use std::collections::BTreeMap;

/// The limits of one listener.
#[derive(Clone, Copy, Debug)]
pub struct ListenerLimits {
    /// Connections at a time, all together.
    pub connections: usize,
    /// Connections at a time from one address.
    pub connections_per_address: usize,
    /// The rate of one address a second, in the listener's unit: bytes or connections.
    pub rate_per_s: u64,
    /// What one address may use of its rate at once.
    pub burst: u64,
    /// Addresses that are remembered.
    pub addresses: usize,
}

/// Why a connection is rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// There are too many, all together.
    Full,
    /// There are too many from this address.
    Address,
    /// This address is above its rate, and may connect again after so many milliseconds.
    Rate(u64),
}

impl Rejected {
    /// The reason in one word, for counters.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Address => "address",
            Self::Rate(_) => "rate",
        }
    }
}

struct Known<S> {
    connections: usize,
    rate: RateLimit,
    share: S,
}

/// Counts the connections of one listener. `S` is what the connections of one address share.
pub struct ConnectionLimiter<S> {
    limits: ListenerLimits,
    connections: usize,
    known: BTreeMap<Address, Known<S>>,
}

impl<S: Clone> ConnectionLimiter<S> {
    /// A limiter without connections.
    pub fn new(limits: ListenerLimits) -> Self {
        Self { limits, connections: 0, known: BTreeMap::new() }
    }

    /// How many connections there are now.
    pub fn connections(&self) -> usize {
        self.connections
    }

    /// Other limits hold from now on, also for addresses that have connections; none of these is ended.
    pub fn set(&mut self, limits: ListenerLimits, now_ms: u64) {
        self.limits = limits;
        self.known.values_mut().for_each(|known| known.rate.set(limits.rate_per_s, limits.burst, now_ms));
    }

    /// Whether there are as many connections as there may be.
    pub fn is_full(&self) -> bool {
        self.connections >= self.limits.connections
    }

    /// Counts a connection that begins, and gives what its address shares. The connections of other addresses
    /// never keep out an address that `is_expected`.
    ///
    /// # Errors
    /// [`Rejected`]: it may not begin, and is not counted.
    pub fn begin(&mut self, address: Address, is_expected: bool, now_ms: u64, share: impl FnOnce() -> S) -> Result<S, Rejected> {
        // The address's own limits come first, so that no other connection is closed for it in vain.
        if let Some(known) = self.known.get_mut(&address) {
            match known.rate.wait_ms(now_ms) {
                _ if known.connections >= self.limits.connections_per_address => return Err(Rejected::Address),
                0 => {}
                wait_ms => return Err(Rejected::Rate(wait_ms)),
            }
        }
        if self.is_full() && !is_expected {
            return Err(Rejected::Full);
        }
        if self.known.len() >= self.limits.addresses && !self.known.contains_key(&address) {
            self.known.retain(|_, known| known.connections > 0 || !known.rate.is_full(now_ms));
            if self.known.len() >= self.limits.addresses && !is_expected {
                return Err(Rejected::Full);
            }
        }
        let limits = self.limits;
        let known = self.known.entry(address).or_insert_with(|| Known {
            connections: 0,
            rate: RateLimit::new(limits.rate_per_s, limits.burst, now_ms),
            share: share(),
        });
        known.connections += 1;
        self.connections += 1;
        Ok(known.share.clone())
    }

    /// A connection that was counted has ended.
    pub fn end(&mut self, address: Address, now_ms: u64) {
        let Some(known) = self.known.get_mut(&address) else { return };
        self.connections = self.connections.saturating_sub(1);
        known.connections = known.connections.saturating_sub(1);
        if known.connections == 0 && known.rate.is_full(now_ms) {
            self.known.remove(&address);
        }
    }

    /// Takes a cost from the rate of an address that has a connection.
    pub fn spend(&mut self, address: Address, cost: u64, now_ms: u64) {
        if let Some(known) = self.known.get_mut(&address) {
            known.rate.spend(cost, now_ms);
        }
    }

    /// Milliseconds until this address is below its rate again; 0 if it is.
    pub fn wait_ms(&mut self, address: Address, now_ms: u64) -> u64 {
        self.known.get_mut(&address).map_or(0, |known| known.rate.wait_ms(now_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn address(text: &str) -> Address {
        text.parse::<IpAddr>().unwrap().into()
    }

    fn limiter() -> ConnectionLimiter<()> {
        let limits = ListenerLimits { connections: 5, connections_per_address: 2, rate_per_s: 10, burst: 3, addresses: 4 };
        ConnectionLimiter::new(limits)
    }

    #[test]
    fn an_address_has_a_share_and_all_have_a_bound() {
        let mut limiter = limiter();
        let [a, b, c] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(address);
        let mut begin = |address, expected| limiter.begin(address, expected, 0, || ());
        assert_eq!([begin(a, false), begin(a, false), begin(a, false)], [Ok(()), Ok(()), Err(Rejected::Address)]);
        assert_eq!(
            [begin(b, false), begin(b, false), begin(c, false), begin(c, false)],
            [Ok(()), Ok(()), Ok(()), Err(Rejected::Full)]
        );
        assert_eq!(begin(c, true), Ok(()), "an expected address gets in");
        assert_eq!(begin(c, true), Err(Rejected::Address), "within its share");
        assert!(limiter.is_full());
        assert_eq!(limiter.begin(a, false, 0, || ()), Err(Rejected::Address), "its own limit is named, even if all is full");
        limiter.end(a, 0);
        limiter.end(b, 0);
        assert!(!limiter.is_full());
        assert_eq!(limiter.begin(a, false, 0, || ()), Ok(()));
        assert_eq!(limiter.connections(), 5);
    }

    #[test]
    fn other_limits_hold_for_addresses_with_connections() {
        let mut limiter = limiter();
        let (a, b) = (address("192.0.2.1"), address("192.0.2.2"));
        limiter.begin(a, false, 0, || ()).unwrap();
        let limits = |connections, connections_per_address| ListenerLimits {
            connections,
            connections_per_address,
            rate_per_s: 1_000,
            burst: 1,
            addresses: 4,
        };
        limiter.set(limits(5, 1), 0);
        assert_eq!(limiter.begin(a, false, 0, || ()), Err(Rejected::Address));
        limiter.spend(a, 2, 0);
        assert_eq!(limiter.wait_ms(a, 0), 1);
        limiter.set(limits(2, 9), 0);
        assert_eq!([limiter.begin(a, false, 1, || ()), limiter.begin(b, false, 1, || ())], [Ok(()), Err(Rejected::Full)]);
    }

    #[test]
    fn an_address_above_its_rate_waits() {
        let mut limiter = limiter();
        let a = address("192.0.2.1");
        limiter.begin(a, false, 0, || ()).unwrap();
        limiter.spend(a, 3, 0);
        assert_eq!(limiter.wait_ms(a, 0), 0);
        limiter.spend(a, 1, 0);
        assert_eq!(limiter.wait_ms(a, 0), 100);
        limiter.end(a, 0);
        assert_eq!(limiter.begin(a, false, 0, || ()), Err(Rejected::Rate(100)), "it is remembered after its end");
        assert_eq!(limiter.begin(a, false, 100, || ()), Ok(()));
    }

    #[test]
    fn the_table_is_bounded_and_forgets_addresses_that_owe_nothing() {
        let mut limiter = limiter();
        let many: Vec<Address> = (0..5u8).map(|n| address(&format!("192.0.2.{n}"))).collect();
        for one in &many[..4] {
            limiter.begin(*one, false, 0, || ()).unwrap();
            limiter.spend(*one, 3, 0);
            limiter.end(*one, 0);
        }
        assert_eq!(limiter.begin(many[4], false, 0, || ()), Err(Rejected::Full));
        assert_eq!(limiter.begin(many[4], false, 300, || ()), Ok(()));
        assert_eq!(limiter.known.len(), 1);
    }
}
