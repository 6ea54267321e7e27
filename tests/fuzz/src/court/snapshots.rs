//! Snapshots as a peer sends them or a file holds them (S10, N10): their frames, and the parts of a log that
//! are made of them.
//!
//! In: one frame; where a court stands, and a stream in pieces.
//! Out: whether the frame is read; whether the stream is believed to its end.
//! Always: what is read is encoded again byte for byte. Nobody can sign here, so a block that is believed
//! is one that was decided, and a checkpoint is the one that a quorum cosigned. A ledger made of a whole
//! snapshot gives the same snapshot again.
//! Not for signers that lie: see [`super::false_snapshots`].

use crate::input::Input;
use crate::network::{BLOCK_TIME, COURTS, Contents, GENESIS, TRANSACTIONS, certificate, cosigned, open};
use crate::target::Target;
use courtseal_court::snapshot::{Checker, Part};
use courtseal_ledger::limits::{CHECKPOINT_BYTES_MAX, PART_BLOCKS_MAX};
use courtseal_ledger::snapshot::{FRAME_HEADER_BYTES, Frame, FrameHeader, MAGIC, SnapshotReader};
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_ledger::{BlockAndCertificate, Head, Ledger};
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::sha256_of;
use courtseal_proof::bytes::time::Timestamp;
use std::sync::{Arc, LazyLock};

/// See the module.
pub const TARGETS: &[Target] = &[
    Target { name: "snapshot-frame", length_bytes_max: 20 * 1024, run: frame, seeds: frames },
    Target { name: "snapshot", length_bytes_max: 16 * 1024, run: snapshot, seeds: snapshots },
];

/// A log of three blocks: two with transactions, an empty one. All courts decided each; a quorum cosigned the
/// end.
pub struct Log {
    /// The ledger that holds it.
    pub ledger: Ledger,
    /// Its blocks, the first of height 1.
    pub blocks: Vec<BlockAndCertificate>,
    /// Where it ended at each height, the first of height 0.
    pub heads: Vec<Head>,
    stores: Vec<Contents>,
}

/// A log of three blocks: see [`Log`].
pub static LOG: LazyLock<Log> = LazyLock::new(|| {
    let store = Arc::new(MemoryStore::new());
    let ledger = open(Arc::clone(&store));
    let (mut blocks, mut heads, mut stores) = (Vec::new(), vec![ledger.head()], vec![store.contents()]);
    let (first, second) = TRANSACTIONS.split_at(TRANSACTIONS.len() / 2);
    for (proposer, transactions) in [first, second, &[]].into_iter().enumerate() {
        let time = Timestamp(BLOCK_TIME.0 + ledger.head().height);
        let built = ledger.build(time, COURTS[proposer].vote.public(), transactions.iter().cloned());
        let built = built.expect("a sound ledger builds");
        let certificate = certificate(built.header().height, built.digest());
        let certificate = codec::encode(&certificate);
        ledger.import(&[(built.read().clone(), certificate.clone())]).expect("what was built is valid");
        blocks.push((built.read().bytes().to_vec(), certificate));
        heads.push(ledger.head());
        stores.push(store.contents());
    }
    ledger.record_checkpoint(&cosigned(&ledger)).expect("its checkpoint is kept");
    Log { ledger, blocks, heads, stores }
});

impl Log {
    /// The ledger of a court that stands at this height, without a checkpoint.
    pub fn at(&self, height: usize) -> Ledger {
        open(Arc::new(MemoryStore::with_contents(self.stores[height].clone())))
    }
}

/// Reads the frame with which `rest` begins, as the node does, and moves on; none if it is refused or cut
/// short.
pub fn next_frame(rest: &mut &[u8]) -> Option<Frame> {
    let header = FrameHeader::read(*rest.first_chunk()?).ok()?;
    let payload = rest.get(FRAME_HEADER_BYTES..)?.get(..header.payload_bytes)?;
    let frame = header.open(payload).ok()?;
    let (read, left) = rest.split_at(FRAME_HEADER_BYTES + payload.len());
    assert_eq!(frame.encode(), read, "what is read is encoded again byte for byte");
    match &frame {
        Frame::Contents(_) => {}
        Frame::Part(blocks) => assert!((1..=PART_BLOCKS_MAX).contains(&blocks.len()), "a part of {} blocks", blocks.len()),
        Frame::End(note) => assert!(note.len() <= CHECKPOINT_BYTES_MAX),
    }
    *rest = left;
    Some(frame)
}

