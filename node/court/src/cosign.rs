//! Cosigning: after a block is committed and durable, this court signs the log's checkpoint and collects the
//! other courts' signatures (F32). Sans-IO.
//!
//! In: committed sizes and roots, other courts' cosignatures, the time. Out: what to make durable before
//! signing, what to announce, the newest checkpoint with a quorum. Always: never a smaller size, nor another
//! root at the same size, also after a restart; a foreign cosignature is verified before it is kept; it
//! counts only for a checkpoint that is committed here, and only while its time is within bounds ([`times`]);
//! the times of one size's checkpoint never go back. Not for votes.

pub mod times;

use crate::limits::{COSIGNED_SIZES_MAX, RENEWAL_PAUSE_MS};
use courtseal_consensus::Now;
use courtseal_planted::{Bug, is_planted};
use courtseal_proof::checkpoint::CosignedCheckpoint;
use courtseal_proof::checkpoint::{Checkpoint, Cosignature};
use courtseal_proof::digest::Digest;
use courtseal_proof::genesis::Genesis;
use courtseal_proof::key::{PublicKey, SecretKey};
use courtseal_proof::name::{CourtName, Origin};
use courtseal_proof::note::{SignatureLine, VerifierKey};
use courtseal_proof::policy::quorum_size;
use courtseal_proof::time::{TIMESTAMP_MAX, Timestamp};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use times::is_timely;

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

/// The newest checkpoint with a quorum, as far as a newer one is told from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quorum {
    /// Size of the log; 0 if there is no such checkpoint.
    pub size: u64,
    /// Its quorum time, POSIX seconds: the oldest time among its cosignatures. So many courts as are needed
    /// vouched for the log then or later.
    pub time_s: u64,
}

impl From<&CosignedCheckpoint> for Quorum {
    fn from(cosigned: &CosignedCheckpoint) -> Self {
        let times = cosigned.cosignatures.iter().filter_map(|line| line.as_cosignature());
        Self { size: cosigned.checkpoint.size, time_s: times.map(|(time_s, _)| time_s).min().unwrap_or(0) }
    }
}

/// A court whose newest cosignature does not count here, because of its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untimely {
    /// The court.
    pub court: CourtName,
    /// The time of its cosignature, at most the last one with a text (F6).
    pub time: Timestamp,
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
    /// Not yet: what this court cosigned before is not on record, and it is not level with the other courts
    /// yet.
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
    key: PublicKey,
    heard: BTreeMap<u64, (Digest, Cosignature)>,
    /// The longest log it has cosigned.
    longest: Option<Mark>,
    /// When a cosignature of it was last verified to take the place of one for the same log.
    renewed_ms: Option<u64>,
}

/// See the module.
pub struct Cosigner {
    origin: Origin,
    own: CourtName,
    log_key: SecretKey,
    cosigner_key: SecretKey,
    courts: BTreeMap<CourtName, Court>,
    mark: Option<Mark>,
    /// Whether marks of an earlier run may be lost.
    is_unsure: bool,
    /// By size: the root, and the time of the block that brought the log to that size.
    committed: BTreeMap<u64, (Digest, Timestamp)>,
    own_latest: Option<Announcement>,
    quorum: Quorum,
}

impl Cosigner {
    /// For the court `own` of the genesis, with the newest durable mark and the newest checkpoint with a
    /// quorum.
    pub fn new(
        genesis: &Genesis,
        own: CourtName,
        log_key: SecretKey,
        cosigner_key: SecretKey,
        mark: Option<Mark>,
        quorum: Quorum,
    ) -> Self {
        let court = |court: &courtseal_proof::genesis::Court| {
            let known = Court { key: court.cosigner, heard: BTreeMap::new(), longest: None, renewed_ms: None };
            (court.name.clone(), known)
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
            quorum,
        }
    }

    /// The log has this size and root, durably; `time` is that of the block that brought it to that size.
    pub fn committed(&mut self, size: u64, root: Digest, time: Timestamp) {
        self.committed.entry(size).or_insert((root, time));
        while self.committed.len() > COSIGNED_SIZES_MAX {
            self.committed.pop_first();
        }
    }

