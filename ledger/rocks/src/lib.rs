//! The ledger's store on disk: RocksDB. A crate of its own, so that nobody else links C++.
//!
//! In: a directory of its own.
//! Out: a [`Store`].
//! Always: one process has it open, and every batch is one synced write over all tables. A database that
//! lost a confirmed write, in whatever way, does not open (the [`Mark`]).
//! Not for the write-ahead log of consensus, which is a file of the node's.
//!
//! The recovery mode is `TolerateCorruptedTailRecords`. A kill -9 in the middle of a write leaves an
//! incomplete last record, which must not keep the node from starting, so the mode is not
//! `AbsoluteConsistency`. A damaged record anywhere else must refuse to open, so it is not the default,
//! `PointInTime`, which opens without that record and all that follow.

use courtseal_crash_points::{Point, crash_point};
use courtseal_ledger::Error;
use courtseal_ledger::store::mark::Mark;
use courtseal_ledger::store::{Batch, Pair, Range, Store};
use rocksdb::{
    BlockBasedIndexType, BlockBasedOptions, Cache, ColumnFamily, ColumnFamilyDescriptor, DB, DBCompressionType, DBRecoveryMode,
    Options,
};
use rocksdb::{DBRawIteratorWithThreadMode, LogLevel, ReadOptions, WriteBatch, WriteOptions};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const MIB: usize = 1024 * 1024;
/// Blocks, indices and filters that are kept in memory, in bytes.
const CACHE_BYTES: usize = 32 * MIB;
/// Memory of all write buffers together, in bytes.
const WRITE_BUFFERS_BYTES: usize = 48 * MIB;
/// Write-ahead logs are let go when they have this many bytes.
const WAL_BYTES: u64 = 64 * MIB as u64;
/// The first level of the index, in bytes; each further one is ten times as large.
const INDEX_LEVEL_BYTES: u64 = 32 * MIB as u64;
/// A file in it; one level on, files are twice as large.
const INDEX_FILE_BYTES: u64 = 8 * MIB as u64;
/// What is flushed and merged in the background is at most so many bytes a second. RocksDB begins with half
/// of it, goes down to a twentieth once nothing waited for a second, and goes faster again by 5% a second
/// while that is not enough. At full speed, merging took the processor from those who wait for their
/// receipts.
const BACKGROUND_BYTES_PER_S: i64 = 128 * MIB as i64;
/// The allowance is renewed so often, in microseconds, and the speed judged after a hundred times.
const BACKGROUND_REFILL_US: i64 = 10_000;
/// One time in so many, merging comes before flushing.
const BACKGROUND_FAIRNESS: i32 = 10;
/// Table files kept open.
const OPEN_FILES_MAX: i32 = 256;

/// Tables whose keys only grow, each alone: the files of one never overlap, and so compaction moves them to
/// other levels and writes none of them again.
const BLOCKS: &str = "blocks";
const TRANSACTIONS: &str = "transactions";
/// So does this one, a handful of keys.
const SYSTEM: &str = "system";
/// Tables with keys in random order.
const INDEX: &str = "index";
/// Tiles, whose last ones are replaced at each append.
const TREE: &str = "tree";
/// Everything else: a handful of keys.
const META: &str = rocksdb::DEFAULT_COLUMN_FAMILY_NAME;
const FAMILIES: [&str; 6] = [META, BLOCKS, TRANSACTIONS, SYSTEM, INDEX, TREE];

/// RocksDB's file that names its manifest; it is there once the database was made.
const CURRENT: &str = "CURRENT";

/// Beside the database once a read found damage in it: it does not open any more.
const CONDEMNED: &str = "damaged";

/// RocksDB in a directory.
pub struct RocksStore {
    database: DB,
    folder: PathBuf,
    /// None if the database is only read.
    mark: Option<Mutex<Mark>>,
    /// Held until all else is closed: fields are dropped in this order.
    _lock: Option<File>,
}

