//! Every rule on holds on all instances; each rule off has a counterexample.

use super::*;
use crate::outcome::{breaks, holds, sticks};

const TWICE: &str = "C10: no step is signed twice";
const SILENT: &str = "C13: observing ends";

#[test]
fn c10_to_c13_no_step_is_signed_twice_and_observing_ends() {
    for (crashes, damages, thefts) in [(3, 0, 0), (1, 0, 1), (2, 1, 0)] {
        let name = format!("guard, {crashes} crashes, {damages} damaged disks, {thefts} thefts");
        holds(&name, &Guard::new(crashes, damages, thefts));
    }
}

#[test]
fn c30_a_stolen_key_beside_a_damaged_disk_makes_nobody_sign_twice() {
    holds("guard, 1 crash, 1 damaged disk, 1 theft", &Guard::new(1, 1, 1));
}

#[test]
fn c9_without_flushes_before_sending_a_step_is_signed_twice() {
    breaks("no flush before sending", &Guard { flushes_first: false, ..Guard::new(1, 0, 0) }, TWICE);
}

#[test]
fn c10_without_the_guard_a_step_is_signed_twice() {
    breaks("guard ignored", &Guard { keeps_guard: false, ..Guard::new(1, 1, 0) }, TWICE);
}

#[test]
fn c13_without_hellos_a_lost_disk_signs_twice() {
    breaks("hello ignored", &Guard { hears_hello: false, ..Guard::new(1, 1, 0) }, TWICE);
}

#[test]
fn c24_a_court_without_records_that_does_not_wait_signs_twice() {
    breaks("no records, no wait", &Guard { waits_without_records: false, ..Guard::new(1, 1, 0) }, TWICE);
}

#[test]
fn c24_a_court_that_forgets_what_it_was_shown_before_it_was_sure_signs_twice() {
    breaks("shown while unsure, forgotten", &Guard { adopts_when_sure: false, ..Guard::new(2, 1, 0) }, TWICE);
}

#[test]
fn c30_a_stolen_statement_far_away_silences_a_court_that_observes_for_it() {
    sticks("theft makes observing", &Guard { theft: Theft::Observed, ..Guard::new(0, 0, 1) }, SILENT);
}

#[test]
fn c30_theft_judged_by_what_was_told_makes_a_damaged_disk_sign_twice() {
    for theft in [Theft::FarAboveTold, Theft::FarAboveToldAtLast] {
        let model = Guard { theft, ..Guard::new(1, 1, 0) };
        breaks(&format!("{theft:?}, no theft at all, a lost disk"), &model, TWICE);
        breaks(&format!("{theft:?}, no theft at all, an old disk"), &Guard { loses_disks: false, ..model }, TWICE);
    }
}
