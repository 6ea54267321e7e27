//! Who calls: what the connections of one source address share, and what all share (R12).
//!
//! In: connections with their addresses; requests for room and for work. Out: permits, in turn. Always: whoever asks waits first in the line of its own source and then
//! in the common one, so that the common line never holds more than a share of any source; what was asked is paid from the source's allowance. Not for HTTP.

use super::connections::{Activity, Connections};
use super::problem::Problem;
use crate::config::Limits;
use crate::limits::{
    ALLOWANCE_BURST_S, ANSWERS_BYTES_MAX, BODIES_BYTES_MAX, CONNECTIONS_MAX, PLACE_MS_MAX, REQUEST_MS_MAX, SOURCE_SHARE,
    SOURCES_MAX,
};
use crate::metrics::Metrics;
use crate::open_files;
use crate::refusals::Refusals;
use crate::visitors::{Bounds, Refused, Source, Visitors};
use courtseal_api::Code;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// A bounded good: one source's part of it, or all of it.
#[derive(Clone)]
struct Good {
    permits: Arc<Semaphore>,
    size: usize,
}

/// What there is to share.
#[derive(Clone)]
struct Goods {
    bodies: Good,
    answers: Good,
    work: Good,
}

/// Room, or a turn to work, for as long as this lives.
pub struct Permit {
    own: OwnedSemaphorePermit,
    common: OwnedSemaphorePermit,
}

struct Desk {
    visitors: Mutex<Visitors<Goods>>,
    connections: Mutex<Connections>,
    /// Told each time that a connection has ended.
    left: Notify,
    all: Goods,
    refusals: Refusals,
    metrics: Arc<Metrics>,
    started: Instant,
}

/// Everybody who calls; cheap to clone.
#[derive(Clone)]
pub struct Callers(Arc<Desk>);

struct Visit {
    number: u64,
    activity: Arc<Activity>,
    source: Source,
    goods: Goods,
    desk: Arc<Desk>,
}

/// One connection; it counts until the last clone is gone.
#[derive(Clone)]
pub struct Caller(Arc<Visit>);

impl Good {
    fn new(size: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(size)), size }
    }
}

