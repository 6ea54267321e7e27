//! Snapshots: the frames, and a ledger made of them.
//!
//! In: a ledger of the fixtures' network, and frames of any bytes.
//! Out: failures that name the frame.
//! Not for sockets and files, which the node has.

use super::*;
use crate::testing::{NOTARY, Network, public};
use crate::verified_transaction::NoCache;
use courtseal_proof::block::{Block, ReadBlock};
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::bytes::time::Timestamp;
use proptest::prelude::*;
use proptest::sample::Index;
use std::sync::Arc;

fn read(bytes: &[u8]) -> Result<Frame, SnapshotError> {
    let header = FrameHeader::read(*bytes.first_chunk().ok_or(SnapshotError::Checksum)?)?;
    header.open(&bytes[FRAME_HEADER_BYTES..])
}

fn frames(ledger: &Ledger, from: u64) -> (Contents, Vec<Frame>) {
    let (contents, mut reader) = SnapshotReader::new(ledger, from).unwrap();
    let mut frames = Vec::new();
    loop {
        frames.push(reader.frame().unwrap());
        if matches!(frames.last(), Some(Frame::End(_))) {
            return (contents, frames);
        }
    }
}

/// Blocks with one transaction each; every third repeats a file, every fourth is empty.
fn grow(network: &Network, ledger: &Ledger, blocks: u64) {
    for n in 0..blocks {
        let transactions =
            if n % 4 == 3 { vec![] } else { vec![network.transaction(NOTARY, n, vec![public(n / 3), public(1_000 + n)])] };
        network.commit(ledger, &transactions);
    }
}

#[test]
fn s10_frames_round_trip_and_every_flipped_bit_is_seen() {
    let network = Network::new(1);
    let ledger = network.ledger();
    grow(&network, &ledger, 3);
    ledger.record_checkpoint(&network.cosigned(&ledger)).unwrap();
    let (contents, frames) = frames(&ledger, 1);
    for frame in frames.into_iter().chain([Frame::Contents(contents), Frame::End(String::new())]) {
        let bytes = frame.encode();
        assert_eq!(read(&bytes), Ok(frame));
        for at in 0..bytes.len() {
            let mut broken = bytes.clone();
            broken[at] ^= 1;
            assert!(read(&broken).is_err(), "at {at}");
        }
        assert!(read(&bytes[..bytes.len() - 1]).is_err());
    }
}

#[test]
fn s10_lengths_are_judged_before_anything_is_allocated() {
    let header = |kind: u8, length: u32| {
        let mut bytes = [0; FRAME_HEADER_BYTES];
        bytes[0] = kind;
        bytes[1..5].copy_from_slice(&length.to_be_bytes());
        FrameHeader::read(bytes)
    };
    assert!(header(1, PAYLOAD_BYTES_MAX as u32).is_ok());
    assert_eq!(header(1, PAYLOAD_BYTES_MAX as u32 + 1), Err(SnapshotError::TooLong(PAYLOAD_BYTES_MAX + 1)));
    assert_eq!(header(2, CHECKPOINT_BYTES_MAX as u32 + 1), Err(SnapshotError::TooLong(CHECKPOINT_BYTES_MAX + 1)));
    assert_eq!(header(3, 0), Err(SnapshotError::Kind(3)));
    let part = |blocks: usize| read(&Frame::Part(vec![(Vec::new(), Vec::new()); blocks]).encode());
    assert_eq!(part(0), Err(SnapshotError::Blocks(0)));
    assert!(part(PART_BLOCKS_MAX).is_ok());
    assert_eq!(part(PART_BLOCKS_MAX + 1), Err(SnapshotError::Blocks(PART_BLOCKS_MAX + 1)));
}

#[test]
fn s9_an_imported_ledger_is_the_same_to_the_byte() {
    let network = Network::new(4);
    let (store, copy) = (crate::store::memory::MemoryStore::new(), crate::store::memory::MemoryStore::new());
    let (store, copy) = (std::sync::Arc::new(store), std::sync::Arc::new(copy));
    let ledger = network.ledger_on(store.clone());
    grow(&network, &ledger, 40);
    let imported = network.ledger_on(copy.clone());
    let (contents, frames) = frames(&ledger, 1);
    assert_eq!((contents.from, contents.head), (1, ledger.head()));
    for frame in frames {
        let Frame::Part(blocks) = frame else { continue };
        let read = |(block, certificate): (Vec<u8>, Vec<u8>)| (ReadBlock::read(Arc::new(block)).unwrap(), certificate);
        let blocks: Vec<_> = blocks.into_iter().map(read).collect();
        // In uneven pieces, each of which overlaps the one before, as after a crash.
        for from in (0..blocks.len()).step_by(7) {
            let piece = &blocks[from.saturating_sub(2)..blocks.len().min(from + 7)];
            imported.import(piece).unwrap();
        }
    }
    assert_eq!(imported.head(), ledger.head());
    assert_eq!(copy.contents(), store.contents());
    // It goes on as the other does.
    let block = network.block(&ledger, &[network.transaction(NOTARY, 99, vec![public(0)])]);
    assert_eq!(
        imported.commit(block.read(), b"certificate", block.digest(), &NoCache),
        ledger.commit(block.read(), b"certificate", block.digest(), &NoCache)
    );
}

