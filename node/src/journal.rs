//! The node's three small logs on disk: consensus' write-ahead log, the guard of votes, the marks of
//! cosignatures.
//!
//! In: frames ([`courtseal_consensus::journal`]). Out: durable files `wal`, `guard`, `cosigned`, and what
//! they held on start. Always: a file is only appended to, or replaced whole (temporary name, synced,
//! renamed, folder synced); a failed write or sync is final: the journal refuses everything afterwards. What
//! was not synced may be torn: reading ends there. Not for the ledger.

use courtseal_consensus::journal::{frame, scan};
use courtseal_consensus::{Error, Journal, Log, Recovered};
use courtseal_court::cosign::Mark;
use courtseal_court::court::{Found, Logs};
use courtseal_crash_points::{Point, crash_point};
use courtseal_ledger::store::files::is_in_place;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// The write-ahead log is replaced by an empty one when it passes this many bytes at the start of a height;
/// soon, where crashes are planted in that.
const WAL_KEPT_BYTES: u64 = if courtseal_crash_points::IS_ACTIVE { 16 * 1024 } else { 32 * 1024 * 1024 };
/// The guard's log and that of marks are rewritten when they pass this many bytes; soon, where crashes are
/// planted in that.
const GUARD_KEPT_BYTES: u64 = if courtseal_crash_points::IS_ACTIVE { 4 * 1024 } else { 4 * 1024 * 1024 };
/// Longest file that is read on start: the kept bytes and the largest height on top.
const FILE_BYTES_MAX: u64 = 1024 * 1024 * 1024;

/// One file of frames.
struct FrameFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    /// Bytes that are in the file but perhaps not yet durable.
    is_dirty: bool,
}

/// The three files of a node.
pub struct FileJournal {
    wal: FrameFile,
    guard: FrameFile,
    cosigned: FrameFile,
    is_broken: bool,
}

fn fatal(what: &str, path: &Path, error: &std::io::Error) -> Error {
    Error::Journal(format!("cannot {what} {}: {error}", path.display()))
}

impl FrameFile {
    /// Opens or makes a file, and returns its whole bytes.
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

    /// Cuts a torn tail off, so that later frames follow whole ones.
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

    /// Keeps a copy of a damaged file, in place of an earlier one, for whoever wants to know what happened.
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
            // In a file that nobody finds again nothing is on record.
            if !is_in_place(&self.file, &self.path).map_err(|error| fatal("read", &self.path, &error))? {
                return Err(Error::Journal(format!("{} was removed or replaced while this node ran", self.path.display())));
            }
            self.is_dirty = false;
        }
        Ok(())
    }

    /// Replaces the file by these frames. A crash here leaves the old file or the new one.
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

/// Whether anything is left of what a court has signed.
pub fn has_signed(folder: &Path) -> bool {
    ["wal", "guard", "cosigned"].iter().any(|name| std::fs::metadata(folder.join(name)).is_ok_and(|file| file.len() > 0))
}

/// What a look at the three files found.
pub struct Inspected {
    /// Those that are damaged before their end, by name.
    pub damaged: Vec<&'static str>,
    /// Those that are not there.
    pub missing: Vec<&'static str>,
    /// The newest mark.
    pub mark: Option<Mark>,
}

/// Looks at the three files in `folder`; nothing is changed.
///
/// # Errors
/// Unreadable, or written by another version.
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
    let marks = scan::<Mark>(&read("cosigned")?)?;
    let found = [("wal", wal.damaged), ("guard", guard.damaged), ("cosigned", marks.damaged)];
    let damaged = found.into_iter().filter_map(|(name, is_damaged)| is_damaged.then_some(name)).collect();
    Ok(Inspected { damaged, missing, mark: marks.records.last().copied() })
}

impl FileJournal {
    /// Opens the files in `folder`, which exists.
    ///
    /// # Errors
    /// Unreadable, or written by another version. Damage is none: what it means is said in [`Found`], and a
    /// copy of the file is kept beside it.
    pub fn open(folder: &Path) -> Result<(Self, Found), Error> {
        let (mut wal, wal_bytes) = FrameFile::open(folder.join("wal"))?;
        let (mut guard, guard_bytes) = FrameFile::open(folder.join("guard"))?;
        let (mut cosigned, cosigned_bytes) = FrameFile::open(folder.join("cosigned"))?;
        let (recovered, kept) = Recovered::read(&wal_bytes, &guard_bytes)?;
        let marks = scan::<Mark>(&cosigned_bytes)?;
        for (file, is_damaged) in [(&wal, kept.is_wal_damaged), (&guard, kept.is_guard_damaged), (&cosigned, marks.damaged)] {
            if is_damaged {
                file.keep_copy()?;
            }
        }
        // The guard first: without it, what is left of the other says nothing that a later start could
        // believe.
        guard.cut(kept.guard_bytes)?;
        wal.cut(kept.wal_bytes)?;
        if marks.damaged {
            // Later marks may be lost, so the earlier ones say nothing: they are forgotten for good, also for
            // the start after this one.
            cosigned.replace(&mut std::iter::empty())?;
        } else {
            cosigned.cut(marks.whole_bytes)?;
        }
        let mark = marks.records.last().copied().filter(|_| !marks.damaged);
        Ok((Self { wal, guard, cosigned, is_broken: false }, Found { recovered, mark }))
    }

    fn guarded(&mut self, act: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        if self.is_broken {
            return Err(Error::Journal("an earlier write failed; nothing is signed until the node was restarted".to_owned()));
        }
        // A failed sync may have dropped data that a second one would not miss: it is never tried again.
        act(self).inspect_err(|_| self.is_broken = true)
    }

    fn file(&mut self, log: Log) -> &mut FrameFile {
        match log {
            Log::Wal => &mut self.wal,
            Log::Guard => &mut self.guard,
        }
    }
}

impl Journal for FileJournal {
    fn append(&mut self, log: Log, frame: &[u8]) -> Result<(), Error> {
        self.guarded(|journal| journal.file(log).append(frame))
    }

    fn sync(&mut self, log: Log) -> Result<(), Error> {
        self.guarded(|journal| journal.file(log).sync())
    }

    fn reset(&mut self, _height: u64, guard: &mut dyn Iterator<Item = Vec<u8>>) -> Result<(), Error> {
        self.guarded(|journal| {
            // Old records carry their heights and do no harm; replacing costs syncs, so it is done rarely.
            if journal.wal.bytes > WAL_KEPT_BYTES {
                journal.wal.replace(&mut std::iter::empty())?;
            }
            if journal.guard.bytes > GUARD_KEPT_BYTES {
                journal.guard.replace(guard)?;
            }
            Ok(())
        })
    }
}

impl Logs for FileJournal {
    fn mark(&mut self, mark: &Mark) -> Result<(), Error> {
        self.guarded(|journal| {
            let bytes = frame(mark);
            if journal.cosigned.bytes > GUARD_KEPT_BYTES {
                return journal.cosigned.replace(&mut std::iter::once(bytes));
            }
            journal.cosigned.append(&bytes)?;
            journal.cosigned.sync()
        })
    }
}

#[cfg(test)]
mod tests;
