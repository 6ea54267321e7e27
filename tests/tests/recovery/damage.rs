//! One byte flipped in every region of every kind of file of a court's data folder, each of these files
//! missing, the whole folder missing, and an old copy of the folder.
//!
//! In: a stopped court's files.
//! Out: failures that name file and region.
//! Always: before the court is repaired, its answers are errors or true; it never serves a log that differs.
//! Not for damage of backups: see `tests/tests/recovery/backups.rs`.
//!
//! `make test` damages a few regions of the longest file of each kind. [`REGIONS_EACH`] and [`FILES_EACH`]
//! raise that, up to 8 regions of every file.

use crate::{ALL, copy, data, log, no_two_votes, record};
use courtseal_api::status::State;
use courtseal_tests::http;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::numbers::how_often;
use courtseal_tests::processes::await_state;
use courtseal_tests::program::courtseal;
use std::cmp::Reverse;
use std::fs;
use std::path::{Path, PathBuf};

/// The court whose files are damaged.
const VICTIM: usize = 3;
/// The variable that says in how many regions of a file a byte is flipped, one after the other.
const REGIONS_EACH: &str = "COURTSEAL_REGIONS";
/// The variable that says how many files of each kind are damaged, the longest first.
const FILES_EACH: &str = "COURTSEAL_FILES";
/// The kinds of files, by how their names begin or end; one kind is damaged at a time. The kinds whose loss
/// loses nothing are damaged together.
const KINDS: [&[&str]; 9] = [
    &[".sst"],
    &[".log"],
    &["MANIFEST"],
    &["CURRENT"],
    &["OPTIONS", "IDENTITY", "lock", "LOCK"],
    &["confirmed"],
    &["wal"],
    &["guard"],
    &["cosigned"],
];
/// The exit code of `log check` if the log that a court serves is not the one that the courts signed.
const INVALID: i32 = 1;

