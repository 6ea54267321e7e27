//! Judgments for the vectors (F46): acts that are read by their form, with every field right and wrong.
//!
//! In: a test network.
//! Out: statements, transactions, entries and receipts.
//! Always: a clerk of `court-00` states them.
//! Not for kinds with a struct of their own: see `equivocations` and `cosigners`.

use crate::acts::{clerk, judgment, notary};
use crate::documents::edits;
use crate::receipts::{Case, FILE, SALT, opening};
use crate::statements::{case, commitment, public_sha512};
use courtseal_fixtures::Network;
use courtseal_fixtures::log::{BLOCK_TIME, recorded};
use courtseal_fixtures::statements::public;
use courtseal_proof::bytes::time::{TIMESTAMP_MAX, Timestamp};
use courtseal_proof::entry::RejectionRule;
use courtseal_proof::kinds::field::Value;
use courtseal_proof::kinds::verdict::Verdict;
use courtseal_proof::statement::{Document, Statement};
use courtseal_proof::transaction::Transaction;

const TYPES: [&str; 5] = ["judgment", "ruling", "mediation-record", "payment-order", "decision"];
const INSTANCES: [&str; 3] = ["first", "second", "retrial"];

fn document(of: &Statement) -> Document {
    of.document().unwrap().clone()
}

/// A judgment whose text is on the log by its digests.
pub fn open_one() -> Statement {
    judgment(document(&public(FILE)), [])
}

/// A judgment of which only a commitment is on the log.
pub fn confidential() -> Statement {
    judgment(Document::Confidential(commitment(&SALT, FILE)), [])
}

/// A judgment with every field and both digests.
fn full(network: &Network) -> Statement {
    let document = document(&public_sha512(FILE)).with_media_type(Some("application/pdf".into()));
    let optional = [("asserted_at", Value::Time(BLOCK_TIME)), ("case", Value::Tag(case(network)))];
    judgment(document, optional)
}

/// Statements that are well-formed.
pub fn statements(network: &Network) -> Vec<(String, String)> {
    let at = |time| judgment(document(&public(b"")), [("asserted_at", Value::Time(time))]).to_text();
    let mut valid = vec![
        ("judgment, public".to_owned(), open_one().to_text()),
        ("judgment, confidential".to_owned(), confidential().to_text()),
        ("judgment with everything".to_owned(), full(network).to_text()),
        ("judgment, first time".to_owned(), at(Timestamp(0))),
        ("judgment, last time".to_owned(), at(TIMESTAMP_MAX)),
    ];
    for (field, words) in [("type", &TYPES[..]), ("instance", &INSTANCES[..])] {
        let word = |word: &&'static str| {
            (format!("judgment, {field} {word}"), judgment(document(&public(b"")), [(field, Value::Word(word))]).to_text())
        };
        valid.extend(words.iter().map(word));
    }
    valid
}

