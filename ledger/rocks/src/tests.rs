//! RocksDB: the conformance suite, a second opener, and the effects of damage to its files.
//!
//! In: databases in temporary folders.
//! Out: failures that name the file and the damage.
//! Always: damage is refused, or no confirmed write is lost.
//! Not for the rules of the ledger, which its own tests cover.

use super::*;
use courtseal_fixtures::Network;
use courtseal_fixtures::vectors::texts;
use courtseal_ledger::schema::{self, SchemaRecord};
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_ledger::{Ledger, NoCache, VerifiedTransaction};
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::sha256_of;
use courtseal_proof::genesis::Genesis;
use rocksdb::WaitForCompactOptions;
use rocksdb::perf::{PerfContext, PerfMetric, PerfStatsLevel, set_perf_stats};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

fn genesis() -> Genesis {
    Network::of_vectors("cn-courts", 4).genesis
}

fn write(store: &RocksStore, n: u8) {
    let mut batch = Batch::default();
    batch.put(vec![b't', n], vec![n; 100]);
    store.apply(batch).unwrap();
}

/// The newest write-ahead log.
fn wal(folder: &Path) -> PathBuf {
    let files = std::fs::read_dir(folder.join("rocksdb")).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|end| end == "log")).max().unwrap()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for file in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(file.file_name());
        if file.path().is_dir() {
            copy(&file.path(), &target);
        } else {
            std::fs::copy(file.path(), target).unwrap();
        }
    }
}

#[test]
fn conforms() {
    let folder = tempfile::tempdir().unwrap();
    courtseal_ledger::store::conformance::check(&RocksStore::open(folder.path()).unwrap());
}

/// Commits these transactions, as far as they may be in the next block.
fn commit(ledger: &Ledger, transactions: Vec<Arc<VerifiedTransaction>>) {
    let time = ledger.genesis().time.plus_ms(123 + ledger.head().height);
    let block = ledger.build(time, ledger.genesis().courts[0].vote, transactions).unwrap();
    ledger.commit(block.read(), b"certificate", block.digest(), &NoCache).unwrap();
}

#[test]
fn s5_reopening_gives_the_head_of_the_store_in_memory() {
    let (genesis, folder) = (genesis(), tempfile::tempdir().unwrap());
    let transactions: Vec<_> =
        texts("transaction.json").into_iter().filter_map(|text| VerifiedTransaction::from_text(text).ok()).collect();
    let transactions: Vec<_> = transactions.into_iter().map(Arc::new).collect();
    let in_memory = Ledger::open(Arc::new(MemoryStore::new()), &genesis).unwrap();
    let open = || Ledger::open(Arc::new(RocksStore::open(folder.path()).unwrap()), &genesis).unwrap();
    for ledger in [&in_memory, &open()] {
        commit(ledger, transactions.clone());
        commit(ledger, Vec::new());
    }
    let (head, ledger) = (in_memory.head(), open());
    assert!(head.size > 2, "entries are recorded");
    assert_eq!(ledger.head(), head);
    for height in 1..=head.height {
        ledger.check_block(height).unwrap();
    }
    commit(&ledger, Vec::new());
    drop(ledger);
    assert_eq!(open().head().height, head.height + 1);
}

#[test]
fn s6_a_second_opener_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = RocksStore::open(folder.path()).unwrap();
    assert!(matches!(RocksStore::open(folder.path()), Err(Error::InUse(_))));
    drop(store);
    assert!(RocksStore::open(folder.path()).is_ok());
}

#[test]
fn batches_are_there_after_a_reopening() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..5 {
        let store = RocksStore::open(folder.path()).unwrap();
        write(&store, n);
        assert_eq!(store.get(&[b't', 0]), Ok(Some(vec![0; 100])));
    }
}

