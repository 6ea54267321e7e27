//! Backup and restore: a snapshot in a file (S13).
//!
//! In: a configuration, a file.
//! Out: the file, whole and synced, or a ledger made of it.
//! Always: a backup is checked while it is written, so that it can be restored.
//! It holds no keys, and nothing of what the court has signed.
//! It is restored only where no ledger is, judged and executed block by block, whole or not at all.
//! The logs of what the court has signed stay where they are.
//! Not for catching up: a node does that by itself.

use crate::clocks::wall;
use crate::config::Config;
use crate::data::{self, read_genesis};
use crate::open_files;
use crate::signing_logs;
use anyhow::{Context as _, anyhow, bail, ensure};
use courtseal_court::cosign::times::are_timely;
use courtseal_court::snapshot::{Checker, Fault};
use courtseal_ledger::snapshot::{FRAME_HEADER_BYTES, Frame, FrameHeader, MAGIC, SnapshotReader};
use courtseal_ledger::{Head, Ledger};
use courtseal_proof::genesis::Genesis;
use courtseal_rocks::RocksStore;
use std::fs::{File, TryLockError};
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The result of a backup or of a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapshotReport {
    /// Head of the log in the file.
    pub head: Head,
    /// Length of the file in bytes.
    pub bytes: u64,
    /// Number of courts in the network.
    pub courts: usize,
    /// Whether the restored data folder holds the court's complete logs of what it has signed.
    pub keeps_logs: bool,
}

/// Called with the number of blocks done and the number of all blocks.
pub type Progress<'a> = &'a mut dyn FnMut(u64, u64);

/// Writes a backup of a node's ledger to a new file; the node may run meanwhile.
///
/// # Errors
/// There is no ledger, the ledger is damaged, or the file exists or cannot be written.
pub fn backup(config: &Config, file: &Path, progress: Progress<'_>) -> anyhow::Result<SnapshotReport> {
    let genesis = read_genesis(&config.genesis)?;
    let folder = data::ledger_folder(config);
    ensure!(folder.exists(), "{} holds no ledger yet; start the node once to make it", config.data.display());
    ensure!(!file.exists(), "{} exists already; name a new file", file.display());
    // Both are made beside the backup, because the data folder's disk may be full or read-only. The backup
    // gets its name last, so that an incomplete one never has it; a later backup overwrites the remains.
    let [partial, scratch] = ["partial", "scratch"].map(|ending| PathBuf::from(format!("{}.{ending}", file.display())));
    let cannot = || format!("cannot write {}", partial.display());
    let out = File::options().write(true).create(true).truncate(false).open(&partial).with_context(cannot)?;
    only_one(&out, &partial)?;
    out.set_len(0).with_context(cannot)?;
    open_files::raise();
    let write = || {
        let scratch = Scratch::make(scratch)?;
        let open = || Ledger::open(Arc::new(RocksStore::open_beside(&folder, &scratch.0)?), &genesis);
        let ledger = open().map_err(|error| anyhow!("cannot read {}: {error}", folder.display()))?;
        let report = write(&ledger, &genesis, (&out, &partial), progress)?;
        std::fs::rename(&partial, file).with_context(|| format!("cannot rename {}", partial.display()))?;
        Ok(report)
    };
    let report = write().inspect_err(|_: &anyhow::Error| {
        let _ = std::fs::remove_file(&partial);
    })?;
    data::sync_folder_of(file)?;
    Ok(report)
}

/// Locks a file or folder for as long as it is open.
fn only_one(file: &File, path: &Path) -> anyhow::Result<()> {
    match file.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => bail!("another program is at work on {}", path.display()),
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("cannot lock {}", path.display())),
    }
}

fn write(
    ledger: &Ledger,
    genesis: &Genesis,
    (file, path): (&File, &Path),
    progress: Progress<'_>,
) -> anyhow::Result<SnapshotReport> {
    let cannot = || format!("cannot write {}", path.display());
    let (contents, mut reader) = SnapshotReader::new(ledger, 1)?;
    let mut checker = Checker::new(genesis, &data::genesis_head(ledger))?;
    let head = contents.head;
    let mut out = BufWriter::new(file);
    let first = Frame::Contents(contents);
    out.write_all(MAGIC).with_context(cannot)?;
    out.write_all(&first.encode()).with_context(cannot)?;
    checker.begin(first)?;
    let (mut done, mut is_end) = (0, false);
    while !is_end {
        let frame = reader.frame()?;
        out.write_all(&frame.encode()).with_context(cannot)?;
        let part = checker.check(frame).map_err(|fault| anyhow!("this ledger cannot be backed up: {fault}"))?;
        done += part.blocks().len() as u64;
        progress(done, head.height);
        is_end = part.is_end();
    }
    out.flush().with_context(cannot)?;
    file.sync_all().with_context(cannot)?;
    Ok(SnapshotReport {
        head,
        bytes: file.metadata().with_context(cannot)?.len(),
        courts: genesis.courts.len(),
        keeps_logs: false,
    })
}

