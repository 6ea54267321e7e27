//! Folders with hundreds of files, odd names, and entries that are not files; single files that change while
//! they are read.
//!
//! In: folders of random files.
//! Out: failures that show what the program printed.
//! Always: a second run has nothing to do. Entries that are not files are named one by one, and the rest is
//! recorded.
//! Not for shared folders: see `tests/tests/end_to_end/planted.rs`.

use crate::{file, with};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::{evidence, given, python};
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

/// The number of ordinary files in the folder.
const FILES: usize = 300;

#[test]
fn a_folder_with_everything_in_it() {
    let network = LocalNetwork::start(4).unwrap();
    let folder = network.desk().unwrap().join("exhibits of a case");
    evidence::folder(&folder, FILES, 4096).unwrap();
    let names = evidence::odd_names();
    for name in &names {
        fs::write(folder.join(name), name.as_os_str().as_encoded_bytes()).unwrap();
    }
    file(&folder, "empty", "");
    let recorded = FILES + names.len() + 1;

    let done = network.notarize(&[&folder]).unwrap().exits(0);
    assert!(done.stdout.contains(&format!("{recorded} files: {recorded} recorded as entries 3 to {}", recorded + 2)), "{done:?}");
    assert_eq!(given::receipts(&folder).unwrap().len(), recorded);
    let size = network.await_equal(&[0, 1, 2, 3]).unwrap();
    assert_eq!(size as usize, 3 + recorded + 1, "the genesis, the files, the end of their block");

    // A second run has nothing to do, and sends nothing.
    network.notarize(&[&folder]).unwrap().exits(0).says(&["all have valid receipts already; nothing to do"]);
    assert_eq!(network.await_equal(&[0, 1, 2, 3]).unwrap(), size);
    let told = network.notarize(&["--json".as_ref(), folder.as_os_str()]).unwrap().exits(0).json();
    assert_eq!((told["groups"][0]["skipped"].as_u64(), told["groups"][0]["recorded"].as_u64()), (Some(recorded as u64), Some(0)));

    // The program and the independent verifier check every receipt; the verifier takes only names that are
    // UTF-8.
    assert_eq!(given::check(&network, &folder, &[0, 1, 2, 3]).unwrap(), recorded);
    let ordinary = given::receipts(&folder).unwrap();
    let files: Vec<_> =
        ordinary.iter().filter_map(|receipt| receipt.to_str()?.strip_suffix(".tlog-proof").map(Into::into)).collect();
    let verdicts = python::verdicts(&files, network.policy()).unwrap();
    assert!(verdicts.len() >= recorded - 2 && verdicts.iter().all(|verdict| verdict["verdict"] == "valid"));

    // Entries that are not files are named one by one. The new file among them is recorded, and the exit code
    // says that not everything was done.
    odd_things(&folder);
    file(&folder, "new among them", "new");
    let outcome = network.notarize(&[&folder]).unwrap().exits(1);
    let lines: Vec<&str> = outcome.stderr.lines().collect();
    assert_eq!(lines.len(), 4, "{outcome:?}");
    for (thing, line) in [("a named pipe", "pipe"), ("a socket", "socket")] {
        assert!(lines.iter().any(|text| text.contains(thing) && text.contains(line)), "{outcome:?}");
    }
    assert_eq!(lines.iter().filter(|text| text.contains("a symbolic link")).count(), 2, "{outcome:?}");
    let summary = format!("{} files: 1 recorded", recorded + 5);
    assert!(outcome.stdout.contains(&summary) && outcome.stdout.contains("4 failed"), "{outcome:?}");
    assert_eq!(network.await_equal(&[0, 1, 2, 3]).unwrap(), size + 2);
    assert!(!fs::read_dir(&folder).unwrap().any(|entry| entry.unwrap().file_name().to_string_lossy().ends_with(".tmp")));
}

/// Makes a symbolic link, a dangling one, a named pipe and a socket: even root cannot notarize these.
fn odd_things(folder: &Path) {
    symlink("empty", folder.join("link")).unwrap();
    symlink("nowhere", folder.join("dangling")).unwrap();
    assert!(Command::new("mkfifo").arg(folder.join("pipe")).status().unwrap().success());
    drop(UnixListener::bind(folder.join("socket")).unwrap());
}

#[test]
fn unreadable_files_are_named_and_the_rest_done() {
    let network = LocalNetwork::start(4).unwrap();
    let folder = network.desk().unwrap().join("some");
    fs::create_dir(&folder).unwrap();
    let locked = file(&folder, "locked", "locked");
    file(&folder, "open", "open");
    fs::set_permissions(&locked, Permissions::from_mode(0o000)).unwrap();
    let readable_by_us = fs::File::open(&locked).is_ok();
    let outcome = network.notarize(&[&folder]).unwrap();
    assert!(with(&folder.join("open"), ".tlog-proof").is_file(), "{outcome:?}");
    // Root can read every file, so for root it is an ordinary file.
    let code = if readable_by_us { 0 } else { 1 };
    let outcome = outcome.exits(code);
    assert!(readable_by_us || outcome.stderr.contains("locked") && outcome.stderr.contains("permission denied"), "{outcome:?}");
}

#[test]
fn single_things_that_are_no_files() {
    let network = LocalNetwork::start(4).unwrap();
    let folder = network.desk().unwrap();
    file(&folder, "empty", "");
    odd_things(&folder);
    for (name, kind) in
        [("link", "a symbolic link"), ("dangling", "a symbolic link"), ("pipe", "a named pipe"), ("socket", "a socket")]
    {
        network.notarize(&[folder.join(name)]).unwrap().complains(1, &[name, kind]);
    }
    network.notarize(&[folder.join("missing")]).unwrap().complains(1, &["missing", "no such file"]);
    // A receipt is not evidence. If only some of the paths are good, those are recorded.
    network.notarize(&[folder.join("missing"), folder.join("empty")]).unwrap().complains(1, &["missing"]);
    network.notarize(&[with(&folder.join("empty"), ".tlog-proof")]).unwrap().complains(1, &["not evidence"]);
    network.verify(&[folder.join("empty")]).unwrap().exits(0);
    network.verify(&[folder.join("pipe")]).unwrap().complains(2, &["a named pipe"]);
    let empty = folder.join("nothing in it");
    fs::create_dir(&empty).unwrap();
    network.notarize(&[&empty]).unwrap().exits(0).says(&["no files; nothing to do"]);
    assert_eq!(network.await_equal(&[0, 1, 2, 3]).unwrap(), 3 + 2, "the genesis, one file, the end of its block");
}

#[test]
fn a_file_that_changes_while_it_is_read() {
    let network = LocalNetwork::start(4).unwrap();
    let path = network.desk().unwrap().join("growing");
    fs::write(&path, vec![0; 64 * 1024 * 1024]).unwrap();
    // A thread appends to the file without a pause until the program has ended.
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (told, at) = (std::sync::Arc::clone(&stop), path.clone());
    let writer = std::thread::spawn(move || {
        let mut file = fs::OpenOptions::new().append(true).open(at).unwrap();
        while !told.load(std::sync::atomic::Ordering::Relaxed) {
            std::io::Write::write_all(&mut file, b"x").unwrap();
        }
    });
    let outcome = network.notarize(&[&path]).unwrap();
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    writer.join().unwrap();
    outcome.complains(1, &["growing", "changed while it was read"]);
    assert!(!with(&path, ".tlog-proof").exists() && !with(&path, ".pending").exists());
    network.notarize(&[&path]).unwrap().exits(0);
}
