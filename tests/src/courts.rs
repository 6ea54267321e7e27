//! The courts of a network's folder, read from its `network.json`.
//!
//! In: the folder. Out: names, URLs, homes, process ids. Always: the file's shape is that of specs, exactly. Not for starting them.

use anyhow::{Context, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// A court.
#[derive(Clone, Debug)]
pub struct Court {
    /// Its name.
    pub name: String,
    /// Where its node answers.
    pub url: String,
    /// Its folder.
    pub home: PathBuf,
    /// Its process, while `network run` runs it.
    pub pid: Option<u32>,
}

impl Court {
    /// Its node's configuration.
    pub fn config(&self) -> PathBuf {
        self.home.join("node.toml")
    }

    /// Gives a field of its node's configuration a value, a string or a path.
    ///
    /// # Errors
    /// I/O.
    pub fn configure(&self, field: &str, value: &str) -> anyhow::Result<()> {
        let start = format!("{field} = ");
        let text = std::fs::read_to_string(self.config())?;
        let mut changed: String = text.lines().filter(|line| !line.starts_with(&start)).flat_map(|line| [line, "\n"]).collect();
        writeln!(changed, "{start}{value:?}")?;
        Ok(std::fs::write(self.config(), changed)?)
    }

    /// Where its node keeps its data, as its configuration says.
    ///
    /// # Errors
    /// I/O, or it says nothing.
    pub fn data(&self) -> anyhow::Result<PathBuf> {
        let text = std::fs::read_to_string(self.config())?;
        let value = text.lines().find_map(|line| line.strip_prefix("data = ")).context("no data folder is configured")?;
        Ok(self.home.join(value.trim_matches('"')))
    }

    /// What its node printed so far; empty if nothing.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log()).unwrap_or_default()).into_owned()
    }

    /// What its node prints.
    pub fn log(&self) -> PathBuf {
        self.home.join("node.log")
    }
}

/// What `network.json` says.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The policy's file.
    pub policy: PathBuf,
    /// The genesis.
    pub genesis: PathBuf,
    /// Key files by member.
    pub keys: BTreeMap<String, PathBuf>,
    /// The courts, in the order of names.
    pub courts: Vec<Court>,
}

/// Reads it.
///
/// # Errors
/// It is not there, or has another shape.
pub fn read(dir: &Path) -> anyhow::Result<Listing> {
    let value: Value = serde_json::from_slice(&std::fs::read(dir.join("network.json"))?)?;
    let fields =
        |value: &Value| -> Vec<String> { value.as_object().map(|map| map.keys().cloned().collect()).unwrap_or_default() };
    ensure!(fields(&value) == ["courts", "genesis", "keys", "policy"], "network.json has the fields {:?}", fields(&value));
    let path = |value: &Value| value.as_str().map(PathBuf::from).context("a path is missing in network.json");
    let mut listing =
        Listing { policy: path(&value["policy"])?, genesis: path(&value["genesis"])?, keys: BTreeMap::new(), courts: Vec::new() };
    for name in fields(&value["keys"]) {
        listing.keys.insert(name.clone(), path(&value["keys"][&name])?);
    }
    for court in value["courts"].as_array().context("no courts")? {
        ensure!(fields(court) == ["home", "name", "pid", "url"], "a court has the fields {:?}", fields(court));
        let text = |name: &str| court[name].as_str().map(str::to_owned).with_context(|| format!("no {name}"));
        let pid = court["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
        listing.courts.push(Court { name: text("name")?, url: text("url")?, home: path(&court["home"])?, pid });
    }
    Ok(listing)
}