    /// Marks of an earlier run may be lost (S11): nothing is cosigned until [`Self::is_level`] is called.
    pub fn distrust_marks(&mut self) {
        self.is_unsure = true;
    }

    /// This court's log is as long as what the other courts say of theirs: whatever it cosigned before was no
    /// longer than that.
    pub fn is_level(&mut self) {
        self.is_unsure = false;
    }

    /// Another court showed a checkpoint with a quorum; whether it is newer than the newest one known here.
    pub fn learn_quorum(&mut self, shown: Quorum) -> bool {
        let is_newer = shown > self.quorum;
        self.quorum = self.quorum.max(shown);
        is_newer
    }

    /// Whether to cosign the log as it is.
    pub fn decide(&self, size: u64, root: Digest, now: Now) -> Decision {
        let mark = Mark { size, root };
        match self.mark {
            _ if self.is_unsure => Decision::Unsure,
            Some(newest) if newest.size > size => Decision::Behind(newest),
            Some(newest) if newest.size == size && newest.root != root => Decision::Never,
            Some(newest)
                if newest == mark && self.own_latest.is_some_and(|own| own.size == size && !self.is_renewed(&own, now)) =>
            {
                Decision::Done
            }
            _ => Decision::Mark(mark),
        }
    }

    /// Whether to cosign again what this court has cosigned: the own clock was set, and only the present time
    /// counts (N6).
    fn is_renewed(&self, own: &Announcement, now: Now) -> bool {
        let counts = |time_s| self.is_counted(own.size, own.root, time_s, now.wall);
        !counts(own.cosignature.time_s) && counts(now.wall.0 / 1000)
    }

    /// Cosigns with the present time. The mark is durable.
    pub fn sign(&mut self, mark: Mark, now: Now) -> Announcement {
        assert!(matches!(self.decide(mark.size, mark.root, now), Decision::Mark(_)), "only what was decided is signed");
        let checkpoint = self.checkpoint(mark.size, mark.root);
        let cosignature = checkpoint.cosign(&self.cosigner_key, now.wall.0 / 1000);
        let announcement = Announcement { size: mark.size, root: mark.root, cosignature };
        self.mark = Some(mark);
        self.own_latest = Some(announcement);
        self.courts.get_mut(&self.own).expect("the own court is one of the genesis").keep(announcement);
        announcement
    }

    /// This court's newest cosignature, for courts that connect later.
    pub fn own_latest(&self) -> Option<Announcement> {
        self.own_latest
    }

    /// Takes another court's cosignature. One for a size and root that this court has cosigned before
    /// replaces the earlier one if its time counts and the earlier one's does not, or else if it is newer. Of
    /// each court, one in [`RENEWAL_PAUSE_MS`] is verified.
    pub fn hear(&mut self, court: &CourtName, announcement: Announcement, now: Now) -> Heard {
        let Announcement { size, root, cosignature } = announcement;
        let (checkpoint, name) = (self.checkpoint(size, root), court);
        let rank = |time_s| (self.is_counted(size, root, time_s, now.wall), time_s);
        let Some(court) = self.courts.get(name) else { return Heard::Bad };
        let known = court.heard.get(&size).filter(|(known, _)| *known == root).map(|(_, known)| known.time_s);
        if let Some(time_s) = known {
            let is_soon = court.renewed_ms.is_some_and(|at_ms| now.monotonic_ms < at_ms.saturating_add(RENEWAL_PAUSE_MS));
            if is_soon || rank(cosignature.time_s) <= rank(time_s) {
                return Heard::Fine;
            }
        }
        let Some(court) = self.courts.get_mut(name) else { return Heard::Bad };
        if known.is_some() {
            court.renewed_ms = Some(now.monotonic_ms);
        }
        if !checkpoint.verify_cosignature(&court.key, &cosignature) && !is_planted(Bug::TrustCosignatures) {
            return Heard::Bad;
        }
        if self.committed.get(&size).is_some_and(|(committed, _)| *committed != root) {
            return Heard::Split;
        }
        if court.longest.is_none_or(|longest| longest.size <= size) {
            court.longest = Some(Mark { size, root });
        }
        if size >= self.quorum.size {
            court.keep(announcement);
        }
        Heard::Fine
    }

