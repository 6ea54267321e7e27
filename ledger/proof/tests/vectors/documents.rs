//! `statement.json`, `opening.json`, `transaction.json` (F14, F17 to F21), and the shape of their cases.
//!
//! In: values of fixed content.
//! Out: their texts, and each with one rule broken.
//! Always: the reader of this crate gives the answer that is written here.
//! Not for receipts: see `receipts`.

use crate::malformed::loose;
use crate::receipts;
use crate::statements::{case as case_tag, commitment, public_sha512, public_sm3, with_everything};
use crate::{cosigners, equivocations, judgments};
use courtseal_fixtures::Network;
use courtseal_fixtures::statements::{edited, public};
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::opening::Opening;
use courtseal_proof::statement::{Document, Statement};
use courtseal_proof::transaction::{Transaction, pre_authentication_encoding};
use serde_json::{Value, json};

/// A case of a document.
pub fn case(name: &str, text: &str, valid: bool) -> Value {
    json!({"name": name, "text": text, "valid": valid})
}

/// The file of these cases.
pub fn document(about: &str, cases: Vec<Value>) -> Value {
    json!({"about": about, "cases": cases})
}

/// Cases with digests, each answered by `read`.
fn answered<N: AsRef<str>>(
    valid: Vec<(N, String)>,
    broken: Vec<(&str, String)>,
    read: impl Fn(&[u8]) -> Option<String>,
) -> Vec<Value> {
    let mut cases = Vec::new();
    for (name, text) in valid {
        let name = name.as_ref();
        assert_eq!(read(text.as_bytes()).as_ref(), Some(&text), "{name}: valid, and written again the same");
        let mut value = case(name, &text, true);
        value["digest"] = sha256(text.as_bytes()).to_string().into();
        cases.push(value);
    }
    for (name, text) in broken {
        assert_eq!(read(text.as_bytes()), None, "{name}: must be refused");
        cases.push(case(name, &text, false));
    }
    cases
}

/// The texts with `from` replaced; the pattern must be there.
pub fn edits<'a>(good: &str, edits: &[(&'a str, &str, &str)]) -> Vec<(&'a str, String)> {
    let edit = |(name, from, to): &(&'a str, &str, &str)| {
        assert!(good.contains(from), "{name}: {from} is in {good}");
        (*name, good.replacen(from, to, 1))
    };
    edits.iter().map(edit).collect()
}