/// Names in a data folder that a restore leaves alone: the court's own logs and its owner file, ledgers that
/// were moved aside, and the folder that some file systems always have.
const LEFT_ALONE: [&str; 6] = ["wal", "guard", "cosigned", "owner", "ledger", "lost+found"];

/// Restores a backup into a data folder that holds no ledger.
///
/// # Errors
/// The folder holds a ledger or foreign files, or the file is not a complete backup of this network.
pub fn restore(config: &Config, file: &Path, progress: Progress<'_>) -> anyhow::Result<SnapshotReport> {
    let genesis = read_genesis(&config.genesis)?;
    let input = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
    let bytes = input.metadata().with_context(|| format!("cannot read {}", file.display()))?.len();
    std::fs::create_dir_all(&config.data).with_context(|| format!("cannot make {}", config.data.display()))?;
    // Held to the end: a second restore would otherwise remove this one's unfinished ledger.
    let held = File::open(&config.data).with_context(|| format!("cannot read {}", config.data.display()))?;
    only_one(&held, &config.data)?;
    let partial = config.data.join("ledger.restoring");
    // Remains of an interrupted restore are of no use.
    let _ = std::fs::remove_dir_all(&partial);
    let folder = data::ledger_folder(config);
    if data::is_there(&folder) {
        bail!(
            "{0} holds a ledger; a backup is restored where none is: move {1} away first, and leave the rest, for it tells this court what it must not sign again",
            config.data.display(),
            folder.display()
        );
    }
    for entry in std::fs::read_dir(&config.data).with_context(|| format!("cannot read {}", config.data.display()))? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        // `wal.damaged` is a copy of a log, and `ledger.damaged-1` a ledger that was moved aside.
        let is_own = LEFT_ALONE.contains(&name.split('.').next().unwrap_or_default());
        ensure!(
            is_own,
            "{} is no court's data folder: it holds {}; is the path right?",
            config.data.display(),
            name.escape_debug()
        );
    }
    let owner = data::owner_of(&config.data, &genesis)?;
    ensure!(
        owner.is_some() || !signing_logs::has_signed(&config.data),
        "{} holds logs of what some court signed, and no `owner` that says which; if they are not this court's, move them away",
        config.data.display()
    );
    let logs = signing_logs::inspect(&config.data)?;
    let keeps_logs = logs.missing.is_empty() && logs.damaged.is_empty();
    let head = read(&genesis, &partial, &mut BufReader::new(input), progress)
        .with_context(|| format!("{} cannot be restored", file.display()))
        .and_then(|head| {
            // An empty folder holds no ledger, but is in the way of the rename.
            let _ = std::fs::remove_dir(&folder);
            std::fs::rename(&partial, &folder).with_context(|| format!("cannot rename {}", partial.display()))?;
            Ok(head)
        })
        .inspect_err(|_| {
            let _ = std::fs::remove_dir_all(&partial);
        })?;
    data::sync_folder_of(&folder)?;
    Ok(SnapshotReport { head, bytes, courts: genesis.courts.len(), keeps_logs })
}

fn read(genesis: &Genesis, folder: &Path, input: &mut dyn Read, progress: Progress<'_>) -> anyhow::Result<Head> {
    let ledger = Ledger::open(Arc::new(RocksStore::open(folder)?), genesis)?;
    let mut magic = [0; MAGIC.len()];
    input.read_exact(&mut magic).context("it is cut short")?;
    ensure!(magic == *MAGIC, "it is not a backup of a version that this software knows");
    let mut checker = Checker::new(genesis, &ledger.head())?;
    let promised = checker.begin(read_frame(input)?)?.head;
    loop {
        let part = checker.check(read_frame(input)?)?;
        ledger.import(part.blocks())?;
        progress(ledger.head().height, promised.height);
        // Without this checkpoint the courts' cosignatures are collected again.
        if let Some(cosigned) = part.checkpoint()
            && are_timely(cosigned, &ledger, wall())?
        {
            ledger.record_checkpoint(cosigned)?;
        }
        if part.is_end() {
            break;
        }
    }
    ensure!(input.read(&mut [0])? == 0, "something follows its end");
    ensure!(ledger.head() == promised, "its blocks give another log than it promised");
    Ok(promised)
}

fn read_frame(input: &mut dyn Read) -> anyhow::Result<Frame> {
    let mut header = [0; FRAME_HEADER_BYTES];
    input.read_exact(&mut header).context("it is cut short")?;
    let header = FrameHeader::read(header).map_err(Fault::from)?;
    let mut payload = vec![0; header.payload_bytes];
    input.read_exact(&mut payload).context("it is cut short")?;
    Ok(header.open(&payload)?)
}

/// A temporary folder, which is removed when this is dropped.
struct Scratch(PathBuf);

impl Scratch {
    fn make(path: PathBuf) -> anyhow::Result<Self> {
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
