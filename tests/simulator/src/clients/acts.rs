//! Acts of every kind that is a form, as clients state them, and what became of them.
//!
//! In: chance, a time; entries that valid receipts prove. Out: statements by members who may make them and by
//! members who may not; counts by act.
//! Always: made from the table of kinds alone, so a further row is stated in every run.
//! Not for kinds with structs of their own.

use crate::fixtures::Fixtures;
use courtseal_fixtures::network::MemberSecret;
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::commitment::Tag;
use courtseal_proof::entry::Entry;
use courtseal_proof::facts::Capacity;
use courtseal_proof::genesis::Role;
use courtseal_proof::kinds::KINDS;
use courtseal_proof::kinds::field::{Field, FieldType, Value};
use courtseal_proof::kinds::form::{Act, ActForm, Kind};
use courtseal_proof::statement::{Document, FileDigests};
use courtseal_world::Random;
use std::collections::BTreeMap;

/// How long before now an act says that something happened, at most.
const PAST_MS: u64 = 1_000_000;

/// A kind's word and an act's word.
pub type ActName = (&'static str, &'static str);

/// What became of the statements of one act, as valid receipts say.
#[derive(Clone, Debug, Default)]
pub struct Stated {
    /// How many are recorded.
    pub recorded: u64,
    /// How many are rejected.
    pub rejected: u64,
    /// The receipt of the first recorded one, and the policy under which it is valid.
    pub sample: Option<(String, String)>,
}

impl Stated {
    /// Adds what became of the same act in another run.
    pub fn add(&mut self, other: Self) {
        self.recorded += other.recorded;
        self.rejected += other.rejected;
        self.sample = self.sample.take().or(other.sample);
    }
}

/// Every act that is a form, with its kind.
pub fn forms() -> impl Iterator<Item = (&'static Kind, &'static ActForm)> {
    let kinds = KINDS.iter().map(|row| row.kind).filter(|kind| kind.is_of_forms());
    kinds.flat_map(|kind| kind.acts.iter().map(move |form| (kind, form)))
}

/// One act of any form, at this time; each optional field is there or not.
pub fn act(now: Timestamp, random: &mut Random) -> Option<Act> {
    let forms: Vec<_> = forms().collect();
    let (kind, form) = *forms.get(random.below(forms.len()))?;
    let mut values = Vec::new();
    for field in form.fields {
        if field.is_required || random.chance(50) {
            values.push((field.name, value(field, now, random)));
        }
    }
    Some(Act::new(kind, form, values).expect("each field holds what its form says"))
}

/// A member who signs it: one time in two a member who may, if there is one, else any member.
pub fn signer<'a>(act: &Act, fixtures: &'a Fixtures, random: &mut Random) -> &'a MemberSecret {
    let may = |role: Role| act.form().signers.contains(&Capacity::Member(role));
    let allowed: Vec<_> = fixtures.members.iter().filter(|member| may(member.role)).collect();
    let all: Vec<_> = fixtures.members.iter().collect();
    let from = if allowed.is_empty() || random.chance(50) { all } else { allowed };
    random.pick(&from)
}

fn value(field: &Field, now: Timestamp, random: &mut Random) -> Value {
    let bytes = |random: &mut Random| <[u8; 32]>::try_from(random.bytes(32)).expect("32 bytes");
    match &field.holds {
        FieldType::Word(words) => Value::Word(random.pick(words)),
        FieldType::Tag => Value::Tag(Tag(bytes(random))),
        FieldType::Time => Value::Time(Timestamp(now.0 - random.between(0, PAST_MS))),
        FieldType::Document if random.chance(50) => Value::Document(Document::Confidential(Tag(bytes(random)))),
        FieldType::Document => {
            let digests = FileDigests::of_sha256(sha256(&bytes(random)));
            Value::Document(Document::public(digests, random.between(0, 1 << 20)))
        }
    }
}

/// Notes what a valid receipt says of an act.
pub fn note(stated: &mut BTreeMap<ActName, Stated>, entry: &Entry, receipt: &str, fixtures: &Fixtures) {
    let Some(act) = entry.statement().and_then(|statement| statement.as_act()) else { return };
    let stated = stated.entry((act.kind().word, act.form().word)).or_default();
    if entry.rule().is_some() {
        stated.rejected += 1;
        return;
    }
    stated.recorded += 1;
    stated.sample.get_or_insert_with(|| (receipt.to_owned(), fixtures.genesis.policy_text()));
}
