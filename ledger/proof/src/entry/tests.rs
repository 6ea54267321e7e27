//! Entries: genesis entries, round trips, what a later version may write, and the bounds.

use super::*;
use crate::commitment::Tag;
use crate::digest::sha256;
use crate::statement::FileDigests;
use proptest::prelude::*;

fn statement(confidential: bool) -> Statement {
    if confidential {
        Statement::confidential(Tag([7; 32]))
    } else {
        Statement::public(FileDigests { sha256: sha256(b"x"), sha512: None }, 1)
    }
}

fn sample(index: u64, position: u64, confidential: bool, rule: Option<RejectionRule>) -> Entry {
    let name = |text: &str| Name::new(text).unwrap();
    let member = EntryMember { court: name("court"), key: sha256(b"key"), name: name("notary-1"), role: Role::Notary };
    let stated = Stated { member, position, statement: statement(confidential), transaction: sha256(b"id") };
    let recorded = Verdict::Recorded(Outcome { first: (!confidential).then_some(true) });
    let content = Content::of(stated, rule.map_or(recorded, Verdict::Rejected));
    let chain = Origin::new(name("net"), sha256(b""));
    Entry { chain, height: 12, index, recorded_at: Timestamp(1_795_453_200_123), content }
}

/// Epoch 0 with something changed.
fn epoch(courts: u64, change: impl FnOnce(&mut Epoch)) -> Entry {
    let [_, mut entry] = Entry::genesis(&crate::genesis::tests::sample(courts, 0));
    let Content::Epoch(epoch) = &mut entry.content else { panic!("entry 1 is the epoch") };
    change(epoch);
    entry
}

#[test]
fn f27_the_entries_of_a_genesis() {
    let genesis = crate::genesis::tests::sample(4, 1);
    let [first, second] = Entry::genesis(&genesis);
    assert_eq!((first.index, first.height, first.recorded_at), (0, 0, genesis.time));
    assert_eq!((second.index, first.content.clone()), (1, Content::Genesis));
    let Content::Epoch(epoch) = &second.content else { panic!("entry 1 is the epoch") };
    assert_eq!((epoch.number, epoch.start_height, &epoch.policy), (0, 1, &genesis.policy_text()));
    for entry in [first, second] {
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
    // No statement of version 1 can be so long; the bound is checked by length alone.
    let entry = sample(2, 0, false, None);
    assert_eq!(entry.check(ENTRY_BYTES_MAX), Ok(()));
    assert_eq!(entry.check(ENTRY_BYTES_MAX + 1), Err("a statement entry has at most 8,192 bytes"));
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
        good.replace("\"v\":1", "\"v\":2"),
        good.replace("\"kind\":\"statement\"", "\"kind\":\"hearing\""),
        good.replace("\"kind\":\"evidence\"", "\"kind\":\"custody\""),
        "{\"statement\":{\"act\":\"effect\",\"kind\":\"judgment\"}}".into(),
        "{\"v\":2}".into(),
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
        "{\"v\":\"2\"}",
        "{\"v\":2.0}",
        "{\"kind\":7}",
        "{\"kind\":\"statement\",\"v\":1}",
        "{\"statement\":{\"act\":\"render\",\"kind\":\"judgment\"}}",
        "{\"v\":2",
    ] {
        assert!(matches!(read(text), Err(EntryError::Malformed(_))), "{text}");
    }
}

proptest! {
    #[test]
    fn f25_round_trip(index in 0..=INTEGER_MAX, position in 0u64..4096, confidential: bool, rule in 0..3) {
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
