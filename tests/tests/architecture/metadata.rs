//! What `cargo metadata` says: edges between crates, licences, sources, versions, features.

use crate::{read, root};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::LazyLock;

/// Our crates, and which of them each may use.
const EDGES: [(&str, &[&str]); 17] = [
    ("courtseal-crash-points", &[]),
    ("courtseal-model", &[]),
    ("courtseal-planted", &[]),
    ("courtseal-proof", &[]),
    ("courtseal-api", &["courtseal-proof"]),
    ("courtseal-fixtures", &["courtseal-proof"]),
    ("courtseal-ledger", &["courtseal-proof"]),
    ("courtseal-consensus", &["courtseal-crash-points", "courtseal-proof"]),
    ("courtseal-world", &["courtseal-consensus", "courtseal-proof"]),
    ("courtseal-rocks", &["courtseal-crash-points", "courtseal-ledger"]),
    (
        "courtseal-court",
        &["courtseal-api", "courtseal-consensus", "courtseal-crash-points", "courtseal-ledger", "courtseal-proof"],
    ),
    (
        "courtseal-node",
        &[
            "courtseal-api",
            "courtseal-consensus",
            "courtseal-court",
            "courtseal-crash-points",
            "courtseal-ledger",
            "courtseal-proof",
            "courtseal-rocks",
        ],
    ),
    ("courtseal-cli", &["courtseal-api", "courtseal-crash-points", "courtseal-node", "courtseal-proof"]),
    (
        "courtseal-tests",
        &[
            "courtseal-api",
            "courtseal-consensus",
            "courtseal-crash-points",
            "courtseal-fixtures",
            "courtseal-ledger",
            "courtseal-proof",
        ],
    ),
    (
        "courtseal-fuzz",
        &[
            "courtseal-consensus",
            "courtseal-court",
            "courtseal-fixtures",
            "courtseal-ledger",
            "courtseal-proof",
            "courtseal-world",
        ],
    ),
    (
        "courtseal-fuzz-program",
        &[
            "courtseal-api",
            "courtseal-cli",
            "courtseal-court",
            "courtseal-fixtures",
            "courtseal-fuzz",
            "courtseal-node",
            "courtseal-proof",
        ],
    ),
    (
        "courtseal-simulator",
        &[
            "courtseal-api",
            "courtseal-consensus",
            "courtseal-court",
            "courtseal-fixtures",
            "courtseal-ledger",
            "courtseal-planted",
            "courtseal-proof",
            "courtseal-world",
        ],
    ),
];
/// What a crate never has among its own dependencies, those of its tests left out.
const NEVER: [(&str, &[&str]); 7] = [
    ("courtseal-api", &["axum", "hyper", "tokio", "serde_json", "ureq", "courtseal-ledger"]),
    ("courtseal-proof", &["rocksdb", "tokio", "getrandom", "rand", "libp2p", "axum", "ureq"]),
    ("courtseal-ledger", &["rocksdb", "tokio", "libp2p", "axum", "ureq", "getrandom", "rand"]),
    ("courtseal-rocks", &["tokio", "libp2p", "axum", "ureq", "getrandom", "rand"]),
    ("courtseal-court", &["rocksdb", "tokio", "libp2p", "axum", "hyper", "ureq", "getrandom", "rand"]),
    ("courtseal-consensus", &["rocksdb", "tokio", "libp2p", "axum", "ureq", "getrandom", "rand"]),
    ("courtseal-cli", &["rocksdb", "libp2p", "axum", "arc-malachitebft-core-consensus"]),
];
/// Crates that every change builds and runs many times, and so link little.
const LIGHT: [&str; 2] = ["courtseal-simulator", "courtseal-fuzz"];
/// So many crates at most, themselves included.
const LIGHT_CRATES_MAX: usize = 150;
/// What none of them links: C++, sockets, HTTP. `libp2p-identity` comes with Malachite.
const HEAVY: [&str; 5] = ["libp2p", "libp2p-swarm", "axum", "hyper", "librocksdb-sys"];
/// The packages that are named as the ground this is built on.
const NAMED: [&str; 8] = ["libp2p", "tokio", "rocksdb", "ed25519-dalek", "sha2", "serde", "bincode", "clap"];
/// Versions below which a crate has a known hole.
const FLOORS: [(&str, [u64; 3]); 2] = [("yamux", [0, 13, 10]), ("quinn-proto", [0, 11, 15])];

