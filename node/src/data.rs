//! The data folder: opens its ledger, moves a damaged one aside, and checks what is stored.
//!
//! In: a configuration.
//! Out: an open ledger or the reason why there is none; the report of a check.
//! Always: a damaged ledger is moved aside and never deleted, and only if other courts have the log.
//! The logs of what this court has signed are left in place.
//! A ledger that another process uses is not touched.
//! A data folder belongs to one court for good (S14).
//! Not for fetching the log: a node that is far behind does that by itself.

use crate::config::Config;
use crate::limits::DAMAGED_LEDGERS_MAX;
use crate::signing_logs;
use anyhow::{Context as _, anyhow, bail, ensure};
use courtseal_court::keys::CourtKeys;
use courtseal_court::snapshot::Checker;
use courtseal_ledger::snapshot::{Frame, SnapshotReader};
use courtseal_ledger::{Error, Head, Ledger, Scrubbed};
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::limits::GENESIS_BYTES_MAX;
use courtseal_proof::bytes::name::{CourtName, Origin};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::genesis::Genesis;
use courtseal_rocks::RocksStore;
use rustix::fs::{Access, access};
use rustix::io::Errno;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The report of a check of a data folder.
#[derive(Clone, Debug)]
pub struct CheckReport {
    /// Height of the last block.
    pub height: u64,
    /// Time of the last block.
    pub time: Timestamp,
    /// Entries in the log.
    pub size: u64,
    /// Merkle root over these entries.
    pub root: Digest,
    /// Entries under the newest checkpoint with a quorum.
    pub checkpoint_size: u64,
    /// Number of courts in the network.
    pub courts: usize,
    /// The owner of the folder: court, network and voting key. `None` before the first start.
    pub owner: Option<String>,
    /// Logs of this court's signatures that are damaged before their end.
    pub damaged_logs: Vec<&'static str>,
    /// Logs of this court's signatures that are missing. Before the first start none exists.
    pub missing_logs: Vec<&'static str>,
    /// The result of a full check, if one was asked for.
    pub full: Option<FullReport>,
}

/// What a full check has verified.
#[derive(Clone, Copy, Debug)]
pub struct FullReport {
    /// Counts of the records that the ledger checked.
    pub scrubbed: Scrubbed,
    /// Number of commit certificates checked.
    pub certificates: u64,
}

/// The folder of the ledger in the data folder.
pub fn ledger_folder(config: &Config) -> PathBuf {
    config.data.join("ledger")
}

/// The folder for evidence that is not recorded in the log (S15).
pub fn evidence_folder(config: &Config) -> PathBuf {
    config.data.join("evidence")
}

/// Reads and parses a genesis document.
pub fn read_genesis(path: &Path) -> anyhow::Result<Genesis> {
    let name = path.display();
    let length = std::fs::metadata(path).with_context(|| format!("cannot read the genesis {name}"))?.len();
    if length > GENESIS_BYTES_MAX as u64 {
        bail!("the genesis {name} has {length} bytes, at most 8 MiB are accepted");
    }
    let text = std::fs::read(path).with_context(|| format!("cannot read the genesis {name}"))?;
    Genesis::from_text(&text).map_err(|error| anyhow!("{name} is not a valid genesis: {error}"))
}

/// Makes a rename in the folder of `path` durable.
pub fn sync_folder_of(path: &Path) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let synced = File::open(folder).and_then(|folder| folder.sync_all());
    synced.with_context(|| format!("cannot sync {}", folder.display()))
}

/// The head of the log at height 0, from which a snapshot of the whole log continues.
pub fn genesis_head(ledger: &Ledger) -> Head {
    let genesis = ledger.genesis();
    // A snapshot continues from a header, so size and root are not used.
    Head { height: 0, digest: genesis.digest(), time: genesis.time, size: 0, root: Digest::default() }
}

/// Whether the folder holds a ledger. An empty folder holds none; opening it would create one.
pub fn is_there(folder: &Path) -> bool {
    std::fs::read_dir(folder).is_ok_and(|mut files| files.next().is_some())
}

/// Name of the file that names the owner of the data folder (S14).
const OWNER: &str = "owner";

/// The text of the owner file: court, network and voting key.
fn owner(court: &CourtName, origin: &Origin, vote: &PublicKey) -> String {
    format!("{court} of {origin}, voting key {}\n", base64_text::encode(&vote.0))
}