impl RocksStore {
    /// Opens the database in `folder`, or creates it there.
    ///
    /// # Errors
    /// [`Error::InUse`] if another process has it open, [`Error::LostWrites`] and [`Error::Corrupt`] if it is
    /// damaged, [`Error::Store`].
    pub fn open(folder: &Path) -> Result<Self, Error> {
        std::fs::create_dir_all(folder).map_err(|error| Error::io(folder.display(), &error))?;
        let lock = Self::lock(folder)?;
        if let Ok(reason) = std::fs::read_to_string(folder.join(CONDEMNED)) {
            return Err(Error::Corrupt(format!("damage was found before: {}", reason.trim())));
        }
        let (mark_path, database_path) = (folder.join("confirmed"), folder.join("rocksdb"));
        let is_there = |path: &Path| path.try_exists().map_err(|error| Error::io(path.display(), &error));
        let is_made = is_there(&database_path.join(CURRENT))?;
        // RocksDB would take files without this one for what is left of another database, make a new one, and
        // delete them.
        if !is_made && holds_data(&database_path)? {
            return Err(Error::Corrupt(format!("{} is missing", database_path.join(CURRENT).display())));
        }
        // The mark is there before the database: a database without one has lost it.
        let (mark, confirmed) = match (is_there(&mark_path)?, is_made) {
            (true, _) => Mark::open(&mark_path)?,
            (false, false) => (Mark::create(&mark_path)?, 0),
            (false, true) => return Err(Error::Corrupt(format!("{} is missing", mark_path.display()))),
        };
        if !is_made && confirmed > 0 {
            return Err(Error::LostWrites { found: 0, confirmed });
        }
        let mut options = database_options();
        options.create_if_missing(!is_made);
        let mut names = if is_made { present(&database_path)? } else { Vec::new() };
        // A crash while the database was made may have left some of its families only. Once a write was
        // confirmed, a missing one is damage; and another layout gets none of ours.
        if confirmed == 0 && names.iter().all(|name| FAMILIES.contains(&name.as_str())) {
            names = FAMILIES.map(str::to_owned).to_vec();
        }
        options.create_missing_column_families(confirmed == 0);
        let database = DB::open_cf_descriptors(&options, &database_path, families(&names)).map_err(open_error)?;
        check_reaches(&database, confirmed)?;
        Ok(Self { database, folder: folder.to_owned(), mark: Some(Mutex::new(mark)), _lock: Some(lock) })
    }

    /// Opens the database in `folder` for reading only, as it is now, also while a node uses it; `scratch` is
    /// an empty folder for RocksDB's own notes.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_beside(folder: &Path, scratch: &Path) -> Result<Self, Error> {
        // Read before the database is: what it vouches for then is there.
        let confirmed = Mark::read(&folder.join("confirmed"))?;
        let mut options = database_options();
        // The node may delete files meanwhile; they stay readable while they are open.
        options.set_max_open_files(-1);
        let path = folder.join("rocksdb");
        let families = families(&present(&path)?);
        let database = DB::open_cf_descriptors_as_secondary(&options, path.as_path(), scratch, families).map_err(open_error)?;
        check_reaches(&database, confirmed)?;
        Ok(Self { database, folder: folder.to_owned(), mark: None, _lock: None })
    }

    /// Takes the lock of a database's folder; it is held until the file is dropped.
    ///
    /// # Errors
    /// [`Error::InUse`], [`Error::Store`].
    pub fn lock(folder: &Path) -> Result<File, Error> {
        lock(folder)
    }

    /// Notes, beside the database in `folder`, that it is damaged, so that it is not opened again but
    /// repaired.
    pub fn condemn(folder: &Path, reason: &str) {
        // If even this cannot be written, the next start finds out by itself or by reading.
        let _ = std::fs::write(folder.join(CONDEMNED), reason);
    }

    /// The error of a read. Damage is noted, for opening checks the newest block only.
    fn read_error(&self, error: rocksdb::Error) -> Error {
        if error.kind() != rocksdb::ErrorKind::Corruption {
            return store_error(error);
        }
        let reason = error.into_string();
        self.note_damage(&reason);
        Error::Corrupt(format!("{reason}; restart this node, and it fetches its ledger anew from the other courts"))
    }

    fn family(&self, key: &[u8]) -> Result<&ColumnFamily, Error> {
        let name = family_name(key);
        self.database.cf_handle(name).ok_or_else(|| Error::Corrupt(format!("the column family {name} is missing")))
    }
}

