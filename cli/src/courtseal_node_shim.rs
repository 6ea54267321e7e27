//! Stand-in for courtseal-node until it lands.
#![allow(missing_docs, dead_code)]
pub mod keys {
    use courtseal_proof::key::SecretKey;
    use courtseal_proof::name::{Name, Origin};
    #[derive(Clone)]
    pub struct CourtKeys {
        pub name: Name,
        pub origin: Origin,
        pub vote: SecretKey,
        pub log: SecretKey,
        pub cosigner: SecretKey,
        pub network: SecretKey,
    }
}
pub mod config {
    use std::net::SocketAddr;
    use std::path::{Path, PathBuf};
    #[derive(Clone, Debug)]
    pub struct Config {
        pub genesis: PathBuf,
        pub key: PathBuf,
        pub data: PathBuf,
        pub rpc: SocketAddr,
        pub listen: Option<String>,
        pub log: String,
    }
    impl Config {
        pub fn load(_: &Path) -> anyhow::Result<Self> {
            anyhow::bail!("shim")
        }
        pub fn to_toml(&self) -> String {
            format!(
                "genesis = {:?}\nkey = {:?}\ndata = {:?}\nrpc = \"{}\"\nlog = {:?}\n",
                self.genesis, self.key, self.data, self.rpc, self.log
            )
        }
    }
}
pub struct CheckReport {
    pub height: u64,
    pub size: u64,
    pub root: courtseal_proof::digest::Digest,
}
pub fn check(_: &config::Config) -> anyhow::Result<CheckReport> {
    anyhow::bail!("shim")
}
pub async fn run(
    _: config::Config,
    _: keys::CourtKeys,
    _: impl FnOnce(std::net::SocketAddr),
    _: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    anyhow::bail!("shim")
}
