//! Disks that are full, fail a write or a flush, or are slow.
//!
//! In: networks in which one court's disk fails.
//! Out: failures, and printed figures.
//! Always: the court reports the failure in one line, acknowledges nothing more, writes and flushes nothing
//! twice, and still answers reads. It agrees with the others again after a restart, and the others continue.
//! Not for damaged files: see `tests/tests/recovery/damage.rs`.

use crate::{all_is_well, await_receipts, file};
use courtseal_tests::courts::Court;
use courtseal_tests::http;
use courtseal_tests::injection::Injection;
use courtseal_tests::load::Load;
use courtseal_tests::measure::Samples;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use courtseal_tests::setting;
use courtseal_tests::small_disk::SmallDisk;
use std::path::PathBuf;
use std::time::Instant;

/// The line that a node logs when it stops recording.
const STOPS: &str = "this node stops signing and recording";

/// Waits until a court has stopped for a reason with these words, and checks what it does then.
fn assert_stopped(network: &LocalNetwork, at: usize, stops_before: usize, words: &str) {
    let status = await_state("the court stops", || network.status(at).filter(|status| status["state"] == "stopped")).unwrap();
    let reason = status["reason"].as_str().unwrap_or_default().to_owned();
    assert!(reason.contains(words), "{words:?} is not in the reason {reason:?}");
    let court = &network.courts()[at];
    assert_eq!(
        court.said().matches(STOPS).count(),
        stops_before + 1,
        "the court does not report it exactly once: {}",
        court.said()
    );
    // The whole log can still be read and checked.
    network.log_check(at).unwrap();
    assert_eq!(http::get(&court.url, "/v1/health").unwrap().status, 503, "R10");
}

#[test]
#[ignore = "needs root: make test-faults"]
fn a_full_disk() {
    setting::require(&["mkfs.ext4"]);
    let disk = SmallDisk::mount(128).unwrap();
    let mut network = LocalNetwork::create(4).unwrap();
    let desk = network.desk().unwrap();
    network.courts()[3].configure("data", disk.path().join("data").to_str().unwrap()).unwrap();
    std::fs::create_dir(disk.path().join("data")).unwrap();
    network.run_each().unwrap();
    let load = Load::start(&network, &desk.join("files"), 2).unwrap();
    await_receipts(&load, 5);
    disk.fill().unwrap();
    assert_stopped(&network, 3, 0, "No space left on device");
    await_receipts(&load, 10);
    let given_out = load.stop().unwrap();
    // The stopped court acknowledges nothing.
    let alone = file(&desk, "alone");
    let url = [network.courts()[3].url.clone()];
    let asked = ["--timeout".as_ref(), "2".as_ref(), alone.as_os_str()];
    let refused = network.notarize_at(&url, &asked).unwrap();
    assert!(refused.code == 3 && !desk.join("alone.tlog-proof").exists(), "{refused:?}");
    // Started again on a full disk, the court names the cause and gives no advice that would not help.
    network.kill(3).unwrap();
    let before = network.courts()[3].said().len();
    network.launch(3).unwrap();
    assert!(!network.await_end(3).unwrap().success());
    let said = network.courts()[3].said()[before..].to_owned();
    println!("on a full disk: {}", said.lines().last().unwrap_or_default());
    assert!(said.contains("the disk is full") && said.contains("make room") && !said.contains("move that folder away"), "{said}");
    disk.free().unwrap();
    network.restart(3).unwrap();
    network.notarize(&[&alone]).unwrap().exits(0);
    all_is_well(&mut network, &desk.join("files"), given_out);
}

/// The newest log file of RocksDB.
fn rocksdb_log(court: &Court) -> PathBuf {
    let folder = court.data().unwrap().join("ledger").join("rocksdb");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|ending| ending == "log")).max().unwrap()
}

