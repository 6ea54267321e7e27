//! The log before some index, as rules and execution see it: two questions for all kinds of statements.
//!
//! In: transaction ids, subjects.
//! Out: whether each id is recorded, and the newest fact of each subject.
//! Always: the answer is a pure function of the log before that index. So an old block that is executed again
//! gets the same answers.
//! Not for listing records: see [`crate::ledger`].

use crate::error::Error;
use crate::state::State;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::facts::{Class, Fact, Facts, Subject, Unreadable};
use std::collections::HashMap;

/// The log before some index.
pub trait History: Sync {
    /// Whether each of these transaction ids is recorded, in order.
    ///
    /// # Errors
    /// Fatal ones of the store.
    fn recorded(&self, ids: &[Digest]) -> Result<Vec<bool>, Error>;

    /// The newest fact of each of these subjects, in order. The facts of courts are in the state, not in the
    /// history.
    ///
    /// # Errors
    /// Fatal ones of the store.
    fn facts(&self, subjects: &[Subject]) -> Result<Vec<Option<Fact>>, Error>;
}

/// Facts of entries that are not stored yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewFacts(HashMap<Subject, Fact>);

impl NewFacts {
    /// The fact of this subject, if it is new.
    pub fn get(&self, subject: &Subject) -> Option<&Fact> {
        self.0.get(subject)
    }

    /// Adds a fact; the last one of a subject stays.
    pub fn insert(&mut self, subject: Subject, fact: Fact) {
        self.0.insert(subject, fact);
    }

    /// Adds facts that later entries wrote.
    pub fn extend(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    /// All facts in the order of subjects.
    pub fn sorted(&self) -> Vec<(&Subject, &Fact)> {
        let mut facts: Vec<_> = self.0.iter().collect();
        facts.sort_unstable_by_key(|(subject, _)| *subject);
        facts
    }
}

/// The facts that the rules of kinds see at one place of a block: those after the block before, and those
/// that the block wrote up to here.
pub struct FactsHere<'a> {
    state: &'a State,
    history: &'a dyn History,
    /// Facts of the block before, read in advance.
    ahead: HashMap<Subject, Option<Fact>>,
    new: NewFacts,
}

impl<'a> FactsHere<'a> {
    /// The facts at the beginning of a block on this state.
    pub fn new(state: &'a State, history: &'a dyn History) -> Self {
        Self { state, history, ahead: HashMap::new(), new: NewFacts::default() }
    }

    /// Reads the facts of these subjects as of the block before, in one call.
    ///
    /// # Errors
    /// Fatal ones of the store.
    pub fn read_ahead(&mut self, subjects: Vec<Subject>) -> Result<(), Error> {
        let facts = self.history.facts(&subjects)?;
        self.ahead.extend(subjects.into_iter().zip(facts));
        Ok(())
    }

    /// Writes a fact of the entry at `index`. Returns false if it changed nothing, because the subject's
    /// first fact stays.
    ///
    /// # Errors
    /// [`Unreadable`] if the subject's earlier fact cannot be read.
    pub fn write(&mut self, subject: Subject, fact: Fact) -> Result<bool, Unreadable> {
        if subject.class.is_kept_first() && self.here(&subject)?.is_some() {
            return Ok(false);
        }
        self.new.insert(subject, fact);
        Ok(true)
    }

    /// The facts that were written.
    pub fn into_new(self) -> NewFacts {
        self.new
    }
}

impl Facts for FactsHere<'_> {
    fn at_parent(&self, subject: &Subject) -> Result<Option<Fact>, Unreadable> {
        if subject.class == Class::Court {
            return Ok(self.state.court_fact(subject));
        }
        if let Some(fact) = self.ahead.get(subject) {
            return Ok(fact.clone());
        }
        let mut facts = self.history.facts(std::slice::from_ref(subject)).map_err(|error| Unreadable(Box::new(error)))?;
        Ok(facts.pop().flatten())
    }

    fn here(&self, subject: &Subject) -> Result<Option<Fact>, Unreadable> {
        match self.new.get(subject) {
            Some(fact) => Ok(Some(fact.clone())),
            None => self.at_parent(subject),
        }
    }
}
