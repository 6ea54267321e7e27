//! The texts that a verifier has checked and need not check again: signed notes and envelopes.
//!
//! In: texts whose signatures were found good under one policy.
//! Out: the courts or the payload of each.
//! Always: the number is bounded, and the oldest is dropped first. A text is known by its SHA-256, so another
//! byte is another text. No text that failed is kept.
//! Not for receipts: their form, inclusion and entry are checked each time.

use crate::bytes::digest::{Digest, sha256};
use crate::transaction::Payload;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// Most notes, and most envelopes, that are kept.
pub const REMEMBERED_MAX: usize = 1_024;

/// The courts that cosigned a checkpoint and when, in POSIX seconds.
pub type Courts = Vec<(String, u64)>;

/// Notes and envelopes that were checked under one policy.
#[derive(Debug, Default)]
pub struct Remembered {
    notes: Kept<Courts>,
    envelopes: Kept<(Payload, Digest)>,
}

impl Clone for Remembered {
    /// A copy starts empty.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Remembered {
    /// The courts of this signed note, remembered or else found by `check`.
    ///
    /// # Errors
    /// The errors of `check`.
    pub fn note<E>(&self, text: &str, check: impl FnOnce() -> Result<Courts, E>) -> Result<Arc<Courts>, E> {
        self.notes.get(text, check)
    }

    /// Payload and transaction id of this envelope, remembered or else found by `check`.
    ///
    /// # Errors
    /// The errors of `check`.
    pub fn envelope<E>(
        &self,
        text: &str,
        check: impl FnOnce() -> Result<(Payload, Digest), E>,
    ) -> Result<Arc<(Payload, Digest)>, E> {
        self.envelopes.get(text, check)
    }
}

/// Values by the SHA-256 of their texts.
#[derive(Debug)]
struct Kept<T>(Mutex<Values<T>>);

#[derive(Debug)]
struct Values<T> {
    by_digest: HashMap<Digest, Arc<T>>,
    /// The digests, oldest first.
    order: VecDeque<Digest>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::new(Values { by_digest: HashMap::new(), order: VecDeque::new() }))
    }
}

impl<T> Kept<T> {
    fn get<E>(&self, text: &str, check: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        let digest = sha256(text.as_bytes());
        if let Some(value) = self.0.lock().unwrap_or_else(PoisonError::into_inner).by_digest.get(&digest) {
            return Ok(Arc::clone(value));
        }
        let value = Arc::new(check()?);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.by_digest.insert(digest, Arc::clone(&value)).is_none() {
            kept.order.push_back(digest);
        }
        if kept.order.len() > REMEMBERED_MAX
            && let Some(oldest) = kept.order.pop_front()
        {
            kept.by_digest.remove(&oldest);
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_kept_and_nothing_that_failed() {
        let kept = Kept::<u64>::default();
        let ask = |text: &str, value: Result<u64, ()>| kept.get(text, || value).map(|value| *value);
        assert_eq!(ask("0", Err(())), Err(()));
        for number in 0..REMEMBERED_MAX as u64 {
            assert_eq!(ask(&number.to_string(), Ok(number)), Ok(number));
        }
        assert_eq!(ask("0", Err(())), Ok(0), "at the bound");
        assert_eq!(ask("one more", Ok(7)), Ok(7));
        assert_eq!(ask("0", Err(())), Err(()), "the oldest goes");
        assert_eq!(ask("1", Err(())), Ok(1));
    }
}
