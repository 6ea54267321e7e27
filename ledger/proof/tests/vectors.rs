//! The vectors of `specs/vectors`, with `specs/kinds.json` and `specs/roles.md`: made from fixed seeds, and
//! checked.
//!
//! In: nothing. With `COURTSEAL_WRITE_VECTORS=1` in the environment the files are written.
//! Out: failures if the committed files are not exactly these.
//! Always: the answers of the cases are written by hand, never taken from the code under test, and this crate
//! gives each of them.
//! Not for other implementations, which read the files.

#[path = "vectors/acts.rs"]
mod acts;
#[path = "vectors/cosigners.rs"]
mod cosigners;
#[path = "vectors/documents.rs"]
mod documents;
#[path = "vectors/ed25519.rs"]
mod ed25519;
#[path = "vectors/entries.rs"]
mod entries;
#[path = "vectors/equivocations.rs"]
mod equivocations;
#[path = "vectors/genesis.rs"]
mod genesis;
#[path = "vectors/hashes.rs"]
mod hashes;
#[path = "vectors/hostile.rs"]
mod hostile;
#[path = "vectors/judgments.rs"]
mod judgments;
#[path = "vectors/later.rs"]
mod later;
#[path = "vectors/malformed.rs"]
mod malformed;
#[path = "vectors/receipts.rs"]
mod receipts;
#[path = "vectors/signatures.rs"]
mod signatures;
#[path = "vectors/statements.rs"]
mod statements;
#[path = "vectors/table.rs"]
mod table;
#[path = "vectors/untrusted.rs"]
mod untrusted;

use serde_json::Value;
use std::path::PathBuf;

/// The JSON text of a vector file: indented, ASCII only, so that no editor can change a case unseen.
fn to_ascii(value: &Value) -> String {
    let mut text = String::new();
    for c in serde_json::to_string_pretty(value).unwrap().chars() {
        if c.is_ascii() && c != '\x7f' {
            text.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text.push_str(&format!("\\u{unit:04x}")));
        }
    }
    text + "\n"
}

/// Writes a page of `specs`, or checks that it is exactly this text.
fn check_text(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../specs").join(name);
    if std::env::var_os("COURTSEAL_WRITE_VECTORS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "{name} is not what the generator gives; COURTSEAL_WRITE_VECTORS=1 writes it");
}

fn check_file(name: &str, value: &Value) {
    let text = to_ascii(value);
    assert_eq!(&serde_json::from_str::<Value>(&text).unwrap(), value, "the ASCII spelling says the same");
    check_text(&format!("vectors/{name}"), &text);
    if let Some(cases) = value["cases"].as_array() {
        let names: std::collections::BTreeSet<_> = cases.iter().map(|case| case["name"].as_str().unwrap()).collect();
        assert_eq!(names.len(), cases.len(), "{name}: two cases have one name");
    }
}

#[test]
fn f38_receipts() {
    let (value, cases) = receipts::file();
    receipts::check(&cases);
    check_file("receipt.json", &value);
}

#[test]
fn f39_every_check_and_every_cause_has_a_case() {
    let (_, cases) = receipts::file();
    let reasons: std::collections::BTreeSet<_> = cases.iter().filter_map(|case| case.reason).collect();
    for check in courtseal_proof::verify::Check::ALL {
        // Any fault of a policy gives *cannot tell*: no receipt is invalid by check 2.
        assert!(check == courtseal_proof::verify::Check::Policy || reasons.contains(check.as_str()), "{}", check.as_str());
    }
    for cause in receipts::CANNOT_TELL {
        assert!(reasons.contains(cause), "{cause}");
    }
    assert!(cases.len() >= 60 && cases.iter().filter(|case| case.reason.is_none()).count() >= 15);
}

#[test]
fn f46_the_table_of_kinds() {
    check_text("kinds.json", &to_ascii(&table::kinds()));
    check_text("roles.md", &table::roles());
}

#[test]
fn f14_statements() {
    check_file("statement.json", &documents::statements());
}

#[test]
fn f17_openings() {
    check_file("opening.json", &documents::openings());
}

#[test]
fn f20_transactions() {
    check_file("transaction.json", &documents::transactions());
}

#[test]
fn f25_entries() {
    check_file("entry.json", &entries::file());
}

#[test]
fn f11_genesis_documents() {
    check_file("genesis.json", &genesis::file());
}

#[test]
fn f22_headers() {
    check_file("header.json", &hashes::headers());
}

#[test]
fn f01_hashes() {
    check_file("hash.json", &hashes::file());
}

#[test]
fn f02_signatures() {
    check_file("ed25519.json", &ed25519::file());
}
