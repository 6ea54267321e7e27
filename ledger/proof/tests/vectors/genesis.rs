//! `genesis.json`: documents that keep every rule of F10 to F13, and documents that break one.
//!
//! In: the courts and members of `network`.
//! Out: texts.
//! Always: proofs of possession are made again if a change breaks them, so that only the named rule is
//! broken.
//! Not for networks to run.

use crate::documents::{case, document};
use crate::ed25519::{IDENTITY, MIXED_ORDER, NON_CANONICAL};
use courtseal_fixtures::network::{court, member};
use courtseal_fixtures::{Network, name, secret};
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::genesis::{Genesis, KeyPurpose, Role, prove_possession};
use serde_json::Value;

fn good() -> Genesis {
    Network::of_vectors("cn-courts", 4).genesis
}

fn changed(change: impl FnOnce(&mut Genesis)) -> String {
    let mut genesis = good();
    change(&mut genesis);
    genesis.to_text()
}

fn valid() -> Vec<(&'static str, String)> {
    let network = name("cn-courts");
    let roles = [Role::Auditor, Role::Clerk, Role::Court, Role::Lawyer, Role::Notary];
    vec![
        ("four courts", good().to_text()),
        (
            "one court, no members",
            changed(|g| {
                g.courts.truncate(1);
                g.members.clear();
            }),
        ),
        ("seven courts", Network::of_vectors("seven-courts", 7).genesis.to_text()),
        ("64 courts", Network::of_vectors("most-courts", 64).genesis.to_text()),
        (
            "a member of each role",
            changed(|g| {
                g.members =
                    roles.iter().map(|role| member(network.as_str(), &format!("member-{}", role.as_str()), *role)).collect();
            }),
        ),
        ("shortest heartbeat", changed(|g| g.parameters.heartbeat_ms = 1_000)),
        ("longest heartbeat", changed(|g| g.parameters.heartbeat_ms = 86_400_000)),
        ("address of one character", changed(|g| g.courts[0].address = "/".into())),
        ("address of 200 characters", changed(|g| g.courts[0].address = "/".repeat(200))),
        ("a member with the name of a court", changed(|g| g.members[1] = member(network.as_str(), "court-00", Role::Court))),
    ]
}

fn texts() -> Vec<(&'static str, String)> {
    let text = good().to_text();
    let edit = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    };
    vec![
        ("newline at the end", text.clone() + "\n"),
        ("space", edit("\"v\":1", "\"v\": 1")),
        ("unknown field", edit("\"v\":1", "\"v\":1,\"w\":1")),
        ("unknown parameter", edit("\"heartbeat_ms\":60000", "\"heartbeat_ms\":60000,\"zone\":1")),
        (
            "fields not sorted",
            edit("\"protocol\":2,\"time\":\"2026-11-23T16:56:40.000Z\"", "\"time\":\"2026-11-23T16:56:40.000Z\",\"protocol\":2"),
        ),
        ("without v", edit(",\"v\":1}", "}")),
        ("version 2", edit("\"v\":1}", "\"v\":2}")),
        ("protocol 1", edit("\"protocol\":2", "\"protocol\":1")),
        ("protocol 3", edit("\"protocol\":2", "\"protocol\":3")),
        ("protocol 0", edit("\"protocol\":2", "\"protocol\":0")),
        ("time without milliseconds", edit(".000Z", "Z")),
        ("network name with a capital", edit("\"name\":\"cn-courts\"", "\"name\":\"CN-courts\"")),
        ("network named none", edit("\"name\":\"cn-courts\"", "\"name\":\"none\"")),
        ("unknown role", edit("\"role\":\"notary\"", "\"role\":\"judge\"")),
        ("court without address", edit("\"address\":\"/ip4/127.0.0.1/tcp/8610\",", "")),
        ("court without a proof", {
            let at = text.find(",\"vote\":\"").unwrap();
            let end = at + text[at..].find('}').unwrap();
            format!("{}{}", &text[..at], &text[end..])
        }),
        ("member with an address", edit("{\"court\":\"court-00\"", "{\"address\":\"/\",\"court\":\"court-00\"")),
        ("no JSON", "genesis".into()),
        ("empty", String::new()),
    ]
}

