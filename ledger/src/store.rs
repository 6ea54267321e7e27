//! Where bytes are stored: a small ordered map with one synced batch at a time.
//!
//! In: keys and values as bytes, made in [`crate::schema`] only. The first byte of a key is its table.
//! Out: values, ranges in the order of keys.
//! Always: after [`Store::apply`] returns, the whole batch survives a crash. Before that, all of it or
//! nothing is there. [`memory`] and the crate `courtseal-rocks` pass one [`conformance`] suite, and so must
//! any other store.
//! Not for knowing what the bytes mean.

pub mod conformance;
pub mod files;
pub mod mark;
pub mod memory;

pub use mark::{MARK_BYTES, read_mark};

use crate::error::Error;

/// A key and its value.
pub type Pair = (Vec<u8>, Vec<u8>);

/// Writes that are applied together, all or none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    pairs: Vec<Pair>,
}

impl Batch {
    /// Adds a write; the last of several writes to one key counts.
    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.pairs.push((key, value));
    }

    /// The writes, in order.
    pub fn pairs(&self) -> &[Pair] {
        &self.pairs
    }
}

/// A range of keys of one table, and how much of it to read.
#[derive(Clone, Copy, Debug)]
pub struct Range<'a> {
    /// The first key of the range.
    pub from: &'a [u8],
    /// The key after the last one, in the same table.
    pub to: &'a [u8],
    /// Whether to read from the end.
    pub backwards: bool,
    /// Most pairs to return.
    pub pairs_max: usize,
    /// No further pair is read once the values returned have this many bytes; the first is returned whatever
    /// its length.
    pub bytes_max: usize,
}

/// A place for bytes. All its errors are fatal. It returns bytes as they are stored, damaged or not, because
/// checksums belong to the schema.
pub trait Store: Send + Sync {
    /// The value of a key.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Corrupt`].
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Error>;

    /// The values of keys of one table, in the order of `keys`.
    ///
    /// # Errors
    /// As [`Store::get`].
    fn get_many(&self, keys: &[Vec<u8>]) -> Result<Vec<Option<Vec<u8>>>, Error> {
        keys.iter().map(|key| self.get(key)).collect()
    }

    /// The pairs of a range, in the order of keys or backwards, within its bounds.
    ///
    /// # Errors
    /// As [`Store::get`].
    fn scan(&self, range: Range<'_>) -> Result<Vec<Pair>, Error>;

    /// Writes a batch, all or nothing, and syncs it.
    ///
    /// # Errors
    /// [`Error::Store`]: whether the batch is there is not known until the store is opened again. The batch
    /// must not be tried again.
    fn apply(&self, batch: Batch) -> Result<(), Error>;

    /// Notes that a stored value is damaged, so that the store is not opened again but repaired (S11). A
    /// store that keeps nothing has nothing to note.
    fn note_damage(&self, _reason: &str) {}
}
