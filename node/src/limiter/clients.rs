//! The limits of clients: what the connections of one address share, and what all share (R11, R12).
//!
//! In: connections with their addresses; requests for room and for processing slots.
//! Out: permits, in turn.
//! Always: a request waits first in the queue of its own address and then in the common one. So the common
//! queue never holds more than a share of any address. What a request costs is taken from its address's rate.
//! Not for HTTP.

use super::address::Address;
use super::connections::{ConnectionLimiter, ListenerLimits, Rejected};
use super::idle::{Activity, OpenConnections};
use super::rejections::Rejections;
use crate::config::Limits;
use crate::limits::{
    ADDRESS_SHARE, ADDRESSES_MAX, ANSWERS_BYTES_MAX, BODIES_BYTES_MAX, CONNECTIONS_MAX, PLACE_MS_MAX, RATE_BURST_S,
    REQUEST_MS_MAX,
};
use crate::metrics::Metrics;
use crate::open_files;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// A bounded resource: one address's share of it, or all of it.
#[derive(Clone)]
struct Pool {
    permits: Arc<Semaphore>,
    size: usize,
}

/// What is shared: bytes of bodies, bytes of answers, processing slots.
#[derive(Clone)]
struct Pools {
    bodies: Pool,
    answers: Pool,
    slots: Pool,
}

/// Room for bytes, or a processing slot, for as long as this lives.
pub struct Permit {
    own: OwnedSemaphorePermit,
    common: OwnedSemaphorePermit,
}

/// Room or a slot did not become free in time; that was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

struct Listener {
    connections: Mutex<ConnectionLimiter<Pools>>,
    open: Mutex<OpenConnections>,
    /// Told each time that a connection has ended.
    ended: Notify,
    common: Pools,
    rejections: Rejections,
    metrics: Arc<Metrics>,
    started: Instant,
}

/// The limits of all clients; cheap to clone.
#[derive(Clone)]
pub struct ClientLimiter(Arc<Listener>);

struct Connection {
    number: u64,
    activity: Arc<Activity>,
    address: Address,
    own: Pools,
    listener: Arc<Listener>,
}

/// One client's connection; it counts until the last clone is gone.
#[derive(Clone)]
pub struct Client(Arc<Connection>);

impl Pool {
    fn new(size: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(size)), size }
    }
}

impl Pools {
    /// Everything, divided. There are as many slots as cores, at least two, so that one address never takes
    /// all.
    fn part(divisor: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from).max(2);
        Self {
            bodies: Pool::new(BODIES_BYTES_MAX / divisor),
            answers: Pool::new(ANSWERS_BYTES_MAX / divisor),
            slots: Pool::new((cores / divisor).max(1)),
        }
    }
}

impl Permit {
    /// Keeps so much and gives back the rest.
    pub fn keep(&mut self, amount: usize) {
        for permit in [&mut self.own, &mut self.common] {
            drop(permit.split(permit.num_permits().saturating_sub(amount)));
        }
    }
}

impl ClientLimiter {
    /// A listener without connections.
    pub fn new(limits: Limits, metrics: Arc<Metrics>) -> Self {
        let rejections = Rejections::new("clients", &metrics);
        Self(Arc::new(Listener {
            connections: Mutex::new(ConnectionLimiter::new(listener_limits(limits))),
            open: Mutex::default(),
            ended: Notify::new(),
            common: Pools::part(1),
            rejections,
            metrics,
            started: Instant::now(),
        }))
    }

    /// Other limits hold from now on.
    pub fn set(&self, limits: Limits) {
        self.0.connections().set(listener_limits(limits), self.0.now_ms());
    }

