//! Backup of a running node, restore into a folder without a ledger, the full check, and the inputs that each
//! of them rejects.
//!
//! In: data folders and backup files, whole and damaged.
//! Out: failures that show what the program printed.
//! Always: a command that fails leaves no files behind.
//! Not for damage that a node repairs at its start: see `tests/tests/recovery/damage.rs`.

use crate::{ALL, data, no_two_votes, record};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::program::{Outcome, courtseal};
use std::ffi::OsString;
use std::fs;
use std::path::Path;

fn node(words: &[&str], config: &Path, file: Option<&Path>) -> Outcome {
    let mut arguments: Vec<OsString> = ["node"].iter().chain(words).map(OsString::from).collect();
    arguments.extend(["--config".into(), config.into()]);
    arguments.extend(file.map(OsString::from));
    courtseal(arguments).unwrap()
}

#[test]
fn s13_backup_and_restore() {
    let mut network = LocalNetwork::start(4).unwrap();
    let config = network.courts()[3].config();
    let (folder, desk) = (data(&network, 3), network.desk().unwrap());
    for number in 0..5 {
        record(&network, &format!("before-{number}"));
    }
    network.await_equal(&ALL).unwrap();
    // The node runs during the backup, and goes on running.
    let file = desk.join("court-4.backup");
    node(&["backup"], &config, Some(&file)).exits(0).says(&["keys", "not in it", "13 entries"]);
    node(&["backup"], &config, Some(&file)).complains(1, &["exists already"]);
    record(&network, "after the backup");
    assert!(fs::read_dir(&desk).unwrap().all(|entry| {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        !name.contains(".partial") && !name.contains(".scratch")
    }));
    let secret = fs::read_to_string(network.courts()[3].home.join("court.key")).unwrap();
    let pem = secret.split("PRIVATE KEY-----\\n").nth(1).unwrap().split("\\n").next().unwrap();
    assert!(!String::from_utf8_lossy(&fs::read(&file).unwrap()).contains(pem));

    network.await_equal(&ALL).unwrap();
    network.kill(3).unwrap();
    node(&["restore"], &config, Some(&file)).complains(1, &["holds a ledger", "leave the rest"]);
    node(&["backup"], &config, Some(&desk.join("again.backup"))).exits(0).says(&["15 entries"]);
    fs::remove_dir_all(&folder).unwrap();
    // A backup that is damaged, cut short, of another network, or no backup at all is rejected, and nothing
    // is left behind.
    let bytes = fs::read(&file).unwrap();
    let damaged = desk.join("damaged.backup");
    for at in (0..bytes.len()).step_by(bytes.len() / 24) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        fs::write(&damaged, flipped).unwrap();
        node(&["restore"], &config, Some(&damaged)).complains(1, &["cannot be restored"]);
        fs::write(&damaged, &bytes[..at]).unwrap();
        node(&["restore"], &config, Some(&damaged)).complains(1, &["cannot be restored"]);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }
    fs::write(&damaged, [&bytes[..], b"x"].concat()).unwrap();
    node(&["restore"], &config, Some(&damaged)).complains(1, &["something follows"]);
    let other = LocalNetwork::beside(4).unwrap();
    let foreign = other.courts()[3].config();
    node(&["restore"], &foreign, Some(&file)).complains(1, &["another network"]);
    node(&["restore"], &config, Some(&desk.join("nowhere"))).complains(1, &["cannot read"]);

    fs::write(folder.join("letters.txt"), "not ours").unwrap();
    node(&["restore"], &config, Some(&file)).complains(1, &["no court's data folder", "letters.txt"]);
    fs::remove_file(folder.join("letters.txt")).unwrap();
    // Restore also rejects a folder without an owner, a folder of another owner, and a folder in which
    // another restore is at work.
    fs::write(folder.join("wal"), "something").unwrap();
    node(&["restore"], &config, Some(&file)).complains(1, &["no `owner`"]);
    fs::remove_file(folder.join("wal")).unwrap();
    fs::write(folder.join("owner"), [0xff, b'x']).unwrap();
    node(&["restore"], &config, Some(&file)).complains(1, &["names no court of this network"]);
    fs::remove_file(folder.join("owner")).unwrap();
    let held = fs::File::open(&folder).unwrap();
    held.lock().unwrap();
    node(&["restore"], &config, Some(&file)).complains(1, &["another program is at work"]);
    drop(held);
    // The folder `lost+found` is there on a file system of its own.
    fs::create_dir(folder.join("lost+found")).unwrap();
    node(&["restore"], &config, Some(&file)).exits(0).says(&["13 entries", "signs nothing that they saw it sign", "beware"]);
    node(&["check", "--full"], &config, None).exits(0).says(&[
        "complete and consistent",
        "blocks and",
        "none of what this court signed",
    ]);
    network.restart(3).unwrap();
    network.await_equal(&ALL).unwrap();
    record(&network, "after the restore");
    network.await_equal(&ALL).unwrap();
    assert_eq!(network.log_check(3).unwrap(), network.log_check(0).unwrap());
    no_two_votes(&network);
}

