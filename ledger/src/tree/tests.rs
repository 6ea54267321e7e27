//! The tree in tiles against the naive tree of the proof crate.
//!
//! In: numbers of leaves, and steps in which they are appended.
//! Out: failures if a root, a path or a tile differs.
//! Not for verifying paths, which the proof crate's tests cover.

use super::*;
use courtseal_proof::log::merkle;
use proptest::prelude::*;

#[derive(Default)]
struct Tiles(BTreeMap<(u8, u64), Arc<Vec<Digest>>>);

impl TileSource for Tiles {
    fn tile(&self, level: u8, index: u64) -> Result<Arc<Vec<Digest>>, Error> {
        self.0.get(&(level, index)).cloned().ok_or_else(|| Error::Corrupt("no tile".to_owned()))
    }
}

fn leaves(count: usize) -> Vec<Digest> {
    (0..count).map(|i| merkle::leaf_hash(&i.to_be_bytes())).collect()
}

fn grow(leaves: &[Digest], steps: &[usize]) -> (Tiles, Edge) {
    let (mut tiles, mut edge, mut from) = (Tiles::default(), Edge::default(), 0);
    for step in steps.iter().copied().chain([leaves.len()]) {
        let to = (from + step).min(leaves.len());
        for tile in edge.append(&leaves[from..to]) {
            tiles.0.insert((tile.level, tile.index), Arc::new(tile.hashes));
        }
        assert_eq!(edge.root(), merkle::root(&leaves[..to]));
        assert_eq!(Edge::read(to as u64, &tiles).unwrap().root(), edge.root());
        from = to;
    }
    (tiles, edge)
}

#[test]
fn an_append_changes_each_tile_once() {
    let mut edge = Edge::default();
    edge.append(&leaves(100));
    let changed = edge.append(&leaves(700));
    let places: Vec<_> = changed.iter().map(|tile| (tile.level, tile.index, tile.hashes.len())).collect();
    assert_eq!(places, [(0, 0, 256), (0, 1, 256), (0, 2, 256), (0, 3, 32), (1, 0, 3)]);
}

#[test]
fn levels_of_tiles_at_their_borders() {
    let all = leaves(65_538);
    let (tiles, _) = grow(&all, &[255, 1, 1, 65_278, 1, 1]);
    assert_eq!(tiles.0[&(2, 0)].len(), 1);
    let reader = TreeReader::new(&tiles, 65_538);
    for size in [1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 65_538] {
        let root = reader.root(size).unwrap();
        assert_eq!(root, merkle::root(&all[..size as usize]));
        for index in [0, size / 2, size - 1] {
            let path = reader.inclusion_path(index, size).unwrap();
            assert!(merkle::verify_inclusion(&all[index as usize], index, size, &path, &root));
            let consistency = reader.consistency_path(index + 1, size).unwrap();
            let old = reader.root(index + 1).unwrap();
            assert!(merkle::verify_consistency(index + 1, size, &old, &root, &consistency));
        }
    }
}

#[test]
fn sizes_and_indices_out_of_range() {
    let all = leaves(10);
    let (tiles, _) = grow(&all, &[]);
    let reader = TreeReader::new(&tiles, 10);
    assert_eq!(reader.root(0).unwrap(), sha256(b""));
    assert!(reader.inclusion_path(9, 10).is_ok() && reader.consistency_path(10, 10).is_ok());
    for result in [
        reader.inclusion_path(10, 10),
        reader.inclusion_path(0, 11),
        reader.inclusion_path(0, 0),
        reader.consistency_path(0, 10),
        reader.consistency_path(11, 10),
        reader.consistency_path(1, 11),
    ] {
        assert!(matches!(result, Err(Error::OutOfRange(_))));
    }
    assert!(matches!(reader.root(11), Err(Error::OutOfRange(_))));
    assert!(matches!(reader.leaf(10), Err(Error::OutOfRange(_))));
}

#[test]
fn a_missing_or_short_tile_is_an_error() {
    let (mut tiles, _) = grow(&leaves(300), &[]);
    tiles.0.insert((0, 1), Arc::new(leaves(10)));
    assert!(matches!(TreeReader::new(&tiles, 300).root(300), Err(Error::Corrupt(_))));
    assert!(matches!(Edge::read(300, &tiles), Err(Error::Corrupt(_))));
    tiles.0.remove(&(0, 1));
    assert!(matches!(Edge::read(300, &tiles), Err(Error::Corrupt(_))));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn agrees_with_the_naive_tree(count in 1usize..1_400, steps in proptest::collection::vec(0usize..400, 0..6), a: u64, b: u64) {
        let all = leaves(count);
        let (tiles, _) = grow(&all, &steps);
        let reader = TreeReader::new(&tiles, count as u64);
        let size = 1 + a % count as u64;
        let part = &all[..size as usize];
        prop_assert_eq!(reader.root(size).unwrap(), merkle::root(part));
        let index = b % size;
        prop_assert_eq!(reader.leaf(index).unwrap(), all[index as usize]);
        prop_assert_eq!(reader.inclusion_path(index, size).unwrap(), merkle::inclusion_paths(part)[index as usize].clone());
        prop_assert_eq!(reader.consistency_path(index + 1, size).unwrap(), merkle::consistency_path(part, index as usize + 1));
    }
}
