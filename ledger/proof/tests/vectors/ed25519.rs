//! `ed25519.json`, and signatures that only a loose verifier takes (F2).
//!
//! In: keys and messages.
//! Out: signatures that are right except for one strict rule.
//! Always: the first twelve cases are the inputs of novifinancial/ed25519-speccheck ("Taming the many
//! EdDSAs", 2020). Under the strict rule only number 3 holds.
//! Not for signing anything else.

use courtseal_fixtures::secret;
use courtseal_proof::bytes::digest::lower_hex;
use courtseal_proof::bytes::key::{PublicKey, SecretKey, Signature};
use ed25519_dalek::Verifier;
use serde_json::{Value, json};
use sha2::{Digest, Sha512};

/// The neutral element.
pub const IDENTITY: &str = "0100000000000000000000000000000000000000000000000000000000000000";
/// The neutral element, its y written as p + 1.
pub const NON_CANONICAL: &str = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f";
/// A point with a part of small order: the key of the third case of speccheck.
pub const MIXED_ORDER: &str = "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d";

/// A number below 2^256, the lowest limb first.
type Number = [u64; 4];

/// The order of the group: 2^252 + 27742317777372353535851937790883648493.
const ORDER: Number = [0x5812_631a_5cf5_d3ed, 0x14de_f9de_a2f7_9cd6, 0, 0x1000_0000_0000_0000];

fn add(a: Number, b: Number) -> Number {
    let (mut sum, mut carry) = ([0; 4], 0);
    for i in 0..4 {
        let wide = u128::from(a[i]) + u128::from(b[i]) + carry;
        (sum[i], carry) = (wide as u64, wide >> 64);
    }
    assert_eq!(carry, 0, "sums stay below 2^256");
    sum
}

/// `a + b` modulo the order, both below it.
fn add_modulo(a: Number, b: Number) -> Number {
    let sum = add(a, b);
    if sum.iter().rev().lt(ORDER.iter().rev()) {
        return sum;
    }
    let (mut difference, mut borrow) = ([0; 4], false);
    for i in 0..4 {
        let (less, first) = sum[i].overflowing_sub(ORDER[i]);
        let (less, second) = less.overflowing_sub(u64::from(borrow));
        (difference[i], borrow) = (less, first || second);
    }
    difference
}

/// The little-endian number `bytes`, times `factor`, modulo the order.
fn times(bytes: &[u8], factor: Number) -> Number {
    let bits = (0..bytes.len() * 8).rev().map(|bit| bytes[bit / 8] >> (bit % 8) & 1 == 1);
    bits.fold([0; 4], |sum, bit| {
        let doubled = add_modulo(sum, sum);
        if bit { add_modulo(doubled, factor) } else { doubled }
    })
}

fn to_bytes(number: Number) -> [u8; 32] {
    let mut bytes = [0; 32];
    number.iter().zip(bytes.chunks_mut(8)).for_each(|(limb, bytes)| bytes.copy_from_slice(&limb.to_le_bytes()));
    bytes
}

fn from_bytes(bytes: &[u8]) -> Number {
    let mut number = [0; 4];
    number.iter_mut().zip(bytes.chunks(8)).for_each(|(limb, bytes)| *limb = u64::from_le_bytes(bytes.try_into().unwrap()));
    number
}

/// The same signature with S + order in place of S.
pub fn add_order(signature: &Signature) -> Signature {
    let mut other = *signature;
    other.0[32..].copy_from_slice(&to_bytes(add(from_bytes(&signature.0[32..]), ORDER)));
    other
}

/// A signature whose R is the neutral element: S is k times the secret scalar.
pub fn small_order_r(key: &SecretKey, message: &[u8]) -> Signature {
    let mut scalar: [u8; 32] = Sha512::digest(*key.seed())[..32].try_into().unwrap();
    (scalar[0], scalar[31]) = (scalar[0] & 248, scalar[31] & 127 | 64);
    let r: [u8; 32] = lower_hex(IDENTITY).unwrap();
    let k = Sha512::new().chain_update(r).chain_update(key.public().0).chain_update(message).finalize();
    let s = times(&k, times(&scalar, [1, 0, 0, 0]));
    Signature([r, to_bytes(s)].concat().try_into().unwrap())
}

/// Name, message, key, signature of the cases of speccheck.
const SPECCHECK: [(&str, &str, &str, &str); 12] = [
    (
        "A and R of small order",
        "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a0000000000000000000000000000000000000000000000000000000000000000",
    ),
    (
        "A of small order",
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
    ),
    (
        "R of small order",
        "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e",
    ),
    (
        "A and R of mixed order, both equations hold",
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009",
    ),
    (
        "A and R of mixed order, only with the cofactor",
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
    ),
    (
        "A of mixed order, only with the cofactor",
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
    ),
    (
        "S above the order",
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514",
    ),
    (
        "S far above the order",
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa19427e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22",
    ),
    (
        "non-canonical R, reduced for the hash",
        "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff03be9678ac102edcd92b0210bb34d7428d12ffc5df5f37e359941266a4e35f0f",
    ),
    (
        "non-canonical R",
        "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffca8c5b64cd208982aa38d4936621a4775aa233aa0505711d8fdcfdaa943d4908",
    ),
    (
        "non-canonical A, reduced for the hash",
        "e96b7021eb39c1a163b6da4e3093dcd3f21387da4cc4572be588fafae23c155b",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
    ),
    (
        "non-canonical A",
        "39a591f5321bbe07fd5a23dc2f39d025d74526615746727ceefd6e82ae65c06f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
    ),
];

/// The file `ed25519.json`.
pub fn file() -> Value {
    let key = secret("ed25519.json");
    let good = key.sign(b"message");
    let own = [
        ("good", good, true),
        ("one bit of R changed", Signature(flip(good.0, 0)), false),
        ("one bit of S changed", Signature(flip(good.0, 40 * 8)), false),
        ("S plus the group order", add_order(&good), false),
        ("R the neutral element", small_order_r(&key, b"message"), false),
        ("all zero", Signature([0; 64]), false),
    ];
    let loose = ed25519_dalek::VerifyingKey::from_bytes(&key.public().0).unwrap();
    let small = ed25519_dalek::Signature::from_bytes(&small_order_r(&key, b"message").0);
    assert!(loose.verify(b"message", &small).is_ok(), "the plain rule takes it, so the strict rule is what refuses");
    let mut cases: Vec<Value> = SPECCHECK
        .iter()
        .enumerate()
        .map(|(number, (name, message, key, signature))| {
            json!({"name": format!("speccheck {number}: {name}"), "message": message, "key": key, "signature": signature, "valid": number == 3})
        })
        .collect();
    cases.extend(own.map(|(name, signature, valid)| {
        json!({"name": name, "message": hex::encode("message"), "key": key.public().to_string(), "signature": hex::encode(signature.0), "valid": valid})
    }));
    let everything = json!({"name": "neutral element signs everything", "message": "00", "key": IDENTITY, "signature": format!("{IDENTITY}{}", "00".repeat(32)), "valid": false});
    cases.push(everything);
    for case in &cases {
        let text = |field: &str| case[field].as_str().unwrap();
        let key = PublicKey::from_hex(text("key")).unwrap();
        let signature = Signature(lower_hex(text("signature")).unwrap());
        assert_eq!(json!(key.verify(&hex::decode(text("message")).unwrap(), &signature)), case["valid"], "{}", case["name"]);
    }
    json!({"about": "Ed25519 signatures by the strict rule (specs/formats.md, F2)", "cases": cases})
}

fn flip(mut bytes: [u8; 64], bit: usize) -> [u8; 64] {
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}
