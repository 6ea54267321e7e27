//! RFC 6962 Merkle trees: roots, inclusion and consistency, made and verified (F1).
//!
//! In: leaf hashes or leaf bytes, indices, sizes, paths.
//! Out: hashes, yes or no.
//! Always: a path is refused if its length does not fit the tree's shape. Sizes up to 2^63 cannot overflow.
//! Not for large stored trees, which the ledger keeps in tiles; they share [`node_hash`] and the verifiers.
//!
//! ```
//! use courtseal_proof::log::merkle::{consistency_path, inclusion_paths, leaf_hash, root, verify_consistency, verify_inclusion};
//!
//! let leaves = ["genesis", "epoch", "a lease"].map(|entry| leaf_hash(entry.as_bytes()));
//! let (old, new) = (root(&leaves[..2]), root(&leaves));
//! let path = &inclusion_paths(&leaves)[2];
//! assert!(verify_inclusion(&leaves[2], 2, 3, path, &new));
//! assert!(!verify_inclusion(&leaf_hash(b"another"), 2, 3, path, &new));
//! assert!(verify_consistency(2, 3, &old, &new, &consistency_path(&leaves, 2)));
//! ```

use crate::bytes::digest::{Digest, sha256, sha256_of};

/// The hash of a leaf: `SHA-256(0x00 ‖ entry)`.
pub fn leaf_hash(entry: &[u8]) -> Digest {
    sha256_of(&[&[0], entry])
}

/// The hash of an inner node: `SHA-256(0x01 ‖ left ‖ right)`.
pub fn node_hash(left: &Digest, right: &Digest) -> Digest {
    sha256_of(&[&[1], &left.0, &right.0])
}

/// The largest power of two below `size`, which is at least 2: where RFC 6962 splits a tree.
pub fn split(size: u64) -> u64 {
    debug_assert!(size >= 2, "a tree of one leaf is not split");
    1 << (63 - (size - 1).leading_zeros())
}

/// The root over leaf hashes.
pub fn root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => sha256(b""),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
            node_hash(&root(left), &root(right))
        }
    }
}

/// The inclusion path of every leaf, leaf to root, in order, in one pass over the tree.
pub fn inclusion_paths(leaves: &[Digest]) -> Vec<Vec<Digest>> {
    fn walk(leaves: &[Digest], paths: &mut [Vec<Digest>]) -> Digest {
        if let [leaf] = leaves {
            return *leaf;
        }
        let middle = split(leaves.len() as u64) as usize;
        let (left_paths, right_paths) = paths.split_at_mut(middle);
        let left = walk(&leaves[..middle], left_paths);
        let right = walk(&leaves[middle..], right_paths);
        left_paths.iter_mut().for_each(|path| path.push(right));
        right_paths.iter_mut().for_each(|path| path.push(left));
        node_hash(&left, &right)
    }
    let mut paths = vec![Vec::new(); leaves.len()];
    if !leaves.is_empty() {
        walk(leaves, &mut paths);
    }
    paths
}

/// The root that `path` leads to from the leaf at `index` of `size`. None if the path does not fit the tree's
/// shape.
pub fn root_from_inclusion(leaf: &Digest, index: u64, size: u64, path: &[Digest]) -> Option<Digest> {
    if index >= size {
        return None;
    }
    // RFC 9162, section 2.1.3.2: fn is the leaf's number, sn the last leaf's, both shifted on the way up.
    let (mut node, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in path {
        if last == 0 {
            return None;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    (last == 0).then_some(hash)
}

/// Whether `path` proves that the leaf is at `index` in the tree of `size` leaves with this root.
pub fn verify_inclusion(leaf: &Digest, index: u64, size: u64, path: &[Digest], root: &Digest) -> bool {
    root_from_inclusion(leaf, index, size, path).as_ref() == Some(root)
}

/// Whether `path` proves that the tree of `new_size` leaves begins with the tree of `old_size` leaves (at
/// least 1).
pub fn verify_consistency(old_size: u64, new_size: u64, old_root: &Digest, new_root: &Digest, path: &[Digest]) -> bool {
    if old_size == new_size {
        return old_size != 0 && path.is_empty() && old_root == new_root;
    }
    // RFC 9162, section 2.1.4.2: if the old tree is a whole subtree, the path leaves out its first node, the
    // old root.
    let whole = old_size.is_power_of_two().then_some(*old_root);
    let path: Vec<Digest> = whole.into_iter().chain(path.iter().copied()).collect();
    roots_from_consistency(old_size, new_size, &path) == Some((*old_root, *new_root))
}

/// The roots of the first `old_size` leaves (at least 1, fewer than `new_size`) and of all leaves, as a
/// consistency path gives them. The path's first node is always written. None if the path does not fit the
/// tree's shape.
pub fn roots_from_consistency(old_size: u64, new_size: u64, path: &[Digest]) -> Option<(Digest, Digest)> {
    let (start, rest) = path.split_first().filter(|_| 0 < old_size && old_size < new_size)?;
    let (mut node, mut last) = (old_size - 1, new_size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    let (mut old_hash, mut new_hash) = (*start, *start);
    for sibling in rest {
        if last == 0 {
            return None;
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    (last == 0).then_some((old_hash, new_hash))
}

/// The consistency path from the tree of the first `old_size` leaves (at least 1) to the tree of all.
pub fn consistency_path(leaves: &[Digest], old_size: usize) -> Vec<Digest> {
    fn walk(leaves: &[Digest], old_size: usize, whole: bool, path: &mut Vec<Digest>) {
        if old_size == leaves.len() {
            if !whole {
                path.push(root(leaves));
            }
            return;
        }
        let middle = split(leaves.len() as u64) as usize;
        if old_size <= middle {
            walk(&leaves[..middle], old_size, whole, path);
            path.push(root(&leaves[middle..]));
        } else {
            walk(&leaves[middle..], old_size - middle, false, path);
            path.push(root(&leaves[..middle]));
        }
    }
    let mut path = Vec::new();
    if (1..=leaves.len()).contains(&old_size) {
        walk(leaves, old_size, true, &mut path);
    }
    path
}

#[cfg(test)]
mod tests;
