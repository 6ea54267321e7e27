//! `make soak`: a network at 80% of what it can do, for a while.
//!
//! In: `--seconds N` (60), `--entries N` (0) that the log has before, `--append FILE`. Out: one line of figures; the exit code is 1 if a request fails, memory grows, or, from ten minutes on, the 99th
//! percentile drifts. Always: the maximum is measured first, on the same network; requests are due at fixed times, and a late one counts from when it was
//! due. Not for correctness: that is `make test`.

use anyhow::{Context as _, ensure};
use courtseal_proof::genesis::Role;
use courtseal_tests::evidence::Signer;
use courtseal_tests::measure::{Samples, usage};
use courtseal_tests::members::rewrite;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::open_loop::{Seen, ask, ask_for};
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Members in whose names is asked.
const MEMBERS: usize = 100;
/// How long the network is asked as fast as it can answer, before that counts.
const WARMING: Duration = Duration::from_secs(5);
/// How long the maximum is measured: what is reached for a moment is no maximum that a network bears.
const MAXIMUM: Duration = Duration::from_secs(60);
/// The share of it that the network then bears.
const SHARE: f64 = 0.8;
/// Entries of each transaction of those that make the log long, and clients that ask for them.
const FILLING_ENTRIES: usize = 1_000;
const FILLING_CLIENTS: usize = 8;
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

/// A half of the time: what the clients saw, and the memory of the largest court at its end.
struct Half {
    seen: Seen,
    memory_mb: f64,
}

impl Half {
    fn quantile(&self, share: f64) -> f64 {
        Samples::of(self.seen.done.iter().map(|(_, ms)| *ms).collect()).quantile(share)
    }

    /// The 99th percentile of what was due in each minute, in whole milliseconds.
    fn minutes(&self) -> Vec<String> {
        let of_one_minute = self.seen.done.chunk_by(|one, next| one.0.as_secs() / 60 == next.0.as_secs() / 60);
        of_one_minute
            .map(|minute| format!("{:.0}", Samples::of(minute.iter().map(|(_, ms)| *ms).collect()).quantile(0.99)))
            .collect()
    }
}

fn memory(network: &LocalNetwork) -> anyhow::Result<f64> {
    let of = |court| Ok(usage(network.pid(court).context("it runs")?)?.rss_mb);
    (0..4).map(of).collect::<anyhow::Result<Vec<f64>>>().map(|all| all.into_iter().fold(0.0, f64::max))
}

fn option(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)
}

/// A running network, and its members' keys.
fn start() -> anyhow::Result<(LocalNetwork, Vec<Signer>)> {
    let mut network = LocalNetwork::create(4)?;
    let names: Vec<String> = (1..=MEMBERS).map(|number| format!("soak-{number}")).collect();
    let members: Vec<(&str, Role)> = names.iter().map(|name| (name.as_str(), Role::Notary)).collect();
    let keys = rewrite(network.listing(), &members, 60_000)?;
    network.run()?;
    Ok((network, keys.iter().map(|key| Signer::read(key)).collect::<anyhow::Result<_>>()?))
}

/// Makes the log at least so long, by large transactions.
fn fill(network: &LocalNetwork, signers: &[Signer], entries: usize) -> anyhow::Result<()> {
    let (start, urls, next) = (Instant::now(), network.urls(), AtomicUsize::new(0));
    let client = || -> anyhow::Result<()> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let before = number * FILLING_ENTRIES;
            if before >= entries {
                return Ok(());
            }
            ask(&signers[number % signers.len()], &urls[number % urls.len()], FILLING_ENTRIES)?;
            if before % 100_000 < FILLING_ENTRIES {
                eprintln!("{before} of {entries} entries, after {:.0} s", start.elapsed().as_secs_f64());
            }
        }
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..FILLING_CLIENTS).map(|_| scope.spawn(client)).collect();
        clients.into_iter().try_for_each(|client| client.join().expect("no client panics"))
    })
}

fn run() -> anyhow::Result<bool> {
    let seconds: u64 = option("--seconds").map_or(Ok(60), |text| text.parse())?;
    let entries: usize = option("--entries").map_or(Ok(0), |text| text.parse())?;
    let (mut network, signers) = start()?;
    fill(&network, &signers, entries)?;
    ask_for(&network, &signers, WARMING, None);
    let most = ask_for(&network, &signers, MAXIMUM, None);
    ensure!(most.failed.is_empty(), "{} requests failed at full speed, the first: {}", most.failed.len(), most.failed[0]);
    let maximum = most.done.len() as f64 / MAXIMUM.as_secs_f64();
    let half = || -> anyhow::Result<Half> {
        let seen = ask_for(&network, &signers, Duration::from_secs(seconds) / 2, Some(maximum * SHARE));
        Ok(Half { seen, memory_mb: memory(&network)? })
    };
    let halves = [half()?, half()?];
    network.stop()?;
    let failures: Vec<&String> = halves.iter().flat_map(|half| &half.seen.failed).collect();
    let drift = halves[1].quantile(0.99) / halves[0].quantile(0.99);
    let growth_mb = halves[1].memory_mb - halves[0].memory_mb;
    let is_good = failures.is_empty() && growth_mb <= GROWTH_MB_MAX && (seconds < JUDGED_FROM_S || drift <= DRIFT_MAX);
    let line = format!(
        "soak: {seconds} s at 80% of {maximum:.0} requests a second: {} recorded, {} failed; median {:.1} ms, then {:.1} ms; 99th percentile {:.1} ms, then {:.1} ms (drift {:+.0}%); memory of the largest court {:.0} MB, then {:.0} MB; {}",
        halves.iter().map(|half| half.seen.done.len()).sum::<usize>(),
        failures.len(),
        halves[0].quantile(0.5),
        halves[1].quantile(0.5),
        halves[0].quantile(0.99),
        halves[1].quantile(0.99),
        (drift - 1.0) * 100.0,
        halves[0].memory_mb,
        halves[1].memory_mb,
        if is_good { "reached" } else { "MISSED" }
    );
    println!("{line}");
    println!("  99th percentile of each minute, in ms: {}", halves.iter().flat_map(Half::minutes).collect::<Vec<_>>().join(" "));
    if let Some(failure) = failures.first() {
        println!("  the first failure, and when it was due: {failure}");
    }
    if let Some(path) = option("--append") {
        writeln!(std::fs::OpenOptions::new().create(true).append(true).open(path)?, "* {line}")?;
    }
    Ok(is_good)
}
