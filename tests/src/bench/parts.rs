//! The parts of the comparison and their limits, in one table.
//!
//! In: a program.
//! Out: the figures of all parts, on networks that run this program.
//! Always: a limit applies to the ratio of the new program's median to the base's median within one run.
//! Not for absolute goals: see [`super::present`].

use super::figure::Figure;
use super::{Effort, receipts};
use crate::generator::form::Form;
use crate::generator::report::Failures;
use crate::generator::schedule::Pace;
use crate::generator::subject::Subject;
use crate::generator::{self, Plan};
use crate::launch::Launch;
use anyhow::ensure;

/// What the ratio of two medians must be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// The ratio is at most this number.
    AtMost(f64),
    /// The ratio is at least this number.
    AtLeast(f64),
}

/// One part: what is done on a network, and the limits of its figures.
pub struct Part {
    /// Its name in the table.
    pub what: &'static str,
    /// Courts of the network. Consecutive parts with the same number of courts share one network.
    pub courts: usize,
    /// What is done on the network.
    pub act: Act,
    /// Figures that are judged; all others are only printed.
    pub limits: &'static [(Figure, Limit)],
}

/// What is done on a network.
#[derive(Clone, Copy)]
pub enum Act {
    /// Clients send requests to the courts.
    Load {
        /// The number of clients.
        clients: usize,
        /// How their requests follow each other.
        pace: Pace,
        /// What a request carries.
        form: Form,
        /// Requests a second that a closed loop does not reach; so many requests are signed beforehand.
        most_per_s: f64,
    },
    /// Receipts of one transaction are verified by the command line.
    Receipts,
}

const SINGLE: Form = Form::Transaction { statements: 1 };
const BUNDLE: Form = Form::Transaction { statements: 1_000 };

/// All parts, in the order in which they are done.
pub const PARTS: [Part; 4] = [
    Part {
        what: "one client, single transactions",
        courts: 4,
        act: Act::Load { clients: 1, pace: Pace::Closed, form: SINGLE, most_per_s: 1_000.0 },
        limits: &[],
    },
    Part {
        what: "512 clients, single transactions",
        courts: 4,
        act: Act::Load { clients: 512, pace: Pace::Closed, form: SINGLE, most_per_s: 10_000.0 },
        limits: &[(Figure::CourtsCpu, Limit::AtMost(1.05))],
    },
    Part {
        what: "12 clients, transactions of 1,000 statements",
        courts: 4,
        act: Act::Load { clients: 12, pace: Pace::Closed, form: BUNDLE, most_per_s: 150.0 },
        limits: &[(Figure::Entries, Limit::AtLeast(1.4))],
    },
    Part {
        what: "1,000 receipts of one transaction",
        courts: 4,
        act: Act::Receipts,
        limits: &[(Figure::Verified, Limit::AtLeast(5.0))],
    },
];

/// What a part gave on one network.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Its figures, in the same order whatever the program.
    pub figures: Vec<(Figure, f64)>,
    /// Requests that failed.
    pub failures: Failures,
}

impl Part {
    fn measure(&self, subject: &Subject, effort: &Effort) -> anyhow::Result<Outcome> {
        match self.act {
            Act::Load { clients, pace, form, most_per_s } => {
                let plan = Plan { clients, pace, form, warming: effort.warming, counted: effort.counted };
                let report = generator::run(subject, &plan, most_per_s)?;
                Ok(Outcome { figures: Figure::of_load(form, &report), failures: report.failures })
            }
            Act::Receipts => {
                Ok(Outcome { figures: receipts::measure(subject, effort.verifications)?, failures: Failures::default() })
            }
        }
    }
}

/// Runs all parts with one program, in order, on fresh networks.
///
/// # Errors
/// A network does not run, or a part fails.
pub fn measure(program: &Launch, effort: &Effort) -> anyhow::Result<Vec<Outcome>> {
    let (mut subject, mut outcomes): (Option<Subject>, _) = (None, Vec::new());
    for part in &PARTS {
        let running = match subject.take() {
            Some(running) if running.network.courts().len() == part.courts => running,
            other => {
                // Only one network runs at a time, so the previous one is stopped first.
                drop(other);
                Subject::start(program, part.courts)?
            }
        };
        let outcome = part.measure(&running, effort)?;
        let is_given = |(limited, _): &(Figure, Limit)| outcome.figures.iter().any(|(figure, _)| figure == limited);
        ensure!(part.limits.iter().all(is_given), "{} does not yield a figure that has a limit", part.what);
        outcomes.push(outcome);
        subject = Some(running);
    }
    Ok(outcomes)
}