#[test]
fn s9_what_does_not_follow_is_refused_and_nothing_of_it_is_written() {
    let network = Network::new(4);
    let ledger = network.ledger();
    grow(&network, &ledger, 6);
    let blocks: Vec<_> = (1..=6).map(|height| ledger.block(height).unwrap().unwrap()).collect();
    let imported = network.ledger();
    imported.import(&blocks[..2]).unwrap();
    let gap = [blocks[2].clone(), blocks[4].clone()];
    assert!(matches!(imported.import(&gap), Err(Error::NotNext { height: 5, head: 3 })));
    // One whose header does not follow, under its own digest.
    let mut changed = Block::decode(blocks[2].0.bytes()).unwrap();
    changed.header.log_size += 1;
    let other = (changed.read().unwrap(), blocks[2].1.clone());
    assert!(matches!(imported.import(&[other, blocks[3].clone()]), Err(Error::Invalid(_))));
    let long = (blocks[2].0.clone(), vec![0; CERTIFICATE_BYTES_MAX + 1]);
    assert!(matches!(imported.import(&[long]), Err(Error::OutOfRange(_))));
    let foreign = Network::new(3);
    let strange = foreign.ledger();
    grow(&foreign, &strange, 1);
    assert!(matches!(imported.import(&[strange.block(1).unwrap().unwrap()]), Err(Error::OtherBlock { height: 1, .. })));
    assert_eq!(imported.head().height, 2);
    assert_eq!(imported.import(&blocks).unwrap().len(), 4);
    assert_eq!(imported.import(&blocks).unwrap(), []);
    assert_eq!(imported.head(), ledger.head());
}

#[test]
fn s10_a_snapshot_ends_where_it_was_begun() {
    let network = Network::new(1);
    let ledger = network.ledger();
    grow(&network, &ledger, 2);
    let (contents, mut reader) = SnapshotReader::new(&ledger, 2).unwrap();
    grow_more(&network, &ledger);
    assert_eq!((contents.from, contents.head.height), (2, 2));
    assert!(matches!(reader.frame().unwrap(), Frame::Part(blocks) if blocks.len() == 1));
    assert_eq!(reader.frame().unwrap(), Frame::End(String::new()));
    let (_, mut reader) = SnapshotReader::new(&ledger, 99).unwrap();
    assert_eq!(reader.frame().unwrap(), Frame::End(String::new()));
}

fn grow_more(network: &Network, ledger: &Ledger) {
    network.commit(ledger, &[network.transaction(NOTARY, 77, vec![public(77)])]);
}

/// Reads the first frame of a stream as the node does: only as many payload bytes as its header says.
fn read_first(stream: &[u8]) -> Result<Frame, SnapshotError> {
    let header = FrameHeader::read(*stream.first_chunk().ok_or(SnapshotError::Checksum)?)?;
    let payload = stream[FRAME_HEADER_BYTES..].get(..header.payload_bytes);
    header.open(payload.ok_or(SnapshotError::Checksum)?)
}

/// Any frame: its shape is all that a frame is judged by.
fn any_frame() -> impl Strategy<Value = Frame> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..40);
    let contents = any::<([u8; 32], u64, u64, [u8; 32], u64, u64)>().prop_map(|(chain, from, height, digest, time, size)| {
        let head = Head { height, digest: Digest(digest), time: Timestamp(time), size, root: sha256(&digest) };
        Frame::Contents(Contents { chain: Digest(chain), from, head })
    });
    prop_oneof![
        contents,
        proptest::collection::vec((bytes(), bytes()), 1..6).prop_map(Frame::Part),
        any::<String>().prop_map(Frame::End),
    ]
}

proptest! {
    #[test]
    fn s10_any_frame_comes_back_and_any_changed_byte_or_cut_is_seen(
        frame in any_frame(),
        after in proptest::collection::vec(any::<u8>(), 0..80),
        at: Index,
        change in 1..=u8::MAX,
    ) {
        let bytes = frame.encode();
        let stream = [&bytes[..], &after].concat();
        prop_assert_eq!(read_first(&stream), Ok(frame.clone()));
        prop_assert_eq!(read(&bytes), Ok(frame));
        let at = at.index(bytes.len());
        let mut changed = stream;
        changed[at] ^= change;
        // This includes a changed length, with which bytes of the next frame are taken for payload.
        prop_assert!(read_first(&changed).is_err());
        prop_assert!(read_first(&bytes[..at]).is_err());
    }

    #[test]
    fn s10_a_payload_with_a_right_checksum_is_refused_or_is_the_only_one_of_its_frame(
        frame in any_frame(),
        kind in 0u8..4,
        changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 0..4),
        cut: Index,
        after in proptest::collection::vec(any::<u8>(), 0..3),
    ) {
        let mut payload = frame.encode().split_off(FRAME_HEADER_BYTES);
        payload.truncate(payload.len() - cut.index(payload.len() + 1) / 8);
        payload.extend(after);
        for (at, change) in changes {
            let at = at.index(payload.len().max(1));
            payload.iter_mut().skip(at).take(1).for_each(|byte| *byte = change);
        }
        let length = (payload.len() as u32).to_be_bytes();
        let bytes = [&[kind], &length[..], &checksum(kind, &payload), &payload].concat();
        if let Ok(read) = read(&bytes) {
            prop_assert_eq!(read.encode(), bytes);
        }
    }
}
