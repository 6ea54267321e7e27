//! Equivocations: every altered byte is refused, one pair has one text, bounds at the edge.

use super::*;
use crate::bytes::canonical;
use crate::bytes::key::SecretKey;
use crate::bytes::limits::ACT_BYTES_MAX;
use crate::statement::Statement;
use proptest::prelude::*;

const CHAIN: Digest = Digest([5; 32]);

fn key() -> SecretKey {
    SecretKey::from_seed([3; 32])
}

fn about(step: Step, height: u64, round: u32) -> CourtStep {
    CourtStep { key: key().public(), height, round, step }
}

/// A side that the court of [`key`] signed.
fn side(about: CourtStep, earlier_round: Option<u32>, value: Option<Digest>) -> Side {
    let vote = |stage| sign_bytes::vote(&CHAIN, stage, about.height, about.round, value, &about.key);
    let sign_bytes = match about.step {
        Step::Proposal => sign_bytes::proposal(&CHAIN, about.height, about.round, earlier_round, &value.unwrap(), &about.key),
        Step::Prevote => vote(Stage::Prevote),
        Step::Precommit => vote(Stage::Precommit),
    };
    Side { earlier_round, signature: key().sign(&sign_bytes), value }
}

fn of(about: CourtStep, one: (Option<u32>, Option<Digest>), other: (Option<u32>, Option<Digest>)) -> Option<Equivocation> {
    Equivocation::new(Name::new("court-a").unwrap(), about, side(about, one.0, one.1), side(about, other.0, other.1))
}

fn digest(byte: u8) -> Option<Digest> {
    Some(Digest([byte; 32]))
}

#[test]
fn f42_one_pair_has_one_text_and_sorts_as_its_preimages() {
    let step = about(Step::Proposal, 9, 4);
    let contents = [(None, digest(1)), (None, digest(2)), (Some(0), digest(1)), (Some(3), digest(0))];
    for (at, one) in contents.iter().enumerate() {
        assert_eq!(of(step, *one, *one), None, "the same twice is none");
        for other in &contents[at + 1..] {
            let pair = of(step, *one, *other).unwrap();
            assert_eq!(of(step, *other, *one), Some(pair.clone()));
            assert!(pair.holds_on(&CHAIN));
            assert!(pair.sign_bytes(&CHAIN, &pair.first) < pair.sign_bytes(&CHAIN, &pair.second));
        }
    }
    let votes = of(about(Step::Prevote, 1, 0), (None, digest(0)), (None, None)).unwrap();
    assert_eq!(votes.first.value, None, "nil sorts first");
    assert!(votes.sign_bytes(&CHAIN, &votes.first) < votes.sign_bytes(&CHAIN, &votes.second));
}

#[test]
fn the_words_for_people() {
    let made = of(about(Step::Precommit, 1_204, 0), (None, None), (Some(3).filter(|_| false), digest(2))).unwrap();
    let line = "equivocation of court-a: it signed two different precommits at height 1,204, round 0; stated";
    assert_eq!(made.line(), line);
    let rows = made.rows();
    assert_eq!((rows[1].1.as_str(), &rows[2].1), ("nil", &Digest([2; 32]).tagged()));
}

#[test]
fn f42_bounds_and_fields_of_each_step() {
    for step in [Step::Prevote, Step::Precommit] {
        assert!(of(about(step, INTEGER_MAX, u32::MAX), (None, None), (None, digest(1))).is_some());
        assert!(of(about(step, INTEGER_MAX + 1, 0), (None, None), (None, digest(1))).is_none());
        assert!(of(about(step, 0, 0), (None, None), (None, digest(1))).is_none());
        assert!(of(about(step, 1, 0), (Some(0), digest(2)), (None, digest(1))).is_none(), "votes name no earlier round");
    }
    let mut proposals = of(about(Step::Proposal, 1, 0), (None, digest(1)), (None, digest(2))).unwrap();
    proposals.first.value = None;
    assert!(proposals.check().is_err() && !proposals.holds_on(&CHAIN));
}

#[test]
fn f42_nothing_else_that_was_signed_will_do() {
    let step = about(Step::Precommit, 7, 2);
    let good = of(step, (None, digest(1)), (None, digest(2))).unwrap();
    assert!(good.holds_on(&CHAIN) && !good.holds_on(&Digest([6; 32])), "another network");
    let edits: [fn(&mut Equivocation); 7] = [
        |e| e.height += 1,
        |e| e.round += 1,
        |e| e.step = Step::Prevote,
        |e| e.key = SecretKey::from_seed([4; 32]).public(),
        |e| std::mem::swap(&mut e.first.signature, &mut e.second.signature),
        |e| std::mem::swap(&mut e.first, &mut e.second),
        |e| e.second = e.first.clone(),
    ];
    for (at, edit) in edits.iter().enumerate() {
        let mut other = good.clone();
        edit(&mut other);
        assert!(!other.holds_on(&CHAIN), "edit {at}");
    }
    // Two votes of one step under two signatures are the same vote: the signature is no content.
    let mut twice = good.clone();
    twice.second = Side { signature: twice.second.signature, ..twice.first.clone() };
    assert!(!twice.holds_on(&CHAIN));
}

#[test]
fn f42_the_longest_fits_a_statement() {
    let longest = Equivocation::new(
        Name::new("c".repeat(40)).unwrap(),
        about(Step::Proposal, INTEGER_MAX, u32::MAX),
        side(about(Step::Proposal, INTEGER_MAX, u32::MAX), Some(u32::MAX), digest(1)),
        side(about(Step::Proposal, INTEGER_MAX, u32::MAX), Some(u32::MAX), digest(2)),
    );
    let text = Statement::from(longest.unwrap()).to_text();
    assert!(text.len() < ACT_BYTES_MAX / 2, "{} bytes", text.len());
    assert!(Statement::from_text(text.as_bytes()).is_ok());
}

proptest! {
    #[test]
    fn f42_any_altered_byte_is_refused(place in 0usize..2_000, change in 1u8..=255, height in 1..=INTEGER_MAX, round: u32, nil: bool) {
        let one = (None, if nil { None } else { digest(1) });
        let good = of(about(Step::Prevote, height, round), one, (None, digest(2))).unwrap();
        let mut bytes = canonical::to_text(&good).into_bytes();
        let place = place % bytes.len();
        bytes[place] ^= change;
        // The name is no part of what the court signed: that it is the key's is a rule of the ledger.
        if let Ok(other) = canonical::from_text::<Equivocation>(&bytes, ACT_BYTES_MAX) {
            prop_assert!(other.court != good.court || !other.holds_on(&CHAIN));
        }
        prop_assert_eq!(canonical::from_text::<Equivocation>(canonical::to_text(&good).as_bytes(), ACT_BYTES_MAX), Ok(good));
    }
}