static METADATA: LazyLock<Value> = LazyLock::new(|| {
    let version = Command::new("rustc").args(["-vV"]).current_dir(root()).output().unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    // Everything was fetched to build this test.
    cargo.args(["metadata", "--format-version", "1", "--offline", "--locked", "--filter-platform", host]).current_dir(root());
    let output = cargo.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
});

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn packages() -> impl Iterator<Item = &'static Value> {
    list(&METADATA["packages"]).iter()
}

/// A crate's own dependencies; those that only its tests use left out if asked.
fn dependencies(package: &Value, with_tests: bool) -> BTreeSet<&str> {
    let wanted = |dependency: &&Value| with_tests || text(&dependency["kind"]) != "dev";
    list(&package["dependencies"]).iter().filter(wanted).map(|dependency| text(&dependency["name"])).collect()
}

fn ours(name: &str) -> &'static Value {
    packages().find(|package| package["name"] == name && package["source"].is_null()).unwrap()
}

#[test]
fn dependencies_point_one_way() {
    let members: BTreeSet<&str> =
        packages().filter(|package| package["source"].is_null()).map(|package| text(&package["name"])).collect();
    assert_eq!(members, EDGES.iter().map(|(name, _)| *name).collect());
    for (name, allowed) in EDGES {
        let used: BTreeSet<&str> = dependencies(ours(name), false).into_iter().filter(|name| members.contains(name)).collect();
        assert_eq!(used, allowed.iter().copied().collect(), "what {name} uses");
    }
    // Tests of a lower crate may use none above it either, but fixtures and the world, which know only crates
    // below.
    let above = |name: &str| match name {
        "courtseal-proof" => vec!["courtseal-ledger", "courtseal-consensus", "courtseal-court", "courtseal-node"],
        "courtseal-ledger" | "courtseal-rocks" => vec!["courtseal-consensus", "courtseal-court", "courtseal-node"],
        "courtseal-consensus" | "courtseal-tests" => vec!["courtseal-court", "courtseal-node"],
        _ => vec!["courtseal-node"],
    };
    for name in
        ["courtseal-proof", "courtseal-ledger", "courtseal-rocks", "courtseal-consensus", "courtseal-court", "courtseal-tests"]
    {
        let found: Vec<_> = dependencies(ours(name), true).into_iter().filter(|used| above(name).contains(used)).collect();
        assert!(found.is_empty(), "the tests of {name} use {found:?}");
    }
}

#[test]
fn what_a_crate_never_has() {
    for (name, never) in NEVER {
        let found: Vec<_> = dependencies(ours(name), false).into_iter().filter(|used| never.contains(used)).collect();
        assert!(found.is_empty(), "{name} has {found:?}");
    }
}

