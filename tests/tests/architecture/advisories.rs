//! Known advisories about the locked crates.
//!
//! A dated snapshot says which apply, and each of those needs an exception with its reason.
//!
//! In: `tests/advisories.txt`, `Cargo.lock`, `deny.toml`.
//! Out: failures that name crates and advisories.
//! Always: without network. A crate that was not looked up fails, so that a new crate brings a new snapshot.
//! Not for advisories that are newer than the snapshot: `make audit` asks for those.

use crate::read;
use std::collections::{BTreeMap, BTreeSet};

/// A version's numbers, and whether it is a release.
type Version = ([u64; 3], bool);

struct Snapshot {
    date: String,
    /// Id, crate, and the versions that are not affected.
    advisories: Vec<(String, String, Vec<String>)>,
    names: BTreeSet<String>,
}

fn snapshot(text: &str) -> Snapshot {
    let mut snapshot = Snapshot { date: String::new(), advisories: Vec::new(), names: BTreeSet::new() };
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["snapshot", date, _commit] => date.clone_into(&mut snapshot.date),
            ["advisory", id, name, _kind, ref unaffected @ ..] => {
                let unaffected = unaffected.iter().map(|range| (*range).to_owned()).collect();
                snapshot.advisories.push((id.to_owned(), name.to_owned(), unaffected));
            }
            ["name", name] => drop(snapshot.names.insert(name.to_owned())),
            _ => panic!("a line of another form: {line}"),
        }
    }
    snapshot
}

/// Names and versions of the crates that come from a registry.
fn locked(text: &str) -> Vec<(String, String)> {
    let packages = text.split("[[package]]").skip(1).filter(|package| package.contains("\nsource = "));
    let field = |package: &str, name: &str| {
        let line = package.lines().find_map(|line| line.strip_prefix(&format!("{name} = \"")).map(str::to_owned));
        line.unwrap().trim_end_matches('"').to_owned()
    };
    packages.map(|package| (field(package, "name"), field(package, "version"))).collect()
}

/// Ids and reasons of the advisories that `deny.toml` ignores.
fn exceptions(text: &str) -> BTreeMap<String, String> {
    let list = text.split("ignore = [").nth(1).unwrap().split("\n]").next().unwrap();
    let entry = |line: &str| {
        let parts: Vec<&str> = line.split('"').collect();
        let [start, id, middle, reason, ..] = parts[..] else { panic!("an exception without a reason: {line}") };
        assert_eq!((start.trim(), middle.trim()), ("{ id =", ", reason ="), "an exception of another form: {line}");
        (id.to_owned(), reason.to_owned())
    };
    list.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).map(entry).collect()
}

fn version(text: &str) -> Version {
    let text = text.split('+').next().unwrap();
    let (numbers, is_release) = text.split_once('-').map_or((text, true), |(numbers, _)| (numbers, false));
    let mut parts = numbers.split('.').map(|part| part.parse().unwrap());
    ([0; 3].map(|_: u64| parts.next().unwrap_or(0)), is_release)
}

/// Whether a version is in a range such as `>=1.2,<1.4` or `^0.3.1`.
fn is_in(range: &str, locked: &str) -> bool {
    let is_in = |part: &str| {
        let at = part.find(|c: char| c.is_ascii_digit()).unwrap();
        let (is, than) = (version(locked), version(&part[at..]));
        match &part[..at] {
            ">=" => is >= than,
            ">" => is > than,
            "<=" => is <= than,
            "<" => is < than,
            "=" => is == than,
            "" | "^" => {
                // The first number that is not 0 stays.
                let kept = than.0.iter().position(|number| *number > 0).map_or(3, |at| at + 1);
                is >= than && is.0[..kept] == than.0[..kept]
            }
            other => panic!("the range {range} has {other:?}"),
        }
    };
    range.split(',').all(is_in)
}

