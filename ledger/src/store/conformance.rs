//! The requirements of every store as one suite, for the store in memory, RocksDB and the simulator's disk.
//!
//! In: an empty store.
//! Out: a panic that names what differs.
//! Always: all stores pass the same suite.
//! Not for crashes, which each implementation tests in its own way.

use super::{Batch, Range, Store};

fn key(table: u8, n: u32) -> Vec<u8> {
    [&[table][..], &n.to_be_bytes()].concat()
}

fn numbers(store: &dyn Store, from: u32, to: u32, backwards: bool, pairs_max: usize, bytes_max: usize) -> Vec<u32> {
    let (from, to) = (key(b't', from), key(b't', to));
    let pairs = store.scan(Range { from: &from, to: &to, backwards, pairs_max, bytes_max }).expect("a store that works");
    let number = |(key, value): (Vec<u8>, Vec<u8>)| {
        assert_eq!(value.len(), 10, "values come whole");
        u32::from_be_bytes(key[1..].try_into().expect("the key that was written"))
    };
    pairs.into_iter().map(number).collect()
}

/// Runs the suite on an empty store.
///
/// # Panics
/// If the store does not conform.
pub fn check(store: &dyn Store) {
    let all = usize::MAX;
    assert_eq!(store.get(&key(b't', 1)), Ok(None), "an empty store has no keys");
    assert!(numbers(store, 0, u32::MAX, false, all, all).is_empty());
    store.apply(Batch::default()).expect("an empty batch is written");

    let mut batch = Batch::default();
    for n in (0..1_000).rev() {
        batch.put(key(b't', n), vec![1; 10]);
    }
    batch.put(key(b's', 5), b"neighbour".to_vec());
    batch.put(key(b'x', 5), b"neighbour".to_vec());
    batch.put(key(b't', 7), vec![2; 10]);
    batch.put(key(b'm', 7), Vec::new());
    store.apply(batch).expect("a batch over several tables is written");

    assert_eq!(store.get(&key(b't', 7)), Ok(Some(vec![2; 10])), "the last write to a key counts");
    assert_eq!(store.get(&key(b'm', 7)), Ok(Some(Vec::new())), "an empty value is a value");
    assert_eq!(store.get(&key(b't', 1_000)), Ok(None));
    assert_eq!(
        store.get_many(&[key(b't', 3), key(b't', 2_000), key(b't', 7), key(b't', 3)]),
        Ok(vec![Some(vec![1; 10]), None, Some(vec![2; 10]), Some(vec![1; 10])]),
        "many keys are answered in the order asked"
    );
    assert_eq!(store.get_many(&[]), Ok(Vec::new()));

    assert_eq!(
        numbers(store, 0, u32::MAX, false, all, all),
        (0..1_000).collect::<Vec<_>>(),
        "a range stays in its table, in order"
    );
    assert_eq!(numbers(store, 10, 13, false, all, all), [10, 11, 12], "the first key is included, the last is not");
    assert_eq!(numbers(store, 10, 13, true, all, all), [12, 11, 10]);
    assert_eq!(numbers(store, 990, u32::MAX, true, 2, all), [999, 998]);
    assert_eq!(numbers(store, 0, 501, true, 1, all), [500], "the last key before a bound");
    assert_eq!(numbers(store, 2_000, u32::MAX, true, all, all), [0u32; 0]);
    assert_eq!(numbers(store, 5, 5, false, all, all), [0u32; 0]);
    assert_eq!(numbers(store, 6, 5, false, all, all), [0u32; 0], "a range that ends before it begins is empty");
    assert_eq!(numbers(store, 0, 10, false, 0, all), [0u32; 0], "at the bound of pairs");
    assert_eq!(numbers(store, 0, 10, false, 3, all), [0, 1, 2]);
    assert_eq!(numbers(store, 0, 10, false, all, 0), [0], "the first pair is returned whatever its length");
    assert_eq!(numbers(store, 0, 10, false, all, 10), [0], "at the bound of bytes");
    assert_eq!(numbers(store, 0, 10, false, all, 11), [0, 1], "one above");

    let mut batch = Batch::default();
    batch.put(key(b't', 7), vec![3; 10]);
    store.apply(batch).expect("a value is replaced");
    assert_eq!(store.get(&key(b't', 7)), Ok(Some(vec![3; 10])));
}
