//! A simulated disk: the three logs and the database of one node, and what a crash or a fault does to them.
//!
//! In: the calls of [`Logs`] and [`Store`].
//! Out: what they read.
//! Always: flushed bytes survive a crash. Of the others a prefix does, perhaps torn. A fuse ends the node
//! between any two durable steps. A failed write fails everything after it. Files are kept, cut, emptied and
//! rewritten when the node's journal does it.
//! Not for real files: the node's own journal and store are tested with processes.
//! Not for time: flushes are counted here, and take it elsewhere.

use crate::random::Random;
use courtseal_consensus::journal::{frame, scan};
use courtseal_consensus::vote::SigningStep;
use courtseal_consensus::{Error, GuardRecord, Journal, Log, Recovered, WalRecord};
use courtseal_court::cosign::Mark;
use courtseal_court::court::Logs;
use courtseal_ledger::store::{Batch, Pair, Range, Store};
use courtseal_proof::digest::{Digest, sha256};
use courtseal_proof::key::PublicKey;
use std::collections::{BTreeMap, VecDeque};
use std::ops::Bound;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The cosigning log is rewritten when it passes this many bytes.
const MARKS_KEPT_BYTES: usize = 4 * 1024;
/// Writes of the database that a disk may lose if it does not really flush.
const UNDO_MAX: usize = 3;

/// The fuse: what ends a node, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fate {
    #[default]
    Runs,
    /// It crashes after this many further steps.
    Crashes(u64),
    /// It has crashed, and does nothing any more.
    Crashed,
    /// The next write fails, and so does every later one.
    Fails,
    /// A write has failed.
    Failed,
}

#[derive(Clone, Default)]
struct File {
    bytes: Vec<u8>,
    durable: usize,
}

/// A key and what it held before.
type Old = (Vec<u8>, Option<Vec<u8>>);

/// All that is on the disk.
#[derive(Default)]
struct Content {
    fate: Fate,
    /// Whether a read found the database damaged.
    is_condemned: bool,
    /// Whether records were believed on the last start although neither log made up for the damage of the
    /// other (C8).
    is_gullible: bool,
    files: [File; 3],
    pairs: BTreeMap<Vec<u8>, Vec<u8>>,
    undo: VecDeque<Vec<Old>>,
    /// The guard's durable records, as they are found after a crash.
    guarded: BTreeMap<SigningStep, Digest>,
    /// The newest durable cosigning record.
    marked: Option<Mark>,
    /// The newest step of each court on the write-ahead log.
    newest: BTreeMap<PublicKey, SigningStep>,
    /// The logs of consensus are rewritten when they pass this many bytes at the start of a height.
    kept_bytes: usize,
    /// Flushes since [`Disk::take_flushes`] was last called.
    flushes: u64,
}

/// A copy of a disk, to put back later.
#[derive(Clone)]
pub struct Copy {
    files: [File; 3],
    pairs: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// The disk of one node. Clones share it.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<Content>>);

const WAL: usize = 0;
const GUARD: usize = 1;
const COSIGNED: usize = 2;

fn crash() -> Error {
    Error::Host("crash".to_owned())
}

impl Content {
    fn step(&mut self) -> Result<(), Error> {
        match self.fate {
            Fate::Runs => Ok(()),
            Fate::Crashes(0) => {
                self.fate = Fate::Crashed;
                Err(crash())
            }
            Fate::Crashes(left) => {
                self.fate = Fate::Crashes(left - 1);
                Ok(())
            }
            Fate::Crashed => Err(crash()),
            Fate::Fails | Fate::Failed => {
                self.fate = Fate::Failed;
                Err(Error::Journal("input/output error".to_owned()))
            }
        }
    }

    fn append(&mut self, file: usize, bytes: &[u8]) -> Result<(), Error> {
        self.step()?;
        self.files[file].bytes.extend_from_slice(bytes);
        if file == WAL {
            self.note_logged(bytes);
        }
        Ok(())
    }

    fn sync(&mut self, file: usize) -> Result<(), Error> {
        self.step()?;
        self.flushes += 1;
        let written = &mut self.files[file];
        let fresh = written.bytes[written.durable..].to_vec();
        written.durable = written.bytes.len();
        if file == GUARD {
            self.note_guarded(&fresh);
        }
        Ok(())
    }

    /// Replaces the content of a file.
    fn replace(&mut self, file: usize, bytes: Vec<u8>) {
        self.flushes += 1;
        self.files[file] = File { durable: bytes.len(), bytes };
    }