/// Ids of the advisories that apply, with what is locked.
fn applying(snapshot: &Snapshot, locked: &[(String, String)]) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (id, name, unaffected) in &snapshot.advisories {
        for (_, locked) in locked.iter().filter(|(locked, _)| locked == name) {
            if !unaffected.iter().any(|range| is_in(range, locked)) {
                found.insert(id.clone(), format!("{name} {locked}"));
            }
        }
    }
    found
}

#[test]
fn each_known_advisory_has_its_exception_and_each_exception_its_advisory() {
    let snapshot = snapshot(&read("tests/advisories.txt"));
    let locked = locked(&read("Cargo.lock"));
    let unknown: Vec<_> = locked.iter().filter(|(name, _)| !snapshot.names.contains(name)).collect();
    assert!(unknown.is_empty(), "not looked up; write tests/advisories.txt again by tests/snapshot-advisories: {unknown:?}");
    assert!(locked.len() > 300 && snapshot.advisories.len() > 100, "the files were not read whole");
    let (applying, exceptions) = (applying(&snapshot, &locked), exceptions(&read("deny.toml")));
    for (id, which) in &applying {
        let reason = exceptions.get(id).unwrap_or_else(|| panic!("{id} about {which} has no exception in deny.toml"));
        assert!(reason.split_whitespace().count() >= 4, "{id}: {reason:?} is no reason");
    }
    let gone: Vec<_> = exceptions.keys().filter(|id| !applying.contains_key(*id)).collect();
    assert!(gone.is_empty(), "exceptions for what is not locked any more: {gone:?}");
}

#[test]
fn the_snapshot_has_its_date() {
    let date = snapshot(&read("tests/advisories.txt")).date;
    let parts: Vec<u32> = date.split('-').map(|part| part.parse().unwrap()).collect();
    assert!(date.len() == 10 && parts.len() == 3 && parts[0] >= 2026, "{date}");
}

#[test]
fn ranges_are_read_as_cargo_reads_them() {
    for (range, inside, outside) in [
        (">=1.2.3", vec!["1.2.3", "2.0.0", "1.10.0+x"], vec!["1.2.2", "1.2.3-alpha"]),
        (">=1.2,<1.4", vec!["1.2.0", "1.3.9"], vec!["1.1.9", "1.4.0"]),
        ("^0.3.4", vec!["0.3.4", "0.3.9"], vec!["0.3.3", "0.4.0", "1.0.0"]),
        ("^1.3", vec!["1.3.0", "1.9.0"], vec!["1.2.9", "2.0.0"]),
        ("1.3", vec!["1.4.0"], vec!["2.0.0"]),
        ("^0.0.5", vec!["0.0.5"], vec!["0.0.6"]),
        ("=1.0.0", vec!["1.0.0"], vec!["1.0.1"]),
        ("<=0.2.5", vec!["0.2.5", "0.1.0"], vec!["0.2.6"]),
        (">0.2.5", vec!["0.2.6"], vec!["0.2.5"]),
    ] {
        assert!(inside.iter().all(|version| is_in(range, version)), "{range}: {inside:?}");
        assert!(outside.iter().all(|version| !is_in(range, version)), "{range}: {outside:?}");
    }
}

/// A hole in a locked version is found, and one that was mended before is not.
#[test]
fn a_hole_is_found() {
    let snapshot =
        snapshot("snapshot 2026-01-01 0\nadvisory RUSTSEC-1 a hole >=1.1 <0.5\nadvisory RUSTSEC-2 b unmaintained\nname a\n");
    let at = |version: &str| vec![("a".to_owned(), version.to_owned())];
    assert_eq!(applying(&snapshot, &at("1.0.9")), BTreeMap::from([("RUSTSEC-1".to_owned(), "a 1.0.9".to_owned())]));
    assert!(applying(&snapshot, &at("1.1.0")).is_empty() && applying(&snapshot, &at("0.4.0")).is_empty());
    assert_eq!(applying(&snapshot, &[("b".to_owned(), "9.9.9".to_owned())]).len(), 1, "all versions");
}
