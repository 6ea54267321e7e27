//! Configuration files of a node (specs/operating.md).
//!
//! In: bytes. Out: whether they are accepted. Always: what is accepted is written and read again as the same.
//! Not for what a configuration does.

use courtseal_fuzz::Target;
use courtseal_node::config::Config;

/// See the module.
pub const TARGETS: &[Target] =
    &[Target { name: "configuration", length_bytes_max: 2 * 1024, run: configuration, seeds: configurations }];

fn configuration(bytes: &[u8]) -> bool {
    let parsed = std::str::from_utf8(bytes).ok().and_then(|text| toml::from_str::<Config>(text).ok());
    let Some(config) = parsed else { return false };
    let text = config.to_toml().expect("paths from a text are text");
    assert_eq!(toml::from_str::<Config>(&text).as_ref(), Ok(&config));
    true
}

fn configurations() -> Vec<Vec<u8>> {
    let least = "genesis = \"../genesis.json\"\nkey = \"/k\"\ndata = \"data\"\nrpc = \"127.0.0.1:8600\"\n";
    let full = format!("{least}listen = \"/ip4/0.0.0.0/tcp/8610\"\nlog = \"courtseal_court=debug\"\n");
    let other = "genesis = '''\na'''\nkey = \"\\u00e9\\n\"\ndata = \"\"\nrpc = \"[::1]:1\"\n";
    [least, &full, other, "quorum = 1\n", &format!("{least}[log]\n")].map(|text| text.as_bytes().to_vec()).to_vec()
}
