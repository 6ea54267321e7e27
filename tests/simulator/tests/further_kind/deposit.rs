//! `deposit`: an exhibit that a court takes into its keeping, and gives back.
//!
//! In and out: canonical JSON of the forms below.
//! Always: each act of receiving makes an object.
//! Not for saying where the exhibit is: a person keeps it.

use super::body::Body;
use super::document::Document;
use super::field::{FieldType, optional, required};
use super::form::{Act, ActForm, ActRules, Kind};
use super::verdict::Change;
use crate::codec;
use crate::facts::{Capacity, Signer, Subject};
use crate::genesis::Role;
use crate::limits::ACT_BYTES_MAX;

const STATES: FieldType = FieldType::Word(&["whole", "damaged"]);

/// The row of this kind.
pub const KIND: Kind = Kind {
    word: "deposit",
    code: NEXT_CODE,
    about: "an exhibit in a court's keeping",
    bytes_max: ACT_BYTES_MAX,
    acts: &[
        ActForm {
            word: "receive",
            code: 0,
            about: "takes an exhibit into the court's keeping",
            signers: &[Capacity::Member(Role::Court), Capacity::Member(Role::Clerk)],
            fields: &[
                optional("asserted_at", FieldType::Time, "when it was received, as the signer says"),
                required("case", FieldType::Tag, "the case, as a tag under the case's key"),
                required("document", FieldType::Document, "a photograph of it"),
                required("state", STATES, "the state it is in"),
            ],
            writes: 1,
            marks: 0,
        },
        ActForm {
            word: "release",
            code: 1,
            about: "gives an exhibit back",
            signers: &[Capacity::Member(Role::Clerk)],
            fields: &[required("case", FieldType::Tag, "the case, as a tag under the case's key")],
            writes: 0,
            marks: 0,
        },
    ],
    is_alone: false,
    is_bulk: false,
    rules: ActRules {
        fold,
        line: |act| format!("{}, {}", act.form().about, act.document().map(Document::shown).unwrap_or_default()),
        ..ActRules::NONE
    },
};

fn fold(act: &Act, by: &Signer, index: u64) -> Vec<Change> {
    match act.document() {
        None => Vec::new(),
        Some(_) => vec![Change { subject: Subject::object(act.kind().code, index), value: codec::encode(&by.court) }],
    }
}