    /// Begins a connection, or rejects it. If all places are taken, the idlest connection of the address with
    /// the most is closed for it (R11).
    ///
    /// # Errors
    /// [`Rejected`]; it was counted.
    pub async fn begin(&self, address: IpAddr) -> Result<Client, Rejected> {
        let mut begun = self.try_begin(address);
        if is_full(&begun) && self.0.connections().is_full() {
            let make_room = async {
                loop {
                    let ended = self.0.ended.notified();
                    tokio::pin!(ended);
                    // From here on no end of a connection is missed.
                    ended.as_mut().enable();
                    begun = self.try_begin(address);
                    if !is_full(&begun) {
                        return;
                    }
                    ended.await;
                }
            };
            if let Some(closed) = self.0.open().close_idlest(address.into()) {
                self.0.rejections.note("idlest", &closed);
            }
            let _ = tokio::time::timeout(Duration::from_millis(PLACE_MS_MAX), make_room).await;
        }
        if let Err(rejected) = &begun {
            self.0.rejections.note(rejected.reason(), &Address::from(address));
        }
        begun
    }

    /// Begins a connection if there is a place for it.
    ///
    /// # Errors
    /// [`Rejected`]; it was not counted.
    pub fn try_begin(&self, address: IpAddr) -> Result<Client, Rejected> {
        let (listener, address) = (Arc::clone(&self.0), Address::from(address));
        let own = listener.connections().begin(address, false, listener.now_ms(), || Pools::part(ADDRESS_SHARE))?;
        listener.count();
        let activity = Arc::new(Activity::new(listener.started));
        let number = listener.open().add(address, Arc::clone(&activity));
        Ok(Client(Arc::new(Connection { number, activity, address, own, listener })))
    }
}

fn listener_limits(limits: Limits) -> ListenerLimits {
    ListenerLimits {
        connections: open_files::bounded(CONNECTIONS_MAX, 2, open_files::most()),
        connections_per_address: limits.connections_per_address,
        rate_per_s: limits.bytes_per_address_per_s,
        burst: limits.bytes_per_address_per_s.saturating_mul(RATE_BURST_S),
        addresses: ADDRESSES_MAX,
    }
}

fn is_full(begun: &Result<Client, Rejected>) -> bool {
    matches!(begun, Err(Rejected::Full))
}

impl Listener {
    fn connections(&self) -> MutexGuard<'_, ConnectionLimiter<Pools>> {
        // Every change of the table is whole before anything could panic.
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn open(&self) -> MutexGuard<'_, OpenConnections> {
        // As above.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    fn count(&self) {
        let connections = self.connections().connections();
        self.metrics.client_connections.set(connections as i64);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.listener.open().remove(self.number);
        self.listener.connections().end(self.address, self.listener.now_ms());
        self.listener.count();
        self.listener.ended.notify_waiters();
    }
}

impl Client {
    /// How busy this connection is.
    pub fn activity(&self) -> &Arc<Activity> {
        &self.0.activity
    }

    /// Milliseconds until this address is below its rate and may ask again; 0 if it may now. A wait is
    /// counted.
    pub fn wait_ms(&self) -> u64 {
        let listener = &self.0.listener;
        let wait_ms = listener.connections().wait_ms(self.0.address, listener.now_ms());
        if wait_ms > 0 {
            listener.rejections.note("rate", &self.0.address);
        }
        wait_ms
    }

    /// Takes a cost in bytes from the address's rate.
    pub fn spend(&self, cost: u64) {
        let listener = &self.0.listener;
        listener.connections().spend(self.0.address, cost, listener.now_ms());
    }

