//! The log's Merkle tree (RFC 6962) in tiles (C2SP `tlog-tiles`, L10).
//!
//! A tile is 256 hashes wide. One level of tiles stands for eight levels of the tree.
//!
//! In: leaf hashes to append; tiles from a [`TileSource`].
//! Out: changed tiles, roots, inclusion and consistency paths for any past size.
//! Always: the tile at (level, n) holds, in order, the roots of the subtrees of `256^level` leaves from
//! number `256 n` on. A hash in a tile never changes. Only the right edge (at most 255 hashes a level) is in
//! memory. The results agree with [`courtseal_proof::log::merkle`].
//! Not for verifying paths, which the proof crate does.

use crate::error::Error;
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::log::merkle::{node_hash, root, split};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Number of hashes in a full tile.
pub const TILE_HASHES: usize = 256;

/// A tile that an append changed: a full one, or the right edge of its level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Its level, 0 for tiles of leaf hashes.
    pub level: u8,
    /// Its number in its level, from 0.
    pub index: u64,
    /// 1 to 256 hashes.
    pub hashes: Vec<Digest>,
}

/// The reader of stored tiles.
pub trait TileSource {
    /// The hashes of a tile, as many as are stored.
    ///
    /// # Errors
    /// Fatal ones of the store; [`Error::Corrupt`] if the tile is missing or damaged.
    fn tile(&self, level: u8, index: u64) -> Result<Arc<Vec<Digest>>, Error>;
}

/// The right edge of the tree, all that appending needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    size: u64,
    /// The hashes of each level's last tile that is not full, at most 255.
    levels: Vec<Vec<Digest>>,
}

impl Edge {
    /// The edge of the tree of `size` leaves, read from its tiles.
    ///
    /// # Errors
    /// As [`TileSource::tile`].
    pub fn read(size: u64, source: &dyn TileSource) -> Result<Self, Error> {
        let mut levels = Vec::new();
        let mut hashes = size;
        for level in 0.. {
            if hashes == 0 {
                break;
            }
            let width = (hashes % TILE_HASHES as u64) as usize;
            let mut edge = Vec::new();
            if width > 0 {
                edge.extend_from_slice(prefix(&source.tile(level, hashes / TILE_HASHES as u64)?, width, level)?);
            }
            levels.push(edge);
            hashes /= TILE_HASHES as u64;
        }
        Ok(Self { size, levels })
    }

    /// Number of leaves in the tree.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends leaves. Returns each changed tile once, as it is after the last of them.
    pub fn append(&mut self, leaves: &[Digest]) -> Vec<Tile> {
        let mut changed = Vec::new();
        let mut before = self.size;
        let mut added: Vec<Digest> = leaves.to_vec();
        self.size += leaves.len() as u64;
        for level in 0.. {
            if added.is_empty() {
                break;
            }
            if self.levels.len() == usize::from(level) {
                self.levels.push(Vec::new());
            }
            let edge = &mut self.levels[usize::from(level)];
            debug_assert_eq!(edge.len() as u64, before % TILE_HASHES as u64, "the edge is the last, unfinished tile");
            let mut index = before / TILE_HASHES as u64;
            let mut roots = Vec::new();
            let mut rest = &added[..];
            while !rest.is_empty() {
                let (now, later) = rest.split_at(rest.len().min(TILE_HASHES - edge.len()));
                rest = later;
                edge.extend_from_slice(now);
                changed.push(Tile { level, index, hashes: edge.clone() });
                if edge.len() == TILE_HASHES {
                    roots.push(root(edge));
                    edge.clear();
                    index += 1;
                }
            }
            before /= TILE_HASHES as u64;
            added = roots;
        }
        changed
    }

    /// The root of the tree.
    pub fn root(&self) -> Digest {
        // The perfect subtrees that make up the tree, largest first. They come from the higher levels down,
        // and in each level by powers of two.
        let mut peaks = Vec::new();
        for edge in self.levels.iter().rev() {
            let mut rest = &edge[..];
            while !rest.is_empty() {
                let (peak, later) = rest.split_at(1 << rest.len().ilog2());
                peaks.push(root(peak));
                rest = later;
            }
        }
        let last = peaks.pop().unwrap_or_else(|| sha256(b""));
        peaks.iter().rev().fold(last, |right, left| node_hash(left, &right))
    }
}

/// Tiles by level and number.
type TilesRead = BTreeMap<(u8, u64), Arc<Vec<Digest>>>;

/// Reads paths and roots of one tree from its tiles, each tile once.
pub struct TreeReader<'a> {
    source: &'a dyn TileSource,
    size: u64,
    tiles: RefCell<TilesRead>,
    /// Hashes of subtrees that were asked for, because neighbouring leaves share most of their paths.
    nodes: RefCell<HashMap<(u64, u64), Digest>>,
}

