//! The ledger's store on disk: RocksDB. It is a crate of its own, so that no other crate links C++.
//!
//! In: a directory of its own.
//! Out: a [`Store`].
//! Always: one process has it open, and every batch is one synced write over all tables. A database that lost
//! a confirmed write does not open (the [`Mark`]). A failed write or flush is final: the court stops
//! (`stop_if_fatal` in `node/court/src/court.rs`), and nothing is written or tried again until a restart.
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
    Env, Options,
};
use rocksdb::{DBRawIteratorWithThreadMode, LogLevel, ReadOptions, WriteBatch, WriteOptions};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const MIB: usize = 1024 * 1024;
/// Most bytes of blocks, indices and filters that are kept in memory.
const CACHE_BYTES: usize = 32 * MIB;
/// Most bytes of all write buffers together.
const WRITE_BUFFERS_BYTES: usize = 96 * MIB;
/// Write-ahead logs are flushed and dropped once they have this many bytes together.
const WAL_BYTES: u64 = 64 * MIB as u64;
/// Size of the index's first level in bytes. Each further level is ten times as large.
const INDEX_LEVEL_BYTES: u64 = 32 * MIB as u64;
/// Size of a file in the first level, in bytes. On each further level, files are twice as large.
const INDEX_FILE_BYTES: u64 = 8 * MIB as u64;
/// Most table files that are kept open.
const OPEN_FILES_MAX: i32 = 256;

/// Tables whose keys only grow. The files of one such table never overlap, so compaction moves them to other
/// levels and writes none of them again.
const BLOCKS: &str = "blocks";
const TRANSACTIONS: &str = "transactions";
const OUTCOMES: &str = "outcomes";
/// A table with one small record a block.
const SYSTEM: &str = "system";
/// Tables with keys in random order.
const INDEX: &str = "index";
/// Tiles. The last ones are replaced at each append.
const TREE: &str = "tree";
/// All other tables: a few keys.
const META: &str = rocksdb::DEFAULT_COLUMN_FAMILY_NAME;
const FAMILIES: [&str; 7] = [META, BLOCKS, TRANSACTIONS, OUTCOMES, SYSTEM, INDEX, TREE];

/// RocksDB's file that names its manifest. It is there once the database was made.
const CURRENT: &str = "CURRENT";

/// The file beside the database that says that a read found damage. The database does not open any more.
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
        // Without this file RocksDB would take the other files for remains of another database. It would make
        // a new one and delete them.
        if !is_made && holds_data(&database_path)? {
            return Err(Error::Corrupt(format!("{} is missing", database_path.join(CURRENT).display())));
        }
        // The mark is written before the database, so a database without a mark has lost it.
        let (mark, confirmed) = match (is_there(&mark_path)?, is_made) {
            (true, _) => Mark::open(&mark_path)?,
            (false, false) => (Mark::create(&mark_path)?, 0),
            (false, true) => return Err(Error::Corrupt(format!("{} is missing", mark_path.display()))),
        };
        if !is_made && confirmed > 0 {
            return Err(Error::LostWrites { found: 0, confirmed });
        }
        let mut options = database_options()?;
        options.create_if_missing(!is_made);
        let mut names = if is_made { present(&database_path)? } else { Vec::new() };
        // A crash while the database was made may have left only some of its families. Once a write was
        // confirmed, a missing family is damage. A database of another layout gets none of ours.
        if confirmed == 0 && names.iter().all(|name| FAMILIES.contains(&name.as_str())) {
            names = FAMILIES.map(str::to_owned).to_vec();
        }
        options.create_missing_column_families(confirmed == 0);
        let database = DB::open_cf_descriptors(&options, &database_path, families(&names)).map_err(open_error)?;
        check_reaches(&database, confirmed)?;
        Ok(Self { database, folder: folder.to_owned(), mark: Some(Mutex::new(mark)), _lock: Some(lock) })
    }

    /// Opens the database in `folder` for reading only, as it is now, also while a node uses it. `scratch` is
    /// an empty folder for RocksDB's own files.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_beside(folder: &Path, scratch: &Path) -> Result<Self, Error> {
        // The mark is read before the database, so the database holds all writes that it vouches for.
        let confirmed = Mark::read(&folder.join("confirmed"))?;
        let mut options = database_options()?;
        // The node may delete files meanwhile. They stay readable while they are open.
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

    /// Writes a file beside the database in `folder` that says that it is damaged, so that it is not opened
    /// again but repaired.
    pub fn condemn(folder: &Path, reason: &str) {
        // If this cannot be written, the next start finds the damage itself or when it reads.
        let _ = std::fs::write(folder.join(CONDEMNED), reason);
    }

    /// The error of a read. Damage is noted, because opening checks the newest block only.
    fn read_error(&self, error: rocksdb::Error) -> Error {
        if error.kind() != rocksdb::ErrorKind::Corruption {
            return store_error(error);
        }
        let reason = error.into_string();
        self.note_damage(&reason);
        Error::Corrupt(format!("{reason}; restart this node, and it fetches its ledger again from the other courts"))
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
        Some(b'o') => OUTCOMES,
        Some(b's') => SYSTEM,
        Some(b'x' | b'h' | b'v' | b'f' | b'd' | b'e') => INDEX,
        Some(b'n') => TREE,
        _ => META,
    }
}

