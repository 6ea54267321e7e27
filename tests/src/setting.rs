//! The requirements of the suites of `make test-faults`, checked before a test begins.
//!
//! In: names of tools.
//! Out: nothing, or a panic that says what is missing and what to do.
//! Always: a missing requirement fails the test; it never skips the test.
//! Not for ordinary suites, which need no tools.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// The variable that `tests/alone` sets when it gives the tests a network and mounts of their own.
const ALONE: &str = "COURTSEAL_ALONE";

/// Requires that the test runs as root with a network and mounts of its own, and that these tools are
/// installed.
///
/// # Panics
/// A requirement is not met.
pub fn require(tools: &[&str]) {
    assert!(std::env::var_os(ALONE).is_some(), "this test changes networks and mounts: run it by `make test-faults`");
    for tool in tools {
        let found = Command::new(tool).arg("-V").stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(found.is_ok(), "{tool} is missing: run `tests/setup faults`");
    }
}

/// Runs a command that must succeed.
///
/// # Errors
/// The command cannot be run, or fails; the message contains its standard error.
pub fn must(command: &[&str]) -> anyhow::Result<()> {
    let output = Command::new(command[0]).args(&command[1..]).output()?;
    anyhow::ensure!(output.status.success(), "{}: {}", command.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

/// The path of the library that falsifies the wall clock.
///
/// # Panics
/// The library is not installed.
pub fn libfaketime() -> PathBuf {
    let folders = std::fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    let mut found = folders.map(|folder| folder.path().join("faketime").join("libfaketimeMT.so.1")).filter(|path| path.is_file());
    found.next().unwrap_or_else(|| panic!("libfaketime is missing: run `tests/setup faults`"))
}
