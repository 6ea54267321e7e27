//! What is to be stated of a file: whether it has a valid receipt already, or else its digests or its
//! commitment.
//!
//! In: a path, the wish, the policy. Out: nothing to do, a statement, or the reason why the file cannot be
//! taken. Always: a file is read in pieces, and one that changes meanwhile is not stated. Not for writing
//! anything.

use super::work::{Wish, Work};
use crate::files::folder::Kind;
use crate::files::place::Place;
use crate::files::{Problem, names};
use crate::sums::{self, Digests};
use courtseal_proof::bytes::limits::{OPENING_BYTES_MAX, RECEIPT_BYTES_MAX};
use courtseal_proof::opening::Opening;
use courtseal_proof::statement::{Document, Evidence, FileDigests, Statement};
use courtseal_proof::verify::{Missing, Proven, Refusal, verify_receipt};
use std::path::{Path, PathBuf};

/// A file that is to be recorded.
pub struct Prepared {
    /// Its names, relative to the place; all are names of one file.
    pub names: Vec<PathBuf>,
    /// What is stated of it.
    pub statement: Statement,
    /// What opens the statement; confidential mode only.
    pub opening: Option<Opening>,
    /// The member whose receipt lies beside it, if there is another member's or another statement's.
    pub beside: Option<String>,
}

/// What was found.
pub enum Examined {
    /// It has a valid receipt of this member for its present content, under the first of these names; the
    /// others have none yet.
    Already(Box<Proven>, Vec<u8>, PathBuf),
    /// It is to be recorded.
    New(Box<Prepared>),
    /// It has a confidential receipt of this member, and would be made public.
    WouldBePublished,
    /// It cannot be taken.
    Failed(Problem),
}

/// What the receipt beside a file is.
enum Beside {
    /// There is none that is genuine.
    Nothing,
    /// It is of the file as it is now: what it proves, and its bytes.
    Fits(Box<Proven>, Vec<u8>),
    /// It is genuine, and of other contents.
    OtherContents(Box<Proven>),
}

/// Examines a file under all its names; `read` is told of every piece's length.
pub fn examine(place: &Place, names: &[PathBuf], work: &Work<'_>, read: &(dyn Fn(u64) + Sync)) -> Examined {
    let mut beside = None;
    for name in names {
        match already(place, name, work, read) {
            Ok(Beside::Fits(proven, receipt)) => match differs(&proven, work) {
                None => return Examined::Already(proven, receipt, name.clone()),
                // What was hidden is not published by an option that was forgotten.
                Some(_) if is_own_secret(&proven, work) => return Examined::WouldBePublished,
                Some(how) => beside = beside.or(Some(how)),
            },
            Ok(Beside::OtherContents(proven)) if is_own_secret(&proven, work) => return Examined::WouldBePublished,
            Ok(Beside::OtherContents(proven)) => {
                let by = proven.entry.member().map(|member| member.name.to_string()).unwrap_or_default();
                let entry = crate::print::count(proven.entry.index);
                beside = beside.or(Some(format!("{by}, of other contents (entry {entry}): the file has CHANGED since")));
            }
            Ok(Beside::Nothing) => {}
            Err(problem) => return Examined::Failed(problem),
        }
    }
    if let Some(problem) = names.iter().find_map(|name| in_the_way(place, name, work.wish.confidential)) {
        return Examined::Failed(problem);
    }
    match state(place, &names[0], work.wish, read) {
        Ok((statement, opening)) => Examined::New(Box::new(Prepared { names: names.to_vec(), statement, opening, beside })),
        Err(problem) => Examined::Failed(problem),
    }
}

/// What stands where a receipt or an opening is to be written, if it can be neither replaced nor kept: said
/// before anything is recorded.
fn in_the_way(place: &Place, name: &Path, confidential: bool) -> Option<Problem> {
    let refused = |ending: &str, what: &str| {
        let own = crate::print::path(&place.shown_own(name, ending));
        Some(Problem::Refused(format!("{own} is in the way: {what}; move it away, then run the command again")))
    };
    for ending in [names::RECEIPT, names::REFUSAL, names::OPENING] {
        if ending == names::OPENING && !confidential {
            continue;
        }
        match place.look(name, ending) {
            Ok(None) => {}
            Ok(Some(Kind::File(..))) if ending != names::OPENING => {}
            Ok(Some(Kind::File(..))) => {
                let opening = place.read(name, ending, OPENING_BYTES_MAX);
                if !opening.is_ok_and(|bytes| Opening::from_text(&bytes).is_ok()) {
                    return refused(ending, "it is no opening");
                }
            }
            Ok(Some(Kind::Folder)) => return refused(ending, "it is a folder"),
            Ok(Some(Kind::Other(what))) => return refused(ending, &format!("it is {what}")),
            Err(error) => return Some(Problem::Unreadable(error)),
        }
    }
    None
}

