//! A node's configuration file, in TOML.
//!
//! In: a file.
//! Out: [`Config`] with absolute paths.
//! Always: an unknown field is an error, and a relative path is relative to the file's own folder.
//! Not for secrets: the key file holds those.

use crate::limits::{BYTES_PER_ADDRESS_PER_S, CONNECTIONS_PER_ADDRESS, RPC_NAMES_MAX};
use anyhow::{Context as _, anyhow, bail};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Longest configuration file that is read, in bytes.
pub const CONFIG_BYTES_MAX: u64 = 64 * 1024;

/// Longest name in `rpc_names`, in bytes: the bound of DNS.
const HOST_NAME_BYTES_MAX: usize = 253;

/// A node's configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Path of the genesis document.
    pub genesis: PathBuf,
    /// Path of the court's key file.
    pub key: PathBuf,
    /// Path of a file with the key file's passphrase, readable by its owner alone. Without it, the node asks
    /// for the passphrase.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passphrase_file: Option<PathBuf>,
    /// The folder for all data. The node makes it if it is missing.
    pub data: PathBuf,
    /// The address that clients connect to, for example `127.0.0.1:8600`.
    pub rpc: SocketAddr,
    /// Host names in URLs under which clients reach this node. IP addresses and `localhost` are always
    /// accepted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rpc_names: Vec<String>,
    /// The multiaddress on which the node listens for other courts. Default: the court's address in the
    /// genesis.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    /// The log filter: `error`, `warn`, `info`, `debug`, or a filter such as `courtseal_court=debug`.
    #[serde(default = "default_log")]
    pub log: String,
    /// Limits for each client address. Raise them behind a reverse proxy, where all clients share one
    /// address.
    #[serde(default, skip_serializing_if = "Limits::is_default")]
    pub limits: Limits,
}

/// Limits for clients of one address. An IPv6 /64 counts as one address (R12).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Most open connections of one address.
    pub connections_per_address: usize,
    /// Rate of one address in bytes a second: each answer, four times each body, and 4,096 for each request.
    /// Unused rate is saved up for 8 s at most.
    pub bytes_per_address_per_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections_per_address: CONNECTIONS_PER_ADDRESS, bytes_per_address_per_s: BYTES_PER_ADDRESS_PER_S }
    }
}

impl Limits {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

fn default_log() -> String {
    "info".to_owned()
}

impl Config {
    /// Reads a configuration file.
    ///
    /// # Errors
    /// The file cannot be read, is longer than [`CONFIG_BYTES_MAX`], is not TOML, or has an unknown, missing
    /// or invalid field.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let metadata = std::fs::metadata(path).with_context(|| format!("cannot read the configuration {}", path.display()))?;
        if metadata.len() > CONFIG_BYTES_MAX {
            bail!("the configuration {} has more than 64 KiB", path.display());
        }
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the configuration {}", path.display()))?;
        let mut config: Self = toml::from_str(&text).map_err(|error| not_valid(path, &text, &error))?;
        if config.limits.connections_per_address == 0 || config.limits.bytes_per_address_per_s == 0 {
            bail!(
                "the configuration {} has a limit of 0, with which no client could connect; leave the field out for the default",
                path.display()
            );
        }
        if config.rpc_names.len() > RPC_NAMES_MAX {
            bail!("the configuration {} has more than {RPC_NAMES_MAX} rpc_names", path.display());
        }
        if let Some(name) = config.rpc_names.iter().find(|name| !is_host_name(name)) {
            bail!("the configuration {} has {name:?} in rpc_names; give host names without port or scheme", path.display());
        }
        let folder = std::path::absolute(path)?.parent().map(Path::to_owned).unwrap_or_default();
        for path in [&mut config.genesis, &mut config.key, &mut config.data].into_iter().chain(&mut config.passphrase_file) {
            *path = folder.join(&path);
        }
        Ok(config)
    }

    /// Names the fields that differ in `other` and that a running node cannot apply (R26).
    pub fn fixed_fields_changed(&self, other: &Self) -> Vec<&'static str> {
        // The pattern names all fields, so that the compiler reports a new field that is missing here.
        let Self { genesis, key, passphrase_file, data, rpc, rpc_names: _, listen, log: _, limits: _ } = self;
        let changes = [
            ("genesis", *genesis != other.genesis),
            ("key", *key != other.key),
            ("passphrase_file", *passphrase_file != other.passphrase_file),
            ("data", *data != other.data),
            ("rpc", *rpc != other.rpc),
            ("listen", *listen != other.listen),
        ];
        changes.into_iter().filter(|(_, is_changed)| *is_changed).map(|(name, _)| name).collect()
    }

    /// The configuration as the text of a file.
    ///
    /// # Errors
    /// A path is not UTF-8.
    pub fn to_toml(&self) -> anyhow::Result<String> {
        Ok(toml::to_string(self)?)
    }
}

