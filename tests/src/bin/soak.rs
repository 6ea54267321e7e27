//! `make soak`: a network at 80% of what it can do, for a while.
//!
//! In: `--seconds N` (60), `--entries N` (0) that the log has before, `--append FILE`. Out: a few lines of figures; the exit code is 1 if a request fails, memory grows, or, from ten minutes on, the 99th
//! percentile drifts, the maximum falls or a request costs more. Always: each round measures the maximum anew and then asks for 80% of that, for the speed of the machine is not the same an hour later; requests are due at
//! fixed times, and a late one counts from when it was due. Not for correctness: that is `make test`.

use anyhow::{Context as _, ensure};
use courtseal_proof::genesis::Role;
use courtseal_tests::evidence::Signer;
use courtseal_tests::measure::{Samples, stolen, usage};
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
/// How long the network is asked as fast as it can answer, before the first round.
const WARMING: Duration = Duration::from_secs(5);
/// How long each round measures the maximum.
const MAXIMUM: Duration = Duration::from_secs(15);
/// How long a round then asks for a share of that, about.
const ROUND_S: u64 = 60;
/// The share.
const SHARE: f64 = 0.8;
/// Entries of each transaction of those that make the log long, and clients that ask for them.
const FILLING_ENTRIES: usize = 1_000;
const FILLING_CLIENTS: usize = 8;
/// The shortest time that has two halves to speak of.
const SECONDS_MIN: u64 = 2;
/// From this long on drifts are judged.
const JUDGED_FROM_S: u64 = 600;
/// Goal: the 99th percentile of the second half, against that of the first; of each half the middle one of its rounds, which rounds in which the machine stood still do not move. It says little if rounds
/// differ much, and so they are all printed.
const DRIFT_MAX: f64 = 1.1;
/// Goal: the processor time that a request costs the courts, likewise: it depends less than times do on what else the machine does, and so shows best whether they slow down.
const COST_MAX: f64 = 1.1;
/// Goal: the maximum of the second half, against that of the first, likewise.
const MAXIMUM_SHARE_MIN: f64 = 0.8;
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

/// A maximum, and what the clients saw at 80% of it.
struct Round {
    /// Requests a second.
    maximum: f64,
    /// In milliseconds.
    times: Samples,
    failed: Vec<String>,
    /// Requests that were answered, those of the maximum too.
    answered: usize,
}

/// A half of the rounds, the memory of the largest court at its end, and what one request cost the courts together, at the maximum and at 80% of it.
struct Half {
    rounds: Vec<Round>,
    memory_mb: f64,
    cpu_ms: f64,
    /// The share of the machine that its host gave to others.
    stolen: f64,
}

impl Half {
    fn middle(&self, of: impl Fn(&Round) -> f64) -> f64 {
        Samples::of(self.rounds.iter().map(of).collect()).median()
    }

    fn p99(&self) -> f64 {
        self.middle(|round| round.times.quantile(0.99))
    }
}

/// The memory of the largest court, in megabytes, and the processor time of all, in seconds.
fn courts(network: &LocalNetwork) -> anyhow::Result<(f64, f64)> {
    let of = |court| usage(network.pid(court).context("it runs")?);
    let all = (0..4).map(of).collect::<anyhow::Result<Vec<_>>>()?;
    Ok((all.iter().map(|court| court.rss_mb).fold(0.0, f64::max), all.iter().map(|court| court.cpu_s).sum()))
}

fn round(network: &LocalNetwork, signers: &[Signer], length: Duration) -> anyhow::Result<Round> {
    let most = ask_for(network, signers, MAXIMUM, None);
    // What was under way at the end is not in it.
    let in_time = most.done.iter().filter(|(due, ms)| *due + Duration::from_secs_f64(ms / 1e3) <= MAXIMUM).count();
    let maximum = in_time as f64 / MAXIMUM.as_secs_f64();
    ensure!(
        in_time > 0,
        "nothing was recorded within {} s, {} failed; the first: {:?}",
        MAXIMUM.as_secs(),
        most.failed.len(),
        most.failed.first()
    );
    let Seen { done, failed } = ask_for(network, signers, length, Some(maximum * SHARE));
    let round = Round {
        maximum,
        answered: most.done.len() + done.len(),
        times: Samples::of(done.into_iter().map(|(_, ms)| ms).collect()),
        failed: [most.failed, failed].concat(),
    };
    eprintln!(
        "{maximum:.0} a second at most; at 80%: median {:.1} ms, 99th percentile {:.1} ms",
        round.times.median(),
        round.times.quantile(0.99)
    );
    Ok(round)
}

