//! The courts of a network's folder, read from its `network.json`.
//!
//! In: the folder.
//! Out: the courts' names, URLs, folders and process ids.
//! Always: the file has exactly the fields that the specification names.
//! Not for starting courts.

use anyhow::{Context, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// One court of a local network.
#[derive(Clone, Debug)]
pub struct Court {
    /// The court's name.
    pub name: String,
    /// The URL at which its node answers.
    pub url: String,
    /// The court's folder.
    pub home: PathBuf,
    /// The process id of its node, while `network run` runs it.
    pub pid: Option<u32>,
}

impl Court {
    /// The path of its node's configuration.
    pub fn config(&self) -> PathBuf {
        self.home.join("node.toml")
    }

    /// Sets a field of its node's configuration to a string or a path.
    ///
    /// # Errors
    /// The file cannot be read or written.
    pub fn configure(&self, field: &str, value: &str) -> anyhow::Result<()> {
        let start = format!("{field} = ");
        let text = std::fs::read_to_string(self.config())?;
        let mut changed: String = text.lines().filter(|line| !line.starts_with(&start)).flat_map(|line| [line, "\n"]).collect();
        writeln!(changed, "{start}{value:?}")?;
        Ok(std::fs::write(self.config(), changed)?)
    }

    /// The data folder of its node, as its configuration names it.
    ///
    /// # Errors
    /// The file cannot be read, or names no data folder.
    pub fn data(&self) -> anyhow::Result<PathBuf> {
        let text = std::fs::read_to_string(self.config())?;
        let value = text.lines().find_map(|line| line.strip_prefix("data = ")).context("no data folder is configured")?;
        Ok(self.home.join(value.trim_matches('"')))
    }

    /// The text that its node has printed so far; empty if there is no log.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.log()).unwrap_or_default()).into_owned()
    }

    /// The path of its node's log.
    pub fn log(&self) -> PathBuf {
        self.home.join("node.log")
    }
}

/// The contents of `network.json`.
#[derive(Clone, Debug)]
pub struct Listing {
    /// The path of the policy.
    pub policy: PathBuf,
    /// The path of the genesis.
    pub genesis: PathBuf,
    /// The members' key files, by member name.
    pub keys: BTreeMap<String, PathBuf>,
    /// The courts, sorted by name.
    pub courts: Vec<Court>,
}

/// Reads the `network.json` of a network's folder.
///
/// # Errors
/// The file is missing or has another shape.
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
