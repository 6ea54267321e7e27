//! A node's configuration file, TOML.
//!
//! In: a file. Out: [`Config`] with absolute paths. Always: unknown fields are refused; relative paths are relative to the file's own
//! folder. Not for secrets: the key file is another.

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Longest configuration file, in bytes.
pub const CONFIG_BYTES_MAX: u64 = 64 * 1024;

/// A node's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The genesis document.
    pub genesis: PathBuf,
    /// The court's key file.
    pub key: PathBuf,
    /// The folder for all data; made if missing.
    pub data: PathBuf,
    /// Where clients are served, for example `127.0.0.1:8600`.
    pub rpc: SocketAddr,
    /// Where other courts are listened for, a multiaddress; the court's address in the genesis if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    /// What is logged: `error`, `warn`, `info`, `debug`, or a filter like `courtseal_node=debug`.
    #[serde(default = "default_log")]
    pub log: String,
}

fn default_log() -> String {
    "info".to_owned()
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// Unreadable, too long, not TOML, or an unknown or missing field.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let metadata = std::fs::metadata(path).with_context(|| format!("cannot read the configuration {}", path.display()))?;
        if metadata.len() > CONFIG_BYTES_MAX {
            bail!("the configuration {} has more than 64 KiB", path.display());
        }
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the configuration {}", path.display()))?;
        let mut config: Self =
            toml::from_str(&text).with_context(|| format!("the configuration {} is not valid", path.display()))?;
        let folder = std::path::absolute(path)?.parent().map(Path::to_owned).unwrap_or_default();
        for path in [&mut config.genesis, &mut config.key, &mut config.data] {
            *path = folder.join(&path);
        }
        Ok(config)
    }

    /// The file's text.
    ///
    /// # Errors
    /// A path that is not UTF-8.
    pub fn to_toml(&self) -> anyhow::Result<String> {
        Ok(toml::to_string(self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_file_and_unknown_fields_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("node.toml");
        let text = "genesis = \"../genesis.json\"\nkey = \"/k\"\ndata = \"data\"\nrpc = \"127.0.0.1:8600\"\n";
        std::fs::write(&path, text).unwrap();
        let config = Config::load(&path).unwrap();
        assert_eq!(config.data, folder.path().join("data"));
        assert_eq!(config.key, Path::new("/k"));
        assert_eq!(config.log, "info");
        assert_eq!(toml::from_str::<Config>(&config.to_toml().unwrap()).unwrap(), config);
        std::fs::write(&path, format!("{text}quorum = 1\n")).unwrap();
        let error = format!("{:#}", Config::load(&path).unwrap_err());
        assert!(error.contains("quorum"), "{error}");
    }
}