fn families(names: &[String]) -> Vec<ColumnFamilyDescriptor> {
    let cache = Cache::new_lru_cache(CACHE_BYTES);
    names.iter().map(|name| ColumnFamilyDescriptor::new(name, family_options(name, &cache))).collect()
}

/// The families of an existing database. Those of another layout are opened too, because the layout's
/// version, which is read next, says more than RocksDB's error.
fn present(database: &Path) -> Result<Vec<String>, Error> {
    DB::list_cf(&database_options()?, database).map_err(open_error)
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

/// Options of the whole database. Flushes are as fast as the disk, because a full write buffer holds up all
/// courts. Compaction has one thread, which gets processor and disk after all others.
fn database_options() -> Result<Options, Error> {
    let mut env = Env::new().map_err(store_error)?;
    env.set_high_priority_background_threads(1);
    env.set_low_priority_background_threads(1);
    env.lower_thread_pool_cpu_priority();
    env.lower_thread_pool_io_priority();
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
    options.set_env(&env);
    Ok(options)
}

fn family_options(name: &str, cache: &Cache) -> Options {
    let (mut options, mut table) = (Options::default(), BlockBasedOptions::default());
    table.set_block_cache(cache);
    table.set_cache_index_and_filter_blocks(true);
    table.set_pin_l0_filter_and_index_blocks_in_cache(true);
    // A file's index and filter are cut into blocks too. Whole, they have megabytes, fit no part of the
    // cache, and would be read again at each look-up.
    table.set_index_type(BlockBasedIndexType::TwoLevelIndexSearch);
    table.set_pin_top_level_index_and_filter(true);
    // Most look-ups in the index are for keys that are not there: a file seen for the first time, a new
    // transaction.
    if name == INDEX {
        // Random keys are merged with all of a level each time. Small levels and files keep each merge short,
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
    // Tiles and digests do not compress, but texts do.
    let compression = if name == TREE { DBCompressionType::None } else { DBCompressionType::Lz4 };
    options.set_compression_type(compression);
    options
}

/// RocksDB's text for a full disk, because its finer codes are not passed on.
const NO_SPACE: &str = "No space left on device";

fn store_error(error: rocksdb::Error) -> Error {
    match error.kind() {
        rocksdb::ErrorKind::Corruption => Error::Corrupt(error.into_string()),
        rocksdb::ErrorKind::IOError if error.as_ref().contains(NO_SPACE) => Error::Full(error.into_string()),
        _ => Error::Store(error.into_string()),
    }
}

/// The error of an opening. Missing or meaningless files are damage too; a full disk or missing permissions
/// are not.
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
        // Sorted neighbours share blocks and filters. The answers are returned in the order of the keys
        // asked.
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
        // A process that only reads beside a running node does not change its folder.
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
        // Only one thread writes, so that the mark never vouches for a write that is not confirmed.
        let mut mark = mark.lock().unwrap_or_else(PoisonError::into_inner);
        // A crash before this line leaves nothing of the batch. A crash within it leaves all, or an
        // incomplete record that is dropped on open.
        crash_point(Point::BeforeBatch);
        self.database.write_opt(writes, &options).map_err(store_error)?;
        // If the mark was removed, later writes would go to an unlinked file.
        mark.is_in_place()?;
        // A crash right here leaves the batch, and a mark that vouches for less.
        crash_point(Point::BeforeConfirm);
        mark.set(self.database.latest_sequence_number())
    }
}

#[cfg(test)]
mod tests;
