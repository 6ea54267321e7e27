//! Child processes: their first line, their end, free ports for them, and waiting for states that cannot be
//! subscribed to.
//!
//! In: child processes.
//! Out: lines, exit statuses, ports.
//! Always: every wait has a deadline.
//! Not for what the processes do.

use crate::program;
use anyhow::{Context, bail, ensure};
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

/// Longest wait for an event in these suites, however busy the machine is.
pub const WITHIN: Duration = Duration::from_secs(120);
/// The pause between two requests for a state that cannot be subscribed to.
const ASK: Duration = Duration::from_millis(20);

/// Waits until `look` returns a value.
///
/// # Errors
/// It returns none in time.
pub fn await_state<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> anyhow::Result<T> {
    let deadline = Instant::now() + WITHIN;
    loop {
        if let Some(found) = look() {
            return Ok(found);
        }
        ensure!(Instant::now() < deadline, "not within {WITHIN:?}: {what}");
        std::thread::sleep(ASK);
    }
}

/// Reads the first line that a process prints; the rest of its output is read and dropped.
///
/// # Errors
/// The output cannot be read, or was taken before.
pub fn first_line(child: &mut Child) -> anyhow::Result<String> {
    let mut reader = BufReader::new(child.stdout.take().context("its output was read already")?);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
    Ok(line)
}

/// Asks a process to stop by SIGTERM, and waits until it has ended.
///
/// # Errors
/// The process does not stop in time; it is killed.
pub fn stop_child(mut child: Child) -> anyhow::Result<ExitStatus> {
    let _ = program::kill(child.id(), "-TERM");
    let ended = await_state("a process stops when asked", || child.try_wait().ok().flatten());
    if ended.is_err() {
        child.kill()?;
        child.wait()?;
    }
    ended
}

/// Returns the first of as many free ports as a network needs, below the ports that the system gives to
/// clients.
///
/// # Errors
/// No such ports are free.
pub fn free_base(courts: usize) -> anyhow::Result<u16> {
    let span = u16::try_from(courts.next_multiple_of(10) + courts)?;
    for _ in 0..1_000 {
        let mut random = [0; 2];
        getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        let base = 10_000 + u16::from_le_bytes(random) % 2_000 * 10;
        if (base..base + span).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok()) {
            return Ok(base);
        }
    }
    bail!("there are no free ports")
}