/// The column family of a key's table.
fn family_name(key: &[u8]) -> &'static str {
    match key.first() {
        Some(b'b') => BLOCKS,
        Some(b't') => TRANSACTIONS,
        Some(b's') => SYSTEM,
        Some(b'x' | b'h' | b'v' | b'f' | b'd' | b'l' | b'e') => INDEX,
        Some(b'n') => TREE,
        _ => META,
    }
}

fn families(names: &[String]) -> Vec<ColumnFamilyDescriptor> {
    let cache = Cache::new_lru_cache(CACHE_BYTES);
    names.iter().map(|name| ColumnFamilyDescriptor::new(name, family_options(name, &cache))).collect()
}

/// The families of a database that is there. Those of another layout are opened as well: the layout's
/// version, which is read next, says more than RocksDB does.
fn present(database: &Path) -> Result<Vec<String>, Error> {
    DB::list_cf(&database_options(), database).map_err(open_error)
}

/// Whether the database's folder holds tables or logs.
fn holds_data(folder: &Path) -> Result<bool, Error> {
    let files = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(false),
        files => files.map_err(|error| Error::io(folder.display(), &error))?,
    };
    for file in files {
        let file = file.map_err(|error| Error::io(folder.display(), &error))?;
        if file.path().extension().is_some_and(|ending| ending == "sst" || ending == "log") {
            return Ok(true);
        }
    }
    Ok(false)
}

fn check_reaches(database: &DB, confirmed: u64) -> Result<(), Error> {
    let found = database.latest_sequence_number();
    if found < confirmed { Err(Error::LostWrites { found, confirmed }) } else { Ok(()) }
}

fn lock(folder: &Path) -> Result<File, Error> {
    let path = folder.join("lock");
    let io = |error: std::io::Error| Error::io(path.display(), &error);
    let file = File::options().read(true).write(true).create(true).truncate(false).open(&path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(Error::InUse(folder.display().to_string())),
        Err(TryLockError::Error(error)) => Err(io(error)),
    }
}

fn database_options() -> Options {
    let mut options = Options::default();
    options.set_paranoid_checks(true);
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_max_total_wal_size(WAL_BYTES);
    options.set_db_write_buffer_size(WRITE_BUFFERS_BYTES);
    options.set_max_open_files(OPEN_FILES_MAX);
    options.set_max_background_jobs(2);
    options.set_keep_log_file_num(2);
    options.set_max_log_file_size(4 * MIB);
    options.set_log_level(LogLevel::Warn);
    options.set_auto_tuned_ratelimiter(BACKGROUND_BYTES_PER_S, BACKGROUND_REFILL_US, BACKGROUND_FAIRNESS);
    options
}

fn family_options(name: &str, cache: &Cache) -> Options {
    let (mut options, mut table) = (Options::default(), BlockBasedOptions::default());
    table.set_block_cache(cache);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    // A file's index and filter are cut into blocks too: whole, they are megabytes that no part of the cache
    // has room for, and are read again at each look-up.
    table.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    table.set_pin_top_level_index_and_filter(true);
    // Most look-ups in the index are for keys that are not there: a file seen for the first time, a new
    // transaction.
    if name == INDEX {
        // Random keys are merged with all of a level each time: small ones, so that this is little at a time
        // however long the log.
        options.set_max_bytes_for_level_base(INDEX_LEVEL_BYTES);
        options.set_target_file_size_base(INDEX_FILE_BYTES);
        options.set_target_file_size_multiplier(2);
        table.set_bloom_filter(10.0, false);
        table.set_partition_filters(true);
        options.set_memtable_whole_key_filtering(true);
        options.set_memtable_prefix_bloom_ratio(0.1);
    } else {
        table.set_block_size(16 * 1024);
    }
    options.set_block_based_table_factory(&table);
    options.set_write_buffer_size(if name == META || name == SYSTEM { MIB } else { 16 * MIB });
    // Tiles and digests do not compress; texts do.
    let compression = if name == TREE { DBCompressionType::None } else { DBCompressionType::Lz4 };
    options.set_compression_type(compression);
    options
}