/// The file `statement.json`.
pub fn statements() -> Value {
    let network = Network::of_vectors("cn-courts", 4);
    let part = "a".repeat(63);
    let full = with_everything(public_sha512(b"file\n"), Timestamp(951_782_400_000), case_tag(&network));
    let confidential = Statement::confidential(commitment(&[1; 32], b"file\n"));
    let all = public_sm3(b"file\n");
    let all_digests = all.public_document().unwrap().digests.texts();
    let typed = |document: &Document, text: &str| document.clone().with_media_type(Some(text.into()));
    let media = |text: &str| edited(public(b"x"), |own| own.document = typed(&own.document, text)).to_text();
    let digests = public(b"").document().and_then(Document::as_public).unwrap().digests.clone();
    let asserted = |time| edited(public(b""), |own| own.asserted_at = Some(time)).to_text();
    let valid = vec![
        ("public", public(b"file\n").to_text()),
        ("public, empty file", public(b"").to_text()),
        ("public with everything", full.to_text()),
        ("public with SHA-512 and SM3", all.to_text()),
        ("public with SM3 beside SHA-256", all.to_text().replace(&format!("\"{}\",", all_digests[1]), "")),
        ("confidential", confidential.to_text()),
        ("confidential with a case", edited(confidential.clone(), |own| own.case = Some(case_tag(&network))).to_text()),
        ("largest size", Statement::public(digests, (1 << 53) - 1).to_text()),
        ("longest media type", media(&format!("{part}/{part}"))),
        ("media type of all characters", media("!#$&^_.+-/AZaz09")),
        ("first time", asserted(Timestamp(0))),
        ("last time", asserted(courtseal_proof::bytes::time::TIMESTAMP_MAX)),
    ];
    let valid = [valid, equivocations::statements(&network)].concat().into_iter().map(|(name, text)| (name.to_owned(), text));
    let valid = valid.chain(judgments::statements(&network)).chain(cosigners::statements(&network)).collect();
    let good = full.to_text();
    let mut broken = edits(
        &good,
        &[
            ("unknown kind", "\"kind\":\"evidence\"", "\"kind\":\"custody\""),
            ("unknown mode", "\"mode\":\"public\"", "\"mode\":\"sealed\""),
            ("public fields, confidential mode", "\"mode\":\"public\"", "\"mode\":\"confidential\""),
            ("space", "\"size\":5", "\"size\": 5"),
            ("needless escape", "application/pdf", "application\\/pdf"),
            ("unknown field", "\"size\":5", "\"size\":5,\"title\":\"lease\""),
            (
                "unknown field nested 300 deep",
                "\"size\":5",
                &format!("\"size\":5,\"title\":{}{}", "[".repeat(300), "]".repeat(300)),
            ),
            ("media type with half a character", "application", "\\ud83d"),
            ("media type with a control character", "application", "\\u0001"),
            ("size with an exponent", "\"size\":5", "\"size\":5e0"),
            ("size with a leading zero", "\"size\":5", "\"size\":05"),
            ("size 2^64", "\"size\":5", "\"size\":18446744073709551616"),
            ("field twice", "\"size\":5", "\"size\":5,\"size\":5"),
            ("fields not sorted", "\"mode\":\"public\",\"size\":5", "\"size\":5,\"mode\":\"public\""),
            ("null field", "\"size\":5", "\"size\":null"),
            ("size with a point", "\"size\":5", "\"size\":5.0"),
            ("negative size", "\"size\":5", "\"size\":-5"),
            ("size minus zero", "\"size\":5", "\"size\":-0"),
            ("size as text", "\"size\":5", "\"size\":\"5\""),
            ("size 2^53", "\"size\":5", "\"size\":9007199254740992"),
            ("without size", ",\"size\":5", ""),
            ("without mode", "\"mode\":\"public\",", ""),
            ("without kind", "\"kind\":\"evidence\",", ""),
            ("digest in upper case", "sha256:8b", "sha256:8B"),
            ("digest too short", "sha256:8", "sha256:"),
            ("SHA-512 first", "\"sha256:", "\"sha512:"),
            ("SHA-512 of another length", "sha512:", "sha512:00"),
            ("digest of an unknown algorithm", "\"sha512:", "\"sha3-512:"),
            ("SM3 as long as SHA-512", "\"sha512:", "\"sm3:"),
            (
                "a commitment beside digests",
                "\"digests\"",
                &format!("\"commitment\":\"hmac-sha256:{}\",\"digests\"", "0".repeat(64)),
            ),
            ("case not tagged", "\"case\":\"hmac-sha256:", "\"case\":\""),
            ("time of another zone", ".000Z", ".000+08:00"),
            ("time without milliseconds", ".000Z", "Z"),
            ("time with a small z", ".000Z", ".000z"),
            ("29 February of 2001", "2000-02-29", "2001-02-29"),
            ("month 13", "2000-02-29", "2000-13-01"),
            ("leap second", "T00:00:00", "T23:59:60"),
            ("year 1969", "2000-02-29", "1969-12-31"),
            ("media type without subtype", "application/pdf", "application"),
            ("media type with an empty subtype", "application/pdf", "application/"),
            ("media type with a parameter", "application/pdf", "application/pdf;v=1"),
            ("media type with two slashes", "application/pdf", "application/pdf/a"),
            ("media type with a space", "application/pdf", "application/ pdf"),
        ],
    );
    let digests = &good[good.find("[").unwrap()..=good.find(']').unwrap()];
    let both: Vec<&str> = digests[1..digests.len() - 1].split(',').collect();
    let with = |places: &[usize]| {
        let list: Vec<String> = places.iter().map(|at| format!("\"{}\"", all_digests[*at])).collect();
        let old: Vec<String> = all_digests.iter().map(|text| format!("\"{text}\"")).collect();
        all.to_text().replace(&old.join(","), &list.join(","))
    };
    broken.extend([
        ("no digests", good.replace(digests, "[]")),
        ("SHA-512 alone", good.replace(digests, &format!("[{}]", both[1]))),
        ("SHA-256 twice", good.replace(digests, &format!("[{},{}]", both[0], both[0]))),
        ("digests in the other order", good.replace(digests, &format!("[{},{}]", both[1], both[0]))),
        ("three digests", good.replace(digests, &format!("[{},{},{}]", both[0], both[1], both[1]))),
        ("SM3 before SHA-512", with(&[0, 2, 1])),
        ("SM3 before SHA-256", with(&[2, 0])),
        ("SM3 alone", with(&[2])),
        ("SM3 twice", with(&[0, 1, 2, 2])),
        ("SM3 in upper case", all.to_text().replace(&all_digests[2], &all_digests[2].to_uppercase().replace("SM3", "sm3"))),
        ("SM3 of 31 bytes", all.to_text().replace("\"sm3:", "\"sm3:00").replace(&all_digests[2][4..], &all_digests[2][8..])),
        ("first part of the media type of 64 characters", media(&format!("{part}a/{part}"))),
        ("subtype of 64 characters", media(&format!("{part}/{part}a"))),
        ("confidential with a size", confidential.to_text().replace("\"}", "\",\"size\":5}")),
        ("confidential with a media type", confidential.to_text().replace(",\"mode\"", ",\"media_type\":\"a/b\",\"mode\"")),
        (
            "confidential with an asserted time",
            confidential.to_text().replace("{\"commitment\"", "{\"asserted_at\":\"2026-11-23T17:00:00.123Z\",\"commitment\""),
        ),
        ("confidential without commitment", "{\"kind\":\"evidence\",\"mode\":\"confidential\"}".into()),
        ("newline at the end", good.clone() + "\n"),
        ("byte order mark", format!("\u{feff}{good}")),
        ("list", format!("[{good}]")),
        ("fields as a list", "[null,null,null,null,null,\"evidence\",null,\"public\",5]".into()),
        ("no JSON", "statement".into()),
        ("empty", String::new()),
        ("longer than 2,048 bytes", media(&"a".repeat(2_048))),
    ]);
    broken.extend(equivocations::broken_statements(&network));
    broken.extend(judgments::broken_statements(&network));
    broken.extend(cosigners::broken_statements(&network));
    let read = |text: &[u8]| Statement::from_text(text).ok().map(|statement| statement.to_text());
    document("Statements (specs/formats.md, F14 and F42)", answered(valid, broken, read))
}

