//! The figures of the built program alone, for the main tasks, with their goals.
//!
//! In: the built program.
//! Out: rows for a folder, single files, verifying, hashing, an idle network, a lost court, and loads.
//! Always: a goal is generous enough for any machine, or a ratio to another program in the same run.
//! Not for comparing two builds: see [`super::comparison`].

use super::Effort;
use super::figure::{range, short};
use super::parts::{PARTS, measure};
use super::table::Table;
use crate::evidence;
use crate::launch::Launch;
use crate::measure::{Samples, usage};
use crate::network::LocalNetwork;
use crate::processes::await_state;
use anyhow::{Context as _, ensure};
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FILES: usize = 1_000;
const FILE_BYTES_MAX: usize = 40_000;
const SINGLES: usize = 50;
const LARGE_BYTES: u64 = 1_000_000_000;
const LARGE_RUNS: usize = 5;

/// Measures everything and returns the table.
///
/// # Errors
/// The program or a measurement fails.
pub fn run(effort: &Effort) -> anyhow::Result<Table> {
    let mut table = Table::new(&["what", "median", "spread", "goal"]);
    let mut network = LocalNetwork::start(4)?;
    let desk = network.desk()?;
    folder(&network, &desk, &mut table)?;
    singles(&network, &desk.join("four"), "one small file to its receipt, four courts", Some(100.0), &mut table)?;
    verifying(&network, &desk, &mut table)?;
    hashing(&network, &desk, &mut table)?;
    idle(&network, effort.idle_s, &mut table)?;
    losing_a_court(&mut network, &desk, &mut table)?;
    network.stop()?;
    drop(network);
    loads(effort, &mut table)?;
    Ok(table)
}

/// Adds a row; a figure above its goal misses it.
fn row(table: &mut Table, what: &str, figure: f64, unit: &str, spread: &str, goal: Option<f64>) {
    let goal_text = goal.map_or(String::new(), |goal| format!("at most {goal} {unit}"));
    let cells = [what.to_owned(), format!("{figure:.2} {unit}"), spread.to_owned(), goal_text];
    table.row(&cells, goal.map(|goal| figure <= goal));
}

/// Adds the figures of the comparison's parts for one program: printed, never judged.
fn loads(effort: &Effort, table: &mut Table) -> anyhow::Result<()> {
    let runs = (0..effort.alone).map(|_| measure(&Launch::default(), effort)).collect::<anyhow::Result<Vec<_>>>()?;
    for (part, what) in PARTS.iter().enumerate() {
        for (at, (figure, _)) in runs[0][part].figures.iter().enumerate() {
            let samples = Samples::of(runs.iter().map(|outcomes| outcomes[part].figures[at].1).collect());
            let (name, unit) = figure.name_and_unit();
            let median = format!("{}{unit}", short(samples.median()));
            let spread = format!("{}, {} runs", range(&samples), samples.count());
            table.row(&[format!("{}: {name}", what.what), median, spread, String::new()], None);
        }
        let failures: usize = runs.iter().map(|outcomes| outcomes[part].failures.count()).sum();
        if failures > 0 {
            let cells = [format!("{}: failed", what.what), failures.to_string(), String::new(), "none".to_owned()];
            table.row(&cells, Some(false));
        }
    }
    Ok(())
}

fn timed(act: impl FnOnce() -> anyhow::Result<()>) -> anyhow::Result<Duration> {
    let started = Instant::now();
    act()?;
    Ok(started.elapsed())
}

fn folder(network: &LocalNetwork, desk: &Path, table: &mut Table) -> anyhow::Result<()> {
    let (mut first, mut again) = (Samples::default(), Samples::default());
    for run in 0..3 {
        let folder = desk.join(format!("folder-{run}"));
        evidence::folder(&folder, FILES, FILE_BYTES_MAX)?;
        let notarize = || network.notarize(&[&folder]).map(|outcome| drop(outcome.exits(0)));
        first.add(timed(notarize)?.as_secs_f64());
        again.add(timed(notarize)?.as_secs_f64());
    }
    row(table, "folder of 1,000 files to 1,000 receipts", first.median(), "s", &first.spread(), Some(3.0));
    row(table, "the same folder again, nothing to do", again.median(), "s", &again.spread(), None);
    Ok(())
}

fn singles(network: &LocalNetwork, folder: &Path, what: &str, goal_ms: Option<f64>, table: &mut Table) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let mut samples = Samples::default();
    for run in 0..SINGLES {
        let file = folder.join(format!("single-{run}.txt"));
        fs::write(&file, evidence::random::<64>()?)?;
        samples.add_time(timed(|| network.notarize(&[&file]).map(|outcome| drop(outcome.exits(0))))?);
    }
    row(table, what, samples.median(), "ms", &samples.spread(), goal_ms);
    row(table, "the same, 99th percentile", samples.quantile(0.99), "ms", "", None);
    Ok(())
}

fn verifying(network: &LocalNetwork, desk: &Path, table: &mut Table) -> anyhow::Result<()> {
    let file = desk.join("four").join("single-0.txt");
    let mut samples = Samples::default();
    for _ in 0..20 {
        samples.add_time(timed(|| network.verify(&[&file]).map(|outcome| drop(outcome.exits(0))))?);
    }
    row(table, "verify a small file", samples.median(), "ms", &samples.spread(), Some(50.0));
    Ok(())
}

