//! Messages, the frames of both logs, certificates and statements (C1 to C5, C8).
//!
//! In: bytes. Out: whether they are accepted. Always: what is accepted is encoded again byte for byte; what a
//! log gives back is a prefix of what was written to it, and nothing after the first broken frame. Not for
//! what a court does with them.

use crate::input::Input;
use crate::network::{COURTS, GENESIS, certificate};
use crate::target::Target;
use courtseal_consensus::journal::{FRAME_HEADER_BYTES, FRAME_MAGIC, Scan, frame, scan};
use courtseal_consensus::vote::{
    CommitCertificate, PolkaCertificate, Proposal, RoundCertificate, RoundKind, RoundVote, Signed, SignedStep, Vote, VoteKind,
};
use courtseal_consensus::{GuardRecord, Message, Recovered, SyncedBlock, Wait, WalRecord};
use courtseal_fixtures::vectors;
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::sign_bytes::{PROPOSAL_PREIMAGE_BYTES, VOTE_PREIMAGE_BYTES};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// See the module.
pub const TARGETS: &[Target] = &[
    Target { name: "message", length_bytes_max: 4 * 1024, run: message, seeds: messages },
    Target { name: "statement-signed", length_bytes_max: 512, run: statement, seeds: statements },
    Target { name: "certificate", length_bytes_max: 4 * 1024, run: commit, seeds: certificates },
    Target { name: "write-ahead-log", length_bytes_max: 4 * 1024, run: log::<WalRecord>, seeds: write_ahead_logs },
    Target { name: "guard-log", length_bytes_max: 4 * 1024, run: log::<GuardRecord>, seeds: guard_logs },
];

fn message(bytes: &[u8]) -> bool {
    let Ok(message) = Message::decode(bytes) else { return false };
    assert_eq!(message.encode(), bytes);
    match &message {
        Message::Polka(polka) => assert_eq!(polka.votes().count(), polka.signatures.len()),
        Message::Round(round) => assert_eq!(round.votes().count(), round.votes.len()),
        _ => {}
    }
    true
}

/// One message of each kind; those of the vectors are frames: length and kind come off.
fn messages() -> Vec<Vec<u8>> {
    let hello = vectors::hex("hello.json", "frame").into_iter().filter_map(|frame| frame.get(5..).map(<[u8]>::to_vec));
    let value = sha256(b"a header");
    let synced = SyncedBlock { block: vec![1, 2].into(), certificate: certificate(1, value) };
    let precommits = certificate(1, value);
    let polka = PolkaCertificate { height: 1, round: 0, value, signatures: precommits.signatures.clone() };
    let round = RoundCertificate {
        height: 1,
        round: 0,
        kind: RoundKind::Precommit,
        votes: precommits
            .votes()
            .map(|vote| RoundVote {
                kind: VoteKind::Precommit,
                value: vote.content.value,
                court: vote.content.court,
                signature: vote.signature,
            })
            .collect(),
    };
    let mut messages = vec![
        Message::Status { height: 3 },
        Message::Wake { height: 4 },
        Message::Polka(polka),
        Message::Round(round),
        Message::BlockRequest { height: 1, value },
        Message::Block(vec![1, 2, 3].into()),
        Message::SyncRequest { from: 1 },
        Message::SyncResponse { from: 1, blocks: vec![synced] },
    ];
    messages.extend(signed().into_iter().map(|statement| match statement {
        SignedStep::Vote(vote) => Message::Vote(vote),
        SignedStep::Proposal(proposal) => Message::Proposal(proposal),
    }));
    hello.chain(messages.iter().map(Message::encode)).collect()
}

/// Votes and a proposal with good signatures.
fn signed() -> Vec<SignedStep> {
    let (keys, chain) = (&COURTS[1].vote, GENESIS.digest());
    let vote = |kind, value| {
        let content = Vote { height: 1, round: 0, kind, value, court: keys.public() };
        SignedStep::Vote(Signed { signature: keys.sign(&content.sign_bytes(&chain)), content })
    };
    let content = Proposal { height: 1, round: 2, pol_round: Some(0), value: sha256(b"a header"), court: keys.public() };
    let proposal = SignedStep::Proposal(Signed { signature: keys.sign(&content.sign_bytes(&chain)), content });
    vec![vote(VoteKind::Prevote, Some(sha256(b"a header"))), vote(VoteKind::Precommit, None), proposal]
}

