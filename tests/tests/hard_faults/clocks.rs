//! Wall clocks that are off by a day or jump, at one court and at f: block times stay monotone and near the true time, and nobody is held up. Monotonic clocks stay true.

use crate::{ALL, all_is_well, file};
use courtseal_proof::time::Timestamp;
use courtseal_tests::evidence::now;
use courtseal_tests::false_clock::FalseClock;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use courtseal_tests::{given, http, setting};
use serde_json::Value;
use std::path::Path;

/// How far a recorded time may be before the file was handed in, or after its receipt came: rule C16's bounds, with room for rounds on a busy machine. A day is far more.
const OFF_MS_MAX: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn recorded_at(entry: &str) -> Timestamp {
    let value: Value = serde_json::from_str(entry).unwrap();
    Timestamp::parse(value["recorded_at"].as_str().unwrap()).unwrap()
}

/// Notarizes at honest courts, and holds each recorded time against the true one.
fn notarize(network: &LocalNetwork, honest: &[String], folder: &Path, what: &str, count: usize) {
    for number in 0..count {
        let path = file(folder, &format!("{what} {number}"));
        let before = now().unwrap();
        network.notarize_at(honest, &[&path]).unwrap().exits(0);
        let after = now().unwrap();
        let (_, entry) = given::entry(&folder.join(format!("{what} {number}.tlog-proof"))).unwrap();
        let time = recorded_at(&entry);
        assert!(
            time.plus_ms(OFF_MS_MAX) >= before && time <= after.plus_ms(OFF_MS_MAX),
            "{what}: recorded at {time:?}, truly between {before:?} and {after:?}"
        );
    }
}

/// Asks the court with the false clock first: it may refuse, since it takes the request for outdated or for one of tomorrow; then the next one is asked.
fn notarize_anywhere(network: &LocalNetwork, folder: &Path, what: &str) {
    let mut urls = network.urls();
    urls.rotate_right(1);
    network.notarize_at(&urls, &[&file(folder, what)]).unwrap().exits(0);
}

fn assert_monotone(network: &LocalNetwork) {
    let log = http::whole_log(&network.courts()[0].url).unwrap();
    let times: Vec<Timestamp> = log.iter().map(|entry| recorded_at(entry)).collect();
    assert!(times.is_sorted(), "recorded times go back: {times:?}");
}

/// Waits until a court says that its clock is off, or that it is right again.
fn await_words(network: &LocalNetwork, at: usize, are_there: bool) {
    let speaks = |status: &Value| status["reason"].as_str().is_some_and(|reason| reason.contains("clock"));
    await_state("a court says how its clock is", || (speaks(&network.status(at)?) == are_there).then_some(())).unwrap();
}

fn off_by_ms(network: &LocalNetwork, at: usize) -> i64 {
    let status = network.status(at).unwrap();
    let theirs = Timestamp::parse(status["now"].as_str().unwrap()).unwrap();
    theirs.0 as i64 - now().unwrap().0 as i64
}

#[test]
#[ignore = "needs root: make test-faults"]
fn one_clock_is_off_and_jumps() {
    setting::require(&[]);
    let mut network = LocalNetwork::create(4).unwrap();
    let desk = network.desk().unwrap();
    let (folder, honest) = (desk.join("files").join("client"), network.urls()[..3].to_vec());
    let clock = FalseClock::new(&desk.join("clock"), "+1d").unwrap();
    network.launch_by(3, clock.launch());
    network.run_each().unwrap();
    assert!(off_by_ms(&network, 3) > DAY_MS as i64 - 60_000, "the clock is not false");
    notarize(&network, &honest, &folder, "a day ahead", 10);
    network.await_equal(&ALL).unwrap();
    await_words(&network, 3, true);
    notarize_anywhere(&network, &folder, "through a court a day ahead");
    clock.set("-1d").unwrap();
    assert!(off_by_ms(&network, 3) < 60_000 - DAY_MS as i64, "the clock did not jump");
    notarize(&network, &honest, &folder, "a day behind", 10);
    notarize_anywhere(&network, &folder, "through a court a day behind");
    await_words(&network, 3, true);
    // Asked alone, it either records, under the courts' time, or does not acknowledge.
    let alone = file(&desk, "alone");
    let urls = [network.courts()[3].url.clone()];
    let asked = ["--timeout".as_ref(), "10".as_ref(), alone.as_os_str()];
    let outcome = network.notarize_at(&urls, &asked).unwrap();
    println!("asked at a court a day behind: exit {}: {}", outcome.code, outcome.stderr.lines().next().unwrap_or("recorded"));
    for (step, off) in ["+1d", "-1d", "+7d", "+0"].into_iter().enumerate() {
        clock.set(off).unwrap();
        notarize(&network, &honest, &folder, &format!("jump {step}"), 3);
    }
    notarize(&network, &honest, &folder, "right again", 5);
    await_words(&network, 3, false);
    assert!(
        [0, 1, 2].iter().all(|at| !network.courts()[*at].said().contains("clock is")),
        "only the false clock is complained of"
    );
    assert!(network.courts()[3].said().contains("clock is"));
    assert_monotone(&network);
    assert_eq!(all_is_well(&mut network, &desk.join("files"), 39), 39);
}

#[test]
#[ignore = "needs root: make test-faults"]
fn two_of_seven_clocks_are_off() {
    setting::require(&[]);
    let mut network = LocalNetwork::create(7).unwrap();
    let desk = network.desk().unwrap();
    let (folder, honest) = (desk.join("files").join("client"), network.urls()[..5].to_vec());
    for (at, off) in [(5, "+1d"), (6, "-1d")] {
        let clock = FalseClock::new(&desk.join(format!("clock-{at}")), off).unwrap();
        network.launch_by(at, clock.launch());
    }
    network.run_each().unwrap();
    notarize(&network, &honest, &folder, "two are off", 21);
    for at in [5, 6] {
        await_words(&network, at, true);
    }
    assert_monotone(&network);
    assert_eq!(all_is_well(&mut network, &desk.join("files"), 21), 21);
}