impl<'a> TreeReader<'a> {
    /// A reader of the tree of `size` leaves; `source` may hold more.
    pub fn new(source: &'a dyn TileSource, size: u64) -> Self {
        Self { source, size, tiles: RefCell::default(), nodes: RefCell::default() }
    }

    /// The hash of a leaf.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], and as [`TileSource::tile`].
    pub fn leaf(&self, index: u64) -> Result<Digest, Error> {
        if index >= self.size {
            return Err(Error::OutOfRange("the log has no such index"));
        }
        self.subtree(index, index + 1)
    }

    /// The root of the tree of the first `size` leaves.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], and as [`TileSource::tile`].
    pub fn root(&self, size: u64) -> Result<Digest, Error> {
        self.check_size(size)?;
        if size == 0 { Ok(sha256(b"")) } else { self.subtree(0, size) }
    }

    /// The path from the leaf at `index` to the root of the first `size` leaves, leaf to root.
    ///
    /// # Errors
    /// [`Error::OutOfRange`], and as [`TileSource::tile`].
    pub fn inclusion_path(&self, index: u64, size: u64) -> Result<Vec<Digest>, Error> {
        self.check_size(size)?;
        if index >= size {
            return Err(Error::OutOfRange("no such index in a log of that size"));
        }
        let (mut begin, mut end, mut path) = (0, size, Vec::new());
        while end - begin > 1 {
            let middle = begin + split(end - begin);
            if index < middle {
                path.push(self.subtree(middle, end)?);
                end = middle;
            } else {
                path.push(self.subtree(begin, middle)?);
                begin = middle;
            }
        }
        path.reverse();
        Ok(path)
    }

    /// The path that proves that the first `new_size` leaves begin with the first `old_size` (at least 1).
    ///
    /// # Errors
    /// [`Error::OutOfRange`], and as [`TileSource::tile`].
    pub fn consistency_path(&self, old_size: u64, new_size: u64) -> Result<Vec<Digest>, Error> {
        self.check_size(new_size)?;
        if !(1..=new_size).contains(&old_size) {
            return Err(Error::OutOfRange("the old size is at least 1 and at most the new size"));
        }
        let (mut begin, mut end, mut path) = (0, new_size, Vec::new());
        while end != old_size {
            let middle = begin + split(end - begin);
            if old_size <= middle {
                path.push(self.subtree(middle, end)?);
                end = middle;
            } else {
                path.push(self.subtree(begin, middle)?);
                begin = middle;
            }
        }
        // The verifier knows the old root, so it is sent only if it is not the root of a whole subtree from
        // the left.
        if begin > 0 {
            path.push(self.subtree(begin, end)?);
        }
        path.reverse();
        Ok(path)
    }

    fn check_size(&self, size: u64) -> Result<(), Error> {
        if size > self.size { Err(Error::OutOfRange("the log is not that long")) } else { Ok(()) }
    }

    /// The hash over the leaves from `begin` to before `end`. `begin` is a multiple of the power of two at or
    /// above their number.
    fn subtree(&self, begin: u64, end: u64) -> Result<Digest, Error> {
        if let Some(hash) = self.nodes.borrow().get(&(begin, end)) {
            return Ok(*hash);
        }
        let hash = self.hash_subtree(begin, end)?;
        self.nodes.borrow_mut().insert((begin, end), hash);
        Ok(hash)
    }

    fn hash_subtree(&self, begin: u64, end: u64) -> Result<Digest, Error> {
        let leaves = end - begin;
        if !leaves.is_power_of_two() {
            let middle = begin + split(leaves);
            return Ok(node_hash(&self.subtree(begin, middle)?, &self.subtree(middle, end)?));
        }
        // A perfect subtree of 2^k leaves is 2^(k mod 8) neighbouring hashes of one tile at level k / 8.
        let k = leaves.trailing_zeros();
        let level = (k / 8) as u8;
        let at = begin >> (8 * u32::from(level));
        let (index, offset) = (at / TILE_HASHES as u64, (at % TILE_HASHES as u64) as usize);
        let hashes = self.tile(level, index)?;
        let to = offset + (1 << (k % 8));
        Ok(root(&prefix(&hashes, to, level)?[offset..]))
    }

    fn tile(&self, level: u8, index: u64) -> Result<Arc<Vec<Digest>>, Error> {
        if let Some(tile) = self.tiles.borrow().get(&(level, index)) {
            return Ok(Arc::clone(tile));
        }
        let tile = self.source.tile(level, index)?;
        self.tiles.borrow_mut().insert((level, index), Arc::clone(&tile));
        Ok(tile)
    }
}

fn prefix(hashes: &[Digest], width: usize, level: u8) -> Result<&[Digest], Error> {
    hashes
        .get(..width)
        .ok_or_else(|| Error::Corrupt(format!("a tile of level {level} holds fewer hashes than the log's size asks for")))
}

#[cfg(test)]
mod tests;