/// Whether it proves a confidential statement of this member, and the command would state the file publicly
/// without being told to.
fn is_own_secret(proven: &Proven, work: &Work<'_>) -> bool {
    let stated = proven.entry.as_stated();
    let is_secret =
        stated.is_some_and(|stated| stated.member.key == work.key.key.public().digest() && stated.statement.is_confidential());
    is_secret && !work.wish.confidential && !work.wish.public
}

/// What the receipt beside a file is.
///
/// # Errors
/// The file cannot be taken.
fn already(place: &Place, name: &Path, work: &Work<'_>, read: &dyn Fn(u64)) -> Result<Beside, Problem> {
    let Ok(receipt) = place.read(name, names::RECEIPT, RECEIPT_BYTES_MAX) else { return Ok(Beside::Nothing) };
    let Ok(proven) = verify_receipt(&receipt, work.policy) else { return Ok(Beside::Nothing) };
    let opening = place.read(name, names::OPENING, OPENING_BYTES_MAX).ok();
    let check = match proven.check_file(opening.as_deref()) {
        Ok(check) => check,
        Err(Refusal::CannotTell(Missing::Opening, _)) if differs(&proven, work).is_none() => {
            let how = "its receipt is confidential, and the .opening that belongs to it is missing: put it back, or move the receipt away to record the file anew";
            return Err(Problem::Refused(how.to_owned()));
        }
        Err(_) => return Ok(Beside::OtherContents(Box::new(proven))),
    };
    Ok(match sums::check(&place.evidence, name, &check, read)? {
        Ok(()) => Beside::Fits(Box::new(proven), receipt),
        Err(_) => Beside::OtherContents(Box::new(proven)),
    })
}

/// K8: whose receipt it is and how it differs from what this command would record, if it does.
pub fn differs(proven: &Proven, work: &Work<'_>) -> Option<String> {
    let stated = proven.entry.as_stated()?;
    let (member, statement, wish) = (&stated.member, &stated.statement, work.wish);
    let (is_confidential, public) = (statement.is_confidential(), statement.public_document());
    let mine = work.key.key.public().digest();
    // A member's role follows from its name and key: both are registered once.
    let how = if member.key != mine || member.name != work.key.name {
        String::new()
    } else if is_confidential != wish.confidential {
        format!(", {}", if is_confidential { "confidential" } else { "public" })
    } else if statement.case() != wish.case {
        format!(", under {}", if statement.case().is_some() { "another case" } else { "no case" })
    } else if public.is_some_and(|public| wish.digests.sha512 && public.digests.sha512.is_none()) {
        ", without SHA-512".to_owned()
    } else if public.is_some_and(|public| wish.digests.sm3 && public.digests.sm3.is_none()) {
        ", without SM3".to_owned()
    } else if !is_confidential && wish.asserted_at.is_some() && statement.asserted_at() != wish.asserted_at {
        ", with another asserted time".to_owned()
    } else if !is_confidential && wish.media_type.is_some() && public.is_some_and(|public| public.media_type != wish.media_type) {
        ", with another media type".to_owned()
    } else {
        return None;
    };
    Some(format!("{}{how}", member.name))
}

fn state(place: &Place, name: &Path, wish: &Wish, read: &dyn Fn(u64)) -> Result<(Statement, Option<Opening>), Problem> {
    if wish.confidential {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt).map_err(|error| Problem::Unreadable(std::io::Error::other(error.to_string())))?;
        let (commitment, size) = sums::commitment(&place.evidence, name, &salt, read)?;
        let opening = Opening {
            asserted_at: wish.asserted_at,
            // A name that is no UTF-8 has no place in a text; the file's own name still says it.
            file_name: name.file_name().and_then(|name| name.to_str()).map(str::to_owned),
            media_type: wish.media_type.clone(),
            salt,
            size,
            v: 1,
        };
        let evidence = Evidence { case: wish.case, ..Evidence::confidential(commitment) };
        return Ok((evidence.into(), Some(opening)));
    }
    let (digests, size) = sums::digests(&place.evidence, name, wish.digests, read)?;
    Ok((public(wish, digests, size), None))
}

