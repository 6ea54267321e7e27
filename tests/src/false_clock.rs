//! A false wall clock for a node; its monotonic clock stays true.
//!
//! In: how far off, now and later. Out: how the node is started. Always: set before the node reads it. Not for the simulator, which has clocks of its own.

use crate::launch::Launch;
use crate::setting;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// A false clock, which can be set while the node runs.
#[derive(Debug)]
pub struct FalseClock {
    file: PathBuf,
}

impl FalseClock {
    /// A clock that is off by so much, such as `+1d`; `file` is where it reads that.
    ///
    /// # Errors
    /// I/O.
    pub fn new(file: &Path, off: &str) -> anyhow::Result<Self> {
        let clock = Self { file: file.to_owned() };
        clock.set(off)?;
        Ok(clock)
    }

    /// Sets it.
    ///
    /// # Errors
    /// I/O.
    pub fn set(&self, off: &str) -> anyhow::Result<()> {
        // Replaced whole, since the node reads it at any moment.
        let new = self.file.with_extension("new");
        std::fs::write(&new, format!("{off}\n"))?;
        Ok(std::fs::rename(&new, &self.file)?)
    }

    /// How a node with this clock is started.
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
