//! A further kind costs one file and one row: shown in a copy of the crates that link no C++.
//!
//! In: this workspace's sources, and `deposit.rs` beside this file.
//! Out: a failure with what Cargo printed. The copy and its target folder stay in Cargo's folder for tests.
//! Always: the copy differs from the workspace in that file, in two lines of `kinds.rs`, and in its manifest.
//! Not for the command line and the real node: they link C++ and are not in the copy.

use courtseal_proof::kinds::KINDS;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the copy holds: crates, and what their tests read.
const COPIED: [&str; 17] = [
    "Cargo.lock",
    "rust-toolchain.toml",
    "ledger/Cargo.toml",
    "ledger/proof",
    "ledger/src",
    "consensus",
    "node/api",
    "node/court",
    "specs/kinds.json",
    "specs/roles.md",
    "specs/vectors",
    "tests/crash_points",
    "tests/fixtures",
    "tests/interop",
    "tests/planted",
    "tests/simulator",
    "tests/world",
];
/// The crates among them.
const MEMBERS: &str = r#"["ledger/proof", "ledger", "consensus", "node/api", "node/court", "tests/crash_points", "tests/fixtures", "tests/planted", "tests/simulator", "tests/world"]"#;
/// How the copy is built. A few seeds are run, so code that is built fast takes least time in all, but for
/// signatures and hashes.
const PROFILE: &str = r#"
[profile.dev]
debug = false

[profile.dev.package]
curve25519-dalek = { opt-level = 2 }
ed25519-dalek = { opt-level = 2 }
sha2 = { opt-level = 2 }
"#;
/// The further kind.
const FILE: &str = include_str!("deposit.rs");
/// Its module and its row.
const MODULE: &str = "pub mod deposit;\n";
const ROW: &str = "    Row { kind: &deposit::KIND, read: |json| Act::read(&deposit::KIND, json).map(Statement::from) },\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Copies a file or folder. The copy has the original's times, so Cargo builds again only what changed.
fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
        return;
    }
    fs::create_dir_all(to.parent().unwrap()).unwrap();
    write(to, &fs::read(from).unwrap(), from);
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
}

/// Writes a file with the times of another one.
fn write(to: &Path, bytes: &[u8], like: &Path) {
    fs::write(to, bytes).unwrap();
    let time = fs::metadata(like).unwrap().modified().unwrap();
    fs::File::options().write(true).open(to).unwrap().set_modified(time).unwrap();
}

/// A text with another one before the first place where `anchor` is, behind `after`.
fn inserted(text: &str, after: &str, anchor: &str, new: &str) -> String {
    let start = text.find(after).unwrap_or_else(|| panic!("there is no {after:?}"));
    let at = start + text[start..].find(anchor).unwrap_or_else(|| panic!("there is no {anchor:?} after {after:?}"));
    format!("{}{new}{}", &text[..at], &text[at..])
}

/// Makes the copy anew.
fn workspace(at: &Path) {
    let root = root();
    if at.exists() {
        fs::remove_dir_all(at).unwrap();
    }
    for name in COPIED {
        copy(&root.join(name), &at.join(name));
    }
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let members = manifest.lines().find(|line| line.starts_with("members = ")).expect("the members are one line");
    let manifest = manifest.replace(members, &format!("members = {MEMBERS}")) + PROFILE;
    write(&at.join("Cargo.toml"), manifest.as_bytes(), &root.join("Cargo.toml"));
}

/// Adds the kind: one file, one module, one row.
fn add_kind(at: &Path) {
    let (root, kinds) = (root(), "ledger/proof/src/kinds.rs");
    let own = root.join("tests/simulator/tests/further_kind/deposit.rs");
    let text = FILE.replace("NEXT_CODE", &KINDS.len().to_string());
    write(&at.join("ledger/proof/src/kinds/deposit.rs"), text.as_bytes(), &own);
    let table = fs::read_to_string(root.join(kinds)).unwrap();
    let table = inserted(&table, "pub mod ", "pub mod document;\n", MODULE);
    let table = inserted(&table, "pub const KINDS", "];\n", ROW);
    write(&at.join(kinds), table.as_bytes(), &root.join(kinds));
}

/// Runs tests of the copy; what they printed.
fn test(at: &Path, arguments: &[&str], is_writing: bool) -> String {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    // Always the same packages, so that all is built with the same features.
    command.args(["test", "--offline", "--package", "courtseal-proof", "--package", "courtseal-simulator"]).args(arguments);
    command.current_dir(at).env("CARGO_TARGET_DIR", at.with_file_name("further-kind-target"));
    command.env_remove("COURTSEAL_WRITE_VECTORS").env_remove("RUSTDOCFLAGS");
    if is_writing {
        command.env("COURTSEAL_WRITE_VECTORS", "1");
    }
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(output.status.success(), "cargo {arguments:?} in {}:\n{said}", at.display());
    said
}

#[test]
#[ignore = "builds a copy of the crates, which takes some minutes: make kind"]
fn a_further_kind_is_one_file_and_one_row() {
    let at = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("further-kind");
    workspace(&at);
    add_kind(&at);
    // The table that other implementations read is printed from the row.
    test(&at, &["--test", "vectors", "f46_the_table_of_kinds"], true);
    let printed = fs::read_to_string(at.join("specs/kinds.json")).unwrap();
    assert!(
        printed.contains("\"word\": \"deposit\"")
            && !fs::read_to_string(root().join("specs/kinds.json")).unwrap().contains("deposit")
    );
    // It parses by its form, and no vector of another kind has changed. It is recorded in the simulated
    // world by the roles of its row, rejected of all others, and both verifiers prove its receipts.
    let said = test(
        &at,
        &["--lib", "--test", "vectors", "--test", "acts", "--", "--nocapture", "f46", "f14", "f20", "f25", "kinds::", "l6_"],
        false,
    );
    for act in ["receive", "release"] {
        let line =
            said.lines().find(|line| line.contains(&format!("deposit {act}: "))).unwrap_or_else(|| panic!("no {act}:\n{said}"));
        println!("{line}");
        assert!(!line.contains(" 0 recorded") && !line.contains(" 0 rejected"), "{line}");
    }
}
