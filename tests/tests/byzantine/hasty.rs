//! Invalid blocks under signed proposals, for later rounds and for the running round (C29).
//!
//! In: proposals of full blocks, which take long to judge, and of short ones, which are judged at once.
//! Out: failures that name the court.
//! Always: a block for a later round is not judged. A block for the running round is judged, counted and kept
//! as evidence (S15), and nobody is accused on the log.
//! Not for proposals that are withheld: see `tests/tests/byzantine/proposals.rs`.

use crate::{LIAR, OTHERS, all_is_well, record, start};
use courtseal_consensus::Message;
use courtseal_proof::block::{Block, body_digest};
use courtseal_proof::bytes::key::{PublicKey, Signature};
use courtseal_tests::evidence::{Signer, now, statement};
use courtseal_tests::liar::{Liar, Means, Said};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Rounds that do not run here, because each court has been the proposer before the first of them.
const LATER: std::ops::RangeInclusive<u32> = 4..=10;
/// Bytes of the transactions of a full block; a block may have 8 MiB of them.
const FULL_BYTES: usize = 8 * 1024 * 1024 - 2_000;
/// Most files that are recorded here. More are needed only if no court ever judges the block.
const RECORDS_MAX: usize = 200;

/// Valid transactions that take time to judge, and an invalid one at the end.
fn full_body(notary: &Signer) -> Vec<Vec<u8>> {
    let until = now().unwrap().plus_ms(20 * 3_600_000);
    let (mut body, mut bytes) = (Vec::new(), 0);
    while bytes < FULL_BYTES && body.len() < 19_000 {
        let seed = body.len().to_be_bytes();
        let text = notary.sign_until(until, vec![statement(&seed)]).unwrap().to_text().into_bytes();
        bytes += text.len();
        body.push(text);
    }
    body.push(b"{}".to_vec());
    body
}

/// Proposes a block of these transactions, which break a rule, for a round of the next height.
fn propose(means: &Means, round: u32, body: &[Vec<u8>]) {
    let head = means.ledger.head();
    let time = now().unwrap().max(head.time.plus_ms(1)).plus_ms(u64::from(round));
    let empty = means.ledger.build(time, means.vote.public(), []).unwrap();
    let mut block = empty.read().to_parts();
    block.transactions = body.to_vec();
    block.header.body = body_digest(&block.header.chain, body);
    means.say_to_all(&Message::Block(block.encode().into()));
    means.say_to_all(&Message::Proposal(means.sign_proposal(head.height + 1, round, block.header.digest())));
}

/// How many invalid blocks of the liar a court has counted; `None` if its status has no such field.
fn counted(network: &LocalNetwork, at: usize) -> Option<u64> {
    network.status(at).unwrap()["courts"][LIAR]["invalid_blocks"].as_u64()
}

/// The files of evidence that a court keeps.
fn evidence(network: &LocalNetwork, at: usize) -> Vec<PathBuf> {
    let Ok(folder) = fs::read_dir(network.courts()[at].home.join("data").join("evidence")) else { return Vec::new() };
    folder.map(|entry| entry.unwrap().path()).collect()
}

