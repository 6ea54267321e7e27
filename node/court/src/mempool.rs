//! The mempool: transactions that wait for a block. Sans-IO.
//!
//! In: admitted transactions, committed ids, the time.
//! Out: candidates for the next block, in a fair order.
//! Always: it is bounded as a whole, per court and per member.
//! A full part makes room for the member that holds less, so that no member can crowd out another (N12).
//! Members are served in turn, and each member's transactions in the order of arrival.
//! A transaction is held once.
//! Not for judging: each transaction was admitted, and is judged again when a block is built.

use crate::limits::{MEMPOOL_BYTES_MAX, MEMPOOL_COURT_SHARE, MEMPOOL_MEMBER_SHARE, MEMPOOL_TRANSACTIONS_MAX};
use courtseal_ledger::{SignatureCache, VerifiedTransaction, admit};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::name::Name;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::facts::Subject;
use std::collections::btree_map::Iter;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::iter::{Peekable, Rev};
use std::sync::{Arc, PoisonError, RwLock};

/// An amount of waiting transactions, or a bound of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// Bytes of the canonical texts.
    pub bytes: usize,
    /// Number of transactions.
    pub transactions: usize,
}

/// The outcome of [`Mempool::insert`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// The transaction waits now.
    New,
    /// The transaction waited already.
    Known,
    /// There is no room: the member's share is full. Or the mempool or the court's share is full, and no
    /// other member there holds more.
    Full,
}

/// The waiting transactions, with the load of each court and member.
pub struct Mempool {
    bounds: Load,
    load: Load,
    by_court: BTreeMap<Name, Load>,
    members: BTreeMap<Name, Member>,
    by_id: BTreeMap<Digest, Place>,
    texts: Arc<Texts>,
    /// Waiting transactions about subjects that can be recorded once. Several may wait, and only one of them
    /// is recorded.
    stated_once: BTreeSet<(Subject, Digest)>,
    arrivals: u64,
    dropped: u64,
}

struct Member {
    court: Name,
    load: Load,
    waiting: BTreeMap<u64, Arc<VerifiedTransaction>>,
}

/// A member, while [`Mempool::surplus`] selects what is dropped.
struct Holder<'a> {
    court: &'a Name,
    load: Load,
    /// Its transactions, from the newest to the oldest.
    waiting: Peekable<Rev<Iter<'a, u64, Arc<VerifiedTransaction>>>>,
}

struct Place {
    member: Name,
    arrival: u64,
}

impl<'a> Holder<'a> {
    fn new(member: &'a Member) -> Self {
        Self { court: &member.court, load: member.load, waiting: member.waiting.iter().rev().peekable() }
    }

    /// The rank: the member that holds most comes first, and among equals the one whose newest transaction
    /// arrived last.
    fn rank(&mut self, bounds: Load) -> (u128, Option<u64>) {
        (self.load.part_of(bounds), self.waiting.peek().map(|(arrival, _)| **arrival))
    }
}

impl Default for Mempool {
    fn default() -> Self {
        Self::new(Load { bytes: MEMPOOL_BYTES_MAX, transactions: MEMPOOL_TRANSACTIONS_MAX })
    }
}

impl Load {
    fn plus(self, bytes: usize) -> Self {
        Self { bytes: self.bytes + bytes, transactions: self.transactions + 1 }
    }

    fn minus(self, bytes: usize) -> Self {
        Self { bytes: self.bytes - bytes, transactions: self.transactions - 1 }
    }

    fn share(self, divisor: usize) -> Self {
        Self { bytes: self.bytes / divisor, transactions: self.transactions / divisor }
    }

    fn fits(self, bound: Self) -> bool {
        self.bytes <= bound.bytes && self.transactions <= bound.transactions
    }

    /// The part of the bound in bytes or in transactions, whichever is larger. The unit is one over the
    /// product of both bounds.
    fn part_of(self, bound: Self) -> u128 {
        let (bytes, transactions) = (self.bytes as u128, self.transactions as u128);
        (bytes * bound.transactions as u128).max(transactions * bound.bytes as u128)
    }
}

