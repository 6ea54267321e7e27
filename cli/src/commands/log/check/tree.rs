//! The root of a log while its entries stream by (RFC 6962), in memory that grows with the logarithm of its
//! size.
//!
//! In: leaf hashes, in order. Out: the root of all so far, at any moment. Always: the same root as
//! `courtseal_proof::log::merkle::root`. Not for proofs.

use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::log::merkle::node_hash;

/// A log's tree, reduced to what later leaves need: the roots of its full subtrees, largest first.
#[derive(Default)]
pub struct StreamedTree {
    size: u64,
    full: Vec<Digest>,
}

impl StreamedTree {
    /// Leaves so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf hash.
    pub fn push(&mut self, leaf: Digest) {
        let mut hash = leaf;
        // Each set low bit of the size is a full subtree that this leaf completes to twice its size.
        for _ in 0..self.size.trailing_ones() {
            hash = self.full.pop().map_or(hash, |left| node_hash(&left, &hash));
        }
        self.full.push(hash);
        self.size += 1;
    }

    /// The root over all leaves so far.
    pub fn root(&self) -> Digest {
        let mut subtrees = self.full.iter().rev();
        let smallest = subtrees.next().copied().unwrap_or_else(|| sha256(b""));
        subtrees.fold(smallest, |right, left| node_hash(left, &right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use courtseal_proof::log::merkle::{leaf_hash, root};

    #[test]
    fn f1_the_same_root_at_every_size() {
        let (mut tree, mut leaves) = (StreamedTree::default(), Vec::new());
        for number in 0..300_u64 {
            assert_eq!(tree.root(), root(&leaves), "{number}");
            let leaf = leaf_hash(&number.to_be_bytes());
            tree.push(leaf);
            leaves.push(leaf);
        }
        assert_eq!(tree.size(), 300);
    }
}
