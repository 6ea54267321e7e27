//! One byte flipped in each kind of file of a court's data folder, and each of them missing; all of it gone; all of it old.

use crate::{ALL, copy, data, log, no_two_votes, record};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use courtseal_tests::program::courtseal;
use std::fs;
use std::path::{Path, PathBuf};

/// The court whose files are damaged.
const VICTIM: usize = 3;
/// What is damaged at a time: kinds of files, by how their names begin or end. Those that nothing is lost with go together.
const KINDS: [&[&str]; 9] = [
    &[".sst"],
    &[".log"],
    &["MANIFEST"],
    &["CURRENT"],
    &["OPTIONS", "IDENTITY", "lock"],
    &["confirmed"],
    &["wal"],
    &["guard"],
    &["cosigned"],
];

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

/// The longest file of a kind.
fn of_kind(folder: &Path, kind: &str) -> Option<PathBuf> {
    let is_kind = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name == kind || (kind.starts_with('.') && name.ends_with(kind)) || name.starts_with(&format!("{kind}-"))
    };
    files(folder).into_iter().filter(is_kind).max_by_key(|path| fs::metadata(path).unwrap().len())
}

/// One byte in the middle.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 0x20;
    }
    fs::write(path, bytes).unwrap();
}

/// As the operator does who has read what happened: the damaged ledgers are taken away.
fn tidy(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_name().to_string_lossy().starts_with("ledger.damaged") {
            fs::remove_dir_all(entry.path()).unwrap();
        }
    }
}

/// Waits until the court is level with another one, or has stopped because of what it read; whether it is level.
fn settles(network: &LocalNetwork) -> anyhow::Result<bool> {
    await_state("the court is back or says that it has stopped", || {
        let (own, other) = (network.status(VICTIM)?, network.status(0)?);
        let is_level = ["height", "size", "root", "checkpoint_size"].iter().all(|name| own[name] == other[name]);
        if own["state"] == "stopped" { Some(false) } else { is_level.then_some(true) }
    })
}

/// It is started and is back; damage that only reading finds is mended by one more start.
fn comes_back(network: &mut LocalNetwork, what: &str) {
    network.restart(VICTIM).unwrap_or_else(|error| panic!("{what}: {error:#}"));
    let is_level = settles(network).unwrap_or_else(|error| panic!("{what}: {error:#}"));
    if !is_level || network.log_check(VICTIM).is_err() {
        network.kill(VICTIM).unwrap();
        network.restart(VICTIM).unwrap_or_else(|error| panic!("{what}, found by reading: {error:#}"));
    }
    network.await_equal(&ALL).unwrap_or_else(|error| panic!("{what}: {error:#}"));
    assert_eq!(network.log_check(VICTIM).unwrap(), network.log_check(0).unwrap(), "{what}");
}

#[test]
fn s11_every_file_flipped_or_missing() {
    let mut network = LocalNetwork::start(4).unwrap();
    let folder = data(&network, VICTIM);
    record(&network, "first");
    // What is in RocksDB's log when it is opened again becomes table files.
    for _ in 0..2 {
        network.await_equal(&ALL).unwrap();
        network.kill(VICTIM).unwrap();
        network.restart(VICTIM).unwrap();
        record(&network, &format!("before-{}", network.status(0).unwrap()["height"]));
    }
    let mut mended = 0;
    for kinds in KINDS {
        for way in ["flipped", "missing"] {
            // The court holds the newest block, and has voted for it or not.
            network.await_equal(&ALL).unwrap();
            network.kill(VICTIM).unwrap();
            if of_kind(&folder, kinds[0]).is_none() {
                // A ledger that was fetched anew has table files once it was opened again.
                network.restart(VICTIM).unwrap();
                network.await_equal(&ALL).unwrap();
                network.kill(VICTIM).unwrap();
            }
            for kind in kinds {
                let path = of_kind(&folder, kind).unwrap_or_else(|| panic!("no file {kind} in {}", folder.display()));
                if way == "missing" { fs::remove_file(&path).unwrap() } else { flip(&path) }
            }
            // The others go on meanwhile.
            let what = format!("{} {way}", kinds[0]);
            record(&network, &what);
            comes_back(&mut network, &what);
            mended += usize::from(folder.join("ledger.damaged-1").exists());
            tidy(&folder);
        }
    }
    // It votes and cosigns: with another court away, nothing is recorded without it.
    network.kill(0).unwrap();
    record(&network, "with the one that was damaged");
    network.restart(0).unwrap();
    network.await_equal(&ALL).unwrap();
    no_two_votes(&network);
    assert!(mended >= 5, "only {mended} ledgers were set aside: the damage is not what it was meant to be");
    let files = network.desk().unwrap().join("files");
    assert!(courtseal_tests::given::check(&network, &files, &ALL).unwrap() > 18);
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
    // Gone.
    network.kill(VICTIM).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    comes_back(&mut network, "all gone");
    // Old.
    network.kill(VICTIM).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    copy(&old, &folder);
    comes_back(&mut network, "all old");
    record(&network, "after");
    // It takes part again.
    await_state("the court records", || (network.status(VICTIM)?["state"] == "recording").then_some(())).unwrap();
    network.kill(1).unwrap();
    record(&network, "with the one that was old");
    network.restart(1).unwrap();
    network.await_equal(&ALL).unwrap();
    no_two_votes(&network);
    assert!(!folder.join("ledger.damaged-1").exists(), "nothing was damaged:\n{}", log(&network, VICTIM));
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
    // Three of four are connected. Two of them do not know what they signed, and the court that may know is away.
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
    await_state("a court says who signs nothing", || {
        let status = network.status(0)?;
        (status["state"] == "no-quorum" && status["reason"] == silent.as_str()).then_some(())
    })
    .unwrap();
    let said = courtseal(["status", "--node", &urls[0]]).unwrap().exits(0);
    said.says(&["3 of 4 needed, 3 up", "not recording", &silent]);
    network.notarize_at(&urls, &asked).unwrap().complains(3, &["no quorum", &silent, "Nothing is lost"]);
    await_state("a court says why it waits", || {
        let status = network.status(2)?;
        let reason = status["reason"].as_str()?.to_owned();
        (status["state"] == "observing" && reason.contains(&network.courts()[1].name)).then_some(())
    })
    .unwrap();
    // It comes back: nobody else has to do anything.
    network.restart(1).unwrap();
    network.await_equal(&ALL).unwrap();
    await_state("what waited is recorded", || (network.status(0)?["size"] == 4).then_some(())).unwrap();
    network.notarize(&[&file]).unwrap().exits(0);
    assert!(log(&network, 0).contains("now without a quorum: 1 of 4"), "{}", log(&network, 0));
    network.await_equal(&ALL).unwrap();
    no_two_votes(&network);
}
