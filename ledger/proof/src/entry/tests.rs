//! Entries: genesis entries, round trips, what a later version may write, and the bounds.

use super::*;
use crate::bytes::digest::sha256;
use crate::commitment::Tag;
use crate::statement::FileDigests;
use proptest::prelude::*;

fn statement(confidential: bool) -> Statement {
    if confidential { Statement::confidential(Tag([7; 32])) } else { Statement::public(FileDigests::of_sha256(sha256(b"x")), 1) }
}

fn sample(index: u64, position: u64, confidential: bool, rule: Option<RejectionRule>) -> Entry {
    let name = |text: &str| Name::new(text).unwrap();
    let member = EntryMember { court: name("court"), key: sha256(b"key"), name: name("notary-1"), role: Role::Notary, since: 0 };
    let stated = Stated { member, position, statement: statement(confidential), transaction: sha256(b"id") };
    let recorded = Verdict::Recorded(Outcome { registration: (!confidential).then_some(Registration::First) });
    let content = Content::of(stated, rule.map_or(recorded, Verdict::Rejected));
    let chain = Origin::new(name("net"), sha256(b""));
    Entry { chain, height: 12, index, recorded_at: Timestamp(1_795_453_200_123), content }
}

/// Epoch 0 with something changed.
fn epoch(courts: u64, change: impl FnOnce(&mut Epoch)) -> Entry {
    let [_, mut entry, _] = Entry::genesis(&crate::genesis::tests::sample(courts, 0));
    let Content::Epoch(epoch) = &mut entry.content else { panic!("entry 1 is the epoch") };
    change(epoch);
    entry
}

#[test]
fn f27_the_entries_of_a_genesis() {
    let genesis = crate::genesis::tests::sample(4, 1);
    let [first, second, third] = Entry::genesis(&genesis);
    assert_eq!((first.index, second.index, third.index, first.content.clone()), (0, 1, 2, Content::Genesis));
    let Content::Epoch(epoch) = &second.content else { panic!("entry 1 is the epoch") };
    assert_eq!((epoch.number, epoch.start_height, &epoch.policy), (0, 1, &genesis.policy_text()));
    assert_eq!(third.content, Content::State(StateAfter { epoch: 0, map: Digest([0; 32]) }));
    for entry in [first, second, third] {
        assert_eq!((entry.height, entry.recorded_at), (0, genesis.time));
        assert!(entry.as_stated().is_none() && entry.as_recorded().is_none());
        assert_eq!(Entry::from_text(entry.to_text().as_bytes()), Ok(entry));
    }
}

#[test]
fn f25_the_epoch_entry_of_64_courts_fits() {
    let epoch = epoch(64, |_| {});
    assert!(epoch.to_text().len() <= SYSTEM_ENTRY_BYTES_MAX);
    assert_eq!(Entry::from_text(epoch.to_text().as_bytes()), Ok(epoch));
}

#[test]
fn f25_system_entries_at_the_bound_and_one_above() {
    let room = SYSTEM_ENTRY_BYTES_MAX - epoch(4, |_| {}).to_text().len();
    let at = epoch(4, |epoch| epoch.policy.push_str(&"#".repeat(room)));
    assert_eq!(Entry::from_text(at.to_text().as_bytes()), Ok(at));
    let above = epoch(4, |epoch| epoch.policy.push_str(&"#".repeat(room + 1)));
    assert!(matches!(Entry::from_text(above.to_text().as_bytes()), Err(EntryError::Malformed(_))));
}

#[test]
fn f25_statement_entries_at_the_bound_and_one_above() {
    // No entry of these kinds can be so long; the bound is checked by length alone.
    let entry = sample(2, 0, false, None);
    assert_eq!(entry.check(8_192), Ok(()));
    assert_eq!(entry.check(8_193), Err("a statement entry is longer than its kind allows"));
    for kind in kinds::KINDS.iter().map(|row| row.kind) {
        assert_eq!(kind.entry_bytes_max(), 8_192, "{kind:?}");
    }
}

