//! A false wall clock for a node; its monotonic clock stays true.
//!
//! In: the offset of the clock, which the test may change later.
//! Out: the way to start a node with this clock.
//! Always: the offset is set before the node reads the clock.
//! Not for the simulator, which has clocks of its own.

use crate::launch::Launch;
use crate::setting;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A false wall clock that can be set while the node runs.
#[derive(Debug)]
pub struct FalseClock {
    file: PathBuf,
}

impl FalseClock {
    /// Makes a clock with an offset, such as `+1d`; the node reads the offset from `file`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn new(file: &Path, off: &str) -> anyhow::Result<Self> {
        let clock = Self { file: file.to_owned() };
        clock.set(off)?;
        Ok(clock)
    }

    /// Sets the offset.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn set(&self, off: &str) -> anyhow::Result<()> {
        // The file is replaced as a whole, because the node reads it at any moment.
        let new = self.file.with_extension("new");
        std::fs::write(&new, format!("{off}\n"))?;
        Ok(std::fs::rename(&new, &self.file)?)
    }

    /// The way to start a node with this clock.
    pub fn launch(&self) -> Launch {
        let variables = vec![
            ("LD_PRELOAD", setting::libfaketime().into_os_string()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.clone().into_os_string()),
            ("FAKETIME_NO_CACHE", OsString::from("1")),
            ("FAKETIME_DONT_FAKE_MONOTONIC", OsString::from("1")),
            ("NO_FAKE_STAT", OsString::from("1")),
        ];
        Launch { variables, ..Launch::default() }
    }
}