#[test]
fn simulator_and_fuzz_targets_link_little() {
    for name in LIGHT {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        cargo.args([
            "tree",
            "--edges",
            "normal,build",
            "--prefix",
            "none",
            "--no-dedupe",
            "--offline",
            "--locked",
            "--package",
            name,
        ]);
        let output = cargo.current_dir(root()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let tree = String::from_utf8(output.stdout).unwrap();
        let lines: BTreeSet<&str> = tree.lines().filter(|line| !line.is_empty()).collect();
        assert!(lines.len() > 10 && lines.len() <= LIGHT_CRATES_MAX, "{name} links {} crates: {lines:#?}", lines.len());
        let linked: BTreeSet<&str> = lines.iter().filter_map(|line| line.split(' ').next()).collect();
        let heavy: Vec<_> = HEAVY.iter().filter(|heavy| linked.contains(*heavy)).collect();
        assert!(heavy.is_empty(), "{name} links {heavy:?}");
    }
}

#[test]
fn the_named_packages_are_used() {
    let direct: BTreeSet<&str> = EDGES.iter().flat_map(|(name, _)| dependencies(ours(name), false)).collect();
    let missing: Vec<_> = NAMED.iter().filter(|name| !direct.contains(*name)).collect();
    assert!(missing.is_empty(), "not direct dependencies: {missing:?}");
}

#[test]
fn licences_are_on_the_list() {
    let deny = read("deny.toml");
    let allowed: BTreeSet<&str> =
        deny.split("allow = [").nth(1).unwrap().split(']').next().unwrap().split('"').skip(1).step_by(2).collect();
    assert!(allowed.contains("Apache-2.0") && !allowed.iter().any(|licence| licence.starts_with("GPL")), "{allowed:?}");
    // `A OR B` needs one of them, `A AND B` both; no crate needs more brackets than that.
    let fits = |licence: &str| {
        let plain = licence.replace('/', " OR ").replace(['(', ')'], "");
        plain.split(" AND ").all(|part| part.split(" OR ").any(|one| allowed.contains(one.trim())))
    };
    let others: Vec<_> =
        packages().filter(|package| !fits(text(&package["license"]))).map(|p| (text(&p["name"]), text(&p["license"]))).collect();
    assert!(others.is_empty(), "licences that deny.toml does not allow: {others:?}");
}

#[test]
fn everything_comes_from_the_registry() {
    for package in packages() {
        let (source, name) = (text(&package["source"]), text(&package["name"]));
        let own = EDGES.iter().any(|(own, _)| *own == name);
        assert!(own && source.is_empty() || source.starts_with("registry+"), "{name}: {source:?}");
    }
    // A version that may be anything is as bad.
    for (name, _) in EDGES {
        for dependency in list(&ours(name)["dependencies"]) {
            assert!(
                dependency["req"] != "*" || !dependency["path"].is_null(),
                "{name} takes any version of {}",
                dependency["name"]
            );
        }
    }
}

#[test]
fn versions_are_above_known_holes() {
    let parse = |version: &str| -> Vec<u64> { version.split(['.', '-', '+']).map_while(|part| part.parse().ok()).collect() };
    let mut seen = BTreeMap::new();
    for package in packages() {
        let (name, version) = (text(&package["name"]), text(&package["version"]));
        for (_, floor) in FLOORS.iter().filter(|(floored, _)| *floored == name) {
            assert!(parse(version)[..] >= floor[..], "{name} {version} is below {floor:?}");
            seen.insert(name, version);
        }
    }
    assert!(seen.contains_key("yamux"), "libp2p's streams are expected to use yamux");
}

#[test]
fn signatures_are_strict() {
    let id =
        packages().find(|package| package["name"] == "ed25519-dalek" && text(&package["version"]).starts_with("3.")).unwrap();
    for node in list(&METADATA["resolve"]["nodes"]) {
        if text(&node["id"]).contains("ed25519-dalek") {
            let features: Vec<&str> = list(&node["features"]).iter().map(text).collect();
            assert!(!features.contains(&"legacy_compatibility"), "{} accepts what F2 refuses", node["id"]);
            assert!(node["id"] != id["id"] || !features.contains(&"batch"), "F2: never batch verification");
        }
    }
    let bincode: Vec<_> =
        packages().filter(|package| package["name"] == "bincode").map(|package| text(&package["version"])).collect();
    assert_eq!(bincode, ["1.3.3"], "F9");
}

#[test]
fn crash_points_and_planted_bugs_are_never_built_by_default() {
    for package in packages().filter(|package| package["source"].is_null()) {
        let default = package["features"]["default"].to_string();
        for feature in ["crash-points", "planted"] {
            assert!(!default.contains(feature), "{} has {feature} by default", package["name"]);
            for dependency in list(&package["dependencies"]) {
                let features = dependency["features"].to_string();
                assert!(!features.contains(feature), "{} always has {feature}", package["name"]);
                let is_selector = text(&dependency["name"]) == "courtseal-planted";
                assert!(!is_selector || dependency["optional"] == true, "{} always has planted bugs", package["name"]);
            }
        }
    }
}
