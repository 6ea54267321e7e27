//! The journal (K11): a signed transaction on disk before it is sent, so that after any failure the very same
//! bytes are sent again.
//!
//! In: a signed transaction and the files that its statements are of. Out: one file that ends in `.pending`,
//! and back. Always: it is written whole or not at all, and names files in its own folder and nowhere else.
//! It ends in a MAC under a key that comes from the member's, so that a file of others is told from one's
//! own. It is deleted only when every receipt is on disk, or when the request can no longer be recorded. Not
//! for openings, which are on disk before it.

use crate::failure::{Exit, Failure};
use crate::files::names::{self, JOURNAL};
use crate::files::place::Place;
use crate::files::{self, Problem};
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::digest::lower_hex;
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::transaction::Transaction;
use ring::hmac;
use serde::{Deserialize, Serialize};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

/// The first line; every version begins as [`names::JOURNAL_BEGINNING`].
const FIRST_LINE: &str = "courtseal-pending/v2";
/// What the key of the MAC is derived from, beside the member's own.
const PURPOSE: &[u8] = b"courtseal-pending/v2 MAC";
/// Longest journal: a transaction of 4 MiB, as JSON text in JSON, and the paths of its files.
const JOURNAL_BYTES_MAX: usize = 32 * 1024 * 1024;
/// Most names that are tried for a journal.
const NUMBER_MAX: u64 = 10_000;

/// A transaction that may not be recorded yet, and its files.
#[derive(Debug, PartialEq, Eq)]
pub struct Journal {
    /// For each statement, in their order, the names of its file, relative to the folder.
    pub files: Vec<Vec<PathBuf>>,
    /// The signed transaction.
    pub transaction: Transaction,
    /// Its bytes, as they are sent each time.
    pub text: String,
}

/// The journal's JSON. Paths are base64, because a name may be no text.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    files: Vec<Vec<String>>,
    transaction: String,
}

/// The key that a member's journals are told by.
pub struct JournalKey(hmac::Key);

impl JournalKey {
    /// Derived from the member's secret key, so that whoever does not have it can neither make nor change a
    /// journal.
    pub fn new(key: &SecretKey) -> Self {
        let derived = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &*key.seed()), PURPOSE);
        Self(hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()))
    }

    /// The text of a journal whose JSON this is.
    pub fn seal(&self, body: &str) -> String {
        let mac: String = hmac::sign(&self.0, body.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{FIRST_LINE}\n{body}\n{mac}\n")
    }
}

impl Journal {
    /// A journal of a transaction just signed.
    pub fn new(files: Vec<Vec<PathBuf>>, transaction: Transaction) -> Self {
        let text = transaction.to_text();
        Self { files, transaction, text }
    }

    /// Writes it into a place, durably, under `<stem>.pending`, or under the first number that is free: when
    /// this returns, a crash cannot lose it. Returns its name.
    ///
    /// # Errors
    /// [`Failure`]: it cannot be written, so nothing may be sent.
    pub fn write(&self, place: &Place, stem: &Path, key: &JournalKey) -> Result<OsString, Failure> {
        let text = self.to_text(key).map_err(|error| cannot_write(place, stem, &error.to_string()))?;
        for number in 0..NUMBER_MAX {
            let ending = if number == 0 { JOURNAL.to_owned() } else { format!(".{number}{JOURNAL}") };
            let name = names::of(stem, &ending).into_os_string();
            match place.write_named(&name, text.as_bytes(), 0o600) {
                Ok(()) => return Ok(name),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(cannot_write(place, stem, &files::reason(&error))),
            }
        }
        Err(cannot_write(place, stem, &format!("the numbers below {NUMBER_MAX} are taken")))
    }

    /// Its text.
    ///
    /// # Errors
    /// None that is known: JSON of texts.
    pub fn to_text(&self, key: &JournalKey) -> serde_json::Result<String> {
        Ok(key.seal(&self.to_body()?))
    }

    /// Its JSON, without first line and MAC.
    ///
    /// # Errors
    /// None that is known: JSON of texts.
    pub fn to_body(&self) -> serde_json::Result<String> {
        let encode = |path: &PathBuf| base64_text::encode(path.as_os_str().as_bytes());
        let files = self.files.iter().map(|names| names.iter().map(encode).collect()).collect();
        serde_json::to_string(&Body { files, transaction: self.text.clone() })
    }

