//! What is to be stated of a file: whether it has a valid receipt already, or else its digests or its commitment.
//!
//! In: a path, the wish, the policy. Out: nothing to do, a statement, or the reason why the file cannot be taken. Always: a file is read in
//! pieces, and one that changes meanwhile is not stated. Not for writing anything.

use super::{OPENING_ENDING, RECEIPT_ENDING, Wish, Work};
use crate::command::Digests;
use crate::files::{self, Problem};
use crate::print;
use crate::sums;
use courtseal_proof::digest::Digest;
use courtseal_proof::limits::{OPENING_BYTES_MAX, RECEIPT_BYTES_MAX};
use courtseal_proof::statement::{FileDigests, Mode, Opening, Statement};
use courtseal_proof::verify::{Missing, Proven, Refusal, verify_receipt};
use std::path::{Path, PathBuf};

/// A file that is to be recorded.
pub struct Prepared {
    /// Where it is.
    pub path: PathBuf,
    /// What is stated of it.
    pub statement: Statement,
    /// What opens the statement; confidential mode only.
    pub opening: Option<Opening>,
}

/// What was found.
pub enum Examined {
    /// It has a valid receipt of this member for its present content.
    Already(Box<Proven>),
    /// It is to be recorded.
    New(Box<Prepared>),
    /// It cannot be taken.
    Failed(Problem),
}

/// Examines a file; `read` is told of every piece's length.
pub fn examine(path: &Path, work: &Work<'_>, read: &(dyn Fn(u64) + Sync)) -> Examined {
    match already(path, work, read) {
        Ok(Some(proven)) => match differs(&proven, work.wish) {
            None => return Examined::Already(Box::new(proven)),
            Some(how) => return Examined::Failed(Problem::Differs(how)),
        },
        Ok(None) => {}
        Err(problem) => return Examined::Failed(problem),
    }
    match state(path, work.wish, read) {
        Ok(prepared) => Examined::New(Box::new(prepared)),
        Err(problem) => Examined::Failed(problem),
    }
}

/// What the receipt beside a file proves, if it is valid for the file's present content and proves a statement of this member. Another
/// member's receipt does not count, because this member has stated nothing by it.
///
/// # Errors
/// The file cannot be taken.
fn already(path: &Path, work: &Work<'_>, read: &dyn Fn(u64)) -> Result<Option<Proven>, Problem> {
    let Ok(receipt) = files::read_bounded(&files::with_ending(path, RECEIPT_ENDING), RECEIPT_BYTES_MAX) else { return Ok(None) };
    let Ok(proven) = verify_receipt(&receipt, work.policy) else { return Ok(None) };
    if proven.entry.as_stated().is_none_or(|stated| stated.member.key != work.key.key.public().digest()) {
        return Ok(None);
    }
    let opening = files::read_bounded(&files::with_ending(path, OPENING_ENDING), OPENING_BYTES_MAX).ok();
    let check = match proven.check_file(opening.as_deref()) {
        Ok(check) => check,
        Err(Refusal::CannotTell(Missing::Opening, _)) => {
            let how = "its receipt is confidential, and the .opening that belongs to it is missing: put it back";
            return Err(Problem::Differs(how.to_owned()));
        }
        Err(_) => return Ok(None),
    };
    Ok(sums::check(path, false, &check, read)?.is_ok().then_some(proven))
}

/// How what is recorded differs from what is asked for now, if it does; what is not asked for is not compared.
fn differs(proven: &Proven, wish: &Wish) -> Option<String> {
    let stated = proven.entry.as_stated()?.statement;
    let is_confidential = stated.mode == Some(Mode::Confidential);
    let how = if is_confidential != wish.confidential {
        if is_confidential { "confidential, not public" } else { "public, not confidential" }
    } else if wish.case.is_some() && stated.case != wish.case {
        "under another case, or none"
    } else if is_confidential {
        return None;
    } else if wish.digests == Some(Digests::Sha256AndSha512)
        && stated.digests.as_ref().is_some_and(|digests| digests.sha512.is_none())
    {
        "without SHA-512"
    } else if wish.asserted_at.is_some() && stated.asserted_at != wish.asserted_at {
        "with another asserted time, or none"
    } else if wish.media_type.is_some() && stated.media_type != wish.media_type {
        "with another media type, or none"
    } else {
        return None;
    };
    Some(format!("it is recorded already, as entry {}, but {how}", print::count(proven.entry.index)))
}

