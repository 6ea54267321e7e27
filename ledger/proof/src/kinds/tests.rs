//! The table of kinds: words and codes are given once, forms are sorted, and every act of a form is read back
//! as it was written.

use super::document::Document;
use super::field::{Field, FieldType, Value};
use super::form::Act;
use super::*;
use crate::bytes::digest::sha256;
use crate::facts::Class;
use crate::statement::FileDigests;
use proptest::prelude::*;
use std::collections::BTreeSet;

/// A value that a field may hold.
fn value(field: &Field) -> BoxedStrategy<Value> {
    match field.holds {
        FieldType::Word(words) => proptest::sample::select(words).prop_map(Value::Word).boxed(),
        FieldType::Tag => any::<[u8; 32]>().prop_map(|tag| Value::Tag(Tag(tag))).boxed(),
        FieldType::Time => (0..=crate::bytes::time::TIMESTAMP_MAX.0).prop_map(|ms| Value::Time(Timestamp(ms))).boxed(),
        FieldType::Document => any::<(bool, u32, bool)>()
            .prop_map(|(is_public, size, with_sha512)| {
                let digests =
                    FileDigests { sha256: sha256(&size.to_be_bytes()), sha512: with_sha512.then_some([9; 64]), sm3: None };
                let public = Document::public(digests, u64::from(size)).with_media_type(with_sha512.then(|| "a/b".into()));
                Value::Document(if is_public { public } else { Document::Confidential(Tag([3; 32])) })
            })
            .boxed(),
    }
}

/// Acts of all forms, each optional field there or not.
fn acts() -> impl Strategy<Value = Act> {
    let forms: Vec<_> = KINDS.iter().flat_map(|row| row.kind.acts.iter().map(move |form| (row.kind, form))).collect();
    let forms: Vec<_> = forms.into_iter().filter(|(_, form)| !form.fields.is_empty()).collect();
    proptest::sample::select(forms).prop_flat_map(|(kind, form)| {
        let fields: Vec<_> = form.fields.iter().map(|field| (Just(field), value(field), any::<bool>())).collect();
        fields.prop_map(move |fields| {
            let there = fields.into_iter().filter(|(field, _, there)| field.is_required || *there);
            Act::new(kind, form, there.map(|(field, value, _)| (field.name, value))).unwrap()
        })
    })
}

#[test]
fn words_and_codes_are_given_once_and_forms_are_sorted() {
    let words: BTreeSet<_> = KINDS.iter().map(|row| row.kind.word).collect();
    assert_eq!(words.len(), KINDS.len());
    assert!(KINDS.iter().enumerate().all(|(at, row)| usize::from(row.kind.code) == at), "rows stand in the order of their codes");
    for kind in KINDS.iter().map(|row| row.kind) {
        assert!(Class::Object(kind.code).number() < Class::File.number(), "{kind:?}: L9 has no class for its objects");
        assert!(!kind.acts.is_empty() && !kind.about.is_empty() && kind.bytes_max > 0, "{kind:?}");
        assert!(kind.acts.len() == 1 || kind.acts.iter().all(|act| !act.word.is_empty()), "{kind:?}");
        for (at, act) in kind.acts.iter().enumerate() {
            assert_eq!(usize::from(act.code), at, "{kind:?} {}", act.word);
            assert!(act.fields.is_sorted_by(|one, other| one.name < other.name), "{kind:?} {}", act.word);
            assert!(act.fields.iter().all(|field| !["kind", "act"].contains(&field.name)));
            assert!(!act.signers.is_empty() && act.signers.is_sorted());
        }
    }
    assert!(find("").is_none() && find("hearing").is_none());
    assert_eq!(Class::Object(find("judgment").unwrap().code).number(), 3, "L9: records on disks have it");
}

#[test]
fn f46_an_act_is_refused_for_each_field_that_is_wrong() {
    let kind = find("judgment").unwrap();
    let tag = Tag([1; 32]);
    let good = format!(
        "{{\"act\":\"render\",\"case\":\"{tag}\",\"document\":{{\"commitment\":\"{tag}\"}},\"instance\":\"first\",\"kind\":\"judgment\",\"type\":\"ruling\"}}"
    );
    let read = |text: &str| Statement::from_text(text.as_bytes());
    let statement = read(&good).unwrap();
    assert_eq!((statement.kind().word, statement.form().word, statement.case()), (kind.word, "render", Some(tag)));
    assert_eq!(statement.document(), Some(&Document::Confidential(tag)));
    for (from, to) in [
        ("\"render\"", "\"effect\""),
        ("\"act\":\"render\",", ""),
        ("\"instance\":\"first\",", ""),
        ("\"first\"", "\"fourth\""),
        ("\"first\"", "1"),
        ("\"case\"", "\"cases\""),
        ("{\"commitment\"", "{\"size\":1,\"commitment\""),
        ("\"kind\":\"judgment\"", "\"kind\":\"judgment\",\"kind\":\"judgment\""),
        ("\"type\":\"ruling\"", "\"type\":\"ruling\",\"type\":\"ruling\""),
        ("\"type\":\"ruling\"", "\"type\":\"ruling\",\"zone\":1"),
        ("\"type\":\"ruling\"", "\"type\": \"ruling\""),
        ("\"kind\":\"judgment\"", "\"kind\":\"hearing\""),
    ] {
        assert!(good.contains(from));
        assert!(read(&good.replacen(from, to, 1)).is_err(), "{from} {to}");
    }
    let missing = Act::new(kind, &kind.acts[0], [("type", Value::Word("ruling"))]);
    let foreign = Act::new(kind, &kind.acts[0], [("type", Value::Tag(tag))]);
    assert!(matches!((missing, foreign), (Err(StatementError::Form(_)), Err(StatementError::Form(_)))));
}

proptest! {
    #[test]
    fn f46_acts_of_every_form_have_one_text_and_fit_their_bound(act in acts()) {
        let statement = Statement::from(act.clone());
        let text = statement.to_text();
        prop_assert!(text.len() <= act.kind().bytes_max);
        prop_assert_eq!(Statement::from_text(text.as_bytes()), Ok(statement));
        for (field, value) in act.values() {
            prop_assert_eq!(act.value(field.name), Some(value));
        }
    }

    #[test]
    fn f46_mutated_acts_never_panic_and_have_one_text(act in acts(), at: prop::sample::Index, byte: u8) {
        let mut text = Statement::from(act).to_text().into_bytes();
        let at = at.index(text.len());
        text[at] = byte;
        if let Ok(statement) = Statement::from_text(&text) {
            prop_assert_eq!(statement.to_text().into_bytes(), text);
        }
    }
}
