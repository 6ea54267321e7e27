//! Receipts of entries that no honest court records, signed all the same: checks 6 to 8 (F38).
//!
//! In: leaves, envelopes and payloads of any text.
//! Out: cases whose log signature, cosignatures and inclusion hold.
//! Always: only the named check fails, so that a verifier that trusts the courts without looking further
//! gives another answer.
//! Not for checks 1 to 5.

use crate::ed25519::{IDENTITY, add_order, small_order_r};
use crate::entries;
use crate::malformed::loose;
use crate::receipts::{BINARY, Case, FILE, POSITION, SALT, Scene, opening};
use crate::statements::{commitment, public_sha512, public_sm3};
use courtseal_fixtures::log::{FIRST_INDEX, member_part};
use courtseal_fixtures::secret;
use courtseal_fixtures::statements::public;
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::key::{SecretKey, Signature};
use courtseal_proof::entry::RejectionRule;
use courtseal_proof::kinds::verdict::Verdict;
use courtseal_proof::opening::Opening;
use courtseal_proof::receipt::MemberPart;
use courtseal_proof::statement::Statement;
use courtseal_proof::transaction::{PAYLOAD_TYPE, pre_authentication_encoding};

/// The receipt of a leaf that takes the place of the usual statement's.
fn receipt_of(scene: &Scene<'_>, leaf: String, member: Option<MemberPart>) -> String {
    let mut log = scene.log();
    log.leaves[FIRST_INDEX + POSITION] = leaf;
    log.receipt(FIRST_INDEX + POSITION, member).to_text()
}

fn entry_cases(scene: &Scene<'_>) -> Vec<Case> {
    let part = member_part(&scene.transaction, POSITION);
    let leaf = scene.receipt().entry;
    let mut cases = Vec::new();
    for (name, text) in entries::broken(&leaf) {
        cases.push(Case::new(format!("entry: {name}"), receipt_of(scene, text, Some(part.clone()))).fails("entry"));
    }
    for (name, text) in entries::unknown(&leaf) {
        cases.push(Case::new(format!("version: {name}"), receipt_of(scene, text, Some(part.clone()))).fails("version"));
    }
    let replace = |from: &str, to: &str| {
        assert!(leaf.contains(from));
        receipt_of(scene, leaf.replace(from, to), Some(part.clone()))
    };
    cases.push(Case::new("entry: another index", replace("\"index\":4", "\"index\":5")).fails("entry"));
    let other = scene.other.origin.to_string();
    cases.push(Case::new("entry: another network", replace(&scene.network.origin.to_string(), &other)).fails("entry"));
    let mut log = scene.log();
    log.leaves[0] = log.leaves[0].replace("\"kind\":\"genesis\"", "\"kind\":\"statement\"");
    cases.push(Case::new("entry: a statement without its fields", log.receipt(0, None).to_text()).no_file().fails("entry"));
    cases
}

/// A payload, its signer, its envelope and its entry, to be changed one at a time.
struct Forgery {
    payload: String,
    key: SecretKey,
    sign: fn(&SecretKey, &[u8]) -> Signature,
    envelope: fn(String) -> String,
    entry: fn(String) -> String,
    path: String,
}

impl Forgery {
    fn new(scene: &Scene<'_>) -> Self {
        Self {
            payload: String::from_utf8(scene.transaction.envelope().payload.clone()).unwrap(),
            key: scene.network.notary().key.clone(),
            sign: SecretKey::sign,
            envelope: |text| text,
            entry: |text| text,
            path: member_part(&scene.transaction, POSITION).path,
        }
    }

    fn replace(mut self, from: &str, to: &str) -> Self {
        assert!(self.payload.contains(from), "{from}");
        self.payload = self.payload.replace(from, to);
        self
    }