fn state(path: &Path, wish: &Wish, read: &dyn Fn(u64)) -> Result<Prepared, Problem> {
    if wish.confidential {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(|error| Problem::Unreadable(std::io::Error::other(error.to_string())))?;
        let (commitment, size) = sums::commitment(path, false, &salt, read)?;
        let opening = Opening {
            asserted_at: wish.asserted_at,
            // A name that is no UTF-8 has no place in a text; the file's own name still says it.
            file_name: path.file_name().and_then(|name| name.to_str()).map(str::to_owned),
            media_type: wish.media_type.clone(),
            salt,
            size,
            v: 1,
        };
        let statement = Statement { case: wish.case, ..Statement::confidential(commitment) };
        return Ok(Prepared { path: path.to_owned(), statement, opening: Some(opening) });
    }
    let with_sha512 = wish.digests.unwrap_or_default() == Digests::Sha256AndSha512;
    let (digests, size) = sums::digests(path, false, with_sha512, read)?;
    let statement = Statement {
        asserted_at: wish.asserted_at,
        case: wish.case,
        media_type: wish.media_type.clone(),
        ..Statement::public(digests, size)
    };
    Ok(Prepared { path: path.to_owned(), statement, opening: None })
}

/// Whether a file still is what `statement` states; for a confidential one, by the opening beside it.
///
/// # Errors
/// The file cannot be taken.
pub fn is_as_stated(path: &Path, statement: &Statement) -> Result<bool, Problem> {
    match (&statement.digests, statement.commitment) {
        (Some(stated), _) => {
            let (found, size) = sums::digests(path, false, stated.sha512.is_some(), &|_| {})?;
            Ok(found == *stated && Some(size) == statement.size)
        }
        (None, Some(stated)) => {
            let opening =
                files::read_bounded(&files::with_ending(path, OPENING_ENDING), OPENING_BYTES_MAX).map_err(Problem::Unreadable)?;
            let Ok(opening) = Opening::from_text(&opening) else { return Ok(false) };
            Ok(sums::commitment(path, false, &opening.salt, &|_| {})? == (stated, opening.size))
        }
        (None, None) => Ok(false),
    }
}

/// The first digest by which an entry is found again, for people: SHA-256 or commitment.
pub fn shown(statement: &Statement) -> String {
    let sha256 = statement.digests.as_ref().map(|digests: &FileDigests| -> Digest { digests.sha256 });
    sha256.map(|digest| digest.tagged()).or_else(|| statement.commitment.map(|tag| tag.to_string())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn digests_and_commitments() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        fs::write(&path, b"abc").unwrap();
        let prepared = state(&path, &Wish::default(), &|_| {}).unwrap();
        let texts: Vec<String> = prepared.statement.digests.clone().unwrap().into();
        assert_eq!(texts[0], "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(texts[1].starts_with("sha512:ddaf35a193617abacc417349ae204131"));
        assert!(is_as_stated(&path, &prepared.statement).unwrap());
        let less = state(&path, &Wish { digests: Some(Digests::Sha256), ..Wish::default() }, &|_| {}).unwrap();
        assert_eq!(Vec::<String>::from(less.statement.digests.clone().unwrap()), texts[..1]);
        assert!(is_as_stated(&path, &less.statement).unwrap());

        let hidden = state(&path, &Wish { confidential: true, ..Wish::default() }, &|_| {}).unwrap();
        let opening = hidden.opening.as_ref().unwrap();
        assert_eq!((opening.size, opening.file_name.as_deref()), (3, Some("a")));
        fs::write(files::with_ending(&path, OPENING_ENDING), opening.to_text()).unwrap();
        assert!(is_as_stated(&path, &hidden.statement).unwrap());
        fs::write(&path, b"abd").unwrap();
        assert!(!is_as_stated(&path, &hidden.statement).unwrap());
        assert!(!is_as_stated(&path, &prepared.statement).unwrap());
    }
}