#[test]
#[ignore = "needs root: make test-faults"]
fn writes_and_flushes_that_fail() {
    setting::require(&["strace"]);
    let mut network = LocalNetwork::create(4).unwrap();
    let desk = network.desk().unwrap();
    network.run_each().unwrap();
    let load = Load::start(&network, &desk.join("files"), 2).unwrap();
    let in_data = |name: &'static str| move |court: &Court| court.data().unwrap().join(name);
    type Place = Box<dyn Fn(&Court) -> PathBuf>;
    let places: [(&str, Place); 5] = [
        ("wal", Box::new(in_data("wal"))),
        ("guard", Box::new(in_data("guard"))),
        ("cosigned", Box::new(in_data("cosigned"))),
        ("ledger/confirmed", Box::new(in_data("ledger/confirmed"))),
        ("ledger/rocksdb/*.log", Box::new(rocksdb_log)),
    ];
    for at in 0..4 {
        let has_checkpoint = || network.status(at).filter(|status| status["checkpoint_size"].as_u64() > Some(0));
        await_state("each court has a checkpoint", has_checkpoint).unwrap();
    }
    let mut cases = 0;
    for (name, place) in &places {
        for calls in ["write,pwrite64", "fsync,fdatasync"] {
            // The file `confirmed` is not flushed (S7).
            if *name == "ledger/confirmed" && calls.starts_with("fsync") {
                continue;
            }
            for (nth, error) in [(1, "EIO"), (4, "ENOSPC")] {
                let at = cases % 4;
                let path = place(&network.courts()[at]);
                let stops_before = network.courts()[at].said().matches(STOPS).count();
                let report = desk.join(format!("strace-{cases}"));
                let pid = network.pid(at).unwrap();
                println!("case {cases}: court {at}, {name}, {calls} number {nth} fails with {error}");
                let injection =
                    Injection::attach(pid, calls, std::slice::from_ref(&path), &format!("error={error}:when={nth}"), &report)
                        .unwrap();
                await_state("a call fails", || injection.struck().then_some(())).unwrap();
                assert_stopped(&network, at, stops_before, "error");
                await_receipts(&load, 2);
                let seen = injection.detach().unwrap();
                let after = seen.iter().skip_while(|line| !line.contains("(INJECTED)")).skip(1);
                let again: Vec<_> = after.filter(|line| line.contains("sync(") || line.contains("write")).collect();
                // RocksDB itself continues once a full disk has room. What it then flushes was never
                // confirmed, and the ledger writes no more (S4).
                let is_rocksdbs = name.contains("rocksdb") && error == "ENOSPC";
                assert!(again.is_empty() || is_rocksdbs, "{name}: a call was repeated on a file that failed: {again:?}");
                network.kill(at).unwrap();
                network.restart(at).unwrap();
                network.await_recording(&[at]).unwrap();
                cases += 1;
            }
        }
    }
    let given_out = load.stop().unwrap();
    let receipts = all_is_well(&mut network, &desk.join("files"), given_out);
    println!("{cases} failed writes and flushes, {given_out} receipts given out meanwhile, {receipts} in the end, 0 lost");
}

/// How much longer each flush of the slow disk takes.
const SLOW_MS: f64 = 300.0;
/// The limit of the ratio of the notarizing times with and without one slow disk, and the number of files for
/// each median.
const LONGER_MAX: f64 = 5.0;
const FILES: usize = 30;

#[test]
#[ignore = "needs root: make test-faults"]
fn a_slow_disk() {
    setting::require(&["strace"]);
    let mut network = LocalNetwork::create(4).unwrap();
    let desk = network.desk().unwrap();
    network.run_each().unwrap();
    let load = Load::start(&network, &desk.join("files"), 2).unwrap();
    await_receipts(&load, 10);
    let others: Vec<String> = network.urls().into_iter().take(3).collect();
    let height = |at: usize| network.status(at).and_then(|status| status["height"].as_u64()).unwrap();
    // Returns the median time, and the most blocks by which the last court was behind.
    let notarize = |what: &str| {
        let (mut times, mut lag) = (Samples::default(), 0);
        for number in 0..FILES {
            let outcome = network.notarize_at(&others, &[&file(&desk, &format!("{what} {number}"))]).unwrap().exits(0);
            times.add_time(outcome.elapsed);
            lag = lag.max(height(0).saturating_sub(height(3)));
        }
        println!("{what}: notarize, ms: median {:.0}; {}; up to {lag} blocks behind", times.median(), times.spread());
        (times.median(), lag)
    };
    let (before, _) = notarize("no slow disk");
    let (first, pid) = (height(0), network.pid(3).unwrap());
    let delay = format!("delay_enter={}", SLOW_MS * 1e3);
    let injection = Injection::attach(pid, "fsync,fdatasync", &[], &delay, &desk.join("strace")).unwrap();
    let since = Instant::now();
    let (during, lag) = notarize("one slow disk");
    let blocks = height(0) - first;
    let block_ms = since.elapsed().as_secs_f64() * 1e3 / blocks as f64;
    assert_ne!(network.status(3).unwrap()["state"], "stopped");
    let delayed = injection.detach().unwrap().iter().filter(|line| line.contains("(DELAYED)")).count();
    assert!(delayed > 0, "nothing was delayed");
    let given_out = load.stop().unwrap();
    println!(
        "slow disk: {delayed} flushes took {SLOW_MS} ms longer; a block took {block_ms:.0} ms, that court was up to {lag} blocks behind; {given_out} receipts given out"
    );
    assert!(
        during <= LONGER_MAX * before,
        "notarizing took {during:.0} ms instead of {before:.0} ms: the network lags with its slow court"
    );
    all_is_well(&mut network, &desk.join("files"), given_out);
}
