//! Compares two builds of the program: networks of the base and of the new program alternate in one run.
//!
//! In: both programs.
//! Out: a table of medians, their ratios, and whether the limits hold.
//! Always: the program that comes first alternates from pair to pair, so that a machine that becomes slower
//! favours neither. Absolute figures are printed and never judged.
//! Not for figures of one build: see [`super::present`].

use super::Effort;
use super::figure::{Figure, range, short};
use super::parts::{Limit, Outcome, PARTS, Part, measure};
use super::table::Table;
use crate::generator::report::Failures;
use crate::launch::Launch;
use crate::measure::Samples;
use std::path::Path;

/// Measures both programs and judges their ratios.
///
/// # Errors
/// The errors of [`measure`].
pub fn run(base: &Path, effort: &Effort) -> anyhow::Result<Table> {
    let base = Launch { program: Some(base.to_owned()), ..Launch::default() };
    let programs = [("base", &base), ("new", &Launch::default())];
    let mut outcomes: [Vec<Vec<Outcome>>; 2] = Default::default();
    for pair in 0..effort.pairs {
        for turn in 0..2 {
            let at = (pair + turn) % 2;
            let (name, program) = programs[at];
            let measured = measure(program, effort)?;
            tell(pair, name, &measured);
            outcomes[at].push(measured);
        }
    }
    let mut table = Table::new(&["what", "base", "new", "new : base", "limit"]);
    let [base, new] = outcomes;
    for (at, part) in PARTS.iter().enumerate() {
        let of = |runs: &[Vec<Outcome>]| runs.iter().map(|outcomes| outcomes[at].clone()).collect::<Vec<_>>();
        compare(part, &of(&base), &of(&new), &mut table);
    }
    Ok(table)
}

/// Prints the figures of one network on standard error.
fn tell(pair: usize, name: &str, measured: &[Outcome]) {
    for (part, outcome) in PARTS.iter().zip(measured) {
        let figure = |(figure, value): &(Figure, f64)| {
            let (what, unit) = figure.name_and_unit();
            format!("{what} {}{unit}", short(*value))
        };
        let figures = outcome.figures.iter().map(figure).collect::<Vec<_>>().join(", ");
        eprintln!("pair {}, {name}: {}: {figures}", pair + 1, part.what);
    }
}

/// Adds the rows of one part.
fn compare(part: &Part, base: &[Outcome], new: &[Outcome], table: &mut Table) {
    for (at, (figure, _)) in new[0].figures.iter().enumerate() {
        let values = |outcomes: &[Outcome]| outcomes.iter().map(|outcome| outcome.figures[at].1).collect::<Vec<_>>();
        let (old, fresh) = (values(base), values(new));
        let ratios = Samples::of(fresh.iter().zip(&old).map(|(fresh, old)| fresh / old).collect());
        let (old, fresh) = (Samples::of(old), Samples::of(fresh));
        let ratio = fresh.median() / old.median();
        let limit = part.limits.iter().find(|(limited, _)| limited == figure).map(|(_, limit)| *limit);
        let (what, unit) = figure.name_and_unit();
        let cells = [
            format!("{}: {what}", part.what),
            with_range(old.median(), &old, unit),
            with_range(fresh.median(), &fresh, unit),
            if ratio.is_finite() { with_range(ratio, &ratios, "") } else { String::new() },
            limit.map(in_words).unwrap_or_default(),
        ];
        table.row(&cells, limit.map(|limit| holds(limit, ratio)));
    }
    let failures = |outcomes: &[Outcome]| {
        let mut all = Failures::default();
        outcomes.iter().for_each(|outcome| all.add(outcome.failures.clone()));
        all
    };
    let (old, fresh) = (failures(base), failures(new));
    if old.count() + fresh.count() > 0 {
        let what = format!(
            "{}: failed; the first: {}",
            part.what,
            fresh.first.as_ref().or(old.first.as_ref()).map_or("", |first| first)
        );
        table.row(
            &[what, old.to_string(), fresh.to_string(), String::new(), "none by the new".to_owned()],
            Some(fresh.count() == 0),
        );
    }
}

/// The median of some samples, or of their ratios, and how far they spread.
fn with_range(middle: f64, samples: &Samples, unit: &str) -> String {
    format!("{}{unit} ({})", short(middle), range(samples))
}

fn in_words(limit: Limit) -> String {
    match limit {
        Limit::AtMost(times) => format!("at most {times} times"),
        Limit::AtLeast(times) => format!("at least {times} times"),
    }
}

fn holds(limit: Limit, ratio: f64) -> bool {
    match limit {
        Limit::AtMost(times) => ratio <= times,
        Limit::AtLeast(times) => ratio >= times,
    }
}

#[cfg(test)]
mod tests {
    use super::super::parts::Act;
    use super::*;

    const LIMITS: &[(Figure, Limit)] = &[(Figure::CourtsCpu, Limit::AtMost(1.05)), (Figure::Entries, Limit::AtLeast(1.4))];

    fn table(base: &[[f64; 3]], new: &[[f64; 3]], failures: &Failures) -> Table {
        let part = Part { what: "a load", courts: 4, act: Act::Receipts, limits: LIMITS };
        let figures = [Figure::CourtsCpu, Figure::Entries, Figure::P99];
        let outcome =
            |values: &[f64; 3]| Outcome { figures: figures.into_iter().zip(*values).collect(), failures: failures.clone() };
        let of = |all: &[[f64; 3]]| all.iter().map(outcome).collect::<Vec<_>>();
        let mut table = Table::new(&["what", "base", "new", "new : base", "limit"]);
        compare(&part, &of(base), &of(new), &mut table);
        table
    }

    #[test]
    fn medians_are_compared_and_only_limits_are_judged() {
        let base = [[1000.0, 100.0, 5.0], [900.0, 110.0, 5.0], [1100.0, 90.0, 5.0]];
        // The medians are 1,050 and 140, exactly at the limits; single pairs are beyond them. The percentile
        // is not judged.
        let good = table(&base, &[[1050.0, 140.0, 500.0], [1300.0, 120.0, 5.0], [800.0, 150.0, 500.0]], &Failures::default());
        assert_eq!(good.missed(), 0);
        let row = "| a load: the courts' processor time a transaction | 1000 µs (900 to 1100) | 1050 µs (800 to 1300) | \
                   1.05 (0.73 to 1.44) | at most 1.05 times | reached |";
        assert!(good.rows().contains(row), "{}", good.rows());
        assert_eq!(good.rows().lines().count(), 3);
        let slow = table(&base, &[[1051.0, 139.0, 5.0]; 3], &Failures::default());
        assert_eq!(slow.missed(), 2);
    }

    #[test]
    fn what_cannot_be_compared_is_not_reached() {
        let none = [[0.0; 3]; 3];
        assert_eq!(table(&none, &none, &Failures::default()).missed(), 2);
    }

    #[test]
    fn failures_of_the_new_program_are_a_row_of_their_own() {
        let (base, new) = ([[1000.0, 100.0, 5.0]; 2], [[1000.0, 200.0, 5.0]; 2]);
        let failures = Failures { unavailable: 3, first: Some("2.0 s: 503 busy".to_owned()), ..Failures::default() };
        let table = table(&base, &new, &failures);
        assert_eq!(table.missed(), 1);
        assert!(table.rows().contains("6 by 503") && table.rows().contains("2.0 s: 503 busy"), "{}", table.rows());
    }
}
