//! What counts as the same act: on every form of the table, so that a further kind is tested too.

use super::*;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::kinds::KINDS;
use std::fs;

/// All forms of acts.
fn forms() -> impl Iterator<Item = (&'static Kind, &'static ActForm)> {
    let kinds = KINDS.iter().map(|row| row.kind).filter(|kind| kind.is_of_forms());
    kinds.flat_map(|kind| kind.acts.iter().map(move |form| (kind, form)))
}

/// A value of each field that is not a document; `which` chooses among two.
fn values(form: &'static ActForm, which: usize) -> Vec<(&'static str, Value)> {
    let value = |field: &'static courtseal_proof::kinds::field::Field| {
        let value = match field.holds {
            FieldType::Word(words) => Value::Word(words[which % words.len()]),
            FieldType::Tag => Value::Tag(Tag([which as u8; 32])),
            FieldType::Time => Value::Time(Timestamp(which as u64)),
            FieldType::Document => return None,
        };
        Some((field.name, value))
    };
    form.fields.iter().filter_map(value).collect()
}

fn document(form: &'static ActForm) -> Option<&'static str> {
    form.fields.iter().find(|field| matches!(field.holds, FieldType::Document)).map(|field| field.name)
}

#[test]
fn k18_an_act_has_one_document_at_most() {
    for (kind, form) in forms() {
        let documents = form.fields.iter().filter(|field| matches!(field.holds, FieldType::Document));
        let names: Vec<&str> = documents.map(|field| field.name).collect();
        assert!(matches!(names[..], [] | ["document"]), "{} {}: another one needs an opening of its own", kind.word, form.word);
    }
}

#[test]
fn k18_the_same_act_is_told_by_its_opening() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.pdf");
    fs::write(&path, "one").unwrap();
    for (kind, form) in forms() {
        let draft = |which: usize, is_public: bool, media_type: Option<&str>| {
            let source = |field| (field, Source::new(&path, is_public, media_type.map(str::to_owned)).unwrap());
            Draft::act((kind, form), values(form, which), document(form).map(source)).unwrap()
        };
        let is_same = |one: &Draft, other: &Draft| {
            fs::write(&path, "one").unwrap();
            one.is_stated_by(&other.statement, other.opening.as_ref()).unwrap()
        };
        let (public, hidden) = (draft(0, true, None), draft(0, false, None));
        assert!(is_same(&public, &draft(0, true, None)) && is_same(&hidden, &draft(0, false, None)));
        assert!(!is_same(&public, &draft(1, true, None)) && !is_same(&hidden, &draft(1, false, None)));
        if document(form).is_none() {
            continue;
        }
        assert!(!is_same(&public, &hidden) && !is_same(&hidden, &public));
        assert!(!is_same(&public, &draft(0, true, Some("a/b"))) && !is_same(&hidden, &draft(0, false, Some("a/b"))));
        assert_ne!(hidden.stem(), draft(0, false, None).stem(), "each waits under a name of its own");
        assert!(!hidden.is_stated_by(&draft(0, false, None).statement, None).unwrap(), "nothing opens it");
        fs::write(&path, "other").unwrap();
        let (other, other_public) = (draft(0, false, None), draft(0, true, None));
        assert!(!is_same(&hidden, &other) && !is_same(&public, &other_public));
    }
}
