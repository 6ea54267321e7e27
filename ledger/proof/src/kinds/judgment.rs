//! `judgment`: what a court decided, as a document (F46).
//!
//! In and out: canonical JSON of the form below.
//! Always: the document is public or a commitment, as in `evidence`.
//! Not for saying that a judgment is in force, which a person states.

use super::body::Body;
use super::document::Document;
use super::field::{FieldType, optional, required};
use super::form::{Act, ActForm, ActRules, Kind};
use super::verdict::Change;
use crate::bytes::codec;
use crate::bytes::limits::ACT_BYTES_MAX;
use crate::bytes::name::CourtName;
use crate::facts::{Capacity, Signer, Subject};
use crate::genesis::Role;
use serde::{Deserialize, Serialize};

const TYPES: FieldType = FieldType::Word(&["judgment", "ruling", "mediation-record", "payment-order", "decision"]);
const INSTANCES: FieldType = FieldType::Word(&["first", "second", "retrial"]);

/// The row of this kind.
pub const KIND: Kind = Kind {
    word: "judgment",
    code: 2,
    about: "what a court decided",
    bytes_max: ACT_BYTES_MAX,
    acts: &[ActForm {
        word: "render",
        code: 0,
        about: "records a decision of the signer's court",
        signers: &[Capacity::Member(Role::Clerk)],
        fields: &[
            optional("asserted_at", FieldType::Time, "when it was rendered, as the signer says"),
            optional("case", FieldType::Tag, "the case, as a tag under the case's key"),
            required("document", FieldType::Document, "its text"),
            required("instance", INSTANCES, "the instance"),
            required("type", TYPES, "what it is"),
        ],
        writes: 1,
        marks: 0,
    }],
    is_alone: false,
    is_bulk: false,
    rules: ActRules {
        fold,
        line: |act| format!("{}, {}", what(act), act.document().map(Document::shown).unwrap_or_default()),
        outcome: |act, _| match act.document() {
            Some(Document::Confidential(_)) => "confidential",
            _ => "public",
        },
        rows: |act| vec![("judgment", what(act))],
        meaning: |act| {
            let what = what(act);
            format!(
                "The signer's court recorded this document as its {what}, unchanged since. Whether it is in force is not said."
            )
        },
        ..ActRules::NONE
    },
};

/// The value of a judgment's fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgmentFact {
    /// The court that rendered it.
    pub court: CourtName,
}

fn fold(act: &Act, by: &Signer, index: u64) -> Vec<Change> {
    let value = codec::encode(&JudgmentFact { court: by.court.clone() });
    vec![Change { subject: Subject::object(act.kind().code, index), value }]
}

/// The act in words, for people: `ruling, first instance`.
fn what(act: &Act) -> String {
    let word = |field| act.word(field).unwrap_or_default();
    match word("instance") {
        "retrial" => format!("{}, retrial", word("type")),
        instance => format!("{}, {instance} instance", word("type")),
    }
}
