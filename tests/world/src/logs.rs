//! The simulated logs of consensus, and what a crash or a fault does to them.
//!
//! In: the calls of [`Journal`].
//! Out: what a court finds in its logs when it starts again.
//! Always: only what was flushed is sure to survive a crash; of the rest a prefix, perhaps torn. Logs are
//! kept, cut, emptied and rewritten when the node's journal does it.
//! Not for real files: the node's own journal is tested with those. Not for the ledger.

use crate::fuse::Fuse;
use crate::random::Random;
use courtseal_consensus::journal::Kept;
use courtseal_consensus::{Error, Journal, Log, Recovered};

/// One append-only file.
#[derive(Clone, Debug, Default)]
pub struct File {
    bytes: Vec<u8>,
    durable: usize,
}

impl File {
    /// All bytes, flushed or not.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes that a crash may lose.
    pub fn unflushed(&self) -> &[u8] {
        &self.bytes[self.durable..]
    }

    /// Adds bytes at the end.
    pub fn append(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Makes all bytes durable.
    pub fn flush(&mut self) {
        self.durable = self.bytes.len();
    }

    /// Replaces the file whole, durably.
    pub fn replace(&mut self, bytes: Vec<u8>) {
        *self = Self { durable: bytes.len(), bytes };
    }

    /// Cuts the file after so many bytes, durably.
    pub fn cut(&mut self, bytes: usize) {
        self.bytes.truncate(bytes);
        self.flush();
    }

    /// The power is gone: of what was not flushed a prefix is left, in `torn_percent` of a hundred cases with
    /// a wrong bit in it.
    pub fn power_cut(&mut self, random: &mut Random, torn_percent: u64) {
        let kept = self.durable + random.below(self.bytes.len() - self.durable + 1);
        self.bytes.truncate(kept);
        if kept > self.durable && random.chance(torn_percent) {
            let torn = self.durable + random.below(kept - self.durable);
            self.bytes[torn] ^= 1 << random.below(8);
        }
    }

    /// Flips one bit; false if there is none.
    pub fn flip(&mut self, random: &mut Random) -> bool {
        if self.bytes.is_empty() {
            return false;
        }
        let at = random.below(self.bytes.len());
        self.bytes[at] ^= 1 << random.below(8);
        true
    }
}

/// Both logs of consensus on one court's disk. A clone has the same bytes and shares the fuse.
#[derive(Clone, Default)]
pub struct Logs {
    /// What ends the court.
    pub fuse: Fuse,
    files: [File; 2],
    kept_bytes: usize,
    loses_flushes: bool,
    syncs: u64,
    rewrites: u64,
}

impl Logs {
    /// Empty logs, each of which is rewritten when it has more than so many bytes at the start of a height.
    pub fn keeping(kept_bytes: usize) -> Self {
        Self { kept_bytes, ..Self::default() }
    }

    /// Empty logs on a disk where flushing does nothing.
    pub fn losing_flushes() -> Self {
        Self { loses_flushes: true, ..Self::default() }
    }

    /// One of the files.
    pub fn file(&self, log: Log) -> &File {
        &self.files[usize::from(log == Log::Guard)]
    }

    /// One of the files, to damage it.
    pub fn file_mut(&mut self, log: Log) -> &mut File {
        &mut self.files[usize::from(log == Log::Guard)]
    }

    /// Both logs are gone.
    pub fn lose(&mut self) {
        self.files = Default::default();
    }

    /// How often a log was flushed, rewriting left out.
    pub fn syncs(&self) -> u64 {
        self.syncs
    }

    /// How often the disk flushed, rewriting included.
    pub fn flushes(&self) -> u64 {
        self.syncs + self.rewrites
    }

    /// Whether the next start of a height rewrites this log.
    pub fn is_rewritten_next(&self, log: Log) -> bool {
        self.file(log).bytes.len() > self.kept_bytes
    }

