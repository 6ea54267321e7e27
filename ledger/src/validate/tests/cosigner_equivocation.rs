//! Equivocations of cosigners on the log (L6, L12): about which key, by everybody, and once a key.

use super::*;
use crate::store::memory::MemoryStore;
use crate::testing::ROLES;
use courtseal_proof::bytes::name::Name;
use courtseal_proof::entry::Entry;
use courtseal_proof::genesis::KeyPurpose;
use courtseal_proof::kinds::body::Body;
use courtseal_proof::kinds::cosigner_equivocation::CosignerEquivocation;
use courtseal_proof::kinds::verdict::Outcome;
use courtseal_proof::log::checkpoint::Checkpoint;

fn by_notary(network: &Network, nonce: u64, pair: CosignerEquivocation) -> Arc<VerifiedTransaction> {
    network.transaction(NOTARY, nonce, vec![pair.into()])
}

#[test]
fn l12_a_cosigner_key_is_accused_once() {
    let network = Network::new(4);
    let store = Arc::new(MemoryStore::new());
    let ledger = network.ledger_on(store.clone());
    let pair = network.cosigner_equivocation(1, 7);
    let about = pair.subject();
    assert_eq!(accusing(&ledger, &about), None);
    network.commit(&ledger, &[by_notary(&network, 1, pair.clone())]);
    assert_eq!(accusing(&ledger, &about), Some(3));

    let entry = Entry::from_text(ledger.entry(3).unwrap().unwrap().as_bytes()).unwrap();
    assert_eq!((entry.as_recorded().map(|said| &said.statement), entry.outcome()), (Some(&pair.into()), Outcome::default()));

    // Other roots under the same key, stated by another signer, are the same accusation.
    let recorded = Refused::AlreadyStated { index: 3 };
    assert_eq!(refused(&ledger, &by_notary(&network, 2, network.cosigner_equivocation(1, 8))), recorded);
    assert_eq!(refused(&ledger, &network.of_court(3, 2, vec![network.cosigner_equivocation(1, 7).into()])), recorded);
    // Another court's key is another subject, and so is the same court's voting key.
    let of_vote = network.of_court(0, 3, vec![network.equivocation(1, 1, 1).into()]);
    network.commit(&ledger, &[by_notary(&network, 3, network.cosigner_equivocation(2, 7)), of_vote]);
    // The state follows from the log, so it is the same after opening the ledger again.
    drop(ledger);
    let ledger = network.ledger_on(store);
    assert_eq!(accusing(&ledger, &about), Some(3));
    let again = by_notary(&network, 4, network.cosigner_equivocation(2, 9));
    assert_eq!(refused(&ledger, &again), Refused::AlreadyStated { index: 5 });
    for height in 1..=2 {
        ledger.check_block(height).unwrap();
    }
    ledger.scrub(&mut |_| {}).unwrap();
}

#[test]
fn l12_no_cosigner_key_is_accused_twice_in_one_body() {
    let network = Network::new(4);
    let ledger = network.ledger();
    let both = [7, 8].map(|size| by_notary(&network, size, network.cosigner_equivocation(1, size)));
    let header = network.block(&ledger, &[]).header().clone();
    let texts = both.iter().map(|checked| checked.text().to_vec()).collect();
    assert_eq!(judge(&ledger, header.clone(), texts), Err(Error::Invalid(Invalid::Twice { position: 1 })));
    let block = ledger.build(header.time, network.proposer(), both.clone()).unwrap();
    assert_eq!(block.transactions(), &both[..1], "a proposer takes the first");
}

#[test]
fn l12_only_the_key_of_a_court_in_its_epoch_is_accused() {
    let network = Network::new(4);
    let ledger = network.ledger();
    let unfounded = |change: &dyn Fn(&mut CosignerEquivocation)| {
        let mut pair = network.cosigner_equivocation(1, 7);
        change(&mut pair);
        assert!(pair.holds(&network.genesis.origin()), "only whose key it is, is wrong");
        match refused(&ledger, &by_notary(&network, 1, pair)) {
            Refused::Unfounded(reason) => reason,
            other => panic!("{other:?}"),
        }
    };
    assert!(unfounded(&|pair| pair.epoch = 1).contains("epoch"));
    assert!(unfounded(&|pair| pair.court = name("court-02")).contains("not the cosigner key"));
    assert!(unfounded(&|pair| pair.court = name("court-77")).contains("not the cosigner key"));
    // The fifth court is none of this network, though it cosigned for this network.
    let stranger = |pair: &mut CosignerEquivocation| {
        let (origin, key) = (network.genesis.origin(), crate::testing::court_key(4, KeyPurpose::Cosigner));
        for side in [&mut pair.first, &mut pair.second] {
            let checkpoint = Checkpoint { origin: origin.clone(), size: side.size, root: side.root };
            side.signature = checkpoint.cosign(&key, side.time_s).signature;
        }
        (pair.court, pair.key) = (name("court-04"), key.public());
    };
    assert!(unfounded(&stranger).contains("not the cosigner key"));
    // A court's voting key is no cosigner key.
    assert_eq!(refusal(&ledger, &network, |pair| pair.key = network.genesis.courts[1].vote), Refused::BadSignature);
}

/// The refusal of a text whose accusation was changed after it was signed by its member.
fn refusal(ledger: &Ledger, network: &Network, change: impl FnOnce(&mut CosignerEquivocation)) -> Refused {
    let mut pair = network.cosigner_equivocation(1, 7);
    change(&mut pair);
    let (until, origin) = (GENESIS_TIME.plus_ms(3_600_000), network.genesis.origin());
    let signed = Transaction::sign(&origin, &member_name(NOTARY), &member_key(NOTARY), [0; 16], until, vec![pair.into()]);
    let header = network.block(ledger, &[]).header().clone();
    let (position, reason) = transaction_error(judge(ledger, header, vec![signed.unwrap().to_text().into_bytes()]));
    assert_eq!(position, 0);
    reason
}

#[test]
fn l12_what_does_not_hold_is_refused_when_it_is_read() {
    let network = Network::new(4);
    let ledger = network.ledger();
    for change in [
        |pair: &mut CosignerEquivocation| pair.first.time_s += 1,
        |pair: &mut CosignerEquivocation| pair.second.root = Digest([9; 32]),
        |pair: &mut CosignerEquivocation| pair.second.signature.0[0] ^= 1,
    ] {
        assert_eq!(refusal(&ledger, &network, change), Refused::BadSignature);
    }
}

#[test]
fn l12_every_member_and_every_court_may_accuse() {
    for by in 0..=ROLES.len() {
        let network = Network::new(4);
        let ledger = network.ledger();
        let statements = vec![network.cosigner_equivocation(1, 7).into()];
        let (transaction, signer): (_, Name) = match ROLES.get(by) {
            Some(_) => (network.transaction(by, 1, statements), member_name(by)),
            // The accused court itself, under its voting key.
            None => (network.of_court(1, 1, statements), name("court-01")),
        };
        network.commit(&ledger, &[transaction]);
        let entry = Entry::from_text(ledger.entry(3).unwrap().unwrap().as_bytes()).unwrap();
        let role = ROLES.get(by).copied().unwrap_or(ROLES[0]);
        let said = entry.as_recorded().expect("nobody is refused");
        assert_eq!((&said.member.name, said.member.role), (&signer, role));
    }
}