/// Compares `notarize` and `verify` of a large file with `openssl dgst`, which computes the slower of the
/// digests; the runs alternate.
fn hashing(network: &LocalNetwork, desk: &Path, table: &mut Table) -> anyhow::Result<()> {
    let file = desk.join("large.bin");
    let mut out = fs::File::create(&file)?;
    let piece = evidence::random::<65_536>()?;
    let mut left = LARGE_BYTES as usize;
    while left > 0 {
        let length = left.min(piece.len());
        out.write_all(&piece[..length])?;
        left -= length;
    }
    drop(out);
    for (digests, slower, goal) in [("sha256,sha512", "-sha512", 1.35), ("sha256", "-sha256", 1.15)] {
        let openssl = || {
            let status = Command::new("openssl").args(["dgst", slower]).arg(&file).stdout(Stdio::null()).status()?;
            ensure!(status.success(), "openssl failed");
            Ok(())
        };
        let notarize = || {
            let arguments = ["--digest".as_ref(), digests.as_ref(), file.as_os_str()];
            network.notarize(&arguments).map(|outcome| drop(outcome.exits(0)))
        };
        let verify = || network.verify(&[&file]).map(|outcome| drop(outcome.exits(0)));
        // One uncounted run, so that the file is in memory for each counted run.
        openssl()?;
        let [mut recorded, mut recorded_ratios, mut verified, mut verified_ratios]: [Samples; 4] = Default::default();
        for _ in 0..LARGE_RUNS {
            let ours = timed(notarize)?.as_secs_f64();
            let theirs = timed(openssl)?.as_secs_f64();
            recorded.add(ours);
            recorded_ratios.add(ours / theirs);
            let ours = timed(verify)?.as_secs_f64();
            verified.add(ours);
            verified_ratios.add(ours / theirs);
            // Without its receipt the file is recorded again.
            fs::remove_file(desk.join("large.bin.tlog-proof"))?;
        }
        let against = format!("the same against openssl dgst {slower}");
        row(table, &format!("notarize a file of 1 GB, {digests}"), recorded.median(), "s", &recorded.spread(), None);
        row(table, &against, recorded_ratios.median(), "times", &recorded_ratios.spread(), Some(goal));
        row(table, &format!("verify a file of 1 GB, {digests}"), verified.median(), "s", &verified.spread(), None);
        row(table, &against, verified_ratios.median(), "times", &verified_ratios.spread(), Some(goal));
    }
    fs::remove_file(file)?;
    Ok(())
}

fn idle(network: &LocalNetwork, idle_s: u64, table: &mut Table) -> anyhow::Result<()> {
    let pids: Vec<u32> = (0..4).filter_map(|court| network.pid(court)).collect();
    ensure!(pids.len() == 4, "not all four courts run");
    let size = |court| network.status(court).and_then(|status| Some((status["height"].as_u64()?, status["size"].as_u64()?)));
    let before = size(0).context("no status")?;
    let cpu: Vec<f64> = pids.iter().map(|pid| Ok(usage(*pid)?.cpu_s)).collect::<anyhow::Result<_>>()?;
    std::thread::sleep(Duration::from_secs(idle_s));
    let (mut share, mut memory) = (Samples::default(), Samples::default());
    for (pid, cpu_s) in pids.iter().zip(cpu) {
        let now = usage(*pid)?;
        share.add((now.cpu_s - cpu_s) / idle_s as f64 * 100.0);
        memory.add(now.rss_mb);
    }
    let after = size(0).context("no status")?;
    let what = format!("idle for {idle_s} s: processor, of one core, the busiest court");
    row(table, &what, share.max(), "%", &share.spread(), Some(1.0));
    row(table, "memory of the largest court then", memory.max(), "MB", &memory.spread(), Some(150.0));
    // One heartbeat a minute, and one more because the first may come at once.
    let heartbeats = (idle_s / 60 + 1) as f64;
    row(table, "blocks made while idle", (after.0 - before.0) as f64, "blocks", "heartbeats", Some(heartbeats));
    row(table, "entries made while idle", (after.1 - before.1) as f64, "entries", "one a block", Some(heartbeats));
    Ok(())
}

/// Kills one court and measures the time until the next record, the latency without the court, and the time
/// until the court has caught up.
fn losing_a_court(network: &mut LocalNetwork, desk: &Path, table: &mut Table) -> anyhow::Result<()> {
    let mut gaps = Samples::default();
    let mut back = Samples::default();
    for run in 0..3 {
        let file = desk.join(format!("gap-{run}.txt"));
        fs::write(&file, evidence::random::<64>()?)?;
        network.kill(1 + run)?;
        gaps.add(timed(|| network.notarize(&[&file]).map(|outcome| drop(outcome.exits(0))))?.as_secs_f64());
        if run == 2 {
            singles(network, &desk.join("three"), "one small file to its receipt, one of four courts down", None, table)?;
        }
        let started = Instant::now();
        network.restart(1 + run)?;
        network.await_equal(&[0, 1, 2, 3])?;
        back.add(started.elapsed().as_secs_f64());
        // The next round starts from a network that is whole again, as each court sees it.
        await_state("all courts connected", || {
            (0..4)
                .all(|court| {
                    let courts = network.status(court).map(|status| status["courts"].clone()).unwrap_or_default();
                    courts.as_array().is_some_and(|courts| courts.iter().all(|court| court["connected"] == true))
                })
                .then_some(())
        })?;
    }
    row(table, "a court is killed: until a file is recorded without it", gaps.median(), "s", &gaps.spread(), Some(2.0));
    row(table, "the same, the slowest", gaps.max(), "s", "", Some(2.0));
    row(table, "a court starts again: until it has the same root", back.median(), "s", &back.spread(), None);
    Ok(())
}
