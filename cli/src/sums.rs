//! Computes the digests of a file, or a commitment to it, in one reading.
//!
//! In: a path in a folder, what is asked for. Out: the sums and the file's size. Always: the file is read
//! once. Past the first [`ALONE_BYTES_MAX`], reading and each sum have threads of their own, so that the
//! slowest of them sets the pace. At most [`PIECES_MAX`] pieces are in memory. A file that changes meanwhile
//! is noticed, on however many threads. Not for judging what the sums mean.

use crate::files::Problem;
use crate::files::folder::Folder;
use courtseal_proof::bytes::digest::Hasher;
use courtseal_proof::commitment::{Committer, Tag};
use courtseal_proof::statement::FileDigests;
use courtseal_proof::verify::{FileCheck, FileSums, Refusal, SumsAsked};
use ring::digest::{Context, SHA512};
use sm3::{Digest as _, Sm3};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{self, Scope};

/// A file of at most so many bytes is read and summed by one thread, because starting others would take
/// longer.
const ALONE_BYTES_MAX: u64 = 1024 * 1024;
/// Most pieces of a file in memory at a time.
const PIECES_MAX: usize = 8;

/// Which digests of a file are computed; SHA-256 is always among them (F14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Digests {
    /// SHA-512. If SHA-256 grows weak, proofs can be renewed under it.
    pub sha512: bool,
    /// SM3, which some courts ask for.
    pub sm3: bool,
}

impl Digests {
    /// SHA-256 and nothing beside it.
    pub const SHA256: Self = Self { sha512: false, sm3: false };

    /// Those that a public statement holds.
    pub fn of(stated: &FileDigests) -> Self {
        Self { sha512: stated.sha512.is_some(), sm3: stated.sm3.is_some() }
    }
}

impl Default for Digests {
    fn default() -> Self {
        Self { sha512: true, sm3: false }
    }
}

/// The digests of a file, and its size in bytes; `read` is told of every piece's length.
///
/// # Errors
/// [`Problem`]: the file cannot be taken, or changed meanwhile.
pub fn digests(folder: &Folder, path: &Path, asked: Digests, read: &dyn Fn(u64)) -> Result<(FileDigests, u64), Problem> {
    let mut sha256 = Hasher::default();
    let mut sha512 = asked.sha512.then(|| Context::new(&SHA512));
    let mut sm3 = asked.sm3.then(Sm3::new);
    let mut sums: Vec<&mut dyn Sum> = vec![&mut sha256];
    sums.extend(sha512.iter_mut().map(|sum| sum as &mut dyn Sum));
    sums.extend(sm3.iter_mut().map(|sum| sum as &mut dyn Sum));
    let size = feed(folder, path, &mut sums, read)?;
    let sha512 = sha512.map(|sum| sum.finish().as_ref().try_into().expect("SHA-512 has 64 bytes"));
    Ok((FileDigests { sha256: sha256.finish(), sha512, sm3: sm3.map(|sum| sum.finalize().into()) }, size))
}

/// The commitment to a file under a salt, and its size in bytes; `read` is told of every piece's length.
///
/// # Errors
/// As [`digests`].
pub fn commitment(folder: &Folder, path: &Path, salt: &[u8; 32], read: &dyn Fn(u64)) -> Result<(Tag, u64), Problem> {
    let mut committer = Committer::new(salt);
    let size = feed(folder, path, &mut [&mut committer], read)?;
    Ok((committer.finish(), size))
}

/// Check 8 of a receipt on a file.
///
/// # Errors
/// As [`digests`]; within, the refusal if the file is not the one recorded.
pub fn check(folder: &Folder, path: &Path, check: &FileCheck, read: &dyn Fn(u64)) -> Result<Result<(), Refusal>, Problem> {
    let (found, size) = match check.asked() {
        SumsAsked::Digests { with_sha512, with_sm3 } => {
            let (digests, size) = digests(folder, path, Digests { sha512: with_sha512, sm3: with_sm3 }, read)?;
            (FileSums::Public(digests), size)
        }
        SumsAsked::Commitment { salt } => {
            let (tag, size) = commitment(folder, path, &salt, read)?;
            (FileSums::Confidential(tag), size)
        }
    };
    Ok(check.compare(&found, size))
}

/// A sum that takes a file in pieces.
trait Sum: Send {
    fn add(&mut self, bytes: &[u8]);
}

