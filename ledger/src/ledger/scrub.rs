//! The scrub: reads all stored data and compares it with what it must be (S12).
//!
//! In: a ledger, and a callback that is told the progress.
//! Out: figures, or the first error.
//! Always: every block is judged and executed again, signatures included. Every tile is made again from the
//! leaves. Every record of every table is read and counted, so that one record too many or too few is found.
//! Not for commit certificates and cosignatures, which the node checks, and not for repair.

use super::Ledger;
use super::fact_records::{Payload, fact_records, versioned};
use crate::error::Error;
use crate::records::Records;
use crate::schema::{self, NewestRecord, Table};
use crate::state::genesis_facts;
use crate::store::{Pair, Range};
use crate::tree::{Edge, TILE_HASHES, Tile, TileSource};
use courtseal_proof::bytes::codec;
use courtseal_proof::entry::Entry;
use std::collections::BTreeMap;

/// Most bytes of values that are read at a time.
const PAGE_BYTES: usize = 4 * 1024 * 1024;
/// Most records that are read at a time.
const PAGE_RECORDS: usize = 16 * 1024;

/// The numbers of items that were checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// Blocks judged and executed again.
    pub blocks: u64,
    /// Transactions in these blocks.
    pub transactions: u64,
    /// Entries, each compared with its leaf.
    pub entries: u64,
    /// Records of facts that follow from the log, each found as it must be.
    pub facts: u64,
    /// Tiles that were made again.
    pub tiles: u64,
    /// Records read, over all tables.
    pub records: u64,
}

impl Ledger {
    /// Checks everything, and calls `progress` with each block's height.
    ///
    /// # Errors
    /// [`Error::Corrupt`] with the difference and its place.
    pub fn scrub(&self, progress: &mut dyn FnMut(u64)) -> Result<Scrubbed, Error> {
        let head = self.head();
        let mut scrubbed = Scrubbed { blocks: head.height, entries: head.size, ..Scrubbed::default() };
        let mut facts = BTreeMap::new();
        let genesis: Vec<Payload> = genesis_facts(&self.genesis).flat_map(|(subject, fact)| versioned(&subject, &fact)).collect();
        count_by_table(&mut facts, &genesis);
        self.check_facts(genesis)?;
        for height in 1..=head.height {
            let (record, execution) = self.recheck(height)?;
            scrubbed.transactions += u64::from(record.transactions);
            count_by_table(&mut facts, &fact_records(&execution));
            progress(height);
        }
        facts.insert(Table::Newest as u8, self.check_newest()?);
        scrubbed.facts = facts.values().sum();
        scrubbed.tiles = self.check_tiles()?;
        scrubbed.records = self.check_counts(&scrubbed, &facts)?;
        self.check_single_records()?;
        Ok(scrubbed)
    }

    /// Makes every tile again from the leaves. Returns how many there are.
    fn check_tiles(&self) -> Result<u64, Error> {
        let head = self.head();
        let (mut edge, mut open, mut tiles) = (Edge::default(), BTreeMap::new(), 0);
        while edge.size() < head.size {
            let leaves = self.tile(0, edge.size() / TILE_HASHES as u64)?;
            let wanted = (head.size - edge.size()).min(TILE_HASHES as u64) as usize;
            let leaves = leaves.get(..wanted).ok_or_else(|| Error::Corrupt("a tile of leaves is too short".to_owned()))?;
            for tile in edge.append(leaves) {
                if tile.hashes.len() == TILE_HASHES {
                    open.remove(&(tile.level, tile.index));
                    tiles += self.check_tile(&tile)?;
                } else {
                    // The last form of the tile is compared, because it grows until then.
                    open.insert((tile.level, tile.index), tile);
                }
            }
        }
        for tile in open.values() {
            tiles += self.check_tile(tile)?;
        }
        if edge.root() == head.root {
            Ok(tiles)
        } else {
            Err(Error::Corrupt("the leaves do not give the head's root".to_owned()))
        }
    }