    /// The power is gone, for each file as [`File::power_cut`] says.
    pub fn power_cut(&mut self, random: &mut Random, torn_percent: u64) {
        self.files.iter_mut().for_each(|file| file.power_cut(random, torn_percent));
    }

    /// What a court finds on start; the files are cut behind what stays of them.
    ///
    /// # Errors
    /// [`Error::Record`]: an intact frame holds no record.
    pub fn recover(&mut self) -> Result<(Recovered, Kept), Error> {
        let [wal, guard] = &self.files;
        let (recovered, kept) = Recovered::read(&wal.bytes, &guard.bytes)?;
        for (file, bytes) in self.files.iter_mut().zip([kept.wal_bytes, kept.guard_bytes]) {
            file.cut(bytes);
        }
        Ok((recovered, kept))
    }

    fn rewrite(&mut self, log: Log, bytes: Vec<u8>) {
        self.rewrites += 1;
        let loses_flushes = self.loses_flushes;
        let file = self.file_mut(log);
        file.replace(bytes);
        if loses_flushes {
            file.durable = 0;
        }
    }
}

impl Journal for Logs {
    fn append(&mut self, log: Log, frame: &[u8]) -> Result<(), Error> {
        self.fuse.step()?;
        self.file_mut(log).append(frame);
        Ok(())
    }

    fn sync(&mut self, log: Log) -> Result<(), Error> {
        self.fuse.step()?;
        self.syncs += 1;
        if !self.loses_flushes {
            self.file_mut(log).flush();
        }
        Ok(())
    }

    fn reset(&mut self, _height: u64, guard: &mut dyn Iterator<Item = Vec<u8>>) -> Result<(), Error> {
        self.fuse.step()?;
        if self.is_rewritten_next(Log::Wal) {
            self.rewrite(Log::Wal, Vec::new());
        }
        if self.is_rewritten_next(Log::Guard) {
            self.rewrite(Log::Guard, guard.collect::<Vec<_>>().concat());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_cut_keeps_what_was_flushed() {
        let (mut logs, mut random) = (Logs::default(), Random::new(1));
        logs.append(Log::Wal, b"flushed").unwrap();
        logs.sync(Log::Wal).unwrap();
        logs.append(Log::Wal, b"not").unwrap();
        assert_eq!(logs.file(Log::Wal).unflushed(), b"not");
        logs.power_cut(&mut random, 100);
        assert!(logs.file(Log::Wal).bytes().starts_with(b"flushed"));
        let mut logs = Logs::losing_flushes();
        logs.append(Log::Wal, b"lost").unwrap();
        logs.sync(Log::Wal).unwrap();
        assert_eq!((logs.file(Log::Wal).unflushed(), logs.syncs()), (&b"lost"[..], 1));
    }

    #[test]
    fn earlier_heights_are_kept_until_they_are_many_bytes() {
        for (kept_bytes, is_kept) in [(0, false), (7, true), (6, false)] {
            let mut logs = Logs::keeping(kept_bytes);
            for log in [Log::Wal, Log::Guard] {
                logs.append(log, b"earlier").unwrap();
                logs.sync(log).unwrap();
            }
            logs.reset(2, &mut std::iter::once(b"window".to_vec())).unwrap();
            let (wal, guard) = if is_kept { ("earlier", "earlier") } else { ("", "window") };
            assert_eq!(logs.file(Log::Wal).bytes(), wal.as_bytes());
            assert_eq!(logs.file(Log::Guard).bytes(), guard.as_bytes());
            assert_eq!((logs.syncs(), logs.flushes()), (2, if is_kept { 2 } else { 4 }));
        }
    }

    #[test]
    fn a_bit_flips_where_there_is_one() {
        let (mut file, mut random) = (File::default(), Random::new(1));
        assert!(!file.flip(&mut random));
        file.append(b"bytes");
        assert!(file.flip(&mut random) && file.bytes() != b"bytes");
    }
}
