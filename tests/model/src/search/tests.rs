//! The search on models so small that every answer is known.

use super::*;

/// Numbers from 1 on: one more, or twice as many, up to a bound. One number can be forbidden.
struct Numbers {
    last: u32,
    forbidden: Option<u32>,
    goal: Option<fn(&Numbers, &u32) -> bool>,
    dead_end: Option<u32>,
}

const NUMBERS: Numbers = Numbers { last: 9, forbidden: None, goal: None, dead_end: None };

impl Model for Numbers {
    type State = u32;
    type Action = &'static str;

    fn initial(&self) -> Vec<u32> {
        vec![1]
    }

    fn successors(&self, state: &u32, next: &mut Vec<(&'static str, u32)>) {
        if self.dead_end == Some(*state) {
            return;
        }
        for (action, to) in [("one more", state + 1), ("twice", state * 2)] {
            if to <= self.last {
                next.push((action, to));
            }
        }
    }

    fn broken(&self, state: &u32) -> Option<&'static str> {
        (self.forbidden == Some(*state)).then_some("not forbidden")
    }

    fn show(&self, state: &u32) -> String {
        format!("at {state}")
    }

    fn goals(&self) -> Vec<Goal<Self>> {
        let goal = |from| Goal::<Self> {
            name: "the last one",
            from,
            helps: |_, action| *action == "one more",
            reached: |model, _, state| *state == model.last,
        };
        self.goal.map(goal).into_iter().collect()
    }
}

#[test]
fn all_states_are_visited() {
    let explored = explore(&NUMBERS, 100).unwrap();
    assert_eq!((explored.states, explored.transitions, explored.depth), (9, 12, 4));
}

#[test]
fn the_shortest_counterexample_is_found_and_readable() {
    let failure = explore(&Numbers { forbidden: Some(8), ..NUMBERS }, 100).unwrap_err();
    let Failure::Broken { invariant, trace } = &failure else { panic!("{failure}") };
    assert_eq!((*invariant, trace.steps.len()), ("not forbidden", 3));
    assert!(failure.to_string().contains("   3. twice\n      at 8"), "{failure}");
}

#[test]
fn a_goal_is_reached_by_helpful_actions_only() {
    let asked: fn(&Numbers, &u32) -> bool = |model, state| *state < model.last;
    assert_eq!(explore(&Numbers { goal: Some(asked), ..NUMBERS }, 100).unwrap().goals, [("the last one", 8)]);
    // From 7 on nothing helps, because doubling counts as a liar's action.
    let failure = explore(&Numbers { goal: Some(asked), dead_end: Some(7), ..NUMBERS }, 100).unwrap_err();
    let Failure::Unreachable { trace, .. } = &failure else { panic!("{failure}") };
    assert_eq!(trace.steps.len(), 0, "the shortest way to where it is lost: {trace}");
}

#[test]
fn a_goal_that_no_state_asks_for_is_an_error() {
    let failure = explore(&Numbers { goal: Some(|_, _| false), ..NUMBERS }, 100).unwrap_err();
    assert_eq!(failure, Failure::Vacuous { goal: "the last one" });
}

#[test]
fn more_states_than_the_bound_are_an_error() {
    assert_eq!(explore(&NUMBERS, 9).unwrap().states, 9, "at the bound");
    assert_eq!(explore(&NUMBERS, 8).unwrap_err(), Failure::TooLarge { states_max: 8 }, "one above");
}
