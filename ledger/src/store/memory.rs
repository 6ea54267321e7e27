//! A store in memory, for tests and for the simulator, which copies it to imitate a disk.
//!
//! In and out: as [`Store`].
//! Always: it behaves as the store on disk does, by the same conformance suite.
//! Not for keeping anything: it ends with the process.

use super::{Batch, Pair, Range, Store};
use crate::error::Error;
use std::collections::BTreeMap;
use std::sync::{PoisonError, RwLock};

/// An ordered map behind a lock.
#[derive(Debug, Default)]
pub struct MemoryStore {
    pairs: RwLock<BTreeMap<Vec<u8>, Vec<u8>>>,
}

impl MemoryStore {
    /// A store that holds nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// All pairs in the order of keys, as a disk would hold them.
    pub fn contents(&self) -> BTreeMap<Vec<u8>, Vec<u8>> {
        self.pairs.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// A store with these contents.
    pub fn with_contents(contents: BTreeMap<Vec<u8>, Vec<u8>>) -> Self {
        Self { pairs: RwLock::new(contents) }
    }
}

impl Store for MemoryStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.pairs.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn scan(&self, range: Range<'_>) -> Result<Vec<Pair>, Error> {
        if range.from >= range.to {
            return Ok(Vec::new());
        }
        let pairs = self.pairs.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = pairs.range::<[u8], _>((std::ops::Bound::Included(range.from), std::ops::Bound::Excluded(range.to)));
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while taken.len() < range.pairs_max && (taken.is_empty() || bytes < range.bytes_max) {
            let next = if range.backwards { found.next_back() } else { found.next() };
            let Some((key, value)) = next else { break };
            bytes += value.len();
            taken.push((key.clone(), value.clone()));
        }
        Ok(taken)
    }

    fn apply(&self, batch: Batch) -> Result<(), Error> {
        self.pairs.write().unwrap_or_else(PoisonError::into_inner).extend(batch.pairs);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conforms() {
        super::super::conformance::check(&MemoryStore::new());
    }
}
