//! The vectors in `specs/vectors/hello.json`: the first frame between two nodes (N3), and frames that are
//! rejected.
//!
//! In: the file.
//! Out: the same answers from this crate.
//! Always: the file equals what [`file`] makes, so that it cannot drift.
//! `COURTSEAL_WRITE_VECTORS=1 cargo test -p courtseal-court --test hello` writes it again.
//! Not for votes: see vote.json.

use courtseal_consensus::vote::{Signed, SignedStep, Vote, VoteKind};
use courtseal_consensus::{Hello, MESSAGES, Message};
use courtseal_court::frame::Frame;
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::bytes::key::SecretKey;
use serde_json::{Value, json};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../specs/vectors/hello.json");

fn hello(newest: Option<SignedStep>) -> Hello {
    Hello { messages: MESSAGES, chain: chain(), height: 482, newest, wants_answer: true }
}

fn chain() -> Digest {
    sha256(b"courtseal vectors")
}

fn newest() -> SignedStep {
    let key = SecretKey::from_seed([0x11; 32]);
    let content = Vote { height: 483, round: 1, kind: VoteKind::Prevote, value: Some(sha256(b"a header")), court: key.public() };
    SignedStep::Vote(Signed { signature: key.sign(&content.sign_bytes(&chain())), content })
}

fn case(name: &str, frame: &[u8], fields: Option<Value>) -> Value {
    json!({"name": name, "frame": hex(frame), "valid": fields.is_some(), "fields": fields})
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn fields(hello: &Hello) -> Value {
    let newest = hello.newest.as_ref().map(|statement| match statement {
        SignedStep::Vote(Signed { content, signature }) => json!({
            "type": "prevote", "height": content.height, "round": content.round, "value": content.value.map(|value| value.to_string()),
            "court": content.court.to_string(), "signature": format!("{signature:?}"),
        }),
        SignedStep::Proposal(_) => unreachable!("the vectors hold a vote"),
    });
    json!({"messages": hello.messages, "chain": hello.chain.to_string(), "height": hello.height, "newest": newest, "wants_answer": hello.wants_answer})
}

fn file() -> Value {
    let frame = |hello: &Hello| Frame::Consensus(Message::Hello(hello.clone())).encode();
    let (first, later) = (hello(None), hello(Some(newest())));
    let good = frame(&later);
    let resized = |length: usize| {
        let mut bytes = good.clone();
        bytes.resize(length, 0);
        let inner = u32::try_from(length - 4).unwrap().to_be_bytes();
        bytes[..4].copy_from_slice(&inner);
        bytes
    };
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        bytes
    };
    json!({
        "about": "The hello of specs/network.md and specs/consensus.md, as a whole frame.",
        "cases": [
            case("first connection", &frame(&first), Some(fields(&first))),
            case("with the newest vote seen", &good, Some(fields(&later))),
            case("one byte short", &resized(good.len() - 1), None),
            case("one byte more", &resized(good.len() + 1), None),
            case("unknown kind of frame", &changed(4, 9), None),
            case("unknown message", &changed(5, 99), None),
            case("wants_answer is neither 0 nor 1", &changed(good.len() - 1, 2), None),
            case("empty frame", &[0, 0, 0, 0], None),
        ],
    })
}

#[test]
fn n3_the_file_is_what_this_crate_says() {
    let text = serde_json::to_string_pretty(&file()).unwrap() + "\n";
    if std::env::var_os("COURTSEAL_WRITE_VECTORS").is_some() {
        std::fs::write(PATH, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(PATH).unwrap(), text);
}

#[test]
fn n3_valid_frames_are_read_and_others_refused() {
    for case in file()["cases"].as_array().unwrap() {
        let text = case["frame"].as_str().unwrap();
        let bytes: Vec<u8> = (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect();
        let read = Frame::decode(&bytes[4..]);
        assert_eq!(read.is_ok(), case["valid"].as_bool().unwrap(), "{}", case["name"]);
        if let Ok(frame) = read {
            assert_eq!(frame.encode(), bytes, "{}", case["name"]);
        }
    }
}