fn lists() -> Vec<(&'static str, String)> {
    let network = name("cn-courts");
    let broken_name =
        |from: &str, to: &str| good().to_text().replace(&format!("\"name\":\"{from}\""), &format!("\"name\":\"{to}\""));
    vec![
        (
            "no courts",
            changed(|g| {
                g.courts.clear();
                g.members.clear();
            }),
        ),
        ("65 courts", changed(|g| g.courts = (0..65).map(|number| court(network.as_str(), number)).collect())),
        ("courts not sorted", changed(|g| g.courts.swap(0, 1))),
        ("a court twice", changed(|g| g.courts.insert(1, g.courts[0].clone()))),
        (
            "two courts of one name, with other keys",
            changed(|g| {
                let mut second = court(network.as_str(), 9);
                second.name = g.courts[0].name.clone();
                let prove = |purpose: KeyPurpose| {
                    prove_possession(
                        purpose,
                        &network,
                        &second.name,
                        &secret(&format!("cn-courts/court-09/{}", purpose.as_str())),
                    )
                };
                second.proof.vote = prove(KeyPurpose::Vote);
                second.proof.log = prove(KeyPurpose::Log);
                second.proof.cosigner = prove(KeyPurpose::Cosigner);
                second.proof.network = prove(KeyPurpose::Network);
                g.courts.insert(1, second);
            }),
        ),
        ("members not sorted", changed(|g| g.members.swap(0, 1))),
        ("a member twice", changed(|g| g.members.insert(1, g.members[0].clone()))),
        ("member of a court that is not listed", changed(|g| g.members[0].court = name("court-09"))),
        ("heartbeat of 999", changed(|g| g.parameters.heartbeat_ms = 999)),
        ("heartbeat of 86,400,001", changed(|g| g.parameters.heartbeat_ms = 86_400_001)),
        ("empty address", changed(|g| g.courts[0].address = String::new())),
        ("address of 201 characters", changed(|g| g.courts[0].address = "/".repeat(201))),
        ("address with a space", changed(|g| g.courts[0].address = "/ip4 ".into())),
        ("address with a control character", changed(|g| g.courts[0].address = "/ip4\u{7f}".into())),
        ("address with an accent", changed(|g| g.courts[0].address = "/dns/\u{e9}".into())),
        ("court's name with a capital", broken_name("court-00", "Court-00")),
        ("court's name with two hyphens", broken_name("court-03", "court--03")),
        ("court's name of 41 characters", broken_name("court-03", &"d".repeat(41))),
        ("member named none", broken_name("notary-1", "none")),
    ]
}

/// Proves again a member's key that took the place of its own.
fn with_member_key(label: &str, purpose: KeyPurpose) -> String {
    changed(|g| {
        let key = secret(label);
        g.members[1].key = key.public();
        g.members[1].proof = prove_possession(purpose, &g.name, &g.members[1].name, &key);
    })
}

fn keys() -> Vec<(&'static str, String)> {
    let weak = |hex: &str| changed(|g| g.members[1].key = PublicKey::from_hex(hex).unwrap());
    let vote = |label: &str| {
        changed(|g| {
            let key = secret(label);
            g.courts[1].vote = key.public();
            g.courts[1].proof.vote = prove_possession(KeyPurpose::Vote, &g.name, &g.courts[1].name, &key);
        })
    };
    vec![
        ("one key for two purposes of a court", vote("cn-courts/court-01/log")),
        ("one key for two courts", vote("cn-courts/court-00/vote")),
        ("one key for a court and a member", with_member_key("cn-courts/court-02/cosigner", KeyPurpose::Member)),
        ("one key for two members", with_member_key("cn-courts/auditor-1/member", KeyPurpose::Member)),
        ("key of small order", weak(IDENTITY)),
        ("key with a small-order part", weak(MIXED_ORDER)),
        ("key in a non-canonical encoding", weak(NON_CANONICAL)),
        ("key that is not a point", weak(&format!("02{}", "00".repeat(31)))),
        ("proof for another purpose", with_member_key("cn-courts/notary-1/member", KeyPurpose::Vote)),
        (
            "proof for another name",
            changed(|g| {
                g.members[1].proof =
                    prove_possession(KeyPurpose::Member, &g.name, &name("notary-2"), &secret("cn-courts/notary-1/member"));
            }),
        ),
        ("proof for another network", changed(|g| g.name = name("xn-courts"))),
        (
            "proof by another key",
            changed(|g| {
                g.courts[2].proof.network =
                    prove_possession(KeyPurpose::Network, &g.name, &g.courts[2].name, &secret("somebody else"));
            }),
        ),
        (
            "proofs of a court exchanged",
            changed(|g| {
                let proof = &mut g.courts[2].proof;
                std::mem::swap(&mut proof.log, &mut proof.cosigner);
            }),
        ),
        ("proof with S plus the group order", changed(|g| g.members[0].proof = crate::ed25519::add_order(&g.members[0].proof))),
        ("vote key changed", changed(|g| g.courts[0].vote.0[0] ^= 1)),
    ]
}

/// The file `genesis.json`.
pub fn file() -> Value {
    let mut cases = Vec::new();
    for (label, text) in valid() {
        let genesis = Genesis::from_text(text.as_bytes()).unwrap_or_else(|error| panic!("{label}: {error}"));
        assert_eq!(genesis.to_text(), text);
        let mut value = case(label, &text, true);
        value["digest"] = sha256(text.as_bytes()).to_string().into();
        value["origin"] = format!("{}/{}", genesis.name, sha256(text.as_bytes())).into();
        value["policy"] = genesis.policy_text().into();
        cases.push(value);
    }
    for (label, text) in [texts(), lists(), keys()].concat() {
        assert!(Genesis::from_text(text.as_bytes()).is_err(), "{label}: must be refused");
        cases.push(case(label, &text, false));
    }
    document("Genesis documents (specs/formats.md, F10 to F13, and the policy of F33)", cases)
}
