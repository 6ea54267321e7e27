//! The store's mark of confirmed writes, as any disk may give it back (S7).
//!
//! In: the bytes of the file, or two slots to write and damage; then writes, torn and whole.
//! Out: whether the file vouches for anything.
//! Always: it vouches for the larger of its whole slots and never for a damaged one. The slot that holds it
//! is not the next one written, so that a torn write leaves the last confirmed number.
//! Not for files: the ledger opens, reads and writes them.

use crate::input::Input;
use crate::target::Target;
use courtseal_ledger::store::{MARK_BYTES, read_mark};
use courtseal_proof::bytes::digest::sha256;

/// See the module.
pub const TARGETS: &[Target] =
    &[Target { name: "confirmed-mark", length_bytes_max: MARK_BYTES + 256, run: confirmed, seeds: marks }];

const SLOT_BYTES: usize = MARK_BYTES / 2;
const STEPS_MAX: usize = 32;

/// A whole slot; written down here once more, from S7.
fn slot(writes: u64) -> [u8; SLOT_BYTES] {
    let mut slot = [0; SLOT_BYTES];
    slot[..16].copy_from_slice(b"COURTSEALMARK/v1");
    slot[16..24].copy_from_slice(&writes.to_le_bytes());
    let checksum = sha256(&slot[..24]);
    slot[24..56].copy_from_slice(&checksum.0);
    slot
}

/// What a slot vouches for.
fn vouched(bytes: &[u8]) -> Option<u64> {
    let writes = u64::from_le_bytes(*bytes[16..].first_chunk().expect("a slot is longer"));
    (bytes == slot(writes)).then_some(writes)
}

/// What the file vouches for, and the slot that is written next.
fn read(file: &[u8; MARK_BYTES]) -> Option<(u64, usize)> {
    let slots = [vouched(&file[..SLOT_BYTES]), vouched(&file[SLOT_BYTES..])];
    let found = read_mark(file);
    assert_eq!(found.map(|(writes, _)| writes), slots.into_iter().flatten().max(), "the larger of the whole slots {slots:?}");
    let (writes, next) = found?;
    assert_eq!(slots[1 - next as usize], Some(writes), "the newest is not the one written over");
    Some((writes, next as usize))
}

/// The first byte is even for the file as it is, odd for two whole slots and then damage to them. The rest
/// of the input is writes.
fn confirmed(bytes: &[u8]) -> bool {
    let mut input = Input(bytes);
    let mut file = [0; MARK_BYTES];
    if input.byte().is_multiple_of(2) {
        file = input.array();
    } else {
        for half in file.chunks_mut(SLOT_BYTES) {
            half.copy_from_slice(&slot(input.number()));
        }
        for _ in 0..input.byte() % 4 {
            let at = input.short() % MARK_BYTES;
            file[at] ^= input.byte();
        }
    }
    let accepted = read(&file).is_some();
    for _ in 0..STEPS_MAX {
        let Some((before, next)) = read(&file).filter(|_| !input.is_empty()) else { break };
        let writes = before.saturating_add(1 + u64::from(input.byte()));
        // Zero for a whole write; else a crash leaves so many bytes of it.
        let torn = input.short() % SLOT_BYTES;
        let written = if torn == 0 { SLOT_BYTES } else { torn };
        let half = &mut file[next * SLOT_BYTES..][..SLOT_BYTES];
        let was_whole = vouched(half).is_some();
        half[..written].copy_from_slice(&slot(writes)[..written]);
        let (after, other) = read(&file).expect("a torn write leaves the other slot");
        // Slots begin alike, so a torn write may mend a damaged one: what that says was confirmed once.
        let is_torn = torn > 0 && (after == before || !was_whole && after > before);
        assert!(after == writes || is_torn, "{before}, then {writes}, and it vouches for {after}");
        assert!(after != writes || other != next || before == u64::MAX, "slots are written in turn");
    }
    accepted
}

fn marks() -> Vec<Vec<u8>> {
    let file = |slots: [u64; 2]| [&[0][..], &slot(slots[0]), &slot(slots[1])].concat();
    let slots = |slots: [u64; 2], damage: &[u8]| {
        [&[1][..], &slots[0].to_le_bytes(), &slots[1].to_le_bytes(), &[(damage.len() / 3) as u8], damage].concat()
    };
    let mut seeds = vec![file([0, 0]), file([5, 4]), file([4, 5]), slots([0, 0], &[]), slots([5, 4], &[20, 0, 1])];
    seeds.push(slots([5, 4], &[20, 0, 1, 20, 2, 1]));
    seeds.push(slots([u64::MAX, 7], &[]));
    // Writes: whole, torn, whole again.
    let writes = [[0, 0, 0], [3, 100, 0], [0, 0, 0], [9, 23, 0], [1, 55, 0]].concat();
    seeds.push([slots([0, 0], &[]), writes.clone()].concat());
    seeds.push([file([8, 9]), writes].concat());
    seeds
}
