//! Tests of the simulated disk: it is a store, and its files are kept, cut and emptied as the node's journal
//! does it.
//! Not for what a court makes of them.

use super::*;

#[test]
fn the_simulated_disk_is_a_store() {
    courtseal_ledger::store::conformance::check(&Disk::default());
}

#[test]
fn a_power_cut_keeps_what_was_flushed() {
    let (mut disk, mut random) = (Disk::default(), Random::new(1));
    disk.append(Log::Wal, b"flushed").unwrap();
    disk.sync(Log::Wal).unwrap();
    disk.append(Log::Wal, b"not").unwrap();
    disk.power_cut(&mut random);
    assert!(disk.content().files[WAL].bytes.starts_with(b"flushed"));
    disk.fail();
    assert!(disk.append(Log::Wal, b"x").is_err() && disk.append(Log::Wal, b"x").is_err() && disk.has_failed());
}

#[test]
fn earlier_heights_are_kept_until_they_are_many_bytes() {
    for (kept_bytes, is_kept) in [(0, false), (7, true), (6, false)] {
        let mut disk = Disk::keeping(kept_bytes);
        for log in [Log::Wal, Log::Guard] {
            disk.append(log, b"earlier").unwrap();
            disk.sync(log).unwrap();
        }
        disk.reset(2, &mut std::iter::once(b"window".to_vec())).unwrap();
        let content = disk.content();
        let (wal, guard) = if is_kept { ("earlier", "earlier") } else { ("", "window") };
        assert_eq!(content.files[WAL].bytes, wal.as_bytes());
        assert_eq!(content.files[GUARD].bytes, guard.as_bytes());
    }
}

#[test]
fn a_damaged_log_of_marks_says_nothing_on_any_later_start() {
    let mut disk = Disk::default();
    for size in 1..=3 {
        disk.mark(&Mark { size, root: Digest([size as u8; 32]) }).unwrap();
    }
    assert_eq!(disk.recover().unwrap().1.map(|mark| mark.size), Some(3));
    let length = disk.content().files[COSIGNED].bytes.len();
    disk.content().files[COSIGNED].bytes[length / 2] ^= 1;
    assert_eq!(disk.recover().unwrap().1, None);
    assert_eq!((disk.recover().unwrap().1, disk.marked()), (None, None));
}

#[test]
fn bits_flip_in_each_log() {
    let mut disk = Disk::default();
    disk.append(Log::Wal, b"wal").unwrap();
    disk.append(Log::Guard, b"guard").unwrap();
    disk.mark(&Mark { size: 1, root: Digest([1; 32]) }).unwrap();
    let before: Vec<_> = disk.content().files.iter().map(|file| file.bytes.clone()).collect();
    let mut random = Random::new(1);
    assert!((0..20).all(|_| disk.flip_log(&mut random, false)) && disk.content().files[COSIGNED].bytes == before[COSIGNED]);
    assert!(disk.flip_log(&mut random, true));
    assert!(disk.content().files.iter().zip(before).all(|(file, before)| file.bytes != before));
}

#[test]
fn each_durable_write_is_one_flush() {
    let mut disk = Disk::default();
    disk.append(Log::Wal, b"wal").unwrap();
    assert_eq!(disk.take_flushes(), 0);
    disk.sync(Log::Wal).unwrap();
    disk.mark(&Mark { size: 1, root: Digest([1; 32]) }).unwrap();
    disk.apply(Batch::default()).unwrap();
    assert_eq!((disk.take_flushes(), disk.take_flushes()), (3, 0));
}
