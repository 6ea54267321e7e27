//! Equivocations on the log (L6, L11): who may state them, about whom, and once.

use super::*;
use crate::store::memory::MemoryStore;
use courtseal_proof::entry::Entry;
use courtseal_proof::genesis::Role;
use courtseal_proof::kinds::verdict::Outcome;

fn stated(network: &Network, by: usize, accused: usize, height: u64) -> Arc<VerifiedTransaction> {
    network.of_court(by, height, vec![Statement::from(network.equivocation(accused, height, 1))])
}

#[test]
fn l11_an_equivocation_is_recorded_once() {
    let network = Network::new(4);
    let store = Arc::new(MemoryStore::new());
    let ledger = network.ledger_on(store.clone());
    let about = network.equivocation(1, 1, 1).about().subject();
    assert_eq!(accusing(&ledger, &about), None);
    network.commit(&ledger, &[stated(&network, 0, 1, 1)]);
    assert_eq!(accusing(&ledger, &about), Some(3));

    let entry = Entry::from_text(ledger.entry(3).unwrap().unwrap().as_bytes()).unwrap();
    let said = entry.as_recorded().unwrap();
    assert_eq!((said.member.name.as_str(), said.member.role, said.member.since), ("court-00", Role::Court, 1));
    assert_eq!(entry.outcome(), Outcome::default());
    assert!(said.statement.body().holds(&network.genesis.origin()));

    // Another court saw the same, or the same court contradicted itself a third time: the entry is there.
    let recorded = Refused::AlreadyStated { index: 3 };
    assert_eq!(refused(&ledger, &stated(&network, 2, 1, 1)), recorded);
    let third = network.of_court(0, 9, vec![Statement::from(network.equivocation(1, 1, 2))]);
    assert_eq!(refused(&ledger, &third), recorded);
    // Another height, another court: recorded.
    network.commit(&ledger, &[stated(&network, 0, 1, 2), stated(&network, 0, 2, 1)]);
    // The state follows from the log, so it is the same after opening the ledger again.
    drop(ledger);
    let ledger = network.ledger_on(store);
    assert_eq!(accusing(&ledger, &about), Some(3));
    assert_eq!(refused(&ledger, &stated(&network, 3, 2, 1)), Refused::AlreadyStated { index: 6 });
    for height in 1..=2 {
        ledger.check_block(height).unwrap();
    }
}

#[test]
fn l11_no_equivocation_is_twice_in_one_body() {
    let network = Network::new(4);
    let ledger = network.ledger();
    let both = [0, 2].map(|by| stated(&network, by, 1, 1));
    let header = network.block(&ledger, &[]).header().clone();
    let texts = both.iter().map(|checked| checked.text().to_vec()).collect();
    assert_eq!(judge(&ledger, header.clone(), texts), Err(Error::Invalid(Invalid::Twice { position: 1 })));
    let block = ledger.build(header.time, network.proposer(), both.clone()).unwrap();
    assert_eq!(block.transactions(), &both[..1], "a proposer takes the first");
}

#[test]
fn l11_what_proves_nothing_about_a_court_is_refused() {
    let network = Network::new(4);
    let ledger = network.ledger();
    let unfounded = |transaction: &Arc<VerifiedTransaction>| match refused(&ledger, transaction) {
        Refused::Unfounded(reason) => reason,
        other => panic!("{other:?}"),
    };
    let good = network.equivocation(1, 1, 1);
    let by_member = network.transaction(NOTARY, 1, vec![Statement::from(good.clone())]);
    assert!(unfounded(&by_member).starts_with("only a court"));
    let mut misnamed = good.clone();
    misnamed.court = name("court-02");
    assert!(unfounded(&network.of_court(0, 1, vec![Statement::from(misnamed)])).contains("not the voting key"));
    let stranger = Network::new(5).equivocation(4, 1, 1);
    let mut stranger_here = network.equivocation(1, 1, 1);
    (stranger_here.court, stranger_here.key) = (stranger.court, stranger.key);
    assert!(!stranger_here.holds_on(&network.genesis.digest()));
    // The height that is being decided is the highest that may be named.
    assert!(unfounded(&stated(&network, 0, 1, 2)).contains("height"));
    assert_eq!(Network::admit(&ledger, &stated(&network, 0, 1, 1), GENESIS_TIME.plus_ms(1)), Ok(()));
}

#[test]
fn l11_a_false_signature_is_refused_when_it_is_read() {
    let network = Network::new(4);
    let mut forged = network.equivocation(1, 1, 1);
    forged.second.value = Some(Digest([9; 32]));
    let text = {
        // It is signed by the court that states it, so that only the statement is false.
        let statements = vec![Statement::from(forged)];
        let until = GENESIS_TIME.plus_ms(3_600_000);
        let court = &network.genesis.courts[0];
        let key = crate::testing::court_key(0, courtseal_proof::genesis::KeyPurpose::Vote);
        assert_eq!(key.public(), court.vote);
        Transaction::sign(&network.genesis.origin(), &court.name, &key, [0; 16], until, statements).unwrap().to_text()
    };
    let ledger = network.ledger();
    let header = network.block(&ledger, &[]).header().clone();
    assert_eq!(transaction_error(judge(&ledger, header, vec![text.into_bytes()])), (0, Refused::BadSignature));
}

#[test]
fn l6_a_court_itself_states_equivocations_and_nothing_else() {
    let network = Network::new(4);
    let ledger = network.ledger();
    network.commit(&ledger, &[network.of_court(0, 1, vec![public(1)]), network.transaction(0, 2, vec![public(1)])]);
    let rule = |index| Entry::from_text(ledger.entry(index).unwrap().unwrap().as_bytes()).unwrap().rule();
    assert_eq!(rule(3).map(|rule| rule.as_str()), Some("role"));
    assert_eq!(rule(4), None, "a member of role court states evidence");
    assert_eq!(ledger.entries_by_digest(&crate::testing::file(1), 0, 9), Ok(vec![4]), "a rejection registers nothing");
}
