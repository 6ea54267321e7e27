//! Block validity (L1 to L4, L11): may the courts decide this block? And admission: may this transaction be in a block?
//!
//! In: the parent's state and head, the log before the block, a block's bytes or a transaction and a time. Out: a [`ValidBlock`] or the
//! rule that it breaks. Always: the answer depends on the parent's state only, never on this node's clock, mempool or configuration;
//! of several errors the first in order is named. Not for what a statement may say: that is judged in [`crate::execute`].

use crate::checked::{Checked, Seen};
use crate::error::{Error, HeaderField, Invalid, Refused};
use crate::history::History;
use crate::ledger::Head;
use crate::state::State;
use courtseal_planted::{Bug, is_planted};
use courtseal_proof::block::{Block, Header, body_digest};
use courtseal_proof::digest::Digest;
use courtseal_proof::kinds::equivocation::{CourtStep, Equivocation};
use courtseal_proof::key::PublicKey;
use courtseal_proof::limits::{BODY_BYTES_MAX, BODY_TRANSACTIONS_MAX, NOT_AFTER_AHEAD_MS_MAX};
use courtseal_proof::time::{TIMESTAMP_MAX, Timestamp};
use courtseal_proof::transaction::Transaction;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A block that the courts may decide on top of one parent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidBlock {
    digest: Digest,
    header: Header,
    transactions: Vec<Arc<Checked>>,
}

impl ValidBlock {
    /// The header's digest: the consensus value.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The header.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The transactions, in order.
    pub fn transactions(&self) -> &[Arc<Checked>] {
        &self.transactions
    }

    /// The block's bytes, as sent and stored.
    pub fn encode(&self) -> Vec<u8> {
        Block { header: self.header.clone(), transactions: texts(&self.transactions) }.encode()
    }
}

fn texts(transactions: &[Arc<Checked>]) -> Vec<Vec<u8>> {
    transactions.iter().map(|checked| checked.text().to_vec()).collect()
}

/// Whether a transaction may be in a block of this height and time, as far as the parent's state says (L3 and L11 without "not recorded before").
///
/// # Errors
/// [`Refused`].
pub fn check_transaction(state: &State, transaction: &Transaction, height: u64, time: Timestamp) -> Result<(), Refused> {
    let payload = transaction.payload();
    if payload.chain != *state.origin() && !is_planted(Bug::OtherNetwork) {
        return Err(Refused::WrongNetwork);
    }
    if state.signer(&payload.member, &payload.key).is_none() {
        return Err(Refused::Unregistered);
    }
    if payload.not_after < time && !is_planted(Bug::RecordExpired) {
        return Err(Refused::Expired);
    }
    if payload.not_after > time.plus_ms(NOT_AFTER_AHEAD_MS_MAX) {
        return Err(Refused::NotAfterTooFar);
    }
    match transaction.equivocation() {
        Some(equivocation) => check_equivocation(state, payload.key, equivocation, height),
        None => Ok(()),
    }
}

/// L11: stated by a court, about the voting key of a court, at a height that there is. That its signatures verify was checked when it was read.
fn check_equivocation(state: &State, by: PublicKey, equivocation: &Equivocation, height: u64) -> Result<(), Refused> {
    if !state.is_court(&by) {
        return Err(Refused::Unfounded("only a court, under its voting key, may state an equivocation"));
    }
    if state.courts().get(&equivocation.court) != Some(&equivocation.key) {
        return Err(Refused::Unfounded("the key that it names is not the voting key of that court"));
    }
    if equivocation.height > height {
        return Err(Refused::Unfounded("it is about a height that is not reached"));
    }
    Ok(())
}

/// Whether a transaction may be admitted at the time `now`, for the block at `height`: L3 and L11. "Recorded before" is answered first, so that who submits again after
/// the transaction expired still learns where it is recorded.
///
/// # Errors
/// [`Refused`], or a fatal error of the store.
pub fn admit(state: &State, history: &dyn History, transaction: &Transaction, height: u64, now: Timestamp) -> Result<(), Error> {
    if transaction.payload().chain == *state.origin() && history.recorded(&[transaction.id()])? == [true] {
        return Err(Refused::AlreadyRecorded.into());
    }
    check_transaction(state, transaction, height, now)?;
    match recorded_equivocation(history, transaction)? {
        Some(index) => Err(Refused::EquivocationRecorded { index }.into()),
        None => Ok(()),
    }
}

/// Checks a header against its parent (L2).
///
/// # Errors
/// [`Invalid::Header`] with the first field that does not follow.
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

