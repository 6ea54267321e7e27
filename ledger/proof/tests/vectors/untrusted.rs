//! Receipts and policies that fail checks 2 to 5: policy, log signature, cosignatures, inclusion.
//!
//! In: a valid receipt and policy.
//! Out: cases with one thing wrong.
//! Always: the checks before the one that fails would pass.
//! Not for checks 1 and 6 to 8.

use crate::ed25519::{IDENTITY, MIXED_ORDER, NON_CANONICAL, add_order, small_order_r};
use crate::receipts::{Case, Scene};
use courtseal_fixtures::log::COSIGNED_AT_S;
use courtseal_fixtures::{Network, secret};
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::key::{PublicKey, SecretKey, Signature};
use courtseal_proof::log::checkpoint::Cosignature;
use courtseal_proof::log::note::{SignatureLine, VerifierKey};
use courtseal_proof::receipt::Receipt;
use std::collections::BTreeMap;

fn unreadable(scene: &Scene<'_>) -> Vec<(&'static str, String)> {
    let text = &scene.network.policy;
    let weak_key = |hex: &str| {
        let key = VerifierKey::cosigner(&scene.network.genesis.courts[0].name, PublicKey::from_hex(hex).unwrap());
        text.replace(&scene.network.cosigner(0).to_string(), &key.to_string())
    };
    let other_log = scene.other.policy.lines().next().unwrap();
    let cosigner = scene.network.cosigner(3).to_string();
    let (name, rest) = cosigner.split_once('+').unwrap();
    let log = VerifierKey::log(&scene.network.origin, scene.network.courts[0].log.public()).to_string();
    // Pairs of keys with one key id, found by trying labels.
    let log_twins = ["twin 15530", "twin 32741"].map(|label| VerifierKey::log(&scene.network.origin, secret(label).public()));
    let twin = courtseal_proof::bytes::name::Name::new("twin").unwrap();
    let witness_twins = ["twin 66059", "twin 211824"].map(|label| VerifierKey::cosigner(&twin, secret(label).public()));
    assert!(log_twins[0].id() == log_twins[1].id() && witness_twins[0].id() == witness_twins[1].id());
    vec![
        ("truncated", text[..text.len() / 2].to_owned()),
        ("without quorum", text.replace("quorum courts\n", "")),
        ("without final newline", text.trim_end().to_owned()),
        ("no policy", "Three of four courts are enough.\n".into()),
        ("empty", String::new()),
        ("CRLF", text.replace('\n', "\r\n")),
        ("wrong key id", text.replace(&cosigner, &format!("{name}+00000000{}", &rest[8..]))),
        ("small-order key", weak_key(IDENTITY)),
        ("key with a small-order part", weak_key(MIXED_ORDER)),
        ("non-canonical key", weak_key(NON_CANONICAL)),
        ("two origins", format!("{other_log}\n{text}")),
        ("no log", text.lines().filter(|line| !line.starts_with("log")).map(|line| format!("{line}\n")).collect()),
        ("two courts with ML-DSA-44 keys", with_ml_dsa(scene, &[2, 3])),
        ("quorum of one court with an ML-DSA-44 key", with_ml_dsa(scene, &[3]).replace("quorum courts", "quorum court-03")),
        ("every court with an ML-DSA-44 key", with_ml_dsa(scene, &[0, 1, 2, 3])),
        ("ML-DSA-44 key twice", {
            let text = with_ml_dsa(scene, &[3]);
            let line = text.lines().find(|line| line.starts_with("witness court-03 ")).unwrap();
            format!("{}\n{text}", line.replace("witness court-03 ", "witness again "))
        }),
        ("unknown key type without a key", {
            let line = format!("witness pq pq+00000000+{}\n", courtseal_proof::bytes::base64_text::encode(&[6]));
            text.replace("group ", &format!("{line}group "))
        }),
        ("unknown key type with a short id", with_ml_dsa(scene, &[3]).replacen("court-03+", "court-03+0", 1)),
        ("log of an unknown key type and another network", {
            let name = scene.other.origin.to_string();
            format!("log {}\n{text}", ml_dsa(&name))
        }),
        ("log named by no origin", {
            let named =
                VerifierKey::cosigner(&scene.network.genesis.courts[0].name, scene.network.courts[0].log.public()).to_string();
            let (_, encoded) = named.rsplit_once('+').unwrap();
            let mut key = courtseal_proof::bytes::base64_text::decode(encoded).unwrap();
            key[0] = 1;
            let id = sha256(&[b"log.example\n", &key[..]].concat()).to_string();
            let line = format!("log log.example+{}+{}\n", &id[..8], courtseal_proof::bytes::base64_text::encode(&key));
            let rest: String = text.lines().filter(|line| !line.starts_with("log")).map(|line| format!("{line}\n")).collect();
            line + &rest
        }),
        ("two logs with one key id", log_twins.map(|key| format!("log {key}\n")).concat() + text),
        ("two witnesses with one name and key id", {
            let lines = witness_twins.each_ref().map(|key| format!("witness {} {key}\n", key.key()));
            text.replace("group ", &format!("{}group ", lines.concat()))
        }),
        ("threshold with a leading zero", text.replace("group courts 3", "group courts 03")),
        ("log key as witness", text.replace(&format!("court-03 {cosigner}"), &format!("court-03 {log}"))),
        ("group of five of four", text.replace("group courts 3", "group courts 5")),
        ("group of none", text.replace("group courts 3", "group courts 0")),
        ("unknown member", text.replace("court-02 court-03\n", "court-02 court-04\n")),
        ("member twice", text.replace("court-02 court-03\n", "court-02 court-02\n")),
        ("unknown line", format!("{text}notary court-00\n")),
        ("second quorum", format!("{text}quorum courts\n")),
        ("quorum of nothing known", text.replace("quorum courts", "quorum judges")),
    ]
}

