//! The court's three small logs on disk: the write-ahead log of consensus, the guard of votes, the record of
//! cosignatures.
//!
//! In: frames ([`courtseal_consensus::journal`]), and the log that is about to be cosigned.
//! Out: durable files `wal`, `guard` and `cosigned`, and their content at the start.
//! Always: a file is only appended to or replaced whole: temporary name, synced, renamed, folder synced.
//! A failed write or flush is final: every later call fails, and the court stops (`stop_if_fatal` in
//! `node/court/src/court.rs`).
//! Data that was not synced may be torn: reading stops there.
//! Not for the ledger, which has its own store.

use courtseal_consensus::journal::{frame, scan};
use courtseal_consensus::{Error, Journal, Log, Recovered};
use courtseal_court::cosign::CosignedLog;
use courtseal_court::court::{Found, Logs};
use courtseal_crash_points::{Point, crash_point};
use courtseal_ledger::store::files::is_in_place;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// The write-ahead log is replaced by an empty one at the start of a height if it is longer than this, in
/// bytes. The bound is low in builds with crash points there.
const WAL_KEPT_BYTES: u64 = if courtseal_crash_points::IS_ACTIVE { 16 * 1024 } else { 32 * 1024 * 1024 };
/// The guard and the record of cosignatures are rewritten when they are longer than this, in bytes. The bound
/// is low in builds with crash points there.
const GUARD_KEPT_BYTES: u64 = if courtseal_crash_points::IS_ACTIVE { 4 * 1024 } else { 4 * 1024 * 1024 };
/// Longest file that is read at a start, in bytes: far above the kept bytes and the largest height.
const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// One append-only file of frames.
struct FrameFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// Whether the file has bytes that may not be durable yet.
    is_dirty: bool,
}

/// The three open files. After a failed write `is_broken` refuses every further call.
pub struct SigningLogs {
    wal: FrameFile,
    guard: FrameFile,
    cosigned: FrameFile,
    is_broken: bool,
}

fn fatal(action: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::Journal(format!("cannot {action} {}: {error}", path.display()))
}

impl FrameFile {
    /// Opens or creates a file, and returns all of its bytes.
    fn open(path: PathBuf) -> Result<(Self, Vec<u8>), Error> {
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = open.map_err(|error| fatal("open", &path, &error))?;
        let length = file.metadata().map_err(|error| fatal("read", &path, &error))?.len();
        if length > FILE_BYTES_MAX {
            return Err(Error::Journal(format!("{} has {length} bytes, more than this software ever writes", path.display())));
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|error| fatal("read", &path, &error))?;
        sync_folder(&path)?;
        Ok((Self { path, file, bytes: length, is_dirty: false }, bytes))
    }

    /// Cuts off a torn tail, so that later frames follow whole ones.
    fn cut(&mut self, whole_bytes: usize) -> Result<(), Error> {
        let length = whole_bytes as u64;
        if length < self.bytes {
            self.file.set_len(length).map_err(|error| fatal("cut", &self.path, &error))?;
            self.file.sync_all().map_err(|error| fatal("sync", &self.path, &error))?;
            self.bytes = length;
        }
        self.file.seek(SeekFrom::End(0)).map_err(|error| fatal("seek in", &self.path, &error))?;
        Ok(())
    }

    /// Copies a damaged file, over an earlier copy, so that the operator can find the cause.
    fn keep_copy(&self) -> Result<(), Error> {
        let copy = self.path.with_extension("damaged");
        let (file, kept) = (self.path.display(), copy.display());
        tracing::warn!(
            "{file} is damaged: a copy is kept as {kept}, and this court signs nothing that it may have signed before"
        );
        std::fs::copy(&self.path, &copy).map(drop).map_err(|error| fatal("write", &copy, &error))
    }

    fn append(&mut self, frame: &[u8]) -> Result<(), Error> {
        self.is_dirty = true;
        self.file.write_all(frame).map_err(|error| fatal("write", &self.path, &error))?;
        self.bytes += frame.len() as u64;
        Ok(())
    }

    fn sync(&mut self) -> Result<(), Error> {
        if self.is_dirty {
            self.file.sync_data().map_err(|error| fatal("sync", &self.path, &error))?;
            // A record in an unlinked file would be lost at the next start.
            if !is_in_place(&self.file, &self.path).map_err(|error| fatal("read", &self.path, &error))? {
                return Err(Error::Journal(format!("{} was removed or replaced while this node ran", self.path.display())));
            }
            self.is_dirty = false;
        }
        Ok(())
    }

    /// Replaces the file by these frames. A crash leaves either the old file or the new one.
    fn replace(&mut self, frames: &mut dyn Iterator<Item = Vec<u8>>) -> Result<(), Error> {
        let temporary = self.path.with_extension("new");
        let mut file = File::create(&temporary).map_err(|error| fatal("make", &temporary, &error))?;
        let mut bytes = 0;
        for frame in frames {
            file.write_all(&frame).map_err(|error| fatal("write", &temporary, &error))?;
            bytes += frame.len() as u64;
        }
        file.sync_all().map_err(|error| fatal("sync", &temporary, &error))?;
        crash_point(Point::BeforeRename);
        std::fs::rename(&temporary, &self.path).map_err(|error| fatal("rename", &temporary, &error))?;
        crash_point(Point::AfterRename);
        sync_folder(&self.path)?;
        (self.file, self.bytes, self.is_dirty) = (file, bytes, false);
        Ok(())
    }
}