fn read_owner(path: &Path) -> std::io::Result<String> {
    // A damaged file may not be UTF-8.
    std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether a text has the form of an owner file of any court.
fn is_owner(text: &str) -> bool {
    text.ends_with('\n') && text.contains(" of ") && text.contains(", voting key ")
}

/// Claims the data folder for this court, or refuses a folder of another court (S14).
///
/// The caller has opened the ledger in it, and so holds the lock.
pub fn claim(config: &Config, keys: &CourtKeys) -> anyhow::Result<()> {
    let path = config.data.join(OWNER);
    let owner = owner(&keys.name, &keys.origin, &keys.vote.public());
    match read_owner(&path) {
        Ok(text) if text == owner => Ok(()),
        Ok(text) if !is_owner(&text) => {
            bail!(
                "{} is damaged; if this folder is {}'s, delete that file, and the next start writes a new one",
                path.display(),
                keys.name
            )
        }
        Ok(text) => {
            let (data, other) = (config.data.display(), text.trim().escape_debug().to_string());
            bail!(
                "{data} holds the data of another court: {other}. A court that signs without its own record may sign twice; correct `data` or `key` in the configuration"
            )
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let temporary = path.with_extension("new");
            let write = || {
                let mut file = File::create(&temporary)?;
                file.write_all(owner.as_bytes())?;
                file.sync_all()?;
                std::fs::rename(&temporary, &path)
            };
            write().with_context(|| format!("cannot write {}", path.display()))?;
            sync_folder_of(&path)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn open(folder: &Path, genesis: &Genesis) -> Result<Ledger, Error> {
    Ledger::open(Arc::new(RocksStore::open(folder)?), genesis)
}

fn is_damage(error: &Error) -> bool {
    matches!(error, Error::Corrupt(_) | Error::LostWrites { .. })
}

/// The next step for a folder that cannot be written, as the end of a message; empty for other errors.
fn unwritable(error: &Error, folder: &Path) -> &'static str {
    match error {
        Error::Full(_) => "; make room on that disk and start again: nothing that was recorded is lost",
        // The store reports no error number, so the operating system is asked.
        Error::Store(_) => match why_not_writable(folder) {
            Some(Errno::ROFS) => {
                "; that file system became read-only, as after a disk error: look at the system's log and repair it before you start the node again"
            }
            Some(Errno::ACCESS) => "; run the node as the user who owns that folder, or give it to the node's user",
            _ => "",
        },
        _ => "",
    }
}

/// Why the folder or a file in it cannot be written; `None` if all of them can.
fn why_not_writable(folder: &Path) -> Option<Errno> {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    std::iter::once(folder.to_owned()).chain(files).find_map(|path| access(&path, Access::WRITE_OK).err())
}

/// Opens a node's ledger. A damaged ledger is moved aside, and an empty one is opened, which the node fills
/// from the other courts (S11).
pub fn open_or_set_aside(config: &Config, genesis: &Genesis) -> anyhow::Result<Ledger> {
    let folder = ledger_folder(config);
    // In a network of one court an empty ledger would start at height 0 again, and its entries would
    // contradict the recorded ones.
    if genesis.courts.len() == 1 && !is_there(&folder) && signing_logs::has_signed(&config.data) {
        bail!(
            "{} holds no ledger, though this court has signed before, and no other court has the log; restore a backup with `courtseal node restore`, and leave its logs where they are: they tell it what it must not sign again",
            config.data.display()
        );
    }
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let cannot = |error: Error| anyhow!("cannot open {}: {error}{}", folder.display(), unwritable(&error, &folder));
    match open(&folder, genesis) {
        Ok(ledger) => Ok(ledger),
        Err(error) if is_damage(&error) && genesis.courts.len() > 1 => {
            let aside = set_aside(&folder).with_context(|| format!("{} is damaged: {error}", folder.display()))?;
            tracing::error!(%error, kept = %aside.display(), "the ledger is damaged: it is moved aside, and the log is fetched from the other courts");
            open(&folder, genesis).map_err(cannot)
        }
        Err(error) if is_damage(&error) => Err(cannot(error))
            .context("this network has no other court to fetch the log from; restore a backup with `courtseal node restore`"),
        Err(error) => Err(cannot(error)),
    }
}

/// Moves a damaged ledger aside, and makes an empty folder in its place.
///
/// After a crash in the middle the ledger is either in its place or moved aside, and the next start makes an
/// empty one.
fn set_aside(folder: &Path) -> anyhow::Result<PathBuf> {
    // Held during the rename: a second node that starts now finds the folder in use, or finds the new one.
    let _lock = RocksStore::lock(folder)?;
    let kept = (1..=DAMAGED_LEDGERS_MAX).map(|number| folder.with_extension(format!("damaged-{number}")));
    let free = kept.into_iter().find(|path| !path.exists());
    let aside = free.ok_or_else(|| {
        anyhow!(
            "{DAMAGED_LEDGERS_MAX} damaged ledgers are kept beside it already, so the disk or the memory may be failing; find the cause, move them away, and start again"
        )
    })?;
    std::fs::rename(folder, &aside).with_context(|| format!("cannot rename {}", folder.display()))?;
    sync_folder_of(folder)?;
    std::fs::create_dir(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    Ok(aside)
}

/// Checks the data folder of a stopped node. Without `full` the check is that of a start. With `full`
/// everything stored is checked (S12), and `full` is called with the blocks done and their number.
///
/// # Errors
/// The data cannot be read, is damaged, is of another network, or is in use by a running node.
pub fn check(config: &Config, full: Option<&mut dyn FnMut(u64, u64)>) -> anyhow::Result<CheckReport> {
    let genesis = read_genesis(&config.genesis)?;
    let folder = ledger_folder(config);
    let (has_ledger, data) = (is_there(&folder), config.data.display());
    if !has_ledger && signing_logs::has_signed(&config.data) {
        bail!(
            "{data} holds no ledger, though this court has signed before: is the path right? Started, the node fetches the log from the other courts"
        );
    }
    ensure!(has_ledger, "{data} holds no ledger yet: is the path right? The first start makes one");
    let repair = |error: Error| {
        if matches!(error, Error::InUse { .. }) {
            return anyhow!("{error}; stop it first, or check what it serves with `courtseal log check`");
        }
        let next = if is_damage(&error) && genesis.courts.len() > 1 {
            "; start the node: it moves this ledger aside and fetches the log from the other courts"
        } else {
            unwritable(&error, &folder)
        };
        anyhow!("{}: {error}{next}", folder.display())
    };
    let ledger = open(&folder, &genesis).map_err(repair)?;
    let found = signing_logs::inspect(&config.data)?;
    // By S8 a size is cosigned only after it is durable here.
    let (held, cosigned) = (ledger.head().size, found.last_cosigned.map_or(0, |log| log.size));
    ensure!(
        held >= cosigned,
        "{} holds {held} entries, and this court has cosigned {cosigned}: it is an old copy, or writes were lost; start the node: it fetches the rest from the other courts, and signs nothing until then",
        folder.display()
    );
    let full = match full {
        Some(progress) => Some(scrub(&ledger, &genesis, progress).map_err(|error| {
            if is_damage(&error) {
                // A start checks only the newest block, so the damage found here is noted for it.
                RocksStore::condemn(&folder, error.to_string().trim_start_matches("the stored data is damaged: "));
            }
            repair(error)
        })?),
        None => None,
    };
    let owner = owner_of(&config.data, &genesis)?;
    let head = ledger.head();
    Ok(CheckReport {
        courts: genesis.courts.len(),
        height: head.height,
        time: head.time,
        size: head.size,
        root: head.root,
        checkpoint_size: ledger.checkpoint()?.map_or(0, |newest| newest.checkpoint.size),
        owner,
        damaged_logs: found.damaged,
        missing_logs: found.missing,
        full,
    })
}

/// The owner that the folder names, if it names one.
pub fn owner_of(data: &Path, genesis: &Genesis) -> anyhow::Result<Option<String>> {
    let path = data.join(OWNER);
    let text = match read_owner(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    let origin = genesis.origin();
    let is_one = genesis.courts.iter().any(|court| owner(&court.name, &origin, &court.vote) == text);
    ensure!(
        is_one,
        "{} names no court of this network; if you know whose folder this is, delete that file, and the next start writes a new one",
        path.display()
    );
    Ok(Some(text.trim().to_owned()))
}

/// Checks every record by the ledger's own rules, and every certificate and the checkpoint as another court
/// would.
fn scrub(ledger: &Ledger, genesis: &Genesis, progress: &mut dyn FnMut(u64, u64)) -> Result<FullReport, Error> {
    let blocks = ledger.head().height;
    let scrubbed = ledger.scrub(&mut |done| progress(done, blocks))?;
    let corrupt = |fault: courtseal_court::snapshot::Fault| Error::Corrupt(fault.to_string());
    let courts = |error: courtseal_consensus::Error| Error::Corrupt(error.to_string());
    let mut checker = Checker::new(genesis, &genesis_head(ledger)).map_err(courts)?;
    let (contents, mut reader) = SnapshotReader::new(ledger, 1)?;
    checker.begin(Frame::Contents(contents)).map_err(corrupt)?;
    while !checker.check(reader.frame()?).map_err(corrupt)?.is_end() {}
    Ok(FullReport { scrubbed, certificates: blocks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s11_at_most_three_damaged_ledgers_are_kept_and_none_is_deleted() {
        let data = tempfile::tempdir().unwrap();
        let folder = data.path().join("ledger");
        for number in 1..=DAMAGED_LEDGERS_MAX {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("number"), number.to_string()).unwrap();
            let aside = set_aside(&folder).unwrap();
            assert_eq!(aside, data.path().join(format!("ledger.damaged-{number}")));
            assert_eq!(std::fs::read_to_string(aside.join("number")).unwrap(), number.to_string());
            assert!(folder.exists() && !folder.join("number").exists());
        }
        let error = set_aside(&folder).unwrap_err().to_string();
        assert!(error.contains("move them away"), "{error}");
        assert!(folder.exists());
    }
}