#[test]
fn s7_a_write_that_was_never_confirmed_may_be_torn() {
    let folder = tempfile::tempdir().unwrap();
    let store = RocksStore::open(folder.path()).unwrap();
    write(&store, 1);
    let mark = std::fs::read(folder.path().join("confirmed")).unwrap();
    write(&store, 2);
    drop(store);
    // The files as kill -9 leaves them: half of the last record, and the earlier mark.
    let path = wal(folder.path());
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() - 50]).unwrap();
    std::fs::write(folder.path().join("confirmed"), mark).unwrap();
    let store = RocksStore::open(folder.path()).unwrap();
    assert_eq!(store.get(&[b't', 1]), Ok(Some(vec![1; 100])));
    assert_eq!(store.get(&[b't', 2]), Ok(None));
    write(&store, 3);
    drop(store);
    assert!(RocksStore::open(folder.path()).is_ok());
}

#[test]
fn s7_a_confirmed_write_is_never_lost_in_silence() {
    let origin = tempfile::tempdir().unwrap();
    let store = RocksStore::open(origin.path()).unwrap();
    write(&store, 1);
    write(&store, 2);
    drop(store);
    let length = std::fs::metadata(wal(origin.path())).unwrap().len() as usize;
    let mut refused = 0;
    // The log is cut at some place, or one byte is flipped. It is refused, or no write is lost.
    for at in (0..length).step_by(5) {
        for cut in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            copy(origin.path(), folder.path());
            let path = wal(folder.path());
            let mut bytes = std::fs::read(&path).unwrap();
            if cut {
                bytes.truncate(at);
            } else {
                bytes[at] ^= 0x40;
            }
            std::fs::write(&path, bytes).unwrap();
            match RocksStore::open(folder.path()) {
                Err(error) => {
                    assert!(error.is_fatal());
                    refused += 1;
                }
                Ok(store) => {
                    assert_eq!(store.get(&[b't', 1]), Ok(Some(vec![1; 100])), "at {at}");
                    assert_eq!(store.get(&[b't', 2]), Ok(Some(vec![2; 100])), "at {at}");
                }
            }
        }
    }
    assert!(refused > 0);
}

#[test]
fn s7_missing_files_are_noticed() {
    for missing in ["confirmed", "rocksdb", "rocksdb/CURRENT"] {
        let folder = tempfile::tempdir().unwrap();
        let store = RocksStore::open(folder.path()).unwrap();
        write(&store, 1);
        drop(store);
        let path = folder.path().join(missing);
        if path.is_dir() {
            std::fs::remove_dir_all(&path).unwrap();
        } else {
            std::fs::remove_file(&path).unwrap();
        }
        assert!(RocksStore::open(folder.path()).is_err_and(|error| error.is_fatal()), "{missing}");
    }
}

#[test]
fn s11_damage_found_by_reading_is_not_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    drop(RocksStore::open(folder.path()).unwrap());
    RocksStore::condemn(folder.path(), "block checksum mismatch");
    let error = RocksStore::open(folder.path()).err().unwrap();
    assert!(matches!(&error, Error::Corrupt(text) if text.contains("block checksum mismatch")), "{error}");
}

#[test]
fn s11_a_record_with_a_false_checksum_is_noted_too() {
    use courtseal_ledger::records::Records;
    use courtseal_ledger::schema::{Table, seal};
    let folder = tempfile::tempdir().unwrap();
    let store = RocksStore::open(folder.path()).unwrap();
    let key = Table::System.number(7);
    let mut value = seal(&key, b"{}".to_vec());
    value[0] ^= 1;
    let mut batch = Batch::default();
    batch.put(key, value);
    store.apply(batch).unwrap();
    assert!(matches!(Records(&store).system_entry(7), Err(Error::Corrupt(_))));
    drop(store);
    assert!(matches!(RocksStore::open(folder.path()), Err(Error::Corrupt(_))));
}