/// A verifier key of ML-DSA-44, which this version does not know.
fn ml_dsa(name: &str) -> String {
    let key = [&[6][..], sha256(name.as_bytes()).0.repeat(41).as_slice()].concat();
    let id = sha256(&[name.as_bytes(), b"\n", &key[..]].concat()).to_string();
    format!("{name}+{}+{}", &id[..8], courtseal_proof::bytes::base64_text::encode(&key))
}

/// The policy of four courts, these of them with keys of ML-DSA-44.
fn with_ml_dsa(scene: &Scene<'_>, courts: &[usize]) -> String {
    let network = scene.network;
    let replace = |text: String, court: &usize| {
        text.replace(&network.cosigner(*court).to_string(), &ml_dsa(network.genesis.courts[*court].name.as_str()))
    };
    courts.iter().fold(network.policy.clone(), replace)
}

fn weak(scene: &Scene<'_>) -> Vec<(&'static str, String)> {
    let text = &scene.network.policy;
    let groups = "group a any court-00 court-01\ngroup b any court-02 court-03\ngroup courts all a b\n";
    let own = "group courts 3 court-00 court-01 court-02 court-03\n";
    vec![
        ("two of four", text.replace("group courts 3", "group courts 2")),
        ("any of four", text.replace("group courts 3", "group courts any")),
        ("quorum none", text.replace("quorum courts", "quorum none")),
        ("weak groups", text.replace(own, groups)),
        ("ML-DSA-44 witness outside of the quorum", { text.replace("group ", &format!("witness pq {}\ngroup ", ml_dsa("pq"))) }),
        ("two of four, and one has an ML-DSA-44 key", with_ml_dsa(scene, &[3]).replace("group courts 3", "group courts 2")),
        ("one witness of four", text.replace("quorum courts", "quorum court-00")),
        ("other network, two of four", scene.other.policy.replace("group courts 3", "group courts 2")),
    ]
}

/// The policies of `receipt.json`, by name.
pub fn policies(scene: &Scene<'_>) -> BTreeMap<String, String> {
    let text = scene.network.policy.clone();
    let groups = "group a all court-00 court-01\ngroup b any court-02 court-03\ngroup courts all a b\n";
    let own = "group courts 3 court-00 court-01 court-02 court-03\n";
    let foreign = text
        .replace("witness ", "\n# a court \u{6cd5}\u{9662}\n \twitness  ")
        .replace("court-03 court-03", "last\tcourt-03")
        .replace("court-02 court-03\n", "last court-02 \n")
        .lines()
        .map(|line| if line.starts_with("log") { format!("{line} https://courts.example/log/\n") } else { format!("{line}\n") })
        .collect();
    let logless = text.lines().skip(1).map(|line| format!("{line}\n")).collect();
    let mut policies: BTreeMap<String, String> = [
        ("four", text.clone()),
        ("groups", text.replace(own, groups)),
        ("foreign", foreign),
        ("other", scene.other.policy.clone()),
        ("without the first log key", logless),
        ("one court with an ML-DSA-44 key", with_ml_dsa(scene, &[3])),
        ("first court with an ML-DSA-44 key", with_ml_dsa(scene, &[0])),
        ("groups that an ML-DSA-44 key is left out of", with_ml_dsa(scene, &[3]).replace(own, groups)),
        ("log with an ML-DSA-44 key", format!("log {}\n{text}", ml_dsa(&scene.network.origin.to_string()))),
        ("first log key of ML-DSA-44", {
            let first = VerifierKey::log(&scene.network.origin, scene.network.courts[0].log.public()).to_string();
            text.replace(&first, &ml_dsa(&scene.network.origin.to_string()))
        }),
        ("later epoch", text.replace(&scene.network.cosigner(1).to_string(), &later(scene.network).to_string())),
    ]
    .map(|(name, text)| (name.to_owned(), text))
    .into();
    policies.extend(unreadable(scene).into_iter().chain(weak(scene)).map(|(name, text)| (name.to_owned(), text)));
    policies
}

