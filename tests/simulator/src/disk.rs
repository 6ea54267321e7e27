//! A simulated disk: the logs of the world, a record of cosignatures and a database, and what a crash or a
//! fault does to them.
//!
//! In: the calls of [`courtseal_court::court::Logs`] and [`Store`].
//! Out: what they read.
//! Always: only what was flushed is sure to survive a crash; of the rest a prefix, perhaps torn. A fuse ends
//! the node between any two durable steps; a failed write fails everything after it.
//! Not for real files: the node's own journal and store are tested with processes. Not for time: flushes are
//! counted here, and take it elsewhere.

mod records;

use courtseal_consensus::journal::{frame, scan};
use courtseal_consensus::vote::SigningStep;
use courtseal_consensus::{Error, GuardRecord, Journal, Log, Recovered, WalRecord};
use courtseal_court::cosign::CosignedLog;
use courtseal_court::court;
use courtseal_ledger::store::{Batch, Pair, Range, Store};
use courtseal_proof::bytes::key::PublicKey;
use courtseal_world::{File, Fuse, Logs, Random};
use records::Records;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The record of cosignatures is rewritten when it passes this many bytes.
const COSIGNED_KEPT_BYTES: usize = 4 * 1024;
/// Writes of the database that a disk which loses flushed writes may lose.
const UNDO_MAX: usize = 3;
/// Of a hundred writes that a crash leaves unfinished, so many are torn.
const TORN_PERCENT: u64 = 30;

/// A key and what it held before.
type Old = (Vec<u8>, Option<Vec<u8>>);

/// All that is on the disk.
#[derive(Default)]
struct Content {
    logs: Logs,
    cosigned: File,
    records: Records,
    /// The log that is durably recorded as cosigned last.
    last_cosigned: Option<CosignedLog>,
    pairs: BTreeMap<Vec<u8>, Vec<u8>>,
    undo: VecDeque<Vec<Old>>,
    /// Whether a read found the database damaged.
    is_condemned: bool,
    /// Whether, on the last start, records were believed though neither of the two logs made up for the
    /// other's damage (C8).
    is_gullible: bool,
    /// Flushes of the database and of the record of cosignatures.
    flushes: u64,
    /// Flushes that were asked for.
    flushes_taken: u64,
}

