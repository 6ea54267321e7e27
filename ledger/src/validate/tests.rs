//! Validity, rule by rule: L1 to L4, L11, L12, at each bound and one above.
//!
//! In: blocks and transactions of the fixtures' network.
//! Out: failures that name the rule.
//! Always: blocks, admission and building give the same verdict on a transaction.
//! Not for what a block records: see the tests of `execute`.

mod building;
mod cosigner_equivocation;
mod equivocation;
mod work;

use super::*;
use crate::ledger::Ledger;
use crate::testing::{GENESIS_TIME, LAWYER, NOTARY, Network, member_key, member_name, name, public};
use crate::verified_transaction::NoCache;
use courtseal_proof::block::{Block, body_digest};
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::limits::{BODY_BYTES_MAX, NOT_AFTER_AHEAD_MS_MAX};
use courtseal_proof::bytes::name::Origin;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::facts::Subject;
use courtseal_proof::statement::Statement;
use courtseal_proof::transaction::Transaction;

fn judge(ledger: &Ledger, header: Header, transactions: Vec<Vec<u8>>) -> Result<Arc<ValidBlock>, Error> {
    let header = Header { body: body_digest(&header.chain, &transactions), ..header };
    ledger.validate(&Block { header, transactions }.read().map_err(Invalid::Form)?, &NoCache)
}

fn transaction_error(result: Result<Arc<ValidBlock>, Error>) -> (usize, Refused) {
    match result {
        Err(Error::Invalid(Invalid::Transaction { position, reason })) => (position, reason),
        other => panic!("{other:?}"),
    }
}

fn signed(origin: &Origin, member: usize, key: &SecretKey) -> Arc<VerifiedTransaction> {
    let until = GENESIS_TIME.plus_ms(3_600_000);
    let transaction = Transaction::sign(origin, &member_name(member), key, [0; 16], until, vec![public(1)]).unwrap();
    Arc::new(VerifiedTransaction::from_text(transaction.to_text().into_bytes()).unwrap())
}

/// Index of the entry that accuses.
fn accusing(ledger: &Ledger, subject: &Subject) -> Option<u64> {
    ledger.fact(subject).unwrap().map(|fact| fact.index)
}

/// Why neither a block nor this node's admission takes the transaction.
fn refused(ledger: &Ledger, transaction: &Arc<VerifiedTransaction>) -> Refused {
    let header = ledger.build(ledger.head().time.plus_ms(1_000), Network::new(4).proposer(), []).unwrap().header().clone();
    let (position, by_block) = transaction_error(judge(ledger, header.clone(), vec![transaction.text().to_vec()]));
    assert_eq!(position, 0);
    assert_eq!(Network::admit(ledger, transaction, header.time), Err(by_block.clone().into()), "admission and validity agree");
    let block = ledger.build(header.time, header.proposer, [Arc::clone(transaction)]).unwrap();
    assert!(block.transactions().is_empty(), "a proposer passes it over");
    by_block
}

#[test]
fn l1_malformed_blocks_are_refused() {
    let (network, good) = (Network::new(4), Network::new(4));
    let ledger = network.ledger();
    let block = good.block(&ledger, &[network.transaction(NOTARY, 1, vec![public(1)])]).read().clone();
    assert!(ledger.validate(&block, &NoCache).is_ok());
    let bytes = block.bytes();
    for damaged in [&bytes[..0], &bytes[..100], &bytes[..bytes.len() - 1], &[&bytes[..], &[0]].concat()] {
        assert!(ReadBlock::read(Arc::new(damaged.to_vec())).is_err());
    }
    for bit in (0..bytes.len() * 8).step_by(7) {
        let mut other = bytes.to_vec();
        other[bit / 8] ^= 1 << (bit % 8);
        let Ok(other) = ReadBlock::read(Arc::new(other)) else { continue };
        match ledger.validate(&other, &NoCache) {
            Err(error) => assert!(!error.is_fatal()),
            // A later time or another court's key would be another valid block; no other field can change.
            Ok(valid) => assert_ne!(valid.digest(), block.digest()),
        }
    }
}

