//! Who is here from where: connections by source address, and what each address has spent. Sans-IO.
//!
//! In: addresses that come, go and spend; the time. Out: whether they may. Always: bounded in addresses, in connections and in each address's share; an
//! IPv4 address counts for itself, IPv6 by its /64, which is what one customer gets. Not for closing anything.

use crate::bucket::Bucket;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};

/// Where somebody comes from: an IPv4 address or an IPv6 /64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Source(u128);

impl From<IpAddr> for Source {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.to_ipv6_mapped().to_bits()),
            IpAddr::V6(address) => Self(address.to_bits() & !u128::from(u64::MAX)),
        }
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match IpAddr::V6(Ipv6Addr::from_bits(self.0)).to_canonical() {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(address) => write!(f, "{address}/64"),
        }
    }
}

/// Bounds of one door.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Connections at a time, all together.
    pub open: usize,
    /// Connections at a time from one source.
    pub open_per_source: usize,
    /// What a source may spend a second.
    pub rate_per_s: u64,
    /// What a source may spend at once.
    pub burst: u64,
    /// Sources that are remembered.
    pub sources: usize,
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// There are too many, all together.
    Full,
    /// There are too many from this source.
    Source,
    /// This source has spent too much; so many milliseconds until it may again.
    Rate(u64),
}

impl Refused {
    /// For counters.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::Source => "address",
            Self::Rate(_) => "rate",
        }
    }
}

struct Visitor<S> {
    open: usize,
    bucket: Bucket,
    share: S,
}

/// See the module. `S` is what the connections of one source share.
pub struct Visitors<S> {
    bounds: Bounds,
    open: usize,
    known: BTreeMap<Source, Visitor<S>>,
}

impl<S: Clone> Visitors<S> {
    /// Nobody is here.
    pub fn new(bounds: Bounds) -> Self {
        Self { bounds, open: 0, known: BTreeMap::new() }
    }

    /// Connections now.
    pub fn open(&self) -> usize {
        self.open
    }

    /// Other bounds hold from now on, also for whoever is here; nobody is turned out.
    pub fn set(&mut self, bounds: Bounds, now_ms: u64) {
        self.bounds = bounds;
        self.known.values_mut().for_each(|visitor| visitor.bucket.set(bounds.rate_per_s, bounds.burst, now_ms));
    }

    /// Whether all places for connections are taken.
    pub fn is_full(&self) -> bool {
        self.open >= self.bounds.open
    }

