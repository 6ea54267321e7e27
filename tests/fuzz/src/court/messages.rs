//! Frames on both streams, announcements, clients' transactions at admission (specs/network.md, R2).
//!
//! In: bytes. Out: whether they are accepted. Always: what is accepted is encoded again byte for byte where
//! there is an encoder; a refusal has a stable code and never stops the node. Not for what follows from a
//! message.

use crate::input::Input;
use crate::network::{BLOCK_TIME, COURTS, TRANSACTIONS, cosigned, recorded};
use crate::target::Target;
use courtseal_consensus::Message;
use courtseal_court::admission::{Admission, NotAdmitted};
use courtseal_court::cosign::Announcement;
use courtseal_court::frame::{Frame, Priority};
use courtseal_fixtures::vectors;
use courtseal_ledger::VerifiedTransaction;
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::time::Timestamp;
use std::sync::{Arc, LazyLock};

/// See the module.
pub const TARGETS: &[Target] = &[
    Target { name: "frame", length_bytes_max: 4 * 1024, run: frame, seeds: frames },
    Target { name: "announcement", length_bytes_max: 256, run: announcement, seeds: announcements },
    Target { name: "admission", length_bytes_max: 8 * 1024, run: admit, seeds: submissions },
];

/// A byte for the priority, then what its stream carries.
fn frame(bytes: &[u8]) -> bool {
    let mut input = Input(bytes);
    let priority = *input.choice(&Priority::ALL);
    let (mut rest, mut accepted) = (input.rest(), false);
    // A stream carries one frame after the other; the first that is refused ends it.
    loop {
        let Some((length, after)) = rest.split_first_chunk() else { return accepted };
        let Ok(length) = priority.frame_bytes(*length) else { return accepted };
        let Some((bytes, after)) = after.split_at_checked(length) else { return accepted };
        let Ok(frame) = Frame::decode_on(priority, bytes) else { return accepted };
        assert_eq!(frame.encode(), rest[..rest.len() - after.len()]);
        assert_eq!(frame.priority(), priority);
        (rest, accepted) = (after, true);
    }
}

fn frames() -> Vec<Vec<u8>> {
    let text = TRANSACTIONS[0].shared_text().into();
    let own = [
        Frame::Ping(7),
        Frame::Pong(u64::MAX),
        Frame::Clock(Timestamp(u64::MAX)),
        Frame::Transaction(text),
        Frame::Cosignature(first_announcement()),
        Frame::Consensus(Message::Status { height: 3 }),
        Frame::Consensus(Message::Wake { height: 3 }),
        Frame::Consensus(Message::Block(vec![1, 2, 3].into())),
    ];
    let priority = |frame: &Frame| if frame.priority() == Priority::Urgent { 0 } else { 1 };
    let own = own.iter().map(|frame| [&[priority(frame)], &frame.encode()[..]].concat());
    let hellos = vectors::hex("hello.json", "frame").into_iter().map(|frame| [&[0], &frame[..]].concat());
    let two = [&[0], &Frame::Ping(1).encode()[..], &Frame::Pong(2).encode()[..]].concat();
    own.chain(hellos).chain([two]).collect()
}

fn first_announcement() -> Announcement {
    let checkpoint = cosigned(&recorded()).checkpoint;
    Announcement {
        size: checkpoint.size,
        root: checkpoint.root,
        cosignature: checkpoint.cosign(&COURTS[1].cosigner, BLOCK_TIME.0 / 1_000),
    }
}

fn announcement(bytes: &[u8]) -> bool {
    let Ok(announcement) = codec::decode::<Announcement>(bytes, 256) else { return false };
    assert_eq!(codec::encode(&announcement), bytes);
    true
}

fn announcements() -> Vec<Vec<u8>> {
    vec![codec::encode(&first_announcement())]
}

/// A byte for the time, then what a client sent.
fn admit(bytes: &[u8]) -> bool {
    static EMPTY: LazyLock<Admission> = LazyLock::new(|| Admission::new(Arc::new(crate::network::empty()), Arc::default()));
    static RECORDED: LazyLock<Admission> = LazyLock::new(|| Admission::new(Arc::new(recorded()), Arc::default()));
    let mut input = Input(bytes);
    let now = *input.choice(&[BLOCK_TIME, Timestamp(0), Timestamp(BLOCK_TIME.0 + 1), Timestamp(BLOCK_TIME.0 + 100_000)]);
    let bytes = input.rest();
    let verdicts = [&*EMPTY, &*RECORDED].map(|admission| admission.admit(bytes, now));
    for verdict in &verdicts {
        match verdict {
            Ok(admitted) => {
                let checked = admitted.checked();
                let read = VerifiedTransaction::from_text(checked.text().to_vec()).expect("what waits can be sent on");
                assert_eq!(read.text(), checked.text());
                assert_eq!(read.id(), checked.id());
            }
            Err(NotAdmitted::Recorded(id)) => assert!(RECORDED.ledger().transaction(id).expect("is readable").is_some()),
            Err(NotAdmitted::Refused(code, message)) => assert!(!message.is_empty(), "{code}"),
            Err(NotAdmitted::Fatal(error)) => panic!("a client stops the node: {error}"),
        }
    }
    verdicts.iter().any(Result::is_ok)
}

fn submissions() -> Vec<Vec<u8>> {
    let texts = vectors::texts("transaction.json");
    let times = texts.iter().take(2).flat_map(|text| (1..4u8).map(move |time| [&[time], &text[..]].concat()));
    let mut seeds: Vec<Vec<u8>> = times.collect();
    seeds.extend(texts.iter().map(|text| [&[0], &text[..]].concat()));
    seeds.push([&[0][..], &b"[".repeat(100)].concat());
    seeds
}