#[test]
fn l2_every_field_of_the_header_follows_from_the_parent() {
    let network = Network::new(4);
    let ledger = network.ledger();
    network.commit(&ledger, &[network.transaction(NOTARY, 1, vec![public(1)])]);
    let good = network.block(&ledger, &[]).header().clone();
    assert!(judge(&ledger, good.clone(), vec![]).is_ok());
    let parent = ledger.head();
    let other = Digest([7; 32]);
    let cases = [
        (HeaderField::Chain, Header { chain: other, ..good.clone() }),
        (HeaderField::Protocol, Header { protocol: good.protocol + 1, ..good.clone() }),
        (HeaderField::Height, Header { height: good.height + 1, ..good.clone() }),
        (HeaderField::Height, Header { height: good.height - 1, ..good.clone() }),
        (HeaderField::Time, Header { time: parent.time, ..good.clone() }),
        (HeaderField::Time, Header { time: Timestamp(TIMESTAMP_MAX.0 + 1), ..good.clone() }),
        (HeaderField::Previous, Header { previous: other, ..good.clone() }),
        (HeaderField::LogRoot, Header { log_root: other, ..good.clone() }),
        (HeaderField::LogSize, Header { log_size: good.log_size + 1, ..good.clone() }),
        (HeaderField::Courts, Header { courts: other, ..good.clone() }),
        (HeaderField::NextCourts, Header { next_courts: other, ..good.clone() }),
        (HeaderField::Proposer, Header { proposer: member_key(0).public(), ..good.clone() }),
    ];
    for (field, header) in cases {
        assert_eq!(judge(&ledger, header, vec![]), Err(Error::Invalid(Invalid::Header(field))), "{field:?}");
    }
    for time in [Timestamp(parent.time.0 + 1), TIMESTAMP_MAX] {
        assert!(judge(&ledger, Header { time, ..good.clone() }, vec![]).is_ok(), "time has no other bound here");
    }
}

#[test]
fn l3_signatures_are_checked_unless_that_very_text_was_seen() {
    struct Known(Arc<VerifiedTransaction>);
    impl SignatureCache for Known {
        fn verified(&self, _: &Digest) -> Option<Arc<VerifiedTransaction>> {
            Some(Arc::clone(&self.0))
        }
    }
    let network = Network::new(4);
    let ledger = network.ledger();
    let good = network.transaction(NOTARY, 1, vec![public(1)]);
    let header = network.block(&ledger, &[]).header().clone();
    // The same id with another signature: the last character of the base64 signature's body changed.
    let text = String::from_utf8(good.text().to_vec()).unwrap();
    let at = text.find("\"sig\":\"").unwrap() + 7;
    let swapped = if &text[at..=at] == "A" { "B" } else { "A" };
    let forged = format!("{}{swapped}{}", &text[..at], &text[at + 1..]).into_bytes();
    assert_eq!(transaction_error(judge(&ledger, header.clone(), vec![forged.clone()])), (0, Refused::BadSignature));
    let header = Header { body: body_digest(&header.chain, std::slice::from_ref(&forged)), ..header };
    let block = Block { header, transactions: vec![forged] }.read().unwrap();
    assert_eq!(transaction_error(ledger.validate(&block, &Known(good))), (0, Refused::BadSignature));
}

#[test]
fn l3_only_the_members_key_signs_for_it() {
    let network = Network::new(4);
    let ledger = network.ledger();
    let header = network.block(&ledger, &[]).header().clone();
    let origin = network.genesis.origin();
    let good = network.transaction(NOTARY, 1, vec![public(1)]).text().to_vec();
    let other_member = signed(&origin, NOTARY, &member_key(LAWYER)).text().to_vec();
    let stranger = signed(&origin, 77, &member_key(NOTARY)).text().to_vec();
    let other_network = signed(&Origin::new(name("net"), Digest([1; 32])), NOTARY, &member_key(NOTARY)).text().to_vec();
    for (text, reason) in
        [(other_member, Refused::Unregistered), (stranger, Refused::Unregistered), (other_network, Refused::WrongNetwork)]
    {
        assert_eq!(transaction_error(judge(&ledger, header.clone(), vec![good.clone(), text])), (1, reason));
    }
}

