//! Breadth-first search through every reachable state of a model.
//!
//! In: a [`Model`] and a bound of states.
//! Out: [`Explored`], or the shortest counterexample as a [`Failure`].
//! Always: the same model gives the same result. All reachable states are visited, or the search fails. Of
//! several counterexamples it finds the one with the fewest actions.
//! Not for random walks.

use std::collections::HashMap;
use std::collections::hash_map::{DefaultHasher, Entry};
use std::fmt;
use std::hash::{BuildHasherDefault, Hash};

/// The bound of states for callers without a reason for another one.
pub const STATES_MAX: usize = 4_000_000;
/// Most goals of one model: one bit of an edge each.
pub const GOALS_MAX: usize = 8;

/// A protocol as states and actions.
pub trait Model {
    /// Everything that the future depends on, in a canonical form, so that equal futures are equal states.
    type State: Clone + Eq + Hash;
    /// What leads from one state to the next; its text is a line of the trace.
    type Action: fmt::Display;

    /// The states in which everything begins.
    fn initial(&self) -> Vec<Self::State>;

    /// Appends everything that can happen in `state`, in a fixed order.
    fn successors(&self, state: &Self::State, next: &mut Vec<(Self::Action, Self::State)>);

    /// The name of the invariant that `state` breaks, if it breaks one.
    fn broken(&self, state: &Self::State) -> Option<&'static str>;

    /// One line about `state` for the trace.
    fn show(&self, state: &Self::State) -> String;

    /// What must stay reachable; nothing unless a model says so.
    fn goals(&self) -> Vec<Goal<Self>> {
        Vec::new()
    }
}

/// Liveness as reachability: from every reachable state in `from`, a path of `helps` actions reaches a
/// `reached` one.
pub struct Goal<M: Model + ?Sized> {
    /// Names the property in results.
    pub name: &'static str,
    /// The states that the property speaks of.
    pub from: fn(&M, &M::State) -> bool,
    /// The actions that happen sooner or later by themselves: those of honest courts, the network and time.
    pub helps: fn(&M, &M::Action) -> bool,
    /// The action that is wanted, with the state that it leads to.
    pub reached: fn(&M, &M::Action, &M::State) -> bool,
}

/// What a complete search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explored {
    /// Distinct reachable states.
    pub states: usize,
    /// Transitions between them.
    pub transitions: usize,
    /// Actions on the longest of all shortest paths.
    pub depth: usize,
    /// Each goal, and how many states it was checked from.
    pub goals: Vec<(&'static str, usize)>,
}

/// The way to a state: the initial state, then each action with the state after it, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The state at the beginning.
    pub initial: String,
    /// Action and state, in order.
    pub steps: Vec<(String, String)>,
}

/// Why a search failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// An invariant does not hold in the last state of the trace.
    Broken {
        /// The invariant's name.
        invariant: &'static str,
        /// The shortest way there.
        trace: Trace,
    },
    /// A goal cannot be reached any more from the last state of the trace.
    Unreachable {
        /// The goal's name.
        goal: &'static str,
        /// The shortest way there.
        trace: Trace,
    },
    /// No reachable state asks for a goal, so that checking it proves nothing.
    Vacuous {
        /// The goal's name.
        goal: &'static str,
    },
    /// There are more states than the bound allows: nothing was proven.
    TooLarge {
        /// The bound that was passed.
        states_max: usize,
    },
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "   0. (initial)\n      {}", self.initial)?;
        for (at, (action, state)) in self.steps.iter().enumerate() {
            writeln!(f, "  {:2}. {action}\n      {state}", at + 1)?;
        }
        Ok(())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken { invariant, trace } => write!(f, "invariant \"{invariant}\" does not hold:\n{trace}"),
            Self::Unreachable { goal, trace } => write!(f, "goal \"{goal}\" cannot be reached any more:\n{trace}"),
            Self::Vacuous { goal } => write!(f, "goal \"{goal}\" is asked for by no reachable state"),
            Self::TooLarge { states_max } => write!(f, "more than {states_max} states: the search is not complete"),
        }
    }
}

/// One transition: the state that it leads to, and a bit for each goal that it helps or reaches.
struct Edge {
    to: u32,
    helps: u8,
    reaches: u8,
}

/// A fixed hash. The order of states does not depend on it; but with a random one, speed would.
type Index<S> = HashMap<S, u32, BuildHasherDefault<DefaultHasher>>;

struct Search<'a, M: Model> {
    model: &'a M,
    states_max: usize,
    index: Index<M::State>,
    states: Vec<M::State>,
    /// The state from which each state was first found; itself for an initial one.
    parents: Vec<u32>,
    depths: Vec<u32>,
}

