//! One load on a network of its own, for inspection and profiling: `load --clients 512 --seconds 8`.
//!
//! In: `--program FILE` (the built one), `--courts N` (4), `--clients N` (128) and `--statements N` a
//! transaction (1). `--rate N` makes an open loop of N requests a second. `--warming N` and `--seconds N` are
//! 3 and 8. `--most N` requests a second are signed for a closed loop (10,000).
//! Out: the process ids of the courts on standard error, the figures on standard output.
//! Always: requests are signed before the load starts.
//! Not for judging: `make bench` does that.

use courtseal_tests::bench::figure::{Figure, short};
use courtseal_tests::generator::form::Form;
use courtseal_tests::generator::schedule::Pace;
use courtseal_tests::generator::subject::Subject;
use courtseal_tests::generator::{self, Plan};
use courtseal_tests::launch::Launch;
use courtseal_tests::options::Options;
use std::time::Duration;

const OPTIONS: [&str; 8] = ["--program", "--courts", "--clients", "--statements", "--rate", "--warming", "--seconds", "--most"];

fn main() -> anyhow::Result<()> {
    let options = Options::parse(std::env::args(), &[], &OPTIONS)?;
    let program = options.text("--program").map(std::path::absolute).transpose()?;
    let form = Form::Transaction { statements: options.number("--statements", 1)? };
    let plan = Plan {
        clients: options.number("--clients", 128)?,
        pace: match options.number("--rate", 0.0)? {
            0.0 => Pace::Closed,
            per_s => Pace::Open { per_s },
        },
        form,
        warming: Duration::from_secs_f64(options.number("--warming", 3.0)?),
        counted: Duration::from_secs_f64(options.number("--seconds", 8.0)?),
    };
    let subject = Subject::start(&Launch { program, ..Launch::default() }, options.number("--courts", 4)?)?;
    let courts = subject.network.courts();
    eprintln!("courts: {:?}", courts.iter().filter_map(|court| court.pid).collect::<Vec<_>>());
    let report = generator::run(&subject, &plan, options.number("--most", 10_000.0)?)?;
    for (figure, value) in Figure::of_load(form, &report) {
        let (name, unit) = figure.name_and_unit();
        println!("{name}: {}{unit}", short(value));
    }
    println!("failed: {}", report.failures);
    if let Some(first) = &report.failures.first {
        println!("the first failure, and when it was due: {first}");
    }
    Ok(())
}