    /// Room for so many bytes of a request's body.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn body(&self, bytes: usize) -> Result<Permit, Busy> {
        self.take(|pools| &pools.bodies, bytes).await
    }

    /// Room for so many bytes of an answer; never more than this address's share, which then is all its own.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn answer(&self, bytes: usize) -> Result<Permit, Busy> {
        self.take(|pools| &pools.answers, bytes).await
    }

    /// A processing slot.
    ///
    /// # Errors
    /// [`Busy`].
    pub async fn slot(&self) -> Result<Permit, Busy> {
        self.take(|pools| &pools.slots, 1).await
    }

    async fn take(&self, pool: impl Fn(&Pools) -> &Pool, amount: usize) -> Result<Permit, Busy> {
        let (own, common) = (pool(&self.0.own), pool(&self.0.listener.common));
        let amount = u32::try_from(amount.min(own.size)).unwrap_or(u32::MAX);
        let take = async {
            let own = Arc::clone(&own.permits).acquire_many_owned(amount).await.ok()?;
            let common = Arc::clone(&common.permits).acquire_many_owned(amount).await.ok()?;
            Some(Permit { own, common })
        };
        match tokio::time::timeout(Duration::from_millis(REQUEST_MS_MAX), take).await {
            Ok(Some(permit)) => Ok(permit),
            Ok(None) | Err(_) => {
                self.0.listener.rejections.note("busy", &self.0.address);
                Err(Busy)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{BYTES_PER_ADDRESS_PER_S, CONNECTIONS_PER_ADDRESS};
    use futures::FutureExt as _;

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn limiter() -> ClientLimiter {
        ClientLimiter::new(Limits::default(), Arc::new(Metrics::default()))
    }

    #[tokio::test]
    async fn r12_connections_of_one_address() {
        let limiter = limiter();
        let first: Vec<Client> = (0..CONNECTIONS_PER_ADDRESS).filter_map(|_| limiter.try_begin(ip(1)).ok()).collect();
        assert_eq!(first.len(), CONNECTIONS_PER_ADDRESS);
        assert_eq!(limiter.try_begin(ip(1)).err(), Some(Rejected::Address));
        let clone = first[0].clone();
        assert!(limiter.try_begin(ip(2)).is_ok());
        drop(first);
        let again = (0..CONNECTIONS_PER_ADDRESS).filter_map(|_| limiter.try_begin(ip(1)).ok());
        assert_eq!(again.collect::<Vec<_>>().len(), CONNECTIONS_PER_ADDRESS - 1, "the clone still counts");
        drop(clone);
    }

    #[tokio::test]
    async fn r12_an_address_has_its_share_of_room_and_no_more() {
        let limiter = limiter();
        let (one, two) = (limiter.try_begin(ip(1)).unwrap(), limiter.try_begin(ip(1)).unwrap());
        let share = ANSWERS_BYTES_MAX / ADDRESS_SHARE;
        let mut held = one.answer(share).await.unwrap();
        assert!(two.answer(1).now_or_never().is_none(), "one above waits");
        assert!(limiter.try_begin(ip(2)).unwrap().answer(share).await.is_ok(), "another address does not");
        held.keep(share - 1);
        assert!(two.answer(1).await.is_ok());
        drop(held);
        assert!(one.answer(usize::MAX).await.is_ok(), "more than the share is the share");
        let bodies = BODIES_BYTES_MAX / ADDRESS_SHARE;
        let _held = one.body(bodies).await.unwrap();
        assert!(two.body(1).now_or_never().is_none());
    }

    #[tokio::test]
    async fn r12_an_address_above_its_rate_is_told_when_to_come_again() {
        let limiter = limiter();
        let client = limiter.try_begin(ip(1)).unwrap();
        client.spend(BYTES_PER_ADDRESS_PER_S * RATE_BURST_S);
        assert_eq!(client.wait_ms(), 0);
        client.spend(BYTES_PER_ADDRESS_PER_S * 2);
        assert!(client.wait_ms() > 0);
        assert!(matches!(limiter.try_begin(ip(1)).err(), Some(Rejected::Rate(_))));
        assert_eq!(limiter.try_begin(ip(2)).unwrap().wait_ms(), 0);
    }

    #[tokio::test]
    async fn r12_one_address_never_takes_all_slots() {
        let limiter = limiter();
        let (one, other) = (limiter.try_begin(ip(1)).unwrap(), limiter.try_begin(ip(2)).unwrap());
        let mut taken = Vec::new();
        while let Some(slot) = one.slot().now_or_never() {
            taken.push(slot.unwrap());
        }
        assert!(!taken.is_empty());
        assert!(other.slot().await.is_ok());
    }
}
