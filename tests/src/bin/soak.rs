//! `make soak`: a network at 80% of what it can do, for a while.
//!
//! In: `--seconds N` (60), `--append FILE`. Out: one line of figures; the exit code is 1 if a request fails, memory grows, or, from ten minutes on, the 99th
//! percentile drifts. Always: the maximum is measured first, on the same network; requests are due at fixed times, and a late one counts from when it was
//! due. Not for correctness: that is `make test`.

use anyhow::{Context as _, ensure};
use courtseal_tests::evidence::{Signer, random, statement};
use courtseal_tests::http::post;
use courtseal_tests::measure::{Samples, usage};
use courtseal_tests::network::LocalNetwork;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

/// Clients that ask at the same time.
const CLIENTS: usize = 16;
/// How long the maximum is measured.
const MAXIMUM: Duration = Duration::from_secs(10);
/// The share of it that the network then bears.
const SHARE: f64 = 0.8;
/// From this long on the drift of the 99th percentile is judged.
const JUDGED_FROM_S: u64 = 600;
/// Goal: the 99th percentile of the second half, against that of the first.
const DRIFT_MAX: f64 = 1.1;
/// Goal: what the largest court's memory grows by in the second half, in megabytes. Buffers of the database fill and empty within that.
const GROWTH_MB_MAX: f64 = 64.0;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("soak: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// One request; the node answers once it has the receipts.
fn ask(signer: &Signer, url: &str) -> anyhow::Result<()> {
    let transaction = signer.sign(vec![statement(&random::<16>()?)])?;
    let answer = post(url, "/v1/transactions?wait_ms=20000", transaction.to_text().as_bytes())?;
    ensure!(answer.status == 200, "{} {}", answer.status, answer.body.chars().take(200).collect::<String>());
    Ok(())
}

/// What clients saw: when each request was due and how many milliseconds it took, in order; what failed.
type Seen = (Vec<(Instant, f64)>, Vec<String>);

/// Clients that ask until `end`, `pause` apart if there is one.
fn clients(network: &LocalNetwork, end: Instant, pause: Option<Duration>) -> anyhow::Result<Seen> {
    let (done, failed) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let signer = Signer::read(&network.notary())?;
    let urls = network.urls();
    let start = Instant::now();
    let work = |client: usize| {
        let mut due = start + pause.unwrap_or_default().mul_f64(client as f64 / CLIENTS as f64);
        let mut latencies = Vec::new();
        for number in client.. {
            if let Some(pause) = pause {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                due += pause;
            }
            let from = if let Some(pause) = pause { due - pause } else { Instant::now() };
            if from >= end {
                break;
            }
            match ask(&signer, &urls[number % urls.len()]) {
                Ok(()) => latencies.push((from, from.elapsed().as_secs_f64() * 1e3)),
                Err(error) => failed.lock().expect("no client panics").push(format!("{error:#}")),
            }
        }
        done.lock().expect("no client panics").extend(latencies);
    };
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            scope.spawn(move || work(client));
        }
    });
    let mut done = done.into_inner().expect("no client panics");
    done.sort_by_key(|(at, _)| *at);
    Ok((done, failed.into_inner().expect("no client panics")))
}

fn memory(network: &LocalNetwork) -> anyhow::Result<f64> {
    let of = |court| Ok(usage(network.pid(court).context("it runs")?)?.rss_mb);
    (0..4).map(of).collect::<anyhow::Result<Vec<f64>>>().map(|all| all.into_iter().fold(0.0, f64::max))
}

fn option(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)
}

fn run() -> anyhow::Result<bool> {
    let seconds: u64 = option("--seconds").map_or(Ok(60), |text| text.parse())?;
    let mut network = LocalNetwork::start(4)?;
    let (most, failed) = clients(&network, Instant::now() + MAXIMUM, None)?;
    ensure!(failed.is_empty(), "{} requests failed at full speed, the first: {}", failed.len(), failed[0]);
    let maximum = most.len() as f64 / MAXIMUM.as_secs_f64();
    let pause = Duration::from_secs_f64(CLIENTS as f64 / (maximum * SHARE));
    let halves: Vec<_> = (0..2)
        .map(|_| {
            let half = clients(&network, Instant::now() + Duration::from_secs(seconds) / 2, Some(pause))?;
            Ok((half, memory(&network)?))
        })
        .collect::<anyhow::Result<_>>()?;
    network.stop()?;
    let failures: Vec<&String> = halves.iter().flat_map(|((_, failed), _)| failed).collect();
    let p99 = |half: usize| Samples::of(halves[half].0.0.iter().map(|(_, ms)| *ms).collect()).quantile(0.99);
    let (drift, growth) = (p99(1) / p99(0), halves[1].1 - halves[0].1);
    let is_good = failures.is_empty() && growth <= GROWTH_MB_MAX && (seconds < JUDGED_FROM_S || drift <= DRIFT_MAX);
    let requests: usize = halves.iter().map(|((done, _), _)| done.len()).sum();
    let line = format!(
        "soak: {seconds} s at 80% of {maximum:.0} requests a second: {requests} recorded, {} failed; 99th percentile {:.1} ms, then {:.1} ms (drift {:+.0}%); memory of the largest court {:.0} MB, then {:.0} MB; {}",
        failures.len(),
        p99(0),
        p99(1),
        (drift - 1.0) * 100.0,
        halves[0].1,
        halves[1].1,
        if is_good { "reached" } else { "MISSED" }
    );
    println!("{line}");
    if let Some(failure) = failures.first() {
        println!("  the first failure: {failure}");
    }
    if let Some(path) = option("--append") {
        writeln!(std::fs::OpenOptions::new().create(true).append(true).open(path)?, "* {line}")?;
    }
    Ok(is_good)
}
