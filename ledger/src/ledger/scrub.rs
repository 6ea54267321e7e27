//! The scrub: everything that is stored, read and compared with what it must be (S12).
//!
//! In: a ledger, and whoever wants to hear how far it is. Out: figures, or the first thing that is wrong. Always: every block is judged and executed
//! again, signatures included; every tile is made again from the leaves; every record of every table is read and counted, so that one too many is found
//! as well as one too few. Not for commit certificates and cosignatures, which the node checks, and not for repair.

use super::Ledger;
use crate::error::Error;
use crate::execute::StatementOutcome;
use crate::records::Records;
use crate::schema::{self, Table, TransactionRecord, outcome_byte};
use crate::store::Range;
use crate::tree::{Edge, TILE_HASHES, Tile, TileSource};
use courtseal_proof::transaction::Transaction;
use std::collections::BTreeMap;

/// Bytes of values that are read at a time.
const PAGE_BYTES: usize = 4 * 1024 * 1024;
/// Records that are read at a time.
const PAGE_RECORDS: usize = 16 * 1024;

/// What was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// Blocks judged and executed again.
    pub blocks: u64,
    /// Transactions in them.
    pub transactions: u64,
    /// Entries, leaf by leaf.
    pub entries: u64,
    /// Public statement entries found in the index of files.
    pub registrations: u64,
    /// Those of them whose SHA-256 and length no earlier entry has.
    pub firsts: u64,
    /// Equivocations found in their index.
    pub equivocations: u64,
    /// Tiles made again.
    pub tiles: u64,
    /// Records read, over all tables.
    pub records: u64,
}

/// Whether a stored transaction records an equivocation, which is alone in its transaction (F42).
fn is_equivocation(stored: &TransactionRecord, text: &[u8]) -> bool {
    stored.outcomes == [outcome_byte(StatementOutcome::Recorded)]
        && Transaction::from_text(text, false).is_ok_and(|read| read.statements()[0].equivocation.is_some())
}

impl Ledger {
    /// Checks everything; calls `progress` with each block's height.
    ///
    /// # Errors
    /// [`Error::Corrupt`] with what differs and where.
    pub fn scrub(&self, progress: &mut dyn FnMut(u64)) -> Result<Scrubbed, Error> {
        let head = self.head();
        let mut scrubbed = Scrubbed { blocks: head.height, entries: head.size, ..Scrubbed::default() };
        for height in 1..=head.height {
            let record = self.check_block(height)?;
            scrubbed.transactions += u64::from(record.transactions);
            for (_, stored, text) in self.block_transactions(&record)? {
                let count = |outcome| {
                    let byte = outcome_byte(outcome);
                    stored.outcomes.iter().filter(|stored| **stored == byte).count() as u64
                };
                let firsts = count(StatementOutcome::First);
                scrubbed.firsts += firsts;
                scrubbed.registrations += firsts + count(StatementOutcome::Repeated);
                scrubbed.equivocations += u64::from(is_equivocation(&stored, &text));
            }
            progress(height);
        }
        scrubbed.tiles = self.check_tiles()?;
        scrubbed.records = self.check_counts(&scrubbed)?;
        self.check_single_records()?;
        Ok(scrubbed)
    }

    /// Makes every tile again from the leaves; how many there are.
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
                    // As it is at the end; until then it grows.
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

    /// Reads every record of every table; each table holds as many as the blocks ask for.
    fn check_counts(&self, scrubbed: &Scrubbed) -> Result<u64, Error> {
        let (mut records, mut firsts) = (0, 0);
        for table in schema::TABLES {
            let found = self.count(table)?;
            records += found;
            let expected = match table {
                Table::Meta => continue,
                Table::Block => scrubbed.blocks,
                Table::Transaction | Table::TransactionIndex => scrubbed.transactions,
                Table::System => 2,
                // An entry is the first with its SHA-256, or a further one, which may be the first with its
                // length.
                Table::First => {
                    firsts = found;
                    continue;
                }
                Table::Further => scrubbed.registrations.saturating_sub(firsts),
                Table::OtherLength => scrubbed.firsts.saturating_sub(firsts),
                Table::Equivocation => scrubbed.equivocations,
                Table::Tile => scrubbed.tiles,
            };
            if found != expected {
                let letter = char::from(table as u8);
                return Err(Error::Corrupt(format!("table {letter} holds {found} records, the blocks ask for {expected}")));
            }
        }
        Ok(records)
    }

    fn count(&self, table: Table) -> Result<u64, Error> {
        let (mut from, to, mut found) = (table.key(&[]), table.end(), 0);
        loop {
            let range = Range { from: &from, to: &to, backwards: false, pairs_max: PAGE_RECORDS, bytes_max: PAGE_BYTES };
            let pairs = self.store.scan(range)?;
            let Some((last, _)) = pairs.last() else { return Ok(found) };
            from = [&last[..], &[0]].concat();
            found += pairs.len() as u64;
            for (key, value) in pairs {
                schema::unseal(&key, value)?;
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