#[test]
fn g7_an_entry_holds_a_statement_of_at_most_its_kinds_bound() {
    // A path of 64 hashes makes the longest statement that there is. An entry of it is within its bound, and
    // at most 1,921 bytes longer.
    let name = Name::new("n".repeat(40)).unwrap();
    let origin = Origin::new(name.clone(), sha256(b""));
    let longest = |entry: &Entry| entry.to_text().len() - entry.statement().unwrap().to_text().len();
    let mut entry = Entry { chain: origin, height: INTEGER_MAX, ..sample(INTEGER_MAX, 4_095, false, None) };
    let Content::Statement(stated, outcome) = &mut entry.content else { panic!("it is recorded") };
    stated.member = EntryMember { court: name.clone(), name, since: INTEGER_MAX - 1, ..stated.member.clone() };
    outcome.registration = Some(Registration::Earlier(INTEGER_MAX - 1));
    assert_eq!(Entry::from_text(entry.to_text().as_bytes()), Ok(entry.clone()));
    assert!(longest(&entry) <= 1_921, "{} bytes", longest(&entry));
}

#[test]
fn f25_the_largest_state_entry_has_335_bytes() {
    let chain = Origin::new(Name::new("n".repeat(40)).unwrap(), sha256(b""));
    let content = Content::State(StateAfter { epoch: INTEGER_MAX, map: sha256(b"") });
    let largest = Entry { chain, height: INTEGER_MAX, index: INTEGER_MAX, recorded_at: Timestamp(0), content };
    assert_eq!(largest.to_text().len(), 335);
    assert_eq!(Entry::from_text(largest.to_text().as_bytes()), Ok(largest));
}

#[test]
fn f27_a_state_entry_of_height_0_is_entry_2() {
    let [.., state] = Entry::genesis(&crate::genesis::tests::sample(1, 0));
    let at = |index, height, epoch| {
        let content = Content::State(StateAfter { epoch, map: StateAfter::NO_MARKS });
        Entry::from_text(Entry { index, height, content, ..state.clone() }.to_text().as_bytes()).is_ok()
    };
    assert!(at(2, 0, 0) && at(3, 1, 0) && at(3, 1, 1) && at(9, 4, INTEGER_MAX));
    assert!(!at(1, 0, 0) && !at(3, 0, 0) && !at(2, 1, 0) && !at(2, 0, 1) && !at(0, 0, 0) && !at(3, 1, INTEGER_MAX + 1));
}

#[test]
fn f26_what_is_earlier_has_a_lower_index() {
    let entry = |since, registration| {
        let mut entry = sample(7, 0, false, None);
        let Content::Statement(stated, outcome) = &mut entry.content else { panic!("it is recorded") };
        stated.member.since = since;
        outcome.registration = Some(registration);
        Entry::from_text(entry.to_text().as_bytes())
    };
    for good in [entry(0, Registration::First), entry(6, Registration::Earlier(6)), entry(6, Registration::Earlier(0))] {
        assert!(good.is_ok(), "{good:?}");
    }
    for bad in [entry(7, Registration::First), entry(0, Registration::Earlier(7)), entry(8, Registration::Earlier(8))] {
        assert!(matches!(bad, Err(EntryError::Malformed(_))), "{bad:?}");
    }
}

#[test]
fn f26_outcomes_are_those_of_their_entries() {
    let read = |outcome: &str, rule: Option<RejectionRule>| {
        let text = sample(9, 0, false, rule).to_text();
        let own = if rule.is_some() { "{\"rule\":\"role\"}" } else { "{\"first\":true}" };
        assert!(text.contains(own));
        Entry::from_text(text.replace(own, outcome).as_bytes())
    };
    assert_eq!(read("{\"earlier\":4,\"first\":false}", None).map(|entry| entry.outcome().earlier()), Ok(Some(4)));
    for (outcome, rule) in [
        ("{}", None),
        ("{\"first\":false}", None),
        ("{\"earlier\":4,\"first\":true}", None),
        ("{\"earlier\":4}", None),
        ("{\"first\":true,\"rule\":\"role\"}", None),
        ("{\"rule\":\"role\"}", None),
        ("{}", Some(RejectionRule::Role)),
        ("{\"first\":true}", Some(RejectionRule::Role)),
        ("{\"first\":true,\"rule\":\"role\"}", Some(RejectionRule::Role)),
        ("{\"earlier\":4,\"first\":false,\"rule\":\"role\"}", Some(RejectionRule::Role)),
    ] {
        assert!(matches!(read(outcome, rule), Err(EntryError::Malformed(_))), "{outcome} {rule:?}");
    }
    for outcome in
        ["{\"answer\":{},\"first\":true}", "{\"case\":{\"number\":1},\"first\":true}", "{\"first\":true,\"proceeding\":1}"]
    {
        assert!(matches!(read(outcome, None), Err(EntryError::Unknown { .. })), "{outcome}");
    }
}

