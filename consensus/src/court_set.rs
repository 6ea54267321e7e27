//! The courts that decide a height: who proposes, and how many are a quorum (rule C6).
//!
//! In: the courts' voting keys.
//! Out: the proposer of each height and round; whether so many votes are a quorum, or more than a third.
//! Always: the proposer is court number `(height + round) mod n` in the order of voting keys.
//! Not for counting votes: the Malachite core does.

use crate::error::Error;
use courtseal_proof::bytes::key::PublicKey;
use std::sync::Arc;

/// Most courts in a set, and so most signatures in a certificate.
pub const COURTS_MAX: usize = 64;

/// A court's address in the core: its voting key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Voter(pub(crate) PublicKey);

/// One court in a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Court {
    pub(crate) voter: Voter,
}

/// The courts that decide a height: 1 to 64 voting keys, sorted, no two alike. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CourtSet {
    pub(crate) courts: Arc<Vec<Court>>,
}

impl CourtSet {
    /// A set of courts, from their voting keys in any order.
    ///
    /// # Errors
    /// [`Error::Courts`]: none, more than [`COURTS_MAX`], or one twice.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Result<Self, Error> {
        let mut keys: Vec<PublicKey> = keys.into_iter().collect();
        let given = keys.len();
        keys.sort_unstable();
        keys.dedup();
        if keys.len() != given {
            return Err(Error::Courts("one voting key twice"));
        }
        if keys.is_empty() || keys.len() > COURTS_MAX {
            return Err(Error::Courts("a set has 1 to 64 courts"));
        }
        Ok(Self { courts: Arc::new(keys.into_iter().map(|key| Court { voter: Voter(key) }).collect()) })
    }

    /// Number of courts in the set.
    pub fn size(&self) -> usize {
        self.courts.len()
    }

    /// Whether the court with this voting key is in the set.
    pub fn contains(&self, key: &PublicKey) -> bool {
        self.courts.binary_search_by_key(key, |court| court.voter.0).is_ok()
    }

    /// The voting keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = PublicKey> + '_ {
        self.courts.iter().map(|court| court.voter.0)
    }

    /// The court that proposes in a round (rule C6).
    pub fn proposer(&self, height: u64, round: u32) -> PublicKey {
        self.proposing_court(height, round).voter.0
    }

    /// Whether `votes` of these courts are more than two thirds.
    pub fn is_quorum(&self, votes: usize) -> bool {
        votes * 3 > self.size() * 2
    }

    /// Whether `votes` of these courts are more than one third, so that one of them is correct.
    pub fn is_more_than_a_third(&self, votes: usize) -> bool {
        votes * 3 > self.size()
    }

    /// The proposer as the core's `Context` asks for it.
    pub(crate) fn proposing_court(&self, height: u64, round: u32) -> &Court {
        let turn = (u128::from(height) + u128::from(round)) % self.courts.len() as u128;
        &self.courts[turn as usize]
    }
}
