//! `specs/vectors/vote.json`: what a voting key signs, and which signatures must be refused.
//!
//! In: the file.
//! Out: the same answers from this crate.
//! Always: the file is what [`file`] writes, so it cannot drift; `COURTSEAL_WRITE_VECTORS=1 cargo test -p
//! courtseal-consensus --test vectors` writes it again.
//! Not for other formats.

use courtseal_consensus::vote::{Proposal, Vote, VoteKind};
use courtseal_proof::bytes::digest::{Digest, lower_hex, sha256};
use courtseal_proof::bytes::key::{PublicKey, SecretKey, Signature};
use serde_json::{Value, json};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../specs/vectors/vote.json");
const SEED: [u8; 32] = [0x11; 32];
/// The order of the group, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0x10,
];

fn key() -> SecretKey {
    SecretKey::from_seed(SEED)
}

fn chain() -> Digest {
    sha256(b"courtseal vectors")
}

fn vote(height: u64, round: u32, kind: VoteKind, value: Option<Digest>) -> Vote {
    Vote { height, round, kind, value, court: key().public() }
}

fn vote_case(name: &str, vote: &Vote, signature: &Signature, is_valid: bool) -> Value {
    let kind = match vote.kind {
        VoteKind::Prevote => "prevote",
        VoteKind::Precommit => "precommit",
    };
    json!({
        "name": name, "type": kind, "chain": chain().to_string(), "height": vote.height, "round": vote.round,
        "value": vote.value.map(|value| value.to_string()), "court": vote.court.to_string(),
        "preimage": hex::encode(vote.sign_bytes(&chain())), "signature": format!("{signature:?}"), "valid": is_valid,
    })
}

fn proposal_case(name: &str, proposal: &Proposal, signature: &Signature, is_valid: bool) -> Value {
    json!({
        "name": name, "type": "proposal", "chain": chain().to_string(), "height": proposal.height,
        "round": proposal.round, "pol_round": proposal.pol_round, "value": proposal.value.to_string(),
        "court": proposal.court.to_string(), "preimage": hex::encode(proposal.sign_bytes(&chain())),
        "signature": format!("{signature:?}"), "valid": is_valid,
    })
}

/// The same signature with the group order added to s: equal for a lax verifier.
fn malleated(signature: &Signature) -> Signature {
    let mut bytes = signature.0;
    let mut carry = 0;
    for (at, order) in ORDER.iter().enumerate() {
        let sum = u16::from(bytes[32 + at]) + u16::from(*order) + carry;
        bytes[32 + at] = sum as u8;
        carry = sum >> 8;
    }
    Signature(bytes)
}

