//! The places of the transactions that were recorded last. Clients that wait look them up after each block.
//!
//! In: committed blocks.
//! Out: places, from memory.
//! Always: the number is bounded. A place that is dropped here is still in the store.
//! Not for telling that a transaction is not recorded.

use super::recorded::{Committed, Recorded};
use crate::limits::RECENT_TRANSACTIONS_MAX;
use courtseal_proof::bytes::digest::Digest;
use std::collections::{BTreeMap, VecDeque};

/// The places of the last [`RECENT_TRANSACTIONS_MAX`] transactions, by id.
#[derive(Default)]
pub struct RecentTransactions {
    places: BTreeMap<Digest, Recorded>,
    /// Their ids, oldest first.
    order: VecDeque<Digest>,
}

impl RecentTransactions {
    /// Notes all transactions of a block.
    pub fn note(&mut self, block: &Committed) {
        for (id, entries) in &block.transactions {
            let count = entries.end - entries.start;
            let place = Recorded { height: block.height, time: block.time, first_index: entries.start, count };
            if self.places.insert(*id, place).is_none() {
                self.order.push_back(*id);
            }
            if self.order.len() > RECENT_TRANSACTIONS_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.places.remove(&oldest);
            }
        }
    }

    /// The place of this transaction, if it was recorded recently.
    pub fn get(&self, id: &Digest) -> Option<Recorded> {
        self.places.get(id).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use courtseal_proof::bytes::digest::sha256;
    use courtseal_proof::bytes::time::Timestamp;

    #[test]
    fn so_many_are_known_and_the_oldest_is_forgotten() {
        let id = |number: u64| sha256(&number.to_be_bytes());
        let (most, mut recent) = (RECENT_TRANSACTIONS_MAX as u64, RecentTransactions::default());
        let block = |number: u64| Committed {
            height: number,
            digest: Digest::default(),
            time: Timestamp(number),
            first_index: 2 * number,
            size: 2 * number + 2,
            root: Digest::default(),
            transactions: vec![(id(number), 2 * number..2 * number + 2)],
        };
        (0..most).for_each(|number| recent.note(&block(number)));
        assert_eq!(recent.get(&id(0)), Some(Recorded { height: 0, time: Timestamp(0), first_index: 0, count: 2 }));
        recent.note(&block(0));
        assert!(recent.get(&id(1)).is_some(), "one that is noted twice takes one place");
        recent.note(&block(most));
        assert_eq!(recent.get(&id(0)), None);
        assert!(recent.get(&id(1)).is_some() && recent.get(&id(most)).is_some());
        assert_eq!((recent.places.len(), recent.order.len()), (RECENT_TRANSACTIONS_MAX, RECENT_TRANSACTIONS_MAX));
    }
}