/// A payload under the right length and checksum, whatever its kind; written down here once more, from S10.
fn framed(kind: u8, payload: &[u8]) -> Vec<u8> {
    let checksum = sha256_of(&[&[kind], payload]);
    [&[kind], &(payload.len() as u32).to_be_bytes()[..], &checksum.0[..8], payload].concat()
}

/// A frame as it is; then its first byte as a kind and the others as the payload of a frame that is whole.
fn frame(bytes: &[u8]) -> bool {
    let is_read = next_frame(&mut &bytes[..]).is_some();
    let Some((kind, payload)) = bytes.split_first() else { return is_read };
    next_frame(&mut &framed(*kind, payload)[..]).is_some() || is_read
}

/// The frames of the log, from a height on: contents, parts, end.
fn frames_after(height: usize) -> Vec<Frame> {
    let (contents, mut reader) = SnapshotReader::new(&LOG.ledger, height as u64 + 1).expect("a sound ledger is read");
    let mut frames = vec![Frame::Contents(contents)];
    while !matches!(frames.last(), Some(Frame::End(_))) {
        frames.push(reader.frame().expect("a sound ledger is read"));
    }
    frames
}

fn frames() -> Vec<Vec<u8>> {
    let whole: Vec<Vec<u8>> = frames_after(0).iter().map(Frame::encode).collect();
    let payloads = whole.iter().map(|frame| [&frame[..1], &frame[FRAME_HEADER_BYTES..]].concat());
    let mut seeds: Vec<Vec<u8>> = payloads.chain(whole.iter().cloned()).collect();
    let nothing = |blocks: usize| [vec![1], codec::encode(&vec![(Vec::<u8>::new(), Vec::<u8>::new()); blocks])].concat();
    seeds.extend([0, 1, PART_BLOCKS_MAX, PART_BLOCKS_MAX + 1].map(nothing));
    seeds.extend((0..4).map(|kind| vec![kind]));
    seeds.push([&[1][..], &u64::MAX.to_le_bytes(), &[0; 40]].concat());
    seeds.push([&[1][..], &u32::MAX.to_be_bytes(), &[0; 8]].concat());
    seeds
}

/// Pieces, each with a byte before it: 0 to 3 for a whole frame of that kind around the piece, 4 to 7 for the
/// piece as it is.
fn stream(input: &mut Input<'_>) -> Vec<u8> {
    let mut stream = Vec::new();
    while !input.is_empty() {
        let kind = input.byte() % 8;
        let piece = input.piece();
        if kind < 4 { stream.extend(framed(kind, piece)) } else { stream.extend_from_slice(piece) }
    }
    stream
}

/// A byte for the height at which the court stands, then the stream that it is sent.
fn snapshot(bytes: &[u8]) -> bool {
    let mut input = Input(bytes);
    let start = usize::from(input.byte()) % LOG.heads.len();
    let stream = stream(&mut input);
    let Some(mut rest) = stream.strip_prefix(MAGIC) else { return false };
    let mut checker = Checker::new(&GENESIS, &LOG.heads[start]).expect("a genesis lists courts");
    let Some(Ok(contents)) = next_frame(&mut rest).map(|frame| checker.begin(frame)) else { return false };
    assert_eq!((contents.chain, contents.from), (GENESIS.digest(), start as u64 + 1));
    let (mut ledger, mut is_ours) = (None, true);
    loop {
        let Some(Ok(part)) = next_frame(&mut rest).map(|frame| checker.check(frame)) else { return false };
        let ledger = ledger.get_or_insert_with(|| LOG.at(start));
        is_ours &= take(ledger, &part);
        if !part.is_end() {
            continue;
        }
        assert!(ledger.head().height >= contents.head.height, "an end before the promised height");
        // What `restore` asks of a file. Of another court less is enough: its blocks are true whatever it
        // promised.
        if is_ours && rest.is_empty() && ledger.head() == contents.head {
            assert_eq!(again(ledger, start), stream, "a ledger made of a snapshot gives the same snapshot");
        }
        return true;
    }
}