/// Texts that break F46.
pub fn broken_statements(network: &Network) -> Vec<(&'static str, String)> {
    let (good, hidden) = (full(network).to_text(), confidential().to_text());
    let mut broken = edits(
        &good,
        &[
            ("judgment: unknown act", "\"act\":\"render\"", "\"act\":\"effect\""),
            ("judgment: empty act", "\"act\":\"render\"", "\"act\":\"\""),
            ("judgment: act as number", "\"act\":\"render\"", "\"act\":1"),
            ("judgment: act is null", "\"act\":\"render\"", "\"act\":null"),
            ("judgment: act with a needless escape", "\"render\"", "\"r\\u0065nder\""),
            ("judgment: without act", "\"act\":\"render\",", ""),
            ("judgment: act twice", "\"act\":\"render\"", "\"act\":\"render\",\"act\":\"render\""),
            ("judgment: kind with a capital", "\"kind\":\"judgment\"", "\"kind\":\"Judgment\""),
            ("judgment: kind twice", "\"kind\":\"judgment\"", "\"kind\":\"judgment\",\"kind\":\"judgment\""),
            ("judgment: without instance", "\"instance\":\"first\",", ""),
            ("judgment: unknown instance", "\"instance\":\"first\"", "\"instance\":\"third\""),
            ("judgment: instance as number", "\"instance\":\"first\"", "\"instance\":1"),
            ("judgment: without type", ",\"type\":\"judgment\"", ""),
            ("judgment: unknown type", "\"type\":\"judgment\"", "\"type\":\"verdict\""),
            ("judgment: type twice", "\"type\":\"judgment\"", "\"type\":\"judgment\",\"type\":\"judgment\""),
            ("judgment: unknown field", "\"type\"", "\"term\":30,\"type\""),
            ("judgment with a mode", "\"type\"", "\"mode\":\"public\",\"type\""),
            (
                "judgment: fields not sorted",
                "\"instance\":\"first\",\"kind\":\"judgment\"",
                "\"kind\":\"judgment\",\"instance\":\"first\"",
            ),
            ("judgment: space", "\"type\":\"judgment\"", "\"type\": \"judgment\""),
            ("judgment: null field", "\"instance\":\"first\"", "\"instance\":null"),
            ("judgment: case not tagged", "\"case\":\"hmac-sha256:", "\"case\":\""),
            ("judgment: time without milliseconds", ".123Z", "Z"),
            ("judgment: year 1969", "2026-11-23", "1969-11-23"),
            ("judgment: document without size", ",\"size\":84}", "}"),
            ("judgment: document of 2^53 bytes", "\"size\":84", "\"size\":9007199254740992"),
            ("judgment: document with another field", "\"size\":84}", "\"size\":84,\"title\":\"a\"}"),
            ("judgment: document with a field twice", "\"size\":84", "\"size\":84,\"size\":84"),
            ("judgment: document's media type with a space", "application/pdf", "application/ pdf"),
            ("judgment: document's SHA-512 first", "[\"sha256:", "[\"sha512:"),
            (
                "judgment: document with fields not sorted",
                "\"media_type\":\"application/pdf\",\"size\":84",
                "\"size\":84,\"media_type\":\"application/pdf\"",
            ),
        ],
    );
    broken.extend(edits(
        &hidden,
        &[
            ("judgment: document of a commitment and a size", "\"},\"instance\"", "\",\"size\":84},\"instance\""),
            ("judgment: document of a commitment not tagged", "{\"commitment\":\"hmac-sha256:", "{\"commitment\":\""),
            ("judgment: empty document", &hidden[hidden.find("{\"commitment").unwrap()..=hidden.find('}').unwrap()], "{}"),
            (
                "judgment: document as text",
                &hidden[hidden.find("{\"commitment").unwrap()..=hidden.find('}').unwrap()],
                "\"judgment.pdf\"",
            ),
            (
                "judgment: a commitment beside the document",
                "\"document\"",
                &format!("\"commitment\":\"{}\",\"document\"", commitment(&SALT, FILE)),
            ),
        ],
    ));
    broken.push(("judgment: longer than 4,096 bytes", good.replace("application/pdf", &"a".repeat(4_096))));
    broken.push(("judgment called evidence", good.replace("\"kind\":\"judgment\"", "\"kind\":\"evidence\"")));
    broken.push(("evidence with an act", public(FILE).to_text().replacen('{', "{\"act\":\"render\",", 1)));
    broken.push(("evidence with an empty act", public(FILE).to_text().replacen('{', "{\"act\":\"\",", 1)));
    broken
}

/// Transactions, as name and value.
pub fn transactions(network: &Network) -> Vec<(&'static str, Transaction)> {
    let by = clerk(network);
    let mixed = vec![open_one(), public(FILE), full(network), Statement::confidential(commitment(&SALT, FILE)), confidential()];
    vec![
        ("judgment", by.transaction(network, vec![open_one()])),
        ("judgments and evidence", by.transaction(network, mixed)),
        ("the same judgment twice", by.transaction(network, vec![confidential(), confidential()])),
        ("64 judgments", by.transaction(network, vec![confidential(); 64])),
        ("a judgment among 63 statements of evidence", {
            by.transaction(network, [vec![public(FILE); 63], vec![confidential()]].concat())
        }),
    ]
}

/// The text of a transaction that states an act which the kind does not have.
pub fn unknown_act(network: &Network) -> String {
    let statement = open_one().to_text().replace("\"render\"", "\"effect\"");
    crate::equivocations::unchecked(network, &[statement])
}

