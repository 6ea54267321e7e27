//! `make soak`: a network at 80% of its maximum rate, for a given time.
//!
//! In: `--seconds N` (60), `--entries N` (0) that the log has before, `--append FILE`.
//! Out: a few lines of figures. The exit code is 1 if a request fails or memory grows. From ten minutes on it
//! is also 1 if the 99th percentile drifts, the maximum falls or a request costs more.
//! Always: each round measures the maximum again and then asks for 80% of it, because the speed of the
//! machine changes over an hour. Requests are due at fixed times, and the latency of a late request counts
//! from its due time.
//! Not for correctness: `make test` checks that.

use anyhow::ensure;
use courtseal_tests::generator::form::Form;
use courtseal_tests::generator::report::{Failures, Report};
use courtseal_tests::generator::schedule::Pace;
use courtseal_tests::generator::subject::Subject;
use courtseal_tests::generator::{self, Plan};
use courtseal_tests::launch::Launch;
use courtseal_tests::measure::{Samples, stolen};
use courtseal_tests::options::Options;
use std::io::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Number of clients, both for fixed times and for the maximum rate.
const CLIENTS: usize = 128;
/// What each request carries.
const FORM: Form = Form::Transaction { statements: 1 };
/// Requests a second that no maximum reaches; so many are signed.
const MOST_PER_S: f64 = 10_000.0;
/// How long the network runs at its maximum rate before the first round.
const WARMING: Duration = Duration::from_secs(5);
/// How long each round measures the maximum.
const MAXIMUM: Duration = Duration::from_secs(15);
/// How long, approximately, a round then runs at a share of the maximum.
const ROUND_S: u64 = 60;
/// The share of the maximum at which a round runs.
const SHARE: f64 = 0.8;
/// The transactions that make the log long: entries of each, clients that send them, and transactions signed
/// at a time.
const FILLING_ENTRIES: usize = 1_000;
const FILLING_CLIENTS: usize = 8;
const FILLING_PIECE: usize = 100;
/// The shortest run that can be divided into two halves.
const SECONDS_MIN: u64 = 2;
/// Drifts are judged only in runs of at least this length.
const JUDGED_FROM_S: u64 = 600;
/// Goal: the most by which the 99th percentile of the second half may exceed that of the first.
///
/// The value of a half is the median over its rounds, so that rounds in which the machine stood still do not
/// move it. It says little if rounds differ much, so all rounds are printed.
const DRIFT_MAX: f64 = 1.1;
/// Goal: the same for the processor time that a request costs the courts. It depends less on other load of
/// the machine than latencies do, so it shows best whether the courts slow down.
const COST_MAX: f64 = 1.1;
/// Goal: the least share of the first half's maximum that the second half must reach.
const MAXIMUM_SHARE_MIN: f64 = 0.8;
/// Goal: the most by which the largest court's memory may grow in the second half, in megabytes. Buffers of
/// the database fill and empty within that.
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

/// The loads of a round: one at the maximum rate, and one at a share of it.
struct Round {
    fastest: Report,
    steady: Report,
}

impl Round {
    /// The maximum, in requests a second.
    fn maximum(&self) -> f64 {
        self.fastest.per_s(self.fastest.transactions)
    }

    fn p99(&self) -> f64 {
        self.steady.times.quantile(0.99)
    }
}

/// A half of the rounds, and the share of the machine's time that its host gave to others meanwhile.
struct Half {
    rounds: Vec<Round>,
    stolen: f64,
}

impl Half {
    fn middle(&self, of: impl Fn(&Round) -> f64) -> f64 {
        Samples::of(self.rounds.iter().map(of).collect()).median()
    }

    fn p99(&self) -> f64 {
        self.middle(Round::p99)
    }

    fn loads(&self) -> impl Iterator<Item = &Report> {
        self.rounds.iter().flat_map(|round| [&round.fastest, &round.steady])
    }

    /// The processor time that a request cost the courts, in milliseconds.
    fn cpu_ms(&self) -> f64 {
        let (cpu_s, done) =
            self.loads().fold((0.0, 0), |(cpu_s, done), load| (cpu_s + load.spent.cpu_s, done + load.transactions));
        cpu_s * 1e3 / done as f64
    }

    /// The memory of the largest court at the end, in megabytes.
    fn memory_mb(&self) -> f64 {
        self.loads().last().map_or(0.0, |load| load.spent.memory_mb)
    }

    /// The 99th percentile of all rounds together.
    fn whole_p99(&self) -> f64 {
        Samples::of(self.rounds.iter().flat_map(|round| round.steady.times.all()).copied().collect()).quantile(0.99)
    }
}

fn load(subject: &Subject, pace: Pace, counted: Duration) -> anyhow::Result<Report> {
    let plan = Plan { clients: CLIENTS, pace, form: FORM, warming: Duration::ZERO, counted };
    generator::run(subject, &plan, MOST_PER_S)
}