    fn check_tile(&self, tile: &Tile) -> Result<u64, Error> {
        let (level, index) = (tile.level, tile.index);
        if *self.tile(level, index)? == tile.hashes {
            Ok(1)
        } else {
            Err(Error::Corrupt(format!("tile {level}/{index} is not what its leaves give")))
        }
    }

    /// Compares the newest fact of each subject with its last version. Returns how many subjects there are.
    fn check_newest(&self) -> Result<u64, Error> {
        let (mut last, mut subjects): (Option<Pair>, u64) = (None, 0);
        let mut is_next = |version: Option<Pair>| -> Result<(), Error> {
            let subject = |key: &[u8]| key[..key.len().saturating_sub(8)].to_vec();
            let before = std::mem::replace(&mut last, version);
            let Some((key, value)) = before else { return Ok(()) };
            if last.as_ref().is_some_and(|(next, _)| subject(next) == subject(&key)) {
                return Ok(());
            }
            subjects += 1;
            let index = key.last_chunk().map(|bytes| u64::from_be_bytes(*bytes)).ok_or_else(|| schema::damaged(&key))?;
            let newest = [&[Table::Newest as u8], &subject(&key)[1..]].concat();
            self.check_facts([(newest, codec::encode(&NewestRecord { index, value }))])
        };
        self.each(Table::Version, &mut |key, value| is_next(Some((key, value))))?;
        is_next(None)?;
        Ok(subjects)
    }

    /// Reads every record of every table. Each table holds as many as follow from the blocks.
    fn check_counts(&self, scrubbed: &Scrubbed, facts: &BTreeMap<u8, u64>) -> Result<u64, Error> {
        let mut records = 0;
        for table in schema::TABLES {
            let mut found = 0;
            self.each(table, &mut |_, _| {
                found += 1;
                Ok(())
            })?;
            records += found;
            let expected = match table {
                Table::Meta => continue,
                Table::Block => scrubbed.blocks,
                Table::Transaction | Table::Outcomes | Table::TransactionIndex => scrubbed.transactions,
                // The entries of height 0, and the one that ends each block.
                Table::System => Entry::genesis(&self.genesis).len() as u64 + scrubbed.blocks,
                Table::Tile => scrubbed.tiles,
                Table::First | Table::Named | Table::Equivocation | Table::Newest | Table::Version => {
                    facts.get(&(table as u8)).copied().unwrap_or_default()
                }
            };
            if found != expected {
                let letter = char::from(table as u8);
                return Err(Error::Corrupt(format!("table {letter} holds {found} records, the blocks ask for {expected}")));
            }
        }
        Ok(records)
    }

    /// Reads each record of a table, in the order of keys.
    fn each(&self, table: Table, act: &mut dyn FnMut(Vec<u8>, Vec<u8>) -> Result<(), Error>) -> Result<(), Error> {
        let (mut from, to) = (table.key(&[]), table.end());
        loop {
            let range = Range { from: &from, to: &to, backwards: false, pairs_max: PAGE_RECORDS, bytes_max: PAGE_BYTES };
            let pairs = self.store.scan(range)?;
            let Some((last, _)) = pairs.last() else { return Ok(()) };
            from = [&last[..], &[0]].concat();
            for (key, value) in pairs {
                let payload = schema::unseal(&key, value)?;
                act(key, payload)?;
            }
        }
    }

    /// The genesis document and the checkpoint.
    fn check_single_records(&self) -> Result<(), Error> {
        let stored = Records(&*self.store).genesis()?;
        if stored.is_none_or(|text| text != self.genesis.to_text().as_bytes()) {
            return Err(Error::Corrupt("the genesis document".to_owned()));
        }
        match self.checkpoint()? {
            Some(cosigned) => self.check_is_ours(&cosigned.checkpoint),
            None => Ok(()),
        }
        .map_err(|error| if error.is_fatal() { error } else { Error::Corrupt(format!("the kept checkpoint: {error}")) })
    }
}

/// Counts records by the table of their keys.
fn count_by_table(counts: &mut BTreeMap<u8, u64>, records: &[Payload]) {
    records.iter().for_each(|(key, _)| *counts.entry(key[0]).or_default() += 1);
}
