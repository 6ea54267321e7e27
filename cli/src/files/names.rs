//! The names of our own files beside evidence (K13): a receipt, the proof of a refusal, an opening, a
//! journal.
//!
//! In: a file's name and an ending. Out: the name with that ending. Always: the same name for the same file,
//! and one that a file system takes: a name that leaves no room for the ending is cut and told from others by
//! a digest. Not for what such a file holds.

use courtseal_proof::bytes::digest::sha256;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// How a receipt's name ends.
pub const RECEIPT: &str = ".tlog-proof";
/// How the name of a proven refusal ends.
pub const REFUSAL: &str = ".refusal.tlog-proof";
/// How an opening's name ends.
pub const OPENING: &str = ".opening";
/// How a journal's name ends.
pub const JOURNAL: &str = ".pending";
/// How every receipt begins.
pub const RECEIPT_BEGINNING: &[u8] = b"c2sp.org/tlog-proof@v1\n";
/// How every journal begins, whatever its version.
pub const JOURNAL_BEGINNING: &str = "courtseal-pending/";
/// Longest name of a file, in bytes, on every file system that evidence is kept on.
pub const NAME_BYTES_MAX: usize = 255;
/// Hex digits of the name's SHA-256 in a name that was cut: nobody makes two names that share them by
/// accident.
const DIGEST_DIGITS: usize = 16;

/// The path of our own file about the file at `path`.
pub fn of(path: &Path, ending: &str) -> PathBuf {
    path.with_file_name(with(path.file_name().unwrap_or_default(), ending))
}

/// As [`of`], with a number before the ending.
pub fn numbered(path: &Path, number: u64, ending: &str) -> PathBuf {
    of(path, &format!(".{number}{ending}"))
}

/// A name with an ending. One that would be longer than [`NAME_BYTES_MAX`] is cut at a letter, and continued
/// by `~` and 16 hex digits of its SHA-256.
fn with(name: &OsStr, ending: &str) -> OsString {
    let bytes = name.as_bytes();
    let mut all = name.to_owned();
    if bytes.len() + ending.len() > NAME_BYTES_MAX {
        let mut room = NAME_BYTES_MAX - ending.len() - DIGEST_DIGITS - 1;
        while bytes[room] & 0b1100_0000 == 0b1000_0000 && room > 0 {
            room -= 1;
        }
        all = OsStr::from_bytes(&bytes[..room]).to_owned();
        all.push(format!("~{}", &sha256(bytes).to_string()[..DIGEST_DIGITS]));
    }
    all.push(ending);
    all
}

/// The name of the file that our own file of this name is about, as far as the name says it: without the
/// ending, and without a number before it.
pub fn about(name: &OsStr) -> Option<Vec<&OsStr>> {
    let bytes = name.as_bytes();
    let plain = [REFUSAL, RECEIPT, OPENING, JOURNAL].iter().find_map(|ending| bytes.strip_suffix(ending.as_bytes()))?;
    let mut stems = vec![OsStr::from_bytes(plain)];
    if let Some(dot) = plain.iter().rposition(|byte| *byte == b'.')
        && dot + 1 < plain.len()
        && plain[dot + 1..].iter().all(u8::is_ascii_digit)
    {
        stems.push(OsStr::from_bytes(&plain[..dot]));
    }
    Some(stems)
}

/// Whether a name ends like those of our own files, or is that of a temporary one.
pub fn is_like_own(name: &OsStr) -> bool {
    about(name).is_some() || is_temporary(name)
}

/// Whether a name is that of a temporary file of ours.
pub fn is_temporary(name: &OsStr) -> bool {
    let random = name
        .as_bytes()
        .strip_prefix(super::new_file::TEMPORARY_PREFIX.as_bytes())
        .and_then(|rest| rest.strip_suffix(super::new_file::TEMPORARY_SUFFIX.as_bytes()));
    random.is_some_and(|random| random.len() == 32 && random.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_cut_only_where_the_ending_has_no_room() {
        let most = "x".repeat(NAME_BYTES_MAX - RECEIPT.len());
        assert_eq!(of(Path::new(&format!("d/{most}")), RECEIPT), Path::new(&format!("d/{most}{RECEIPT}")));
        let names = ["y", "z"].map(|last| format!("{most}{last}")).map(|name| of(Path::new(&name), RECEIPT));
        assert_ne!(names[0], names[1], "names that begin alike stay apart");
        for name in names {
            assert_eq!(name.as_os_str().len(), NAME_BYTES_MAX);
        }
        // Cut between letters, whatever their length in bytes.
        let letters = "卷".repeat(85);
        assert!(of(Path::new(&letters), OPENING).to_str().is_some());
        let bytes = [0x80; 255];
        assert!(of(Path::new(OsStr::from_bytes(&bytes)), OPENING).as_os_str().len() <= NAME_BYTES_MAX);
    }

    #[test]
    fn what_a_name_is_about() {
        let stems = |name: &'static str| {
            about(OsStr::new(name)).map(|stems| stems.iter().map(|stem| stem.to_str().unwrap()).collect::<Vec<_>>())
        };
        assert_eq!(stems("a.pdf.tlog-proof"), Some(vec!["a.pdf"]));
        assert_eq!(stems("a.12.tlog-proof"), Some(vec!["a.12", "a"]));
        assert_eq!(stems("a.refusal.tlog-proof"), Some(vec!["a"]));
        assert_eq!(stems("a.pdf"), None);
        assert!(!is_like_own(OsStr::new(".courtseal-secret.tmp")));
        assert!(is_like_own(OsStr::new(&format!(".courtseal-{}.tmp", "0a".repeat(16)))));
    }
}