/// The file `opening.json`.
pub fn openings() -> Value {
    let good = receipts::opening();
    let named = |file_name: String| Opening { file_name: Some(file_name), ..good.clone() };
    let room = 16 * 1024 - named(String::new()).to_text().len();
    let valid = vec![
        ("with everything", good.to_text()),
        ("least", Opening { asserted_at: None, file_name: None, media_type: None, ..good.clone() }.to_text()),
        ("empty file name, empty file", Opening { size: 0, ..named(String::new()) }.to_text()),
        (
            "file name with every escape",
            named("\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}\u{2028}\u{1f4c4}\u{e9}e\u{301}".into()).to_text(),
        ),
        ("16 KiB", named("n".repeat(room)).to_text()),
        ("largest size", Opening { size: (1 << 53) - 1, ..good.clone() }.to_text()),
    ];
    let text = good.to_text();
    let mut broken = edits(
        &text,
        &[
            ("version 2", "\"v\":1", "\"v\":2"),
            ("version 0", "\"v\":1", "\"v\":0"),
            ("version 2^53", "\"v\":1", "\"v\":9007199254740992"),
            ("field twice", "\"v\":1", "\"v\":1,\"v\":1"),
            ("without version", ",\"v\":1", ""),
            ("without size", "\"size\":84,", ""),
            ("size 2^53", "\"size\":84", "\"size\":9007199254740992"),
            ("salt in upper case", "\"salt\":\"a5", "\"salt\":\"A5"),
            ("salt of 31 bytes", "\"salt\":\"a5", "\"salt\":\""),
            ("salt of 33 bytes", "\"salt\":\"a5", "\"salt\":\"a5a5"),
            ("unknown field", "\"size\"", "\"secret\":1,\"size\""),
            ("fields not sorted", "\"size\":84,\"v\":1", "\"v\":1,\"size\":84"),
            ("space", "\"v\":1", "\"v\": 1"),
            ("null field", "\"media_type\":\"text/plain\"", "\"media_type\":null"),
            ("media type without subtype", "text/plain", "text"),
            ("time without milliseconds", ".123Z", "Z"),
            ("file name with a needless escape", "lease", "l\\u0065ase"),
            ("file name with half a character", "lease", "\\ud83d"),
        ],
    );
    broken.extend([
        ("one byte above 16 KiB", named("n".repeat(room + 1)).to_text()),
        ("newline at the end", text.clone() + "\n"),
        ("no JSON", "opening".into()),
        ("empty", String::new()),
    ]);
    let read = |text: &[u8]| Opening::from_text(text).ok().map(|opening| opening.to_text());
    document("Openings of confidential statements (specs/formats.md, F17)", answered(valid, broken, read))
}

