//! Receipts by form alone: one text for one receipt, and every bound.

use super::*;
use crate::bytes::digest::sha256;
use crate::bytes::key::SecretKey;
use crate::bytes::name::{Name, Origin};
use crate::log::checkpoint::Checkpoint;
use crate::log::note::{Note, SignatureLine};
use proptest::prelude::*;

/// A well-formed receipt; nothing in it needs to be true.
pub(crate) fn sample(path: usize, cosignatures: u8, entry: &str, member: bool) -> Receipt {
    let checkpoint = Checkpoint { origin: Origin::new(Name::new("net").unwrap(), sha256(b"")), size: 12, root: sha256(b"r") };
    let key = SecretKey::from_seed([1; 32]);
    let log = checkpoint.sign_as_log(&key);
    let line = |number: u8| SignatureLine { name: format!("court-{number:02}"), id: [number; 4], blob: vec![number; 72] };
    Receipt {
        entry: entry.to_owned(),
        member: member.then(|| MemberPart { envelope: "{}".into(), path: "{\"path\":[]}".into() }),
        index: 7,
        path: (0..path).map(|number| sha256(&number.to_be_bytes())).collect(),
        signed: CosignedCheckpoint { log, cosignatures: (0..cosignatures).map(line).collect(), checkpoint },
    }
}

