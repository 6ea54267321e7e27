//! `hash.json` and `header.json`: Merkle trees, keyed hashes, key ids, block headers (F1, F15, F16, F22,
//! F31).
//!
//! In: fixed bytes.
//! Out: their hashes, paths and ids.
//! Always: each answer is checked by the verifying side of this crate as well.
//! Not for signatures.

use crate::statements::commitment;
use courtseal_fixtures::log::BLOCK_TIME;
use courtseal_fixtures::{Network, name, secret};
use courtseal_proof::block::Header;
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::bytes::name::Origin;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::commitment::case_tag;
use courtseal_proof::genesis::court_set_digest;
use courtseal_proof::log::merkle::{consistency_path, inclusion_paths, leaf_hash, root, verify_consistency, verify_inclusion};
use courtseal_proof::log::note::VerifierKey;
use serde_json::{Value, json};
use sha2::Digest as _;

/// Leaf data: of the lengths 0, 1, 2, …
fn leaves(count: u8) -> Vec<Vec<u8>> {
    (0..count).map(|number| (0..number).collect()).collect()
}

fn hashes(count: u8) -> Vec<Digest> {
    leaves(count).iter().map(|leaf| leaf_hash(leaf)).collect()
}

fn hex_path(path: &[Digest]) -> Vec<String> {
    path.iter().map(Digest::to_string).collect()
}

fn inclusion_case(leaf: &[u8], index: u64, size: u64, path: &[Digest], root: &Digest, valid: bool) -> Value {
    assert_eq!(verify_inclusion(&leaf_hash(leaf), index, size, path, root), valid);
    json!({"leaf": hex::encode(leaf), "index": index, "size": size, "path": hex_path(path), "root": root.to_string(), "valid": valid})
}

fn inclusion() -> Vec<Value> {
    let mut cases = Vec::new();
    for (size, index) in [(1, 0), (2, 0), (2, 1), (3, 2), (5, 4), (7, 0), (7, 3), (7, 6), (8, 5), (11, 10), (33, 32), (33, 31)] {
        let (data, all) = (leaves(size), hashes(size));
        let (size, root, path) = (u64::from(size), root(&all), inclusion_paths(&all).swap_remove(index));
        let (leaf, index) = (&data[index], index as u64);
        cases.push(inclusion_case(leaf, index, size, &path, &root, true));
        cases.push(inclusion_case(b"another leaf", index, size, &path, &root, false));
        cases.push(inclusion_case(leaf, index + 1, size, &path, &root, false));
        cases.push(inclusion_case(leaf, index, size, &[&path[..], &[root]].concat(), &root, false));
        cases.push(inclusion_case(leaf, index, size, &path, &sha256(b"another root"), false));
        if let [.., _] = path[..] {
            cases.push(inclusion_case(leaf, index, size, &path[1..], &root, false));
            cases.push(inclusion_case(leaf, index, size, &path[..path.len() - 1], &root, false));
        }
    }
    let all = hashes(7);
    cases.push(inclusion_case(&leaves(7)[6], 6, 8, &inclusion_paths(&all)[6], &root(&all), false));
    cases.push(inclusion_case(b"", 0, 0, &[], &leaf_hash(b""), false));
    cases
}

fn consistency_case(old: u64, new: u64, roots: [&Digest; 2], path: &[Digest], valid: bool) -> Value {
    assert_eq!(verify_consistency(old, new, roots[0], roots[1], path), valid);
    json!({"old": old, "new": new, "old_root": roots[0].to_string(), "new_root": roots[1].to_string(), "path": hex_path(path), "valid": valid})
}

fn consistency() -> Vec<Value> {
    let mut cases = Vec::new();
    for (old, new) in [(1u8, 1u8), (1, 2), (1, 8), (2, 5), (3, 7), (4, 7), (6, 8), (7, 8), (8, 8), (8, 9), (13, 33), (32, 33)] {
        let all = hashes(new);
        let (old_root, new_root, path) = (root(&all[..usize::from(old)]), root(&all), consistency_path(&all, usize::from(old)));
        let (old, new, other) = (u64::from(old), u64::from(new), sha256(b"another root"));
        cases.push(consistency_case(old, new, [&old_root, &new_root], &path, true));
        cases.push(consistency_case(old, new, [&other, &new_root], &path, false));
        cases.push(consistency_case(old, new, [&old_root, &other], &path, false));
        cases.push(consistency_case(old, new, [&old_root, &new_root], &[&path[..], &[other]].concat(), false));
        if let [_, rest @ ..] = &path[..] {
            cases.push(consistency_case(old, new, [&old_root, &new_root], rest, false));
            cases.push(consistency_case(new, old, [&new_root, &old_root], &path, false));
        }
    }
    cases
}

fn key_ids() -> Vec<Value> {
    let network = Network::of_vectors("cn-courts", 4);
    let keys = [
        VerifierKey::log(&network.origin, network.courts[0].log.public()),
        VerifierKey::log(&Origin::new(name("x"), sha256(b"")), secret("x").public()),
        network.cosigner(0),
        VerifierKey::cosigner(&name("court.of_appeal-2"), secret("x").public()),
    ];
    keys.iter()
        .map(|key| {
            let vkey = key.to_string();
            assert_eq!(VerifierKey::parse(&vkey).as_ref(), Some(key));
            let (id, byte) = (hex::encode(key.id()), key.key_type().byte());
            json!({"name": key.name(), "type": byte, "key": key.key().to_string(), "id": id, "vkey": vkey})
        })
        .collect()
}