/// A transaction's text from parts of any text, signed by the notary.
fn signed(network: &Network, payload: &str, statements: &str) -> String {
    signed_by(&network.notary().key, payload, statements)
}

/// A transaction's text from parts of any text.
pub fn signed_by(key: &SecretKey, payload: &str, statements: &str) -> String {
    let signature = key.sign(&pre_authentication_encoding(payload.as_bytes()));
    let (payload, signature) = (base64_text::encode(payload.as_bytes()), base64_text::encode(&signature.0));
    let payload_type = courtseal_proof::transaction::PAYLOAD_TYPE;
    format!(
        r#"{{"envelope":{{"payload":"{payload}","payloadType":"{payload_type}","signatures":[{{"sig":"{signature}"}}]}},"statements":{statements}}}"#
    )
}

fn payload_edits(network: &Network) -> Vec<(&'static str, String)> {
    let good = network.transaction(vec![public(b"a"), public(b"b")]);
    let payload = String::from_utf8(good.envelope().payload.clone()).unwrap();
    let text = good.to_text();
    let statements = &text[text.find("\"statements\":").unwrap() + 13..text.len() - 1];
    assert_eq!(signed(network, &payload, statements), text);
    let other = courtseal_fixtures::secret("somebody else").public().to_string();
    let small = crate::ed25519::IDENTITY;
    let key = network.notary().key.public().to_string();
    let edits = edits(
        &payload,
        &[
            ("payload: count of another number", "\"count\":2", "\"count\":1"),
            ("payload: count 0", "\"count\":2", "\"count\":0"),
            ("payload: count as text", "\"count\":2", "\"count\":\"2\""),
            ("payload: version 2", "\"v\":1", "\"v\":2"),
            ("payload: without version", ",\"v\":1", ""),
            ("payload: unknown field", "\"v\":1", "\"v\":1,\"w\":1"),
            ("payload: space", "\"v\":1", "\"v\": 1"),
            ("payload: nonce of 15 bytes", "\"nonce\":\"5a", "\"nonce\":\""),
            ("payload: nonce in upper case", "\"nonce\":\"5a", "\"nonce\":\"5A"),
            ("payload: member's name with a space", "notary-1", "notary 1"),
            ("payload: chain without digest", "cn-courts/", "cn-courts"),
            ("payload: date that is none", "2026-11-23", "2026-11-00"),
            ("payload: another root", "\"statements\":\"sha256:", "\"statements\":\"sha256:0"),
            ("payload: root not tagged", "\"statements\":\"sha256:", "\"statements\":\""),
            ("payload: another key than the signer's", &key, &other),
            ("payload: key of small order", &key, small),
        ],
    );
    edits.into_iter().map(|(name, payload)| (name, signed(network, &payload, statements))).collect()
}

