//! Backup beside a running node, restore into an empty folder, the full check; and what each of them refuses.

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
    // While the node runs, and goes on running.
    let file = desk.join("court-4.backup");
    node(&["backup"], &config, Some(&file)).exits(0).says(&["keys", "not in it", "7 entries"]);
    node(&["backup"], &config, Some(&file)).complains(1, &["exists already"]);
    record(&network, "after the backup");
    assert!(!folder.join("backup.scratch").exists() && !desk.join("court-4.backup.partial").exists());
    let secret = fs::read_to_string(network.courts()[3].home.join("court.key")).unwrap();
    let pem = secret.split("PRIVATE KEY-----\\n").nth(1).unwrap().split("\\n").next().unwrap();
    assert!(!String::from_utf8_lossy(&fs::read(&file).unwrap()).contains(pem));

    network.await_equal(&ALL).unwrap();
    network.kill(3).unwrap();
    node(&["restore"], &config, Some(&file)).complains(1, &["is not empty"]);
    node(&["backup"], &config, Some(&desk.join("again.backup"))).exits(0).says(&["8 entries"]);
    fs::remove_dir_all(&folder).unwrap();
    // Damaged, cut short, of another network, no backup at all: refused, and nothing is left behind.
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

    // As on a file system of its own.
    fs::create_dir(folder.join("lost+found")).unwrap();
    node(&["restore"], &config, Some(&file)).exits(0).says(&["7 entries", "signs nothing that it may have signed"]);
    node(&["check", "--full"], &config, None).exits(0).says(&["complete and consistent", "blocks and"]);
    network.restart(3).unwrap();
    network.await_equal(&ALL).unwrap();
    record(&network, "after the restore");
    network.await_equal(&ALL).unwrap();
    assert_eq!(network.log_check(3).unwrap(), network.log_check(0).unwrap());
    no_two_votes(&network);
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
    // Opened again, what was in the log of RocksDB is in table files.
    network.kill(2).unwrap();
    let whole = node(&["--json", "check", "--full"], &config, None).exits(0).json();
    assert_eq!(whole["full"]["entries"], 6);
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
    network.restart(2).unwrap();
    network.await_equal(&ALL).unwrap();
    assert!(data(&network, 2).join("ledger.damaged-1").exists());
    assert_eq!(network.log_check(2).unwrap(), network.log_check(0).unwrap());
}
