//! Every rule on holds on all instances; each rule off has a counterexample.

use super::*;
use crate::outcome::{breaks, holds, sticks};

const A: Wrong = Wrong::Ahead;
const B: Wrong = Wrong::Behind;
const OF_TOMORROW: &str = "C16: no block is further ahead than honest clocks allow";
const STUCK: &str = "C16: with few enough wrong clocks and liars a further block is decided";

/// Rounds with growing bounds, one value at a time.
fn all_hold(instances: &[(usize, usize, &[Wrong])]) {
    for (courts, liars, wrong) in instances {
        let model = TimeRule { values: 1, rounds: 2, ..TimeRule::new(*courts, *liars, wrong) };
        holds(&format!("time rule, {courts} courts, {liars} liars, clocks {wrong:?}, growing bounds"), &model);
    }
}

#[test]
fn c16_few_courts() {
    all_hold(&[(1, 0, &[]), (1, 0, &[A]), (2, 0, &[A]), (2, 0, &[A, B]), (3, 0, &[A]), (3, 0, &[A, B]), (3, 0, &[A, A])]);
}

#[test]
fn c16_four_courts() {
    all_hold(&[(4, 0, &[]), (4, 0, &[A]), (4, 0, &[B]), (4, 0, &[A, A]), (4, 1, &[]), (4, 1, &[A]), (4, 1, &[B])]);
}

#[test]
fn c16_four_courts_two_of_them_wrong_in_both_directions() {
    all_hold(&[(4, 0, &[A, B]), (4, 1, &[A, B])]);
}

#[test]
fn c16_seven_courts() {
    all_hold(&[(7, 2, &[])]);
    let model = TimeRule { values: 1, ..TimeRule::new(7, 2, &[A]) };
    holds("time rule, 7 courts, 2 liars, clocks [Ahead]", &model);
}

#[test]
fn c16_two_values_with_locks() {
    for liars in [0, 1] {
        holds(&format!("time rule, 4 courts, {liars} liars, two values at a time"), &TimeRule::new(4, liars, &[]));
    }
    holds("time rule, 3 courts, clocks [Ahead, Behind], two values at a time", &TimeRule::new(3, 0, &[A, B]));
}

#[test]
fn c16_early_values_freed_by_a_third_are_of_tomorrow() {
    for (courts, liars, wrong) in [(4, 0, &[A, A][..]), (4, 1, &[A]), (7, 2, &[A])] {
        let model = TimeRule { frees_early: Frees::Third, ..TimeRule::new(courts, liars, wrong) };
        breaks(&format!("early freed by 1/3: {courts} courts, {liars} liars, clocks {wrong:?}"), &model, OF_TOMORROW);
    }
}

#[test]
fn c16_late_values_that_nothing_frees_lock_courts_for_ever() {
    let model = TimeRule { values: 1, frees_late: Frees::Nothing, ..TimeRule::new(4, 1, &[]) };
    sticks("late never freed", &model, STUCK);
    sticks("late never freed, two values at a time", &TimeRule { values: 2, ..model }, STUCK);
}

#[test]
fn c16_late_values_that_are_invalid_lock_courts_for_ever() {
    sticks("late is invalid", &TimeRule { rejects_late: true, ..TimeRule::new(4, 1, &[]) }, STUCK);
}

#[test]
fn c16_a_certificate_alone_frees_enough_late_values_to_go_on() {
    let model = TimeRule { values: 1, frees_late: Frees::Certificate, ..TimeRule::new(4, 1, &[B]) };
    holds("late freed by a certificate only", &model);
}