#[test]
fn l3_expired_and_far_transactions_are_refused() {
    let network = Network::new(4);
    let ledger = network.ledger();
    let header = network.block(&ledger, &[]).header().clone();
    let time = header.time;
    let far = time.plus_ms(NOT_AFTER_AHEAD_MS_MAX);
    let judge_until = |not_after: Timestamp| {
        let transaction = network.transaction_until(NOTARY, 1, not_after, vec![public(1)]);
        assert_eq!(
            Network::admit(&ledger, &transaction, time).is_ok(),
            judge(&ledger, header.clone(), vec![transaction.text().to_vec()]).is_ok(),
            "admission and validity agree"
        );
        judge(&ledger, header.clone(), vec![transaction.text().to_vec()])
    };
    assert!(judge_until(time).is_ok());
    assert!(judge_until(far).is_ok());
    assert_eq!(transaction_error(judge_until(Timestamp(time.0 - 1))), (0, Refused::Expired));
    assert_eq!(transaction_error(judge_until(far.plus_ms(1))), (0, Refused::NotAfterTooFar));
}

#[test]
fn l4_no_transaction_is_recorded_twice() {
    let network = Network::new(4);
    let ledger = network.ledger();
    let [a, b] = [1, 2].map(|nonce| network.transaction(NOTARY, nonce, vec![public(1)]));
    let header = network.block(&ledger, &[]).header().clone();
    let twice = vec![a.text().to_vec(), b.text().to_vec(), a.text().to_vec()];
    assert_eq!(judge(&ledger, header, twice), Err(Error::Invalid(Invalid::Twice { position: 2 })));
    network.commit(&ledger, std::slice::from_ref(&a));
    let header = network.block(&ledger, &[]).header().clone();
    let again = vec![b.text().to_vec(), a.text().to_vec()];
    assert_eq!(transaction_error(judge(&ledger, header, again)), (1, Refused::AlreadyRecorded));
    // A member that submits again after the transaction expired still learns that it is recorded.
    let late = GENESIS_TIME.plus_ms(100 * NOT_AFTER_AHEAD_MS_MAX);
    assert_eq!(Network::admit(&ledger, &a, late), Err(Refused::AlreadyRecorded.into()));
    assert_eq!(Network::admit(&ledger, &b, late), Err(Refused::Expired.into()));
}

#[test]
fn what_is_built_is_valid_whatever_the_candidates() {
    let network = Network::new(4);
    let ledger = network.ledger();
    let recorded = network.transaction(NOTARY, 1, vec![public(1)]);
    network.commit(&ledger, std::slice::from_ref(&recorded));
    let time = ledger.head().time.plus_ms(5_000);
    let good = network.transaction(NOTARY, 2, vec![public(2)]);
    let expired = network.transaction_until(NOTARY, 3, Timestamp(time.0 - 1), vec![public(3)]);
    let stranger = signed(&network.genesis.origin(), 77, &member_key(NOTARY));
    let last = network.transaction(LAWYER, 4, vec![public(4)]);
    let candidates = [recorded, good.clone(), expired, good.clone(), stranger, last.clone()];
    let block = ledger.build(time, network.proposer(), candidates).unwrap();
    assert_eq!(block.transactions(), [good, last]);
    assert_eq!(ledger.validate(block.read(), &NoCache).unwrap(), block);
    let early = ledger.build(Timestamp(0), network.proposer(), []).unwrap();
    assert_eq!(early.header().time, Timestamp(ledger.head().time.0 + 1));
    assert!(matches!(ledger.build(time, member_key(0).public(), []), Err(Error::OutOfRange(_))));
}

#[test]
fn what_is_built_keeps_to_the_bound_of_bytes() {
    let network = Network::new(1);
    let ledger = network.ledger();
    let statements = |n: u64| -> Vec<Statement> { (0..4_096).map(|i| public(10_000 * n + i)).collect() };
    let large: Vec<_> = (0..20).map(|n| network.transaction(NOTARY, n, statements(n))).collect();
    let small = network.transaction(NOTARY, 99, vec![public(1)]);
    let room = BODY_BYTES_MAX / large[0].text().len();
    let block = ledger.build(GENESIS_TIME, network.proposer(), large.into_iter().chain([small.clone()])).unwrap();
    assert_eq!(block.transactions().len(), room + 1, "what is too large is passed over, what fits is taken");
    assert_eq!(block.transactions().last(), Some(&small));
    assert!(ledger.validate(block.read(), &NoCache).is_ok());
}
