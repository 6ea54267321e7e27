//! `specs/kinds.json` and `specs/roles.md`: the table of kinds as other implementations and people read it.
//!
//! In: the table of this crate.
//! Out: the text of both files.
//! Always: kinds and acts are in the order of their codes.
//! Not for the rules of a kind, which are in `specs/formats.md` and `specs/ledger.md`.

use courtseal_proof::facts::Capacity;
use courtseal_proof::kinds::KINDS;
use courtseal_proof::kinds::field::{Field, FieldType};
use courtseal_proof::kinds::form::{ActForm, Kind};
use serde_json::{Value, json};

/// What `specs/kinds.json` says of itself.
const ABOUT: &str = "Kinds of statements and their acts (specs/formats.md, F14, F46); made by ledger/proof/tests/vectors.rs. \
    Fields stand beside `kind` and, if the act has a word, `act`. A kind with `own_form` is read by the rule of that number \
    instead.";

/// The rule that says how a kind is read, if that is not F46. A kind whose table has no fields has a struct
/// of its own.
fn own_form(kind: &Kind) -> Option<&'static str> {
    if kind.acts.iter().any(|act| !act.fields.is_empty()) {
        return None;
    }
    match kind.word {
        "evidence" => Some("F14"),
        "equivocation" => Some("F42"),
        "cosigner-equivocation" => Some("F45"),
        word => panic!("the rule of {word} is not listed"),
    }
}

fn field(field: &Field) -> Value {
    let mut value = json!({
        "name": field.name, "required": field.is_required, "type": field.holds.as_str(), "about": field.about,
    });
    if let FieldType::Word(words) = &field.holds {
        value["words"] = json!(words);
    }
    value
}

fn act(form: &ActForm) -> Value {
    let signers: Vec<&str> = form.signers.iter().map(|capacity| capacity.as_str()).collect();
    let fields: Vec<Value> = form.fields.iter().map(field).collect();
    json!({
        "word": form.word, "code": form.code, "about": form.about, "signers": signers, "fields": fields, "writes": form.writes,
        "marks": form.marks,
    })
}

/// The value of `specs/kinds.json`.
pub fn kinds() -> Value {
    let kind = |kind: &Kind| {
        let acts: Vec<Value> = kind.acts.iter().map(act).collect();
        json!({
            "word": kind.word, "code": kind.code, "about": kind.about, "bytes_max": kind.bytes_max, "alone": kind.is_alone,
            "bulk": kind.is_bulk,            "own_form": own_form(kind), "acts": acts,
        })
    };
    json!({"about": ABOUT, "kinds": KINDS.iter().map(|row| kind(row.kind)).collect::<Vec<_>>()})
}

/// The text of `specs/roles.md`.
pub fn roles() -> String {
    let row = |name: &str, cells: Vec<&str>| format!("| {name} | {} |\n", cells.join(" | "));
    let mut text = "# Roles

`ledger/proof/tests/vectors.rs` makes this page from the table of kinds, `ledger/proof/src/kinds.rs`.

Rule L6 of [ledger.md](ledger.md): a statement is recorded if its signer's capacity is marked in the row of
its kind and act. Otherwise the entry is a rejection by the rule `role`.

* `node` is a court under its own name and its voting key. Every other capacity is the role of a registered
  member.
* The mark ● means that the capacity may state it.

"
    .to_owned();
    text += &row("kind, act", Capacity::ALL.map(|capacity| capacity.as_str()).into());
    text += &row("---", vec!["---"; Capacity::ALL.len()]);
    for kind in KINDS.iter().map(|row| row.kind) {
        for act in kind.acts {
            let name = format!("`{}`", [kind.word, act.word].join(" ").trim_end());
            let mark = |capacity| if act.signers.contains(&capacity) { "●" } else { "" };
            text += &row(&name, Capacity::ALL.map(mark).into());
        }
    }
    text
}
