//! Judges proposed blocks, and writes evidence, on threads of its own, so that the validator goes on voting (C29).
//!
//! In: [`Judgement`]s and [`Proof`]s. Out: verdicts, to be taken by [`Judge::next`]; files in the folder `evidence` (S15). Always: it has as many
//! threads as cores, which share nothing with the threads that check transactions and commit blocks, so that judging delays neither; a file
//! that is there is not written again.
//! Not for bounding how much is judged at once: consensus asks for one block of a court at a time.

use courtseal_court::court::{Judged, Judgement, Proof};
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// Most files of evidence that the folder holds; more are counted and logged, and not kept.
pub const EVIDENCE_FILES_MAX: usize = 64;

/// A file of evidence until it is whole.
const UNFINISHED: &str = ".unfinished";

/// Threads that judge blocks and write evidence.
pub struct Judge {
    pool: rayon::ThreadPool,
    results: mpsc::UnboundedSender<Judged>,
    judged: mpsc::UnboundedReceiver<Judged>,
    /// The folder; one thread at a time writes there.
    evidence: Arc<Mutex<PathBuf>>,
}

/// The outcome of keeping a file of evidence.
#[derive(Debug, PartialEq, Eq)]
enum Kept {
    New,
    /// One of this name is there.
    Known,
    /// The folder is full.
    Full,
}

impl Judge {
    /// Keeps evidence in this folder, which need not be there.
    ///
    /// # Errors
    /// The system gives no threads.
    pub fn new(evidence: PathBuf) -> Result<Self, rayon::ThreadPoolBuildError> {
        let pool = rayon::ThreadPoolBuilder::new().thread_name(|place| format!("judge-{place}")).build()?;
        // As many wait here as blocks are judged: one a court.
        let (results, judged) = mpsc::unbounded_channel();
        Ok(Self { pool, results, judged, evidence: Arc::new(Mutex::new(evidence)) })
    }

    /// Starts judging a block. The verdict comes from [`Self::next`].
    pub fn judge(&self, judgement: Judgement) {
        let results = self.results.clone();
        // Nobody waits any more once the validator has ended.
        self.pool.spawn(move || drop(results.send(judgement.run())));
    }

    /// The next verdict.
    pub async fn next(&mut self) -> Judged {
        match self.judged.recv().await {
            Some(judged) => judged,
            None => std::future::pending().await,
        }
    }

    /// Starts writing a file of evidence. A failure is logged.
    pub fn keep(&self, proof: Proof) {
        let folder = Arc::clone(&self.evidence);
        self.pool.spawn(move || {
            let folder = folder.lock().unwrap_or_else(PoisonError::into_inner);
            let file = folder.join(&proof.name);
            match keep(&folder, &proof) {
                Ok(Kept::New) => tracing::info!(file = %file.display(), "kept as evidence"),
                Ok(Kept::Known) => {}
                Ok(Kept::Full) => tracing::warn!(
                    file = %file.display(),
                    "evidence is not kept: its folder holds {EVIDENCE_FILES_MAX} files; move them away"
                ),
                Err(error) => tracing::error!(file = %file.display(), %error, "evidence cannot be kept"),
            }
        });
    }
}

/// Writes a file, durably and whole or not at all.
fn keep(folder: &Path, proof: &Proof) -> io::Result<Kept> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => sync(folder.parent().unwrap_or(Path::new("/")))?,
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Err(_) => {}
    }
    // A crash may have left one.
    let unfinished = folder.join(UNFINISHED);
    match std::fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = folder.join(&proof.name);
    if file.symlink_metadata().is_ok() {
        return Ok(Kept::Known);
    }
    if std::fs::read_dir(folder)?.take(EVIDENCE_FILES_MAX).count() == EVIDENCE_FILES_MAX {
        return Ok(Kept::Full);
    }
    let mut opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    opened.write_all(&proof.bytes)?;
    opened.sync_all()?;
    std::fs::rename(&unfinished, &file)?;
    sync(folder)?;
    Ok(Kept::New)
}

fn sync(folder: &Path) -> io::Result<()> {
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s15_evidence_is_written_once_and_so_many_files_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("evidence");
        let proof = |name: usize, bytes: &[u8]| Proof { name: name.to_string(), bytes: bytes.to_vec() };
        assert_eq!(keep(&folder, &proof(0, b"first")).unwrap(), Kept::New);
        assert_eq!(keep(&folder, &proof(0, b"second")).unwrap(), Kept::Known);
        assert_eq!(std::fs::read(folder.join("0")).unwrap(), b"first");
        // A crash may leave a file that was not finished; it takes nobody's place.
        std::fs::write(folder.join(UNFINISHED), b"fir").unwrap();
        assert!((1..EVIDENCE_FILES_MAX).all(|name| keep(&folder, &proof(name, b"")).unwrap() == Kept::New));
        assert_eq!(keep(&folder, &proof(EVIDENCE_FILES_MAX, b"")).unwrap(), Kept::Full, "one above");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), EVIDENCE_FILES_MAX);
    }
}
