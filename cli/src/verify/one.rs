//! One file: its receipt, those that are kept beside it under numbers, and its opening. Or a receipt whose
//! file is gone.
//!
//! In: a place, a name in it, what options name. Out: a verdict. Always: a receipt that options name is the
//! only one looked at. Else the one beside the file comes first. One that was kept under a number is taken if
//! that one is not valid. Not for printing.

use super::expected::Asked;
use super::verdict::{Found, NoVerdict, Verdict, check_receipt};
use crate::evidence::open_receipts;
use crate::files::folder::Folder;
use crate::files::folder::Kind;
use crate::files::place::Place;
use crate::files::{Problem, named, names};
use crate::progress::Progress;
use crate::trust::Trust;
use crate::{print, sums};
use courtseal_proof::bytes::limits::{OPENING_BYTES_MAX, RECEIPT_BYTES_MAX};
use courtseal_proof::opening::Opening;
use courtseal_proof::receipt::Receipt;
use courtseal_proof::statement::Statement;
use courtseal_proof::verify::{Missing, Proven, Refusal};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Most receipts, and most openings, that are looked at under numbers.
const NUMBERED_MAX: u64 = 100;

/// What options name for one file.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    /// The receipt's file.
    pub receipt: Option<&'a Path>,
    /// The opening's file.
    pub opening: Option<&'a Path>,
}

/// Verifies one file; receipt and opening are looked for beside it unless named. A receipt that is named
/// stands for its file; one of an equivocation, which is about no file, is itself what is verified.
///
/// # Errors
/// Usage: `--receipts` is of no use.
pub fn verify_named(
    path: &Path,
    given: Given<'_>,
    receipts: Option<&Path>,
    asked: &Asked,
    trust: &Trust,
) -> anyhow::Result<Verdict> {
    let name = path.file_name().map(Path::new).unwrap_or(path);
    let folder = match Folder::around(path) {
        Ok(folder) => folder,
        Err(error) => return Ok(Verdict::not_read(path.to_owned(), Problem::Unreadable(error))),
    };
    let place = match receipts {
        None => Place::beside(folder),
        Some(receipts) => Place::elsewhere(folder, open_receipts(receipts)?, PathBuf::new()),
    };
    let progress = Progress::new(&print::path(path), 1, size(&place, name));
    if given.receipt.is_none()
        && let Some(stem) = receipt_stem(name)
        && place.evidence.read(name, RECEIPT_BYTES_MAX).is_ok_and(|bytes| Receipt::parse(&bytes).is_ok())
    {
        return Ok(match place.evidence.look(stem) {
            Ok(Some(Kind::File(..))) => {
                let given = Given { receipt: Some(path), ..given };
                verify_in(&place, stem, &given, asked, trust, &|bytes| progress.read(bytes))?
            }
            _ => verify_alone(&place, name, asked, trust)?,
        });
    }
    verify_in(&place, name, &given, asked, trust, &|bytes| progress.read(bytes))
}

fn receipt_stem(name: &Path) -> Option<&Path> {
    let stem = name.as_os_str().as_bytes().strip_suffix(names::RECEIPT.as_bytes())?;
    (!stem.is_empty()).then(|| Path::new(OsStr::from_bytes(stem)))
}

fn size(place: &Place, name: &Path) -> u64 {
    match place.evidence.look(name) {
        Ok(Some(Kind::File(_, bytes))) => bytes,
        _ => 0,
    }
}

