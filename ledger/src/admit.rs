//! Admission: may this transaction be in a block of this height and time (L3, L4, L11, L12)?
//!
//! In: the parent's state, the log before the block, a transaction, a time. Out: nothing, or the rule that it breaks. Always: the answer
//! depends on the parent's state and that time only, never on this node's clock, mempool or configuration. Not for what a statement may
//! say: that is judged in [`crate::execute`].

use crate::error::{Error, Refused};
use crate::history::{FactsHere, History};
use crate::state::State;
use courtseal_proof::facts::value_of;
use courtseal_proof::facts::{At, Capacity, MemberFact, Signer, Subject};
use courtseal_proof::kinds::verdict::Inadmissible;
use courtseal_proof::limits::NOT_AFTER_AHEAD_MS_MAX;
use courtseal_proof::name::Name;
use courtseal_proof::time::Timestamp;
use courtseal_proof::transaction::{Payload, Transaction};
use std::collections::BTreeMap;

/// The signers of these payloads, as of the parent's state, in order: a member under its key, or a court's node under the court's voting
/// key. A member may be called as a court is; their keys differ (F11). All members are read in one go.
///
/// # Errors
/// Fatal ones of the store.
pub fn signers(state: &State, history: &dyn History, payloads: &[&Payload]) -> Result<Vec<Option<Signer>>, Error> {
    let mut members: BTreeMap<&Name, Option<MemberFact>> = payloads.iter().map(|payload| (&payload.member, None)).collect();
    let subjects: Vec<Subject> = members.keys().map(|name| Subject::member(name)).collect();
    for (member, fact) in members.values_mut().zip(history.facts(&subjects)?) {
        *member = value_of(fact)?;
    }
    let signer = |payload: &&Payload| {
        let (name, key) = (&payload.member, payload.key);
        let of = |court: &Name, capacity| Signer { name: name.clone(), court: court.clone(), key, capacity };
        match members.get(name) {
            Some(Some(member)) if member.key == key => Some(of(&member.court, Capacity::Member(member.role))),
            _ if state.vote_key(name) == Some(key) => Some(of(name, Capacity::Node)),
            _ => None,
        }
    };
    Ok(payloads.iter().map(signer).collect())
}

/// Where a block stands in which a transaction is to be.
pub fn at(state: &State, height: u64, time: Timestamp) -> At {
    At { height, time, epoch: state.epoch() }
}

/// Whether a transaction of this signer may be in a block there, as far as the parent's state says: L3, L11 and L12 without
/// "not recorded before". Returns the signer.
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

/// What a transaction states that may be stated once on a log.
pub fn once(transaction: &Transaction) -> impl Iterator<Item = Subject> {
    transaction.statements().iter().filter_map(|statement| statement.body().once())
}

/// Index of the entry that states already what this transaction may state once.
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

/// Whether a transaction of this signer may be in the block there: L3, L4, L11, L12. "Recorded before" is answered
/// first, so that a member who submits again after the transaction expired still learns where it is recorded. Returns the
/// signer.
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