/// SM3, at the bounds of its padding too. The first is the example of GB/T 32905, appendix A.1.
fn sm3() -> Vec<Value> {
    let data = [b"abc".to_vec(), Vec::new(), b"abcd".repeat(16), vec![7; 55], vec![7; 56], vec![7; 63], vec![7; 1_000]];
    let case = |data: &Vec<u8>| json!({"data": base64_text::encode(data), "digest": hex::encode(sm3::Sm3::digest(data))});
    data.iter().map(case).collect()
}

/// Digests of courts by epoch (F24).
fn court_sets() -> Vec<Value> {
    let network = Network::of_vectors("cn-courts", 4);
    let (chain, all) = (network.genesis.digest(), &network.genesis.courts[..]);
    let case = |epoch: u64, courts: &[courtseal_proof::genesis::Court]| {
        let digest = court_set_digest(&chain, epoch, courts.iter().map(|court| (&court.name, court.vote)));
        let courts: Vec<Value> = courts.iter().map(|court| json!({"name": court.name, "vote": court.vote.to_string()})).collect();
        json!({"chain": chain.to_string(), "epoch": epoch, "courts": courts, "digest": digest.to_string()})
    };
    assert_eq!(case(0, all)["digest"], network.genesis.court_set_digest().to_string());
    vec![case(0, all), case(1, all), case(0, &all[..1]), case((1 << 53) - 1, &all[1..])]
}

/// The file `hash.json`.
pub fn file() -> Value {
    let roots: Vec<Value> = [0, 1, 2, 3, 4, 5, 7, 8, 9, 33]
        .map(|count| {
            let data: Vec<String> = leaves(count).iter().map(hex::encode).collect();
            json!({"leaves": data, "root": root(&hashes(count)).to_string()})
        })
        .into();
    let commitments: Vec<Value> = [(0, &b""[..]), (1, b"file\n"), (0xff, &[0; 200])]
        .map(|(byte, file)| {
            let tag = commitment(&[byte; 32], file).to_string();
            json!({"salt": hex::encode([byte; 32]), "file": base64_text::encode(file), "commitment": tag})
        })
        .into();
    let case_tags: Vec<Value> =
        [(1, 2, "2026-1"), (1, 3, "2026-1"), (4, 2, ""), (5, 6, "(2026)\u{4eac}0491\u{6c11}\u{521d}1\u{53f7}")]
            .map(|(key, chain, number)| {
                let tag = case_tag(&[key; 32], &Digest([chain; 32]), number).to_string();
                json!({"key": hex::encode([key; 32]), "chain": hex::encode([chain; 32]), "number": number, "tag": tag})
            })
            .into();
    json!({
        "about": "Merkle trees of RFC 6962, digests, keyed hashes, key ids and sets of courts (specs/formats.md, F1, F5, F15, F16, F24, F31)",
        "sm3": sm3(), "court_sets": court_sets(),
        "roots": roots, "inclusion": inclusion(), "consistency": consistency(),
        "commitments": commitments, "case_tags": case_tags, "key_ids": key_ids(),
    })
}

fn fields(header: &Header) -> Value {
    json!({
        "chain": header.chain.to_string(), "protocol": header.protocol, "height": header.height,
        "time": header.time.to_string(), "previous": header.previous.to_string(), "body": header.body.to_string(),
        "log_root": header.log_root.to_string(), "log_size": header.log_size, "courts": header.courts.to_string(),
        "next_courts": header.next_courts.to_string(), "proposer": header.proposer.to_string(),
    })
}

/// The file `header.json`.
pub fn headers() -> Value {
    let network = Network::of_vectors("cn-courts", 4);
    let first = Header {
        chain: network.genesis.digest(),
        protocol: courtseal_proof::genesis::PROTOCOL,
        height: 1,
        time: BLOCK_TIME,
        previous: network.genesis.digest(),
        body: courtseal_proof::block::body_digest(&network.genesis.digest(), &[]),
        log_root: root(&hashes(3)),
        log_size: 3,
        courts: network.genesis.court_set_digest(),
        next_courts: network.genesis.court_set_digest(),
        proposer: network.genesis.courts[0].vote,
    };
    let second = Header { height: 2, time: Timestamp(BLOCK_TIME.0 + 1), previous: first.digest(), log_size: 4, ..first.clone() };
    let large = Header {
        height: (1 << 53) - 1,
        time: courtseal_proof::bytes::time::TIMESTAMP_MAX,
        log_size: (1 << 53) - 2,
        body: sha256(b"body"),
        courts: sha256(b"courts"),
        next_courts: sha256(b"next courts"),
        ..second.clone()
    };
    let mut cases: Vec<Value> = [("height 1", &first), ("height 2", &second), ("large numbers", &large)]
        .map(|(label, header)| {
            let bytes = codec::encode(header);
            assert_eq!(codec::decode::<Header>(&bytes, 250).as_ref(), Ok(header));
            let digest = header.digest().to_string();
            json!({"name": label, "header": hex::encode(bytes), "valid": true, "fields": fields(header), "digest": digest})
        })
        .into();
    let bytes = codec::encode(&first);
    for (label, bytes) in [
        ("one byte missing", &bytes[..249]),
        ("one byte too many", &[&bytes[..], &[0]].concat()),
        ("empty", &[]),
        ("chain alone", &bytes[..32]),
    ] {
        assert!(codec::decode::<Header>(bytes, 1024).is_err());
        cases.push(json!({"name": label, "header": hex::encode(bytes), "valid": false}));
    }
    json!({"about": "Block headers (specs/formats.md, F22)", "cases": cases})
}