/// Verifies one file of a place.
///
/// # Errors
/// Usage: the case key is of no use.
pub fn verify_in(
    place: &Place,
    name: &Path,
    given: &Given<'_>,
    asked: &Asked,
    trust: &Trust,
    read: &dyn Fn(u64),
) -> anyhow::Result<Verdict> {
    let with = |receipt: &dyn Fn() -> Result<Vec<u8>, NoVerdict>| {
        let mut found = Found::default();
        let result = verify(place, name, receipt, given, trust, &mut found, read);
        Verdict { path: place.shown(name), policy: found.policy, proven: found.proven, result, notes: Vec::new() }.held_to(asked)
    };
    let mut first = with(&|| receipt(place, name, given))?;
    let is_settled = given.receipt.is_some() || matches!(first.result, Err(NoVerdict::Problem(_)));
    if is_settled {
        return Ok(first);
    }
    for number in 1..=NUMBERED_MAX {
        let ending = format!(".{number}{}", names::RECEIPT);
        let Ok(Some(Kind::File(..))) = place.look(name, &ending) else { break };
        let kept = print::path(&place.shown_own(name, &ending));
        let Ok(bytes) = place.read(name, &ending, RECEIPT_BYTES_MAX) else { continue };
        if first.result.is_ok() {
            if let Some(note) = of_other_contents(&bytes, &first, trust) {
                first.notes.push(format!("{kept}, kept beside it, {note}"));
            }
            continue;
        }
        let other = with(&|| Ok(bytes.clone()))?;
        if other.result.is_ok() {
            let notes =
                vec![format!("its receipt is {kept}; {} is another one", print::path(&place.shown_own(name, names::RECEIPT)))];
            return Ok(Verdict { notes, ..other });
        }
    }
    Ok(first)
}

/// What a genuine receipt says that was kept when the file had other contents, if it does.
fn of_other_contents(receipt: &[u8], valid: &Verdict, trust: &Trust) -> Option<String> {
    let old = check_receipt(receipt, trust, &mut None).ok()?;
    let digest = |proven: &Proven| proven.entry.statement()?.public_document().map(|public| public.digests.sha256);
    let (then, now) = (digest(&old)?, digest(valid.proven.as_ref()?)?);
    let by = old.entry.member().map(|member| member.name.to_string()).unwrap_or_default();
    (then != now).then(|| {
        format!("is of other contents: entry {} by {by}, {}", print::count(old.entry.index), print::time(old.entry.recorded_at))
    })
}

fn receipt(place: &Place, name: &Path, given: &Given<'_>) -> Result<Vec<u8>, NoVerdict> {
    let receipt = match given.receipt {
        Some(path) => named::read(path, RECEIPT_BYTES_MAX).map_err(Problem::Unreadable),
        None => place.read(name, names::RECEIPT, RECEIPT_BYTES_MAX),
    };
    receipt.map_err(|problem| {
        let path = given.receipt.map_or_else(|| place.shown_own(name, names::RECEIPT), Path::to_owned);
        let next = if given.receipt.is_none() && matches!(place.look(name, names::JOURNAL), Ok(Some(_))) {
            format!(
                "; a signed request waits in {}: the same `notarize` again sends it and fetches the receipt",
                print::path(&place.shown_own(name, names::JOURNAL))
            )
        } else {
            String::new()
        };
        let message = format!("a receipt: {} {problem}{next}", print::path(&path));
        NoVerdict::Refused(Refusal::CannotTell(Missing::Receipt, message))
    })
}

fn verify(
    place: &Place,
    name: &Path,
    receipt: &dyn Fn() -> Result<Vec<u8>, NoVerdict>,
    given: &Given<'_>,
    trust: &Trust,
    found: &mut Found,
    read: &dyn Fn(u64),
) -> Result<(), NoVerdict> {
    match place.evidence.look(name).map_err(|error| NoVerdict::Problem(Problem::Unreadable(error)))? {
        Some(Kind::File(..)) => {}
        Some(Kind::Folder) => return Err(NoVerdict::Problem(Problem::NotAFile("a folder"))),
        Some(Kind::Other(what)) => return Err(NoVerdict::Problem(Problem::NotAFile(what))),
        // Its receipt tells that it was there.
        None if matches!(place.look(name, names::RECEIPT), Ok(Some(Kind::File(..)))) => {
            return Err(gone(&place.shown(name)));
        }
        // Else it is a mistake to point out, not a verdict.
        None => return Err(NoVerdict::Problem(Problem::Unreadable(rustix::io::Errno::NOENT.into()))),
    }
    let proven = check_receipt(&receipt()?, trust, &mut found.policy)?;
    let proven = found.proven.insert(proven);
    // Of several openings, the one that fits the receipt counts.
    let mut first = None;
    for opening in openings(place, name, given) {
        let result = match proven.check_file(opening.as_deref()) {
            Ok(check) => sums::check(&place.evidence, name, &check, read).map_err(NoVerdict::Problem)?,
            Err(refusal) => Err(refusal),
        };
        match result {
            Ok(()) => return Ok(()),
            Err(refusal) => first = first.or(Some(refusal)),
        }
        if !is_confidential(proven) {
            break;
        }
    }
    first.map_or(Ok(()), |refusal| Err(NoVerdict::Refused(refusal)))
}