fn malformed(text: &str) -> &'static str {
    match Receipt::parse(text.as_bytes()) {
        Err(FormError::Malformed(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn f35_a_path_has_at_most_64_hashes() {
    assert!(Receipt::parse(sample(PATH_HASHES_MAX, 3, "e", true).to_text().as_bytes()).is_ok());
    assert_eq!(malformed(&sample(PATH_HASHES_MAX + 1, 3, "e", true).to_text()), "the path is not at most 64 hashes");
}

#[test]
fn f35_a_receipt_has_at_most_256_kib() {
    // The entry's length decides that of the receipt. Padding of the extra line moves it in steps of four,
    // the index by one.
    let with = |entry: usize, index: u64| Receipt { index, ..sample(3, 3, &"e".repeat(entry), true) }.to_text();
    let room = RECEIPT_BYTES_MAX - with(0, 0).len();
    let (entry, index) = (0..12)
        .flat_map(|less| [0, 10, 100, 1000].map(|index| (room / 4 * 3 - less, index)))
        .find(|(entry, index)| with(*entry, *index).len() == RECEIPT_BYTES_MAX)
        .unwrap();
    assert!(Receipt::parse(with(entry, index).as_bytes()).is_ok());
    let longer = with(entry, index * 10 + 10);
    assert!(longer.len() > RECEIPT_BYTES_MAX);
    assert_eq!(malformed(&longer), "more than 256 KiB");
}

#[test]
fn f36_versions() {
    let text = sample(2, 2, "entry", true).to_text();
    let extra = |first: &str| {
        let line = base64_text::encode(format!("{first}\nentry\n{{}}\n{{\"path\":[]}}\n").as_bytes());
        let old = text.lines().nth(1).unwrap();
        text.replace(old, &format!("extra {line}"))
    };
    assert_eq!(extra(EXTRA_VERSION), text);
    for number in ["1", "3", "12", "9007199254740992", "18446744073709551616", "99999999999999999999"] {
        let line = format!("courtseal-receipt/v{number}");
        assert_eq!(Receipt::parse(extra(&line).as_bytes()), Err(FormError::Version(line)));
    }
    let long = format!("courtseal-receipt/v{}", "9".repeat(21));
    let shown = format!("courtseal-receipt/v{}\u{2026}", "9".repeat(20));
    assert_eq!(Receipt::parse(extra(&long).as_bytes()), Err(FormError::Version(shown)));
    for other in [
        "",
        "courtseal-receipt/v",
        "courtseal-receipt/v0",
        "courtseal-receipt/v01",
        "courtseal-receipt/v2 ",
        "courtseal-receipt/v-3",
        "other/v1",
    ] {
        assert_eq!(malformed(&extra(other)), "the extra lines are not those of courtseal-receipt/v2", "{other:?}");
    }
}

/// The version line must end within the first 256 KiB; the rest may be longer, and anything.
#[test]
fn f36_the_version_line_is_looked_for_in_the_first_256_kib() {
    let line = |padding: usize| {
        let extra = format!("courtseal-receipt/v3\n{}", "x".repeat(padding));
        format!("{FIRST_LINE}\nextra {}\n", base64_text::encode(extra.as_bytes())).into_bytes()
    };
    let padding = (0..).step_by(3).take_while(|padding| line(*padding).len() <= RECEIPT_BYTES_MAX).last().unwrap();
    let is_later = |bytes: &[u8]| matches!(Receipt::parse(bytes), Err(FormError::Version(_)));
    let (within, beyond) = (line(padding), line(padding + 3));
    assert!(within.len() <= RECEIPT_BYTES_MAX && beyond.len() > RECEIPT_BYTES_MAX);
    assert!(is_later(&within) && is_later(&[&within[..], &[0xff; 1000]].concat()));
    assert_eq!(Receipt::parse(&beyond), Err(FormError::Malformed("more than 256 KiB")));
}

#[test]
fn f36_system_entries_have_two_extra_lines() {
    let receipt = sample(0, 1, "entry", false);
    assert_eq!(Receipt::parse(receipt.to_text().as_bytes()), Ok(receipt));
}

/// A proof of a status has three extra lines. It is no receipt, and not damaged either.
#[test]
fn f36_three_extra_lines_are_for_software_that_knows_statuses() {
    let text = sample(2, 2, "entry", true).to_text();
    let old = text.lines().nth(1).unwrap();
    let read = |extra: &str| {
        let extra = base64_text::encode(extra.as_bytes());
        Receipt::parse(text.replace(old, &format!("extra {extra}")).as_bytes())
    };
    for rest in ["entry\n{}\n", "\n\n", "\u{fffd}\r\nx\n"] {
        let found = read(&format!("{EXTRA_VERSION}\n{rest}"));
        assert!(matches!(found, Err(FormError::Version(_))), "{rest:?}: {found:?}");
    }
    for rest in ["", "\n\n\n\n", "entry\n{}", "a\nb\nc"] {
        let found = read(&format!("{EXTRA_VERSION}\n{rest}"));
        assert!(matches!(found, Err(FormError::Malformed(_))), "{rest:?}: {found:?}");
    }
}

#[test]
fn f35_not_utf8() {
    let mut bytes = sample(1, 1, "entry", true).to_text().into_bytes();
    let at = bytes.len() - 100;
    bytes[at] = 0xff;
    assert_eq!(Receipt::parse(&bytes), Err(FormError::Malformed("not UTF-8")));
}

proptest! {
    #[test]
    fn f35_round_trip(entry in "[^\n]{0,60}", index in 0..=crate::bytes::limits::INTEGER_MAX, path in 0usize..=64, cosignatures in 0u8..40, member: bool) {
        let receipt = Receipt { index, ..sample(path, cosignatures, &entry, member) };
        prop_assert_eq!(Receipt::parse(receipt.to_text().as_bytes()), Ok(receipt));
    }

    /// A text that parses is the one text of its parts, however it was made.
    #[test]
    fn f37_mutated_receipts_never_panic_and_have_one_text(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..3), 1..4)) {
        let mut bytes = sample(3, 3, "{\"entry\":1}", true).to_text().into_bytes();
        for (at, byte, kind) in edits {
            let at = at.index(bytes.len());
            match kind {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        if let Ok(receipt) = Receipt::parse(&bytes) {
            prop_assert_eq!(receipt.to_text().into_bytes(), bytes);
        }
    }

    #[test]
    fn f35_random_bytes_are_no_receipt(bytes in prop::collection::vec(any::<u8>(), 0..300), prefix: bool) {
        let start = if prefix { "c2sp.org/tlog-proof@v1\nextra " } else { "" };
        prop_assert!(Receipt::parse(&[start.as_bytes(), &bytes].concat()).is_err());
    }

    #[test]
    fn f30_notes_and_checkpoints_have_one_text(text in "[ -~\n\u{2014}]{0,80}") {
        if let Some(note) = Note::parse(&text) {
            prop_assert_eq!(note.to_string(), text.clone());
        }
        if let Some(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.to_text(), text);
        }
    }

    #[test]
    fn f29_checkpoint_round_trip(size in 0..=crate::bytes::limits::INTEGER_MAX, root: [u8; 32], blob in prop::collection::vec(any::<u8>(), 1..90)) {
        let origin = Origin::new(Name::new("net").unwrap(), sha256(&root));
        let checkpoint = Checkpoint { origin, size, root: Digest(root) };
        prop_assert_eq!(Checkpoint::parse(&checkpoint.to_text()), Some(checkpoint.clone()));
        let note = checkpoint.note(vec![SignatureLine { name: "a".into(), id: [1, 2, 3, 4], blob }]);
        prop_assert_eq!(Note::parse(&note.to_string()), Some(note));
    }
}