#[test]
fn s11_a_missing_table_file_or_manifest_is_damage() {
    for ending in ["sst", "MANIFEST", CURRENT] {
        let folder = tempfile::tempdir().unwrap();
        let store = RocksStore::open(folder.path()).unwrap();
        write(&store, 1);
        for name in FAMILIES {
            store.database.flush_cf(store.database.cf_handle(name).unwrap()).unwrap();
        }
        drop(store);
        let files = std::fs::read_dir(folder.path().join("rocksdb")).unwrap().map(|file| file.unwrap().path());
        let found = files.filter(|path| path.to_string_lossy().contains(ending)).max().unwrap();
        std::fs::remove_file(found).unwrap();
        let names = || {
            let files = std::fs::read_dir(folder.path().join("rocksdb")).unwrap();
            files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect::<BTreeSet<_>>()
        };
        let before = names();
        // It stays refused, however often it is opened.
        for _ in 0..3 {
            let error = RocksStore::open(folder.path()).err().unwrap();
            assert!(matches!(error, Error::Corrupt(_) | Error::LostWrites { .. }), "{ending}: {error}");
        }
        let gone: Vec<_> =
            before.difference(&names()).filter(|name| name.ends_with(".sst") || name.ends_with(".log")).cloned().collect();
        assert!(gone.is_empty(), "{ending}: what is left was deleted: {gone:?}");
    }
}

#[test]
fn s13_a_database_in_use_can_be_read_as_it_is_and_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = RocksStore::open(folder.path()).unwrap();
    write(&store, 1);
    let scratch = tempfile::tempdir().unwrap();
    let beside = RocksStore::open_beside(folder.path(), scratch.path()).unwrap();
    write(&store, 2);
    assert_eq!(beside.get(&[b't', 1]), Ok(Some(vec![1; 100])));
    assert_eq!(beside.get(&[b't', 2]), Ok(None), "as it was");
    let mut batch = Batch::default();
    batch.put(vec![b't', 3], vec![3]);
    assert!(matches!(beside.apply(batch), Err(Error::Store(_))));
    assert!(write_is_possible(&store));
}

#[test]
fn s13_who_reads_beside_a_node_condemns_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = RocksStore::open(folder.path()).unwrap();
    write(&store, 1);
    let scratch = tempfile::tempdir().unwrap();
    RocksStore::open_beside(folder.path(), scratch.path()).unwrap().note_damage("what it read");
    assert!(!folder.path().join(CONDEMNED).exists());
    store.note_damage("what it read");
    assert!(folder.path().join(CONDEMNED).exists());
}

#[test]
fn s4_nothing_more_is_written_once_the_folder_is_gone() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("ledger");
    let store = RocksStore::open(&folder).unwrap();
    write(&store, 1);
    std::fs::rename(&folder, parent.path().join("elsewhere")).unwrap();
    let mut batch = Batch::default();
    batch.put(vec![b't', 2], vec![2]);
    assert!(store.apply(batch).is_err_and(|error| error.to_string().contains("removed or replaced")));
}

fn write_is_possible(store: &RocksStore) -> bool {
    write(store, 9);
    store.get(&[b't', 9]) == Ok(Some(vec![9; 100]))
}

/// The number of bytes read from files when `count` keys that are not there are looked up.
fn bytes_read(store: &RocksStore, count: u64) -> u64 {
    set_perf_stats(PerfStatsLevel::EnableCount);
    let mut context = PerfContext::default();
    context.reset();
    for number in 0..count {
        assert_eq!(store.get(&key(b"absent", number)), Ok(None));
    }
    let bytes = context.metric(PerfMetric::BlockReadByte);
    set_perf_stats(PerfStatsLevel::Disable);
    bytes
}

fn key(of: &[u8], number: u64) -> Vec<u8> {
    [b"x", &sha256_of(&[of, &number.to_le_bytes()]).0[..]].concat()
}

#[test]
fn a_look_up_reads_little_however_many_keys_there_are() {
    // One file has more keys than a shard of the cache holds filters for.
    const KEYS: u64 = 800_000;
    const AT_A_TIME: u64 = 20_000;
    let folder = tempfile::tempdir().unwrap();
    let store = RocksStore::open(folder.path()).unwrap();
    for from in (0..KEYS).step_by(AT_A_TIME as usize) {
        let mut batch = Batch::default();
        (from..from + AT_A_TIME).for_each(|number| batch.put(key(b"present", number), vec![0; 8]));
        store.apply(batch).unwrap();
    }
    let index = store.database.cf_handle(INDEX).unwrap();
    store.database.compact_range_cf(index, None::<&[u8]>, None::<&[u8]>);
    bytes_read(&store, 1_000);
    let bytes = bytes_read(&store, 1_000) / 1_000;
    assert!(bytes <= 4 * 1024, "{bytes} bytes a look-up");
}

