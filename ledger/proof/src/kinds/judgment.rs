//! `judgment`: what a court decided, as a document.
//!
//! In and out: canonical JSON of the form below. Always: the document is public or a commitment, as in `evidence`. Not for saying that a
//! judgment is in force: a person states that.

use super::document::Document;
use super::form::{ActForm, FieldType, optional, required};
use super::{Change, Kind, Statement, Words};
use crate::codec;
use crate::facts::{Capacity, Class, Signer, Subject};
use crate::genesis::Role;
use crate::limits::ACT_BYTES_MAX;
use crate::name::CourtName;
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
    }],
    fold,
    words: Words {
        line,
        outcome: |statement, _| if statement.is_confidential() { "confidential" } else { "public" },
        rows: |statement| vec![("judgment", what(statement))],
        meaning: |statement| {
            let what = what(statement);
            format!(
                "The signer's court recorded this document as its {what}, unchanged since. Whether it is in force is not said."
            )
        },
    },
    ..Kind::PLAIN
};

/// The value of a judgment's fact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JudgmentFact {
    /// The court that rendered it.
    pub court: CourtName,
}

fn fold(_: &Statement, by: &Signer, index: u64) -> Vec<Change> {
    let value = codec::encode(&JudgmentFact { court: by.court.clone() });
    vec![Change { subject: Subject::object(Class::Judgment, index), value }]
}

fn line(statement: &Statement) -> String {
    format!("{}, {}", what(statement), statement.document().map(Document::shown).unwrap_or_default())
}

/// What it is, for people: `ruling, first instance`.
fn what(statement: &Statement) -> String {
    let word = |field| statement.as_act().and_then(|act| act.word(field)).unwrap_or_default();
    match word("instance") {
        "retrial" => format!("{}, retrial", word("type")),
        instance => format!("{}, {instance} instance", word("type")),
    }
}