impl Goods {
    /// All there is, divided. Of work there are as many turns as cores, at least two, so that one source alone never takes them all.
    fn part(divisor: usize) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from).max(2);
        Self {
            bodies: Good::new(BODIES_BYTES_MAX / divisor),
            answers: Good::new(ANSWERS_BYTES_MAX / divisor),
            work: Good::new((cores / divisor).max(1)),
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

impl Callers {
    /// Nobody has called yet.
    pub fn new(limits: Limits, metrics: Arc<Metrics>) -> Self {
        let refusals = Refusals::new("clients", &metrics);
        Self(Arc::new(Desk {
            visitors: Mutex::new(Visitors::new(bounds(limits))),
            connections: Mutex::default(),
            left: Notify::new(),
            all: Goods::part(1),
            refusals,
            metrics,
            started: Instant::now(),
        }))
    }

    /// Other limits hold from now on.
    pub fn limit(&self, limits: Limits) {
        self.0.visitors().set(bounds(limits), self.0.now_ms());
    }

    /// Lets a connection in, or not. If all places are taken, the idlest one of the address with the most is closed for
    /// it (R11).
    ///
    /// # Errors
    /// [`Refused`]; it was counted.
    pub async fn enter(&self, address: IpAddr) -> Result<Caller, Refused> {
        let mut entered = self.try_enter(address);
        if is_full(&entered) && self.0.visitors().is_full() {
            let make_room = async {
                loop {
                    let left = self.0.left.notified();
                    tokio::pin!(left);
                    // From here on no end of a connection is missed.
                    left.as_mut().enable();
                    entered = self.try_enter(address);
                    if !is_full(&entered) {
                        return;
                    }
                    left.await;
                }
            };
            if let Some(closed) = self.0.connections().close_idlest(address.into()) {
                self.0.refusals.note("idlest", &closed);
            }
            let _ = tokio::time::timeout(Duration::from_millis(PLACE_MS_MAX), make_room).await;
        }
        if let Err(refused) = &entered {
            self.0.refusals.note(refused.reason(), &Source::from(address));
        }
        entered
    }

    /// Lets a connection in if there is a place for it.
    ///
    /// # Errors
    /// [`Refused`]; it was not counted.
    pub fn try_enter(&self, address: IpAddr) -> Result<Caller, Refused> {
        let (desk, source) = (Arc::clone(&self.0), Source::from(address));
        let goods = desk.visitors().enter(source, false, desk.now_ms(), || Goods::part(SOURCE_SHARE))?;
        desk.count();
        let activity = Arc::new(Activity::new(desk.started));
        let number = desk.connections().add(source, Arc::clone(&activity));
        Ok(Caller(Arc::new(Visit { number, activity, source, goods, desk })))
    }
}

fn bounds(limits: Limits) -> Bounds {
    Bounds {
        open: open_files::bounded(CONNECTIONS_MAX, 2, open_files::most()),
        open_per_source: limits.connections_per_address,
        rate_per_s: limits.bytes_per_address_per_s,
        burst: limits.bytes_per_address_per_s.saturating_mul(ALLOWANCE_BURST_S),
        sources: SOURCES_MAX,
    }
}

fn is_full(entered: &Result<Caller, Refused>) -> bool {
    matches!(entered, Err(Refused::Full))
}

impl Desk {
    fn visitors(&self) -> MutexGuard<'_, Visitors<Goods>> {
        // Every change of the table is whole before anything could panic.
        self.visitors.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn connections(&self) -> MutexGuard<'_, Connections> {
        // As above.
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_ms(&self) -> u64 {
        self.started.elapsed().as_millis() as u64
    }

    fn count(&self) {
        let open = self.visitors().open();
        self.metrics.client_connections.set(open as i64);
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.desk.connections().remove(self.number);
        self.desk.visitors().leave(self.source, self.desk.now_ms());
        self.desk.count();
        self.desk.left.notify_waiters();
    }
}

impl Caller {
    /// How busy this connection is.
    pub fn activity(&self) -> &Arc<Activity> {
        &self.0.activity
    }

    /// Whether this source may ask for something now.
    ///
    /// # Errors
    /// `too-many`, with the seconds until it may.
    pub fn may_ask(&self) -> Result<(), Problem> {
        let desk = &self.0.desk;
        match desk.visitors().wait_ms(self.0.source, desk.now_ms()) {
            0 => Ok(()),
            wait_ms => {
                desk.refusals.note("rate", &self.0.source);
                Err(Problem::too_many(wait_ms.div_ceil(1_000)))
            }
        }
    }

    /// Pays for something.
    pub fn pay(&self, cost: u64) {
        let desk = &self.0.desk;
        desk.visitors().spend(self.0.source, cost, desk.now_ms());
    }

    /// Room for so many bytes of a request's body.
    ///
    /// # Errors
    /// `busy`: there is none in time.
    pub async fn body(&self, bytes: usize) -> Result<Permit, Problem> {
        self.take(|goods| &goods.bodies, bytes).await
    }

    /// Room for so many bytes of an answer; never more than this source's share, which then is all its own.
    ///
    /// # Errors
    /// As [`Self::body`].
    pub async fn answer(&self, bytes: usize) -> Result<Permit, Problem> {
        self.take(|goods| &goods.answers, bytes).await
    }

    /// Does something that takes the processor or the disk, when it is this source's turn, off the event loop.
    ///
    /// # Errors
    /// `busy`: it was not its turn in time; or what the work says.
    pub async fn work<T: Send + 'static, E: Into<Problem> + Send + 'static>(
        &self,
        act: impl FnOnce() -> Result<T, E> + Send + 'static,
    ) -> Result<T, Problem> {
        let turn = self.take(|goods| &goods.work, 1).await?;
        // The turn ends with the work, even if nobody waits for it any more.
        let task = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            act()
        });
        match task.await {
            Ok(result) => result.map_err(Into::into),
            Err(error) => Err(Problem::internal(&error)),
        }
    }

    async fn take(&self, good: impl Fn(&Goods) -> &Good, amount: usize) -> Result<Permit, Problem> {
        let (own, all) = (good(&self.0.goods), good(&self.0.desk.all));
        let amount = u32::try_from(amount.min(own.size)).unwrap_or(u32::MAX);
        let take = async {
            let own = Arc::clone(&own.permits).acquire_many_owned(amount).await.ok()?;
            let common = Arc::clone(&all.permits).acquire_many_owned(amount).await.ok()?;
            Some(Permit { own, common })
        };
        match tokio::time::timeout(Duration::from_millis(REQUEST_MS_MAX), take).await {
            Ok(Some(permit)) => Ok(permit),
            Ok(None) | Err(_) => {
                self.0.desk.refusals.note("busy", &self.0.source);
                Err(Problem::new(Code::Busy, "too much is asked of this node now; try again soon, or ask another court"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::{BYTES_PER_SOURCE_PER_S, CONNECTIONS_PER_SOURCE};
    use futures::FutureExt as _;

    fn ip(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn callers() -> Callers {
        Callers::new(Limits::default(), Arc::new(Metrics::default()))
    }

    #[tokio::test]
    async fn r12_connections_of_one_source() {
        let callers = callers();
        let first: Vec<Caller> = (0..CONNECTIONS_PER_SOURCE).filter_map(|_| callers.try_enter(ip(1)).ok()).collect();
        assert_eq!(first.len(), CONNECTIONS_PER_SOURCE);
        assert_eq!(callers.try_enter(ip(1)).err(), Some(Refused::Source));
        let clone = first[0].clone();
        assert!(callers.try_enter(ip(2)).is_ok());
        drop(first);
        let again = (0..CONNECTIONS_PER_SOURCE).filter_map(|_| callers.try_enter(ip(1)).ok());
        assert_eq!(again.collect::<Vec<_>>().len(), CONNECTIONS_PER_SOURCE - 1, "the clone still counts");
        drop(clone);
    }

    #[tokio::test]
    async fn r12_a_source_has_its_share_of_room_and_no_more() {
        let callers = callers();
        let (one, two) = (callers.try_enter(ip(1)).unwrap(), callers.try_enter(ip(1)).unwrap());
        let share = ANSWERS_BYTES_MAX / SOURCE_SHARE;
        let mut held = one.answer(share).await.unwrap();
        assert!(two.answer(1).now_or_never().is_none(), "one above waits");
        assert!(callers.try_enter(ip(2)).unwrap().answer(share).await.is_ok(), "another source does not");
        held.keep(share - 1);
        assert!(two.answer(1).await.is_ok());
        drop(held);
        assert!(one.answer(usize::MAX).await.is_ok(), "more than the share is the share");
        let bodies = BODIES_BYTES_MAX / SOURCE_SHARE;
        let _held = one.body(bodies).await.unwrap();
        assert!(two.body(1).now_or_never().is_none());
    }

    #[tokio::test]
    async fn r12_who_has_spent_its_allowance_is_told_when_to_come_again() {
        let callers = callers();
        let caller = callers.try_enter(ip(1)).unwrap();
        caller.pay(BYTES_PER_SOURCE_PER_S * ALLOWANCE_BURST_S);
        assert!(caller.may_ask().is_ok());
        caller.pay(BYTES_PER_SOURCE_PER_S * 2);
        assert!(caller.may_ask().is_err());
        assert!(matches!(callers.try_enter(ip(1)).err(), Some(Refused::Rate(_))));
        assert!(callers.try_enter(ip(2)).unwrap().may_ask().is_ok());
    }

    #[tokio::test]
    async fn r12_one_source_never_takes_all_turns() {
        let callers = callers();
        let (one, other) = (callers.try_enter(ip(1)).unwrap(), callers.try_enter(ip(2)).unwrap());
        let mut taken = Vec::new();
        while let Some(turn) = one.take(|goods| &goods.work, 1).now_or_never() {
            taken.push(turn.unwrap());
        }
        assert!(!taken.is_empty());
        assert!(other.work(|| Ok::<_, Problem>(())).await.is_ok());
    }

    #[tokio::test]
    async fn r12_work_is_done_in_turn() {
        let caller = callers().try_enter(ip(1)).unwrap();
        assert_eq!(caller.work(|| Ok::<_, Problem>(7)).await.unwrap(), 7);
        assert!(caller.work(|| Err::<(), _>(Problem::malformed("no"))).await.is_err());
    }
}
