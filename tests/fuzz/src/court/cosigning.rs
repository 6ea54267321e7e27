//! Cosigning, fed with other courts' cosignatures in any order (F32), and the record of its own cosignatures
//! (S8, S11).
//!
//! In: a list of commits, cosignatures true and false, restarts; a log's bytes.
//! Out: whether a quorum, a record was found.
//! Always: a quorum's checkpoint verifies under the network's policy and is one that was committed. Its
//! times are within bounds, and those of one size never go back. Sizes cosigned never go back, and never
//! have another root, whatever log a restart finds. A record that was written is found, or the log is known
//! to be damaged.
//! Not for receipts.

use crate::consensus::decoders::{logs, read_again, written};
use crate::input::Input;
use crate::network::{COURTS, GENESIS};
use crate::target::Target;
use courtseal_consensus::Now;
use courtseal_consensus::journal::{frame, scan};
use courtseal_court::cosign::times::is_timely;
use courtseal_court::cosign::{Announcement, CosignedLog, Cosigner, Decision, Heard, Quorum};
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::bytes::name::CourtName;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::log::checkpoint::Checkpoint;
use courtseal_proof::verify::{HeldPolicy, verify_checkpoint};
use std::sync::LazyLock;

/// See the module.
pub const TARGETS: &[Target] = &[
    Target { name: "cosigner", length_bytes_max: 512, run: cosigner, seeds },
    Target { name: "cosignature-log", length_bytes_max: 4 * 1024, run: log, seeds: records },
];

const OWN: usize = 0;
const STEPS_MAX: usize = 200;

static POLICY: LazyLock<HeldPolicy> = LazyLock::new(|| HeldPolicy::new(GENESIS.policy_text().as_bytes()));

/// When all blocks here are made.
const BLOCK: Timestamp = Timestamp(100_000);

fn new(last: Option<CosignedLog>, quorum: Quorum) -> Cosigner {
    let keys = &COURTS[OWN];
    Cosigner::new(&GENESIS, keys.name.clone(), keys.log.clone(), keys.cosigner.clone(), last, quorum)
}

fn name(text: &str) -> CourtName {
    CourtName::new(text).expect("a name")
}

/// The root of the log at a size, or of a lie about it.
fn root(size: u64, lie: u8) -> Digest {
    sha256(&[&size.to_be_bytes()[..], &[lie]].concat())
}

fn size(input: &mut Input<'_>) -> u64 {
    match input.byte() {
        few @ 0..=239 => u64::from(few % 80),
        _ => input.number(),
    }
}

fn cosigner(bytes: &[u8]) -> bool {
    let mut input = Input(bytes);
    let mut cosigner = new(None, Quorum::default());
    let (mut last, mut longest, mut found): (Option<CosignedLog>, u64, bool) = (None, 0, false);
    let (mut quorum_now, mut now) = (Quorum::default(), Now { monotonic_ms: 0, wall: BLOCK });
    for _ in 0..STEPS_MAX {
        if input.is_empty() {
            break;
        }
        match input.byte() % 7 {
            0 => {
                longest = longest.saturating_add(1 + u64::from(input.byte() % 4));
                cosigner.committed(longest, root(longest, 0), BLOCK);
            }
            1 => {
                let at = CosignedLog { size: longest, root: root(longest, u8::from(input.byte() >= 250)) };
                match cosigner.decide(at.size, at.root, now) {
                    Decision::Record(next) => {
                        assert!(last.is_none_or(|before| before.size < next.size || before == next), "{last:?}, then {next:?}");
                        last = Some(next);
                        let own = cosigner.sign(next, now);
                        assert_eq!(cosigner.own_latest(), Some(own));
                    }
                    Decision::Unsure => panic!("no record was lost"),
                    Decision::Done => assert_eq!(last, Some(at)),
                    Decision::Behind(newest) => assert!(newest.size > at.size),
                    Decision::Never => assert!(last.is_some_and(|last| last.size == at.size && last.root != at.root)),
                }
            }
            2 | 3 => {
                let (court, size) = (usize::from(input.byte()) % COURTS.len(), size(&mut input));
                let root = root(size, u8::from(input.byte() >= 200));
                let checkpoint = Checkpoint { origin: GENESIS.origin(), size, root };
                let cosignature = checkpoint.cosign(&COURTS[court].cosigner, u64::from(input.byte()));
                let name = &COURTS[court].name;
                let heard = cosigner.hear(name, Announcement { size, root, cosignature }, now);
                assert_ne!(heard, Heard::Bad, "a true cosignature");
                let _ = cosigner.has_signed(name, size, root);
            }
            4 => {
                let court = usize::from(input.byte());
                if let Ok(announcement) = codec::decode::<Announcement>(input.take(112), 112) {
                    let name = COURTS.get(court).map_or_else(|| name("no-court"), |keys| keys.name.clone());
                    let heard = cosigner.hear(&name, announcement, now);
                    assert!(heard != Heard::Fine || court < COURTS.len());
                }
            }
            5 => {
                now.monotonic_ms = now.monotonic_ms.saturating_add(u64::from(input.byte()) * 500);
                now.wall = Timestamp(now.wall.0.saturating_add_signed((i64::from(input.byte()) - 100) * 500));
            }
            _ if input.byte() < 200 => found |= quorum(&mut cosigner, &mut quorum_now, longest, now.wall),
            _ => {
                cosigner = new(last, quorum_now);
                cosigner.committed(longest, root(longest, 0), BLOCK);
            }
        }
    }
    let _ = cosigner.untimely(now.wall);
    found | quorum(&mut cosigner, &mut quorum_now, longest, now.wall)
}

