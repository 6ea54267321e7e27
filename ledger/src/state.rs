//! The state that rules are judged by: courts, members, epoch. A fold over the log that any auditor can redo (decision 8).
//!
//! In: the genesis document, then entries in order. Out: [`State`]. Always: nothing but the genesis and the entries goes in, so two who
//! hold the same log hold the same state. Folded are: from the genesis, protocol, courts and members; from `epoch` entries, the number and
//! courts of the epoch. Each court signs too, under its own name and voting key (L11). `statement` and `rejection` entries change nothing here: which ids are recorded and which files are registered
//! are folds too, but too large for memory; they are asked for through [`crate::history::History`].

use courtseal_proof::digest::Digest;
use courtseal_proof::entry::{Entry, EntryKind};
use courtseal_proof::genesis::{Genesis, Role};
use courtseal_proof::key::PublicKey;
use courtseal_proof::name::{CourtName, Name, Origin};
use std::collections::BTreeMap;

/// Members, courts and epoch after some entry of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    origin: Origin,
    protocol: u16,
    epoch: u64,
    courts: BTreeMap<CourtName, PublicKey>,
    court_set: Digest,
    members: BTreeMap<Name, ActiveMember>,
    courts_themselves: BTreeMap<Name, ActiveMember>,
}

/// A member that may sign transactions now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActiveMember {
    /// The court that registered it.
    pub court: CourtName,
    /// Its key.
    pub key: PublicKey,
    /// What it may do.
    pub role: Role,
    /// Whether it is a court itself, under its voting key: it states equivocations, and nothing else (L6, L11).
    pub is_court: bool,
}

/// Why an entry cannot continue a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// The entry is another network's.
    #[error("an entry of another network")]
    Chain,
    /// An epoch that protocol 1 does not have: courts do not change yet.
    #[error("an epoch that this version of the rules does not know")]
    Epoch,
}

impl State {
    /// The state before entry 0.
    pub fn new(genesis: &Genesis) -> Self {
        let member = |member: &courtseal_proof::genesis::Member| {
            let active = ActiveMember { court: member.court.clone(), key: member.key, role: member.role, is_court: false };
            (member.name.clone(), active)
        };
        let itself = |court: &courtseal_proof::genesis::Court| {
            let active = ActiveMember { court: court.name.clone(), key: court.vote, role: Role::Court, is_court: true };
            (court.name.clone(), active)
        };
        Self {
            origin: genesis.origin(),
            protocol: genesis.protocol,
            epoch: 0,
            courts: genesis.courts.iter().map(|court| (court.name.clone(), court.vote)).collect(),
            court_set: genesis.court_set_digest(),
            members: genesis.members.iter().map(member).collect(),
            courts_themselves: genesis.courts.iter().map(itself).collect(),
        }
    }

    /// The state after one more entry.
    ///
    /// # Errors
    /// [`FoldError`]: an entry that no node of this network could have recorded.
    pub fn apply(&mut self, entry: &Entry) -> Result<(), FoldError> {
        if entry.chain != self.origin {
            return Err(FoldError::Chain);
        }
        match entry.kind {
            EntryKind::Genesis | EntryKind::Statement | EntryKind::Rejection => Ok(()),
            EntryKind::Epoch => {
                let listed = entry.courts.iter().flatten().map(|court| (&court.name, &court.vote));
                let same = entry.epoch == Some(self.epoch) && listed.eq(&self.courts);
                same.then_some(()).ok_or(FoldError::Epoch)
            }
        }
    }

    /// The network.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The version of the rules for the next block.
    pub fn protocol(&self) -> u16 {
        self.protocol
    }

    /// Number of the epoch.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Voting keys of the courts that decide the next block, by name.
    pub fn courts(&self) -> &BTreeMap<CourtName, PublicKey> {
        &self.courts
    }

    /// Digest of the court set that decides the next block (F24).
    pub fn court_set(&self) -> Digest {
        self.court_set
    }

    /// Digest of the court set that decides the block after the next; in protocol 1 the same.
    pub fn next_court_set(&self) -> Digest {
        self.court_set
    }

    /// Whether this voting key is a court's of the set that decides the next block.
    pub fn is_court(&self, vote: &PublicKey) -> bool {
        self.courts.values().any(|key| key == vote)
    }

    /// The member of this name, if it may sign now; the court itself if it has the name and no member has.
    pub fn member(&self, name: &Name) -> Option<&ActiveMember> {
        self.members.get(name).or_else(|| self.courts_themselves.get(name))
    }

    /// Who signs under this name with this key now: a member, or a court under its voting key. A member may be called as a court is; their
    /// keys differ (F11).
    pub fn signer(&self, name: &Name, key: &PublicKey) -> Option<&ActiveMember> {
        [self.members.get(name), self.courts_themselves.get(name)].into_iter().flatten().find(|signer| signer.key == *key)
    }

    /// All registered members that may sign now, by name.
    pub fn members(&self) -> &BTreeMap<Name, ActiveMember> {
        &self.members
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Network;

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
        let mut other_epoch = Entry::genesis(&network.genesis)[1].clone();
        other_epoch.epoch = Some(1);
        assert_eq!(state.apply(&other_epoch), Err(FoldError::Epoch));
        let mut fewer_courts = Entry::genesis(&network.genesis)[1].clone();
        fewer_courts.courts.as_mut().unwrap().pop();
        assert_eq!(state.apply(&fewer_courts), Err(FoldError::Epoch));
        let other_network = Network::new(3);
        assert_eq!(state.apply(&Entry::genesis(&other_network.genesis)[0]), Err(FoldError::Chain));
    }
}
