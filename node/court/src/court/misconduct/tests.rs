//! Counts of misconduct, and evidence that is kept: at each bound, and one above.
//!
//! In: heights, blocks and statements of a few courts.
//! Out: counts and files.
//! Always: the signature in a kept file verifies over its sign bytes.
//! Not for the driver's detection of misconduct.

use super::*;
use courtseal_consensus::vote::{Proposal, Signed};
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::bytes::key::SecretKey;

fn name(court: u8) -> CourtName {
    CourtName::new(format!("court-{court}")).unwrap()
}

#[test]
fn c28_empty_heights_count_for_the_court_that_started_them() {
    let mut misconduct = Misconduct::default();
    for (height, by, is_empty) in [(1, 2, true), (2, 2, false), (3, 2, true), (4, 0, true)] {
        misconduct.begun(height, name(by));
        assert_eq!(misconduct.committed(height, is_empty), is_empty.then(|| name(by)));
    }
    // A block that came from the others as decided: no court has started its height here.
    misconduct.begun(6, name(1));
    assert_eq!(misconduct.committed(5, true), None);
    assert_eq!([0, 1, 2, 3].map(|court| misconduct.of(&name(court)).empty_heights), [1, 0, 2, 0]);
}

#[test]
fn c29_at_most_four_invalid_blocks_of_a_court_are_kept_and_all_are_counted() {
    let mut misconduct = Misconduct::default();
    let kept = (0..=INVALID_BLOCKS_KEPT_MAX).filter(|_| misconduct.invalid(&name(3))).count() as u64;
    assert_eq!((kept, misconduct.of(&name(3)).invalid_blocks), (INVALID_BLOCKS_KEPT_MAX, INVALID_BLOCKS_KEPT_MAX + 1));
    assert!(misconduct.invalid(&name(2)), "another court's");
}

#[test]
fn s15_a_kept_block_proves_itself() {
    let (chain, key) = (sha256(b"genesis"), SecretKey::from_seed([7; 32]));
    let name = |text: &str| courtseal_proof::bytes::name::Name::new(text).unwrap();
    let origin = Origin::new(name("cn-courts"), chain);
    let content = Proposal { height: 12, round: 3, pol_round: None, value: Digest([5; 32]), court: key.public() };
    let proposal = Signed { signature: key.sign(&content.sign_bytes(&chain)), content };
    let proof = invalid_block(&origin, &name("court-beijing"), &proposal, b"the block", "two\nlines");
    assert_eq!(proof.name, "invalid-block-12-3-court-beijing");
    let text = String::from_utf8(proof.bytes).unwrap();
    let value = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_once(' ').unwrap().1.to_owned()
    };
    assert!(text.starts_with("courtseal-invalid-block/v1\n") && text.ends_with("reason two lines\nblock 9\nthe block"));
    let (sign_bytes, signature) = (hex::decode(value("signed")).unwrap(), hex::decode(value("signature")).unwrap());
    let signature = courtseal_proof::bytes::key::Signature(signature.try_into().unwrap());
    assert!(key.public().verify(&sign_bytes, &signature), "the proposal's own bytes");
    assert_eq!(value("key"), key.public().to_string());
}
