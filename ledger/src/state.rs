//! The part of the state that every block needs (L9): network, protocol, epoch, courts. Any auditor can fold
//! it again from the log.
//!
//! In: the genesis document, then system entries in order.
//! Out: [`State`], and the facts that the genesis writes.
//! Always: the state follows from the genesis and the entries alone, so two nodes with the same log have the
//! same state. A court is a signer too, under its own name and voting key (L11).
//! Not for members and the facts that statements write: [`crate::history`] has them, because they do not fit
//! memory.

use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::name::{CourtName, Origin};
use courtseal_proof::entry::{Content, Entry, StateAfter};
use courtseal_proof::facts::{CourtFact, Fact, MemberFact, Subject};
use courtseal_proof::genesis::Genesis;
use std::collections::BTreeMap;

/// Network, courts and epoch after some entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    origin: Origin,
    protocol: u16,
    epoch: u64,
    courts: BTreeMap<CourtName, PublicKey>,
    facts: BTreeMap<Subject, Fact>,
    court_set: Digest,
}

/// Index of the entry that wrote the facts of the genesis courts: their `epoch` entry.
const GENESIS_EPOCH_INDEX: u64 = 1;

/// The facts that a genesis writes, in no order: its members, as of entry 0.
pub fn genesis_facts(genesis: &Genesis) -> impl Iterator<Item = (Subject, Fact)> {
    genesis.members.iter().map(|member| {
        let value = MemberFact { court: member.court.clone(), role: member.role, key: member.key };
        (Subject::member(&member.name), Fact { index: 0, value: codec::encode(&value) })
    })
}

/// The reason why an entry cannot continue a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The entry belongs to another network.
    #[error("an entry of another network")]
    Chain,
    /// Protocol 2 has no such epoch, because its courts do not change.
    #[error("an epoch that this version of the rules does not know")]
    Epoch,
    /// A `state` entry that does not follow from the entries before it.
    #[error("a state that the entries before it do not give")]
    State,
}

impl State {
    /// The state before entry 0.
    pub fn new(genesis: &Genesis) -> Self {
        let fact = |court: &courtseal_proof::genesis::Court| {
            let value = CourtFact { vote: court.vote, cosigner: court.cosigner };
            (Subject::court(&court.name), Fact { index: GENESIS_EPOCH_INDEX, value: codec::encode(&value) })
        };
        Self {
            origin: genesis.origin(),
            protocol: genesis.protocol,
            epoch: 0,
            courts: genesis.courts.iter().map(|court| (court.name.clone(), court.vote)).collect(),
            facts: genesis.courts.iter().map(fact).collect(),
            court_set: genesis.court_set_digest(),
        }
    }

    /// The state after one more entry.
    ///
    /// # Errors
    /// [`FoldError`] if no node of this network could have recorded the entry.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), FoldError> {
        if entry.chain != self.origin {
            return Err(FoldError::Chain);
        }
        match &entry.content {
            Content::Epoch(epoch) => {
                let listed = epoch.courts.iter().map(|court| (&court.name, &court.vote));
                let same = epoch.number == self.epoch && listed.eq(&self.courts);
                same.then_some(()).ok_or(FoldError::Epoch)
            }
            Content::State(after) => {
                let same = *after == StateAfter { epoch: self.epoch, map: StateAfter::NO_MARKS };
                same.then_some(()).ok_or(FoldError::State)
            }
            Content::Genesis | Content::Statement(..) | Content::Rejection(..) => Ok(()),
        }
    }

    /// The origin of the network.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The version of the rules for the next block.
    pub fn protocol(&self) -> u16 {
        self.protocol
    }

    /// Number of the present epoch.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Index of the entry that began the epoch and gave its courts their keys.
    pub fn epoch_index(&self) -> u64 {
        GENESIS_EPOCH_INDEX
    }

    /// Voting keys of the courts that decide the next block, by name.
    pub fn courts(&self) -> &BTreeMap<CourtName, PublicKey> {
        &self.courts
    }

    /// Digest of the court set that decides the next block (F24).
    pub fn court_set(&self) -> Digest {
        self.court_set
    }

    /// Digest of the court set that decides the block after the next. In protocol 2 it is the same.
    pub fn next_court_set(&self) -> Digest {
        self.court_set
    }

    /// Whether this voting key belongs to a court of the set that decides the next block.
    pub fn is_court(&self, vote: &PublicKey) -> bool {
        self.courts.values().any(|key| key == vote)
    }

    /// The voting key of the court of this name.
    pub fn vote_key(&self, court: &CourtName) -> Option<PublicKey> {
        self.courts.get(court).copied()
    }

    /// The fact of a court of the epoch.
    pub fn court_fact(&self, subject: &Subject) -> Option<Fact> {
        self.facts.get(subject).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Network;
    use courtseal_proof::entry::Epoch;

    /// The fold of L9.
    #[test]
    fn l9_state_is_a_fold_over_genesis_and_entries() {
        let network = Network::new(4);
        let mut state = State::new(&network.genesis);
        let before = state.clone();
        for entry in Entry::genesis(&network.genesis) {
            state.apply(&entry).unwrap();
        }
        assert_eq!(state, before);
        assert_eq!(state.courts().len(), 4);
        let changed = |change: fn(&mut Epoch)| {
            let [_, mut entry, _] = Entry::genesis(&network.genesis);
            let Content::Epoch(epoch) = &mut entry.content else { panic!("entry 1 is the epoch") };
            change(epoch);
            entry
        };
        assert_eq!(state.apply(&changed(|epoch| epoch.number = 1)), Err(FoldError::Epoch));
        assert_eq!(state.apply(&changed(|epoch| drop(epoch.courts.pop()))), Err(FoldError::Epoch));
        let state_entry = |after| Entry { content: Content::State(after), ..Entry::genesis(&network.genesis)[2].clone() };
        for other in [StateAfter { epoch: 1, map: StateAfter::NO_MARKS }, StateAfter { epoch: 0, map: Digest([1; 32]) }] {
            assert_eq!(state.apply(&state_entry(other)), Err(FoldError::State));
        }
        let other_network = Network::new(3);
        assert_eq!(state.apply(&Entry::genesis(&other_network.genesis)[0]), Err(FoldError::Chain));
    }
}
