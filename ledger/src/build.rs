//! Builds a block out of candidates, so that it is always valid (L1 to L4, L11 to L13).
//!
//! In: the parent's state and head, the log before the block, candidates in the order of choice.
//! Out: a [`ValidBlock`].
//! Always: a candidate that is not allowed or does not fit is skipped.
//! Not for choosing candidates: the mempool does that.

use crate::admit::{at, check_transaction, once, signers, stated_before, work};
use crate::error::Error;
use crate::head::Head;
use crate::history::History;
use crate::state::State;
use crate::valid_block::ValidBlock;
use crate::validate::check_header;
use crate::verified_transaction::VerifiedTransaction;
use courtseal_proof::block::{Header, ReadBlock};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::limits::{BODY_BYTES_MAX, BODY_TRANSACTIONS_MAX};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::facts::{At, Signer};
use courtseal_proof::kinds::work::Work;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Builds the block that follows `parent`. Takes the candidates that are allowed and fit the bounds, in their
/// order. If `time` is not after the parent's time, it is raised to just after it.
///
/// # Errors
/// [`Error::OutOfRange`] if `proposer` is no court or no later time can be written, or a fatal error of the
/// store.
pub fn build(
    state: &State,
    parent: &Head,
    history: &dyn History,
    time: Timestamp,
    proposer: PublicKey,
    candidates: impl IntoIterator<Item = Arc<VerifiedTransaction>>,
) -> Result<ValidBlock, Error> {
    let time = time.max(Timestamp(parent.time.0.saturating_add(1)));
    let transactions = pick(state, history, &at(state, parent.height + 1, time), candidates)?;
    let header = Header {
        chain: state.origin().chain(),
        protocol: state.protocol(),
        height: parent.height + 1,
        time,
        previous: parent.digest,
        // Computed below, from the body.
        body: Digest::default(),
        log_root: parent.root,
        log_size: parent.size,
        courts: state.court_set(),
        next_courts: state.next_court_set(),
        proposer,
    };
    check_header(state, parent, &header)
        .map_err(|_| Error::OutOfRange("only a court of the set may propose, before the year 10000"))?;
    let block = ReadBlock::assemble(header, transactions.iter().map(|(checked, _)| checked.text()));
    Ok(ValidBlock::new(block, transactions))
}

fn pick(
    state: &State,
    history: &dyn History,
    at: &At,
    candidates: impl IntoIterator<Item = Arc<VerifiedTransaction>>,
) -> Result<Vec<(Arc<VerifiedTransaction>, Signer)>, Error> {
    let candidates: Vec<Arc<VerifiedTransaction>> = candidates.into_iter().collect();
    let payloads: Vec<_> = candidates.iter().map(|checked| checked.transaction().payload()).collect();
    let signers = signers(state, history, &payloads)?;
    let (mut picked, mut bytes, mut distinct, mut stated) = (Vec::new(), 0, BTreeSet::new(), BTreeSet::new());
    let mut done = Work::default();
    for (checked, signer) in candidates.iter().zip(signers) {
        if picked.len() == BODY_TRANSACTIONS_MAX {
            break;
        }
        let transaction = checked.transaction();
        // The candidates were admitted at an earlier head and time. Those that are no longer allowed are
        // skipped.
        let signer = match check_transaction(state, history, signer, transaction, at) {
            Err(error) if error.is_fatal() => return Err(error),
            Err(_) => continue,
            Ok(signer) => signer,
        };
        if bytes + checked.text().len() <= BODY_BYTES_MAX
            && (done + work(transaction)).fits_a_body()
            && stated_before(history, transaction)?.is_none()
            && distinct.insert(checked.id())
            && once(transaction).all(|subject| stated.insert(subject))
        {
            bytes += checked.text().len();
            done = done + work(transaction);
            picked.push((Arc::clone(checked), signer));
        }
    }
    let ids: Vec<Digest> = picked.iter().map(|(checked, _)| checked.id()).collect();
    let mut recorded = history.recorded(&ids)?.into_iter();
    picked.retain(|_| recorded.next() == Some(false));
    Ok(picked)
}
