//! Inclusion and consistency paths (F1).
//!
//! In: sizes, indices, hashes.
//! Out: whether a path is accepted.
//! Always: a small tree's path is accepted only where it is the tree's own; any numbers may be asked about.
//! Not for tiles.

use crate::input::Input;
use crate::target::Target;
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::log::merkle::{
    consistency_path, inclusion_paths, root, root_from_inclusion, verify_consistency, verify_inclusion,
};

/// See the module.
pub const TARGETS: &[Target] = &[
    Target { name: "inclusion", length_bytes_max: 512, run: inclusion, seeds: inclusions },
    Target { name: "consistency", length_bytes_max: 512, run: consistency, seeds: consistencies },
];

fn leaves(count: usize) -> Vec<Digest> {
    (0..count).map(|leaf| sha256(&[leaf as u8])).collect()
}

/// A path with some hashes changed, left out or added, as the input says.
fn changed(mut path: Vec<Digest>, input: &mut Input<'_>) -> Vec<Digest> {
    for _ in 0..4 {
        let (kind, at) = (input.byte() % 4, usize::from(input.byte()) % (path.len() + 1));
        match kind {
            1 if at < path.len() => path[at].0[usize::from(input.byte()) % 32] ^= input.byte(),
            2 if at < path.len() => drop(path.remove(at)),
            3 => path.insert(at, Digest(input.array())),
            _ => {}
        }
    }
    path
}

fn hashes(input: &mut Input<'_>) -> Vec<Digest> {
    let count = usize::from(input.byte() % 70);
    (0..count).map(|_| Digest(input.array())).collect()
}

/// Size and index of a small tree, and a changed path; then any numbers and hashes.
fn inclusion(bytes: &[u8]) -> bool {
    let mut input = Input(bytes);
    let leaves = leaves(1 + usize::from(input.byte()) % 64);
    let (index, root) = (usize::from(input.byte()) % leaves.len(), root(&leaves));
    let own = inclusion_paths(&leaves).swap_remove(index);
    let path = changed(own.clone(), &mut input);
    let is_in = verify_inclusion(&leaves[index], index as u64, leaves.len() as u64, &path, &root);
    assert_eq!(is_in, path == own);
    let (index, size, path) = (input.number(), input.number(), hashes(&mut input));
    let found = root_from_inclusion(&leaves[0], index, size, &path);
    assert!(found.is_none() || index < size);
    is_in
}

/// Two sizes of a small tree, and a changed path; then any numbers and hashes.
fn consistency(bytes: &[u8]) -> bool {
    let mut input = Input(bytes);
    let leaves = leaves(1 + usize::from(input.byte()) % 64);
    let old = 1 + usize::from(input.byte()) % leaves.len();
    let own = consistency_path(&leaves, old);
    let path = changed(own.clone(), &mut input);
    let (old_root, new_root) = (root(&leaves[..old]), root(&leaves));
    let is_prefix = verify_consistency(old as u64, leaves.len() as u64, &old_root, &new_root, &path);
    assert_eq!(is_prefix, path == own);
    let (old, new, path) = (input.number(), input.number(), hashes(&mut input));
    let found = verify_consistency(old, new, &old_root, &new_root, &path);
    assert!(!found || (1..=new).contains(&old));
    is_prefix
}

fn inclusions() -> Vec<Vec<u8>> {
    let size = [0u8, 1, 2, 6, 7, 63];
    size.into_iter()
        .flat_map(|size| [vec![size, size / 2], vec![size, size / 2, 1, 1, 9, 9, 2, 1, 3, 2]])
        .chain([numbers()])
        .collect()
}

fn consistencies() -> Vec<Vec<u8>> {
    inclusions()
}

/// The largest numbers.
fn numbers() -> Vec<u8> {
    let mut bytes = vec![5, 2, 0, 0, 0, 0, 0, 0, 0, 0];
    bytes.extend_from_slice(&(u64::MAX - 1).to_le_bytes());
    bytes.extend_from_slice(&u64::MAX.to_le_bytes());
    bytes.push(63);
    bytes.resize(400, 7);
    bytes
}
