//! Tests of the simulated disk: it is a store, its record of cosignatures is the node's, and it counts
//! flushes. Not for what a court makes of them.

use super::*;
use courtseal_court::court::Logs as _;
use courtseal_proof::bytes::digest::Digest;

#[test]
fn the_simulated_disk_is_a_store() {
    courtseal_ledger::store::conformance::check(&Disk::default());
}

#[test]
fn a_damaged_record_of_cosignatures_says_nothing_on_any_later_start() {
    let mut disk = Disk::default();
    for size in 1..=3 {
        disk.record_cosigned(&CosignedLog { size, root: Digest([size as u8; 32]) }).unwrap();
    }
    assert_eq!(disk.recover().unwrap().1.map(|log| log.size), Some(3));
    assert!(disk.content().cosigned.flip(&mut Random::new(1)));
    assert_eq!(disk.recover().unwrap().1, None);
    assert_eq!((disk.recover().unwrap().1, disk.last_cosigned()), (None, None));
}

#[test]
fn bits_flip_in_each_log() {
    let mut disk = Disk::default();
    disk.append(Log::Wal, b"wal").unwrap();
    disk.append(Log::Guard, b"guard").unwrap();
    disk.record_cosigned(&CosignedLog { size: 1, root: Digest([1; 32]) }).unwrap();
    let bytes = |disk: &Disk| {
        let content = disk.content();
        let [wal, guard] = [Log::Wal, Log::Guard].map(|log| content.logs.file(log).bytes().to_vec());
        [wal, guard, content.cosigned.bytes().to_vec()]
    };
    let (before, mut random) = (bytes(&disk), Random::new(1));
    assert!((0..20).all(|_| disk.flip_log(&mut random, false)) && bytes(&disk)[2] == before[2]);
    assert!(disk.flip_log(&mut random, true));
    assert!(bytes(&disk).iter().zip(&before).all(|(bytes, before)| bytes != before));
}

#[test]
fn each_durable_write_is_one_flush() {
    let mut disk = Disk::default();
    disk.append(Log::Wal, b"wal").unwrap();
    assert_eq!(disk.take_flushes(), 0);
    disk.sync(Log::Wal).unwrap();
    disk.record_cosigned(&CosignedLog { size: 1, root: Digest([1; 32]) }).unwrap();
    disk.apply(Batch::default()).unwrap();
    assert_eq!((disk.take_flushes(), disk.take_flushes()), (3, 0));
}