/// Imports what was believed; whether the checkpoint, if there is one, is of these blocks.
fn take(ledger: &Ledger, part: &Part) -> bool {
    let before = ledger.head().height as usize;
    let after = before + part.blocks().len();
    let decided = LOG.blocks.get(before..after).expect("no other blocks were decided");
    assert!(
        part.blocks().iter().zip(decided).all(|(believed, decided)| **believed.0.bytes() == decided.0),
        "a block that nobody decided"
    );
    let committed = ledger.import(part.blocks()).expect("what the courts decided is valid");
    assert_eq!(committed.len(), part.blocks().len());
    assert_eq!(ledger.head(), LOG.heads[after]);
    let Some(cosigned) = part.checkpoint() else { return true };
    assert_eq!(cosigned.checkpoint, LOG.ledger.head_checkpoint(), "a checkpoint that no quorum cosigned");
    match ledger.record_checkpoint(cosigned) {
        Ok(is_newer) => {
            assert!(is_newer && cosigned.checkpoint.size <= ledger.head().size);
            true
        }
        Err(error) => {
            assert!(!error.is_fatal() && cosigned.checkpoint.size > ledger.head().size, "{error}");
            false
        }
    }
}

/// The snapshot of this ledger after a height, as it is sent.
fn again(ledger: &Ledger, height: usize) -> Vec<u8> {
    let (contents, mut reader) = SnapshotReader::new(ledger, height as u64 + 1).expect("a sound ledger is read");
    let mut stream = [&MAGIC[..], &Frame::Contents(contents).encode()].concat();
    loop {
        let frame = reader.frame().expect("a sound ledger is read");
        stream.extend(frame.encode());
        if matches!(frame, Frame::End(_)) {
            return stream;
        }
    }
}

fn snapshots() -> Vec<Vec<u8>> {
    let piece = |kind: u8, bytes: &[u8]| [&[kind][..], &(bytes.len() as u16).to_le_bytes(), bytes].concat();
    let magic = piece(4, MAGIC);
    let pieces = |start: usize| -> Vec<Vec<u8>> {
        let frames = frames_after(start);
        frames.iter().map(Frame::encode).map(|frame| piece(frame[0], &frame[FRAME_HEADER_BYTES..])).collect()
    };
    let told = |start: usize, pieces: &[&[u8]]| [&[start as u8], &magic[..], &pieces.concat()].concat();
    // For a court at each height: the whole snapshot in frames to be altered, and the same as it is.
    let mut seeds = Vec::new();
    for start in 0..LOG.heads.len() {
        seeds.push(told(start, &pieces(start).iter().map(Vec::as_slice).collect::<Vec<_>>()));
        seeds.push([vec![start as u8], piece(4, &again(&LOG.ledger, start))].concat());
    }
    let all = pieces(0);
    let [contents, part, end] = [&all[0][..], &all[1], &all[2]];
    let no_checkpoint = piece(2, b"");
    let seed = |pieces: &[&[u8]]| told(0, pieces);
    seeds.push(seed(&[contents, part, &no_checkpoint]));
    // One that promises less, has no blocks, and shows the checkpoint of the whole log.
    let Frame::Contents(first) = frames_after(0).remove(0) else { return seeds };
    let less = codec::encode(&courtseal_ledger::snapshot::Contents { head: LOG.heads[0], ..first });
    seeds.push(seed(&[&piece(0, &less), end]));
    // Blocks one at a time, frames out of order, cut short, of a court that stands elsewhere, with more after
    // the end.
    let single = |at: usize| piece(1, &codec::encode(&LOG.blocks[at..=at].to_vec()));
    seeds.push(seed(&[contents, &single(0), &single(1), &single(2), end]));
    seeds.push(seed(&[contents, end, part]));
    seeds.push(seed(&[part, contents, end]));
    seeds.push(seed(&[contents, contents, part, end]));
    seeds.push(seed(&[contents, part]));
    seeds.push(seed(&[contents, part, end, part]));
    seeds.push(told(2, &[contents, part, end]));
    seeds
}
