//! Cosigning: after a block is committed and durable, this court signs the log's checkpoint and collects the other courts' signatures
//! (F32). Sans-IO.
//!
//! In: committed sizes and roots, other courts' cosignatures, the time. Out: what to make durable before signing, what to announce, the newest
//! checkpoint with a quorum. Always: never a smaller size, nor another root at the same size, also after a restart; a foreign
//! cosignature is verified before it is kept; it counts only for a checkpoint that is committed here. Not for votes.

use crate::limits::COSIGNED_SIZES_MAX;
use courtseal_planted::{Bug, is_planted};
use courtseal_proof::checkpoint::CosignedCheckpoint;
use courtseal_proof::checkpoint::{Checkpoint, Cosignature};
use courtseal_proof::digest::Digest;
use courtseal_proof::genesis::Genesis;
use courtseal_proof::key::{PublicKey, SecretKey};
use courtseal_proof::name::{CourtName, Origin};
use courtseal_proof::note::{SignatureLine, VerifierKey};
use courtseal_proof::policy::quorum_size;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What this court has cosigned last; durable before the signature exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Size of the log.
    pub size: u64,
    /// Root over it.
    pub root: Digest,
}

/// A cosignature on its way between courts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Size of the log.
    pub size: u64,
    /// Root over it.
    pub root: Digest,
    /// The sender's cosignature.
    pub cosignature: Cosignature,
}

/// Whether to cosign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Make this mark durable, then call [`Cosigner::sign`].
    Mark(Mark),
    /// It is cosigned already.
    Done,
    /// Not yet: this court has cosigned a longer log, which its ledger has lost and must first catch up with.
    Behind(Mark),
    /// Never: this court cosigned another root at this size. The node must stop.
    Never,
    /// Not yet: what this court cosigned before is not on record, and it is not level with the other courts yet.
    Unsure,
}

/// What came of a foreign cosignature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Kept, or known, or too old to matter.
    Fine,
    /// The signature does not verify, or the court is unknown.
    Bad,
    /// A court cosigned another root at a size that is committed here: the logs have split.
    Split,
}

struct Court {
    name: CourtName,
    key: PublicKey,
    heard: BTreeMap<u64, (Digest, Cosignature)>,
    /// The longest log it has cosigned.
    longest: Option<Mark>,
}

/// See the module.
pub struct Cosigner {
    origin: Origin,
    own: usize,
    log_key: SecretKey,
    cosigner_key: SecretKey,
    courts: Vec<Court>,
    mark: Option<Mark>,
    /// Whether marks of an earlier run may be lost.
    is_unsure: bool,
    committed: BTreeMap<u64, Digest>,
    own_latest: Option<Announcement>,
    quorum_at: u64,
}

impl Cosigner {
    /// For the court at place `own` of the genesis, with the newest durable mark and the size of the newest checkpoint with a quorum.
    pub fn new(
        genesis: &Genesis,
        own: usize,
        log_key: SecretKey,
        cosigner_key: SecretKey,
        mark: Option<Mark>,
        quorum_at: u64,
    ) -> Self {
        let court = |court: &courtseal_proof::genesis::Court| Court {
            name: court.name.clone(),
            key: court.cosigner,
            heard: BTreeMap::new(),
            longest: None,
        };
        Self {
            origin: genesis.origin(),
            own,
            log_key,
            cosigner_key,
            courts: genesis.courts.iter().map(court).collect(),
            mark,
            is_unsure: false,
            committed: BTreeMap::new(),
            own_latest: None,
            quorum_at,
        }
    }

    /// The log has this size and root, durably.
    pub fn committed(&mut self, size: u64, root: Digest) {
        self.committed.insert(size, root);
        while self.committed.len() > COSIGNED_SIZES_MAX {
            self.committed.pop_first();
        }
    }

    /// Marks of an earlier run may be lost (S11): nothing is cosigned until [`Self::is_level`] is called.
    pub fn distrust_marks(&mut self) {
        self.is_unsure = true;
    }

    /// This court's log is as long as what the other courts say of theirs: whatever it cosigned before was no longer than that.
    pub fn is_level(&mut self) {
        self.is_unsure = false;
    }

    /// A checkpoint of this size has a quorum, as another court showed.
    pub fn learn_quorum(&mut self, size: u64) {
        self.quorum_at = self.quorum_at.max(size);
    }