/// A copy of a disk, to put back later.
#[derive(Clone)]
pub struct Copy {
    files: [File; 3],
    pairs: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// The disk of one node. Clones share it.
#[derive(Clone)]
pub struct Disk {
    content: Arc<Mutex<Content>>,
    fuse: Fuse,
}

impl Default for Disk {
    fn default() -> Self {
        Self::keeping(0)
    }
}

impl Disk {
    /// An empty disk that keeps so many bytes of earlier heights in the logs of consensus.
    pub fn keeping(kept_bytes: usize) -> Self {
        let logs = Logs::keeping(kept_bytes);
        let fuse = logs.fuse.clone();
        Self { content: Arc::new(Mutex::new(Content { logs, ..Content::default() })), fuse }
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What ends the node.
    pub fn fuse(&self) -> &Fuse {
        &self.fuse
    }

    /// Flushes since the last call.
    pub fn take_flushes(&self) -> u64 {
        let mut content = self.content();
        let all = content.flushes + content.logs.flushes();
        all - std::mem::replace(&mut content.flushes_taken, all)
    }

    /// The power is gone: of what was not flushed a prefix is left, its last bytes perhaps torn.
    pub fn power_cut(&self, random: &mut Random) {
        let mut content = self.content();
        content.logs.power_cut(random, TORN_PERCENT);
        content.cosigned.power_cut(random, TORN_PERCENT);
        self.fuse.renew();
    }

    /// The disk lied about flushing: so many of the last writes of the database are gone.
    pub fn lose_writes(&self, count: usize) {
        let mut content = self.content();
        for _ in 0..count {
            let Some(undo) = content.undo.pop_back() else { return };
            for (key, old) in undo {
                match old {
                    Some(value) => content.pairs.insert(key, value),
                    None => content.pairs.remove(&key),
                };
            }
        }
    }

    /// Flips one bit of a log of consensus, or of the record of cosignatures; false if there is none to flip.
    pub fn flip_log(&self, random: &mut Random, is_of_cosigned: bool) -> bool {
        let mut content = self.content();
        let of_consensus = random.pick(&[Log::Wal, Log::Guard]);
        if is_of_cosigned { content.cosigned.flip(random) } else { content.logs.file_mut(of_consensus).flip(random) }
    }

    /// Flips one bit of the database.
    pub fn flip_database(&self, random: &mut Random) {
        let mut content = self.content();
        let at = random.below(content.pairs.len());
        if let Some(value) = content.pairs.values_mut().nth(at)
            && !value.is_empty()
        {
            let at = random.below(value.len());
            value[at] ^= 1 << random.below(8);
        }
    }

    /// The database is gone, the logs are not.
    pub fn lose_database(&self) {
        let mut content = self.content();
        content.pairs.clear();
        content.undo.clear();
        content.is_condemned = false;
    }

    /// The logs are gone, the database is not.
    pub fn lose_logs(&self) {
        let mut content = self.content();
        content.logs.lose();
        content.cosigned = File::default();
    }

    /// A copy, as an operator makes one.
    pub fn copy(&self) -> Copy {
        let content = self.content();
        let [wal, guard] = [Log::Wal, Log::Guard].map(|log| content.logs.file(log).clone());
        Copy { files: [wal, guard, content.cosigned.clone()], pairs: content.pairs.clone() }
    }

    /// Puts a copy back.
    pub fn restore(&self, copy: &Copy) {
        let mut content = self.content();
        let [wal, guard, cosigned] = copy.files.clone();
        *content.logs.file_mut(Log::Wal) = wal;
        *content.logs.file_mut(Log::Guard) = guard;
        content.cosigned = cosigned;
        content.pairs = copy.pairs.clone();
        content.is_condemned = false;
        content.undo.clear();
    }

    /// Whether a read found the database damaged: then it is not opened again.
    pub fn is_condemned(&self) -> bool {
        self.content().is_condemned
    }

    /// What the logs hold on start; the files are cut behind their last whole record.
    ///
    /// # Errors
    /// An intact frame holds no record.
    pub fn recover(&self) -> Result<(Recovered, Option<CosignedLog>), Error> {
        let mut content = self.content();
        self.fuse.renew();
        let wal = scan::<WalRecord>(content.logs.file(Log::Wal).bytes())?;
        let guard = scan::<GuardRecord>(content.logs.file(Log::Guard).bytes())?;
        let is_sound = !wal.damaged && !wal.records.is_empty() || !guard.damaged && !guard.records.is_empty();
        let cosigned = scan::<CosignedLog>(content.cosigned.bytes())?;
        let (recovered, _) = content.logs.recover()?;
        let is_believed = !recovered.wal.is_empty() || !recovered.guard.is_empty();
        content.is_gullible = (wal.damaged || guard.damaged) && !is_sound && is_believed;
        // As the node's journal does: of a damaged record of cosignatures nothing is believed, now or on a
        // later start.
        content.cosigned.cut(if cosigned.damaged { 0 } else { cosigned.whole_bytes });
        let (wal, guard) = (content.logs.file(Log::Wal).bytes().to_vec(), content.logs.file(Log::Guard).bytes().to_vec());
        content.records = Records::read(&wal, &guard);
        content.last_cosigned = cosigned.records.last().copied().filter(|_| !cosigned.damaged);
        Ok((recovered, content.last_cosigned))
    }

    /// Whether what is left of damaged logs was believed on the last start, though neither made up for the
    /// other.
    pub fn is_gullible(&self) -> bool {
        self.content().is_gullible
    }

    /// What is not durable of a signed step that leaves now: its record, or, if it `is_new`, its reasons.
    pub fn lacks(&self, step: &SigningStep, sign_bytes: &[u8], is_new: bool) -> Option<&'static str> {
        let content = self.content();
        content.records.lacks(step, sign_bytes).or_else(|| {
            let lacks_reasons = is_new && !content.logs.file(Log::Wal).unflushed().is_empty();
            lacks_reasons.then_some("its reasons are not durable")
        })
    }

