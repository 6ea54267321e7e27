//! The journal: a signed transaction on disk before it is sent, so that after any failure the very same bytes are sent again.
//!
//! In: a signed transaction and the paths its statements are of. Out: one file, `<path>.pending`, and back. Always: it is written whole or
//! not at all and ends in its own digest, so a damaged one is told from a good one. It is deleted only when every receipt is on disk.
//! Not for openings, which are on disk before it.

use crate::failure::{Exit, Failure};
use crate::files;
use courtseal_proof::base64_text;
use courtseal_proof::digest::{Digest, sha256};
use courtseal_proof::transaction::Transaction;
use serde::{Deserialize, Serialize};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const FIRST_LINE: &str = "courtseal-pending/v1";
/// Longest journal: a transaction of 4 MiB, as JSON text in JSON, and the paths of its files.
const JOURNAL_BYTES_MAX: usize = 32 * 1024 * 1024;

/// A transaction that may not be recorded yet, and its files, one a statement.
#[derive(Debug, PartialEq, Eq)]
pub struct Journal {
    /// The files, in the order of the statements.
    pub paths: Vec<PathBuf>,
    /// The transaction.
    pub transaction: Transaction,
    /// Its bytes, as they are sent each time.
    pub text: String,
}

/// The journal's JSON. Paths are base64, because a name may be no text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    paths: Vec<String>,
    transaction: String,
}

impl Journal {
    /// A journal of a transaction just signed.
    pub fn new(paths: Vec<PathBuf>, transaction: Transaction) -> Self {
        let text = transaction.to_text();
        Self { paths, transaction, text }
    }

    /// Writes it, durably: when this returns, a crash cannot lose it.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be written, so nothing may be sent.
    pub fn write(&self, at: &Path) -> Result<(), Failure> {
        let text = self.to_text(at.parent().unwrap_or(Path::new(""))).map_err(|error| cannot_write(at, &error.to_string()))?;
        files::write_whole(at, text.as_bytes(), 0o666)
            .and_then(|()| files::sync_folder(&files::folder_of(at)))
            .map_err(|error| cannot_write(at, &files::reason(&error)))
    }

    /// Its text, for a file in this folder.
    ///
    /// # Errors
    /// None that is known: JSON of texts.
    pub fn to_text(&self, base: &Path) -> serde_json::Result<String> {
        let paths = self.paths.iter().map(|path| base64_text::encode(relative(path, base).as_os_str().as_bytes())).collect();
        let body = serde_json::to_string(&Body { paths, transaction: self.text.clone() })?;
        Ok(format!("{FIRST_LINE}\n{body}\n{}\n", sha256(body.as_bytes())))
    }

    /// Reads the journal at a path, if there is one.
    ///
    /// # Errors
    /// [`Failure`]: it is there, but unreadable or damaged.
    pub fn read(at: &Path) -> Result<Option<Self>, Failure> {
        let failure = |text: &str| {
            Failure::new(Exit::Invalid, format!("the journal {} {text}", crate::print::path(at))).next(
                "it may hold a request that was sent already; move it away to sign anew, which at worst records the files twice",
            )
        };
        let bytes = match files::read_bounded(at, JOURNAL_BYTES_MAX) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failure(&format!("cannot be read: {}", files::reason(&error)))),
        };
        Self::parse(&bytes, at.parent().unwrap_or(Path::new("")))
            .map(Some)
            .ok_or_else(|| failure("is damaged or of another version"))
    }

    /// The journal of these bytes, its paths as seen from a folder.
    pub fn parse(bytes: &[u8], base: &Path) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
        let (first, rest) = text.split_once('\n')?;
        let (body, digest) = rest.split_once('\n')?;
        if first != FIRST_LINE || Digest::from_hex(digest)? != sha256(body.as_bytes()) {
            return None;
        }
        let Body { paths, transaction: text } = serde_json::from_str(body).ok()?;
        let paths = paths
            .iter()
            .map(|path| Some(base.join(OsStr::from_bytes(&base64_text::decode(path)?))))
            .collect::<Option<Vec<_>>>()?;
        let transaction = Transaction::from_text(text.as_bytes(), true).ok()?;
        (paths.len() == transaction.statements().len()).then_some(Self { paths, transaction, text })
    }

    /// Deletes it. If a crash brings it back, sending the same bytes again changes nothing.
    pub fn delete(at: &Path) {
        let _ = std::fs::remove_file(at);
    }
}

/// A path as seen from the journal's folder, so that both may move together; else absolute.
fn relative(path: &Path, base: &Path) -> PathBuf {
    match path.strip_prefix(base) {
        Ok(inside) => inside.to_owned(),
        Err(_) => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
    }
}

fn cannot_write(at: &Path, reason: &str) -> Failure {
    Failure::new(Exit::Invalid, format!("cannot write the journal {}: {reason}; nothing was sent", crate::print::path(at)))
        .next("a request is kept on disk before it is sent; make room, or make the folder writable")
}

#[cfg(test)]
mod tests {
    use super::*;
    use courtseal_proof::key::SecretKey;
    use courtseal_proof::name::{Name, Origin};
    use courtseal_proof::statement::{FileDigests, Statement};
    use courtseal_proof::time::Timestamp;
    use std::fs;

    fn sample(folder: &Path) -> Journal {
        let statements: Vec<Statement> =
            [b"a", b"b"].map(|file| Statement::public(FileDigests { sha256: sha256(file), sha512: None }, 1)).to_vec();
        let origin = Origin::new(Name::new("net").unwrap(), sha256(b"g"));
        let transaction = Transaction::sign(
            &origin,
            &Name::new("n").unwrap(),
            &SecretKey::from_seed([1; 32]),
            [2; 16],
            Timestamp(5),
            statements,
        )
        .unwrap();
        Journal::new(vec![folder.join(OsStr::from_bytes(b"x/\xff\n")), folder.join("b")], transaction)
    }

    #[test]
    fn round_trip_with_odd_names() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("x.pending");
        assert_eq!(Journal::read(&at), Ok(None));
        let journal = sample(folder.path());
        journal.write(&at).unwrap();
        assert_eq!(Journal::read(&at).unwrap().unwrap(), journal);
        // The folder may be moved with all that is in it.
        let moved = tempfile::tempdir().unwrap();
        fs::rename(&at, moved.path().join("x.pending")).unwrap();
        assert_eq!(Journal::read(&moved.path().join("x.pending")).unwrap().unwrap(), sample(moved.path()));
        Journal::delete(&moved.path().join("x.pending"));
        assert_eq!(fs::read_dir(moved.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_torn_journal_is_noticed_at_every_length() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path().join("x.pending");
        sample(folder.path()).write(&at).unwrap();
        let whole = fs::read(&at).unwrap();
        for length in 0..whole.len() {
            assert_eq!(Journal::parse(&whole[..length], folder.path()), None, "{length}");
        }
        for at in 0..whole.len() {
            let mut other = whole.clone();
            other[at] ^= 1;
            assert_eq!(Journal::parse(&other, folder.path()), None, "{at}");
        }
    }

    #[test]
    fn a_journal_that_cannot_be_written_stops_the_sending() {
        let failure = sample(Path::new("")).write(Path::new("/proc/none/x.pending")).unwrap_err();
        assert!(failure.message.contains("nothing was sent"), "{failure}");
    }
}