/// Visits every reachable state of `model`, checks its invariants in each and then its goals.
///
/// # Errors
/// The shortest counterexample, a goal that no state asks for, or more than `states_max` states.
///
/// # Panics
/// If the model has more than [`GOALS_MAX`] goals.
pub fn explore<M: Model>(model: &M, states_max: usize) -> Result<Explored, Failure> {
    let goals = model.goals();
    assert!(goals.len() <= GOALS_MAX, "a model has at most {GOALS_MAX} goals");
    let mut search = Search {
        model,
        states_max: states_max.min(u32::MAX as usize),
        index: Index::default(),
        states: Vec::new(),
        parents: Vec::new(),
        depths: Vec::new(),
    };
    for state in model.initial() {
        search.visit(state, None)?;
    }
    let (mut edges, mut first_edges, mut next) = (Vec::new(), vec![0], Vec::new());
    let mut at = 0;
    while at < search.states.len() {
        let state = search.states[at].clone();
        model.successors(&state, &mut next);
        for (action, state) in next.drain(..) {
            let mut edge = Edge { to: 0, helps: 0, reaches: 0 };
            for (bit, goal) in goals.iter().enumerate() {
                if (goal.helps)(model, &action) {
                    edge.helps |= 1 << bit;
                    edge.reaches |= u8::from((goal.reached)(model, &action, &state)) << bit;
                }
            }
            edge.to = search.visit(state, Some(at as u32))?;
            edges.push(edge);
        }
        first_edges.push(edges.len());
        at += 1;
    }
    let mut checked = Vec::new();
    for (bit, goal) in goals.iter().enumerate() {
        let can = backward_closure(&edges, &first_edges, 1 << bit);
        let asking = (0..search.states.len()).filter(|at| (goal.from)(model, &search.states[*at]));
        let (mut count, mut stuck) = (0, None);
        for at in asking {
            count += 1;
            stuck = stuck.or((!can[at]).then_some(at));
        }
        if let Some(at) = stuck {
            return Err(Failure::Unreachable { goal: goal.name, trace: search.trace(at as u32) });
        }
        if count == 0 {
            return Err(Failure::Vacuous { goal: goal.name });
        }
        checked.push((goal.name, count));
    }
    Ok(Explored {
        states: search.states.len(),
        transitions: edges.len(),
        depth: search.depths.last().map_or(0, |depth| *depth as usize),
        goals: checked,
    })
}

/// Which states reach the goal of this bit: those with an edge that reaches it, and whatever helpful edges
/// lead to them.
fn backward_closure(edges: &[Edge], first_edges: &[usize], bit: u8) -> Vec<bool> {
    let count = first_edges.len() - 1;
    let mut can = vec![false; count];
    let mut open = Vec::new();
    // The helpful edges into each state, as one list of sources with the place at which each state's part
    // begins.
    let mut starts = vec![0_usize; count + 1];
    for edge in edges.iter().filter(|edge| edge.helps & bit != 0) {
        starts[edge.to as usize + 1] += 1;
    }
    for at in 0..count {
        starts[at + 1] += starts[at];
    }
    let mut places = starts.clone();
    let mut sources = vec![0_u32; starts[count]];
    for from in 0..count {
        for edge in edges[first_edges[from]..first_edges[from + 1]].iter().filter(|edge| edge.helps & bit != 0) {
            let place = &mut places[edge.to as usize];
            sources[*place] = from as u32;
            *place += 1;
            if edge.reaches & bit != 0 && !can[from] {
                can[from] = true;
                open.push(from);
            }
        }
    }
    while let Some(at) = open.pop() {
        for from in &sources[starts[at]..starts[at + 1]] {
            if !std::mem::replace(&mut can[*from as usize], true) {
                open.push(*from as usize);
            }
        }
    }
    can
}

impl<M: Model> Search<'_, M> {
    /// The number of a state, which is checked if it is new.
    fn visit(&mut self, state: M::State, parent: Option<u32>) -> Result<u32, Failure> {
        let number = self.states.len() as u32;
        let entry = match self.index.entry(state) {
            Entry::Occupied(known) => return Ok(*known.get()),
            Entry::Vacant(entry) => entry,
        };
        if self.states.len() >= self.states_max {
            return Err(Failure::TooLarge { states_max: self.states_max });
        }
        let state = entry.key().clone();
        entry.insert(number);
        let broken = self.model.broken(&state);
        self.states.push(state);
        self.parents.push(parent.unwrap_or(number));
        self.depths.push(parent.map_or(0, |parent| self.depths[parent as usize] + 1));
        match broken {
            Some(invariant) => Err(Failure::Broken { invariant, trace: self.trace(number) }),
            None => Ok(number),
        }
    }

    /// The way by which a state was first found. Actions are not kept, so they are asked for again.
    fn trace(&self, number: u32) -> Trace {
        let mut way = vec![number];
        let mut at = number;
        while self.parents[at as usize] != at {
            at = self.parents[at as usize];
            way.push(at);
        }
        way.reverse();
        let mut steps = Vec::new();
        for pair in way.windows(2) {
            let (from, to) = (&self.states[pair[0] as usize], &self.states[pair[1] as usize]);
            let mut next = Vec::new();
            self.model.successors(from, &mut next);
            let action = next.iter().find(|(_, state)| state == to).map(|(action, _)| action.to_string());
            steps.push((action.expect("a state was found from its parent"), self.model.show(to)));
        }
        Trace { initial: self.model.show(&self.states[way[0] as usize]), steps }
    }
}

#[cfg(test)]
mod tests;
