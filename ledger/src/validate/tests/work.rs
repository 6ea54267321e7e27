//! The work that one body may make (L13): at the bound and one above, for a court that judges and one that
//! proposes.

use super::*;
use courtseal_proof::bytes::limits::{ACTS_MAX, BODY_WRITES_MAX};
use courtseal_proof::commitment::Tag;
use courtseal_proof::kinds::field::Value;
use courtseal_proof::kinds::form::Act;
use courtseal_proof::statement::Document;

/// The clerk of the test network. Each judgment that it renders writes one fact.
const CLERK: usize = 1;

fn judgments(network: &Network, nonce: u64, count: usize) -> Arc<VerifiedTransaction> {
    let kind = courtseal_proof::kinds::find("judgment").unwrap();
    let document = Value::Document(Document::Confidential(Tag([5; 32])));
    let fields = [("document", document), ("instance", Value::Word("first")), ("type", Value::Word("ruling"))];
    let judgment = Statement::from(Act::new(kind, &kind.acts[0], fields).unwrap());
    network.transaction(CLERK, nonce, vec![judgment; count])
}

#[test]
fn l13_a_body_makes_at_most_4096_writes() {
    let network = Network::new(4);
    let ledger = network.ledger();
    let full = BODY_WRITES_MAX / ACTS_MAX as u64;
    let mut at: Vec<_> = (0..full).map(|nonce| judgments(&network, nonce, ACTS_MAX)).collect();
    let header = network.block(&ledger, &[]).header().clone();
    let texts = |transactions: &[Arc<VerifiedTransaction>]| transactions.iter().map(|one| one.text().to_vec()).collect();
    // Evidence in the same block adds nothing to this work.
    at.push(network.transaction(NOTARY, 1, (0..100).map(public).collect()));
    let valid = judge(&ledger, header.clone(), texts(&at)).unwrap();
    assert_eq!(valid.transactions().len(), at.len());
    let above: Vec<_> = [&at[..], &[judgments(&network, 1_000, 1)]].concat();
    assert_eq!(judge(&ledger, header.clone(), texts(&above)), Err(Error::Invalid(Invalid::Work)));

    // A proposer skips a transaction beyond the bound, and takes those that still fit.
    let two = judgments(&network, 1_001, 2);
    let evidence = network.transaction(NOTARY, 2, vec![public(7)]);
    let short = [&at[1..], &[judgments(&network, 1_002, ACTS_MAX - 1), two, judgments(&network, 1_003, 1), evidence]].concat();
    let built = ledger.build(header.time, network.proposer(), short.iter().cloned()).unwrap();
    let expected: Vec<_> = short.iter().filter(|one| one.transaction().payload().nonce != nonce_of(1_001)).cloned().collect();
    assert_eq!(built.transactions(), &expected[..]);
    assert!(ledger.validate(built.read(), &NoCache).is_ok());
}

/// The nonce of a test transaction.
fn nonce_of(nonce: u64) -> String {
    format!("{nonce:016x}{:016x}", 0)
}
