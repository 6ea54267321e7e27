//! The logs on disk: what a start finds after a crash, and which calls are refused after a failure.

use super::*;
use courtseal_consensus::journal::FRAME_HEADER_BYTES;
use courtseal_consensus::{Wait, WalRecord};
use courtseal_proof::bytes::digest::sha256;

fn cosigned(size: u64) -> CosignedLog {
    CosignedLog { size, root: sha256(&size.to_be_bytes()) }
}

fn record(round: u32) -> Vec<u8> {
    frame(&WalRecord::Timeout { height: 1, round, wait: Wait::Propose })
}

#[test]
fn what_was_synced_is_found_again_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (mut logs, found) = SigningLogs::open(folder.path()).unwrap();
    assert!(found.last_cosigned.is_none() && found.recovered.wal.is_empty());
    for size in 1..4 {
        logs.append(Log::Wal, &record(size as u32)).unwrap();
        logs.record_cosigned(&cosigned(size)).unwrap();
    }
    logs.sync(Log::Wal).unwrap();
    drop(logs);
    let (_, found) = SigningLogs::open(folder.path()).unwrap();
    assert_eq!(found.last_cosigned, Some(cosigned(3)));
    assert_eq!(found.recovered.wal.len(), 3);
}

#[test]
fn a_torn_tail_is_cut_and_later_records_follow_whole_ones() {
    let folder = tempfile::tempdir().unwrap();
    let one = record(1).len();
    for torn in 1..one {
        let path = folder.path().join("wal");
        std::fs::write(&path, [record(1), record(2)[..torn].to_vec()].concat()).unwrap();
        let (mut logs, found) = SigningLogs::open(folder.path()).unwrap();
        assert_eq!(found.recovered.wal.len(), 1);
        logs.append(Log::Wal, &record(3)).unwrap();
        logs.sync(Log::Wal).unwrap();
        drop(logs);
        let (_, found) = SigningLogs::open(folder.path()).unwrap();
        assert_eq!(found.recovered.wal.len(), 2);
        assert!(!folder.path().join("wal.damaged").exists());
    }
}

#[test]
fn damage_before_the_end_is_told_from_a_torn_tail() {
    let folder = tempfile::tempdir().unwrap();
    let (mut logs, _) = SigningLogs::open(folder.path()).unwrap();
    for size in 1..4 {
        logs.record_cosigned(&cosigned(size)).unwrap();
    }
    drop(logs);
    let path = folder.path().join("cosigned");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[FRAME_HEADER_BYTES] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(inspect(folder.path()).unwrap().damaged, ["cosigned"]);
    // No record counts any more, at this start and at the next one, and a copy is kept.
    for _ in 0..2 {
        let (_, found) = SigningLogs::open(folder.path()).unwrap();
        assert_eq!(found.last_cosigned, None);
    }
    assert!(inspect(folder.path()).unwrap().damaged.is_empty());
    assert!(std::fs::metadata(folder.path().join("cosigned.damaged")).unwrap().len() > 0);
}

#[test]
fn long_logs_are_replaced_by_what_is_still_needed() {
    let folder = tempfile::tempdir().unwrap();
    let (mut logs, _) = SigningLogs::open(folder.path()).unwrap();
    let frame = frame(&WalRecord::Timeout { height: 1, round: 7, wait: Wait::Propose });
    while logs.wal.bytes <= WAL_KEPT_BYTES {
        logs.append(Log::Wal, &frame.repeat(10_000)).unwrap();
    }
    logs.reset(2, &mut std::iter::empty()).unwrap();
    assert_eq!(logs.wal.bytes, 0);
    logs.append(Log::Wal, &frame).unwrap();
    logs.sync(Log::Wal).unwrap();
    while logs.cosigned.bytes <= GUARD_KEPT_BYTES {
        logs.cosigned.append(&frame.repeat(10_000)).unwrap();
    }
    logs.record_cosigned(&cosigned(9)).unwrap();
    drop(logs);
    let (_, found) = SigningLogs::open(folder.path()).unwrap();
    assert_eq!((found.recovered.wal.len(), found.last_cosigned), (1, Some(cosigned(9))));
}

#[test]
fn nothing_is_written_after_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let (mut logs, _) = SigningLogs::open(folder.path()).unwrap();
    // A file that is open only for reading fails as on a full disk.
    logs.wal.file = File::open(folder.path().join("wal")).unwrap();
    assert!(logs.append(Log::Wal, &record(1)).is_err());
    assert!(logs.record_cosigned(&cosigned(1)).is_err(), "no signature after a failed write");
    assert!(logs.sync(Log::Guard).is_err());
}

#[test]
fn nothing_is_signed_once_a_log_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let (mut logs, _) = SigningLogs::open(folder.path()).unwrap();
    logs.append(Log::Guard, &record(1)).unwrap();
    logs.sync(Log::Guard).unwrap();
    logs.append(Log::Guard, &record(2)).unwrap();
    std::fs::remove_file(folder.path().join("guard")).unwrap();
    let error = logs.sync(Log::Guard).unwrap_err().to_string();
    assert!(error.contains("guard was removed or replaced"), "{error}");
    assert!(logs.append(Log::Wal, &record(2)).is_err(), "as after any failure");
    assert!(inspect(folder.path()).unwrap().missing == ["guard"]);
}