/// Judges a block on top of its parent (L1 to L4, L11); signatures are checked in parallel, those of [`Seen`] transactions not again.
///
/// # Errors
/// [`Error::Invalid`], or a fatal error of the store.
pub fn validate(state: &State, parent: &Head, history: &dyn History, block: &[u8], seen: &dyn Seen) -> Result<ValidBlock, Error> {
    let block = Block::decode(block).map_err(Invalid::Form)?;
    check_header(state, parent, &block.header)?;
    let (height, time) = (block.header.height, block.header.time);
    let judge = |text: Vec<u8>| -> Result<Arc<Checked>, Refused> {
        let checked = Checked::find(text, seen)?;
        check_transaction(state, checked.transaction(), height, time)?;
        Ok(checked)
    };
    // All are judged, and then the first error in order is named, so that every run names the same one.
    let judged: Vec<_> = block.transactions.into_par_iter().map(judge).collect();
    let mut transactions = Vec::with_capacity(judged.len());
    for (position, result) in judged.into_iter().enumerate() {
        transactions.push(result.map_err(|reason| Invalid::Transaction { position, reason })?);
    }
    check_not_recorded(history, &transactions)?;
    Ok(ValidBlock { digest: block.header.digest(), header: block.header, transactions })
}

/// L4 and L11: no id and no equivocation was recorded before, and none is there twice.
fn check_not_recorded(history: &dyn History, transactions: &[Arc<Checked>]) -> Result<(), Error> {
    let ids: Vec<Digest> = transactions.iter().map(|checked| checked.id()).collect();
    let (mut distinct, mut steps) = (BTreeSet::new(), BTreeSet::new());
    for (position, checked) in transactions.iter().enumerate() {
        if !distinct.insert(checked.id()) && !is_planted(Bug::RecordTwice) || !is_first(&mut steps, checked) {
            return Err(Invalid::Twice { position }.into());
        }
    }
    if let Some(position) = history.recorded(&ids)?.iter().position(|recorded| *recorded) {
        return Err(Invalid::Transaction { position, reason: Refused::AlreadyRecorded }.into());
    }
    for (position, checked) in transactions.iter().enumerate() {
        if let Some(index) = recorded_equivocation(history, checked.transaction())? {
            return Err(Invalid::Transaction { position, reason: Refused::EquivocationRecorded { index } }.into());
        }
    }
    Ok(())
}

/// Whether no transaction before this one states an equivocation about the same step.
fn is_first(steps: &mut BTreeSet<CourtStep>, checked: &Checked) -> bool {
    checked.transaction().equivocation().is_none_or(|equivocation| steps.insert(equivocation.about()))
}

/// Index of the entry that records an equivocation about the step that this one is about.
fn recorded_equivocation(history: &dyn History, transaction: &Transaction) -> Result<Option<u64>, Error> {
    match transaction.equivocation() {
        Some(equivocation) => history.equivocation(&equivocation.about()),
        None => Ok(None),
    }
}

/// Builds the block that follows `parent` out of candidates: takes, in their order, those that L3, L4 and L11 allow and that fit the bounds, so
/// that the block is always valid. `time` is raised to just after the parent's if it does not lie after it.
///
/// # Errors
/// [`Error::OutOfRange`] if `proposer` is no court or time has run out, or a fatal error of the store.
pub fn build(
    state: &State,
    parent: &Head,
    history: &dyn History,
    time: Timestamp,
    proposer: PublicKey,
    candidates: impl IntoIterator<Item = Arc<Checked>>,
) -> Result<ValidBlock, Error> {
    let time = time.max(Timestamp(parent.time.0.saturating_add(1)));
    let transactions = pick(state, history, parent.height + 1, time, candidates)?;
    let header = Header {
        chain: state.origin().chain(),
        protocol: state.protocol(),
        height: parent.height + 1,
        time,
        previous: parent.digest,
        body: body_digest(&state.origin().chain(), &texts(&transactions)),
        log_root: parent.root,
        log_size: parent.size,
        courts: state.court_set(),
        next_courts: state.next_court_set(),
        proposer,
    };
    check_header(state, parent, &header)
        .map_err(|_| Error::OutOfRange("only a court of the set may propose, before the year 10000"))?;
    Ok(ValidBlock { digest: header.digest(), header, transactions })
}

fn pick(
    state: &State,
    history: &dyn History,
    height: u64,
    time: Timestamp,
    candidates: impl IntoIterator<Item = Arc<Checked>>,
) -> Result<Vec<Arc<Checked>>, Error> {
    let (mut picked, mut bytes, mut distinct, mut steps) = (Vec::new(), 0, BTreeSet::new(), BTreeSet::new());
    for checked in candidates {
        if picked.len() == BODY_TRANSACTIONS_MAX {
            break;
        }
        let fits = bytes + checked.text().len() <= BODY_BYTES_MAX;
        if fits
            && check_transaction(state, checked.transaction(), height, time).is_ok()
            && recorded_equivocation(history, checked.transaction())?.is_none()
            && distinct.insert(checked.id())
            && is_first(&mut steps, &checked)
        {
            bytes += checked.text().len();
            picked.push(checked);
        }
    }
    let ids: Vec<Digest> = picked.iter().map(|checked| checked.id()).collect();
    let mut recorded = history.recorded(&ids)?.into_iter();
    picked.retain(|_| recorded.next() == Some(false));
    Ok(picked)
}

#[cfg(test)]
mod tests;
