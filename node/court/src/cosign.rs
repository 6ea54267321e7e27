//! Cosigning: after a block is committed and durable, this court signs the log's checkpoint and collects the
//! other courts' cosignatures (F32). Sans-IO.
//!
//! In: committed sizes and roots, other courts' cosignatures, the time.
//! Out: the record to make durable before signing, the announcement, the newest checkpoint with a quorum.
//! Always: never a smaller size, nor another root at the same size, also after a restart.
//! A cosignature of another court is verified before it is kept.
//! It counts only for a checkpoint that is committed here, and only while its time is within bounds
//! ([`times`]).
//! The quorum times of one size never go back (N6).
//! Cosignatures of a checkpoint are sorted by court name (F35).
//! Not for votes.

pub mod times;

use crate::limits::{COSIGNED_SIZES_MAX, RENEWAL_PAUSE_MS};
use courtseal_consensus::Now;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::{PublicKey, SecretKey};
use courtseal_proof::bytes::name::{CourtName, Origin};
use courtseal_proof::bytes::time::{TIMESTAMP_MAX, Timestamp};
use courtseal_proof::genesis::Genesis;
use courtseal_proof::log::checkpoint::CosignedCheckpoint;
use courtseal_proof::log::checkpoint::{Checkpoint, Cosignature};
use courtseal_proof::log::note::{SignatureLine, VerifierKey};
use courtseal_proof::log::policy::quorum_size;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use times::is_timely;

/// A log that a court has cosigned. This court's last one is durable before the signature exists: it is the
/// double-sign protection of cosignatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CosignedLog {
    /// Size of the log in entries.
    pub size: u64,
    /// Root of the log of this size.
    pub root: Digest,
}

/// A cosignature as courts send it to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announcement {
    /// Size of the log in entries.
    pub size: u64,
    /// Root of the log of this size.
    pub root: Digest,
    /// Cosignature of the sender.
    pub cosignature: Cosignature,
}

/// Size and quorum time of the newest checkpoint with a quorum: enough to tell whether another is newer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quorum {
    /// Size of the log; 0 if there is no such checkpoint.
    pub size: u64,
    /// Its quorum time in POSIX seconds: the oldest time among its cosignatures. A quorum vouched for the log
    /// then or later.
    pub time_s: u64,
}

impl From<&CosignedCheckpoint> for Quorum {
    fn from(cosigned: &CosignedCheckpoint) -> Self {
        let times = cosigned.cosignatures.iter().filter_map(|line| line.as_cosignature());
        Self { size: cosigned.checkpoint.size, time_s: times.map(|(time_s, _)| time_s).min().unwrap_or(0) }
    }
}

/// A court whose newest cosignature does not count here because of its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untimely {
    /// The court with that cosignature.
    pub court: CourtName,
    /// The time of its cosignature, limited to times that have a text (F6).
    pub time: Timestamp,
}

/// The decision whether to cosign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Make this record durable, then call [`Cosigner::sign`].
    Record(CosignedLog),
    /// The log is cosigned already.
    Done,
    /// Not yet: this court has cosigned a longer log than its ledger holds, and must first catch up.
    Behind(CosignedLog),
    /// Never: this court has cosigned another root at this size. The node must stop.
    Never,
    /// Not yet: this court has lost its record of cosignatures, and is not level with the other courts yet
    /// (S11).
    Unsure,
}

/// The outcome of another court's cosignature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is kept, already known, or too old to matter.
    Fine,
    /// The signature does not verify, or the court is unknown.
    Bad,
    /// The court cosigned another root at a size that is committed here: the logs have split.
    Split,
}

/// The cosigner key of a court, and its cosignatures.
struct CourtCosignatures {
    key: PublicKey,
    heard: BTreeMap<u64, (Digest, Cosignature)>,
    /// The longest log that this court has cosigned.
    longest: Option<CosignedLog>,
    /// When one of its cosignatures was last verified to replace another for the same log, in milliseconds.
    renewed_ms: Option<u64>,
}

