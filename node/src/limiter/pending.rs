//! The connection limiter of the courts' listener: connections before their handshake (N1).
//!
//! In: addresses of connections that begin and end.
//! Out: yes or no, at once.
//! Always: bounded in all, by address, and by address and time. Courts' own addresses, as the genesis has
//! them, are not rejected because other addresses fill the place.
//! Not for identities: those are checked by the handshake and the list of courts.

use super::address::Address;
use super::connections::{ConnectionLimiter, ListenerLimits, Rejected};
use super::rejections::Rejections;
use crate::limits::{ADDRESSES_MAX, PENDING_PER_ADDRESS_BURST, PENDING_PER_ADDRESS_MAX, PENDING_PER_ADDRESS_PER_S};
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId};
use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

/// A connection was rejected before its handshake.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("rejected before the handshake: {0:?}")]
pub struct RejectedPending(pub Rejected);

/// Part of the swarm's behaviour: rejects connections before their handshake.
pub struct PendingConnections {
    limiter: ConnectionLimiter<()>,
    courts: BTreeSet<Address>,
    pending: HashMap<ConnectionId, Address>,
    rejections: Arc<Rejections>,
    started: Instant,
}

impl PendingConnections {
    /// A listener with at most so many connections under way, and the limits of [`crate::limits`] for each
    /// address; `courts` are the addresses of the genesis.
    pub fn new(connections: usize, courts: BTreeSet<Address>, rejections: Arc<Rejections>) -> Self {
        let limits = ListenerLimits {
            connections,
            connections_per_address: PENDING_PER_ADDRESS_MAX,
            rate_per_s: PENDING_PER_ADDRESS_PER_S,
            burst: PENDING_PER_ADDRESS_BURST,
            addresses: ADDRESSES_MAX,
        };
        let limiter = ConnectionLimiter::new(limits);
        Self { limiter, courts, pending: HashMap::new(), rejections, started: Instant::now() }
    }

    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    fn begin(&mut self, id: ConnectionId, address: Address, now_ms: u64) -> Result<(), RejectedPending> {
        match self.limiter.begin(address, self.courts.contains(&address), now_ms, || ()) {
            Ok(()) => {
                self.limiter.spend(address, 1, now_ms);
                self.pending.insert(id, address);
                Ok(())
            }
            Err(rejected) => {
                self.rejections.note(rejected.reason(), &address);
                Err(RejectedPending(rejected))
            }
        }
    }

    fn end(&mut self, id: ConnectionId, now_ms: u64) {
        if let Some(address) = self.pending.remove(&id) {
            self.limiter.end(address, now_ms);
        }
    }
}

impl NetworkBehaviour for PendingConnections {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        id: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let now_ms = self.now_ms();
        // TCP is the only transport, so there always is an IP address.
        Address::of(remote).map_or(Ok(()), |address| self.begin(id, address, now_ms).map_err(ConnectionDenied::new))
    }

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let now_ms = self.now_ms();
        self.end(id, now_ms);
        Ok(dummy::ConnectionHandler)
    }

    fn handle_established_outbound_connection(
        &mut self,
        _: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: Endpoint,
        _: PortUse,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        Ok(dummy::ConnectionHandler)
    }

    fn on_swarm_event(&mut self, event: FromSwarm<'_>) {
        if let FromSwarm::ListenFailure(failure) = event {
            let now_ms = self.now_ms();
            self.end(failure.connection_id, now_ms);
        }
    }

    fn on_connection_handler_event(&mut self, _: PeerId, _: ConnectionId, event: THandlerOutEvent<Self>) {
        match event {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<ToSwarm<Self::ToSwarm, THandlerInEvent<Self>>> {
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::PENDING_CONNECTIONS_MAX;
    use crate::metrics::Metrics;

    fn at(text: &str) -> Address {
        Address::of(&text.parse().unwrap()).unwrap()
    }

    fn listener() -> PendingConnections {
        let courts = BTreeSet::from([at("/ip4/192.0.2.1/tcp/1")]);
        let rejections = Arc::new(Rejections::new("courts", &Metrics::default()));
        PendingConnections::new(PENDING_CONNECTIONS_MAX, courts, rejections)
    }

    #[test]
    fn n1_other_addresses_fill_their_share_and_never_a_courts() {
        let mut listener = listener();
        let mut ids = (0..).map(ConnectionId::new_unchecked);
        let mut begin = |listener: &mut PendingConnections, text: &str| listener.begin(ids.next().unwrap(), at(text), 0).is_ok();
        let of_one = (0..2 * PENDING_PER_ADDRESS_MAX).filter(|_| begin(&mut listener, "/ip4/198.51.100.1/tcp/9")).count();
        assert_eq!(of_one, PENDING_PER_ADDRESS_MAX);
        let others = (2..=255u8).flat_map(|host| [host; 4]);
        let of_others = others.filter(|host| begin(&mut listener, &format!("/ip4/198.51.100.{host}/tcp/9"))).count();
        assert_eq!(of_one + of_others, PENDING_CONNECTIONS_MAX);
        assert!(begin(&mut listener, "/ip4/192.0.2.1/tcp/9"), "a court's address gets in");
        assert!(!begin(&mut listener, "/ip6/2001:db8::1/tcp/9"));
        listener.end(ConnectionId::new_unchecked(0), 0);
        listener.end(ConnectionId::new_unchecked(0), 0);
        listener.end(ConnectionId::new_unchecked(1), 0);
        assert!(begin(&mut listener, "/ip6/2001:db8::1/tcp/9"), "one that ended made room");
    }

    #[test]
    fn n1_an_address_that_connects_again_and_again_is_slowed_down() {
        let mut listener = listener();
        let mut begun = |now_ms: u64, from: usize, count: usize| {
            let one = |number| {
                let id = ConnectionId::new_unchecked(number);
                let is_begun = listener.begin(id, at("/ip4/198.51.100.1/tcp/9"), now_ms).is_ok();
                listener.end(id, now_ms);
                is_begun
            };
            (from..from + count).map(one).filter(|is_begun| *is_begun).count() as u64
        };
        // Debt of less than one is allowed, so the burst is reached exactly and passed by one.
        assert_eq!(begun(0, 0, 1_000), PENDING_PER_ADDRESS_BURST + 1);
        assert_eq!(begun(1_000, 1_000, 1_000), PENDING_PER_ADDRESS_PER_S);
    }
}