fn is_confidential(proven: &Proven) -> bool {
    proven.entry.statement().is_some_and(Statement::is_confidential)
}

/// The openings to try: the one that is named; else the one beside the receipt that is named, the one beside
/// the file, and those that were kept under numbers.
fn openings(place: &Place, name: &Path, given: &Given<'_>) -> Vec<Option<Vec<u8>>> {
    if let Some(path) = given.opening {
        return vec![named::read(path, OPENING_BYTES_MAX).ok()];
    }
    let of_receipt = given.receipt.and_then(opening_beside).and_then(|path| named::read(&path, OPENING_BYTES_MAX).ok());
    let beside = place.read(name, names::OPENING, OPENING_BYTES_MAX).ok();
    let mut openings = if of_receipt.is_some() { vec![of_receipt, beside] } else { vec![beside] };
    for number in 1..=NUMBERED_MAX {
        match place.read(name, &format!(".{number}{}", names::OPENING), OPENING_BYTES_MAX) {
            Ok(opening) => openings.push(Some(opening)),
            Err(_) => break,
        }
    }
    openings
}

/// Where the opening beside a receipt is, if there is one: that of an act.
fn opening_beside(receipt: &Path) -> Option<PathBuf> {
    let stem = *names::about(receipt.file_name()?)?.first()?;
    Some(names::of(&receipt.with_file_name(stem), names::OPENING))
}

fn gone(file: &Path) -> NoVerdict {
    let message = format!("the file that this receipt is of: {} is not there, or has another name now", print::path(file));
    NoVerdict::Refused(Refusal::CannotTell(Missing::File, message))
}

/// The document of an act: only an opening may say what its file is called.
fn document_of(statement: &Statement, opening: Option<&[u8]>) -> NoVerdict {
    let name = opening.and_then(|bytes| Opening::from_text(bytes).ok()).and_then(|opening| opening.file_name);
    let called = name.map(|name| format!(", which its opening calls {name:?}")).unwrap_or_default();
    let what = statement.kind().word;
    let message = format!("the document of this {what}{called}: an act's receipt is not named after its document");
    NoVerdict::Refused(Refusal::CannotTell(Missing::File, message))
}

/// Verifies a receipt that has no file. One of a statement that names no document needs none.
///
/// # Errors
/// Usage: the case key is of no use.
pub fn verify_alone(place: &Place, receipt: &Path, asked: &Asked, trust: &Trust) -> anyhow::Result<Verdict> {
    let mut found = Found::default();
    let mut verify = || {
        let bytes = place.evidence.read(receipt, RECEIPT_BYTES_MAX).map_err(NoVerdict::Problem)?;
        let proven = found.proven.insert(check_receipt(&bytes, trust, &mut found.policy)?);
        let statement = proven.entry.statement();
        if let Some(act) = statement.filter(|statement| statement.as_act().is_some() && statement.document().is_some()) {
            let opening = opening_beside(receipt).and_then(|path| place.evidence.read(&path, OPENING_BYTES_MAX).ok());
            return Err(document_of(act, opening.as_deref()));
        }
        if statement.is_none_or(|statement| statement.document().is_some()) {
            let stems = names::about(receipt.file_name().unwrap_or_default()).unwrap_or_default();
            let stem = stems.last().map(PathBuf::from).unwrap_or_default();
            return Err(gone(&place.shown(&receipt.with_file_name(stem))));
        }
        Ok(())
    };
    let result = verify();
    let path = place.shown(receipt);
    Verdict { path, policy: found.policy, proven: found.proven, result, notes: Vec::new() }.held_to(asked)
}
