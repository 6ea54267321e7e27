//! Lies in snapshots, over real streams: a court whose ledger is gone asks a liar first, and gets the log from the others.

use crate::{data, history, log};
use courtseal_ledger::limits::PART_BLOCKS_MAX;
use courtseal_ledger::snapshot::{Contents, Frame, MAGIC, SnapshotReader};
use courtseal_ledger::store::rocks::RocksStore;
use courtseal_ledger::{BlockAndCertificate, Ledger};
use courtseal_proof::genesis::Genesis;
use courtseal_tests::impostor::Impostor;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use futures::{AsyncReadExt as _, AsyncWriteExt as _, StreamExt as _};
use libp2p::StreamProtocol;
use std::fs;
use std::sync::Arc;

/// The court that lies: the first that the victim asks.
const LIAR: usize = 0;
/// The court that has lost its ledger.
const VICTIM: usize = 3;
/// Blocks of the log: two parts, so that some of what a liar sends is true.
const BLOCKS: u64 = PART_BLOCKS_MAX as u64 + 200;

/// What a liar sends, what comes after it (nothing: it only stays silent), and why it is left.
struct Lie {
    what: &'static str,
    bytes: Vec<u8>,
    closes: bool,
    why: &'static str,
}

fn bytes(frames: &[Frame]) -> Vec<u8> {
    frames.iter().fold(MAGIC.to_vec(), |bytes, frame| [bytes, frame.encode()].concat())
}

/// The true frames of a log: contents, two parts, the end.
fn frames(network: &LocalNetwork) -> (Contents, [Frame; 4]) {
    let genesis = Genesis::from_text(&fs::read(&network.listing().genesis).unwrap()).unwrap();
    let store = RocksStore::open(&data(network, LIAR).join("ledger")).unwrap();
    let ledger = Ledger::open(Arc::new(store), &genesis).unwrap();
    let (contents, mut reader) = SnapshotReader::new(&ledger, 1).unwrap();
    let parts = [(); 3].map(|()| reader.frame().unwrap());
    let [one, two, end] = parts;
    (contents.clone(), [Frame::Contents(contents), one, two, end])
}

fn lies(contents: &Contents, [first, one, two, end]: &[Frame; 4]) -> Vec<Lie> {
    let Frame::Part(blocks) = two else { panic!("a part") };
    let with = |change: fn(&mut Vec<BlockAndCertificate>)| {
        let mut blocks = blocks.clone();
        change(&mut blocks);
        Frame::Part(blocks)
    };
    let begun = |next: &[u8]| [&bytes(&[first.clone(), one.clone()])[..], next].concat();
    let behind = |frame: Frame| begun(&frame.encode());
    let mut kept = contents.clone();
    kept.head.height = 0;
    let lie = |what, bytes, why| Lie { what, bytes, closes: true, why };
    vec![
        lie(
            "a certificate with one bit flipped",
            behind(with(|blocks| *blocks[7].1.last_mut().unwrap() ^= 1)),
            "false commit certificate",
        ),
        lie("a block of another body", behind(with(|blocks| *blocks[9].0.last_mut().unwrap() ^= 1)), "error=block"),
        lie("a block left out", behind(with(|blocks| drop(blocks.remove(3)))), "does not follow the one before it"),
        lie(
            "one block at a time",
            begun(&[with(|blocks| blocks.truncate(1)).encode(), with(|blocks| drop(blocks.remove(0))).encode()].concat()),
            "is not full",
        ),
        lie("a log without its end", behind(end.clone()), "and promised"),
        lie("nothing of it", bytes(&[Frame::Contents(kept), Frame::End(String::new())]), "its log ends far before"),
        lie("a cut", begun(&two.encode()[..5_000]), "asking another court for the snapshot"),
        lie("a length of 4 GiB", begun(&[1, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0]), "a frame of 4294967295 bytes"),
        lie("rubbish", vec![7; 100_000], "no snapshot of version 1"),
        Lie { what: "silence", bytes: begun(&two.encode()[..5_000]), closes: false, why: "it sends too slowly" },
    ]
}

/// In the liar's name, answers whoever asks for a snapshot with these bytes.
fn answer(network: &LocalNetwork, bytes: Vec<u8>, closes: bool) -> Impostor {
    let act = move |mut control: libp2p_stream::Control, _| {
        let mut incoming = control.accept(StreamProtocol::new("/courtseal/snapshot/1")).unwrap();
        tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Some((_, mut stream)) = incoming.next().await {
                let _ = stream.read_exact(&mut [0; 8]).await;
                let _ = stream.write_all(&bytes).await;
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
    let (contents, frames) = frames(&network);
    network.run().unwrap();
    network.await_equal(&crate::ALL).unwrap();
    network.kill(LIAR).unwrap();
    for lie in lies(&contents, &frames) {
        (1..=VICTIM).for_each(|court| network.kill(court).unwrap());
        fs::remove_dir_all(data(&network, VICTIM).join("ledger")).unwrap();
        let said = log(&network, VICTIM).len();
        let liar = answer(&network, lie.bytes, lie.closes);
        network.restart(VICTIM).unwrap();
        await_state("the liar is taken for a court", || (liar.lanes() > 0).then_some(())).unwrap();
        (1..VICTIM).for_each(|court| network.restart(court).unwrap());
        network.await_equal(&[1, 2, VICTIM]).unwrap_or_else(|error| panic!("{}: {error:#}", lie.what));
        assert_eq!(network.log_check(VICTIM).unwrap(), network.log_check(1).unwrap(), "{}", lie.what);
        let said = log(&network, VICTIM).split_off(said);
        assert!(said.contains(lie.why), "{}: {:?} is not in\n{said}", lie.what, lie.why);
        drop(liar);
    }
    network.restart(LIAR).unwrap();
    network.await_equal(&crate::ALL).unwrap();
    crate::no_two_votes(&network);
}
