//! Pairs of cosigned roots: which hold, which have one text, bounds at the edge.

use super::*;
use crate::bytes::digest::sha256;
use crate::bytes::key::SecretKey;
use crate::log::merkle::{consistency_path, leaf_hash, root};
use crate::statement::Statement;

fn key() -> SecretKey {
    SecretKey::from_seed([3; 32])
}

fn origin() -> Origin {
    Origin::new(Name::new("net").unwrap(), sha256(b""))
}

/// Leaves of a log; of the other log from the entry at `fork` on.
fn leaves(count: u64, fork: Option<u64>) -> Vec<Digest> {
    let leaf = |at: u64| leaf_hash(&[at.to_be_bytes()[7], u8::from(fork.is_some_and(|fork| at >= fork))]);
    (0..count).map(leaf).collect()
}

fn cosigned(size: u64, root: Digest, time_s: u64) -> CosignedRoot {
    let signed = Checkpoint { origin: origin(), size, root }.cosign(&key(), time_s);
    CosignedRoot { root, signature: signed.signature, size, time_s }
}

fn pair(one: CosignedRoot, other: CosignedRoot, path: &[Digest]) -> Option<CosignerEquivocation> {
    CosignerEquivocation::new(Name::new("court-a").unwrap(), 0, key().public(), one, other, path)
}

/// The consistency path with its first node written.
fn path(leaves: &[Digest], old_size: usize) -> Vec<Digest> {
    let first = old_size.is_power_of_two().then(|| root(&leaves[..old_size]));
    first.into_iter().chain(consistency_path(leaves, old_size)).collect()
}

#[test]
fn f45_two_roots_of_one_size_hold_and_have_one_text() {
    let (one, other) = (cosigned(7, sha256(b"1"), 5), cosigned(7, sha256(b"2"), 9));
    let made = pair(one.clone(), other.clone(), &[]).unwrap();
    assert!(made.first.root < made.second.root && made.holds(&origin()));
    assert_eq!(pair(other.clone(), one.clone(), &[]), Some(made.clone()));
    assert_eq!(pair(one.clone(), one.clone(), &[]), None, "the same twice contradicts nothing");
    assert_eq!(pair(one.clone(), other, &[sha256(b"3")]), None, "one size has no path");
    let elsewhere = Origin::new(Name::new("net").unwrap(), sha256(b"another"));
    assert!(!made.holds(&elsewhere));
    let text = Statement::from(made.clone()).to_text();
    assert_eq!(Statement::from_text(text.as_bytes()), Ok(Statement::from(made.clone())));
    assert!(!CosignerEquivocation { first: CosignedRoot { time_s: 6, ..made.first.clone() }, ..made }.holds(&origin()));
}

#[test]
fn f45_two_sizes_hold_by_a_path_that_contradicts() {
    for (old, new) in [(1, 2), (3, 7), (4, 8), (4, 9), (5, 64), (7, 8), (64, 65)] {
        let (log, fork) = (leaves(new, None), leaves(new, Some(old / 2)));
        let path = path(&log, old as usize);
        let true_root = root(&log[..old as usize]);
        let (false_root, new_root) = (root(&fork[..old as usize]), root(&log));
        let made = pair(cosigned(new, new_root, 5), cosigned(old, false_root, 5), &path).unwrap();
        assert!(made.holds(&origin()), "{old} {new}");
        let honest = pair(cosigned(old, true_root, 5), cosigned(new, new_root, 5), &path).unwrap();
        assert!(!honest.holds(&origin()), "{old} {new}: a log that grew");
        let unproven = pair(cosigned(old, false_root, 5), cosigned(new, root(&fork), 5), &path).unwrap();
        assert!(!unproven.holds(&origin()), "{old} {new}: the path leads elsewhere");
        let mut longer = path.clone();
        longer.push(sha256(b"more"));
        assert!(!pair(cosigned(old, false_root, 5), cosigned(new, new_root, 5), &longer).unwrap().holds(&origin()));
        assert_eq!(pair(cosigned(old, false_root, 5), cosigned(new, new_root, 5), &[]), None, "two sizes need a path");
    }
}

#[test]
fn f45_numbers_and_paths_at_the_bound_and_one_above() {
    let (low, high) = (sha256(b"1"), sha256(b"2"));
    let (one, other) = if low < high { (low, high) } else { (high, low) };
    let of = |size, time_s, root| CosignedRoot { root, signature: Signature([1; 64]), size, time_s };
    assert!(pair(of(INTEGER_MAX, INTEGER_MAX, one), of(INTEGER_MAX, 0, other), &[]).is_some());
    assert!(pair(of(INTEGER_MAX + 1, 0, one), of(INTEGER_MAX + 1, 0, other), &[]).is_none());
    assert!(pair(of(1, INTEGER_MAX + 1, one), of(1, 0, other), &[]).is_none());
    assert!(pair(of(0, 0, one), of(0, 0, other), &[]).is_none());
    let path = vec![one; PATH_HASHES_MAX + 1];
    let longest = pair(of(1, 0, one), of(INTEGER_MAX, INTEGER_MAX, one), &path[1..]).unwrap();
    assert!(pair(of(1, 0, one), of(2, 0, one), &path).is_none());
    let name = Name::new("n".repeat(40)).unwrap();
    let text = Statement::from(CosignerEquivocation { court: name, epoch: INTEGER_MAX, ..longest }).to_text();
    assert!(text.len() <= KIND.bytes_max, "{} bytes", text.len());
}

#[test]
fn a_time_is_one_that_people_read_if_it_has_a_date() {
    assert_eq!(super::in_words(1_795_453_200), "2026-11-23 17:00:00 UTC");
    assert_eq!(super::in_words(TIMESTAMP_MAX.0 / 1000), "9999-12-31 23:59:59 UTC");
    assert_eq!(super::in_words(INTEGER_MAX), format!("{INTEGER_MAX} s after 1970"));
}