impl Mempool {
    /// An empty mempool with these bounds.
    pub fn new(bounds: Load) -> Self {
        Self {
            bounds,
            load: Load::default(),
            by_court: BTreeMap::new(),
            members: BTreeMap::new(),
            by_id: BTreeMap::new(),
            texts: Arc::default(),
            stated_once: BTreeSet::new(),
            arrivals: 0,
            dropped: 0,
        }
    }

    /// The waiting transactions, for threads that judge blocks.
    pub fn texts(&self) -> &Arc<Texts> {
        &self.texts
    }

    /// The load of all waiting transactions.
    pub fn load(&self) -> Load {
        self.load
    }

    /// Whether this transaction waits.
    pub fn contains(&self, id: &Digest) -> bool {
        self.by_id.contains_key(id)
    }

    /// Number of transactions that were dropped for others since the last call.
    pub fn take_dropped(&mut self) -> u64 {
        std::mem::take(&mut self.dropped)
    }

    /// Inserts an admitted transaction of a member of `court`. Others are dropped for it if that is fair
    /// (N12).
    pub fn insert(&mut self, checked: Arc<VerifiedTransaction>, court: &Name) -> Inserted {
        if self.contains(&checked.id()) {
            return Inserted::Known;
        }
        let bytes = checked.text().len();
        let name = checked.transaction().payload().member.clone();
        let of_court = self.by_court.get(court).copied().unwrap_or_default().plus(bytes);
        let of_member = self.members.get(&name).map(|member| member.load).unwrap_or_default().plus(bytes);
        if !of_member.fits(self.bounds.share(MEMPOOL_MEMBER_SHARE)) {
            return Inserted::Full;
        }
        let Some(surplus) = self.surplus(bytes, &name, of_member, court, of_court) else { return Inserted::Full };
        surplus.iter().for_each(|id| self.remove(id));
        self.dropped += surplus.len() as u64;
        let of_court = self.by_court.get(court).copied().unwrap_or_default().plus(bytes);
        let arrival = self.arrivals;
        self.arrivals += 1;
        self.load = self.load.plus(bytes);
        self.by_court.insert(court.clone(), of_court);
        self.by_id.insert(checked.id(), Place { member: name.clone(), arrival });
        self.texts.insert(&checked);
        self.stated_once.extend(stated_once(&checked));
        let member = self.members.entry(name).or_insert_with(|| Member {
            court: court.clone(),
            load: Load::default(),
            waiting: BTreeMap::new(),
        });
        member.load = of_member;
        member.waiting.insert(arrival, checked);
        Inserted::New
    }

    /// The transactions to drop so that one of `bytes` fits into its court's share and into the whole (N12).
    ///
    /// With it, its member would hold `of_member` and its court `of_court`. The newest transaction of the
    /// member that holds most there is dropped, again and again. `None` if that member would be its own. The
    /// member that holds most of a full part holds more than an equal share of it.
    fn surplus(&self, bytes: usize, name: &Name, of_member: Load, court: &Name, of_court: Load) -> Option<Vec<Digest>> {
        let (of_all, court_bound) = (self.load.plus(bytes), self.bounds.share(MEMPOOL_COURT_SHARE));
        let mut gone = Vec::new();
        if of_all.fits(self.bounds) && of_court.fits(court_bound) {
            return Some(gone);
        }
        let others = self.members.iter().filter(|(other, _)| *other != name);
        let mut holders: Vec<Holder<'_>> = others.map(|(_, member)| Holder::new(member)).collect();
        let own = of_member.part_of(self.bounds);
        // A transaction that is dropped for the court's share makes room in the whole too.
        let mut dropped = Load::default();
        for (within, load, bound) in [(Some(court), of_court, court_bound), (None, of_all, self.bounds)] {
            let there = holders.iter_mut().enumerate().filter(|(_, holder)| within.is_none_or(|court| holder.court == court));
            let mut most: BinaryHeap<_> = there.map(|(at, holder)| (holder.rank(self.bounds), at)).collect();
            let mut load = Load { bytes: load.bytes - dropped.bytes, transactions: load.transactions - dropped.transactions };
            while !load.fits(bound) {
                let ((part, _), at) = most.pop()?;
                if part <= own {
                    return None;
                }
                let (_, checked) = holders[at].waiting.next()?;
                let length = checked.text().len();
                holders[at].load = holders[at].load.minus(length);
                (load, dropped) = (load.minus(length), dropped.plus(length));
                gone.push(checked.id());
                most.push((holders[at].rank(self.bounds), at));
            }
        }
        Some(gone)
    }

