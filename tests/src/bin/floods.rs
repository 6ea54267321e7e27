//! `make floods`: the effect of a flood on the 99th percentile of honest clients, as ratios within one run.
//!
//! In: the built program.
//! Out: a table; the exit code is 1 if a goal is missed.
//! Always: the same work is done with and without the flood, in turn, on the same network. Everything is
//! measured and printed before anything is judged.
//! Not for correctness: `make test` checks that.

use anyhow::{Context as _, ensure};
use courtseal_tests::evidence;
use courtseal_tests::flood::Flood;
use courtseal_tests::hostile::{Hostile, listeners};
use courtseal_tests::measure::{Samples, usage};
use courtseal_tests::network::LocalNetwork;
use std::process::ExitCode;
use std::time::Instant;

/// Files notarized in each round, one after another.
const FILES: usize = 300;
/// Rounds with the flood, and as many without it, in turn.
const ROUNDS: usize = 3;
/// Goal: the 99th percentile with the flood is at most so many times the one without.
const RATIO_MAX: f64 = 2.0;
/// Goal: a flood adds at most so much to a court's memory, in megabytes.
const MEMORY_MB_MAX: f64 = 64.0;

fn main() -> ExitCode {
    match run() {
        Ok(0) => ExitCode::SUCCESS,
        Ok(missed) => {
            eprintln!("{missed} goals missed");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("floods: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run() -> anyhow::Result<usize> {
    let mut network = LocalNetwork::start(4)?;
    let folder = network.desk()?.join("folder");
    evidence::folder(&folder, 1_000, 1_000)?;
    network.notarize(&[&folder])?.exits(0);
    let urls = network.urls();
    println!("| flood | p99 without | p99 with | ratio | memory added | |\n| --- | --- | --- | --- | --- | --- |");
    let (clients, listener) = (urls[0].trim_start_matches("http://").parse()?, listeners(&network)?[0]);
    let mut missed = 0;
    missed += compare(&network, "other addresses, at the node that is asked", &urls[..1], 4, || {
        Flood::start(clients, listener, "/v1/entries?from=0&limit=1000")
    })?;
    missed += compare(&network, "other addresses, at another node than is asked", &urls[1..2], 4, || {
        Flood::start(clients, listener, "/v1/entries?from=0&limit=1000")
    })?;
    network.kill(3)?;
    missed += compare(&network, "one court of four, hostile", &urls[..1], 3, || Hostile::start(&network, 3))?;
    network.restart(3)?;
    network.await_equal(&[0, 1, 2, 3])?;
    network.stop()?;
    Ok(missed)
}

/// Does the same work without and with a flood, in turn; returns the number of goals missed.
fn compare<F>(
    network: &LocalNetwork,
    what: &str,
    urls: &[String],
    courts: usize,
    flood: impl Fn() -> anyhow::Result<F>,
) -> anyhow::Result<usize> {
    let (mut without, mut with) = (Samples::default(), Samples::default());
    let memory = || -> anyhow::Result<Vec<f64>> {
        (0..courts).map(|court| Ok(usage(network.pid(court).context("it runs")?)?.rss_mb)).collect()
    };
    // One uncounted round, so that memory has reached its ordinary size.
    round(network, urls, &mut Samples::default())?;
    let before = memory()?;
    for _ in 0..ROUNDS {
        round(network, urls, &mut without)?;
        let flood = flood()?;
        round(network, urls, &mut with)?;
        drop(flood);
    }
    let added = memory()?.iter().zip(&before).map(|(after, before)| after - before).fold(0.0, f64::max);
    let ratio = with.quantile(0.99) / without.quantile(0.99);
    let missed = usize::from(ratio > RATIO_MAX) + usize::from(added > MEMORY_MB_MAX);
    println!(
        "| {what} | {:.1} ms ({:.1}) | {:.1} ms ({:.1}) | {ratio:.2}, at most {RATIO_MAX} | {added:.0} MB, at most {MEMORY_MB_MAX} | {} |",
        without.quantile(0.99),
        without.median(),
        with.quantile(0.99),
        with.median(),
        if missed == 0 { "reached" } else { "MISSED" }
    );
    Ok(missed)
}

fn round(network: &LocalNetwork, urls: &[String], samples: &mut Samples) -> anyhow::Result<()> {
    let folder = network.desk()?.join("singles");
    std::fs::create_dir_all(&folder)?;
    for _ in 0..FILES {
        let name = evidence::random::<8>()?.map(|byte| format!("{byte:02x}")).concat();
        let file = folder.join(name);
        std::fs::write(&file, evidence::random::<64>()?)?;
        let started = Instant::now();
        let outcome = network.notarize_at(urls, &[&file])?;
        ensure!(outcome.code == 0, "an honest client fails: {outcome:?}");
        samples.add_time(started.elapsed());
    }
    Ok(())
}
