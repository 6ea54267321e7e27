//! Wall clocks that are off by a day or jump, at one court and at f courts; the monotonic clocks stay true.
//!
//! In: networks with false clocks.
//! Out: failures that show recorded and true times.
//! Always: block times are monotone and near the true time, and no honest court waits for a false clock.
//! Not for false clocks with a byzantine court: see `tests/tests/faults_root/clock_and_liar.rs`.

use crate::{ALL, all_is_well, file};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_tests::evidence::now;
use courtseal_tests::false_clock::FalseClock;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use courtseal_tests::program::courtseal;
use courtseal_tests::{given, http, setting};
use serde_json::Value;
use std::path::Path;

/// How far a recorded time may be before the file was submitted, or after its receipt came. These are the
/// bounds of C16, and rounds on a busy machine fit in. A day is far more.
const OFF_MS_MAX: u64 = 60_000;
const DAY_MS: u64 = 24 * 60 * 60 * 1000;

fn recorded_at(entry: &str) -> Timestamp {
    let value: Value = serde_json::from_str(entry).unwrap();
    Timestamp::parse(value["recorded_at"].as_str().unwrap()).unwrap()
}

/// Notarizes at honest courts, and compares each recorded time with the true one.
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

/// Asks the court with the false clock first. It may reject the request as expired or too far ahead; then the
/// next court is asked.
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

/// Waits until a court reports that its clock is off, or no longer does.
fn await_words(network: &LocalNetwork, at: usize, are_there: bool) {
    let speaks = |status: &Value| status["reason"].as_str().is_some_and(|reason| reason.contains("clock"));
    await_state("a court reports how its clock is", || (speaks(&network.status(at)?) == are_there).then_some(())).unwrap();
}

/// How far a court's clock is ahead of the true one.
pub fn off_by_ms(network: &LocalNetwork, at: usize) -> i64 {
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
    // Asked alone, the court either records under the courts' time or does not acknowledge.
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
        "a court with a right clock reports that its clock is off"
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
    let clocks = [(5, "+1d"), (6, "-1d")].map(|(at, off)| {
        let clock = FalseClock::new(&desk.join(format!("clock-{at}")), off).unwrap();
        network.launch_by(at, clock.launch());
        clock
    });
    network.run_each().unwrap();
    notarize(&network, &honest, &folder, "two are off", 21);
    for at in [5, 6] {
        await_words(&network, at, true);
    }
    assert_monotone(&network);
    // F32: all cosignatures come from the future by the clock of the court that is behind. It has the log,
    // and gives out no receipts until its clock is set.
    let size = network.await_equal(&[0, 1, 2, 3, 4, 5]).unwrap();
    let behind = await_state("the court that is behind has the log", || network.status(6).filter(|one| one["size"] == size));
    assert!(behind.unwrap()["checkpoint_size"].as_u64().unwrap() < size);
    clocks.iter().for_each(|clock| clock.set("+0").unwrap());
    assert_eq!(all_is_well(&mut network, &desk.join("files"), 21), 21);
}

/// How often a court's log contains these words.
fn said(network: &LocalNetwork, at: usize, words: &str) -> usize {
    network.courts()[at].said().matches(words).count()
}

#[test]
#[ignore = "needs root: make test-faults"]
fn a_block_of_the_future_halts_the_network_until_its_time_has_come() {
    setting::require(&[]);
    let mut network = LocalNetwork::create(4).unwrap();
    let desk = network.desk().unwrap();
    let folder = desk.join("files").join("client");
    // Long enough to observe the halt, and short enough to wait for its end.
    let clock = FalseClock::new(&desk.join("clock"), "+45").unwrap();
    ALL.iter().for_each(|at| network.launch_by(*at, clock.launch()));
    network.run_each().unwrap();
    network.notarize(&[&file(&folder, "before")]).unwrap().exits(0);
    network.await_equal(&ALL).unwrap();
    clock.set("+0").unwrap();
    for at in ALL {
        let status = await_state("a court says that the network is halted", || {
            network.status(at).filter(|status| status["state"] == "halted")
        });
        let status = status.unwrap();
        assert_eq!(status["halted_until"], status["block_time"]);
        let until = status["block_time"].as_str().unwrap();
        let reason = status["reason"].as_str().unwrap();
        assert!(reason.starts_with(&format!("the last block lies in the future until {until}; nothing")), "{reason}");
    }
    let status = network.status(0).unwrap();
    let until = Timestamp::parse(status["halted_until"].as_str().unwrap()).unwrap();
    let health = http::get(&network.courts()[0].url, "/v1/health").unwrap();
    assert_eq!((health.status, &health.json()["state"]), (503, &"halted".into()));
    let words = ["halted: the last block lies in the future until "];
    courtseal(["status", "--node", &network.courts()[0].url]).unwrap().exits(3).says(&words);
    let waiting = file(&folder, "waiting");
    let asked = ["--timeout".as_ref(), "4".as_ref(), waiting.as_os_str()];
    network.notarize(&asked).unwrap().exits(3).says(&["the network is halted: the last block lies in the future"]);
    // The courts record again after that time, and the pending transaction is recorded.
    network.await_recording(&ALL).unwrap();
    assert!(now().unwrap().plus_ms(1_000) >= until, "it records before that time");
    network.notarize(&[&waiting]).unwrap().exits(0);
    network.await_equal(&ALL).unwrap();
    for at in ALL {
        assert_eq!(said(&network, at, "now halted: the last block lies in the future"), 1, "court {at}");
    }
    assert_monotone(&network);
    assert_eq!(all_is_well(&mut network, &desk.join("files"), 2), 2);
}

#[test]
#[ignore = "needs root: make test-faults"]
fn a_court_that_comes_back_with_a_clock_a_day_behind_blames_its_clock_and_not_the_block() {
    setting::require(&[]);
    let mut network = LocalNetwork::create(4).unwrap();
    let desk = network.desk().unwrap();
    let folder = desk.join("files").join("client");
    network.run_each().unwrap();
    network.notarize(&[&file(&folder, "before")]).unwrap().exits(0);
    network.await_equal(&ALL).unwrap();
    network.kill(3).unwrap();
    let clock = FalseClock::new(&desk.join("clock"), "-1d").unwrap();
    network.launch_by(3, clock.launch());
    network.restart(3).unwrap();
    await_words(&network, 3, true);
    let status = network.status(3).unwrap();
    let reason = status["reason"].as_str().unwrap();
    assert!(reason.contains("this court's clock is 864") && reason.contains("behind"), "{reason}");
    assert_eq!((&status["state"], &status["halted_until"]), (&"recording".into(), &Value::Null));
    // The other courts name its clock beside theirs, and its cosignatures do not count.
    await_words(&network, 0, true);
    let status = network.status(0).unwrap();
    let [mine, theirs] = [0, 1].map(|group| &status["clocks"][group]["courts"]);
    assert_eq!((mine.as_array().unwrap().len(), theirs.as_array().unwrap().len()), (3, 1), "{status}");
    let is_untimely = || network.status(0)?["courts"][3].get("untimely_cosignature").is_some().then_some(());
    network.notarize_at(&network.urls()[..3], &[&file(&folder, "beside it")]).unwrap().exits(0);
    await_state("its cosignature does not count", is_untimely).unwrap();
    clock.set("+0").unwrap();
    ALL.iter().for_each(|at| await_words(&network, *at, false));
    await_state("it cosigns again", || is_untimely().is_none().then_some(())).unwrap();
    assert_eq!(said(&network, 3, "now halted"), 0);
    assert_eq!(all_is_well(&mut network, &desk.join("files"), 2), 2);
}
