//! Judges proposed blocks, and writes evidence, on threads of its own, so that the validator goes on voting (C29).
//!
//! In: [`Judgement`]s and [`Proof`]s. Out: verdicts, to be taken by [`Judge::next`]; files in the folder `evidence` (S15). Always: it has as many
//! threads as cores, which share nothing with the threads that check transactions and commit blocks, so that judging delays neither; a file
//! that is there is not written again.
//! Not for bounding how much is judged at once: consensus asks for one block of a court at a time.

use crate::court::{Judged, Judgement, Proof};
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Most files of evidence that the folder holds; more are counted and logged, and not kept.
pub const EVIDENCE_FILES_MAX: usize = 64;

/// Threads that judge blocks and write evidence.
pub struct Judge {
    pool: rayon::ThreadPool,
    results: mpsc::UnboundedSender<Judged>,
    judged: mpsc::UnboundedReceiver<Judged>,
    evidence: Arc<PathBuf>,
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
        Ok(Self { pool, results, judged, evidence: Arc::new(evidence) })
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
        self.pool.spawn(move || match keep(&folder, &proof) {
            Ok(true) => tracing::info!(file = %folder.join(&proof.name).display(), "kept as evidence"),
            Ok(false) => {}
            Err(error) => tracing::error!(file = %folder.join(&proof.name).display(), %error, "evidence cannot be kept"),
        });
    }
}

/// Writes a file, durably; false if one of this name is there, or the folder is full.
fn keep(folder: &Path, proof: &Proof) -> io::Result<bool> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    if std::fs::read_dir(folder)?.take(EVIDENCE_FILES_MAX).count() == EVIDENCE_FILES_MAX {
        return Ok(false);
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(folder.join(&proof.name));
    let mut file = match file {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
        opened => opened?,
    };
    file.write_all(&proof.bytes)?;
    file.sync_all()?;
    std::fs::File::open(folder)?.sync_all()?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s15_evidence_is_written_once_and_so_many_files_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("evidence");
        let proof = |name: usize, bytes: &[u8]| Proof { name: name.to_string(), bytes: bytes.to_vec() };
        assert!(keep(&folder, &proof(0, b"first")).unwrap());
        assert!(!keep(&folder, &proof(0, b"second")).unwrap());
        assert_eq!(std::fs::read(folder.join("0")).unwrap(), b"first");
        let kept = (1..=EVIDENCE_FILES_MAX).filter(|name| keep(&folder, &proof(*name, b"")).unwrap()).count();
        assert_eq!(kept, EVIDENCE_FILES_MAX - 1, "at the bound, and one above");
    }
}