    /// Reads a journal by its name in a place.
    ///
    /// # Errors
    /// It cannot be read, or was not made with this key.
    pub fn read(place: &Place, name: &OsStr, key: &JournalKey) -> Result<Self, Problem> {
        let bytes = place.read_named(name, JOURNAL_BYTES_MAX)?;
        Self::parse(&bytes, key)
            .ok_or_else(|| Problem::Refused("is damaged, of another version, or not made with your key".to_owned()))
    }

    /// The journal of these bytes, if it was made with this key.
    pub fn parse(bytes: &[u8], key: &JournalKey) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
        let (first, rest) = text.split_once('\n')?;
        let (body, mac) = rest.split_once('\n')?;
        let mac: [u8; 32] = lower_hex(mac)?;
        if first != FIRST_LINE || hmac::verify(&key.0, body.as_bytes(), &mac).is_err() {
            return None;
        }
        let Body { files, transaction: text } = serde_json::from_str(body).ok()?;
        let decode = |path: &String| inside(OsString::from_vec(base64_text::decode(path)?).into());
        let files = files.iter().map(|names| names.iter().map(decode).collect()).collect::<Option<Vec<Vec<PathBuf>>>>()?;
        let transaction = Transaction::from_text(text.as_bytes(), true).ok()?;
        (files.len() == transaction.statements().len()).then_some(Self { files, transaction, text })
    }
}

/// The path, if it names something inside the folder.
fn inside(path: PathBuf) -> Option<PathBuf> {
    let is_inside = path.components().next().is_some() && path.components().all(|part| matches!(part, Component::Normal(_)));
    is_inside.then_some(path)
}

fn cannot_write(place: &Place, stem: &Path, reason: &str) -> Failure {
    let path = crate::print::path(&place.shown_named(names::of(stem, JOURNAL).as_os_str()));
    Failure::new(Exit::Invalid, format!("cannot write the journal {path}: {reason}; nothing was sent")).next(
        "a request is kept on disk before it is sent; make room, make the folder writable, or name another one with --receipts",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::folder::Folder;
    use courtseal_proof::bytes::digest::sha256;
    use courtseal_proof::bytes::name::{Name, Origin};
    use courtseal_proof::bytes::time::Timestamp;
    use courtseal_proof::statement::{FileDigests, Statement};
    use std::fs;

    fn key(seed: u8) -> JournalKey {
        JournalKey::new(&SecretKey::from_seed([seed; 32]))
    }

    fn sample(first: &[u8]) -> Journal {
        let statements: Vec<Statement> =
            [b"a", b"b"].map(|file| Statement::public(FileDigests::of_sha256(sha256(file)), 1)).to_vec();
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
        Journal::new(vec![vec![OsStr::from_bytes(first).into()], vec!["b".into(), "c/d".into()]], transaction)
    }

    #[test]
    fn round_trip_with_odd_names() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::beside(Folder::open(folder.path()).unwrap());
        let journal = sample(b"x/\xff\n");
        assert_eq!(journal.write(&place, Path::new("a"), &key(1)).unwrap(), "a.pending");
        assert_eq!(Journal::read(&place, OsStr::new("a.pending"), &key(1)).unwrap(), journal);
        // What is there is never replaced.
        assert_eq!(journal.write(&place, Path::new("a"), &key(1)).unwrap(), "a.1.pending");
        place.remove_named(OsStr::new("a.pending"));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_torn_altered_or_foreign_journal_is_noticed() {
        let whole = sample(b"x").to_text(&key(1)).unwrap().into_bytes();
        assert!(Journal::parse(&whole, &key(1)).is_some());
        assert_eq!(Journal::parse(&whole, &key(2)), None, "another member's");
        for length in 0..whole.len() {
            assert_eq!(Journal::parse(&whole[..length], &key(1)), None, "{length}");
        }
        for at in 0..whole.len() {
            let mut other = whole.clone();
            other[at] ^= 1;
            assert_eq!(Journal::parse(&other, &key(1)), None, "{at}");
        }
    }

    #[test]
    fn a_journal_names_only_what_is_in_its_folder() {
        for outside in [&b"/etc/passwd"[..], b"../a", b"a/../../b", b"", b"."] {
            let text = sample(outside).to_text(&key(1)).unwrap();
            assert_eq!(Journal::parse(text.as_bytes(), &key(1)), None, "{outside:?}");
        }
    }

    #[test]
    fn a_journal_that_cannot_be_written_stops_the_sending() {
        let place = Place::beside(Folder::open(Path::new("/proc")).unwrap());
        let failure = sample(b"x").write(&place, Path::new("x"), &key(1)).unwrap_err();
        assert!(failure.message.contains("nothing was sent"), "{failure}");
    }
}