fn sync_folder(path: &Path) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(|error| fatal("sync", folder, &error))
}

/// Whether the folder holds a record of what a court has signed.
pub fn has_signed(folder: &Path) -> bool {
    ["wal", "guard", "cosigned"].iter().any(|name| std::fs::metadata(folder.join(name)).is_ok_and(|file| file.len() > 0))
}

/// What [`inspect`] found in the three files.
pub struct Inspected {
    /// Names of the files that are damaged before their end.
    pub damaged: Vec<&'static str>,
    /// Names of the files that are missing.
    pub missing: Vec<&'static str>,
    /// The log that the court cosigned last.
    pub last_cosigned: Option<CosignedLog>,
}

/// Reads the three files in `folder` without changing anything.
///
/// # Errors
/// A file cannot be read, or another version wrote it.
pub fn inspect(folder: &Path) -> Result<Inspected, Error> {
    let mut missing = Vec::new();
    let mut read = |name: &'static str| match std::fs::read(folder.join(name)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            missing.push(name);
            Ok(Vec::new())
        }
        result => result.map_err(|error| fatal("read", &folder.join(name), &error)),
    };
    let wal = scan::<courtseal_consensus::WalRecord>(&read("wal")?)?;
    let guard = scan::<courtseal_consensus::GuardRecord>(&read("guard")?)?;
    let scanned = scan::<CosignedLog>(&read("cosigned")?)?;
    let found = [("wal", wal.damaged), ("guard", guard.damaged), ("cosigned", scanned.damaged)];
    let damaged = found.into_iter().filter_map(|(name, is_damaged)| is_damaged.then_some(name)).collect();
    Ok(Inspected { damaged, missing, last_cosigned: scanned.records.last().copied() })
}

impl SigningLogs {
    /// Opens the files in `folder`, which exists.
    ///
    /// # Errors
    /// A file cannot be read, or another version wrote it. Damage is no error: [`Found`] tells the court what
    /// it can rely on, and a copy of the file is kept beside it.
    pub fn open(folder: &Path) -> Result<(Self, Found), Error> {
        let (mut wal, wal_bytes) = FrameFile::open(folder.join("wal"))?;
        let (mut guard, guard_bytes) = FrameFile::open(folder.join("guard"))?;
        let (mut cosigned, cosigned_bytes) = FrameFile::open(folder.join("cosigned"))?;
        let (recovered, kept) = Recovered::read(&wal_bytes, &guard_bytes)?;
        let scanned = scan::<CosignedLog>(&cosigned_bytes)?;
        for (file, is_damaged) in [(&wal, kept.is_wal_damaged), (&guard, kept.is_guard_damaged), (&cosigned, scanned.damaged)] {
            if is_damaged {
                file.keep_copy()?;
            }
        }
        // The guard is cut first. After a crash between the two, no start trusts what is left of the
        // write-ahead log without the guard.
        guard.cut(kept.guard_bytes)?;
        wal.cut(kept.wal_bytes)?;
        if scanned.damaged {
            // Later records may be lost, so the earlier ones prove nothing. They are removed, so that the
            // next start does not trust them either.
            cosigned.replace(&mut std::iter::empty())?;
        } else {
            cosigned.cut(scanned.whole_bytes)?;
        }
        let last_cosigned = scanned.records.last().copied().filter(|_| !scanned.damaged);
        Ok((Self { wal, guard, cosigned, is_broken: false }, Found { recovered, last_cosigned }))
    }

    fn guarded(&mut self, act: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        if self.is_broken {
            return Err(Error::Journal("an earlier write failed; nothing is signed until the node is restarted".to_owned()));
        }
        // A failed sync may have dropped data, and a second one would then succeed without it: no sync is
        // repeated.
        act(self).inspect_err(|_| self.is_broken = true)
    }

    fn file(&mut self, log: Log) -> &mut FrameFile {
        match log {
            Log::Wal => &mut self.wal,
            Log::Guard => &mut self.guard,
        }
    }
}

impl Journal for SigningLogs {
    fn append(&mut self, log: Log, frame: &[u8]) -> Result<(), Error> {
        self.guarded(|logs| logs.file(log).append(frame))
    }

    fn sync(&mut self, log: Log) -> Result<(), Error> {
        self.guarded(|logs| logs.file(log).sync())
    }

    fn reset(&mut self, _height: u64, guard: &mut dyn Iterator<Item = Vec<u8>>) -> Result<(), Error> {
        self.guarded(|logs| {
            // Old records carry their heights and are harmless. A replacement costs syncs, so it is rare.
            if logs.wal.bytes > WAL_KEPT_BYTES {
                logs.wal.replace(&mut std::iter::empty())?;
            }
            if logs.guard.bytes > GUARD_KEPT_BYTES {
                logs.guard.replace(guard)?;
            }
            Ok(())
        })
    }
}

impl Logs for SigningLogs {
    fn record_cosigned(&mut self, log: &CosignedLog) -> Result<(), Error> {
        self.guarded(|logs| {
            let bytes = frame(log);
            if logs.cosigned.bytes > GUARD_KEPT_BYTES {
                return logs.cosigned.replace(&mut std::iter::once(bytes));
            }
            logs.cosigned.append(&bytes)?;
            logs.cosigned.sync()
        })
    }
}

#[cfg(test)]
mod tests;
