//! Signals (R26): SIGHUP makes a node read its configuration again and ends a network in a terminal; SIGUSR1
//! and SIGUSR2 do nothing.
//!
//! In: running nodes, signals, changed configurations.
//! Out: failures that show the node's log.
//! Always: a signal other than a request to stop never stops a node, and neither does a log whose reader is
//! gone.
//! Not for crashes: see the suite `faults`.

use courtseal_tests::courts::{self, Court};
use courtseal_tests::http;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::{await_state, first_line};
use courtseal_tests::program::{self, kill};
use courtseal_tests::raw;
use std::fs;
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

/// Waits until a node's log has at least so many lines with all of these words.
fn await_lines(court: &Court, count: usize, words: &[&str]) {
    let what = format!("{count} lines with {words:?}");
    await_state(&what, || {
        let said = court.said();
        let lines = said.lines().filter(|line| words.iter().all(|word| line.contains(word))).count();
        (lines >= count).then_some(())
    })
    .unwrap();
}

/// Opens so many connections from one address, and returns the status of one more.
///
/// Each call needs an address of its own, because a node notices only later that connections are closed.
fn one_more(url: &str, nth: u8, open: usize) -> Option<u16> {
    let source = Ipv4Addr::new(127, 0, 67, nth);
    let mut streams: Vec<_> = (0..=open).map(|_| raw::connect_from(source, url).unwrap()).collect();
    let request = b"GET /v1/health HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for stream in &mut streams[..open] {
        raw::send(stream, request);
        assert_eq!(raw::answer(stream).unwrap(), Some(200));
    }
    let last = &mut streams[open];
    raw::send(last, request);
    raw::answer(last).unwrap()
}

#[test]
fn r26_a_hangup_reloads_and_never_stops_a_node() {
    let network = LocalNetwork::start(1).unwrap();
    let (court, pid, url) = (&network.courts()[0], network.pid(0).unwrap(), &network.urls()[0]);
    let text = fs::read_to_string(court.config()).unwrap();
    for signal in ["-USR1", "-USR2"] {
        kill(pid, signal).unwrap();
    }
    assert_eq!(one_more(url, 1, 2), Some(200), "three connections are rejected by default");
    assert!(!court.said().contains("DEBUG"));
    let changed = text.replace("log = \"info\"", "log = \"info,courtseal_court=debug\"").replace("\"data\"", "\"data-2\"");
    fs::write(court.config(), format!("rpc_names = [\"court.example\"]\n{changed}[limits]\nconnections_per_address = 2\n"))
        .unwrap();
    kill(pid, "-HUP").unwrap();
    await_lines(
        court,
        1,
        &["the configuration was read again", "courtseal_court=debug", "connections_per_address: 2", "court.example"],
    );
    await_lines(court, 1, &["apply only from the next start", "[\"data\"]"]);
    assert!(matches!(one_more(url, 2, 2), Some(429) | None), "a connection above the new bound is accepted");
    let named = "GET /v1/health HTTP/1.1\r\nhost: court.example\r\nconnection: close\r\n\r\n";
    assert_eq!(raw::exchange(url, named.as_bytes()).unwrap(), Some(200));
    let file = network.desk().unwrap().join("file");
    fs::write(&file, "file").unwrap();
    network.notarize(&[&file]).unwrap().exits(0);
    await_lines(court, 1, &["DEBUG", "committed"]);
    // A configuration that cannot be used changes nothing, and neither does a missing file.
    fs::write(court.config(), format!("quorum = 1\n{text}")).unwrap();
    kill(pid, "-HUP").unwrap();
    await_lines(court, 1, &["is not valid", "quorum"]);
    fs::remove_file(court.config()).unwrap();
    kill(pid, "-HUP").unwrap();
    await_lines(court, 1, &["is not valid", "cannot read the configuration"]);
    assert!(matches!(one_more(url, 3, 2), Some(429) | None));
    // The original configuration is restored.
    fs::write(court.config(), &text).unwrap();
    kill(pid, "-HUP").unwrap();
    // Each of the four signals is logged, also those that changed nothing.
    await_lines(court, 4, &["the configuration was read again"]);
    assert_eq!(one_more(url, 4, 2), Some(200));
    assert_eq!(raw::exchange(url, named.as_bytes()).unwrap(), Some(421));
    assert_eq!(network.status(0).unwrap()["state"], "recording");
}

#[test]
fn r26_a_hangup_ends_a_network_in_order_and_user_signals_do_not() {
    let network = LocalNetwork::create(4).unwrap();
    let mut command = program::command().unwrap();
    let mut runner =
        command.args(["network", "run"]).arg(network.dir()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert!(first_line(&mut runner).unwrap().starts_with("ready"));
    for signal in ["-USR1", "-USR2"] {
        kill(runner.id(), signal).unwrap();
    }
    // A closed terminal sends the signal to the program and to its courts.
    let pids: Vec<u32> = courts::read(&network.dir()).unwrap().courts.iter().filter_map(|court| court.pid).collect();
    assert_eq!(pids.len(), 4);
    pids.iter().chain([&runner.id()]).for_each(|pid| kill(*pid, "-HUP").unwrap());
    let output = runner.wait_with_output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    assert!(courts::read(&network.dir()).unwrap().courts.iter().all(|court| court.pid.is_none()));
    for court in network.courts() {
        let said = court.said();
        assert!(said.trim_end().ends_with("stopped"), "{said}");
    }
}

#[test]
fn r26_a_node_whose_log_nobody_reads_goes_on() {
    let network = LocalNetwork::create(1).unwrap();
    let court = &network.courts()[0];
    let node = || -> Command {
        let mut command = program::command().unwrap();
        command.args(["node", "run", "--until-stdin-closes", "--config"]).arg(court.config());
        command
    };
    let mut child = node().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert!(first_line(&mut child).unwrap().starts_with("ready"));
    drop(child.stderr.take());
    kill(child.id(), "-HUP").unwrap();
    let file = network.desk().unwrap().join("file");
    fs::write(&file, "file").unwrap();
    network.notarize(&[&file]).unwrap().exits(0);
    assert_eq!(http::get(&court.url, "/v1/health").unwrap().status, 200);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}
