//! Block validity (L1 to L4, L11 to L13): whether the courts may decide this block.
//!
//! In: the parent's state and head, the log before the block, a block as it was read.
//! Out: a [`ValidBlock`], or the rule that the block breaks.
//! Always: the answer depends on the block, its parent's state and the log before it only. It never depends
//! on this node's clock, mempool or configuration. The first of several errors is named.
//! Not for what becomes of a statement: each kind's `admit` says here what no block may hold, and
//! [`crate::execute`] judges whether a statement is recorded or rejected.

use crate::admit::{at, check_transaction, once, signers, stated_before, work};
use crate::error::{Error, HeaderField, Invalid, Refused};
use crate::head::Head;
use crate::history::History;
use crate::state::State;
use crate::valid_block::ValidBlock;
use crate::verified_transaction::{SignatureCache, VerifiedTransaction};
use courtseal_proof::block::{Header, ReadBlock};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::time::TIMESTAMP_MAX;
use courtseal_proof::facts::Signer;
use courtseal_proof::kinds::work::Work;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Checks a header against its parent (L2).
///
/// # Errors
/// [`Invalid::Header`] with the first field that does not follow from the parent.
pub fn check_header(state: &State, parent: &Head, header: &Header) -> Result<(), Invalid> {
    let follows = [
        (HeaderField::Chain, header.chain == state.origin().chain()),
        (HeaderField::Protocol, header.protocol == state.protocol()),
        (HeaderField::Height, header.height == parent.height + 1),
        (HeaderField::Previous, header.previous == parent.digest),
        (HeaderField::Time, header.time > parent.time && header.time <= TIMESTAMP_MAX),
        (HeaderField::LogRoot, header.log_root == parent.root),
        (HeaderField::LogSize, header.log_size == parent.size),
        (HeaderField::Courts, header.courts == state.court_set()),
        (HeaderField::NextCourts, header.next_courts == state.next_court_set()),
        (HeaderField::Proposer, state.is_court(&header.proposer)),
    ];
    match follows.iter().find(|(_, follows)| !follows) {
        Some((field, _)) => Err(Invalid::Header(*field)),
        None => Ok(()),
    }
}

/// Judges a block on top of its parent. Signatures are checked in parallel, except those of
/// [`SignatureCache`] transactions.
///
/// # Errors
/// [`Error::Invalid`], or a fatal error of the store.
pub fn validate(
    state: &State,
    parent: &Head,
    history: &dyn History,
    block: &ReadBlock,
    seen: &dyn SignatureCache,
) -> Result<ValidBlock, Error> {
    check_header(state, parent, block.header())?;
    let texts: Vec<&[u8]> = block.texts().collect();
    let read: Vec<_> = texts.into_par_iter().map(|text| VerifiedTransaction::find(text, seen)).collect();
    let readable: Vec<_> = read.iter().flatten().map(|checked| checked.transaction().payload()).collect();
    let mut signers = signers(state, history, &readable)?.into_iter();
    let at = at(state, block.header().height, block.header().time);
    let mut transactions = Vec::with_capacity(read.len());
    for (position, result) in read.into_iter().enumerate() {
        let refused = |reason| Error::from(Invalid::Transaction { position, reason });
        let checked = result.map_err(|error| refused(error.into()))?;
        let signer = signers.next().flatten();
        let signer = check_transaction(state, history, signer, checked.transaction(), &at).map_err(|error| match error {
            Error::Refused(reason) => refused(reason),
            error => error,
        })?;
        transactions.push((checked, signer));
    }
    if !transactions.iter().map(|(checked, _)| work(checked.transaction())).sum::<Work>().fits_a_body() {
        return Err(Invalid::Work.into());
    }
    check_not_recorded(history, &transactions)?;
    Ok(ValidBlock::new(block.clone(), transactions))
}

/// L4, L11, L12: nothing that may be recorded once was recorded before, and the body holds none of it twice.
fn check_not_recorded(history: &dyn History, transactions: &[(Arc<VerifiedTransaction>, Signer)]) -> Result<(), Error> {
    let ids: Vec<Digest> = transactions.iter().map(|(checked, _)| checked.id()).collect();
    let (mut distinct, mut stated) = (BTreeSet::new(), BTreeSet::new());
    for (position, (checked, _)) in transactions.iter().enumerate() {
        let is_new = distinct.insert(checked.id());
        if !is_new || !once(checked.transaction()).all(|subject| stated.insert(subject)) {
            return Err(Invalid::Twice { position }.into());
        }
    }
    if let Some(position) = history.recorded(&ids)?.iter().position(|recorded| *recorded) {
        return Err(Invalid::Transaction { position, reason: Refused::AlreadyRecorded }.into());
    }
    for (position, (checked, _)) in transactions.iter().enumerate() {
        if let Some(index) = stated_before(history, checked.transaction())? {
            return Err(Invalid::Transaction { position, reason: Refused::AlreadyStated { index } }.into());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
