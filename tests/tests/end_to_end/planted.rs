//! Folders in which other users may write: files planted at the names that the program uses.
//!
//! In: as root, two users: the notary, and mallory, who shares a folder with the notary. Otherwise one user
//! plays both.
//! Out: failures that name the planted file and its name.
//! Always: no secret is read, nothing is written outside the folder, and the other work is done.
//! Not for changed receipts: see `tests/tests/end_to_end/tampered.rs`.
//!
//! Every name that the program writes or reads beside evidence is tried with a link to a secret, a link to
//! nothing, a named pipe, a folder and a foreign file.

use courtseal_tests::network::LocalNetwork;
use courtseal_tests::program::{Outcome, finish, program, without_settings};
use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const NOTARY: u32 = 65_101;
const MALLORY: u32 = 65_102;
const SECRET: &str = "the secret that only the notary may read";

/// The things that can be planted at a name.
const THINGS: [&str; 5] = ["link to a secret", "link to nothing", "pipe", "folder", "foreign file"];

struct Shared {
    network: LocalNetwork,
    is_root: bool,
    exe: PathBuf,
    home: PathBuf,
    folder: PathBuf,
}

impl Shared {
    fn new() -> Self {
        let network = LocalNetwork::start(1).unwrap();
        let desk = network.desk().unwrap();
        let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
        let (exe, home, folder) = (desk.join("courtseal"), desk.join("home"), desk.join("shared"));
        fs::copy(program().unwrap(), &exe).unwrap();
        fs::create_dir(&home).unwrap();
        fs::create_dir(&folder).unwrap();
        fs::copy(network.notary(), home.join("notary-1.key")).unwrap();
        fs::write(home.join("secret"), SECRET).unwrap();
        for own in ["notary-1.key", "secret"] {
            fs::set_permissions(home.join(own), Permissions::from_mode(0o600)).unwrap();
        }
        if is_root {
            // Both users must be able to reach the folder.
            desk.ancestors().take_while(|above| *above != Path::new("/tmp")).for_each(|above| {
                fs::set_permissions(above, Permissions::from_mode(0o755)).unwrap();
            });
            for own in [&home, &home.join("notary-1.key"), &home.join("secret")] {
                chown(own, Some(NOTARY), Some(NOTARY)).unwrap();
            }
            chown(&folder, Some(NOTARY), Some(MALLORY)).unwrap();
        }
        fs::set_permissions(&home, Permissions::from_mode(0o700)).unwrap();
        fs::set_permissions(&folder, Permissions::from_mode(0o2775)).unwrap();
        Self { network, is_root, exe, home, folder }
    }

    fn courtseal<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Outcome {
        let mut command = Command::new(&self.exe);
        without_settings(&mut command);
        command.args(arguments).env("HOME", &self.home).env("COURTSEAL_KEY", self.home.join("notary-1.key"));
        command.env("COURTSEAL_NODE", &self.network.urls()[0]).env("COURTSEAL_POLICY", self.network.policy());
        if self.is_root {
            command.uid(NOTARY).gid(NOTARY);
        }
        finish(command).unwrap()
    }

    /// Plants a thing at a name in the shared folder, as mallory.
    fn plant(&self, thing: &str, name: &str) {
        let path = self.folder.join(name);
        match thing {
            "link to a secret" => symlink(self.home.join("secret"), &path).unwrap(),
            "link to nothing" => symlink(self.home.join("made-through-a-link"), &path).unwrap(),
            "pipe" => assert!(Command::new("mkfifo").arg(&path).status().unwrap().success()),
            "folder" => fs::create_dir(&path).unwrap(),
            _ => fs::write(&path, "mallory's").unwrap(),
        }
        if self.is_root {
            std::os::unix::fs::lchown(&path, Some(MALLORY), Some(MALLORY)).unwrap();
        }
    }

    /// Checks what must hold, whatever was planted.
    fn check(&self, outcome: &Outcome, what: &str) {
        assert!(!outcome.stderr.contains("panicked") && !outcome.stderr.contains("os error"), "{what}: {outcome:?}");
        assert!(!outcome.stdout.contains(SECRET) && !outcome.stderr.contains(SECRET), "{what}: {outcome:?}");
        assert_eq!(fs::read_to_string(self.home.join("secret")).unwrap(), SECRET, "{what}: the secret was written over");
        assert_eq!(fs::metadata(self.home.join("secret")).unwrap().nlink(), 1, "{what}: the secret has another name");
        let mut at_home: Vec<_> = fs::read_dir(&self.home).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        at_home.retain(|name| ![".local", ".config"].iter().any(|own| name == own));
        at_home.sort();
        assert_eq!(at_home, ["notary-1.key", "secret"], "{what}: something was written outside");
        for path in below(&self.folder) {
            let metadata = fs::symlink_metadata(&path).unwrap();
            if metadata.is_file() {
                let text = fs::read(&path).unwrap();
                let has = |needle: &str| text.windows(needle.len()).any(|window| window == needle.as_bytes());
                assert!(!has(SECRET) && !has("PRIVATE KEY"), "{what}: {} holds a secret", path.display());
            }
        }
    }

    fn clear(&self) {
        for entry in fs::read_dir(&self.folder).unwrap() {
            let path = entry.unwrap().path();
            let is_folder = fs::symlink_metadata(&path).unwrap().is_dir();
            if is_folder { fs::remove_dir_all(&path).unwrap() } else { fs::remove_file(&path).unwrap() }
        }
    }

