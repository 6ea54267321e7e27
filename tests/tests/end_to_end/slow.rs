//! A member on a slow line: every receipt arrives, however long it takes (K6, R11).
//!
//! In: a folder of small files, and a line of 128 kbit/s.
//! Out: failures; the time that it took, printed.
//! Always: nothing is given up, and nothing is recorded twice.
//! Not for nodes that do not answer: see `tests/tests/false_nodes/silence.rs`.

use courtseal_tests::network::LocalNetwork;
use courtseal_tests::{evidence, given, http, slow_line};

/// The rate of the line in bytes a second: 128 kbit/s.
const BYTES_PER_S: usize = 16_000;

fn over_a_slow_line(files: usize) {
    let network = LocalNetwork::start(4).unwrap();
    let folder = network.desk().unwrap().join("folder");
    evidence::folder(&folder, files, 100).unwrap();
    let slow = slow_line::to(&network.urls()[0], BYTES_PER_S);
    let outcome = network.notarize_at(&[slow], &[&folder]).unwrap().exits(0);
    assert!(outcome.stdout.contains(&format!("{files} recorded")), "{outcome:?}");
    assert_eq!(given::receipts(&folder).unwrap().len(), files);
    // Each file is recorded once, however long it took.
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    assert_eq!(http::stated(&network.urls()[0]).unwrap().len(), files);
    println!("{files} files over 128 kbit/s: {:.0} s", outcome.elapsed.as_secs_f64());
}

#[test]
fn a_hundred_files_over_128_kbit() {
    over_a_slow_line(100);
}