    /// The newest step that has a durable record.
    pub fn newest_step(&self) -> Option<SigningStep> {
        self.content().records.newest_guarded()
    }

    /// The newest step that another court is on record to have signed, here and now.
    pub fn newest_of(&self, court: &PublicKey) -> Option<SigningStep> {
        self.content().records.newest_of(court)
    }

    /// The log that is durably recorded as cosigned last.
    pub fn last_cosigned(&self) -> Option<CosignedLog> {
        self.content().last_cosigned
    }
}

impl Journal for Disk {
    fn append(&mut self, log: Log, frame: &[u8]) -> Result<(), Error> {
        let mut content = self.content();
        content.logs.append(log, frame)?;
        if log == Log::Wal {
            content.records.note_logged(frame);
        }
        Ok(())
    }

    fn sync(&mut self, log: Log) -> Result<(), Error> {
        let mut content = self.content();
        let fresh = if log == Log::Guard { content.logs.file(log).unflushed().to_vec() } else { Vec::new() };
        content.logs.sync(log)?;
        content.records.note_guarded(&fresh);
        Ok(())
    }

    fn reset(&mut self, height: u64, guard: &mut dyn Iterator<Item = Vec<u8>>) -> Result<(), Error> {
        let mut content = self.content();
        let rewritten = [Log::Wal, Log::Guard].map(|log| content.logs.is_rewritten_next(log));
        content.logs.reset(height, guard)?;
        if rewritten[0] {
            content.records.forget_logged();
        }
        if rewritten[1] {
            let guarded = content.logs.file(Log::Guard).bytes().to_vec();
            content.records.forget_guarded();
            content.records.note_guarded(&guarded);
        }
        Ok(())
    }
}

impl court::Logs for Disk {
    fn record_cosigned(&mut self, log: &CosignedLog) -> Result<(), Error> {
        let mut content = self.content();
        self.fuse.step()?;
        if content.cosigned.bytes().len() > COSIGNED_KEPT_BYTES {
            // A crash here leaves the old file, and the next one the new file, of which nobody was told.
            content.cosigned.replace(frame(log));
            content.flushes += 1;
            self.fuse.step()?;
        } else {
            content.cosigned.append(&frame(log));
            self.fuse.step()?;
            content.flushes += 1;
            content.cosigned.flush();
        }
        content.last_cosigned = Some(*log);
        Ok(())
    }
}

type LedgerError = courtseal_ledger::Error;

impl Store for Disk {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, LedgerError> {
        Ok(self.content().pairs.get(key).cloned())
    }

    fn scan(&self, range: Range<'_>) -> Result<Vec<Pair>, LedgerError> {
        if range.from >= range.to {
            return Ok(Vec::new());
        }
        let content = self.content();
        let mut found = content.pairs.range::<[u8], _>((Bound::Included(range.from), Bound::Excluded(range.to)));
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while taken.len() < range.pairs_max && (taken.is_empty() || bytes < range.bytes_max) {
            let Some((key, value)) = (if range.backwards { found.next_back() } else { found.next() }) else { break };
            bytes += value.len();
            taken.push((key.clone(), value.clone()));
        }
        Ok(taken)
    }

    fn apply(&self, batch: Batch) -> Result<(), LedgerError> {
        let failed = |error: Error| LedgerError::Store(error.to_string());
        let mut content = self.content();
        self.fuse.step().map_err(failed)?;
        content.flushes += 1;
        let mut undo = Vec::new();
        for (key, value) in batch.pairs() {
            undo.push((key.clone(), content.pairs.insert(key.clone(), value.clone())));
        }
        // Undone from the last to the first, so that the oldest value of a key is what is left.
        undo.reverse();
        content.undo.push_back(undo);
        if content.undo.len() > UNDO_MAX {
            content.undo.pop_front();
        }
        // A crash right here has written, and told nobody.
        self.fuse.step().map_err(failed)
    }

    fn note_damage(&self, _reason: &str) {
        self.content().is_condemned = true;
    }
}

#[cfg(test)]
mod tests;