    /// Removes a transaction that is recorded or can never be.
    pub fn remove(&mut self, id: &Digest) {
        let Some(Place { member: name, arrival }) = self.by_id.remove(id) else { return };
        let Some(member) = self.members.get_mut(&name) else { return };
        let Some(checked) = member.waiting.remove(&arrival) else { return };
        let bytes = checked.text().len();
        self.texts.remove(&checked);
        for stated in stated_once(&checked) {
            self.stated_once.remove(&stated);
        }
        member.load = member.load.minus(bytes);
        self.load = self.load.minus(bytes);
        if let Some(load) = self.by_court.get_mut(&member.court) {
            *load = load.minus(bytes);
        }
        if member.waiting.is_empty() {
            self.members.remove(&name);
        }
    }

    /// Removes transactions that expired before `time`.
    pub fn remove_expired(&mut self, time: Timestamp) {
        let expired: Vec<Digest> =
            self.iter().filter(|checked| checked.transaction().payload().not_after < time).map(|checked| checked.id()).collect();
        expired.iter().for_each(|id| self.remove(id));
    }

    /// Subject and id of each waiting transaction about a subject that can be recorded once.
    pub fn stated_once(&self) -> Vec<(Subject, Digest)> {
        self.stated_once.iter().cloned().collect()
    }

    /// All waiting transactions, ordered by member.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<VerifiedTransaction>> {
        self.members.values().flat_map(|member| member.waiting.values())
    }

    /// Candidates for a block. Members are served in turn until the texts have `bytes_max` bytes, which the
    /// last one may exceed, or until there are `transactions_max`.
    pub fn candidates(&self, bytes_max: usize, transactions_max: usize) -> Vec<Arc<VerifiedTransaction>> {
        // The member that has waited longest is served first.
        let mut queues: Vec<_> = self.members.values().map(|member| member.waiting.iter().peekable()).collect();
        queues.sort_by_key(|queue| queue.clone().peek().map(|(arrival, _)| **arrival));
        let (mut chosen, mut bytes) = (Vec::new(), 0);
        while !queues.is_empty() {
            for queue in &mut queues {
                let Some((_, checked)) = queue.next() else { continue };
                bytes += checked.text().len();
                chosen.push(Arc::clone(checked));
                if bytes >= bytes_max || chosen.len() >= transactions_max {
                    return chosen;
                }
            }
            queues.retain_mut(|queue| queue.peek().is_some());
        }
        chosen
    }
}

fn stated_once(checked: &VerifiedTransaction) -> impl Iterator<Item = (Subject, Digest)> {
    let id = checked.id();
    admit::once(checked.transaction()).map(move |subject| (subject, id))
}

/// The waiting transactions by the SHA-256 of their texts. Threads that judge blocks share them, so that no
/// signature is verified twice.
#[derive(Default)]
pub struct Texts(RwLock<BTreeMap<Digest, Arc<VerifiedTransaction>>>);

impl Texts {
    /// Whether no transaction waits.
    #[cfg(test)]
    fn is_empty(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn insert(&self, checked: &Arc<VerifiedTransaction>) {
        let mut texts = self.0.write().unwrap_or_else(PoisonError::into_inner);
        texts.insert(checked.text_digest(), Arc::clone(checked));
    }

    fn remove(&self, checked: &VerifiedTransaction) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&checked.text_digest());
    }
}

impl SignatureCache for Texts {
    fn verified(&self, text_digest: &Digest) -> Option<Arc<VerifiedTransaction>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(text_digest).cloned()
    }
}

#[cfg(test)]
mod tests;
