//! Genesis documents: what follows from one, and the bounds on lists, which are too long for a vector.

use super::*;
use crate::log::policy::Policy;
use proptest::prelude::*;

fn name(text: String) -> Name {
    Name::new(text).unwrap()
}

fn key(number: u64) -> SecretKey {
    SecretKey::from_seed(sha256(&number.to_be_bytes()).0)
}

/// A good genesis of some courts and members.
pub(crate) fn sample(courts: u64, members: u64) -> Genesis {
    let network = name("net".into());
    let court = |number: u64| {
        let own = name(format!("court-{number:02}"));
        let prove = |purpose, offset| prove_possession(purpose, &network, &own, &key(4 * number + offset));
        Court {
            address: "/ip4/127.0.0.1/tcp/1".into(),
            cosigner: key(4 * number).public(),
            log: key(4 * number + 1).public(),
            network: key(4 * number + 2).public(),
            vote: key(4 * number + 3).public(),
            proof: CourtProof {
                cosigner: prove(KeyPurpose::Cosigner, 0),
                log: prove(KeyPurpose::Log, 1),
                network: prove(KeyPurpose::Network, 2),
                vote: prove(KeyPurpose::Vote, 3),
            },
            name: own,
        }
    };
    let member = |number: u64| {
        let (own, key) = (name(format!("member-{number:05}")), key(1_000_000 + number));
        let proof = prove_possession(KeyPurpose::Member, &network, &own, &key);
        Member { court: name("court-00".into()), key: key.public(), name: own, proof, role: Role::Notary }
    };
    Genesis {
        courts: (0..courts).map(court).collect(),
        members: (0..members).map(member).collect(),
        parameters: Parameters { heartbeat_ms: 60_000 },
        protocol: PROTOCOL,
        time: Timestamp(1_795_453_200_123),
        v: 1,
        name: network.clone(),
    }
}

#[test]
fn f10_origin_and_policy_follow_from_the_text() {
    let genesis = sample(4, 2);
    let text = genesis.to_text();
    assert_eq!(Genesis::from_text(text.as_bytes()), Ok(genesis.clone()));
    assert_eq!(genesis.origin().to_string(), format!("net/{}", sha256(text.as_bytes())));
    let policy = Policy::parse(genesis.policy_text().as_bytes()).unwrap();
    assert_eq!((policy.origin(), policy.least(), policy.witnesses().len()), (&genesis.origin(), 3, 4));
}

#[test]
fn f24_the_court_set_digest_covers_epoch_names_and_voting_keys() {
    let genesis = sample(2, 0);
    let mut bytes = [SETS_TAG, &genesis.digest().0[..], &0u64.to_be_bytes(), &2u64.to_le_bytes()].concat();
    for court in &genesis.courts {
        bytes.extend(
            [&(court.name.as_str().len() as u64).to_le_bytes()[..], court.name.as_str().as_bytes(), &court.vote.0].concat(),
        );
    }
    assert_eq!(genesis.court_set_digest(), sha256(&bytes));
}

#[test]
fn f11_members_at_the_bound_and_one_above() {
    // Proofs of possession are checked last; a document at the bound gets that far, one above does not.
    let mut genesis = sample(1, 1);
    let one = genesis.members[0].clone();
    genesis.members = (0..GENESIS_MEMBERS_MAX).map(|n| Member { name: name(format!("m-{n:05}")), ..one.clone() }).collect();
    let reason = |genesis: &Genesis| genesis.check().unwrap_err().to_string();
    assert_eq!(reason(&genesis), "genesis: the member key of m-00000 has no valid proof of possession");
    genesis.members.push(Member { name: name("m-10000".into()), ..one });
    assert_eq!(reason(&genesis), "genesis: there are at most 10,000 members");
}

#[test]
fn f11_courts_at_the_bound_and_one_above() {
    assert_eq!(sample(64, 0).check(), Ok(()));
    assert_eq!(sample(65, 0).check(), Err(GenesisError::Rule("there are 1 to 64 courts".into())));
    assert_eq!(sample(0, 0).check(), Err(GenesisError::Rule("there are 1 to 64 courts".into())));
}

#[test]
fn f10_length_at_the_bound_and_one_above() {
    let error = |bytes: usize| Genesis::from_text(&vec![b' '; bytes]).unwrap_err();
    assert!(matches!(error(GENESIS_BYTES_MAX), GenesisError::Text(CanonicalError::Malformed(_))));
    assert!(matches!(error(GENESIS_BYTES_MAX + 1), GenesisError::Text(CanonicalError::TooLong { .. })));
}

#[test]
fn f12_every_byte_of_a_possession_message_is_bound() {
    let (network, owner) = (name("net".into()), name("court".into()));
    let message = possession_message(KeyPurpose::Vote, &network, &owner, &PublicKey([7; 32]));
    assert_eq!(message, [&b"COURTSEALPOSS/v1vote\0net\0court\0"[..], &[7; 32]].concat());
}

#[test]
fn f12_every_flipped_bit_is_refused_or_makes_another_network() {
    let genesis = sample(1, 1);
    let text = genesis.to_text().into_bytes();
    for bit in 0..text.len() * 8 {
        let mut other = text.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        if let Ok(other) = Genesis::from_text(&other) {
            assert_ne!(other.origin(), genesis.origin(), "bit {bit}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn f10_mutated_documents_never_panic(at: prop::sample::Index, byte: u8, cut: bool) {
        let mut text = sample(1, 1).to_text().into_bytes();
        let at = at.index(text.len());
        if cut { text.truncate(at) } else { text[at] = byte }
        if let Ok(genesis) = Genesis::from_text(&text) {
            prop_assert_eq!(genesis.to_text().into_bytes(), text);
        }
    }

    #[test]
    fn f11_round_trip(courts in 1u64..4, members in 0u64..4, heartbeat_ms in HEARTBEAT_MS) {
        let genesis = Genesis { parameters: Parameters { heartbeat_ms }, ..sample(courts, members) };
        prop_assert_eq!(Genesis::from_text(genesis.to_text().as_bytes()), Ok(genesis));
    }
}
