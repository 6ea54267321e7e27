//! The mark: how many writes the database has confirmed, kept in a file of its own.
//!
//! In: the number of confirmed writes.
//! Out: after any crash of the process, at least the last number confirmed.
//! Always: there are two slots, written in turn, so that a torn write leaves the other one. The file is not
//! synced: after a power cut it may lag, and then vouches for less, never for too much.
//! Not for what the node has signed: the guards of votes and cosignatures have their own synced files, see
//! specs/storage.md.
//!
//! RocksDB takes an incomplete last record of its write-ahead log for the trace of a crash and drops it. That
//! is right if the write was never confirmed, and wrong if it was. A flipped bit in a length, a log cut short
//! and a missing file look the same as a crash. The mark tells them apart.

use super::files;
use crate::error::Error;
use courtseal_proof::bytes::digest::sha256;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

const SLOT_BYTES: usize = 512;
/// Length of a mark file: two slots.
pub const MARK_BYTES: usize = 2 * SLOT_BYTES;
const TAG: &[u8; 16] = b"COURTSEALMARK/v1";

/// An open mark file.
#[derive(Debug)]
pub struct Mark {
    path: PathBuf,
    file: File,
    next_slot: u64,
}

fn slot(writes: u64) -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    bytes[..16].copy_from_slice(TAG);
    bytes[16..24].copy_from_slice(&writes.to_le_bytes());
    let checksum = sha256(&bytes[..24]).0;
    bytes[24..56].copy_from_slice(&checksum);
    bytes
}

fn read(bytes: &[u8]) -> Option<u64> {
    let writes = u64::from_le_bytes(bytes.get(16..24)?.try_into().ok()?);
    (bytes == slot(writes)).then_some(writes)
}

/// The number of writes that the bytes of a mark file vouch for, and the slot, 0 or 1, that is written next.
/// None if both slots are damaged.
pub fn read_mark(bytes: &[u8; MARK_BYTES]) -> Option<(u64, u64)> {
    let slots = [read(&bytes[..SLOT_BYTES]), read(&bytes[SLOT_BYTES..])];
    let newest = slots.iter().flatten().max().copied()?;
    Some((newest, u64::from(slots[0] == Some(newest))))
}

impl Mark {
    /// Creates the mark of an empty database, durably.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Full`].
    pub fn create(path: &Path) -> Result<Self, Error> {
        // It is written under another name first: a crash right here leaves no half mark, and no database
        // yet.
        let new = path.with_extension("new");
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(true).open(&new).map_err(io)?;
        file.write_all_at(&[slot(0), slot(0)].concat(), 0).map_err(io)?;
        file.sync_all().map_err(io)?;
        std::fs::rename(&new, path).map_err(io)?;
        if let Some(folder) = path.parent() {
            File::open(folder).and_then(|folder| folder.sync_all()).map_err(io)?;
        }
        Ok(Self { path: path.to_owned(), file, next_slot: 0 })
    }

    /// Opens the mark; returns it and the number of writes it vouches for.
    ///
    /// # Errors
    /// [`Error::Store`], or [`Error::Corrupt`] if both slots are damaged.
    pub fn open(path: &Path) -> Result<(Self, u64), Error> {
        let file = OpenOptions::new().read(true).write(true).open(path).map_err(io)?;
        let (writes, next_slot) = slots(&file, path)?;
        Ok((Self { path: path.to_owned(), file, next_slot }, writes))
    }

    /// The number of writes that the mark at a path vouches for. Nothing is changed.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn read(path: &Path) -> Result<u64, Error> {
        slots(&File::open(path).map_err(io)?, path).map(|(writes, _)| writes)
    }

    /// Whether the file is still where it was opened.
    ///
    /// # Errors
    /// [`Error::Store`] if the file was removed or replaced.
    pub fn is_in_place(&self) -> Result<(), Error> {
        match files::is_in_place(&self.file, &self.path) {
            Ok(true) => Ok(()),
            Ok(false) => Err(Error::Store(format!("{} was removed or replaced while this node ran", self.path.display()))),
            Err(error) => Err(io(error)),
        }
    }

    /// Notes that this many writes are confirmed.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn set(&mut self, writes: u64) -> Result<(), Error> {
        self.file.write_all_at(&slot(writes), self.next_slot * SLOT_BYTES as u64).map_err(io)?;
        self.next_slot ^= 1;
        Ok(())
    }
}

fn slots(file: &File, path: &Path) -> Result<(u64, u64), Error> {
    let mut bytes = [0; MARK_BYTES];
    let whole = file.read_exact_at(&mut bytes, 0);
    whole
        .ok()
        .and_then(|()| read_mark(&bytes))
        .ok_or_else(|| Error::Corrupt(format!("the mark of confirmed writes, {}, is damaged", path.display())))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn io(error: std::io::Error) -> Error {
    Error::io("mark of confirmed writes", &error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mark_survives_a_torn_slot_and_refuses_two() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mark");
        let mut mark = Mark::create(&path).unwrap();
        for writes in 1..=5 {
            mark.set(writes).unwrap();
            assert_eq!(Mark::open(&path).unwrap().1, writes);
        }
        let bytes = std::fs::read(&path).unwrap();
        let mut torn = bytes.clone();
        torn[20] ^= 1; // slot 0 holds 5, slot 1 holds 4
        std::fs::write(&path, &torn).unwrap();
        let (mut mark, writes) = Mark::open(&path).unwrap();
        assert_eq!(writes, 4);
        mark.set(9).unwrap();
        assert_eq!(Mark::open(&path).unwrap().1, 9);
        std::fs::write(&path, [0; 1024]).unwrap();
        assert!(matches!(Mark::open(&path), Err(Error::Corrupt(_))));
        std::fs::write(&path, &bytes[..600]).unwrap();
        assert!(matches!(Mark::open(&path), Err(Error::Corrupt(_))));
    }
}
