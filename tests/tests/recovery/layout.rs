//! A ledger that a version with another layout wrote.
//!
//! In: a stopped court whose ledger names the layout before this one.
//! Out: failures with what the node said.
//! Always: the node refuses it, changes nothing in it, and names the way over, which is then followed.
//! Not for backups: see `tests/tests/recovery/backups.rs`.

use crate::{ALL, data, log, no_two_votes, record};
use courtseal_ledger::schema::{SCHEMA_VERSION, SchemaRecord, schema_key, seal};
use courtseal_ledger::store::{Batch, Store as _};
use courtseal_proof::bytes::codec;
use courtseal_proof::genesis::Genesis;
use courtseal_rocks::RocksStore;
use courtseal_tests::network::LocalNetwork;
use std::fs;
use std::path::Path;

/// The court whose ledger is old.
const VICTIM: usize = 3;

/// Lets a ledger name the layout before this one.
fn age(ledger: &Path, genesis: &Genesis) {
    let store = RocksStore::open(ledger).unwrap();
    let record = SchemaRecord { version: SCHEMA_VERSION - 1, chain: genesis.digest() };
    let mut batch = Batch::default();
    batch.put(schema_key(), seal(&schema_key(), codec::encode(&record)));
    store.apply(batch).unwrap();
}

#[test]
fn s6_a_ledger_of_another_layout_is_refused_and_the_log_comes_from_the_other_courts() {
    let mut network = LocalNetwork::start(4).unwrap();
    record(&network, "before");
    network.await_equal(&ALL).unwrap();
    network.kill(VICTIM).unwrap();
    let genesis = Genesis::from_text(&fs::read(&network.listing().genesis).unwrap()).unwrap();
    let ledger = data(&network, VICTIM).join("ledger");
    age(&ledger, &genesis);
    network.launch(VICTIM).unwrap();
    assert!(!network.await_end(VICTIM).unwrap().success());
    let refusal = log(&network, VICTIM);
    let versions = format!("has layout version {}, and this software reads {SCHEMA_VERSION} only", SCHEMA_VERSION - 1);
    for words in [versions.as_str(), "move the directory away"] {
        assert!(refusal.contains(words), "{words:?} is missing:\n{refusal}");
    }
    record(&network, "meanwhile");
    fs::rename(&ledger, ledger.with_extension("before")).unwrap();
    network.restart(VICTIM).unwrap();
    network.await_equal(&ALL).unwrap();
    assert_eq!(network.log_check(VICTIM).unwrap(), network.log_check(0).unwrap());
    no_two_votes(&network);
}