/// A place in a file of a given length.
type Region = (&'static str, fn(usize) -> usize);

/// The regions, those that differ most first. In a table file they are data, index and properties, and the
/// footer. In a log they are a record's header, payloads, and the tail. In the file `confirmed` they are both
/// slots, tag and number.
const REGIONS: [Region; 8] = [
    ("its first byte", |_| 0),
    ("its middle", |length| length / 2),
    ("its last byte", |length| length - 1),
    ("20 bytes in", |_| 20),
    ("40 bytes before its end", |length| length.saturating_sub(40)),
    ("a quarter in", |length| length / 4),
    ("three quarters in", |length| length / 4 * 3),
    ("20 bytes behind its middle", |length| length / 2 + 20),
];

/// How a file is damaged.
#[derive(Clone, Copy)]
enum Way {
    Missing,
    Flipped(Region),
}

impl Way {
    /// The ways that this run tries.
    fn chosen() -> Vec<Self> {
        let regions = REGIONS.into_iter().take(how_often(REGIONS_EACH, 2));
        std::iter::once(Self::Missing).chain(regions.map(Self::Flipped)).collect()
    }

    fn damage(self, path: &Path) {
        let Self::Flipped((_, offset)) = self else { return fs::remove_file(path).unwrap() };
        let mut bytes = fs::read(path).unwrap();
        let offset = offset(bytes.len().max(1)).min(bytes.len().saturating_sub(1));
        // A lock file is empty.
        if let Some(byte) = bytes.get_mut(offset) {
            *byte ^= 0x20;
        }
        fs::write(path, bytes).unwrap();
    }

    fn words(self) -> String {
        match self {
            Self::Missing => "is missing".to_owned(),
            Self::Flipped((region, _)) => format!("is flipped at {region}"),
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// The files of a kind, the longest first.
fn of_kind(folder: &Path, kind: &str) -> Vec<PathBuf> {
    let is_kind = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name == kind || (kind.starts_with('.') && name.ends_with(kind)) || name.starts_with(&format!("{kind}-"))
    };
    let mut found: Vec<PathBuf> = files(folder).into_iter().filter(is_kind).collect();
    found.sort_by_key(|path| (Reverse(fs::metadata(path).unwrap().len()), path.clone()));
    found
}

/// A court whose folder is removed while it runs stops, because it could not remember what it signs. It takes
/// part again once it is started.
#[test]
fn s4_a_court_whose_folder_is_removed_stops() {
    let mut network = LocalNetwork::start(4).unwrap();
    record(&network, "before");
    network.await_equal(&ALL).unwrap();
    let folder = data(&network, VICTIM);
    fs::rename(&folder, folder.with_extension("elsewhere")).unwrap();
    for at in 0..3 {
        record(&network, &format!("after {at}"));
    }
    let stopped = || network.status(VICTIM).filter(|status| status["state"] == "stopped");
    let status = await_state("the court stops", stopped).unwrap();
    assert!(status["reason"].as_str().unwrap().contains("was removed or replaced"), "{status}");
    network.kill(VICTIM).unwrap();
    network.restart(VICTIM).unwrap();
    network.await_equal(&ALL).unwrap();
    no_two_votes(&network);
}

/// Removes the damaged ledgers, as an operator does after reading the log.
fn tidy(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().starts_with("ledger.damaged") {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
}

/// Waits until the court has the same log as another one, or has stopped because of a record that it read.
/// Returns whether it has the same log.
fn settles(network: &LocalNetwork) -> anyhow::Result<bool> {
    await_state("the court has the same log or reports that it has stopped", || {
        let (own, other) = (network.status(VICTIM)?, network.status(0)?);
        let is_level = ["height", "size", "root", "checkpoint_size"].iter().all(|name| own[name] == other[name]);
        if own["state"] == "stopped" { Some(false) } else { is_level.then_some(true) }
    })
}

/// Whether the court serves its whole log. It may answer that it cannot; it must never serve a log that
/// differs from the courts'.
fn serves(network: &LocalNetwork, what: &str) -> bool {
    let outcome = network.run_log_check(VICTIM).unwrap();
    assert_ne!(outcome.code, INVALID, "{what}: a false answer: {outcome:?}\n{}", log(network, VICTIM));
    outcome.code == 0
}

/// Starts the court and waits until it agrees with the others. Damage that only reading finds is repaired by
/// one more start.
fn comes_back(network: &mut LocalNetwork, what: &str) {
    network.restart(VICTIM).unwrap_or_else(|error| panic!("{what}: {error:#}"));
    // The court serves only as much as it has by now.
    serves(network, what);
    let is_level = settles(network).unwrap_or_else(|error| panic!("{what}: {error:#}"));
    if !serves(network, what) || !is_level {
        network.kill(VICTIM).unwrap();
        network.restart(VICTIM).unwrap_or_else(|error| panic!("{what}, found by reading: {error:#}"));
    }
    network.await_equal(&ALL).unwrap_or_else(|error| panic!("{what}: {error:#}"));
    assert_eq!(network.log_check(VICTIM).unwrap(), network.log_check(0).unwrap(), "{what}");
}

/// Stops the court when it has the newest block, whether or not it has voted for it. Returns the files of
/// this kind in its folder.
fn stop_with(network: &mut LocalNetwork, kind: &str) -> Vec<PathBuf> {
    let folder = data(network, VICTIM);
    network.await_equal(&ALL).unwrap();
    network.kill(VICTIM).unwrap();
    if of_kind(&folder, kind).is_empty() {
        // A ledger that was just fetched has table files only after it was opened again.
        network.restart(VICTIM).unwrap();
        network.await_equal(&ALL).unwrap();
        network.kill(VICTIM).unwrap();
    }
    of_kind(&folder, kind)
}

#[test]
fn s11_every_file_flipped_or_missing() {
    let mut network = LocalNetwork::start(4).unwrap();
    let folder = data(&network, VICTIM);
    record(&network, "first");
    // When the ledger is opened again, the records of RocksDB's log become table files.
    for _ in 0..2 {
        network.await_equal(&ALL).unwrap();
        network.kill(VICTIM).unwrap();
        network.restart(VICTIM).unwrap();
        record(&network, &format!("before-{}", network.status(0).unwrap()["height"]));
    }
    let (mut mended, mut cases) = (0, 0);
    for kinds in KINDS {
        for way in Way::chosen() {
            for nth in 0..how_often(FILES_EACH, 1) {
                let found = stop_with(&mut network, kinds[0]);
                assert!(!found.is_empty(), "no file {} in {}", kinds[0], folder.display());
                let damaged: Vec<PathBuf> = kinds.iter().filter_map(|kind| of_kind(&folder, kind).into_iter().nth(nth)).collect();
                damaged.iter().for_each(|path| way.damage(path));
                // The other courts go on meanwhile.
                let what = format!("{cases}: file {nth} of {} {}", kinds[0], way.words());
                record(&network, &what);
                comes_back(&mut network, &what);
                mended += usize::from(folder.join("ledger.damaged-1").exists());
                tidy(&folder);
                cases += 1;
                // That was the last file of this kind.
                if nth + 1 >= found.len() {
                    break;
                }
            }
        }
    }
    println!("{cases} damaged or missing files, {mended} ledgers set aside, no false answer");
    // The court votes and cosigns: with another court away, nothing can be recorded without it.
    network.kill(0).unwrap();
    record(&network, "with the one that was damaged");
    network.restart(0).unwrap();
    network.await_equal(&ALL).unwrap();
    no_two_votes(&network);
    assert!(mended >= 5, "only {mended} ledgers were set aside: the damage does not reach the ledger");
    let files = network.desk().unwrap().join("files");
    assert!(courtseal_tests::given::check(&network, &files, &ALL).unwrap() > KINDS.len());
}

#[test]
fn s14_a_damaged_name_of_the_owner_is_the_operators_to_mend() {
    let mut network = LocalNetwork::start(4).unwrap();
    record(&network, "before");
    network.await_equal(&ALL).unwrap();
    network.kill(VICTIM).unwrap();
    let owner = data(&network, VICTIM).join("owner");
    let whole = fs::read(&owner).unwrap();
    for region in REGIONS {
        Way::Flipped(region).damage(&owner);
        network.launch(VICTIM).unwrap();
        assert!(!network.await_end(VICTIM).unwrap().success(), "{}", region.0);
        fs::write(&owner, &whole).unwrap();
    }
    let said = log(&network, VICTIM);
    let refused = ["holds the data of another court", "owner is damaged"].map(|words| said.matches(words).count());
    assert_eq!(refused.iter().sum::<usize>(), REGIONS.len(), "{said}");
    // Without the file, the next start claims the folder again.
    fs::remove_file(&owner).unwrap();
    network.restart(VICTIM).unwrap();
    network.await_equal(&ALL).unwrap();
    assert_eq!(fs::read(&owner).unwrap(), whole);
    no_two_votes(&network);
}

#[test]
fn s11_the_whole_data_folder_is_gone_or_old() {
    let mut network = LocalNetwork::start(4).unwrap();
    let folder = data(&network, VICTIM);
    for number in 0..3 {
        record(&network, &format!("old-{number}"));
    }
    network.await_equal(&ALL).unwrap();
    network.kill(VICTIM).unwrap();
    let old = network.desk().unwrap().join("old");
    copy(&folder, &old);
    network.restart(VICTIM).unwrap();
    for number in 0..3 {
        record(&network, &format!("new-{number}"));
    }
    network.await_equal(&ALL).unwrap();
    // First the folder is gone.
    network.kill(VICTIM).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    comes_back(&mut network, "all gone");
    // Then the folder is an old copy.
    network.kill(VICTIM).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    copy(&old, &folder);
    comes_back(&mut network, "all old");
    record(&network, "after");
    // The court signs again.
    await_state("the court records", || (network.status(VICTIM)?["state"] == "recording").then_some(())).unwrap();
    network.kill(1).unwrap();
    record(&network, "with the one that was old");
    network.restart(1).unwrap();
    network.await_equal(&ALL).unwrap();
    no_two_votes(&network);
    assert!(!folder.join("ledger.damaged-1").exists(), "a whole ledger was set aside:\n{}", log(&network, VICTIM));
}

#[test]
fn c24_courts_that_lost_everything_wait_for_the_last_one_and_the_others_say_so() {
    let mut network = LocalNetwork::start(4).unwrap();
    record(&network, "before");
    network.await_equal(&ALL).unwrap();
    for at in [1, 2, 3] {
        network.kill(at).unwrap();
    }
    for at in [2, 3] {
        fs::remove_dir_all(data(&network, at)).unwrap();
        network.restart(at).unwrap();
    }
    // Three of four courts are connected. Two of them do not know what they signed, and the court that may
    // know is away.
    let file = network.desk().unwrap().join("files").join("meanwhile");
    fs::write(&file, "meanwhile").unwrap();
    let asked = ["--timeout".as_ref(), "2".as_ref(), file.as_os_str()];
    let urls = [network.courts()[0].url.clone()];
    network.notarize_at(&urls, &asked).unwrap().complains(3, &["Nothing is lost"]);
    let silent = format!(
        "1 of 4 courts sign, 3 needed; connected, but signing nothing: {}, {}",
        network.courts()[2].name,
        network.courts()[3].name
    );
    await_state("a court names the courts that sign nothing", || {
        let status = network.status(0)?;
        (status["state"] == State::NoQuorum.as_str() && status["reason"] == silent.as_str()).then_some(())
    })
    .unwrap();
    let said = courtseal(["status", "--node", &urls[0]]).unwrap().exits(3);
    said.says(&["3 of 4 needed, 3 up", "not recording", &silent]);
    network.notarize_at(&urls, &asked).unwrap().complains(3, &["no quorum", &silent, "Nothing is lost"]);
    await_state("a court reports why it waits", || {
        let status = network.status(2)?;
        let reason = status["reason"].as_str()?.to_owned();
        (status["state"] == "observing" && reason.contains(&network.courts()[1].name)).then_some(())
    })
    .unwrap();
    // That court comes back, and the other courts recover without an operator.
    network.restart(1).unwrap();
    network.await_equal(&ALL).unwrap();
    await_state("the pending transaction is recorded", || (http::stated(&network.urls()[0]).ok()?.len() == 2).then_some(()))
        .unwrap();
    network.notarize(&[&file]).unwrap().exits(0);
    assert!(log(&network, 0).contains("now without a quorum: 1 of 4"), "{}", log(&network, 0));
    network.await_equal(&ALL).unwrap();
    no_two_votes(&network);
}