/// Transactions with more statements than their kinds allow together (L13).
pub fn too_many(network: &Network) -> Vec<(&'static str, String)> {
    let (judgment, evidence) = (confidential().to_text(), public(FILE).to_text());
    let unchecked = |texts: Vec<String>| crate::equivocations::unchecked(network, &texts);
    vec![
        ("65 judgments", unchecked(vec![judgment.clone(); 65])),
        ("a judgment among 64 statements of evidence", unchecked([vec![evidence; 64], vec![judgment]].concat())),
    ]
}

/// Entries, as name and text.
pub fn entries(network: &Network) -> Vec<(&'static str, String)> {
    let entry = |by: &crate::acts::By, statement, verdict| {
        let of = by.transaction(network, vec![statement]);
        by.entry(network, &of, 0, verdict).to_text()
    };
    let (clerk, notary) = (clerk(network), notary(network));
    let rejected = Verdict::Rejected;
    vec![
        ("judgment", entry(&clerk, open_one(), recorded(None))),
        ("judgment, confidential", entry(&clerk, confidential(), recorded(None))),
        ("judgment with everything", entry(&clerk, full(network), recorded(None))),
        ("judgment refused by role", entry(&notary, open_one(), rejected(RejectionRule::Role))),
        ("judgment refused by asserted time", entry(&clerk, full(network), rejected(RejectionRule::AssertedInFuture))),
    ]
}

/// The text of an entry whose outcome is not that of a judgment.
pub fn entry_with_first(network: &Network) -> String {
    let by = clerk(network);
    let of = by.transaction(network, vec![open_one()]);
    by.entry(network, &of, 0, recorded(Some(true))).to_text()
}

/// Receipts of judgments: their documents are files as evidence's are.
pub fn receipts(network: &Network) -> Vec<Case> {
    let by = clerk(network);
    let of = by.transaction(network, vec![open_one(), confidential(), full(network)]);
    let text = |position| by.receipt(network, &of, position, recorded(None));
    let by_notary = notary(network);
    let refused = {
        let of = by_notary.transaction(network, vec![open_one()]);
        by_notary.receipt(network, &of, 0, Verdict::Rejected(RejectionRule::Role))
    };
    let first = by.receipt(network, &of, 0, recorded(Some(true)));
    let edited = |from: &str, to: &str| {
        let of = by.transaction(network, vec![open_one()]);
        let leaf = by.entry(network, &of, 0, recorded(None)).to_text();
        assert!(leaf.contains(from), "{from} is in {leaf}");
        let mut leaves: Vec<String> =
            courtseal_proof::entry::Entry::genesis(&network.genesis).iter().map(|entry| entry.to_text()).collect();
        leaves.push(leaf.replacen(from, to, 1));
        courtseal_fixtures::log::Log { network, leaves }
            .receipt(courtseal_fixtures::log::FIRST_INDEX, Some(courtseal_fixtures::log::member_part(&of, 0)))
            .to_text()
    };
    vec![
        Case::new("judgment", text(0)),
        Case::new("judgment, no file given", text(0)).no_file(),
        Case::new("judgment, confidential", text(1)).opening(opening().to_text()),
        Case::new("judgment, confidential, no file given", text(1)).no_file(),
        Case::new("judgment with everything", text(2)),
        Case::new("judgment refused by role, no file given", refused.clone()).no_file(),
        Case::new("judgment refused by role", refused).fails("file"),
        Case::new("judgment: another file", text(0)).file(b"another").fails("file"),
        Case::new("judgment: another file, both digests stated", text(2)).file(b"another").fails("file"),
        Case::new("judgment, confidential: another file", text(1)).file(b"another").opening(opening().to_text()).fails("file"),
        Case::new("judgment, confidential: no opening", text(1)).fails("no-opening"),
        Case::new("judgment with first", first).fails("entry"),
        Case::new("judgment of an unknown act", edited("\"act\":\"render\"", "\"act\":\"effect\"")).fails("version"),
        Case::new("judgment without act", edited("\"act\":\"render\",", "")).fails("entry"),
        Case::new("judgment of an unknown type", edited("\"type\":\"judgment\"", "\"type\":\"verdict\"")).fails("entry"),
        Case::new("judgment: not what was signed", edited("\"instance\":\"first\"", "\"instance\":\"second\"")).fails("member"),
    ]
}