/// Reads a file of evidence by S15 and F22 alone, and checks that it proves what it states.
fn check_evidence(network: &LocalNetwork, path: &std::path::Path, liar: &PublicKey) {
    assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = fs::read(path).unwrap();
    let mut rest = bytes.as_slice();
    let mut line = |name: &str| {
        let end = rest.iter().position(|byte| *byte == b'\n').unwrap();
        let text = std::str::from_utf8(&rest[..end]).unwrap().to_owned();
        rest = &rest[end + 1..];
        text.strip_prefix(name).unwrap_or_else(|| panic!("{name} expected: {text}")).to_owned()
    };
    assert_eq!(line("courtseal-invalid-block/v1"), "");
    assert!(line("network ").contains('/'), "the line names no origin");
    let court = line("court ");
    assert_eq!(court, network.courts()[LIAR].name);
    assert_eq!(line("key "), liar.to_string());
    let unhex = |text: String| -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    let (signed, signature) = (unhex(line("signed ")), unhex(line("signature ")));
    assert!(liar.verify(&signed, &Signature(signature.try_into().unwrap())), "the signature does not verify");
    assert!(!line("reason ").is_empty());
    let length: usize = line("block ").parse().unwrap();
    assert_eq!(rest.len(), length);
    let header = Block::decode(rest).unwrap().header;
    // The sign bytes of C4: text, chain, height, round, tag, earlier round, value, key.
    assert_eq!((&signed[..16], signed.len()), (b"COURTSEALPROP/v1".as_slice(), 129));
    assert_eq!((&signed[48..56], &signed[56..60]), (header.height.to_be_bytes().as_slice(), [0; 4].as_slice()));
    assert_eq!(&signed[65..97], &header.digest().0);
    let name = format!("invalid-block-{}-0-{court}", header.height);
    assert_eq!(path.file_name().unwrap().to_str().unwrap(), name);
}

#[test]
fn c29_invalid_blocks_are_judged_when_their_round_runs_only_and_kept_as_evidence() {
    let (mut network, memory) = start();
    let body = full_body(&Signer::read(&network.notary()).unwrap());
    let (in_time, sent, key) =
        (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)), Arc::new(std::sync::OnceLock::new()));
    let (is_in_time, count, public) = (Arc::clone(&in_time), Arc::clone(&sent), Arc::clone(&key));
    let mut told = 0;
    let liar = Liar::start(&network, None, move |means, _, said| {
        let _ = public.set(means.vote.public());
        // The liar has the newest block here, and the next height starts when there is work.
        if !matches!(said, Said::Message(Message::SyncResponse { .. })) {
            return;
        }
        let next = means.ledger.head().height + 1;
        if told >= next {
            return;
        }
        told = next;
        if is_in_time.load(Ordering::Relaxed) {
            if means.has_turn(next, 0) {
                propose(means, 0, &[b"{}".to_vec()]);
            }
            return;
        }
        // A full block takes longer to judge than its height may last; the verdict on a short block is there
        // at once.
        let body = if next.is_multiple_of(2) { &body[..] } else { &body[body.len() - 1..] };
        for round in LATER.filter(|round| means.has_turn(next, *round)) {
            propose(means, round, body);
            count.fetch_add(1, Ordering::Relaxed);
        }
    });
    let mut records = 0;
    let mut record_one = |network: &LocalNetwork| {
        assert!(records < RECORDS_MAX, "the lie has had no effect after {records} records");
        records += 1;
        record(network, &format!("while it lies {records}"));
    };
    while sent.load(Ordering::Relaxed) < 4 {
        record_one(&network);
    }
    for _ in 0..4 {
        record_one(&network);
    }
    for at in OTHERS {
        assert_eq!(
            (counted(&network, at), evidence(&network, at)),
            (None, vec![]),
            "court {at} has judged a block that is not due"
        );
    }
    in_time.store(true, Ordering::Relaxed);
    while OTHERS.iter().any(|at| counted(&network, *at).is_none()) {
        record_one(&network);
    }
    for at in OTHERS {
        // The court logs a file of evidence after the file is whole.
        let kept = || network.courts()[at].said().matches("kept as evidence").count();
        await_state("evidence is kept", || (kept() > 0 && kept() == evidence(&network, at).len()).then_some(())).unwrap();
        let files = evidence(&network, at);
        assert!(files.len() as u64 <= counted(&network, at).unwrap());
        for path in files {
            check_evidence(&network, &path, key.get().unwrap());
        }
        let others = network.status(at).unwrap()["courts"].as_array().unwrap().clone();
        assert!(others.iter().enumerate().all(|(court, one)| court == LIAR || one.get("invalid_blocks").is_none()), "{others:?}");
    }
    // This also checks that nobody is accused on the log.
    all_is_well(&mut network, liar, &memory);
}
