//! Crashes of a court at each durable step, at its first, second and seventh passage since the start, under
//! load.
//!
//! In: the build of the program with crash points.
//! Out: failures that name the crash point, and printed figures.
//! Always: the court starts again by itself. Nothing is lost, and no court signs two things for one step.
//! Not for kills at random moments: see `tests/tests/faults/kills.rs`.

use crate::{all_is_well, await_receipts};
use courtseal_crash_points::Point;
use courtseal_tests::launch::Launch;
use courtseal_tests::load::Load;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::program;
use std::os::unix::process::ExitStatusExt;

/// The number of the signal that an abort raises.
const SIGABRT: i32 = 6;

#[test]
#[ignore = "needs the build with crash points: make test-faults"]
fn a_crash_at_every_durable_step() {
    let program = program::with_crash_points().unwrap();
    let mut network = LocalNetwork::create(4).unwrap();
    let desk = network.desk().unwrap();
    network.run_each().unwrap();
    let load = Load::start(&network, &desk, 3).unwrap();
    let mut crashes = 0;
    for point in Point::ALL {
        for nth in [1, 2, 7] {
            let at = crashes % 4;
            network.kill(at).unwrap();
            let variables = vec![("COURTSEAL_CRASH", format!("{point}:{nth}").into())];
            network.launch_by(at, Launch { program: Some(program.clone()), variables, ..Launch::default() });
            network.launch(at).unwrap();
            let status = network.await_end(at).unwrap_or_else(|error| panic!("{point}:{nth}: {error}"));
            assert_eq!(status.signal(), Some(SIGABRT), "{point}:{nth}: {status}");
            network.launch_by(at, Launch::default());
            network.restart(at).unwrap_or_else(|error| panic!("after {point}:{nth}: {error:#}"));
            network.await_recording(&[at]).unwrap_or_else(|error| panic!("after {point}:{nth}: {error:#}"));
            crashes += 1;
        }
    }
    await_receipts(&load, 5);
    let given_out = load.stop().unwrap();
    let receipts = all_is_well(&mut network, &desk, given_out);
    println!(
        "{crashes} crashes at {} points, {given_out} receipts given out meanwhile, {receipts} in the end, 0 lost",
        Point::ALL.len()
    );
}
