//! `network.json`: where everything of a local network is, for people and programs.
//!
//! In and out: the file. Always: its shape is fixed, its paths are absolute, and it is replaced whole, so
//! that a reader never sees half of it. Not read by nodes.

use crate::failure::{Exit, Failure};
use crate::files;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Longest file, in bytes.
const FILE_BYTES_MAX: usize = 1024 * 1024;

/// What the file says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// The policy's file.
    pub policy: PathBuf,
    /// The genesis' file.
    pub genesis: PathBuf,
    /// Key files by member.
    pub keys: BTreeMap<String, PathBuf>,
    /// The courts, sorted by name.
    pub courts: Vec<Court>,
}

/// A court of this network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Court {
    /// The court's name.
    pub name: String,
    /// Where its node answers.
    pub url: String,
    /// The court's folder.
    pub home: PathBuf,
    /// Its node's process, while it runs.
    pub pid: Option<u32>,
}

impl Court {
    /// The node's configuration.
    pub fn config(&self) -> PathBuf {
        self.home.join("node.toml")
    }

    /// What its node prints.
    pub fn log(&self) -> PathBuf {
        self.home.join("node.log")
    }
}

impl Network {
    /// Where the file is.
    pub fn path(dir: &Path) -> PathBuf {
        dir.join("network.json")
    }

    /// Reads it; the paths are set to where the folder is now, should it have been moved.
    ///
    /// # Errors
    /// Usage.
    pub fn read(dir: &Path) -> anyhow::Result<Self> {
        let path = Self::path(dir);
        let failure = |text: String| {
            Failure::new(Exit::Usage, text)
                .next(format!("make a network with `courtseal network new {} --courts 4`", crate::print::path(dir)))
        };
        let bytes = files::named::read(&path, FILE_BYTES_MAX).map_err(|error| {
            failure(format!("{} is no network's folder: network.json {}", crate::print::path(dir), files::reason(&error)))
        })?;
        let mut network: Self =
            serde_json::from_slice(&bytes).map_err(|error| failure(format!("{}: {error}", crate::print::path(&path))))?;
        let dir = dir.canonicalize()?;
        network.policy = dir.join("policy");
        network.genesis = dir.join("genesis.json");
        for (name, path) in &mut network.keys {
            *path = dir.join("keys").join(format!("{name}.key"));
        }
        for court in &mut network.courts {
            court.home = dir.join(&court.name);
        }
        Ok(network)
    }

    /// The policy's text.
    ///
    /// # Errors
    /// I/O.
    pub fn policy_text(&self) -> std::io::Result<Vec<u8>> {
        std::fs::read(&self.policy)
    }

    /// Replaces it, durably.
    ///
    /// # Errors
    /// I/O.
    pub fn write(&self, dir: &Path) -> anyhow::Result<()> {
        let text = serde_json::to_string_pretty(self)? + "\n";
        Ok(files::named::write(&Self::path(dir), text.as_bytes(), 0o666)?)
    }
}