/// A network of one court has no other court that knows what it signed, or that has what the backup lacks.
#[test]
fn s13_a_restore_leaves_the_courts_own_logs_where_they_are() {
    let mut network = LocalNetwork::start(1).unwrap();
    let (config, folder, desk) = (network.courts()[0].config(), data(&network, 0), network.desk().unwrap());
    record(&network, "in the backup");
    let file = desk.join("alone.backup");
    node(&["backup"], &config, Some(&file)).exits(0);
    record(&network, "after the backup");
    let before = network.log_check(0).unwrap();
    network.kill(0).unwrap();
    fs::remove_dir_all(folder.join("ledger")).unwrap();
    network.launch(0).unwrap();
    assert!(!network.await_end(0).unwrap().success());
    assert!(network.courts()[0].said().contains("leave its logs where they are"), "{}", network.courts()[0].said());
    node(&["restore"], &config, Some(&file)).exits(0).says(&["its own logs, which were left where they were"]);
    network.restart(0).unwrap();
    record(&network, "after the restore");
    // The court's own log brings back the later records at the same indices.
    let receipt = desk.join("files").join("after the backup");
    network.verify(&[&receipt]).unwrap().exits(0);
    let files = desk.join("files");
    network.notarize(&[&files]).unwrap().exits(0);
    let after = network.log_check(0).unwrap();
    assert!(after.0 > before.0, "{before:?}, then {after:?}");
    assert_eq!(courtseal_tests::given::check(&network, &desk, &[0]).unwrap(), 3);
}

#[test]
fn s12_a_missing_log_of_what_was_signed_is_told() {
    let mut network = LocalNetwork::start(4).unwrap();
    record(&network, "something");
    network.await_equal(&ALL).unwrap();
    network.kill(1).unwrap();
    let (config, folder) = (network.courts()[1].config(), data(&network, 1));
    node(&["check"], &config, None).exits(0).says(&["complete and consistent", "owner", "voting key"]);
    for (name, words) in
        [("guard", "missing     guard,"), ("wal", "missing     wal, guard,"), ("cosigned", "missing     wal, guard, cosigned,")]
    {
        fs::remove_file(folder.join(name)).unwrap();
        node(&["check"], &config, None).exits(1).says(&[words, "asks the other courts what they saw it sign"]);
    }
    fs::write(folder.join("owner"), "").unwrap();
    node(&["check"], &config, None).complains(1, &["names no court of this network"]);
    network.launch(1).unwrap();
    assert!(!network.await_end(1).unwrap().success());
    assert!(network.courts()[1].said().contains("owner is damaged"), "{}", network.courts()[1].said());
}

#[test]
fn s12_the_full_check_finds_what_opening_does_not() {
    let mut network = LocalNetwork::start(4).unwrap();
    for number in 0..4 {
        record(&network, &number.to_string());
    }
    network.await_equal(&ALL).unwrap();
    let config = network.courts()[2].config();
    node(&["check", "--full"], &config, None).complains(1, &["another node uses this directory"]);
    // After a second opening, the records of RocksDB's log are in table files.
    network.kill(2).unwrap();
    let whole = node(&["--json", "check", "--full"], &config, None).exits(0).json();
    assert_eq!(whole["full"]["entries"], 3 + 4 * 2);
    assert_eq!(whole["full"]["certificates"], whole["height"]);
    let rocks = data(&network, 2).join("ledger").join("rocksdb");
    let tables = fs::read_dir(&rocks).unwrap().map(|entry| entry.unwrap().path());
    let tables: Vec<_> = tables.filter(|path| path.extension().is_some_and(|ending| ending == "sst")).collect();
    assert!(!tables.is_empty());
    for table in &tables {
        let mut bytes = fs::read(table).unwrap();
        bytes[20] ^= 1;
        fs::write(table, bytes).unwrap();
    }
    let found = node(&["check", "--full"], &config, None);
    found.complains(1, &["damaged", "start the node: it moves this ledger aside"]);
    // A backup that fails leaves nothing behind.
    let desk = network.desk().unwrap();
    node(&["backup"], &config, Some(&desk.join("damaged.backup"))).complains(1, &["damaged"]);
    assert!(fs::read_dir(&desk).unwrap().all(|entry| !entry.unwrap().file_name().to_string_lossy().starts_with("damaged.")));
    network.restart(2).unwrap();
    network.await_equal(&ALL).unwrap();
    assert!(data(&network, 2).join("ledger.damaged-1").exists());
    assert_eq!(network.log_check(2).unwrap(), network.log_check(0).unwrap());
}