fn later(network: &Network) -> VerifierKey {
    VerifierKey::cosigner(&network.genesis.courts[1].name, secret("the next key of court-01").public())
}

fn policy_cases(scene: &Scene<'_>) -> Vec<Case> {
    let text = scene.receipt().to_text();
    let case = |name: String, policy| Case::new(name, text.clone()).policy(policy);
    let mut cases = Vec::new();
    cases.extend(unreadable(scene).iter().map(|(p, _)| case(format!("policy: {p}"), p).fails("policy-unreadable")));
    cases.extend(weak(scene).iter().map(|(p, _)| case(format!("policy: {p}"), p).fails("policy-too-weak")));
    let unknown = |name: &str, change: &dyn Fn(&mut Receipt)| Case::new(name, scene.changed(change)).fails("unknown-key");
    cases.extend([
        case("policy: another network".into(), "other").fails("other-network"),
        case("policy: log key not listed".into(), "without the first log key").fails("unknown-key"),
        case("policy: one court with an ML-DSA-44 key".into(), "one court with an ML-DSA-44 key"),
        case("policy: groups that an ML-DSA-44 key is left out of".into(), "groups that an ML-DSA-44 key is left out of"),
        case("policy: log with an ML-DSA-44 key beside the others".into(), "log with an ML-DSA-44 key"),
        case("policy: log signature of a log with an ML-DSA-44 key".into(), "first log key of ML-DSA-44").fails("unknown-key"),
        case("policy: cosigned by a court with an ML-DSA-44 key".into(), "first court with an ML-DSA-44 key")
            .fails("unknown-key"),
        case("policy: cosigner of a later epoch".into(), "later epoch").fails("unknown-key"),
        unknown("unknown key: log key id damaged", &|r| r.signed.log.id[0] ^= 1),
        unknown("unknown key: cosigner key id damaged", &|r| r.signed.cosignatures[2].id[3] ^= 0x80),
        unknown("unknown key: cosigner renamed", &|r| r.signed.cosignatures[2].name = "court-09".into()),
        unknown("unknown key: cosigner name of another court", &|r| r.signed.cosignatures[2].name = "court-03".into()),
        unknown("unknown key: surplus line of an unknown key", &|r| {
            let line = SignatureLine::cosignature(&later(scene.network), 1, &Signature([1; 64]));
            r.signed.cosignatures.push(SignatureLine { name: "somebody".into(), ..line });
        }),
        unknown("unknown key before a wrong log signature", &|r| {
            r.signed.log.blob[0] ^= 1;
            r.signed.cosignatures[0].id[0] ^= 1;
        }),
    ]);
    cases
}

fn log_signature_cases(scene: &Scene<'_>) -> Vec<Case> {
    let network = scene.network;
    let case = |name: &str, change: &dyn Fn(&mut Receipt)| {
        Case::new(format!("log signature: {name}"), scene.changed(change)).fails("log-signature")
    };
    let sign = |key: &SecretKey, receipt: &Receipt| key.sign(receipt.signed.checkpoint.to_text().as_bytes());
    vec![
        case("one bit changed", &|r| r.signed.log.blob[17] ^= 4),
        case("by another court under this key id", &|r| r.signed.log.blob = sign(&network.courts[1].log, r).0.to_vec()),
        case("by the cosigner key", &|r| r.signed.log.blob = sign(&network.courts[0].cosigner, r).0.to_vec()),
        case("of another size", &|r| {
            let checkpoint = courtseal_proof::log::checkpoint::Checkpoint {
                size: r.signed.checkpoint.size + 1,
                ..r.signed.checkpoint.clone()
            };
            r.signed.log = network.log_line(0, &checkpoint);
        }),
        case("size of the checkpoint changed", &|r| r.signed.checkpoint.size += 1),
        case("root of the checkpoint changed", &|r| r.signed.checkpoint.root.0[0] ^= 1),
        case("S plus the group order", &|r| r.signed.log.blob = add_order(&sign(&network.courts[0].log, r)).0.to_vec()),
        case("R of small order", &|r| {
            r.signed.log.blob = small_order_r(&network.courts[0].log, r.signed.checkpoint.to_text().as_bytes()).0.to_vec();
        }),
        case("all zero", &|r| r.signed.log.blob = vec![0; 64]),
    ]
}