fn statement(bytes: &[u8]) -> bool {
    let Ok(statement) = codec::decode::<SignedStep>(bytes, 1024) else { return false };
    assert_eq!(codec::encode(&statement), bytes);
    let (sign_bytes, other) = (statement.sign_bytes(&GENESIS.digest()), statement.sign_bytes(&Digest([7; 32])));
    assert_ne!(sign_bytes, other, "sign bytes name their network");
    let length = match statement {
        SignedStep::Vote(_) => VOTE_PREIMAGE_BYTES,
        SignedStep::Proposal(_) => PROPOSAL_PREIMAGE_BYTES,
    };
    assert_eq!(sign_bytes.len(), length);
    assert!(!statement.conflicts_with(&statement));
    true
}

fn statements() -> Vec<Vec<u8>> {
    signed().iter().map(codec::encode).collect()
}

fn commit(bytes: &[u8]) -> bool {
    let Ok(certificate) = codec::decode::<CommitCertificate>(bytes, 64 * 1024) else { return false };
    assert_eq!(codec::encode(&certificate), bytes);
    for (vote, one) in certificate.votes().zip(&certificate.signatures) {
        assert_eq!((vote.content.court, vote.content.value), (one.court, Some(certificate.value)));
    }
    true
}

fn certificates() -> Vec<Vec<u8>> {
    vec![codec::encode(&certificate(1, sha256(b"a header")))]
}

/// A log of pieces, each with a byte before it: even for a frame around the piece with the right checksum,
/// odd for the piece as it is.
pub fn written(bytes: &[u8]) -> Vec<u8> {
    let mut input = Input(bytes);
    let mut written = Vec::new();
    while !input.is_empty() {
        let is_frame = input.byte() % 2 == 0;
        let piece = input.piece();
        if is_frame {
            written.extend_from_slice(&FRAME_MAGIC);
            written.extend_from_slice(&(piece.len() as u32).to_be_bytes());
            written.extend_from_slice(&sha256(piece).0[..8]);
        }
        written.extend_from_slice(piece);
    }
    written
}

/// Reads a log; none if it is of another version.
pub fn read_again<T: Serialize + DeserializeOwned + PartialEq + Debug>(written: &[u8]) -> Option<Scan<T>> {
    let whole = scan::<T>(written).ok()?;
    let again: Vec<u8> = whole.records.iter().flat_map(frame).collect();
    assert_eq!(again, written[..whole.whole_bytes], "the records are the frames");
    let cut = written.len() / 2;
    let part = scan::<T>(&written[..cut]).expect("a prefix of a readable log is readable");
    assert!(whole.records.starts_with(&part.records), "a cut leaves a prefix");
    assert!(part.whole_bytes <= cut);
    Some(whole)
}

fn log<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) -> bool {
    let written = written(bytes);
    let Some(whole) = read_again::<T>(&written) else {
        assert!(Recovered::read(&written, &written).is_err(), "what one reading refuses no reading accepts");
        return false;
    };
    whole.whole_bytes >= FRAME_HEADER_BYTES
}

/// Inputs of [`written`] for these records, then for all of them with a broken one between.
pub fn logs(records: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let piece = |kind: u8, bytes: &[u8]| [&[kind][..], &(bytes.len() as u16).to_le_bytes(), bytes].concat();
    let mut seeds: Vec<Vec<u8>> = records.iter().map(|record| piece(0, record)).collect();
    let whole: Vec<u8> = records.iter().flat_map(|record| piece(0, record)).collect();
    seeds.push([whole.clone(), piece(1, b"CSJ1\0\0"), whole.clone()].concat());
    seeds.push(whole);
    seeds
}

fn write_ahead_logs() -> Vec<Vec<u8>> {
    let value = sha256(b"a header");
    let polka = certificate(1, value);
    let mut records = vec![
        WalRecord::Value { height: 1, round: 0, proposer: COURTS[0].vote.public(), value, valid: true },
        WalRecord::Polka(PolkaCertificate { height: 1, round: 0, value, signatures: polka.signatures }),
        WalRecord::Timeout { height: 1, round: 0, wait: Wait::Precommit },
        WalRecord::Body { height: 1, value, block: vec![1, 2, 3].into() },
    ];
    records.extend(signed().into_iter().map(|statement| match statement {
        SignedStep::Vote(vote) => WalRecord::Vote(vote),
        SignedStep::Proposal(proposal) => WalRecord::Proposal(proposal),
    }));
    logs(&records.iter().map(codec::encode).collect::<Vec<_>>())
}

fn guard_logs() -> Vec<Vec<u8>> {
    let record = |statement: &SignedStep| {
        codec::encode(&GuardRecord {
            step: statement.step(),
            sign_bytes: statement.sign_bytes(&GENESIS.digest()),
            signature: *statement.signature(),
        })
    };
    logs(&signed().iter().map(record).collect::<Vec<_>>())
}