    fn note_logged(&mut self, bytes: &[u8]) {
        let records = scan::<WalRecord>(bytes).map(|scan| scan.records).unwrap_or_default();
        for statement in records.iter().filter_map(WalRecord::statement) {
            let newest = self.newest.entry(statement.court()).or_insert(statement.step());
            *newest = statement.step().max(*newest);
        }
    }

    fn note_guarded(&mut self, bytes: &[u8]) {
        for record in scan::<GuardRecord>(bytes).map(|scan| scan.records).unwrap_or_default() {
            self.guarded.entry(record.step).or_insert_with(|| sha256(&record.sign_bytes));
        }
    }
}

impl Disk {
    /// An empty disk that keeps this many bytes of earlier heights in the logs of consensus.
    pub fn keeping(kept_bytes: usize) -> Self {
        Self(Arc::new(Mutex::new(Content { kept_bytes, ..Content::default() })))
    }

    /// Flushes since the last call.
    pub fn take_flushes(&self) -> u64 {
        std::mem::take(&mut self.content().flushes)
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the node crash after this many further steps.
    pub fn crash_after(&self, steps: u64) {
        self.content().fate = Fate::Crashes(steps);
    }

    /// Lets the next write fail.
    pub fn fail(&self) {
        self.content().fate = Fate::Fails;
    }

    /// Takes away the fuse, so that no more crash or failure comes.
    pub fn mend(&self) {
        let mut content = self.content();
        if matches!(content.fate, Fate::Crashes(_) | Fate::Fails) {
            content.fate = Fate::Runs;
        }
    }

    /// Whether the node has crashed.
    pub fn has_crashed(&self) -> bool {
        self.content().fate == Fate::Crashed
    }

    /// Whether a write has failed.
    pub fn has_failed(&self) -> bool {
        self.content().fate == Fate::Failed
    }

    /// Counts a step that is not a write, such as sending. False if the node has crashed.
    pub fn effect(&self) -> bool {
        let mut content = self.content();
        content.fate == Fate::Fails || content.fate == Fate::Failed || content.step().is_ok()
    }

    /// Cuts the power. Of the bytes that were not flushed a prefix is left, its end perhaps torn.
    pub fn power_cut(&self, random: &mut Random) {
        let mut content = self.content();
        for file in &mut content.files {
            let unsure = file.bytes.len() - file.durable;
            let kept = file.durable + random.below(unsure + 1);
            file.bytes.truncate(kept);
            if kept > file.durable && random.chance(30) {
                let torn = file.durable + random.below(kept - file.durable);
                file.bytes[torn] ^= 1 << random.below(8);
            }
        }
        content.fate = Fate::Runs;
    }

    /// Loses this many of the last writes of the database, as a disk that does not really flush.
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

    /// Flips one bit of a log of consensus, or of the cosigning log. False if there is none to flip.
    pub fn flip_log(&self, random: &mut Random, is_of_marks: bool) -> bool {
        let mut content = self.content();
        let of_consensus = random.pick(&[WAL, GUARD]);
        let file = &mut content.files[if is_of_marks { COSIGNED } else { of_consensus }];
        if file.bytes.is_empty() {
            return false;
        }
        let at = random.below(file.bytes.len());
        file.bytes[at] ^= 1 << random.below(8);
        true
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

    /// Loses the database, but not the logs.
    pub fn lose_database(&self) {
        let mut content = self.content();
        content.pairs.clear();
        content.undo.clear();
        content.is_condemned = false;
    }

    /// Loses the logs, but not the database.
    pub fn lose_logs(&self) {
        self.content().files = Default::default();
    }

    /// A copy, as an operator makes it for a backup.
    pub fn copy(&self) -> Copy {
        let content = self.content();
        Copy { files: content.files.clone(), pairs: content.pairs.clone() }
    }

    /// Puts a copy back.
    pub fn restore(&self, copy: &Copy) {
        let mut content = self.content();
        content.files = copy.files.clone();
        content.pairs = copy.pairs.clone();
        content.is_condemned = false;
        content.undo.clear();
    }

    /// Whether a read found the database damaged. Then it is not opened again.
    pub fn is_condemned(&self) -> bool {
        self.content().is_condemned
    }

    /// Reads what the logs hold on start, and cuts the files behind their last whole record.
    pub fn recover(&self) -> Result<(Recovered, Option<Mark>), Error> {
        let mut content = self.content();
        content.fate = Fate::Runs;
        let (recovered, kept) = Recovered::read(&content.files[WAL].bytes, &content.files[GUARD].bytes)?;
        let wal = scan::<WalRecord>(&content.files[WAL].bytes)?;
        let guard = scan::<GuardRecord>(&content.files[GUARD].bytes)?;
        let is_sound = !wal.damaged && !wal.records.is_empty() || !guard.damaged && !guard.records.is_empty();
        let is_believed = !recovered.wal.is_empty() || !recovered.guard.is_empty();
        content.is_gullible = (wal.damaged || guard.damaged) && !is_sound && is_believed;
        let marks = scan::<Mark>(&content.files[COSIGNED].bytes)?;
        // The node's journal does the same: it believes no record of a damaged cosigning log, now or later.
        let whole = [kept.wal_bytes, kept.guard_bytes, if marks.damaged { 0 } else { marks.whole_bytes }];
        for (file, whole_bytes) in content.files.iter_mut().zip(whole) {
            file.bytes.truncate(whole_bytes);
            file.durable = whole_bytes;
        }
        content.guarded.clear();
        let guard = content.files[GUARD].bytes.clone();
        content.note_guarded(&guard);
        content.newest.clear();
        let wal = content.files[WAL].bytes.clone();
        content.note_logged(&wal);
        content.marked = marks.records.last().copied().filter(|_| !marks.damaged);
        Ok((recovered, content.marked))
    }

    /// Whether the rest of damaged logs was believed on the last start although neither made up for the
    /// other.
    pub fn is_gullible(&self) -> bool {
        self.content().is_gullible
    }

    /// What is not durable of a signed step that leaves now: its record, or the inputs that led to it if it
    /// `is_new`.
    pub fn lacks(&self, step: &SigningStep, sign_bytes: &[u8], is_new: bool) -> Option<&'static str> {
        let content = self.content();
        let wal = &content.files[WAL];
        match content.guarded.get(step) {
            None => Some("no record of it is durable"),
            Some(digest) if *digest != sha256(sign_bytes) => Some("the durable record is another"),
            Some(_) if is_new && wal.durable < wal.bytes.len() => Some("its reasons are not durable"),
            Some(_) => None,
        }
    }

    /// The newest step that has a durable record.
    pub fn newest_step(&self) -> Option<SigningStep> {
        self.content().guarded.last_key_value().map(|(step, _)| *step)
    }

    /// The newest step of another court on the durable write-ahead log.
    pub fn newest_of(&self, court: &PublicKey) -> Option<SigningStep> {
        self.content().newest.get(court).copied()
    }

    /// The newest durable cosigning record.
    pub fn marked(&self) -> Option<Mark> {
        self.content().marked
    }
}

impl Journal for Disk {
    fn append(&mut self, log: Log, frame: &[u8]) -> Result<(), Error> {
        self.content().append(if log == Log::Wal { WAL } else { GUARD }, frame)
    }