fn half(network: &LocalNetwork, signers: &[Signer], rounds: u64, length: Duration) -> anyhow::Result<Half> {
    let ((_, cpu_before_s), stolen_before) = (courts(network)?, stolen()?);
    let rounds = (0..rounds).map(|_| round(network, signers, length)).collect::<anyhow::Result<Vec<_>>>()?;
    let ((memory_mb, cpu_s), stolen) = (courts(network)?, stolen()?);
    let answered: usize = rounds.iter().map(|round| round.answered).sum();
    Ok(Half {
        rounds,
        memory_mb,
        cpu_ms: (cpu_s - cpu_before_s) * 1e3 / answered as f64,
        stolen: (stolen.0 - stolen_before.0) / (stolen.1 - stolen_before.1),
    })
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
    ensure!(seconds >= SECONDS_MIN, "--seconds {seconds}: at least {SECONDS_MIN}");
    let (mut network, signers) = start()?;
    fill(&network, &signers, entries)?;
    ask_for(&network, &signers, WARMING, None);
    let rounds = (seconds / ROUND_S / 2).max(1);
    let length = Duration::from_secs(seconds) / (2 * rounds as u32);
    let halves = [half(&network, &signers, rounds, length)?, half(&network, &signers, rounds, length)?];
    network.stop()?;
    let then = |of: fn(&Half) -> f64, unit: &str| format!("{:.1}{unit}, then {:.1}{unit}", of(&halves[0]), of(&halves[1]));
    let all: Vec<&Round> = halves.iter().flat_map(|half| &half.rounds).collect();
    let failures: Vec<&String> = all.iter().flat_map(|round| &round.failed).collect();
    let drift = halves[1].p99() / halves[0].p99();
    let maximum: fn(&Half) -> f64 = |half| half.middle(|round| round.maximum);
    let is_steady = drift <= DRIFT_MAX
        && maximum(&halves[1]) >= maximum(&halves[0]) * MAXIMUM_SHARE_MIN
        && halves[1].cpu_ms <= halves[0].cpu_ms * COST_MAX;
    let is_flat = halves[1].memory_mb - halves[0].memory_mb <= GROWTH_MB_MAX;
    let is_good = failures.is_empty() && is_flat && (seconds < JUDGED_FROM_S || is_steady);
    let line = format!(
        "soak: {seconds} s at 80% of {} requests a second: {} recorded, {} failed; median {}; 99th percentile {} (drift {:+.0}%; of the whole half {}); memory of the largest court {}; the courts' processor time for a request {}; time that this machine's host gave to others {}; {}",
        then(maximum, ""),
        all.iter().map(|round| round.times.count()).sum::<usize>(),
        failures.len(),
        then(|half| half.middle(|round| round.times.median()), " ms"),
        then(Half::p99, " ms"),
        (drift - 1.0) * 100.0,
        then(|half| Samples::of(half.rounds.iter().flat_map(|round| round.times.all()).copied().collect()).quantile(0.99), " ms"),
        then(|half| half.memory_mb, " MB"),
        then(|half| half.cpu_ms, " ms"),
        then(|half| half.stolen * 100.0, "%"),
        if is_good { "reached" } else { "MISSED" }
    );
    let figures = |round: &&Round| format!("{:.0}/{:.0}", round.maximum, round.times.quantile(0.99));
    let each = all.iter().map(figures).collect::<Vec<_>>().join(" ");
    let lines = [line, format!("soak, each round, maximum a second/99th percentile in ms: {each}")];
    lines.iter().for_each(|line| println!("{line}"));
    if let Some(failure) = failures.first() {
        println!("the first failure, and when it was due: {failure}");
    }
    if let Some(path) = option("--append") {
        let mut page = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
        lines.iter().try_for_each(|line| writeln!(page, "* {line}"))?;
    }
    Ok(is_good)
}