    /// The receipt; the entry names the forged transaction.
    fn receipt(&self, scene: &Scene<'_>) -> String {
        let signed = pre_authentication_encoding(self.payload.as_bytes());
        let signature = base64_text::encode(&(self.sign)(&self.key, &signed).0);
        let payload = base64_text::encode(self.payload.as_bytes());
        let envelope =
            format!(r#"{{"payload":"{payload}","payloadType":"{PAYLOAD_TYPE}","signatures":[{{"sig":"{signature}"}}]}}"#);
        let id = scene.transaction.id().tagged();
        let entry = (self.entry)(scene.receipt().entry.replace(&id, &sha256(&signed).tagged()));
        receipt_of(scene, entry, Some(MemberPart { envelope: (self.envelope)(envelope), path: self.path.clone() }))
    }
}

/// A Forgery that changes nothing gives the usual receipt; all else follows from that.
fn forge(scene: &Scene<'_>, name: &str, change: impl FnOnce(&mut Forgery)) -> Case {
    let mut forgery = Forgery::new(scene);
    assert_eq!(forgery.receipt(scene), scene.receipt().to_text());
    change(&mut forgery);
    Case::new(format!("member: {name}"), forgery.receipt(scene)).fails("member")
}

fn envelope_cases(scene: &Scene<'_>) -> Vec<Case> {
    vec![
        forge(scene, "envelope with a space", |f| f.envelope = |text| text.replace("\":", "\": ")),
        forge(scene, "envelope with keyid", |f| f.envelope = |text| text.replace("{\"sig\"", "{\"keyid\":\"1\",\"sig\"")),
        forge(scene, "envelope with an empty keyid", |f| f.envelope = |text| text.replace("{\"sig\"", "{\"keyid\":\"\",\"sig\"")),
        forge(scene, "envelope with two signatures", |f| {
            f.envelope = |text| {
                let (head, signature) = text.split_once("[{").unwrap();
                let one = signature.strip_suffix("]}").unwrap();
                format!("{head}[{{{one},{{{one}]}}")
            };
        }),
        forge(scene, "envelope without a signature", |f| {
            f.envelope = |text| format!("{}[]}}", text.split_once("[{").unwrap().0);
        }),
        forge(scene, "envelope with another field", |f| f.envelope = |text| text.replace("{\"payload\"", "{\"a\":1,\"payload\"")),
        forge(scene, "envelope of another payload type", |f| f.envelope = |text| text.replace("v1+json", "v2+json")),
        forge(scene, "envelope is no JSON", |f| f.envelope = |_| "envelope".into()),
        forge(scene, "envelope is empty", |f| f.envelope = |_| String::new()),
        forge(scene, "loose base64 in the signature", |f| {
            f.envelope = |text| {
                let (head, signature) = text.split_once("\"sig\":\"").unwrap();
                let (signature, tail) = signature.split_once('"').unwrap();
                format!("{head}\"sig\":\"{}\"{tail}", loose(signature))
            };
        }),
        forge(scene, "signature of 63 bytes", |f| {
            f.envelope = |text| {
                let (head, signature) = text.split_once("\"sig\":\"").unwrap();
                let bytes = base64_text::decode(signature.split_once('"').unwrap().0).unwrap();
                format!("{head}\"sig\":\"{}\"}}]}}", base64_text::encode(&bytes[1..]))
            };
        }),
        forge(scene, "signed by another key", |f| f.key = secret("somebody else")),
        forge(scene, "signature over the payload alone", |f| {
            f.sign = |key, signed| key.sign(signed.splitn(5, |b| *b == b' ').last().unwrap())
        }),
        forge(scene, "one bit of the signature changed", |f| {
            f.sign = |key, signed| {
                let mut signature = key.sign(signed);
                signature.0[5] ^= 1;
                signature
            };
        }),
        forge(scene, "S plus the group order", |f| f.sign = |key, signed| add_order(&key.sign(signed))),
        forge(scene, "R of small order", |f| f.sign = small_order_r),
    ]
}

fn payload_cases(scene: &Scene<'_>) -> Vec<Case> {
    let key = scene.network.notary().key.public().to_string();
    let payload = |name: &str, from: &str, to: &str| forge(scene, name, |f| *f = Forgery::new(scene).replace(from, to));
    let other = scene.other.origin.to_string();
    let swap_key = |entry: String, key: &[u8]| {
        let (head, tail) = entry.split_once("\"key\":\"sha256:").unwrap();
        format!("{head}\"key\":\"{}{}", sha256(key).tagged(), &tail[64..])
    };
    let mut weak = Forgery::new(scene).replace(&key, IDENTITY);
    // The neutral element as key. With R the neutral element and S zero, the plain equation holds for every
    // message.
    weak.sign = |_, _| Signature([hex::decode(IDENTITY).unwrap(), vec![0; 32]].concat().try_into().unwrap());
    let signed = pre_authentication_encoding(weak.payload.as_bytes());
    let id = sha256(&signed).tagged();
    let entry = swap_key(scene.receipt().entry.replace(&scene.transaction.id().tagged(), &id), &hex::decode(IDENTITY).unwrap());
    let signature = base64_text::encode(&(weak.sign)(&weak.key, &signed).0);
    let bytes = base64_text::encode(weak.payload.as_bytes());
    let envelope = format!(r#"{{"payload":"{bytes}","payloadType":"{PAYLOAD_TYPE}","signatures":[{{"sig":"{signature}"}}]}}"#);
    let weak = receipt_of(scene, entry, Some(MemberPart { envelope, path: weak.path }));
    vec![
        payload("payload of another network", &scene.network.origin.to_string(), &other),
        payload("payload of another member", "\"notary-1\"", "\"notary-2\""),
        payload("payload with a space", "\"count\":6", "\"count\": 6"),
        payload("payload with another field", "\"count\":6", "\"count\":6,\"extra\":1"),
        payload("payload of version 2", "\"v\":1", "\"v\":2"),
        payload("payload counts none", "\"count\":6", "\"count\":0"),
        payload("payload counts one statement too few", "\"count\":6", "\"count\":1"),
        payload("payload counts 4,097", "\"count\":6", "\"count\":4097"),
        payload("payload with a short nonce", "\"nonce\":\"5a", "\"nonce\":\""),
        payload("payload with a date that is none", "\"not_after\":\"2026-11-23", "\"not_after\":\"2026-11-31"),
        payload("payload of another root", "\"statements\":\"sha256:", "\"statements\":\"sha256:0"),
        forge(scene, "payload signed with another key than its own", |f| {
            *f = Forgery::new(scene).replace(&key, &secret("somebody else").public().to_string());
        }),
        forge(scene, "key digest of another key in the entry", |f| {
            f.entry = |text| {
                let (head, tail) = text.split_once("\"key\":\"sha256:").unwrap();
                format!("{head}\"key\":\"{}{}", sha256(b"other key").tagged(), &tail[64..])
            };
        }),
        forge(scene, "another transaction in the entry", |f| {
            f.entry = |text| {
                let (head, _) = text.split_once("\"transaction\":").unwrap();
                format!("{head}\"transaction\":\"{}\",\"v\":2}}", sha256(b"other").tagged())
            };
        }),
        forge(scene, "another position in the entry", |f| f.entry = |text| text.replace("\"position\":1", "\"position\":0")),
        forge(scene, "position past the count", |f| f.entry = |text| text.replace("\"position\":1", "\"position\":6")),
        forge(scene, "another statement in the entry", |f| f.entry = |text| text.replace("\"size\":", "\"size\":1")),
        Case::new("member: key of small order that signs everything", weak).fails("member"),
    ]
}

fn path_cases(scene: &Scene<'_>) -> Vec<Case> {
    let part = member_part(&scene.transaction, POSITION);
    let hashes: Vec<String> = part.path.split('"').filter(|text| text.len() == 44).map(str::to_owned).collect();
    let write = |hashes: &[String]| serde_json::json!({ "path": hashes }).to_string();
    assert_eq!(write(&hashes), part.path);
    let with = |name: &str, path: String| forge(scene, name, |f| f.path = path);
    let changed = |change: &dyn Fn(&mut Vec<String>)| {
        let mut all = hashes.clone();
        change(&mut all);
        write(&all)
    };
    let leaf = scene.receipt().entry;
    vec![
        with("statement path of another statement", member_part(&scene.transaction, 0).path),
        with("statement path too short", changed(&|h| drop(h.pop()))),
        with("statement path too long", changed(&|h| h.push(h[0].clone()))),
        with("statement path empty", write(&[])),
        with("statement path with a changed hash", changed(&|h| h[1] = base64_text::encode(&[7; 32]))),
        with("statement path with a hash of 31 bytes", changed(&|h| h[1] = base64_text::encode(&[7; 31]))),
        with("statement path with loose base64", changed(&|h| h[0] = loose(&h[0]))),
        with("statement path with a space", part.path.replace("\":", "\": ")),
        with("statement path with another field", part.path.replace("{\"path\"", "{\"a\":1,\"path\"")),
        with("statement path is a list", part.path[8..part.path.len() - 1].to_owned()),
        with("statement path is empty text", String::new()),
        Case::new("member: envelope and path missing", receipt_of(scene, leaf, None)).fails("member"),
        Case::new("member: genesis entry with an envelope", scene.log().receipt(0, Some(part.clone())).to_text())
            .no_file()
            .fails("member"),
        Case::new("member: epoch entry with an envelope", scene.log().receipt(1, Some(part.clone())).to_text())
            .no_file()
            .fails("member"),
        Case::new("member: state entry with an envelope", scene.log().receipt(2, Some(part)).to_text()).no_file().fails("member"),
    ]
}

fn file_cases(scene: &Scene<'_>) -> Vec<Case> {
    let text = scene.receipt().to_text();
    let file = |name: &str, file: &[u8]| Case::new(format!("file: {name}"), text.clone()).file(file).fails("file");
    let crlf = String::from_utf8(FILE.to_vec()).unwrap().replace('\n', "\r\n");
    let mut flipped = FILE.to_vec();
    flipped[9] ^= 1;
    let rejected = Verdict::Rejected(RejectionRule::Role);
    let rejection = scene.network.entry(&scene.transaction, POSITION, (FIRST_INDEX + POSITION) as u64, rejected).to_text();
    let rejection = receipt_of(scene, rejection, Some(member_part(&scene.transaction, POSITION)));
    let stated = |statement: Statement| {
        let transaction = scene.network.transaction(vec![statement]);
        scene.network.log(&transaction).receipt(FIRST_INDEX, Some(member_part(&transaction, 0))).to_text()
    };
    let of = |statement: Statement| statement.document().and_then(|document| document.as_public()).unwrap().digests.clone();
    let longer = stated(Statement::public(of(public(FILE)), FILE.len() as u64 + 1));
    let mut digests = of(public_sha512(FILE));
    digests.sha512.as_mut().unwrap()[63] ^= 1;
    let half = stated(Statement::public(digests, FILE.len() as u64));
    let mut digests = of(public_sm3(FILE));
    digests.sm3.as_mut().unwrap()[31] ^= 1;
    let third = stated(Statement::public(digests, FILE.len() as u64));
    vec![
        file("another file", b"Another lease.\n"),
        file("empty", b""),
        file("one bit changed", &flipped),
        file("CRLF line ends", crlf.as_bytes()),
        file("missing final newline", &FILE[..FILE.len() - 1]),
        file("surplus newline", &[FILE, b"\n"].concat()),
        file("truncated", &FILE[..40]),
        file("byte order mark", &["\u{feff}".as_bytes(), FILE].concat()),
        Case::new("file: not empty, recorded is an empty one", scene.receipt_of(0).to_text()).file(b"\n").fails("file"),
        Case::new("file: other file, recorded with SHA-512", scene.receipt_of(2).to_text()).file(&BINARY[1..]).fails("file"),
        Case::new("file: size recorded wrong, digest right", longer).fails("file"),
        Case::new("file: SHA-256 right, SHA-512 wrong", half).fails("file"),
        Case::new("file: the network refused the statement", rejection).fails("file"),
        Case::new("file: a genesis entry", scene.log().receipt(0, None).to_text()).fails("file"),
        Case::new("file: other file, recorded with SM3", scene.receipt_of(5).to_text()).file(BINARY).fails("file"),
        Case::new("file: SHA-256 and SHA-512 right, SM3 wrong", third).fails("file"),
        Case::new("file: a state entry", scene.log().receipt(2, None).to_text()).fails("file"),
        Case::new("file: an epoch entry", scene.log().receipt(1, None).to_text()).fails("file"),
    ]
}

fn opening_cases(scene: &Scene<'_>) -> Vec<Case> {
    let text = scene.receipt_of(3).to_text();
    let good = opening();
    let with = |name: &str, opening: String| Case::new(format!("opening: {name}"), text.clone()).opening(opening).fails("file");
    let salted = Opening { salt: [1; 32], ..good.clone() };
    assert_ne!(commitment(&salted.salt, FILE), commitment(&SALT, FILE));
    vec![
        Case::new("opening: missing", text.clone()).fails("no-opening"),
        Case::new("opening: missing, and another file", text.clone()).file(b"x").fails("no-opening"),
        with("another salt", salted.to_text()),
        with("another size", Opening { size: good.size + 1, ..good.clone() }.to_text()),
        with("empty", String::new()),
        with("not JSON", "salt".into()),
        with("version as text", good.to_text().replace("\"v\":1", "\"v\":\"2\"")),
        with("version 2, not canonical", good.to_text().replace("\"v\":1", "\"v\": 2")),
        with("version 2^53", good.to_text().replace("\"v\":1", "\"v\":9007199254740992")),
        with("field twice", good.to_text().replace("\"v\":1", "\"v\":1,\"v\":1")),
        with("half a character", good.to_text().replace("lease", "\\ud800")),
        Case::new("opening: of version 2", text.clone()).opening(good.to_text().replace("\"v\":1", "\"v\":2")).fails("version"),
        Case::new("opening: of version 2 with other fields", text.clone())
            .opening("{\"algorithm\":\"sm3\",\"v\":2}")
            .fails("version"),
        with("with a newline at the end", good.to_text() + "\n"),
        with("with an unknown field", good.to_text().replace("{\"asserted_at\"", "{\"a\":1,\"asserted_at\"")),
        with("without salt", good.to_text().replace(&format!("\"salt\":\"{}\",", "a5".repeat(32)), "")),
        with("salt in upper case", good.to_text().replace(&"a5".repeat(32), &"A5".repeat(32))),
        with("right, but another file", good.to_text()).file(b"Another lease.\n"),
        with("right, but the file with CRLF line ends", good.to_text())
            .file(String::from_utf8(FILE.to_vec()).unwrap().replace('\n', "\r\n").as_bytes()),
    ]
}

/// All cases of this file.
pub fn cases(scene: &Scene<'_>) -> Vec<Case> {
    [entry_cases, envelope_cases, payload_cases, path_cases, file_cases, opening_cases]
        .into_iter()
        .flat_map(|make| make(scene))
        .collect()
}