fn file() -> Value {
    let (key, chain, value) = (key(), chain(), sha256(b"a header"));
    let sign = |vote: &Vote| key.sign(&vote.sign_bytes(&chain));
    let mut cases = Vec::new();
    let valid = [
        ("prevote for a value", vote(1, 0, VoteKind::Prevote, Some(value))),
        ("prevote nil", vote(1, 0, VoteKind::Prevote, None)),
        ("precommit for a value", vote(7, 3, VoteKind::Precommit, Some(value))),
        ("precommit nil", vote(7, 3, VoteKind::Precommit, None)),
        ("largest height and round", vote((1 << 53) - 1, u32::MAX, VoteKind::Precommit, Some(value))),
    ];
    cases.extend(valid.iter().map(|(name, vote)| vote_case(name, vote, &sign(vote), true)));

    let base = valid[2].1;
    let good = sign(&base);
    let other = |change: fn(&mut Vote)| {
        let mut vote = base;
        change(&mut vote);
        vote
    };
    let moved = [
        ("signature of another stage", other(|vote| vote.kind = VoteKind::Prevote)),
        ("signature of another height", other(|vote| vote.height += 1)),
        ("signature of another round", other(|vote| vote.round += 1)),
        ("signature of another value", other(|vote| vote.value = Some(sha256(b"another header")))),
        ("signature for a value on a nil vote", other(|vote| vote.value = None)),
        ("signature of another court", other(|vote| vote.court = SecretKey::from_seed([0x22; 32]).public())),
    ];
    cases.extend(moved.iter().map(|(name, vote)| vote_case(name, vote, &good, false)));
    let nil_as_zero = vote(7, 3, VoteKind::Precommit, Some(Digest::default()));
    cases.push(vote_case("nil signature on a value of zeros", &nil_as_zero, &sign(&valid[3].1), false));
    let elsewhere = key.sign(&base.sign_bytes(&sha256(b"another network")));
    cases.push(vote_case("signature for another network", &base, &elsewhere, false));
    let mut flipped = good;
    flipped.0[40] ^= 1;
    cases.push(vote_case("one bit flipped", &base, &flipped, false));
    cases.push(vote_case("s not below the group order", &base, &malleated(&good), false));
    let mut neutral = [0; 32];
    neutral[0] = 1;
    let mut weak_signature = [0; 64];
    weak_signature[0] = 1;
    let weak = Vote { court: PublicKey(neutral), ..base };
    cases.push(vote_case("a key of small order signs everything", &weak, &Signature(weak_signature), false));

    let proposal = |pol_round| Proposal { height: 7, round: 3, pol_round, value, court: key.public() };
    let sign = |proposal: &Proposal| key.sign(&proposal.sign_bytes(&chain));
    for (name, one) in [
        ("proposal of a new value", proposal(None)),
        ("proposal of a value with a quorum of prevotes in round 0", proposal(Some(0))),
        ("proposal of a value with a quorum of prevotes in round 2", proposal(Some(2))),
    ] {
        cases.push(proposal_case(name, &one, &sign(&one), true));
    }
    cases.push(proposal_case("signature without the earlier round", &proposal(Some(0)), &sign(&proposal(None)), false));
    cases.push(proposal_case("signature of another earlier round", &proposal(Some(1)), &sign(&proposal(Some(2))), false));
    cases.push(proposal_case("signature of a vote", &proposal(None), &good, false));
    json!({
        "about": "Votes and proposals: preimages (specs/consensus.md, C3 and C4) and signatures. The key has the seed \
                  given; Ed25519 is deterministic, so valid signatures can be made again.",
        "seed": hex::encode(SEED),
        "cases": cases,
    })
}

#[test]
fn c3_c4_the_file_is_what_this_crate_signs() {
    let text = serde_json::to_string_pretty(&file()).unwrap() + "\n";
    if std::env::var_os("COURTSEAL_WRITE_VECTORS").is_some() {
        std::fs::write(PATH, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(PATH).unwrap(), text);
}

#[test]
fn c3_c4_every_case_gets_its_answer() {
    let file: Value = serde_json::from_str(&std::fs::read_to_string(PATH).unwrap()).unwrap();
    let cases = file["cases"].as_array().unwrap();
    assert!(cases.iter().filter(|case| case["valid"] == false).count() >= 10);
    for case in cases {
        let name = case["name"].as_str().unwrap();
        let text = |field: &str| case[field].as_str().unwrap_or_else(|| panic!("{name}: {field}"));
        let digest = |field: &str| Digest::from_hex(text(field)).unwrap();
        let court = PublicKey::from_hex(text("court")).unwrap();
        let (height, round) = (case["height"].as_u64().unwrap(), case["round"].as_u64().unwrap() as u32);
        let value = (!case["value"].is_null()).then(|| digest("value"));
        let sign_bytes = match text("type") {
            "prevote" => Vote { height, round, kind: VoteKind::Prevote, value, court }.sign_bytes(&digest("chain")),
            "precommit" => Vote { height, round, kind: VoteKind::Precommit, value, court }.sign_bytes(&digest("chain")),
            "proposal" => {
                let pol_round = case["pol_round"].as_u64().map(|round| round as u32);
                Proposal { height, round, pol_round, value: value.unwrap(), court }.sign_bytes(&digest("chain"))
            }
            other => panic!("{name}: {other}"),
        };
        assert_eq!(hex::encode(&sign_bytes), text("preimage"), "{name}");
        let signature = Signature(lower_hex(text("signature")).unwrap());
        assert_eq!(court.verify(&sign_bytes, &signature), case["valid"].as_bool().unwrap(), "{name}");
    }
}
