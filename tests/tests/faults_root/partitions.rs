//! Lost packets between courts, in both directions or one, once or again and again.
//!
//! In: a network whose switch drops packets.
//! Out: failures, and printed figures.
//! Always: a connected quorum records, courts without a quorum do not, and all courts agree after the fault
//! without an operator.
//! Not for delays: see `tests/tests/faults_root/connections.rs`.

use crate::{ALL, all_is_well, apart, await_receipts, file};
use courtseal_api::status::State;
use courtseal_tests::http;
use courtseal_tests::load::Load;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use std::time::Instant;

fn urls(network: &LocalNetwork, courts: &[usize]) -> Vec<String> {
    courts.iter().map(|at| network.courts()[*at].url.clone()).collect()
}

fn await_no_quorum(network: &LocalNetwork, courts: &[usize]) {
    let cut = |at: &usize| network.status(*at).is_some_and(|status| status["state"] == State::NoQuorum.as_str());
    await_state("a court notices that it is cut off", || courts.iter().all(cut).then_some(())).unwrap();
}

#[test]
#[ignore = "needs root: make test-faults"]
fn a_court_cut_off() {
    let mut apart = apart::start(4);
    let desk = apart.network.desk().unwrap();
    let load = Load::start(&apart.network, &desk.join("files"), 2).unwrap();
    await_receipts(&load, 5);
    apart.spaces.part(&[3], &[0, 1, 2]).unwrap();
    await_no_quorum(&apart.network, &[3]);
    await_receipts(&load, 10);
    let given_out = load.stop().unwrap();
    // A request to the cut-off court alone is kept and not acknowledged.
    let alone = file(&desk, "alone");
    let at_three = urls(&apart.network, &[3]);
    let asked = ["--timeout".as_ref(), "3".as_ref(), alone.as_os_str()];
    apart.network.notarize_at(&at_three, &asked).unwrap().complains(3, &["no quorum"]);
    let since = Instant::now();
    apart.spaces.heal().unwrap();
    let size = apart.network.await_equal(&ALL).unwrap();
    println!("one court cut off and back: all at {size} entries {:?} after", since.elapsed());
    apart.network.notarize_at(&at_three, &[&alone]).unwrap().exits(0);
    all_is_well(&mut apart.network, &desk.join("files"), given_out);
}

#[test]
#[ignore = "needs root: make test-faults"]
fn two_halves() {
    let mut apart = apart::start(4);
    let folder = apart.network.desk().unwrap().join("files");
    let desk = folder.join("client");
    apart.network.notarize(&[&file(&desk, "before")]).unwrap().exits(0);
    let before = apart.network.await_equal(&ALL).unwrap();
    apart.spaces.part(&[0, 1], &[2, 3]).unwrap();
    await_no_quorum(&apart.network, &ALL);
    for (name, half) in [("left", [0, 1]), ("right", [2, 3])] {
        let path = file(&desk, name);
        let asked = ["--timeout".as_ref(), "3".as_ref(), path.as_os_str()];
        apart.network.notarize_at(&urls(&apart.network, &half), &asked).unwrap().complains(3, &["no quorum"]);
        assert!(!desk.join(format!("{name}.tlog-proof")).exists());
    }
    for at in ALL {
        let status = apart.network.status(at).unwrap();
        assert!(status["size"] == before && status["checkpoint_size"] == before, "a half recorded without a quorum: {status}");
        apart.network.log_check(at).unwrap();
    }
    let since = Instant::now();
    apart.spaces.heal().unwrap();
    apart.network.await_recording(&ALL).unwrap();
    println!("two halves, healed: recording {:?} after", since.elapsed());
    // The pending transaction of each half is recorded once, without another request by the client.
    let stated = |network: &LocalNetwork| http::stated(&network.urls()[0]).map_or(0, |entries| entries.len());
    await_state("both are recorded", || (stated(&apart.network) == 3).then_some(())).unwrap();
    println!("two halves, healed: the pending transactions are recorded {:?} after", since.elapsed());
    for name in ["left", "right"] {
        apart.network.notarize(&[&desk.join(name)]).unwrap().exits(0);
    }
    apart.network.await_equal(&ALL).unwrap();
    assert_eq!(stated(&apart.network), 3);
    assert_eq!(all_is_well(&mut apart.network, &folder, 3), 3);
}

#[test]
#[ignore = "needs root: make test-faults"]
fn packets_lost_one_way() {
    let mut apart = apart::start(4);
    let desk = apart.network.desk().unwrap();
    let others = urls(&apart.network, &[0, 1, 2]);
    let directions: [(&str, &[(usize, usize)]); 3] = [
        ("nobody hears court 3", &[(3, 0), (3, 1), (3, 2)]),
        ("court 3 hears nobody", &[(0, 3), (1, 3), (2, 3)]),
        ("court 1 does not hear court 0", &[(0, 1)]),
    ];
    for (what, lost) in directions {
        lost.iter().for_each(|(from, to)| apart.spaces.lose(*from, *to).unwrap());
        for number in 0..8 {
            let path = file(&desk.join("files").join("client"), &format!("{what} {number}"));
            apart.network.notarize_at(&others, &[&path]).unwrap().exits(0);
        }
        if lost.len() == 1 {
            // Each court still has a quorum, so none falls behind, although two courts cannot talk.
            apart.network.await_equal(&ALL).unwrap();
        } else {
            await_no_quorum(&apart.network, &[3]);
        }
        let since = Instant::now();
        apart.spaces.heal().unwrap();
        apart.network.await_equal(&ALL).unwrap();
        apart.network.await_recording(&ALL).unwrap();
        println!("{what}, healed: all equal {:?} after", since.elapsed());
    }
    assert_eq!(all_is_well(&mut apart.network, &desk.join("files"), 24), 24);
}

#[test]
#[ignore = "needs root: make test-faults"]
fn a_cable_that_comes_and_goes() {
    let mut apart = apart::start(4);
    let desk = apart.network.desk().unwrap();
    let load = Load::start(&apart.network, &desk.join("files"), 2).unwrap();
    let others = urls(&apart.network, &[0, 1, 3]);
    for number in 0..10 {
        apart.spaces.plug(2, false).unwrap();
        apart.network.notarize_at(&others, &[&file(&desk, &format!("out {number}"))]).unwrap().exits(0);
        apart.spaces.plug(2, true).unwrap();
        apart.network.notarize_at(&others, &[&file(&desk, &format!("in {number}"))]).unwrap().exits(0);
    }
    let given_out = load.stop().unwrap();
    let since = Instant::now();
    apart.network.await_equal(&ALL).unwrap();
    println!("a cable pulled 10 times: all equal {:?} after", since.elapsed());
    all_is_well(&mut apart.network, &desk.join("files"), given_out);
}