    fn sync(&mut self, log: Log) -> Result<(), Error> {
        self.content().sync(if log == Log::Wal { WAL } else { GUARD })
    }

    fn reset(&mut self, _height: u64, guard: &mut dyn Iterator<Item = Vec<u8>>) -> Result<(), Error> {
        let mut content = self.content();
        content.step()?;
        if content.files[WAL].bytes.len() > content.kept_bytes {
            content.replace(WAL, Vec::new());
            content.newest.clear();
        }
        if content.files[GUARD].bytes.len() > content.kept_bytes {
            let bytes = guard.collect::<Vec<_>>().concat();
            content.guarded.clear();
            content.note_guarded(&bytes);
            content.replace(GUARD, bytes);
        }
        Ok(())
    }
}

impl Logs for Disk {
    fn mark(&mut self, mark: &Mark) -> Result<(), Error> {
        let mut content = self.content();
        if content.files[COSIGNED].bytes.len() > MARKS_KEPT_BYTES {
            // A crash here leaves the old file. A crash at the next step leaves the new one, but no caller
            // knows.
            content.step()?;
            content.replace(COSIGNED, frame(mark));
            content.step()?;
        } else {
            content.append(COSIGNED, &frame(mark))?;
            content.sync(COSIGNED)?;
        }
        content.marked = Some(*mark);
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
        content.step().map_err(failed)?;
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
        // After a crash right here the batch is written, but the caller does not know.
        content.step().map_err(failed)
    }

    fn note_damage(&self, _reason: &str) {
        self.content().is_condemned = true;
    }
}

#[cfg(test)]
mod tests;