fn text_edits(network: &Network) -> Vec<(&'static str, String)> {
    let text = network.transaction(vec![public(b"a"), public_sha512(b"b")]).to_text();
    let (head, tail) = text.split_once("\"sig\":\"").unwrap();
    let (signature, rest) = tail.split_once('"').unwrap();
    let bytes: [u8; 64] = base64_text::decode_array(signature).unwrap();
    let with = |signature: &str| format!("{head}\"sig\":\"{signature}\"{rest}");
    let payload = &text[text.find("{\"payload\":\"").unwrap() + 12..text.find("\",\"payloadType\"").unwrap()];
    let message = pre_authentication_encoding(&base64_text::decode(payload).unwrap());
    let at = text.find("\"statements\":[").unwrap() + 14;
    let list = &text[at..text.len() - 2];
    let middle = list.find("},{").unwrap() + 1;
    let (one, two) = (&list[..middle], &list[middle + 1..]);
    let statements = |list: String| format!("{}{list}]}}", &text[..at]);
    let mut broken = edits(
        &text,
        &[
            ("keyid", "{\"sig\"", "{\"keyid\":\"1\",\"sig\""),
            ("another payload type", "v1+json", "v2+json"),
            ("space", "\"envelope\":", "\"envelope\": "),
            ("unknown field", ",\"statements\"", ",\"receipt\":1,\"statements\""),
            ("unknown field in the envelope", "{\"payload\"", "{\"id\":1,\"payload\""),
            ("statement changed", "\"size\":1", "\"size\":2"),
            ("statement that breaks a rule", "\"mode\":\"public\",\"size\":1", "\"mode\":\"public\""),
            ("statement of an unknown kind", "\"kind\":\"evidence\"", "\"kind\":\"custody\""),
        ],
    );
    let mut flipped = bytes;
    flipped[0] ^= 1;
    let encode = |signature: &[u8]| with(&base64_text::encode(signature));
    broken.extend([
        ("signature changed", encode(&flipped)),
        ("signature of 63 bytes", encode(&bytes[..63])),
        ("signature of 65 bytes", encode(&[&bytes[..], &[0]].concat())),
        ("signature in loose base64", with(&loose(signature))),
        (
            "signature with S plus the group order",
            encode(&crate::ed25519::add_order(&courtseal_proof::bytes::key::Signature(bytes)).0),
        ),
        ("signature with R of small order", encode(&crate::ed25519::small_order_r(&network.notary().key, &message).0)),
        ("no signature", format!("{}[]}},{}", &text[..text.find("[{").unwrap()], &text[at - 14..])),
        (
            "signature twice",
            text.replace(
                &format!("{{\"sig\":\"{signature}\"}}"),
                &format!("{{\"sig\":\"{signature}\"}},{{\"sig\":\"{signature}\"}}"),
            ),
        ),
        ("statements in another order", statements(format!("{two},{one}"))),
        ("a statement missing", statements(one.to_owned())),
        ("a statement too many", statements(format!("{one},{two},{two}"))),
        ("no statements", statements(String::new())),
        ("newline at the end", text.clone() + "\n"),
        ("no JSON", "transaction".into()),
        ("empty", String::new()),
    ]);
    broken
}

/// The file `transaction.json`.
pub fn transactions() -> Value {
    let network = Network::of_vectors("cn-courts", 4);
    let two = network.transaction(vec![public(b"a"), public(b"b")]);
    let confidential = edited(Statement::confidential(commitment(&[1; 32], b"d")), |own| own.case = Some(case_tag(&network)));
    let other = Network::of_vectors("other-courts", 4);
    let (equivocation, forged) = equivocations::transactions(&network, &other);
    let (accusations, more_forged) = cosigners::transactions(&network, &other);
    let mut valid = vec![
        ("one statement", network.transaction(vec![public(b"a")])),
        ("two statements", two),
        ("the same statement twice", network.transaction(vec![public(b"a"), public(b"a")])),
        ("equivocation", equivocation),
        ("65 statements of evidence", network.transaction(vec![public(b"a"); 65])),
        ("seven statements of all modes", network.transaction([vec![confidential], vec![public_sha512(b"x"); 6]].concat())),
    ];
    valid.extend(judgments::transactions(&network));
    valid.extend(accusations);
    let ids: Vec<String> = valid.iter().map(|(_, transaction)| transaction.id().to_string()).collect();
    let valid = valid.iter().map(|(name, transaction)| (*name, transaction.to_text())).collect();
    let mut broken = [text_edits(&network), payload_edits(&network)].concat();
    broken.extend(forged.iter().chain(&more_forged).map(|(name, text)| (name.as_str(), text.clone())));
    broken.push(("judgment: unknown act", judgments::unknown_act(&network)));
    broken.extend(judgments::too_many(&network));
    let read = |text: &[u8]| Transaction::from_text(text, true).ok().map(|transaction| transaction.to_text());
    let mut cases = answered(valid, broken, read);
    cases.iter_mut().zip(ids).for_each(|(case, id)| case["id"] = id.into());
    document("Transactions (specs/formats.md, F18 to F21)", cases)
}
