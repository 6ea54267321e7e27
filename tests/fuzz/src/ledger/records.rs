//! Stored records, and a store in which some were damaged (S1 to S6).
//!
//! In: payloads; or damage to a good store.
//! Out: whether they are read.
//! Always: what is read is encoded again byte for byte; what a damaged store still answers is what was
//! recorded.
//! Not for repairs.

use crate::input::Input;
use crate::network::{GENESIS, RECORDED, cosigned, recorded};
use crate::target::Target;
use courtseal_ledger::schema::outcomes::{OutcomesRecord, outcomes};
use courtseal_ledger::schema::{self, BlockRecord, CHECKSUM_BYTES, NewestRecord, SchemaRecord, SystemRecord, TransactionPlace};
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_ledger::{Head, Ledger};
use courtseal_proof::bytes::codec;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::{Arc, LazyLock};

/// See the module.
pub const TARGETS: &[Target] = &[
    Target { name: "stored-record", length_bytes_max: 4 * 1024, run: record, seeds: records },
    Target { name: "damaged-store", length_bytes_max: 256, run: damaged, seeds: damages },
];

fn reads<T: Serialize + DeserializeOwned>(key: &[u8], payload: &[u8]) -> bool {
    let Ok(record) = schema::read_record::<T>(key, payload) else { return false };
    assert_eq!(codec::encode(&record), payload);
    true
}

/// A table's letter, then a payload.
fn record(bytes: &[u8]) -> bool {
    let Some((table, payload)) = bytes.split_first() else { return false };
    let key = [*table, 0, 1];
    let sealed = schema::seal(&key, payload.to_vec());
    assert_eq!(schema::unseal(&key, sealed).as_deref(), Ok(payload));
    if schema::unseal(&key, payload.to_vec()).is_ok() {
        assert!(payload.len() >= CHECKSUM_BYTES);
    }
    if let Ok(record) = schema::read_record::<OutcomesRecord>(&key, payload)
        && let Some(verdicts) = record.verdicts()
    {
        assert_eq!(outcomes(&verdicts), (record.outcomes, record.details));
    }
    let read = [
        reads::<SchemaRecord>(&key, payload),
        reads::<Head>(&key, payload),
        reads::<NewestRecord>(&key, payload),
        reads::<BlockRecord>(&key, payload),
        reads::<OutcomesRecord>(&key, payload),
        reads::<SystemRecord>(&key, payload),
        reads::<TransactionPlace>(&key, payload),
    ];
    read.contains(&true)
}

fn records() -> Vec<Vec<u8>> {
    let payload = |(key, value): (&Vec<u8>, &Vec<u8>)| [&key[..1], &value[..value.len() - CHECKSUM_BYTES]].concat();
    RECORDED.0.iter().map(payload).collect()
}

/// Each step: a record, and what happens to it.
fn damaged(bytes: &[u8]) -> bool {
    static ENTRIES: LazyLock<Vec<String>> = LazyLock::new(|| {
        let ledger = recorded();
        (0..ledger.head().size).map(|index| ledger.entry(index).expect("a sound store").expect("is there")).collect()
    });
    let mut contents = RECORDED.0.clone();
    let keys: Vec<Vec<u8>> = contents.keys().cloned().collect();
    let mut input = Input(bytes);
    for _ in 0..8 {
        if input.is_empty() {
            break;
        }
        let (key, other) = (input.choice(&keys).clone(), input.choice(&keys).clone());
        let (kind, at) = (input.byte() % 4, input.short());
        match (kind, contents.get_mut(&key)) {
            (0, _) => drop(contents.remove(&key)),
            (1, Some(value)) => value.truncate(at % value.len().max(1)),
            (2, Some(value)) if !value.is_empty() => {
                let at = at % value.len();
                value[at] ^= 1 << (input.byte() % 8);
            }
            (3, _) => drop(RECORDED.0.get(&other).map(|value| contents.insert(key, value.clone()))),
            _ => {}
        }
    }
    let Ok(ledger) = Ledger::open(Arc::new(MemoryStore::with_contents(contents)), &GENESIS) else { return false };
    let head = ledger.head();
    assert!(head.size as usize <= ENTRIES.len());
    for (index, recorded) in (0..head.size).zip(ENTRIES.iter()) {
        if let Ok(Some(found)) = ledger.entry(index) {
            assert_eq!(&found, recorded, "entry {index} is another than was recorded");
        }
    }
    for height in 1..=head.height {
        let _ = (ledger.block(height), ledger.check_block(height));
    }
    let _ = (ledger.checkpoint(), ledger.entries(0, 100, 1 << 20), ledger.consistency_path(1, head.size));
    if let Ok(receipts) = ledger.receipts(0..head.size, &cosigned(&recorded())) {
        receipts.iter().zip(ENTRIES.iter()).for_each(|(receipt, recorded)| assert_eq!(&receipt.entry, recorded));
    }
    true
}

fn damages() -> Vec<Vec<u8>> {
    let count = RECORDED.0.len() as u8;
    let steps = (0..count).flat_map(|key| (0..4).map(move |kind| vec![key, key.wrapping_add(1), kind, 9, 0, 3]));
    steps.chain([Vec::new()]).collect()
}
