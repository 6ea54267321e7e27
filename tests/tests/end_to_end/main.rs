//! The whole way of a file, through the program alone: courts record files, and anyone verifies them.
//!
//! In: the built program.
//! Out: failures that show what the program printed.
//! Always: each test has a network of real processes, one at a time. A rejected input is reported in one
//! clear line.
//! Not for speed: see `make bench`. Not for faults of courts: see the suite `faults`.

mod accuse;
mod acts;
mod claims;
mod confidential;
mod day;
mod folder;
mod foreign;
mod hostile_http;
mod http_form;
mod log;
mod members;
mod node;
mod notarize;
mod planted;
mod resume;
mod secrets;
mod signals;
mod slow;
mod submit;
mod tampered;
mod tls;
mod trusted;
mod untimely;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Returns the path with an ending added to its name.
fn with(path: &Path, ending: &str) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Writes a text file in a folder.
fn file(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, text).unwrap();
    path
}
