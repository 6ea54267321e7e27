//! Cosigning: never backwards, never twice, and a quorum only of what is committed.

use super::*;
use courtseal_proof::digest::sha256;
use courtseal_proof::genesis::{Court as GenesisCourt, CourtProof, Parameters};
use courtseal_proof::key::Signature;
use courtseal_proof::time::Timestamp;

fn seed(court: u8, purpose: u8) -> SecretKey {
    SecretKey::from_seed([court * 8 + purpose; 32])
}

/// Not a genesis that could be parsed (no proofs), but all that a cosigner reads.
fn genesis() -> Genesis {
    let none = Signature([0; 64]);
    let court = |n: u8| GenesisCourt {
        address: "/ip4/127.0.0.1/tcp/1".to_owned(),
        cosigner: seed(n, 1).public(),
        log: seed(n, 2).public(),
        name: CourtName::new(format!("court-{n}")).unwrap(),
        network: seed(n, 3).public(),
        proof: CourtProof { cosigner: none, log: none, network: none, vote: none },
        vote: seed(n, 4).public(),
    };
    Genesis {
        courts: (0..4).map(court).collect(),
        members: Vec::new(),
        name: CourtName::new("net").unwrap(),
        parameters: Parameters { heartbeat_ms: 60_000 },
        protocol: 1,
        time: Timestamp(0),
        v: 1,
    }
}

fn cosigner(own: u8, mark: Option<Mark>) -> Cosigner {
    Cosigner::new(&genesis(), usize::from(own), seed(own, 2), seed(own, 1), mark, 0)
}

fn root(n: u8) -> Digest {
    sha256(&[n])
}

fn announce(court: u8, size: u64, root: Digest) -> Announcement {
    let mut other = cosigner(court, None);
    other.committed(size, root);
    match other.decide(size, root) {
        Decision::Mark(mark) => other.sign(mark, 1_000),
        decision => panic!("{decision:?}"),
    }
}

#[test]
fn f32_never_a_smaller_size_nor_another_root() {
    let mut own = cosigner(0, None);
    let Decision::Mark(mark) = own.decide(5, root(5)) else { panic!() };
    own.sign(mark, 1_000);
    assert_eq!(own.decide(5, root(5)), Decision::Done);
    assert_eq!(own.decide(5, root(6)), Decision::Never);
    assert_eq!(own.decide(4, root(4)), Decision::Behind(mark));
    assert!(matches!(own.decide(6, root(6)), Decision::Mark(_)));
}

#[test]
fn f32_the_mark_holds_after_a_restart() {
    let mark = Mark { size: 5, root: root(5) };
    let own = cosigner(0, Some(mark));
    assert_eq!(own.decide(4, root(4)), Decision::Behind(mark));
    assert_eq!(own.decide(5, root(6)), Decision::Never);
    // The same again may be signed: a crash may have come between mark and signature.
    assert!(matches!(own.decide(5, root(5)), Decision::Mark(_)));
}

#[test]
fn f32_a_quorum_counts_only_once_committed_here() {
    let mut own = cosigner(0, None);
    for court in 1..4 {
        assert_eq!(own.hear(court, announce(court as u8, 5, root(5))), Heard::Fine);
    }
    assert_eq!(own.newest_quorum(), None, "not committed here");
    own.committed(5, root(5));
    let cosigned = own.newest_quorum().unwrap();
    assert_eq!(cosigned.cosignatures.len(), 3);
    assert!(cosigned.cosignatures.is_sorted_by(|a, b| a.name < b.name));
    assert_eq!(own.newest_quorum(), None, "each only once");
    assert_eq!(own.quorum_at(), 5);
}

#[test]
fn f32_one_cosignature_too_few() {
    let mut own = cosigner(0, None);
    own.committed(5, root(5));
    own.hear(1, announce(1, 5, root(5)));
    own.hear(2, announce(2, 5, root(5)));
    assert_eq!(own.newest_quorum(), None);
    let Decision::Mark(mark) = own.decide(5, root(5)) else { panic!() };
    own.sign(mark, 1_000);
    assert!(own.newest_quorum().is_some());
}

#[test]
fn foreign_cosignatures_are_verified_and_splits_are_seen() {
    let mut own = cosigner(0, None);
    own.committed(5, root(5));
    let good = announce(1, 5, root(5));
    assert_eq!(own.hear(2, good), Heard::Bad, "another court's");
    assert_eq!(own.hear(9, good), Heard::Bad, "no court");
    assert_eq!(own.hear(1, Announcement { root: root(6), ..good }), Heard::Bad);
    assert_eq!(own.hear(1, announce(1, 5, root(6))), Heard::Split);
    assert_eq!(own.hear(1, good), Heard::Fine);
}

#[test]
fn what_is_kept_is_bounded() {
    let mut own = cosigner(0, None);
    for size in 1..=COSIGNED_SIZES_MAX as u64 + 1 {
        own.committed(size, root(0));
        own.hear(1, announce(1, size, root(0)));
    }
    assert_eq!(own.committed.len(), COSIGNED_SIZES_MAX);
    assert_eq!(own.courts[1].heard.len(), COSIGNED_SIZES_MAX);
    assert!(own.courts[1].heard.contains_key(&(COSIGNED_SIZES_MAX as u64 + 1)), "the newest stay");
}