/// The state of cosigning at one court.
pub struct Cosigner {
    origin: Origin,
    own: CourtName,
    log_key: SecretKey,
    cosigner_key: SecretKey,
    courts: BTreeMap<CourtName, CourtCosignatures>,
    last_cosigned: Option<CosignedLog>,
    /// Whether the record of an earlier run may be lost.
    is_unsure: bool,
    /// For each size: the root, and the time of the block that brought the log to that size.
    committed: BTreeMap<u64, (Digest, Timestamp)>,
    own_latest: Option<Announcement>,
    quorum: Quorum,
}

impl Cosigner {
    /// Starts for the court `own` of the genesis, with the durable record of its last cosignature and the
    /// newest checkpoint with a quorum.
    pub fn new(
        genesis: &Genesis,
        own: CourtName,
        log_key: SecretKey,
        cosigner_key: SecretKey,
        last_cosigned: Option<CosignedLog>,
        quorum: Quorum,
    ) -> Self {
        let court = |court: &courtseal_proof::genesis::Court| {
            let known = CourtCosignatures { key: court.cosigner, heard: BTreeMap::new(), longest: None, renewed_ms: None };
            (court.name.clone(), known)
        };
        Self {
            origin: genesis.origin(),
            own,
            log_key,
            cosigner_key,
            courts: genesis.courts.iter().map(court).collect(),
            last_cosigned,
            is_unsure: false,
            committed: BTreeMap::new(),
            own_latest: None,
            quorum,
        }
    }

    /// Takes a committed log, which is durable. `time` is that of the block that brought it to this size.
    pub fn committed(&mut self, size: u64, root: Digest, time: Timestamp) {
        self.committed.entry(size).or_insert((root, time));
        while self.committed.len() > COSIGNED_SIZES_MAX {
            self.committed.pop_first();
        }
    }

    /// Notes that the record of an earlier run may be lost (S11). Nothing is cosigned until
    /// [`Self::is_level`] is called.
    pub fn distrust_record(&mut self) {
        self.is_unsure = true;
    }

    /// Notes that this court's log is as long as those of the other courts. This court never cosigned a
    /// longer one.
    pub fn is_level(&mut self) {
        self.is_unsure = false;
    }

    /// Takes a checkpoint with a quorum that another court showed. True if it is newer than the newest one
    /// known here.
    pub fn learn_quorum(&mut self, shown: Quorum) -> bool {
        let is_newer = shown > self.quorum;
        self.quorum = self.quorum.max(shown);
        is_newer
    }

    /// Decides whether to cosign the log as it is now.
    pub fn decide(&self, size: u64, root: Digest, now: Now) -> Decision {
        let log = CosignedLog { size, root };
        match self.last_cosigned {
            _ if self.is_unsure => Decision::Unsure,
            Some(newest) if newest.size > size => Decision::Behind(newest),
            Some(newest) if newest.size == size && newest.root != root => Decision::Never,
            Some(newest)
                if newest == log && self.own_latest.is_some_and(|own| own.size == size && !self.is_renewed(&own, now)) =>
            {
                Decision::Done
            }
            _ => Decision::Record(log),
        }
    }

    /// Whether to cosign the same log again (N6): the clock was set, and only the present time counts.
    fn is_renewed(&self, own: &Announcement, now: Now) -> bool {
        let counts = |time_s| self.is_counted(own.size, own.root, time_s, now.wall);
        !counts(own.cosignature.time_s) && counts(now.wall.0 / 1000)
    }

    /// Cosigns with the present time. The caller has made the record durable.
    pub fn sign(&mut self, log: CosignedLog, now: Now) -> Announcement {
        assert!(matches!(self.decide(log.size, log.root, now), Decision::Record(_)), "only what was decided is signed");
        let checkpoint = self.checkpoint(log.size, log.root);
        let cosignature = checkpoint.cosign(&self.cosigner_key, now.wall.0 / 1000);
        let announcement = Announcement { size: log.size, root: log.root, cosignature };
        self.last_cosigned = Some(log);
        self.own_latest = Some(announcement);
        self.courts.get_mut(&self.own).expect("the own court is one of the genesis").keep(announcement);
        announcement
    }

    /// This court's newest cosignature, for courts that connect later.
    pub fn own_latest(&self) -> Option<Announcement> {
        self.own_latest
    }