#[test]
fn f25_numbers_at_the_bound_and_one_above() {
    let entry = sample(INTEGER_MAX, 4_095, false, None);
    assert_eq!(Entry::from_text(entry.to_text().as_bytes()), Ok(entry.clone()));
    for over in [
        Entry { index: INTEGER_MAX + 1, ..entry.clone() },
        Entry { height: INTEGER_MAX + 1, ..entry },
        sample(INTEGER_MAX, 4_096, false, None),
        epoch(1, |epoch| epoch.number = INTEGER_MAX + 1),
        epoch(1, |epoch| epoch.start_height = INTEGER_MAX + 1),
    ] {
        assert!(matches!(Entry::from_text(over.to_text().as_bytes()), Err(EntryError::Malformed(_))));
    }
}

#[test]
fn f28_a_later_version_is_told_apart_from_damage() {
    let good = sample(2, 0, false, None).to_text();
    let read = |text: &str| Entry::from_text(text.as_bytes());
    for text in [
        good.replace("\"v\":2", "\"v\":1"),
        good.replace("\"v\":2", "\"v\":3"),
        good.replace("\"kind\":\"statement\"", "\"kind\":\"hearing\""),
        good.replace("\"kind\":\"evidence\"", "\"kind\":\"custody\""),
        "{\"statement\":{\"act\":\"effect\",\"kind\":\"judgment\"}}".into(),
        good.replace("\"role\":\"notary\"", "\"role\":\"registrar\""),
        "{\"member\":{\"role\":\"judge\"}}".into(),
        "{\"v\":3}".into(),
        "{\"v\":1}".into(),
        "{\"outcome\":{\"answer\":{}}}".into(),
        "{\"kind\":\"hearing\"}".into(),
        "{\"statement\":{\"kind\":\"custody\"}}".into(),
    ] {
        assert!(matches!(read(&text), Err(EntryError::Unknown { .. })), "{text}");
    }
    for text in [
        "{}",
        "[2]",
        "2",
        "\"v\"",
        "{\"v\":\"3\"}",
        "{\"v\":3.0}",
        "{\"v\":2}",
        "{\"outcome\":\"answer\"}",
        "{\"member\":{\"role\":7}}",
        "{\"kind\":7}",
        "{\"kind\":\"statement\",\"v\":2}",
        "{\"statement\":{\"act\":\"render\",\"kind\":\"judgment\"}}",
        "{\"v\":3",
    ] {
        assert!(matches!(read(text), Err(EntryError::Malformed(_))), "{text}");
    }
}

proptest! {
    #[test]
    fn f25_round_trip(index in 1..=INTEGER_MAX, position in 0u64..4096, confidential: bool, rule in 0..3) {
        let rule = [None, Some(RejectionRule::Role), Some(RejectionRule::AssertedInFuture)][rule as usize];
        let entry = sample(index, position, confidential, rule);
        prop_assert_eq!(Entry::from_text(entry.to_text().as_bytes()), Ok(entry.clone()));
        prop_assert_eq!(entry.as_stated().unwrap().position, position);
    }

    #[test]
    fn f25_mutated_entries_never_panic_and_have_one_text(at: prop::sample::Index, byte: u8, kind in 0u8..3) {
        let mut text = sample(2, 0, false, None).to_text().into_bytes();
        let at = at.index(text.len());
        match kind {
            0 => text[at] = byte,
            1 => text.insert(at, byte),
            _ => drop(text.remove(at)),
        }
        if let Ok(entry) = Entry::from_text(&text) {
            prop_assert_eq!(entry.to_text().into_bytes(), text);
        }
    }

    #[test]
    fn f25_random_bytes_are_no_entry(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        prop_assert!(Entry::from_text(&bytes).is_err());
    }
}