    /// Lets a connection in, or not. A source that is `expected` is not turned away because others fill the place.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn enter(&mut self, source: Source, is_expected: bool, now_ms: u64, share: impl FnOnce() -> S) -> Result<S, Refused> {
        // What a source owes or holds is looked at first, so that a full place makes no room for it in vain.
        if let Some(visitor) = self.known.get_mut(&source) {
            match visitor.bucket.wait_ms(now_ms) {
                _ if visitor.open >= self.bounds.open_per_source => return Err(Refused::Source),
                0 => {}
                wait_ms => return Err(Refused::Rate(wait_ms)),
            }
        }
        if self.is_full() && !is_expected {
            return Err(Refused::Full);
        }
        if self.known.len() >= self.bounds.sources && !self.known.contains_key(&source) {
            self.known.retain(|_, visitor| visitor.open > 0 || !visitor.bucket.is_full(now_ms));
            if self.known.len() >= self.bounds.sources && !is_expected {
                return Err(Refused::Full);
            }
        }
        let bounds = self.bounds;
        let visitor = self.known.entry(source).or_insert_with(|| Visitor {
            open: 0,
            bucket: Bucket::new(bounds.rate_per_s, bounds.burst, now_ms),
            share: share(),
        });
        visitor.open += 1;
        self.open += 1;
        Ok(visitor.share.clone())
    }

    /// A connection that was let in is gone.
    pub fn leave(&mut self, source: Source, now_ms: u64) {
        let Some(visitor) = self.known.get_mut(&source) else { return };
        self.open = self.open.saturating_sub(1);
        visitor.open = visitor.open.saturating_sub(1);
        if visitor.open == 0 && visitor.bucket.is_full(now_ms) {
            self.known.remove(&source);
        }
    }

    /// Somebody who is here spends.
    pub fn spend(&mut self, source: Source, cost: u64, now_ms: u64) {
        if let Some(visitor) = self.known.get_mut(&source) {
            visitor.bucket.spend(cost, now_ms);
        }
    }

    /// Milliseconds until this source may spend again; 0 now.
    pub fn wait_ms(&mut self, source: Source, now_ms: u64) -> u64 {
        self.known.get_mut(&source).map_or(0, |visitor| visitor.bucket.wait_ms(now_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Source {
        text.parse::<IpAddr>().unwrap().into()
    }

    fn visitors() -> Visitors<()> {
        Visitors::new(Bounds { open: 5, open_per_source: 2, rate_per_s: 10, burst: 3, sources: 4 })
    }

    #[test]
    fn sources() {
        assert_eq!(source("192.0.2.1"), source("::ffff:192.0.2.1"));
        assert_ne!(source("192.0.2.1"), source("192.0.2.2"));
        assert_eq!(source("2001:db8::1"), source("2001:db8::ffff:0:0:1"));
        assert_ne!(source("2001:db8::1"), source("2001:db8:0:1::1"));
        assert_eq!(source("192.0.2.1").to_string(), "192.0.2.1");
        assert_eq!(source("2001:db8::1").to_string(), "2001:db8::/64");
    }

    #[test]
    fn a_source_has_a_share_and_all_have_a_bound() {
        let mut visitors = visitors();
        let [a, b, c] = ["192.0.2.1", "192.0.2.2", "192.0.2.3"].map(source);
        let mut enter = |source, expected| visitors.enter(source, expected, 0, || ());
        assert_eq!([enter(a, false), enter(a, false), enter(a, false)], [Ok(()), Ok(()), Err(Refused::Source)]);
        assert_eq!(
            [enter(b, false), enter(b, false), enter(c, false), enter(c, false)],
            [Ok(()), Ok(()), Ok(()), Err(Refused::Full)]
        );
        assert_eq!(enter(c, true), Ok(()), "who is expected gets in");
        assert_eq!(enter(c, true), Err(Refused::Source), "within its share");
        assert!(visitors.is_full());
        assert_eq!(visitors.enter(a, false, 0, || ()), Err(Refused::Source), "its own bound is named, even in a full place");
        visitors.leave(a, 0);
        visitors.leave(b, 0);
        assert!(!visitors.is_full());
        assert_eq!(visitors.enter(a, false, 0, || ()), Ok(()));
        assert_eq!(visitors.open(), 5);
    }

    #[test]
    fn other_bounds_hold_for_whoever_is_here() {
        let mut visitors = visitors();
        let (a, b) = (source("192.0.2.1"), source("192.0.2.2"));
        visitors.enter(a, false, 0, || ()).unwrap();
        visitors.set(Bounds { open: 5, open_per_source: 1, rate_per_s: 1_000, burst: 1, sources: 4 }, 0);
        assert_eq!(visitors.enter(a, false, 0, || ()), Err(Refused::Source));
        visitors.spend(a, 2, 0);
        assert_eq!(visitors.wait_ms(a, 0), 1);
        visitors.set(Bounds { open: 2, open_per_source: 9, rate_per_s: 1_000, burst: 1, sources: 4 }, 0);
        assert_eq!([visitors.enter(a, false, 1, || ()), visitors.enter(b, false, 1, || ())], [Ok(()), Err(Refused::Full)]);
    }

    #[test]
    fn who_spends_too_much_waits() {
        let mut visitors = visitors();
        let a = source("192.0.2.1");
        visitors.enter(a, false, 0, || ()).unwrap();
        visitors.spend(a, 3, 0);
        assert_eq!(visitors.wait_ms(a, 0), 0);
        visitors.spend(a, 1, 0);
        assert_eq!(visitors.wait_ms(a, 0), 100);
        visitors.leave(a, 0);
        assert_eq!(visitors.enter(a, false, 0, || ()), Err(Refused::Rate(100)), "it is remembered after it left");
        assert_eq!(visitors.enter(a, false, 100, || ()), Ok(()));
    }

    #[test]
    fn the_table_is_bounded_and_forgets_who_owes_nothing() {
        let mut visitors = visitors();
        let many: Vec<Source> = (0..5u8).map(|n| source(&format!("192.0.2.{n}"))).collect();
        for one in &many[..4] {
            visitors.enter(*one, false, 0, || ()).unwrap();
            visitors.spend(*one, 3, 0);
            visitors.leave(*one, 0);
        }
        assert_eq!(visitors.enter(many[4], false, 0, || ()), Err(Refused::Full));
        assert_eq!(visitors.enter(many[4], false, 300, || ()), Ok(()));
        assert_eq!(visitors.known.len(), 1);
    }
}
