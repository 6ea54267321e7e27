//! Every rule on holds on all instances; each rule off has a counterexample.

use super::*;
use crate::courts::liars_max;
use crate::outcome::{breaks, holds, sticks};

const PROMPT: &str = "C17: work is recorded without waiting for a heartbeat";

#[test]
fn c17_heights_start_for_a_cause_and_work_is_recorded() {
    for courts in 1..=7 {
        for liars in 0..=liars_max(courts) {
            holds(&format!("heights, {courts} courts, {liars} liars"), &Heights::new(courts, liars));
        }
        for liars in 0..liars_max(courts) {
            let model = Heights { observers: 1, ..Heights::new(courts, liars) };
            holds(&format!("heights, {courts} courts, {liars} liars, 1 observer"), &model);
            let model = Heights { deaf: 1, ..Heights::new(courts, liars) };
            holds(&format!("heights, {courts} courts, {liars} liars, 1 deaf"), &model);
        }
    }
}

#[test]
fn c17_votes_start_a_court_that_cannot_admit_the_work_although_a_liar_is_silent() {
    let model = Heights { deaf: 1, ..Heights::new(4, 1) };
    holds("heights, 4 courts, 1 liar, 1 deaf", &model);
    sticks("votes start nothing", &Heights { votes_start: VotesStart::Never, ..model }, PROMPT);
}

#[test]
fn c17_relaying_again_is_enough_where_every_court_can_admit_the_work() {
    holds("votes start nothing, all can admit", &Heights { votes_start: VotesStart::Never, ..Heights::new(4, 1) });
}

#[test]
fn c17_one_vote_that_starts_makes_heights_without_end() {
    let one = Heights { votes_start: VotesStart::OfOne, ..Heights::new(4, 1) };
    breaks("one vote starts", &one, "C17: a height starts only for work or the heartbeat");
    let whole = Heights { tolerates_starts: true, ..one };
    breaks("one vote starts, a whole height", &whole, "C17: liars alone make no height between two heartbeats");
}

#[test]
fn c17_relayed_work_that_counts_for_nothing_makes_a_court_run_alone() {
    let model = Heights { counts_relayed_work: false, ..Heights::new(4, 1) };
    sticks("relayed work counts for nothing", &model, PROMPT);
}

#[test]
fn c18_a_dropped_transaction_that_is_not_relayed_again_waits_for_the_heartbeat() {
    for liars in 0..=1 {
        let model = Heights { resend: Resend::OnConnecting, ..Heights::new(4, liars) };
        sticks(&format!("relayed again only on connecting, {liars} liars"), &model, PROMPT);
        holds(&format!("the same, heartbeats waited for, {liars} liars"), &Heights { is_prompt: false, ..model });
    }
}

#[test]
fn c18_others_work_that_is_not_relayed_again_lets_a_liar_make_a_court_run_alone() {
    let model = Heights { resend: Resend::OwnWhileRunning, ..Heights::new(4, 1) };
    sticks("only the own work is relayed again", &model, PROMPT);
    holds("the same, heartbeats waited for", &Heights { is_prompt: false, ..model });
    holds("only the own work is relayed again, no liar", &Heights { resend: Resend::OwnWhileRunning, ..Heights::new(4, 0) });
}