    /// Writes a file of evidence that belongs to mallory.
    fn evidence(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.join(name);
        fs::write(&path, text).unwrap();
        if self.is_root {
            chown(&path, Some(MALLORY), Some(MALLORY)).unwrap();
        }
        path
    }
}

/// Returns everything in a folder and its subfolders; links are not followed.
fn below(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if fs::symlink_metadata(&path).unwrap().is_dir() {
                folders.push(path.clone());
            }
            found.push(path);
        }
    }
    found
}

#[test]
fn whatever_is_planted_at_the_names_beside_a_file() {
    let shared = Shared::new();
    for (number, thing) in THINGS.iter().enumerate() {
        for name in [
            "a.tlog-proof",
            "a.refusal.tlog-proof",
            "a.opening",
            "a.pending",
            "a.1.pending",
            "a.1.tlog-proof",
            "a.1.opening",
            "courtseal.pending",
        ] {
            for confidential in [false, true] {
                let what = format!("a {thing} at {name}, confidential: {confidential}");
                shared.clear();
                let file = shared.evidence("a", &what);
                shared.plant(thing, name);
                let options: &[&str] = if confidential { &["--confidential"] } else { &[] };
                let arguments = [&["notarize"], options, &[file.to_str().unwrap()]].concat();
                let outcome = shared.courtseal(&arguments);
                shared.check(&outcome, &what);
                let is_in_the_way = match name {
                    "a.tlog-proof" | "a.refusal.tlog-proof" => number < 4,
                    "a.opening" => confidential,
                    _ => false,
                };
                let outcome = outcome.exits(i32::from(is_in_the_way));
                if is_in_the_way {
                    assert!(outcome.stderr.contains(name) && outcome.stderr.contains("in the way"), "{what}: {outcome:?}");
                    assert!(fs::symlink_metadata(shared.folder.join(name)).is_ok(), "{what}: it was moved");
                } else {
                    shared.courtseal(&["verify", file.to_str().unwrap()]).exits(0);
                }
            }
        }
    }
}

#[test]
fn whatever_is_planted_where_an_old_receipt_is_kept_or_a_folder_is_worked_on() {
    let shared = Shared::new();
    for thing in THINGS {
        // An older receipt exists, and the name under which it would be kept is taken.
        shared.clear();
        let file = shared.evidence("a", thing);
        shared.courtseal(&["notarize", file.to_str().unwrap()]).exits(0);
        fs::write(&file, format!("{thing}, changed")).unwrap();
        shared.plant(thing, "a.1.tlog-proof");
        let outcome = shared.courtseal(&["notarize", file.to_str().unwrap()]);
        shared.check(&outcome, thing);
        outcome.exits(0).says(&["a.2.tlog-proof"]);

        // The same for a whole folder, and for a folder of receipts with a planted subfolder.
        shared.clear();
        fs::create_dir(shared.folder.join("case")).unwrap();
        fs::create_dir(shared.folder.join("receipts")).unwrap();
        if shared.is_root {
            for name in ["case", "receipts"] {
                chown(shared.folder.join(name), Some(NOTARY), Some(NOTARY)).unwrap();
            }
        }
        shared.evidence("case/x", thing);
        shared.plant(thing, "case/courtseal.pending");
        shared.plant(thing, "receipts/case");
        let case = shared.folder.join("case");
        let receipts = shared.folder.join("receipts");
        let elsewhere =
            ["notarize", "--receipts", receipts.to_str().unwrap(), "--all-names", "--skip-links", case.to_str().unwrap()];
        let outcome = shared.courtseal(&elsewhere);
        shared.check(&outcome, thing);
        // The notary cannot write into a folder that mallory owns.
        assert_eq!(outcome.code == 0, thing == "folder" && !shared.is_root, "{thing}: {outcome:?}");
        let outcome = shared.courtseal(&["notarize", "--skip-links", case.to_str().unwrap()]);
        shared.check(&outcome, thing);
        assert!(fs::symlink_metadata(case.join("x.tlog-proof")).unwrap().is_file(), "{thing}: {outcome:?}");
    }
}

#[test]
fn whatever_is_planted_at_the_names_that_options_name() {
    let shared = Shared::new();
    for thing in THINGS {
        shared.clear();
        let out = shared.folder.join("out");
        let out = out.to_str().unwrap();
        shared.plant(thing, "out");
        for arguments in [
            &["log", "entry", "0", "--receipt", out][..],
            &["log", "check", "--save", out],
            &["key", "new", "notary-9", "--plain", "--genesis", shared.network.listing().genesis.to_str().unwrap(), "--out", out],
        ] {
            let what = format!("a {thing} for {arguments:?}");
            let outcome = shared.courtseal(arguments);
            shared.check(&outcome, &what);
            // The user may mean to replace a regular file; a key replaces nothing.
            assert_eq!(outcome.code == 0, thing == "foreign file" && arguments[0] == "log", "{what}: {outcome:?}");
        }
    }
}

#[test]
fn a_key_or_a_case_key_of_somebody_else_is_refused() {
    let shared = Shared::new();
    if !shared.is_root {
        return;
    }
    let file = shared.evidence("a", "a");
    fs::copy(shared.network.notary(), shared.folder.join("key")).unwrap();
    fs::set_permissions(shared.folder.join("key"), Permissions::from_mode(0o600)).unwrap();
    chown(shared.folder.join("key"), Some(MALLORY), Some(MALLORY)).unwrap();
    let key = shared.folder.join("key");
    shared.courtseal(&["notarize", file.to_str().unwrap(), "--key", key.to_str().unwrap()]).exits(2);
}
