//! Small texts: policy, note, verifier key, names, times, base64, digests and numbers (F4 to F8, F29 to F34).
//!
//! In: texts.
//! Out: whether each is accepted.
//! Always: what is accepted is written again byte for byte, except a policy, which is only read.
//! Not for JSON.

use crate::target::Target;
use courtseal_fixtures::vectors::{self, RECEIPTS};
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::name::{Name, Origin};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::commitment::Tag;
use courtseal_proof::log::checkpoint::{Checkpoint, CosignedCheckpoint, parse_decimal};
use courtseal_proof::log::note::{Note, VerifierKey};
use courtseal_proof::log::policy::Policy;

/// See the module.
pub const TARGETS: &[Target] = &[
    Target { name: "policy", length_bytes_max: 8 * 1024, run: policy, seeds: policies },
    Target { name: "note", length_bytes_max: 4 * 1024, run: note, seeds: notes },
    Target { name: "verifier-key", length_bytes_max: 512, run: verifier_key, seeds: verifier_keys },
    Target { name: "name", length_bytes_max: 256, run: name, seeds: names },
    Target { name: "time", length_bytes_max: 64, run: time, seeds: times },
    Target { name: "base64", length_bytes_max: 512, run: base64, seeds: encoded },
    Target { name: "word", length_bytes_max: 256, run: word, seeds: words },
];

fn policy(bytes: &[u8]) -> bool {
    let Ok(policy) = Policy::parse(bytes) else { return false };
    let all = (0..policy.witnesses().len()).collect();
    assert_eq!(policy.is_satisfied_by(&all), policy.least() <= policy.witnesses().len(), "all the witnesses are as good as any");
    if policy.is_strong() {
        assert!(3 * policy.least() > 2 * policy.listed());
        let few = (0..policy.least() - 1).collect();
        assert!(!policy.is_satisfied_by(&few), "fewer than the least are never enough");
    }
    true
}

fn policies() -> Vec<Vec<u8>> {
    let file = vectors::read("receipt.json");
    let policies = file["policies"].as_object().expect("receipt.json has policies");
    policies.values().filter_map(|text| text.as_str()).map(|text| text.as_bytes().to_vec()).collect()
}

fn note(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    if let Ok(signed) = CosignedCheckpoint::parse(text) {
        assert_eq!(signed.note().to_string(), text);
    }
    let Some(note) = Note::parse(text) else { return false };
    assert_eq!(note.to_string(), text);
    for line in &note.signatures {
        assert!(line.as_log().is_none() || line.as_cosignature().is_none(), "a signature is of one type");
    }
    if let Some(checkpoint) = Checkpoint::parse(&note.text) {
        assert_eq!(checkpoint.to_text(), note.text);
    }
    true
}

/// The second halves of receipts.
pub fn notes() -> Vec<Vec<u8>> {
    let note = |receipt: &Vec<u8>| Some(std::str::from_utf8(receipt).ok()?.split_once("\n\n")?.1.as_bytes().to_vec());
    RECEIPTS.iter().filter_map(|case| note(&case.receipt)).collect()
}

fn verifier_key(bytes: &[u8]) -> bool {
    let parsed = std::str::from_utf8(bytes).ok().and_then(|text| Some((text, VerifierKey::parse(text)?)));
    let Some((text, key)) = parsed else { return false };
    assert_eq!(key.to_string(), text);
    true
}

fn verifier_keys() -> Vec<Vec<u8>> {
    let file = vectors::read("hash.json");
    let ids = file["key_ids"].as_array().expect("hash.json has key ids");
    vectors::field(ids, "vkey")
}

fn name(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let name = Name::new(text);
    if let Ok(name) = &name {
        assert_eq!(name.as_str(), text);
    }
    let origin = Origin::parse(text);
    if let Ok(origin) = &origin {
        assert_eq!(origin.to_string(), text);
        assert_eq!(Origin::new(origin.network().clone(), origin.chain()), *origin);
    }
    assert!(name.is_err() || origin.is_err(), "no text is both");
    name.is_ok() || origin.is_ok()
}

fn names() -> Vec<Vec<u8>> {
    let origin = crate::network::GENESIS.origin().to_string();
    let short = ["court-beijing", "notary-1", "a", "", "-a", "a--b", "A", "法院"];
    short.into_iter().chain([origin.as_str(), &origin.to_uppercase()]).map(|text| text.as_bytes().to_vec()).collect()
}

fn time(bytes: &[u8]) -> bool {
    let parsed = std::str::from_utf8(bytes).ok().and_then(|text| Some((text, Timestamp::parse(text)?)));
    let Some((text, time)) = parsed else { return false };
    assert_eq!(time.to_string(), text);
    true
}

fn times() -> Vec<Vec<u8>> {
    let texts = ["2026-11-23T17:00:00.123Z", "1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z", "2000-02-29T00:00:00.000Z"];
    texts.map(|text| text.as_bytes().to_vec()).to_vec()
}

fn base64(bytes: &[u8]) -> bool {
    assert_eq!(base64_text::decode(&base64_text::encode(bytes)).as_deref(), Some(bytes));
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let decoded = base64_text::decode(text);
    if let Some(decoded) = &decoded {
        assert_eq!(base64_text::encode(decoded), text, "one text for the same bytes");
    }
    assert_eq!(base64_text::decode_array::<32>(text).map(Vec::from), decoded.clone().filter(|decoded| decoded.len() == 32));
    decoded.is_some()
}

fn encoded() -> Vec<Vec<u8>> {
    let lengths = [0usize, 1, 2, 3, 32, 33, 64, 100];
    lengths.map(|length| base64_text::encode(&vec![length as u8; length]).into_bytes()).to_vec()
}

fn word(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let again = [
        parse_decimal(text).map(|number| number.to_string()),
        Digest::from_hex(text).map(|digest| digest.to_string()),
        PublicKey::from_hex(text).map(|key| key.to_string()),
        Tag::parse(text).map(|tag| tag.to_string()),
    ];
    again.iter().flatten().for_each(|again| assert_eq!(again, text));
    again.iter().any(Option::is_some)
}

fn words() -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> =
        ["0", "12", "9007199254740991", "9007199254740992", "012", "+1"].map(|text| text.into()).to_vec();
    let file = vectors::read("hash.json");
    for (list, field) in [("roots", "root"), ("commitments", "commitment"), ("case_tags", "tag"), ("key_ids", "key")] {
        words.extend(vectors::field(file[list].as_array().expect("hash.json has this list"), field));
    }
    words
}