#[test]
fn s6_a_folder_of_an_older_version_is_refused_by_its_version() {
    let genesis = genesis();
    let versions: [(u32, &[&str]); 2] = [(1, &[META, "log", INDEX, TREE]), (2, &FAMILIES)];
    // The mark may vouch for no write although a ledger is there (S7).
    for ((version, families), is_confirmed) in versions.into_iter().flat_map(|of| [(of, true), (of, false)]) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rocksdb");
        let mut options = database_options().unwrap();
        options.create_if_missing(true);
        options.create_missing_column_families(true);
        let database = DB::open_cf(&options, &path, families).unwrap();
        let (key, record) = (schema::schema_key(), SchemaRecord { version, chain: genesis.digest() });
        database.put(&key, schema::seal(&key, codec::encode(&record))).unwrap();
        let mut mark = Mark::create(&folder.path().join("confirmed")).unwrap();
        if is_confirmed {
            mark.set(database.latest_sequence_number()).unwrap();
        }
        drop((database, mark));
        let scratch = tempfile::tempdir().unwrap();
        let stores = [RocksStore::open(folder.path()), RocksStore::open_beside(folder.path(), scratch.path())];
        for store in stores {
            let error = Ledger::open(Arc::new(store.unwrap()), &genesis).err().unwrap();
            assert_eq!(error, Error::UnknownSchema { stored: version, known: schema::SCHEMA_VERSION });
        }
        let left: BTreeSet<String> = DB::list_cf(&options, &path).unwrap().into_iter().collect();
        let expected: BTreeSet<String> = families.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(left, expected, "the version that wrote it still opens it");
    }
}

#[test]
fn only_single_records_are_in_the_default_family() {
    for table in schema::TABLES {
        let is_default = family_name(&table.key(&[])) == META;
        assert_eq!(is_default, table == schema::Table::Meta, "{table:?}: its keys grow with the log");
    }
}

#[test]
fn families_that_a_crash_kept_from_being_made_are_made() {
    let folder = tempfile::tempdir().unwrap();
    drop(Mark::create(&folder.path().join("confirmed")).unwrap());
    let mut options = database_options().unwrap();
    options.create_if_missing(true);
    options.create_missing_column_families(true);
    drop(DB::open_cf(&options, folder.path().join("rocksdb"), [META, BLOCKS]).unwrap());
    assert!(write_is_possible(&RocksStore::open(folder.path()).unwrap()));
}

#[test]
fn what_only_grows_is_never_written_again() {
    const FLUSHES: u64 = 12;
    let folder = tempfile::tempdir().unwrap();
    let store = RocksStore::open(folder.path()).unwrap();
    let tables: &[u8] = b"bts";
    let files = || {
        let all = store.database.live_files().unwrap();
        all.into_iter().map(|file| file.name).collect::<BTreeSet<_>>()
    };
    let mut flushed = files();
    for number in 0..FLUSHES {
        let mut batch = Batch::default();
        for table in tables {
            batch.put([&[*table], &number.to_be_bytes()[..]].concat(), vec![0; 1_000]);
        }
        store.apply(batch).unwrap();
        for table in tables {
            store.database.flush_cf(store.family(&[*table]).unwrap()).unwrap();
            flushed.append(&mut files());
        }
    }
    store.database.wait_for_compact(&WaitForCompactOptions::default()).unwrap();
    let now = files();
    assert_eq!(now.len() as u64, FLUSHES * tables.len() as u64);
    assert!(store.database.live_files().unwrap().iter().any(|file| file.level > 0), "some were moved");
    assert_eq!(now, flushed, "merging moves files to other levels, and makes no new ones of them");
}
