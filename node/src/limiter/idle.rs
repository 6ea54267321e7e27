//! Which client's connection is closed for a new one when all places are taken (R11). Sans-IO.
//!
//! In: connections that are opened and end, and when each of them last moved a byte.
//! Out: the connection to close.
//! Always: it is one of the address that has the most, the new connection counted. Of these, one without a
//! request under way comes first, and then the one that has been idle for longest.
//! Not for closing: the connection's own task does that.

use super::address::Address;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;
use tokio::sync::Notify;

/// How busy one connection is, and whether it is to be closed.
pub struct Activity {
    started: Instant,
    last_ms: AtomicU64,
    answering: AtomicUsize,
    is_closing: AtomicBool,
    close: Notify,
}

/// One request that is being answered, for as long as this lives.
pub struct Answering(Arc<Activity>);

/// The connections that are open.
#[derive(Default)]
pub struct OpenConnections {
    next: u64,
    open: BTreeMap<u64, (Address, Arc<Activity>)>,
}

impl Activity {
    /// A connection that was made just now; `started` is where the clock of all connections begins.
    pub fn new(started: Instant) -> Self {
        let activity = Self {
            started,
            last_ms: AtomicU64::new(0),
            answering: AtomicUsize::new(0),
            is_closing: AtomicBool::new(false),
            close: Notify::new(),
        };
        activity.moved();
        activity
    }

    /// Bytes came in or went out just now.
    pub fn moved(&self) {
        self.moved_at(self.started.elapsed().as_millis() as u64);
    }

    fn moved_at(&self, now_ms: u64) {
        self.last_ms.store(now_ms, Ordering::Relaxed);
    }

    /// A request is being answered from now on.
    pub fn answering(self: &Arc<Self>) -> Answering {
        self.answering.fetch_add(1, Ordering::Relaxed);
        Answering(Arc::clone(self))
    }

    /// Resolves once this connection is to be closed.
    pub async fn closing(&self) {
        self.close.notified().await;
    }

    fn close(&self) {
        self.is_closing.store(true, Ordering::Relaxed);
        self.close.notify_one();
    }

    fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Relaxed)
    }

    fn rank(&self) -> (bool, u64) {
        (self.answering.load(Ordering::Relaxed) > 0, self.last_ms.load(Ordering::Relaxed))
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answering.fetch_sub(1, Ordering::Relaxed);
        self.0.moved();
    }
}

impl OpenConnections {
    /// Takes a connection in; the number by which it is removed.
    pub fn add(&mut self, address: Address, activity: Arc<Activity>) -> u64 {
        let number = self.next;
        self.next += 1;
        self.open.insert(number, (address, activity));
        number
    }

    /// Forgets a connection that has ended.
    pub fn remove(&mut self, number: u64) {
        self.open.remove(&number);
    }

    /// Chooses the connection that makes room for a newcomer, tells it to close, and returns whose it is.
    /// None if all of them are closing already.
    pub fn close_idlest(&self, newcomer: Address) -> Option<Address> {
        let staying = || self.open.values().filter(|(_, activity)| !activity.is_closing());
        let mut counts = BTreeMap::from([(newcomer, 1_usize)]);
        staying().for_each(|(address, _)| *counts.entry(*address).or_default() += 1);
        let most_of =
            |among: &mut dyn Iterator<Item = &(Address, Arc<Activity>)>| among.map(|(address, _)| counts[address]).max();
        // A newcomer that is alone with its address has no connection that could be closed.
        let most = most_of(&mut staying())?;
        let of_the_most = staying().filter(|(address, _)| counts[address] == most);
        let (address, idlest) = of_the_most.min_by_key(|(_, activity)| activity.rank())?;
        idlest.close();
        Some(*address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::IpAddr;

    fn address(last: u8) -> Address {
        IpAddr::from([192, 0, 2, last]).into()
    }

    /// OpenConnections of these addresses, each with the time when it last moved a byte.
    fn connections(of: &[(u8, u64)]) -> (OpenConnections, Vec<Arc<Activity>>) {
        let (mut all, started) = (OpenConnections::default(), Instant::now());
        let add = |(last, moved_ms): &(u8, u64)| {
            let activity = Arc::new(Activity::new(started));
            activity.moved_at(*moved_ms);
            all.add(address(*last), Arc::clone(&activity));
            activity
        };
        let activities = of.iter().map(add).collect();
        (all, activities)
    }

    fn closing(activities: &[Arc<Activity>]) -> Vec<usize> {
        (0..activities.len()).filter(|at| activities[*at].is_closing()).collect()
    }

    #[test]
    fn r11_the_idlest_of_the_address_with_the_most_goes() {
        let (all, activities) = connections(&[(1, 1), (2, 9), (2, 5), (2, 7), (3, 2)]);
        assert_eq!(all.close_idlest(address(4)), Some(address(2)));
        assert_eq!(closing(&activities), [2]);
        // What is closing counts no more: two addresses have the most now, the newcomer's among them.
        assert_eq!(all.close_idlest(address(3)), Some(address(3)));
        assert_eq!(closing(&activities), [2, 4]);
    }

    #[test]
    fn r11_the_newcomer_counts_to_its_address() {
        let (all, activities) = connections(&[(1, 1), (1, 2), (2, 8), (2, 9)]);
        assert_eq!(all.close_idlest(address(2)), Some(address(2)), "with the newcomer it has the most");
        assert_eq!(closing(&activities), [2]);
        let (all, activities) = connections(&[(1, 4), (2, 3), (3, 5)]);
        assert_eq!(all.close_idlest(address(9)), Some(address(2)), "nobody has more: the idlest of all");
        assert_eq!(closing(&activities), [1]);
    }

    #[test]
    fn r11_a_request_under_way_is_closed_last() {
        let (all, activities) = connections(&[(1, 1), (1, 50), (2, 0)]);
        let request = activities[0].answering();
        assert_eq!(all.close_idlest(address(3)), Some(address(1)));
        assert_eq!(closing(&activities), [1]);
        drop(request);
        let (all, activities) = connections(&[(1, 2), (1, 1)]);
        let _requests = (activities[0].answering(), activities[1].answering());
        assert_eq!(all.close_idlest(address(3)), Some(address(1)), "whoever fills all places with requests has no claim to them");
        assert_eq!(closing(&activities), [1]);
    }

    #[tokio::test]
    async fn r11_whoever_is_to_close_hears_of_it_and_none_is_chosen_twice() {
        let (mut all, activities) = connections(&[(1, 1), (1, 2)]);
        assert!(all.close_idlest(address(2)).is_some() && all.close_idlest(address(2)).is_some());
        activities[0].closing().await;
        activities[1].closing().await;
        assert_eq!(all.close_idlest(address(2)), None);
        (0..2).for_each(|number| all.remove(number));
        assert_eq!(all.close_idlest(address(2)), None);
    }
}
