//! Fixed bytes: header, block, names and times in bincode, signatures (F2, F9, F22, F23).
//!
//! In: bytes.
//! Out: whether they are accepted.
//! Always: what is accepted is encoded again byte for byte; no signature verifies but those of the vectors.
//! Not for messages of consensus.

use crate::input::Input;
use crate::network;
use crate::target::Target;
use courtseal_fixtures::vectors;
use courtseal_proof::block::{Block, Header};
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::key::{PublicKey, Signature};
use courtseal_proof::bytes::name::Name;
use courtseal_proof::bytes::time::Timestamp;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// See the module.
pub const TARGETS: &[Target] = &[
    Target { name: "header", length_bytes_max: 512, run: header, seeds: || vectors::hex("header.json", "header") },
    Target { name: "block", length_bytes_max: 8 * 1024, run: block, seeds: blocks },
    Target { name: "stored-name", length_bytes_max: 128, run: stored_name, seeds: stored_names },
    Target { name: "signature", length_bytes_max: 512, run: signature, seeds: signatures },
];

fn header(bytes: &[u8]) -> bool {
    let Ok(header) = codec::decode::<Header>(bytes, 1024) else { return false };
    assert_eq!(codec::encode(&header), bytes);
    assert!(!header.time.to_string().is_empty(), "any time can be shown");
    let _ = header.digest();
    true
}

fn block(bytes: &[u8]) -> bool {
    let Ok(block) = Block::decode(bytes) else { return false };
    assert_eq!(block.encode(), bytes);
    true
}

fn blocks() -> Vec<Vec<u8>> {
    vec![network::block(&network::empty(), 0), network::block(&network::recorded(), 1)]
}

fn stored_name(bytes: &[u8]) -> bool {
    let Ok((name, time)) = codec::decode::<(Name, Timestamp)>(bytes, 1024) else { return false };
    assert_eq!(codec::encode(&(&name, time)), bytes);
    assert_eq!(Name::new(name.as_str()).as_ref(), Ok(&name), "a stored name obeys the rule of names");
    true
}

fn stored_names() -> Vec<Vec<u8>> {
    ["notary-1", "court-beijing", "A b"].map(|name| codec::encode(&(name, network::BLOCK_TIME))).to_vec()
}

/// Key, signature and message of each case of `ed25519.json`, one after the other.
static SIGNATURES: LazyLock<Vec<(Vec<u8>, bool)>> = LazyLock::new(|| {
    let cases = vectors::cases("ed25519.json");
    let joined = |case: &serde_json::Value| {
        let field = |name: &str| vectors::bytes(case[name].as_str()?);
        let (key, signature) = (field("key")?, field("signature")?);
        let lengths_fit = key.len() == 32 && signature.len() == 64;
        Some(([key, signature, field("message")?].concat(), case["valid"] == true)).filter(|_| lengths_fit)
    };
    cases.iter().filter_map(joined).collect()
});

fn signature(bytes: &[u8]) -> bool {
    static VALID: LazyLock<BTreeSet<Vec<u8>>> =
        LazyLock::new(|| SIGNATURES.iter().filter(|(_, is_valid)| *is_valid).map(|(bytes, _)| bytes.clone()).collect());
    let mut input = Input(bytes);
    let (key, signature) = (PublicKey(input.array()), Signature(input.array()));
    let _ = key.is_registrable();
    let is_good = key.verify(input.rest(), &signature);
    assert!(!is_good || VALID.contains(bytes), "nobody forges a signature");
    is_good
}

fn signatures() -> Vec<Vec<u8>> {
    SIGNATURES.iter().map(|(bytes, _)| bytes.clone()).collect()
}