/// The public statement of a file with these digests.
pub fn public(wish: &Wish, digests: FileDigests, size_bytes: u64) -> Statement {
    let document = Document::public(digests, size_bytes).with_media_type(wish.media_type.clone());
    Evidence { asserted_at: wish.asserted_at, case: wish.case, document }.into()
}

/// Whether a file still is what `statement` states; for a confidential one, by the opening beside it.
///
/// # Errors
/// The file cannot be taken.
pub fn is_as_stated(place: &Place, name: &Path, statement: &Statement) -> Result<bool, Problem> {
    match statement.document() {
        Some(Document::Public(stated)) => {
            let (found, size) = sums::digests(&place.evidence, name, Digests::of(&stated.digests), &|_| {})?;
            Ok(found == stated.digests && size == stated.size_bytes)
        }
        Some(Document::Confidential(stated)) => {
            let opening = place.read(name, names::OPENING, OPENING_BYTES_MAX)?;
            let Ok(opening) = Opening::from_text(&opening) else { return Ok(false) };
            Ok(sums::commitment(&place.evidence, name, &opening.salt, &|_| {})? == (*stated, opening.size))
        }
        None => Ok(false),
    }
}

/// What the receipt of a file that is not at hand is named after.
pub fn file_not_at_hand(digests: &FileDigests) -> PathBuf {
    format!("sha256-{}", digests.sha256).into()
}

/// Whether a name is not that of a file: the statement's file is not at hand, or the statement is not
/// evidence and so stands beside no file.
pub fn has_no_file_here(name: &Path, statement: &Statement) -> bool {
    statement.as_evidence().is_none()
        || statement.public_document().is_some_and(|public| name == file_not_at_hand(&public.digests))
}

/// The first digest by which an entry is found again, for people: SHA-256 or commitment.
pub fn shown(statement: &Statement) -> String {
    statement.document().map(Document::shown).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn digests_and_commitments() {
        let folder = tempfile::tempdir().unwrap();
        let (path, name) = (folder.path().join("a"), Path::new("a"));
        let place = Place::beside(crate::files::folder::Folder::open(folder.path()).unwrap());
        fs::write(&path, b"abc").unwrap();
        let (public, _) = state(&place, name, &Wish::default(), &|_| {}).unwrap();
        let texts_of = |statement: &Statement| Vec::<String>::from(statement.public_document().unwrap().digests.clone());
        let texts = texts_of(&public);
        assert_eq!(texts[0], "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert!(texts[1].starts_with("sha512:ddaf35a193617abacc417349ae204131"));
        assert!(is_as_stated(&place, name, &public).unwrap());
        let (less, _) = state(&place, name, &Wish { digests: Digests::SHA256, ..Wish::default() }, &|_| {}).unwrap();
        assert_eq!(texts_of(&less), texts[..1]);
        assert!(is_as_stated(&place, name, &less).unwrap());
        let all = Wish { digests: Digests { sha512: true, sm3: true }, ..Wish::default() };
        let (more, _) = state(&place, name, &all, &|_| {}).unwrap();
        assert_eq!(texts_of(&more)[2], "sm3:66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
        assert!(is_as_stated(&place, name, &more).unwrap());

        let (hidden, opening) = state(&place, name, &Wish { confidential: true, ..Wish::default() }, &|_| {}).unwrap();
        let opening = opening.unwrap();
        assert_eq!((opening.size, opening.file_name.as_deref()), (3, Some("a")));
        assert!(in_the_way(&place, name, true).is_none());
        place.write(name, names::OPENING, opening.to_text().as_bytes(), 0o600).unwrap();
        assert!(in_the_way(&place, name, true).is_none(), "an opening of before is kept");
        assert!(is_as_stated(&place, name, &hidden).unwrap());
        fs::write(&path, b"abd").unwrap();
        assert!(!is_as_stated(&place, name, &hidden).unwrap());
        assert!(!is_as_stated(&place, name, &public).unwrap() && !is_as_stated(&place, name, &more).unwrap());
        fs::write(folder.path().join("a.opening"), "e4 e5").unwrap();
        assert!(in_the_way(&place, name, true).is_some() && in_the_way(&place, name, false).is_none());
    }
}
