//! The address that limits count.
//!
//! In: IP addresses, and the multiaddresses of libp2p.
//! Out: [`Address`].
//! Always: an IPv4 address counts for itself, also when it is written as IPv6. An IPv6 address counts by its
//! /64, which is what one customer gets.
//! Not for dialling.

use libp2p::Multiaddr;
use libp2p::multiaddr::Protocol;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

/// An IPv4 address or an IPv6 /64, as an IPv6 address with 64 zero bits at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address(u128);

impl Address {
    /// The address with which a multiaddress begins; none if it does not begin with an IP address.
    pub fn of(multiaddress: &Multiaddr) -> Option<Self> {
        match multiaddress.iter().next()? {
            Protocol::Ip4(ip) => Some(IpAddr::V4(ip).into()),
            Protocol::Ip6(ip) => Some(IpAddr::V6(ip).into()),
            _ => None,
        }
    }
}

impl From<IpAddr> for Address {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self(address.to_ipv6_mapped().to_bits()),
            IpAddr::V6(address) => Self(address.to_bits() & !u128::from(u64::MAX)),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match IpAddr::V6(Ipv6Addr::from_bits(self.0)).to_canonical() {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(address) => write!(f, "{address}/64"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn r12_an_ipv4_address_or_an_ipv6_64_counts_as_one() {
        assert_eq!(address("192.0.2.1"), address("::ffff:192.0.2.1"));
        assert_ne!(address("192.0.2.1"), address("192.0.2.2"));
        assert_eq!(address("2001:db8::1"), address("2001:db8::ffff:0:0:1"));
        assert_ne!(address("2001:db8::1"), address("2001:db8:0:1::1"));
        assert_eq!(address("192.0.2.1").to_string(), "192.0.2.1");
        assert_eq!(address("2001:db8::1").to_string(), "2001:db8::/64");
    }

    #[test]
    fn n1_a_multiaddress_counts_by_its_ip_address() {
        let of = |text: &str| Address::of(&text.parse().unwrap());
        assert_eq!(of("/ip4/192.0.2.1/tcp/1"), Some(address("192.0.2.1")));
        assert_eq!(of("/ip6/2001:db8::7/tcp/1"), Some(address("2001:db8::1")));
        assert_eq!(of("/memory/1"), None);
    }
}
