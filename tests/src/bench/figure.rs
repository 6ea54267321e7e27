//! The figures of a measured part: their names, their units, and how a load's report yields them.
//!
//! In: a report.
//! Out: numbers with names.
//! Always: the rate of entries is left out where it equals that of transactions.
//! Not for judging figures: see [`super::parts`].

use crate::generator::form::Form;
use crate::generator::report::Report;
use crate::measure::Samples;

/// A number that a part of the bench gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Figure {
    /// Recorded transactions a second.
    Transactions,
    /// Recorded entries a second.
    Entries,
    /// Median of the latency.
    P50,
    /// 99th percentile of the latency.
    P99,
    /// Longest latency of all.
    Longest,
    /// Processor time of all courts for a transaction.
    CourtsCpu,
    /// Context switches of all courts for a transaction.
    Switches,
    /// Bytes over the loopback interface for a transaction.
    Loopback,
    /// Blocks a second.
    Blocks,
    /// Seconds without a block.
    Pauses,
    /// Memory of the largest court.
    Memory,
    /// Processor time of the generator for a transaction.
    GeneratorCpu,
    /// Time of `verify` on all receipts, from start to end.
    VerifyElapsed,
    /// Processor time of that process.
    VerifyCpu,
    /// Receipts verified in a second of processor time, without the handling of files.
    Verified,
}

impl Figure {
    /// The figure's name and its unit.
    pub fn name_and_unit(self) -> (&'static str, &'static str) {
        match self {
            Self::Transactions => ("transactions a second", ""),
            Self::Entries => ("entries a second", ""),
            Self::P50 => ("median latency", " ms"),
            Self::P99 => ("99th percentile", " ms"),
            Self::Longest => ("longest", " ms"),
            Self::CourtsCpu => ("the courts' processor time a transaction", " µs"),
            Self::Switches => ("the courts' context switches a transaction", ""),
            Self::Loopback => ("bytes over loopback a transaction", ""),
            Self::Blocks => ("blocks a second", ""),
            Self::Pauses => ("seconds without a block", ""),
            Self::Memory => ("memory of the largest court", " MB"),
            Self::GeneratorCpu => ("the generator's processor time a transaction", " µs"),
            Self::VerifyElapsed => ("`verify` of them all", " ms"),
            Self::VerifyCpu => ("its processor time", " ms"),
            Self::Verified => ("verified a second of processor time, without the handling of files", ""),
        }
    }

    /// The figures of a load.
    pub fn of_load(form: Form, report: &Report) -> Vec<(Self, f64)> {
        let spent = &report.spent;
        let mut figures = vec![
            (Self::Transactions, report.per_s(report.transactions)),
            (Self::Entries, report.per_s(report.entries)),
            (Self::P50, report.times.median()),
            (Self::P99, report.times.quantile(0.99)),
            (Self::Longest, report.times.max()),
            (Self::CourtsCpu, report.per_transaction(spent.cpu_s * 1e6)),
            (Self::Switches, report.per_transaction(spent.switches)),
            (Self::Loopback, report.per_transaction(spent.loopback_bytes)),
            (Self::Blocks, report.per_s(report.blocks)),
            (Self::Pauses, report.seconds_without_a_block as f64),
            (Self::Memory, spent.memory_mb),
            (Self::GeneratorCpu, report.per_transaction(spent.generator_cpu_s * 1e6)),
        ];
        if form.entries() == form.transactions() {
            figures.retain(|(figure, _)| *figure != Self::Entries);
        }
        figures
    }
}

/// Formats a number with as many digits as are meaningful.
pub fn short(number: f64) -> String {
    match number.abs() {
        100.0.. => format!("{number:.0}"),
        10.0.. => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

/// Formats the smallest and the largest of some samples.
pub fn range(samples: &Samples) -> String {
    format!("{} to {}", short(samples.quantile(0.0)), short(samples.max()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!([0.0, 0.954, 9.99, 10.0, 99.94, 100.4, 12_345.6].map(short).join(" "), "0.00 0.95 9.99 10.0 99.9 100 12346");
        assert_eq!(range(&Samples::of(vec![250.0, 1.25, 90.0])), "1.25 to 250");
    }
}