fn cosignature_cases(scene: &Scene<'_>) -> Vec<Case> {
    let network = scene.network;
    let case = |name: &str, change: &dyn Fn(&mut Receipt)| {
        Case::new(format!("cosignatures: {name}"), scene.changed(change)).fails("cosignatures")
    };
    let replace = |receipt: &mut Receipt, cosignature: Cosignature| {
        receipt.signed.cosignatures[1] =
            SignatureLine::cosignature(&network.cosigner(1), cosignature.time_s, &cosignature.signature);
    };
    let time_s = COSIGNED_AT_S + 1;
    vec![
        case("one bit changed", &|r| r.signed.cosignatures[2].blob[40] ^= 1),
        case("time changed", &|r| r.signed.cosignatures[0].blob[7] ^= 1),
        case("by another court under this name", &|r| {
            let cosignature = r.signed.checkpoint.cosign(&network.courts[2].cosigner, time_s);
            replace(r, cosignature);
        }),
        case("by the log key", &|r| {
            let cosignature = r.signed.checkpoint.cosign(&network.courts[1].log, time_s);
            replace(r, cosignature);
        }),
        case("of another root", &|r| {
            let other = courtseal_proof::log::checkpoint::Checkpoint { root: sha256(b"other"), ..r.signed.checkpoint.clone() };
            replace(r, other.cosign(&network.courts[1].cosigner, time_s));
        }),
        case("over the checkpoint without the time", &|r| {
            let signature = network.courts[1].cosigner.sign(r.signed.checkpoint.to_text().as_bytes());
            replace(r, Cosignature { time_s, signature });
        }),
        case("S plus the group order", &|r| {
            let cosignature = r.signed.checkpoint.cosign(&network.courts[1].cosigner, time_s);
            replace(r, Cosignature { signature: add_order(&cosignature.signature), ..cosignature });
        }),
        case("R of small order", &|r| {
            let message = format!("cosignature/v1\ntime {time_s}\n{}", r.signed.checkpoint.to_text());
            replace(r, Cosignature { time_s, signature: small_order_r(&network.courts[1].cosigner, message.as_bytes()) });
        }),
        case("unsorted", &|r| r.signed.cosignatures.swap(0, 1)),
        case("one twice", &|r| r.signed.cosignatures[1] = r.signed.cosignatures[0].clone()),
        case("one twice, beside enough others", &|r| r.signed.cosignatures.insert(0, r.signed.cosignatures[0].clone())),
        case("one too few", &|r| drop(r.signed.cosignatures.pop())),
        case("one too many", &|r| r.signed.cosignatures.push(network.cosignature(3, &r.signed.checkpoint, COSIGNED_AT_S + 3))),
        case("none", &|r| r.signed.cosignatures.clear()),
        case("the right number, but not of the groups", &|r| {
            r.signed.cosignatures =
                [0, 2, 3].map(|court| network.cosignature(court, &r.signed.checkpoint, COSIGNED_AT_S + court as u64)).into();
        })
        .policy("groups"),
    ]
}

fn inclusion_cases(scene: &Scene<'_>) -> Vec<Case> {
    let case = |name: &str, change: &dyn Fn(&mut Receipt)| {
        Case::new(format!("inclusion: {name}"), scene.changed(change)).fails("inclusion")
    };
    vec![
        case("another index", &|r| r.index += 1),
        case("index of the log's size", &|r| r.index = r.signed.checkpoint.size),
        case("index far outside", &|r| r.index = (1 << 53) - 1),
        case("one byte of the entry changed", &|r| r.entry = r.entry.replace("notary-1", "notary-2")),
        case("one space after the entry", &|r| r.entry.push(' ')),
        case("a path hash changed", &|r| r.path[1].0[31] ^= 1),
        case("path too short", &|r| r.path.truncate(r.path.len() - 1)),
        case("path empty", &|r| r.path.clear()),
        case("path too long", &|r| r.path.push(sha256(b""))),
        case("path hashes swapped", &|r| r.path.swap(0, 1)),
    ]
}

/// All cases of this file.
pub fn cases(scene: &Scene<'_>) -> Vec<Case> {
    [policy_cases(scene), log_signature_cases(scene), cosignature_cases(scene), inclusion_cases(scene)]
        .into_iter()
        .flatten()
        .collect()
}