fn round(subject: &Subject, length: Duration) -> anyhow::Result<Round> {
    let fastest = load(subject, Pace::Closed, MAXIMUM)?;
    let maximum = fastest.per_s(fastest.transactions);
    ensure!(maximum > 0.0, "nothing was recorded within {} s: {}", MAXIMUM.as_secs(), fastest.failures);
    let steady = load(subject, Pace::Open { per_s: maximum * SHARE }, length)?;
    let (median, p99) = (steady.times.median(), steady.times.quantile(0.99));
    eprintln!("{maximum:.0} a second at most; at 80%: median {median:.1} ms, 99th percentile {p99:.1} ms");
    Ok(Round { fastest, steady })
}

fn half(subject: &Subject, rounds: u64, length: Duration) -> anyhow::Result<Half> {
    let before = stolen()?;
    let rounds = (0..rounds).map(|_| round(subject, length)).collect::<anyhow::Result<Vec<_>>>()?;
    let after = stolen()?;
    Ok(Half { rounds, stolen: (after.0 - before.0) / (after.1 - before.1) })
}

/// Makes the log at least so long, with large transactions.
fn fill(subject: &Subject, entries: usize) -> anyhow::Result<()> {
    let (start, transactions) = (Instant::now(), entries.div_ceil(FILLING_ENTRIES));
    for done in (0..transactions).step_by(FILLING_PIECE) {
        let piece = FILLING_PIECE.min(transactions - done);
        generator::fill(subject, FILLING_CLIENTS, Form::Transaction { statements: FILLING_ENTRIES }, piece)?;
        let (filled, seconds) = ((done + piece) * FILLING_ENTRIES, start.elapsed().as_secs_f64());
        eprintln!("{filled} of {entries} entries, after {seconds:.0} s");
    }
    Ok(())
}

fn run() -> anyhow::Result<bool> {
    let options = Options::parse(std::env::args(), &[], &["--seconds", "--entries", "--append"])?;
    let seconds: u64 = options.number("--seconds", 60)?;
    ensure!(seconds >= SECONDS_MIN, "--seconds {seconds}: at least {SECONDS_MIN}");
    let subject = Subject::start(&Launch::default(), 4)?;
    fill(&subject, options.number("--entries", 0)?)?;
    load(&subject, Pace::Closed, WARMING)?;
    let rounds = (seconds / ROUND_S / 2).max(1);
    let length = Duration::from_secs(seconds) / (2 * rounds as u32);
    let halves = [half(&subject, rounds, length)?, half(&subject, rounds, length)?];
    drop(subject);
    let mut failures = Failures::default();
    halves.iter().flat_map(Half::loads).for_each(|load| failures.add(load.failures.clone()));
    let is_steady = seconds < JUDGED_FROM_S || is_steady(&halves);
    let is_flat = halves[1].memory_mb() - halves[0].memory_mb() <= GROWTH_MB_MAX;
    let is_good = failures.count() == 0 && is_flat && is_steady;
    let lines = lines(seconds, &halves, &failures, is_good);
    lines.iter().for_each(|line| println!("{line}"));
    if let Some(failure) = &failures.first {
        println!("the first failure, and when it was due: {failure}");
    }
    if let Some(path) = options.text("--append") {
        let mut page = std::fs::OpenOptions::new().create(true).append(true).open(path)?;
        lines.iter().try_for_each(|line| writeln!(page, "* {line}"))?;
    }
    Ok(is_good)
}

fn is_steady(halves: &[Half; 2]) -> bool {
    halves[1].p99() <= halves[0].p99() * DRIFT_MAX
        && halves[1].middle(Round::maximum) >= halves[0].middle(Round::maximum) * MAXIMUM_SHARE_MIN
        && halves[1].cpu_ms() <= halves[0].cpu_ms() * COST_MAX
}

/// The lines that are printed and kept.
fn lines(seconds: u64, halves: &[Half; 2], failures: &Failures, is_good: bool) -> [String; 2] {
    let then = |of: &dyn Fn(&Half) -> f64, unit: &str| format!("{:.1}{unit}, then {:.1}{unit}", of(&halves[0]), of(&halves[1]));
    let all: Vec<&Round> = halves.iter().flat_map(|half| &half.rounds).collect();
    let line = format!(
        "soak: {seconds} s at 80% of {} requests a second: {} recorded, {} failed; median {}; 99th percentile {} (drift \
         {:+.0}%; of the whole half {}); memory of the largest court {}; the courts' processor time for a request {}; time \
         that this machine's host gave to others {}; {}",
        then(&|half| half.middle(Round::maximum), ""),
        all.iter().map(|round| round.steady.times.count()).sum::<usize>(),
        failures.count(),
        then(&|half| half.middle(|round| round.steady.times.median()), " ms"),
        then(&Half::p99, " ms"),
        (halves[1].p99() / halves[0].p99() - 1.0) * 100.0,
        then(&Half::whole_p99, " ms"),
        then(&Half::memory_mb, " MB"),
        then(&Half::cpu_ms, " ms"),
        then(&|half| half.stolen * 100.0, "%"),
        if is_good { "reached" } else { "MISSED" }
    );
    let figures = |round: &&Round| format!("{:.0}/{:.0}", round.maximum(), round.p99());
    let each = all.iter().map(figures).collect::<Vec<_>>().join(" ");
    [line, format!("soak, each round, maximum a second/99th percentile in ms: {each}")]
}