/// RocksDB's word for a full disk; its finer codes do not come through.
const NO_SPACE: &str = "No space left on device";

fn store_error(error: rocksdb::Error) -> Error {
    match error.kind() {
        rocksdb::ErrorKind::Corruption => Error::Corrupt(error.into_string()),
        rocksdb::ErrorKind::IOError if error.as_ref().contains(NO_SPACE) => Error::Full(error.into_string()),
        _ => Error::Store(error.into_string()),
    }
}

/// An error of opening: files that are missing or make no sense are damage too; a full disk or missing
/// permissions are not.
fn open_error(error: rocksdb::Error) -> Error {
    use rocksdb::ErrorKind::{Corruption, IOError, InvalidArgument, NotFound};
    let (kind, text) = (error.kind(), error.into_string());
    match kind {
        Corruption | InvalidArgument | NotFound => Error::Corrupt(text),
        IOError if text.contains(NO_SPACE) => Error::Full(text),
        IOError if text.contains("No such file") => Error::Corrupt(text),
        _ => Error::Store(text),
    }
}

impl Store for RocksStore {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error> {
        self.database.get_cf(self.family(key)?, key).map_err(|error| self.read_error(error))
    }

    fn get_many(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        let Some(first) = keys.first() else { return Ok(Vec::new()) };
        let family = self.family(first)?;
        debug_assert!(keys.iter().all(|key| key[0] == first[0]), "keys of one table");
        // Sorted, neighbours share blocks and filters; the answers go back to the order asked.
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_unstable_by_key(|at| &keys[*at]);
        let found = self.database.batched_multi_get_cf(family, order.iter().map(|at| &keys[*at]), true);
        let mut values = vec![None; keys.len()];
        for (at, value) in order.into_iter().zip(found) {
            values[at] = value.map_err(|error| self.read_error(error))?.map(|value| value.to_vec());
        }
        Ok(values)
    }

    fn scan(&self, range: Range<'_>) -> Result<Vec<Pair>, Error> {
        if range.from >= range.to {
            return Ok(Vec::new());
        }
        let mut options = ReadOptions::default();
        options.set_iterate_lower_bound(range.from);
        options.set_iterate_upper_bound(range.to);
        let mut iterator: DBRawIteratorWithThreadMode<'_, DB> =
            self.database.raw_iterator_cf_opt(self.family(range.from)?, options);
        if range.backwards {
            iterator.seek_to_last();
        } else {
            iterator.seek_to_first();
        }
        let (mut taken, mut bytes) = (Vec::new(), 0);
        while taken.len() < range.pairs_max && (taken.is_empty() || bytes < range.bytes_max) {
            let Some((key, value)) = iterator.item() else { break };
            bytes += value.len();
            taken.push((key.to_vec(), value.to_vec()));
            if range.backwards {
                iterator.prev();
            } else {
                iterator.next();
            }
        }
        iterator.status().map_err(|error| self.read_error(error))?;
        Ok(taken)
    }

    fn note_damage(&self, reason: &str) {
        // Who only reads beside a running node leaves its folder alone.
        if self.mark.is_some() {
            Self::condemn(&self.folder, reason);
        }
    }

    fn apply(&self, batch: Batch) -> Result<(), Error> {
        let Some(mark) = &self.mark else { return Err(Error::Store("opened for reading only".to_owned())) };
        let mut writes = WriteBatch::default();
        for (key, value) in batch.pairs() {
            writes.put_cf(self.family(key)?, key, value);
        }
        let mut options = WriteOptions::default();
        options.set_sync(true);
        // One writer at a time, so that the mark never vouches for a write that is not confirmed.
        let mut mark = mark.lock().unwrap_or_else(PoisonError::into_inner);
        // A crash before this line leaves nothing of the batch; one within it leaves all or an incomplete
        // record, dropped on open.
        crash_point(Point::BeforeBatch);
        self.database.write_opt(writes, &options).map_err(store_error)?;
        // What follows would go into files that nobody finds again.
        mark.is_in_place()?;
        // A crash right here leaves the batch, and a mark that vouches for less.
        crash_point(Point::BeforeConfirm);
        mark.set(self.database.latest_sequence_number())
    }
}

#[cfg(test)]
mod tests;