    /// Whether to cosign the log as it is.
    pub fn decide(&self, size: u64, root: Digest) -> Decision {
        let mark = Mark { size, root };
        match self.mark {
            _ if self.is_unsure => Decision::Unsure,
            Some(newest) if newest.size > size => Decision::Behind(newest),
            Some(newest) if newest.size == size && newest.root != root => Decision::Never,
            Some(newest) if newest == mark && self.own_latest.is_some_and(|own| own.size == size) => Decision::Done,
            _ => Decision::Mark(mark),
        }
    }

    /// Cosigns at `time_s`, POSIX seconds. The mark is durable.
    pub fn sign(&mut self, mark: Mark, time_s: u64) -> Announcement {
        assert!(matches!(self.decide(mark.size, mark.root), Decision::Mark(_)), "only what was decided is signed");
        let checkpoint = self.checkpoint(mark.size, mark.root);
        let announcement =
            Announcement { size: mark.size, root: mark.root, cosignature: checkpoint.cosign(&self.cosigner_key, time_s) };
        self.mark = Some(mark);
        self.own_latest = Some(announcement);
        self.courts[self.own].keep(announcement);
        announcement
    }

    /// This court's newest cosignature, for courts that connect later.
    pub fn own_latest(&self) -> Option<Announcement> {
        self.own_latest
    }

    /// Another court's cosignature.
    pub fn hear(&mut self, court: usize, announcement: Announcement) -> Heard {
        let checkpoint = self.checkpoint(announcement.size, announcement.root);
        let Some(court) = self.courts.get_mut(court) else { return Heard::Bad };
        if court.heard.get(&announcement.size).is_some_and(|(root, _)| *root == announcement.root) {
            return Heard::Fine;
        }
        if !checkpoint.verify_cosignature(&court.key, &announcement.cosignature) && !is_planted(Bug::TrustCosignatures) {
            return Heard::Bad;
        }
        if self.committed.get(&announcement.size).is_some_and(|root| *root != announcement.root) {
            return Heard::Split;
        }
        if court.longest.is_none_or(|longest| longest.size <= announcement.size) {
            court.longest = Some(Mark { size: announcement.size, root: announcement.root });
        }
        if announcement.size > self.quorum_at {
            court.keep(announcement);
        }
        Heard::Fine
    }

    /// The largest committed log with a quorum of cosignatures, if it is newer than the last one returned.
    pub fn newest_quorum(&mut self) -> Option<CosignedCheckpoint> {
        let needed = quorum_size(self.courts.len()) - usize::from(is_planted(Bug::AcknowledgeEarly));
        let found = self.committed.iter().rev().take_while(|(size, _)| **size > self.quorum_at).find_map(|(size, root)| {
            let signed = self.courts.iter().filter_map(|court| match court.heard.get(size) {
                Some((signed, cosignature)) if signed == root => Some((court, *cosignature)),
                _ => None,
            });
            let signed: Vec<_> = signed.take(needed).collect();
            (signed.len() == needed).then(|| {
                let checkpoint = self.checkpoint(*size, *root);
                let lines = signed.iter().map(|(court, cosignature)| {
                    let key = VerifierKey::cosigner(&court.name, court.key);
                    SignatureLine::cosignature(&key, cosignature.time_s, &cosignature.signature)
                });
                // Courts are in the order of their names, as F35 asks.
                CosignedCheckpoint { log: checkpoint.sign_as_log(&self.log_key), cosignatures: lines.collect(), checkpoint }
            })
        })?;
        self.quorum_at = found.checkpoint.size;
        for court in &mut self.courts {
            court.heard.retain(|size, _| *size > self.quorum_at);
        }
        Some(found)
    }

    /// Whether this is the longest log that a court has cosigned.
    pub fn has_signed(&self, court: usize, size: u64, root: Digest) -> bool {
        self.courts.get(court).is_some_and(|court| court.longest == Some(Mark { size, root }))
    }

    /// Size of the newest checkpoint with a quorum.
    pub fn quorum_at(&self) -> u64 {
        self.quorum_at
    }

    fn checkpoint(&self, size: u64, root: Digest) -> Checkpoint {
        Checkpoint { origin: self.origin.clone(), size, root }
    }
}

impl Court {
    fn keep(&mut self, announcement: Announcement) {
        self.heard.insert(announcement.size, (announcement.root, announcement.cosignature));
        while self.heard.len() > COSIGNED_SIZES_MAX {
            // The newest of a court's are those that others can still need.
            self.heard.pop_first();
        }
    }
}

#[cfg(test)]
mod tests;