/// Whether a text can be the host in a URL, without port or scheme.
fn is_host_name(text: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b".-_".contains(&byte);
    (1..=HOST_NAME_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_fit)
}

/// Describes an invalid configuration without quoting its lines: the file may be another one that holds keys.
fn not_valid(path: &Path, text: &str, error: &toml::de::Error) -> anyhow::Error {
    let path = path.display();
    if text.contains("PRIVATE KEY") {
        return anyhow!("{path} is a key file, not a configuration; give the node's configuration, such as node.toml");
    }
    let line = error.span().map_or(1, |span| text.bytes().take(span.start).filter(|byte| *byte == b'\n').count() + 1);
    anyhow!("the configuration {path} is not valid, line {line}: {}", error.message())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_configuration_is_not_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("court.key");
        for (text, word) in [("-----BEGIN PRIVATE KEY-----\nMC4CAQ\n", "key file"), ("# fine\nsecret sauce\n", "line 2")] {
            std::fs::write(&path, text).unwrap();
            let error = format!("{:#}", Config::load(&path).unwrap_err());
            assert!(error.contains(word) && !error.contains("MC4CAQ") && !error.contains("sauce"), "{error}");
        }
    }

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("node.toml");
        let text = "genesis = \"g\"\nkey = \"k\"\ndata = \"d\"\nrpc = \"127.0.0.1:8600\"\n#";
        let load = |bytes: u64| {
            std::fs::write(&path, format!("{text}{}", "-".repeat(bytes as usize - text.len()))).unwrap();
            assert_eq!(std::fs::metadata(&path).unwrap().len(), bytes);
            Config::load(&path)
        };
        assert!(load(CONFIG_BYTES_MAX).is_ok());
        let above = format!("{:#}", load(CONFIG_BYTES_MAX + 1).unwrap_err());
        assert!(above.contains("more than 64 KiB"), "{above}");
    }

    #[test]
    fn paths_are_relative_to_the_file_and_unknown_fields_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("node.toml");
        let text = "genesis = \"../genesis.json\"\nkey = \"/k\"\ndata = \"data\"\nrpc = \"127.0.0.1:8600\"\n";
        std::fs::write(&path, text).unwrap();
        let config = Config::load(&path).unwrap();
        assert_eq!(config.data, folder.path().join("data"));
        assert_eq!(config.key, Path::new("/k"));
        assert_eq!((config.log.as_str(), &config.passphrase_file), ("info", &None));
        std::fs::write(&path, format!("{text}passphrase_file = \"secret\"\n")).unwrap();
        let with_file = Config::load(&path).unwrap();
        assert_eq!(with_file.passphrase_file, Some(folder.path().join("secret")));
        assert_eq!(with_file.fixed_fields_changed(&config), ["passphrase_file"]);
        assert_eq!(toml::from_str::<Config>(&config.to_toml().unwrap()).unwrap(), config);
        assert_eq!(config.limits, Limits::default());
        let with = |lines: &str| {
            std::fs::write(&path, format!("{text}[limits]\n{lines}\n")).unwrap();
            Config::load(&path).map(|config| config.limits)
        };
        assert_eq!(with("connections_per_address = 1").unwrap().connections_per_address, 1);
        assert_eq!(with("bytes_per_address_per_s = 1").unwrap().bytes_per_address_per_s, 1);
        for bad in
            ["connections_per_address = 0", "bytes_per_address_per_s = 0", "connections = 5", "connections_per_address = -1"]
        {
            assert!(with(bad).is_err(), "{bad}");
        }
        let named = |names: &[String]| {
            std::fs::write(&path, format!("{text}rpc_names = {names:?}\n")).unwrap();
            Config::load(&path).map(|config| config.rpc_names)
        };
        let many = |count: usize| (0..count).map(|n| format!("{n}.example")).collect::<Vec<_>>();
        assert_eq!(named(&many(RPC_NAMES_MAX)).unwrap().len(), RPC_NAMES_MAX);
        assert!(named(&many(RPC_NAMES_MAX + 1)).is_err());
        assert!(named(&["a".repeat(HOST_NAME_BYTES_MAX)]).is_ok());
        let long = "a".repeat(HOST_NAME_BYTES_MAX + 1);
        for bad in ["", &long, "a.example:80", "http://a.example", "*", "a b", "*.example"] {
            assert!(named(&[bad.to_owned()]).is_err(), "{bad:?}");
        }
        std::fs::write(&path, format!("{text}quorum = 1\n")).unwrap();
        let error = format!("{:#}", Config::load(&path).unwrap_err());
        assert!(error.contains("quorum"), "{error}");
    }
}