fn quorum(cosigner: &mut Cosigner, newest: &mut Quorum, longest: u64, wall: Timestamp) -> bool {
    let Some(signed) = cosigner.newest_quorum(wall) else { return false };
    let before = std::mem::replace(newest, Quorum::from(&signed));
    assert!(*newest > before, "{newest:?} is no newer than {before:?}");
    let times = signed.cosignatures.iter().map(|line| line.as_cosignature().expect("a cosignature").0);
    times.for_each(|time_s| assert!(is_timely(time_s, BLOCK, wall), "{time_s} counts at {wall}"));
    let proven = verify_checkpoint(signed.note().to_string().as_bytes(), &*POLICY);
    let proven = proven.unwrap_or_else(|refusal| panic!("a quorum's checkpoint does not verify: {refusal}"));
    let Checkpoint { size, root: found, .. } = proven.signed.checkpoint;
    assert!(size <= longest && found == root(size, 0), "what has a quorum was committed here");
    assert_eq!(cosigner.quorum_at(), size);
    true
}

fn seeds() -> Vec<Vec<u8>> {
    let hear = |court: u8| vec![2, court, 1, 0, 100];
    let agreed = [vec![0, 0, 1, 0], hear(1), hear(2), vec![6, 0]].concat();
    let late = [hear(1), hear(2), hear(3), vec![0, 0, 6, 0]].concat();
    let split = [vec![0, 0, 1, 0], vec![2, 1, 1, 255, 100], vec![6, 255], vec![1, 255, 1, 0]].concat();
    let many: Vec<u8> = (0..40).flat_map(|size| [2, 1, size * 2, 0, 100]).collect();
    // Both clocks go on by ten seconds, and all cosign again.
    let newer = |court: u8| vec![2, court, 1, 0, 110];
    let renewed = [agreed.clone(), hear(3), vec![5, 20, 120], newer(1), newer(2), newer(3), vec![6, 0]].concat();
    let untimely = [vec![0, 0, 1, 0], hear(1), vec![2, 2, 1, 0, 89], vec![2, 3, 1, 0, 111], vec![6, 0, 5, 2, 102, 6, 0]].concat();
    let raw = [&[4, 1][..], &[9; 112]].concat();
    vec![agreed.clone(), late, split, many, raw, renewed, untimely, [agreed.clone(), vec![6, 255], agreed].concat()]
}

/// A log of such records, as in [`written`].
fn log(bytes: &[u8]) -> bool {
    let written = written(bytes);
    let Some(found) = read_again::<CosignedLog>(&written) else { return false };
    let next = CosignedLog { size: 7, root: root(7, 0) };
    let longer = scan::<CosignedLog>(&[written, frame(&next)].concat()).expect("one more record makes no other version of it");
    assert!(longer.damaged || longer.records.last() == Some(&next), "a record is lost, and nobody knows");
    // A damaged log says nothing: see `SigningLogs::open`.
    let Some(last) = found.records.last().copied().filter(|_| !found.damaged) else { return false };
    let cosigner = new(Some(last), Quorum::default());
    let now = Now { monotonic_ms: 0, wall: BLOCK };
    let mut other = last.root;
    other.0[0] ^= 1;
    assert_eq!(cosigner.decide(last.size, last.root, now), Decision::Record(last));
    assert_eq!(cosigner.decide(last.size, other, now), Decision::Never);
    if let Some(smaller) = last.size.checked_sub(1) {
        assert_eq!(cosigner.decide(smaller, last.root, now), Decision::Behind(last));
    }
    true
}

fn records() -> Vec<Vec<u8>> {
    let last = |size: u64| codec::encode(&CosignedLog { size, root: root(size, 0) });
    logs(&[0, 1, 80, 81, u64::MAX].map(last))
}
