//! Measurements of the write and read paths on the store in memory, run by hand.
//!
//! In: sizes of blocks, transactions and statements.
//! Out: printed times.
//! Always: nothing is asserted, so these are no tests. The command is
//! `cargo test --release -p courtseal-ledger --lib measure -- --ignored --nocapture`.
//! Not for disks: `make bench` measures those.

use super::*;
use crate::execute::execute;
use crate::store::memory::MemoryStore;
use crate::testing::{NOTARY, Network, public};
use crate::verified_transaction::NoCache;
use std::time::{Duration, Instant};

fn median(mut times: Vec<Duration>) -> String {
    times.sort();
    format!("median {:?}, worst {:?}", times[times.len() / 2], times[times.len() - 1])
}

/// Commits `blocks` blocks of `transactions` transactions of `statements` statements, and prints the time of
/// each step.
fn measure(blocks: u64, transactions: u64, statements: u64) {
    let network = Network::new(4);
    let store = Arc::new(MemoryStore::new());
    let ledger = network.ledger_on(store.clone());
    let (mut build, mut validate, mut commit) = (Vec::new(), Vec::new(), Vec::new());
    for block in 0..blocks {
        let make = |t: u64| {
            let n = (block * transactions + t) * statements;
            network.transaction(NOTARY, n, (n..n + statements).map(public).collect())
        };
        let candidates: Vec<_> = (0..transactions).map(make).collect();
        let time = ledger.head().time.plus_ms(10);
        let start = Instant::now();
        let built = ledger.build(time, network.proposer(), candidates).unwrap();
        build.push(start.elapsed());
        let read = built.read().clone();
        let start = Instant::now();
        let valid = ledger.validate(&read, &NoCache).unwrap();
        validate.push(start.elapsed());
        if block == blocks - 1 {
            stages(&ledger, &valid);
        }
        let start = Instant::now();
        ledger.commit(&read, &[0; 600], valid.digest(), &NoCache).unwrap();
        commit.push(start.elapsed());
    }
    println!("{blocks} blocks of {transactions} x {statements}:");
    println!("  build    {}", median(build));
    println!("  validate {}", median(validate));
    println!("  commit   {}", median(commit));
    let cosigned = network.cosigned(&ledger);
    let size = ledger.head().size;
    let start = Instant::now();
    let receipts = ledger.receipts(size - statements.min(1_000)..size, &cosigned).unwrap();
    println!("  {} receipts of one transaction: {:?}", receipts.len(), start.elapsed());
    let start = Instant::now();
    for n in 0..1_000 {
        ledger.receipt(2 + (n * 7_919) % (size - 2), &cosigned).unwrap();
    }
    println!("  1 receipt anywhere: {:?}", start.elapsed() / 1_000);
    drop(ledger);
    let start = Instant::now();
    let ledger = network.ledger_on(store);
    println!("  open {:?}, {} entries", start.elapsed(), ledger.head().size);
}

/// Prints the time of each stage of a commit except the write itself.
fn stages(ledger: &Ledger, valid: &ValidBlock) {
    let head = ledger.head();
    let history = ledger.history(head.size);
    let start = Instant::now();
    let execution = execute(&ledger.state(), valid, head.size, &history).unwrap();
    let executed = start.elapsed();
    let subjects: Vec<_> = execution.facts.sorted().into_iter().map(|(subject, _)| subject.clone()).collect();
    let start = Instant::now();
    crate::history::History::facts(&history, &subjects).unwrap();
    let looked_up = start.elapsed();
    let edge = lock(&ledger.writer).edge.clone();
    let start = Instant::now();
    edge.clone().append(&execution.leaves);
    let appended = start.elapsed();
    let start = Instant::now();
    let mut appending = Appending::new(&ledger.current(), &edge, history);
    appending.push(valid, &[0; 600]).unwrap();
    let (batch, ..) = appending.into_batch();
    println!(
        "  of commit: execute {executed:?} (look-ups {looked_up:?}), tree {appended:?}, all with a batch of {} {:?}",
        batch.pairs().len(),
        start.elapsed()
    );
}

#[test]
#[ignore = "a measurement"]
fn measure_commits() {
    measure(300, 1, 1);
    measure(50, 1, 4_000);
    measure(10, 4_000, 1);
    measure(20, 4, 1_000);
}
