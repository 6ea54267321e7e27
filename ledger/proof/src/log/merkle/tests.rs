//! Merkle trees: known roots, every small proof, and every proof that must be refused.

use super::*;
use crate::bytes::digest::lower_hex;

fn leaves(size: u64) -> Vec<Digest> {
    (0..size).map(|i| leaf_hash(&i.to_be_bytes())).collect()
}

/// The seven inputs that implementations of RFC 6962 have in common, and their root.
#[test]
fn f1_known_root() {
    let inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let leaves: Vec<Digest> = inputs.iter().map(|text| leaf_hash(&hex::decode(text).unwrap())).collect();
    assert_eq!(root(&leaves).to_string(), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
    assert_eq!(root(&[]).to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(leaf_hash(b"").to_string(), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

#[test]
fn every_small_inclusion_proof() {
    for size in 1..40 {
        let leaves = leaves(size);
        let root = root(&leaves);
        for (index, path) in inclusion_paths(&leaves).iter().enumerate() {
            let (index, leaf) = (index as u64, &leaves[index]);
            assert!(verify_inclusion(leaf, index, size, path, &root));
            assert!(!verify_inclusion(&leaf_hash(b"x"), index, size, path, &root));
            for other in 0..=size {
                assert!(other == index || !verify_inclusion(leaf, other, size, path, &root));
            }
            for cut in 0..path.len() {
                assert!(!verify_inclusion(leaf, index, size, &path[..cut], &root));
                let mut wrong = path.clone();
                wrong[cut].0[0] ^= 1;
                assert!(!verify_inclusion(leaf, index, size, &wrong, &root));
            }
            assert!(!verify_inclusion(leaf, index, size, &[path, &[root][..]].concat(), &root));
        }
    }
}

#[test]
fn every_small_consistency_proof() {
    for new in 1..40 {
        let leaves = leaves(new);
        let new_root = root(&leaves);
        for old in 1..=new {
            let old_root = root(&leaves[..old as usize]);
            let path = consistency_path(&leaves, old as usize);
            assert!(verify_consistency(old, new, &old_root, &new_root, &path), "{old} {new}");
            assert!(!verify_consistency(0, new, &old_root, &new_root, &path));
            assert!(!verify_consistency(old, new, &leaf_hash(b"x"), &new_root, &path));
            assert!(!verify_consistency(old, new, &old_root, &leaf_hash(b"x"), &path));
            assert!(!verify_consistency(old, new, &old_root, &new_root, &[&path[..], &[new_root]].concat()));
            for cut in 0..path.len() {
                assert!(!verify_consistency(old, new, &old_root, &new_root, &path[..cut]));
            }
        }
    }
}

#[test]
fn huge_sizes_do_not_overflow() {
    let leaf = Digest(lower_hex(&"ab".repeat(32)).unwrap());
    let path = vec![leaf; 64];
    for index in [0, 1, u64::MAX - 2] {
        assert!(root_from_inclusion(&leaf, index, u64::MAX, &path).is_some());
        assert!(root_from_inclusion(&leaf, index, u64::MAX, &path[1..]).is_none());
    }
    // The last leaf of 2^64 - 1 stands alone on the lowest level: its path is one hash shorter.
    assert!(root_from_inclusion(&leaf, u64::MAX - 1, u64::MAX, &path).is_none());
    assert!(root_from_inclusion(&leaf, u64::MAX - 1, u64::MAX, &path[1..]).is_some());
    assert!(!verify_consistency(u64::MAX - 1, u64::MAX, &leaf, &leaf, &path));
    assert_eq!(split(2), 1);
    assert_eq!(split(u64::MAX), 1 << 63);
}
