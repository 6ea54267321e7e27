//! Admission: whether a transaction may be in a block of this height and time (L3, L4, L11, L12).
//!
//! In: the parent's state, the log before the block, a transaction, a time.
//! Out: the signer, or the rule that the transaction breaks.
//! Always: the answer depends on the parent's state, the log before the block and that time only. It never
//! depends on this node's clock, mempool or configuration.
//! Not for what becomes of a statement: each kind's `admit` says here what no block may hold, and
//! [`crate::execute`] judges whether a statement is recorded or rejected.

use crate::error::{Error, Refused};
use crate::history::{FactsHere, History};
use crate::state::State;
use courtseal_proof::bytes::limits::NOT_AFTER_AHEAD_MS_MAX;
use courtseal_proof::bytes::name::Name;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::facts::value_of;
use courtseal_proof::facts::{At, Capacity, MemberFact, Signer, Subject};
use courtseal_proof::kinds::Statement;
use courtseal_proof::kinds::verdict::Inadmissible;
use courtseal_proof::kinds::work::Work;
use courtseal_proof::transaction::{Payload, Transaction};
use std::collections::BTreeMap;

/// The signers of these payloads as of the parent's state, in order. A signer is a member under its key, or a
/// court under its voting key. A member may have a court's name, because their keys differ (F11). All members
/// are read in one call.
///
/// # Errors
/// Fatal ones of the store.
pub fn signers(state: &State, history: &dyn History, payloads: &[&Payload]) -> Result<Vec<Option<Signer>>, Error> {
    let mut members: BTreeMap<&Name, Option<(MemberFact, u64)>> =
        payloads.iter().map(|payload| (&payload.member, None)).collect();
    let subjects: Vec<Subject> = members.keys().map(|name| Subject::member(name)).collect();
    for (member, fact) in members.values_mut().zip(history.facts(&subjects)?) {
        let index = fact.as_ref().map_or(0, |fact| fact.index);
        *member = value_of(fact)?.map(|value| (value, index));
    }
    let signer = |payload: &&Payload| {
        let (name, key) = (&payload.member, payload.key);
        let of = |court: &Name, capacity, since| Signer { name: name.clone(), court: court.clone(), key, capacity, since };
        match members.get(name) {
            Some(Some((member, since))) if member.key == key => Some(of(&member.court, Capacity::Member(member.role), *since)),
            _ if state.vote_key(name) == Some(key) => Some(of(name, Capacity::Node, state.epoch_index())),
            _ => None,
        }
    };
    Ok(payloads.iter().map(signer).collect())
}

/// The place in the log of a block that is to hold a transaction.
pub fn at(state: &State, height: u64, time: Timestamp) -> At {
    At { height, time, epoch: state.epoch() }
}

/// Checks whether the parent's state allows a transaction of this signer in a block at `at`: L3, L11 and L12
/// without "not recorded before". Returns the signer.
///
/// # Errors
/// [`Error::Refused`], or a fatal error of the store.
pub fn check_transaction(
    state: &State,
    history: &dyn History,
    signer: Option<Signer>,
    transaction: &Transaction,
    at: &At,
) -> Result<Signer, Error> {
    let payload = transaction.payload();
    if payload.chain != *state.origin() {
        return Err(Refused::WrongNetwork.into());
    }
    let signer = signer.ok_or(Refused::Unregistered)?;
    if payload.not_after < at.time {
        return Err(Refused::Expired.into());
    }
    if payload.not_after > at.time.plus_ms(NOT_AFTER_AHEAD_MS_MAX) {
        return Err(Refused::NotAfterTooFar.into());
    }
    let facts = FactsHere::new(state, history);
    for statement in transaction.statements() {
        match statement.body().admit(&signer, at, &facts)? {
            None => {}
            Some(Inadmissible::Unfounded(reason)) => return Err(Refused::Unfounded(reason).into()),
        }
    }
    Ok(signer)
}

/// What a transaction costs a block beyond its bytes (L13).
pub fn work(transaction: &Transaction) -> Work {
    transaction.statements().iter().map(Statement::work).sum()
}

/// The subjects of a transaction that a log may state once only.
pub fn once(transaction: &Transaction) -> impl Iterator<Item = Subject> {
    transaction.statements().iter().filter_map(|statement| statement.body().once())
}

/// Index of an entry that already states what a log may state once.
///
/// # Errors
/// Fatal ones of the store.
pub fn stated_before(history: &dyn History, transaction: &Transaction) -> Result<Option<u64>, Error> {
    let subjects: Vec<Subject> = once(transaction).collect();
    if subjects.is_empty() {
        return Ok(None);
    }
    Ok(history.facts(&subjects)?.into_iter().flatten().map(|fact| fact.index).next())
}

/// Checks whether a transaction of this signer may be in the block at `at`: L3, L4, L11, L12. "Recorded
/// before" is answered first, so that a member who submits an expired transaction again learns where it is
/// recorded. Returns the signer.
///
/// # Errors
/// [`Error::Refused`], or a fatal error of the store.
pub fn admit(
    state: &State,
    history: &dyn History,
    signer: Option<Signer>,
    transaction: &Transaction,
    at: &At,
) -> Result<Signer, Error> {
    if transaction.payload().chain == *state.origin() && history.recorded(&[transaction.id()])? == [true] {
        return Err(Refused::AlreadyRecorded.into());
    }
    let signer = check_transaction(state, history, signer, transaction, at)?;
    match stated_before(history, transaction)? {
        Some(index) => Err(Refused::AlreadyStated { index }.into()),
        None => Ok(signer),
    }
}
