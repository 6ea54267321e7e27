//! The log before some index, as rules and execution see it: two questions, whatever the kinds of statements.
//!
//! In: transaction ids, subjects. Out: recorded or not; the newest fact of each subject. Always: a pure function of the log before that
//! index, so executing an old block again asks the same questions and gets the same answers. Not for listing what was recorded: see
//! [`crate::ledger`].

use crate::error::Error;
use crate::state::State;
use courtseal_proof::digest::Digest;
use courtseal_proof::facts::{Class, Fact, Facts, Subject, Unreadable};
use indexmap::IndexMap;
use std::collections::HashMap;

/// The log before some index.
pub trait History: Sync {
    /// For each transaction id, in order: is it recorded?
    ///
    /// # Errors
    /// Fatal ones of the store.
    fn recorded(&self, ids: &[Digest]) -> Result<Vec<bool>, Error>;

    /// For each subject, in order: its newest fact. Courts are the state's, not the history's.
    ///
    /// # Errors
    /// Fatal ones of the store.
    fn facts(&self, subjects: &[Subject]) -> Result<Vec<Option<Fact>>, Error>;
}

/// Facts that entries wrote which are not stored yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewFacts(IndexMap<Subject, Fact>);

impl NewFacts {
    /// The fact of this subject, if it is new.
    pub fn get(&self, subject: &Subject) -> Option<&Fact> {
        self.0.get(subject)
    }

    /// Adds a fact; of several about one subject the last stays.
    pub fn insert(&mut self, subject: Subject, fact: Fact) {
        self.0.insert(subject, fact);
    }

    /// Adds facts that later entries wrote.
    pub fn extend(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    /// All of them, in the order in which the subjects were first written.
    pub fn iter(&self) -> impl Iterator<Item = (&Subject, &Fact)> {
        self.0.iter()
    }
}

/// What the rules of kinds see at one place of a block: facts after the block before, and what the block wrote up to here.
pub struct FactsHere<'a> {
    state: &'a State,
    history: &'a dyn History,
    /// Facts of the block before that were read ahead.
    ahead: HashMap<Subject, Option<Fact>>,
    new: NewFacts,
}

impl<'a> FactsHere<'a> {
    /// The beginning of a block on this state.
    pub fn new(state: &'a State, history: &'a dyn History) -> Self {
        Self { state, history, ahead: HashMap::new(), new: NewFacts::default() }
    }

    /// Reads the facts of these subjects as of the block before, in one go.
    ///
    /// # Errors
    /// Fatal ones of the store.
    pub fn read_ahead(&mut self, subjects: Vec<Subject>) -> Result<(), Error> {
        let facts = self.history.facts(&subjects)?;
        self.ahead.extend(subjects.into_iter().zip(facts));
        Ok(())
    }

    /// Writes a fact of the entry at `index`. Returns whether it changed anything: a subject whose first fact stays has it already.
    ///
    /// # Errors
    /// [`Unreadable`].
    pub fn write(&mut self, subject: Subject, fact: Fact) -> Result<bool, Unreadable> {
        if subject.class.is_kept_first() && self.here(&subject)?.is_some() {
            return Ok(false);
        }
        self.new.insert(subject, fact);
        Ok(true)
    }

    /// What was written.
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