    /// Takes another court's cosignature.
    ///
    /// A cosignature for the same size and root replaces the earlier one if its time counts and the earlier
    /// one's does not, or else if it is newer (N6). One such cosignature of each court is verified in
    /// [`RENEWAL_PAUSE_MS`].
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
        if !checkpoint.verify_cosignature(&court.key, &cosignature) {
            return Heard::Bad;
        }
        if self.committed.get(&size).is_some_and(|(committed, _)| *committed != root) {
            return Heard::Split;
        }
        if court.longest.is_none_or(|longest| longest.size <= size) {
            court.longest = Some(CosignedLog { size, root });
        }
        if size >= self.quorum.size {
            court.keep(announcement);
        }
        Heard::Fine
    }

    /// Whether a cosignature with this time over this log counts at `wall`: the log is committed here, and
    /// the time is within bounds.
    fn is_counted(&self, size: u64, root: Digest, time_s: u64, wall: Timestamp) -> bool {
        let committed = self.committed.get(&size).filter(|(committed, _)| *committed == root);
        committed.is_some_and(|(_, recorded)| is_timely(time_s, *recorded, wall))
    }

    /// The other courts whose newest cosignature for a committed log does not count because of its time.
    pub fn untimely(&self, wall: Timestamp) -> Vec<Untimely> {
        let of_court = |(name, court): (&CourtName, &CourtCosignatures)| {
            let is_committed = |size: &u64, root: &Digest| self.committed.get(size).is_some_and(|(known, _)| known == root);
            let newest = court.heard.iter().rev().find(|(size, (root, _))| is_committed(size, root));
            let (size, (root, cosignature)) = newest.filter(|_| *name != self.own)?;
            let time = Timestamp(cosignature.time_s.saturating_mul(1000)).min(TIMESTAMP_MAX);
            (!self.is_counted(*size, *root, cosignature.time_s, wall)).then(|| Untimely { court: name.clone(), time })
        };
        self.courts.iter().filter_map(of_court).collect()
    }

    /// The longest committed log with a quorum of cosignatures that count, if it is newer than the last one
    /// returned: longer, or as long and with a later quorum time.
    pub fn newest_quorum(&mut self, wall: Timestamp) -> Option<CosignedCheckpoint> {
        let needed = quorum_size(self.courts.len());
        let found = self.committed.range(self.quorum.size..).rev().find_map(|(size, (root, recorded))| {
            let signed = self.courts.iter().filter_map(|(name, court)| match court.heard.get(size) {
                Some((signed, cosignature)) if signed == root => Some((name.clone(), *cosignature)),
                _ => None,
            });
            let mut signed: Vec<_> = signed.filter(|(_, one)| is_timely(one.time_s, *recorded, wall)).collect();
            // The newest cosignatures give the latest quorum time. This order only selects them.
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
        // F35 asks for the order of names.
        signed.sort_by(|(one, _), (other, _)| one.cmp(other));
        let lines = signed.into_iter().map(|(name, cosignature)| {
            let key = VerifierKey::cosigner(&name, self.courts[&name].key);
            SignatureLine::cosignature(&key, cosignature.time_s, &cosignature.signature)
        });
        let checkpoint = self.checkpoint(quorum.size, root);
        Some(CosignedCheckpoint { log: checkpoint.sign_as_log(&self.log_key), cosignatures: lines.collect(), checkpoint })
    }

    /// Whether this is the longest log that the court has cosigned.
    pub fn has_signed(&self, court: &CourtName, size: u64, root: Digest) -> bool {
        self.courts.get(court).is_some_and(|court| court.longest == Some(CosignedLog { size, root }))
    }

    /// Size of the newest checkpoint with a quorum.
    pub fn quorum_at(&self) -> u64 {
        self.quorum.size
    }

    fn checkpoint(&self, size: u64, root: Digest) -> Checkpoint {
        Checkpoint { origin: self.origin.clone(), size, root }
    }
}

impl CourtCosignatures {
    fn keep(&mut self, announcement: Announcement) {
        self.heard.insert(announcement.size, (announcement.root, announcement.cosignature));
        while self.heard.len() > COSIGNED_SIZES_MAX {
            // Other courts can still need the newest ones.
            self.heard.pop_first();
        }
    }
}

#[cfg(test)]
mod tests;