    /// Whether a cosignature of this time over this log counts here at `wall`: the log is committed, and the
    /// time within bounds.
    fn is_counted(&self, size: u64, root: Digest, time_s: u64, wall: Timestamp) -> bool {
        let committed = self.committed.get(&size).filter(|(committed, _)| *committed == root);
        committed.is_some_and(|(_, recorded)| is_timely(time_s, *recorded, wall))
    }

    /// Other courts whose newest cosignature for a committed log does not count, because of its time.
    pub fn untimely(&self, wall: Timestamp) -> Vec<Untimely> {
        let of_court = |(name, court): (&CourtName, &Court)| {
            let is_committed = |size: &u64, root: &Digest| self.committed.get(size).is_some_and(|(known, _)| known == root);
            let newest = court.heard.iter().rev().find(|(size, (root, _))| is_committed(size, root));
            let (size, (root, cosignature)) = newest.filter(|_| *name != self.own)?;
            let time = Timestamp(cosignature.time_s.saturating_mul(1000)).min(TIMESTAMP_MAX);
            (!self.is_counted(*size, *root, cosignature.time_s, wall)).then(|| Untimely { court: name.clone(), time })
        };
        self.courts.iter().filter_map(of_court).collect()
    }

    /// The largest committed log with a quorum of cosignatures that count, if it is newer than the last one
    /// returned: longer, or as long and with a later quorum time.
    pub fn newest_quorum(&mut self, wall: Timestamp) -> Option<CosignedCheckpoint> {
        let needed = quorum_size(self.courts.len()) - usize::from(is_planted(Bug::AcknowledgeEarly));
        let found = self.committed.range(self.quorum.size..).rev().find_map(|(size, (root, recorded))| {
            let signed = self.courts.iter().filter_map(|(name, court)| match court.heard.get(size) {
                Some((signed, cosignature)) if signed == root => Some((name.clone(), *cosignature)),
                _ => None,
            });
            let mut signed: Vec<_> = signed.filter(|(_, one)| is_timely(one.time_s, *recorded, wall)).collect();
            // The newest ones make the latest quorum time.
            signed.sort_by_key(|(name, cosignature)| (Reverse(cosignature.time_s), name.clone()));
            signed.truncate(needed);
            let quorum = Quorum { size: *size, time_s: signed.last().map_or(0, |(_, oldest)| oldest.time_s) };
            (signed.len() == needed && quorum > self.quorum).then_some((quorum, *root, signed))
        });
        let (quorum, root, mut signed) = found?;
        self.quorum = quorum;
        for court in self.courts.values_mut() {
            court.heard.retain(|size, _| *size >= quorum.size);
        }
        // In the order of names, as F35 asks.
        signed.sort_by(|(one, _), (other, _)| one.cmp(other));
        let lines = signed.into_iter().map(|(name, cosignature)| {
            let key = VerifierKey::cosigner(&name, self.courts[&name].key);
            SignatureLine::cosignature(&key, cosignature.time_s, &cosignature.signature)
        });
        let checkpoint = self.checkpoint(quorum.size, root);
        Some(CosignedCheckpoint { log: checkpoint.sign_as_log(&self.log_key), cosignatures: lines.collect(), checkpoint })
    }

    /// Whether this is the longest log that a court has cosigned.
    pub fn has_signed(&self, court: &CourtName, size: u64, root: Digest) -> bool {
        self.courts.get(court).is_some_and(|court| court.longest == Some(Mark { size, root }))
    }

    /// Size of the newest checkpoint with a quorum.
    pub fn quorum_at(&self) -> u64 {
        self.quorum.size
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
