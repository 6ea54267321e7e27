//! False snapshots over real streams: a court whose ledger is gone asks a liar first, and then gets the log
//! from the other courts.
//!
//! In: a network with a long log; a liar that answers requests for snapshots.
//! Out: failures that name the lie.
//! Always: the court ends with the log of the honest courts, and its log names the reason why it left the
//! liar.
//! Not for false blocks in block sync: see `tests/tests/byzantine/sync.rs`.

use crate::{data, history, log};
use courtseal_ledger::snapshot::{Frame, MAGIC, SnapshotReader};
use courtseal_ledger::{BlockAndCertificate, Ledger};
use courtseal_proof::genesis::Genesis;
use courtseal_rocks::RocksStore;
use courtseal_tests::impostor::Impostor;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use futures::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _};
use libp2p::StreamProtocol;
use std::fs;
use std::sync::Arc;

/// The court that lies. It is the first that the victim asks.
const LIAR: usize = 0;
/// The court that has lost its ledger.
const VICTIM: usize = 3;
/// Blocks of the log: so many that the victim fetches a snapshot, however many blocks block sync has brought
/// before.
const BLOCKS: u64 = 2_000;

/// A false snapshot: how it is made of the true frames (contents, parts, the end), whether the stream is
/// closed after it, and the reason for which the victim leaves the liar.
struct Lie {
    what: &'static str,
    bytes: fn(&[Frame]) -> Vec<u8>,
    closes: bool,
    why: &'static str,
}

fn bytes(frames: &[Frame]) -> Vec<u8> {
    frames.iter().fold(MAGIC.to_vec(), |bytes, frame| [bytes, frame.encode()].concat())
}

/// The true frames of a log from a height on.
fn frames(ledger: &Ledger, from: u64) -> Vec<Frame> {
    let (contents, mut reader) = SnapshotReader::new(ledger, from).unwrap();
    let mut frames = vec![Frame::Contents(contents)];
    while !matches!(frames.last(), Some(Frame::End(_))) {
        frames.push(reader.frame().unwrap());
    }
    frames
}

/// All frames before the last part, followed by other bytes.
fn begun(frames: &[Frame], next: &[u8]) -> Vec<u8> {
    [&bytes(&frames[..frames.len() - 2]), next].concat()
}

fn last_part(frames: &[Frame], change: fn(&mut Vec<BlockAndCertificate>)) -> Vec<u8> {
    let Frame::Part(mut blocks) = frames[frames.len() - 2].clone() else { panic!("a part") };
    change(&mut blocks);
    Frame::Part(blocks).encode()
}

fn changed(frames: &[Frame], change: fn(&mut Vec<BlockAndCertificate>)) -> Vec<u8> {
    begun(frames, &last_part(frames, change))
}

const LIES: [Lie; 10] = [
    Lie {
        what: "a certificate with one bit flipped",
        bytes: |frames| changed(frames, |blocks| *blocks[7].1.last_mut().unwrap() ^= 1),
        closes: true,
        why: "false commit certificate",
    },
    Lie {
        what: "a block of another body",
        bytes: |frames| changed(frames, |blocks| *blocks[9].0.last_mut().unwrap() ^= 1),
        closes: true,
        why: "error=block",
    },
    Lie {
        what: "a block left out",
        bytes: |frames| changed(frames, |blocks| drop(blocks.remove(3))),
        closes: true,
        why: "does not follow the one before it",
    },
    Lie {
        what: "one block at a time",
        bytes: |frames| {
            let (one, rest) =
                (last_part(frames, |blocks| blocks.truncate(1)), last_part(frames, |blocks| drop(blocks.remove(0))));
            begun(frames, &[one, rest].concat())
        },
        closes: true,
        why: "is not full",
    },
    Lie {
        what: "a log without its end",
        bytes: |frames| begun(frames, &frames.last().unwrap().encode()),
        closes: true,
        why: "and promised",
    },
    Lie {
        what: "nothing of it",
        bytes: |frames| {
            let Frame::Contents(mut contents) = frames[0].clone() else { panic!("contents") };
            contents.head.height = contents.from - 1;
            bytes(&[Frame::Contents(contents), Frame::End(String::new())])
        },
        closes: true,
        why: "its log ends far before",
    },
    Lie {
        what: "a cut",
        bytes: |frames| begun(frames, &last_part(frames, |_| ())[..5_000]),
        closes: true,
        why: "asking another court",
    },
    Lie {
        what: "a length of 4 GiB",
        bytes: |frames| begun(frames, &[1, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]),
        closes: true,
        why: "a frame of 4294967295 bytes",
    },
    Lie { what: "rubbish", bytes: |_| vec![7; 100_000], closes: true, why: "no snapshot of version 2" },
    Lie {
        what: "silence",
        bytes: |frames| begun(frames, &last_part(frames, |_| ())[..5_000]),
        closes: false,
        why: "it sends too slowly",
    },
];

/// Answers every request for a snapshot in the liar's name.
fn answer(network: &LocalNetwork, ledger: Arc<Ledger>, lie: &Lie) -> Impostor {
    let (make, closes) = (lie.bytes, lie.closes);
    let act = move |mut control: libp2p_stream::Control, _| {
        let mut incoming = control.accept(StreamProtocol::new("/courtseal/snapshot/1")).unwrap();
        tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Some((_, mut stream)) = incoming.next().await {
                let mut from = [0; 8];
                let _ = stream.read_exact(&mut from).await;
                let _ = stream.write_all(&make(&frames(&ledger, u64::from_be_bytes(from)))).await;
                let _ = stream.flush().await;
                if closes {
                    let _ = stream.close().await;
                }
                kept.push(stream);
            }
        });
    };
    Impostor::start(network, LIAR, act).unwrap()
}

#[test]
fn n10_whoever_lies_in_a_snapshot_is_left() {
    let mut network = LocalNetwork::create(4).unwrap();
    history::write(&network, BLOCKS);
    network.run().unwrap();
    network.await_equal(&crate::ALL).unwrap();
    network.kill(LIAR).unwrap();
    let genesis = Genesis::from_text(&fs::read(&network.listing().genesis).unwrap()).unwrap();
    let store = RocksStore::open(&data(&network, LIAR).join("ledger")).unwrap();
    let truth = Arc::new(Ledger::open(Arc::new(store), &genesis).unwrap());
    for lie in &LIES {
        (1..=VICTIM).for_each(|court| network.kill(court).unwrap());
        fs::remove_dir_all(data(&network, VICTIM).join("ledger")).unwrap();
        let said = log(&network, VICTIM).len();
        let liar = answer(&network, Arc::clone(&truth), lie);
        network.restart(VICTIM).unwrap();
        await_state("the victim takes the liar for a court", || (liar.lanes() > 0).then_some(())).unwrap();
        (1..VICTIM).for_each(|court| network.restart(court).unwrap());
        network.await_equal(&[1, 2, VICTIM]).unwrap_or_else(|error| panic!("{}: {error:#}", lie.what));
        assert_eq!(network.log_check(VICTIM).unwrap(), network.log_check(1).unwrap(), "{}", lie.what);
        let said = log(&network, VICTIM).split_off(said);
        assert!(said.contains(lie.why), "{}: {:?} is not in\n{said}", lie.what, lie.why);
    }
    crate::no_two_votes(&network);
}
