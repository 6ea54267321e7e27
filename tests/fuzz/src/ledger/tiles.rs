//! Tiles of any shape under a log of any size (S4).
//!
//! In: a size, how many hashes each tile holds, questions.
//! Out: whether the edge could be read.
//! Always: a missing or short tile is an error, never a panic; a whole small tree answers as the proof crate
//! does.
//! Not for stores.

use crate::input::Input;
use crate::target::Target;
use courtseal_ledger::Error;
use courtseal_ledger::tree::{Edge, TileSource, TreeReader};
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::log::merkle::{self, verify_consistency, verify_inclusion};
use std::collections::BTreeMap;
use std::sync::Arc;

/// See the module.
pub const TARGETS: &[Target] = &[Target { name: "tiles", length_bytes_max: 256, run: tiles, seeds }];

/// Tiles that hold as many hashes as their number says, from a short list of lengths.
struct Any(Vec<usize>);

impl TileSource for Any {
    fn tile(&self, level: u8, index: u64) -> Result<Arc<Vec<Digest>>, Error> {
        let at = (index as usize).wrapping_add(usize::from(level)) % self.0.len();
        if self.0[at] > 300 {
            return Err(Error::Corrupt("missing".to_owned()));
        }
        Ok(Arc::new(vec![sha256(&[level]); self.0[at]]))
    }
}

/// The tiles that appending wrote.
#[derive(Default)]
struct Written(BTreeMap<(u8, u64), Arc<Vec<Digest>>>);

impl TileSource for Written {
    fn tile(&self, level: u8, index: u64) -> Result<Arc<Vec<Digest>>, Error> {
        self.0.get(&(level, index)).cloned().ok_or_else(|| Error::Corrupt("missing".to_owned()))
    }
}

fn tiles(bytes: &[u8]) -> bool {
    let mut input = Input(bytes);
    whole(&mut input);
    let size = input.number();
    let lengths: Vec<usize> = (0..4).map(|_| input.short() % 400).collect();
    let source = Any(lengths);
    let reader = TreeReader::new(&source, size);
    for _ in 0..4 {
        let (a, b) = (input.number(), input.number());
        let _ = (reader.leaf(a), reader.root(a), reader.inclusion_path(a, b), reader.consistency_path(a, b));
    }
    Edge::read(size, &source).is_ok_and(|edge| {
        assert_eq!(edge.size(), size);
        let _ = edge.root();
        true
    })
}

/// A tree of up to 600 leaves, appended in two parts, asked about one leaf and one earlier size.
fn whole(input: &mut Input<'_>) {
    let leaves: Vec<Digest> = (0..1 + input.short() % 600).map(|leaf| sha256(&leaf.to_be_bytes())).collect();
    let (first, index) = (input.short() % leaves.len(), input.short() % leaves.len());
    let (mut edge, mut written) = (Edge::default(), Written::default());
    for part in [&leaves[..first], &leaves[first..]] {
        written.0.extend(edge.append(part).into_iter().map(|tile| ((tile.level, tile.index), Arc::new(tile.hashes))));
    }
    let (size, root) = (leaves.len() as u64, merkle::root(&leaves));
    assert_eq!(edge.root(), root);
    assert_eq!(Edge::read(size, &written), Ok(edge));
    let reader = TreeReader::new(&written, size);
    let path = reader.inclusion_path(index as u64, size).expect("a whole tree has all paths");
    assert!(verify_inclusion(&leaves[index], index as u64, size, &path, &root));
    if first > 0 {
        let path = reader.consistency_path(first as u64, size).expect("a whole tree has all paths");
        assert!(verify_consistency(first as u64, size, &merkle::root(&leaves[..first]), &root, &path));
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let seed = |leaves: u16, size: u64, length: u16| {
        let mut bytes = [leaves.to_le_bytes(), (leaves / 2).to_le_bytes(), (leaves / 3).to_le_bytes()].concat();
        bytes.extend_from_slice(&size.to_le_bytes());
        bytes.extend((0..4).flat_map(|_| length.to_le_bytes()));
        bytes.extend((0..4).flat_map(|_| [(size / 2).to_le_bytes(), size.to_le_bytes()].concat()));
        bytes
    };
    vec![
        seed(1, 1, 1),
        seed(255, 256, 256),
        seed(599, 70_000, 256),
        seed(300, u64::MAX, 256),
        seed(2, 1 << 63, 255),
        seed(9, 9, 0),
    ]
}
