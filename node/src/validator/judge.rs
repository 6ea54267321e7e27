//! Judges proposed blocks and writes evidence on threads of its own, so that the validator keeps voting
//! (C29).
//!
//! In: [`Judgement`]s and [`Proof`]s.
//! Out: verdicts, taken by [`Judge::next`]; files in the folder `evidence` (S15).
//! Always: it has as many threads as cores, and shares none with the checks of transactions or with commits,
//! so that judging delays neither.
//! A file that exists is not written again.
//! Not for bounding how much is judged at once: consensus asks for one block of each court at a time.

use courtseal_court::court::{Judged, Judgement, Proof};
use std::fs::{DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;

/// Most files in the folder of evidence. Further ones are logged and not kept.
pub const EVIDENCE_FILES_MAX: usize = 64;

/// Name of a file of evidence until it is written whole.
const UNFINISHED: &str = ".unfinished";

/// The pool of threads that judge blocks and write evidence.
pub struct Judge {
    pool: rayon::ThreadPool,
    results: mpsc::UnboundedSender<Judged>,
    judged: mpsc::UnboundedReceiver<Judged>,
    /// The folder of evidence. The mutex lets one thread at a time write there.
    evidence: Arc<Mutex<PathBuf>>,
}

/// The outcome of an attempt to keep a file of evidence.
#[derive(Debug, PartialEq, Eq)]
enum Kept {
    New,
    /// A file of this name exists.
    Known,
    /// The folder holds [`EVIDENCE_FILES_MAX`] files.
    Full,
}

impl Judge {
    /// Starts the threads. Evidence goes to this folder, which is made when it is first needed.
    ///
    /// # Errors
    /// The system cannot start the threads.
    pub fn new(evidence: PathBuf) -> Result<Self, rayon::ThreadPoolBuildError> {
        let pool = rayon::ThreadPoolBuilder::new().thread_name(|place| format!("judge-{place}")).build()?;
        // The channel has no bound of its own: at most one block of each court is judged at a time.
        let (results, judged) = mpsc::unbounded_channel();
        Ok(Self { pool, results, judged, evidence: Arc::new(Mutex::new(evidence)) })
    }

    /// Starts judging a block. [`Self::next`] returns the verdict.
    pub fn judge(&self, judgement: Judgement) {
        let results = self.results.clone();
        // The send fails only when the validator has ended.
        self.pool.spawn(move || drop(results.send(judgement.run())));
    }

    /// Waits for the next verdict.
    pub async fn next(&mut self) -> Judged {
        match self.judged.recv().await {
            Some(judged) => judged,
            None => std::future::pending().await,
        }
    }

    /// Starts writing a file of evidence. A failure goes to the log.
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
                    "evidence is not kept: its folder holds {EVIDENCE_FILES_MAX} files already; move them away"
                ),
                Err(error) => tracing::error!(file = %file.display(), %error, "evidence cannot be kept"),
            }
        });
    }
}

/// Writes a file durably, whole or not at all.
fn keep(folder: &Path, proof: &Proof) -> io::Result<Kept> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => sync(folder.parent().unwrap_or(Path::new("/")))?,
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        Err(_) => {}
    }
    // An earlier crash may have left this file.
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
    fn s15_evidence_is_written_once_and_at_most_64_files_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("evidence");
        let proof = |name: usize, bytes: &[u8]| Proof { name: name.to_string(), bytes: bytes.to_vec() };
        assert_eq!(keep(&folder, &proof(0, b"first")).unwrap(), Kept::New);
        assert_eq!(keep(&folder, &proof(0, b"second")).unwrap(), Kept::Known);
        assert_eq!(std::fs::read(folder.join("0")).unwrap(), b"first");
        // A crash may leave an unfinished file. It does not take the place of a finished one.
        std::fs::write(folder.join(UNFINISHED), b"fir").unwrap();
        assert!((1..EVIDENCE_FILES_MAX).all(|name| keep(&folder, &proof(name, b"")).unwrap() == Kept::New));
        assert_eq!(keep(&folder, &proof(EVIDENCE_FILES_MAX, b"")).unwrap(), Kept::Full, "one above");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), EVIDENCE_FILES_MAX);
    }
}
