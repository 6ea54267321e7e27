//! Who may begin a connection at the courts' door, before anything is known of who it is.
//!
//! In: source addresses of connections that begin and end. Out: yes or no, at once. Always: bounded in all,
//! by source, and by source and time; courts' own addresses, as the genesis has them, are not turned away
//! because strangers fill the place. Not for identities: those are checked by the handshake and the list of
//! courts.

use crate::refusals::Refusals;
use crate::visitors::{Refused, Source, Visitors};
use libp2p::core::Endpoint;
use libp2p::core::transport::PortUse;
use libp2p::multiaddr::Protocol;
use libp2p::swarm::{
    ConnectionDenied, ConnectionId, FromSwarm, NetworkBehaviour, THandler, THandlerInEvent, THandlerOutEvent, ToSwarm, dummy,
};
use libp2p::{Multiaddr, PeerId};
use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

/// A connection was refused before its handshake.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("refused before the handshake: {0:?}")]
pub struct Turned(pub Refused);

/// See the module.
pub struct Strangers {
    visitors: Visitors<()>,
    courts: BTreeSet<Source>,
    pending: HashMap<ConnectionId, Source>,
    refusals: Arc<Refusals>,
    started: Instant,
}

/// The source in a multiaddress.
pub fn source(address: &Multiaddr) -> Option<Source> {
    match address.iter().next()? {
        Protocol::Ip4(ip) => Some(IpAddr::V4(ip).into()),
        Protocol::Ip6(ip) => Some(IpAddr::V6(ip).into()),
        _ => None,
    }
}

impl Strangers {
    /// A door; `courts` are the sources of the genesis.
    pub fn new(visitors: Visitors<()>, courts: BTreeSet<Source>, refusals: Arc<Refusals>) -> Self {
        Self { visitors, courts, pending: HashMap::new(), refusals, started: Instant::now() }
    }

    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    fn begins(&mut self, id: ConnectionId, source: Source, now_ms: u64) -> Result<(), Turned> {
        let entered = self.visitors.enter(source, self.courts.contains(&source), now_ms, || ());
        match entered {
            Ok(()) => {
                self.visitors.spend(source, 1, now_ms);
                self.pending.insert(id, source);
                Ok(())
            }
            Err(refused) => {
                self.refusals.note(refused.reason(), &source);
                Err(Turned(refused))
            }
        }
    }

    fn ends(&mut self, id: ConnectionId, now_ms: u64) {
        if let Some(source) = self.pending.remove(&id) {
            self.visitors.leave(source, now_ms);
        }
    }
}

impl NetworkBehaviour for Strangers {
    type ConnectionHandler = dummy::ConnectionHandler;
    type ToSwarm = Infallible;

    fn handle_pending_inbound_connection(
        &mut self,
        id: ConnectionId,
        _: &Multiaddr,
        remote: &Multiaddr,
    ) -> Result<(), ConnectionDenied> {
        let now_ms = self.now_ms();
        // TCP is the only transport, so there always is a source.
        source(remote).map_or(Ok(()), |source| self.begins(id, source, now_ms).map_err(ConnectionDenied::new))
    }

    fn handle_established_inbound_connection(
        &mut self,
        id: ConnectionId,
        _: PeerId,
        _: &Multiaddr,
        _: &Multiaddr,
    ) -> Result<THandler<Self>, ConnectionDenied> {
        let now_ms = self.now_ms();
        self.ends(id, now_ms);
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
            self.ends(failure.connection_id, now_ms);
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
    use crate::limits::{
        PENDING_CONNECTIONS_MAX, PENDING_PER_SOURCE_BURST, PENDING_PER_SOURCE_MAX, PENDING_PER_SOURCE_PER_S, SOURCES_MAX,
    };
    use crate::metrics::Metrics;
    use crate::visitors::Bounds;

    fn at(text: &str) -> Source {
        source(&text.parse().unwrap()).unwrap()
    }

    fn strangers() -> Strangers {
        let bounds = Bounds {
            open: PENDING_CONNECTIONS_MAX,
            open_per_source: PENDING_PER_SOURCE_MAX,
            rate_per_s: PENDING_PER_SOURCE_PER_S,
            burst: PENDING_PER_SOURCE_BURST,
            sources: SOURCES_MAX,
        };
        let courts = BTreeSet::from([at("/ip4/192.0.2.1/tcp/1")]);
        Strangers::new(Visitors::new(bounds), courts, Arc::new(Refusals::new("courts", &Metrics::default())))
    }

    #[test]
    fn n1_strangers_fill_their_share_and_never_a_courts() {
        let mut door = strangers();
        let mut ids = (0..).map(ConnectionId::new_unchecked);
        let mut begin = |door: &mut Strangers, text: &str| door.begins(ids.next().unwrap(), at(text), 0).is_ok();
        let of_one = (0..2 * PENDING_PER_SOURCE_MAX).filter(|_| begin(&mut door, "/ip4/198.51.100.1/tcp/9")).count();
        assert_eq!(of_one, PENDING_PER_SOURCE_MAX);
        let others = (2..=255u8).flat_map(|host| [host; 4]);
        let of_others = others.filter(|host| begin(&mut door, &format!("/ip4/198.51.100.{host}/tcp/9"))).count();
        assert_eq!(of_one + of_others, PENDING_CONNECTIONS_MAX);
        assert!(begin(&mut door, "/ip4/192.0.2.1/tcp/9"), "a court's address gets in");
        assert!(!begin(&mut door, "/ip6/2001:db8::1/tcp/9"));
        door.ends(ConnectionId::new_unchecked(0), 0);
        door.ends(ConnectionId::new_unchecked(0), 0);
        door.ends(ConnectionId::new_unchecked(1), 0);
        assert!(begin(&mut door, "/ip6/2001:db8::1/tcp/9"), "one that ended made room");
    }

    #[test]
    fn n1_who_comes_again_and_again_is_slowed() {
        let mut door = strangers();
        let mut let_in = |now_ms: u64, from: usize, count: usize| {
            let one = |number| {
                let id = ConnectionId::new_unchecked(number);
                let entered = door.begins(id, at("/ip4/198.51.100.1/tcp/9"), now_ms).is_ok();
                door.ends(id, now_ms);
                entered
            };
            (from..from + count).map(one).filter(|entered| *entered).count() as u64
        };
        // Debt of less than one is allowed, so the burst is reached exactly and passed by one.
        assert_eq!(let_in(0, 0, 1_000), PENDING_PER_SOURCE_BURST + 1);
        assert_eq!(let_in(1_000, 1_000, 1_000), PENDING_PER_SOURCE_PER_S);
    }
}