impl Sum for Hasher {
    fn add(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl Sum for Context {
    fn add(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl Sum for Sm3 {
    fn add(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl Sum for Committer {
    fn add(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

/// Reads the file once and gives every sum all of it.
fn feed(folder: &Folder, path: &Path, sums: &mut [&mut dyn Sum], read: &dyn Fn(u64)) -> Result<u64, Problem> {
    thread::scope(|scope| {
        let (mut alone, mut pipeline, mut bytes) = (sums, None, 0);
        folder.stream(path, |piece| {
            bytes += piece.len() as u64;
            read(piece.len() as u64);
            if bytes <= ALONE_BYTES_MAX {
                alone.iter_mut().for_each(|sum| sum.add(&piece));
                return piece;
            }
            pipeline.get_or_insert_with(|| Pipeline::start(scope, std::mem::take(&mut alone))).pass(piece)
        })
        // The scope ends once every thread has taken its last piece.
    })
}

/// A thread for each sum, and pieces on their way to all of them.
struct Pipeline {
    sums: Vec<SyncSender<Arc<Vec<u8>>>>,
    emptied: Receiver<Vec<u8>>,
    /// Buffers that did not come back yet.
    away: usize,
}

impl Pipeline {
    fn start<'scope>(scope: &'scope Scope<'scope, '_>, sums: &'scope mut [&mut dyn Sum]) -> Self {
        let (empty, emptied) = channel();
        let start = |sum: &'scope mut &mut dyn Sum| {
            let (sender, pieces) = sync_channel(PIECES_MAX);
            let empty = empty.clone();
            scope.spawn(move || add_all(*sum, &pieces, &empty));
            sender
        };
        Self { sums: sums.iter_mut().map(start).collect(), emptied, away: 0 }
    }

    /// Hands a piece to all sums, and returns a buffer for the next piece. Waits for the buffer if
    /// [`PIECES_MAX`] pieces are on their way.
    fn pass(&mut self, piece: Vec<u8>) -> Vec<u8> {
        let piece = Arc::new(piece);
        for sum in &self.sums {
            // It fails only if that thread has panicked, which the scope passes on.
            let _ = sum.send(Arc::clone(&piece));
        }
        if let Some(buffer) = Arc::into_inner(piece) {
            return buffer;
        }
        self.away += 1;
        let back = if self.away < PIECES_MAX { self.emptied.try_recv().ok() } else { self.emptied.recv().ok() };
        self.away -= usize::from(back.is_some());
        back.unwrap_or_default()
    }
}

fn add_all(sum: &mut dyn Sum, pieces: &Receiver<Arc<Vec<u8>>>, empty: &Sender<Vec<u8>>) {
    for piece in pieces {
        sum.add(&piece);
        // Whoever is the last to have a piece gives its buffer back.
        if let Some(buffer) = Arc::into_inner(piece) {
            let _ = empty.send(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use courtseal_proof::bytes::digest::sha256;
    use std::fs;
    use std::io::Write as _;
    use std::sync::atomic::{AtomicUsize, Ordering};

    /// Bytes without a period that a lost, doubled or exchanged piece could hide in.
    fn bytes(length: usize) -> Vec<u8> {
        (0..length).map(|at| (at.wrapping_mul(0x9e37_79b9) >> 13) as u8).collect()
    }

    #[test]
    fn sums_are_the_same_however_many_threads_compute_them() {
        let folder = tempfile::tempdir().unwrap();
        let (opened, path) = (Folder::open(folder.path()).unwrap(), folder.path().join("a"));
        let bound = ALONE_BYTES_MAX as usize;
        for length in [0, 1, bound - 1, bound, bound + 1, 5 * bound + 7] {
            let content = bytes(length);
            fs::write(&path, &content).unwrap();
            let read = std::cell::Cell::new(0);
            let asked = Digests { sha512: true, sm3: true };
            let (all, size) = digests(&opened, Path::new("a"), asked, &|piece| read.set(read.get() + piece)).unwrap();
            assert_eq!((size, read.get()), (length as u64, length as u64));
            assert_eq!(all.sha256, sha256(&content));
            assert_eq!(all.sm3.unwrap()[..], Sm3::digest(&content)[..]);
            assert_eq!(all.sha512.unwrap()[..], *ring::digest::digest(&SHA512, &content).as_ref());
            let (one, _) = digests(&opened, Path::new("a"), Digests::SHA256, &|_| {}).unwrap();
            assert_eq!(one, FileDigests::of_sha256(all.sha256));
            let mut committer = Committer::new(&[7; 32]);
            committer.update(&content);
            assert_eq!(commitment(&opened, Path::new("a"), &[7; 32], &|_| {}).unwrap(), (committer.finish(), length as u64));
        }
    }

    #[test]
    fn a_change_is_noticed_while_threads_compute() {
        let folder = tempfile::tempdir().unwrap();
        let (opened, path) = (Folder::open(folder.path()).unwrap(), folder.path().join("a"));
        fs::write(&path, bytes(4 * ALONE_BYTES_MAX as usize)).unwrap();
        let pieces = AtomicUsize::new(0);
        let append = |_| {
            // The eighth piece is one that threads get.
            if pieces.fetch_add(1, Ordering::Relaxed) == 7 {
                fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"x").unwrap();
            }
        };
        assert!(matches!(digests(&opened, Path::new("a"), Digests::default(), &append), Err(Problem::Changed)));
        assert!(digests(&opened, Path::new("a"), Digests::default(), &|_| {}).is_ok());
    }

    struct Slow<'a>(&'a AtomicUsize, &'a AtomicUsize);

    impl Sum for Slow<'_> {
        fn add(&mut self, _: &[u8]) {
            // How far the other is ahead by now.
            let ahead = self.0.fetch_add(1, Ordering::SeqCst).abs_diff(self.1.load(Ordering::SeqCst));
            assert!(ahead <= PIECES_MAX, "{ahead} pieces are in memory");
            thread::yield_now();
        }
    }

    #[test]
    fn memory_stays_bounded_if_one_sum_is_slower() {
        let folder = tempfile::tempdir().unwrap();
        let (opened, path) = (Folder::open(folder.path()).unwrap(), folder.path().join("a"));
        let length = 40 * ALONE_BYTES_MAX;
        fs::File::create(&path).unwrap().set_len(length).unwrap();
        let (a, b) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let size = feed(&opened, Path::new("a"), &mut [&mut Slow(&a, &b), &mut Slow(&b, &a)], &|_| {}).unwrap();
        assert_eq!(size, length);
        assert_eq!(a.load(Ordering::SeqCst), b.load(Ordering::SeqCst));
    }
}
