//! `receipt show` and `receipt fetch`.
//!
//! In: a receipt; or a file, a digest or an entry, and nodes. Out: what it says, and whether it holds; or a receipt that holds, kept beside its file or where one says. Always: a
//! receipt that a node sends is checked under the policy before it is kept. Not for verdicts about files: see `verify`.

use crate::command::{ReceiptFetch, ReceiptShow};
use crate::failure::{Exit, Failure, usage};
use crate::files::folder::Folder;
use crate::files::place::Place;
use crate::files::{named, reason};
use crate::http::{Client, Node};
use crate::notarize::report::path_text;
use crate::notarize::save;
use crate::print::{self, Style};
use crate::trust::Trust;
use crate::verify::{show_proven, word_of};
use crate::{sums, verify};
use courtseal_proof::digest::Digest;
use courtseal_proof::entry::Entry;
use courtseal_proof::limits::RECEIPT_BYTES_MAX;
use courtseal_proof::receipt::Receipt;
use courtseal_proof::verify::{Proven, Refusal, verify_receipt};
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// R6.
#[derive(Deserialize)]
struct Found {
    entries: Vec<u64>,
}

/// `receipt show`. The exit code is that of the receipt's own checks.
///
/// # Errors
/// Usage: it cannot be read, or is no receipt.
pub fn show(options: &ReceiptShow, style: Style) -> anyhow::Result<Exit> {
    let shown = print::path(&options.file);
    let bytes = named::read(&options.file, RECEIPT_BYTES_MAX)
        .map_err(|error| usage(format!("cannot read {shown}: {}", reason(&error))))?;
    let receipt = Receipt::parse(&bytes).map_err(|_| {
        let hint = verify::hint(&bytes).map(|hint| format!(": {hint}")).unwrap_or_default();
        usage(format!("{shown} is not a receipt{hint}"))
    })?;
    let trust = Trust::read(options.policy.as_deref());
    let checked = verify_receipt(&bytes, &trust);
    let exit = match &checked {
        Ok(_) => Exit::Done,
        Err(Refusal::Invalid(..)) => Exit::Invalid,
        Err(Refusal::CannotTell(..)) => Exit::CannotTell,
    };
    let entry = Entry::from_text(receipt.entry.as_bytes()).ok();
    if style.json {
        let (verdict, message) = word_of(&checked);
        let checkpoint = &receipt.signed.checkpoint;
        print::line(json!({
            "exit": exit.code(), "checks": verdict, "message": message, "entry": entry, "log_size": checkpoint.size,
            "origin": checkpoint.origin, "courts": receipt.signed.cosignatures.iter().map(|line| &line.name).collect::<Vec<_>>(),
        }))?;
        return Ok(exit);
    }
    match &checked {
        Ok(proven) => {
            print::row("GENUINE", format_args!("{shown}: the checks of the receipt itself hold; its file was not looked at"))?;
            show_proven(proven, &trust, style)?;
        }
        Err(refusal) => {
            let label = if exit == Exit::Invalid { "INVALID" } else { "CANNOT TELL" };
            print::row(label, format_args!("{shown}: {}", refusal.message()))?;
            print::row("it says", "what follows, which is not proven")?;
            print::row("network", &receipt.signed.checkpoint.origin)?;
            print::row("entry", print::count(receipt.index))?;
            if let Some(entry) = entry {
                print::row("recorded", print::time(entry.recorded_at))?;
                if let Some(member) = &entry.member {
                    print::row("by", format_args!("{}, {} of {}", member.name, member.role.as_str(), member.court))?;
                }
            }
        }
    }
    Ok(exit)
}

/// What receipts are looked for.
struct Sought {
    /// The file's SHA-256; none if only an entry is named.
    sha256: Option<Digest>,
    /// Its size, if it is at hand.
    size: Option<u64>,
    /// The file: its folder and name.
    file: Option<(Place, PathBuf)>,
}

/// `receipt fetch`.
///
/// # Errors
/// Usage; no node answers; there is no such record.
pub fn fetch(options: &ReceiptFetch, style: Style) -> anyhow::Result<Exit> {
    let client = Client::new(&options.nodes.urls, options.nodes.ca.as_deref())?;
    let trust = Trust::read(options.policy.as_deref());
    let sought = sought(options)?;
    if sought.file.is_none() && options.out.is_none() {
        return Err(usage("name the file for the receipt with --out"));
    }
    let indices = match (options.entry, sought.sha256) {
        (Some(entry), _) => vec![entry],
        (None, Some(sha256)) => recorded_as(&client, sha256)?,
        (None, None) => return Err(usage("name a file, a digest or an entry")),
    };
    let mut refused = None;
    for index in indices {
        match client.get(&format!("/v1/receipts/{index}"), |node, answer| {
            judge(node, answer.success(node)?.body, index, &sought, options, &trust)
        }) {
            Ok((receipt, proven)) => return keep(options, &sought, &receipt, &proven, &trust, style),
            Err(failure) => refused = refused.or(Some(failure)),
        }
    }
    Err(refused
        .unwrap_or_else(|| {
            Failure::new(Exit::Invalid, "these nodes know no public record of it").next(
                "a confidential record is not found by its digest: ask whoever recorded it; or name other nodes with --node",
            )
        })
        .into())
}

fn sought(options: &ReceiptFetch) -> anyhow::Result<Sought> {
    let Some(path) = &options.file else { return Ok(Sought { sha256: options.digest, size: None, file: None }) };
    let name = path.file_name().map(PathBuf::from).ok_or_else(|| usage(format!("{} has no name", print::path(path))))?;
    let folder = Folder::around(path).map_err(|error| usage(format!("cannot read {}: {}", print::path(path), reason(&error))))?;
    let (digests, size) =
        sums::digests(&folder, &name, false, &|_| {}).map_err(|problem| usage(format!("{} {problem}", print::path(path))))?;
    Ok(Sought { sha256: Some(digests.sha256), size: Some(size), file: Some((Place::beside(folder), name)) })
}

/// The entries that the nodes know for a digest, lowest first; a node that does not answer is passed over.
///
/// # Errors
/// No node answers.
pub fn recorded_as(client: &Client, sha256: Digest) -> anyhow::Result<Vec<u64>> {
    let ask = |node: &Node| -> Result<Vec<u64>, Failure> {
        let answer = node.get(&format!("/v1/digests/{sha256}"), Duration::ZERO);
        let answer = answer.map_err(|no_answer| crate::http::none_answers(&[no_answer]))?;
        Ok(answer.success(node)?.json::<Found>()?.entries)
    };
    let (mut all, mut failed, mut answered) = (BTreeSet::new(), None, false);
    for found in client.all(ask) {
        match found {
            Ok(entries) => {
                all.extend(entries);
                answered = true;
            }
            Err(failure) => failed = failed.or(Some(failure)),
        }
    }
    match failed.filter(|_| !answered) {
        Some(failure) => Err(failure.into()),
        None => Ok(all.into_iter().collect()),
    }
}

/// Whether a node's receipt holds and is one that is looked for.
fn judge(
    node: &Node,
    body: Vec<u8>,
    index: u64,
    sought: &Sought,
    options: &ReceiptFetch,
    trust: &Trust,
) -> Result<(Vec<u8>, Proven), Failure> {
    let proven = verify_receipt(&body, trust).map_err(|refusal| match refusal {
        Refusal::Invalid(..) => {
            Failure::new(Exit::Unreachable, format!("{} sends a receipt that does not hold: {}", node.url(), refusal.message()))
        }
        Refusal::CannotTell(missing, message) => {
            Failure::new(Exit::CannotTell, format!("cannot tell: missing is {message}")).next(verify::next(missing))
        }
    })?;
    let other = |what: &str| Failure::new(Exit::Invalid, format!("entry {} {what}", print::count(index)));
    if proven.entry.index != index {
        return Err(Failure::new(Exit::Unreachable, format!("{} sends the receipt of another entry", node.url())));
    }
    let stated = proven.entry.as_stated();
    // A record that names no digest is taken only if its entry was named.
    let is_of_file = |sha256: Digest| {
        stated.as_ref().is_some_and(|stated| match &stated.statement.digests {
            Some(digests) => digests.sha256 == sha256 && sought.size.is_none_or(|size| stated.statement.size == Some(size)),
            None => options.entry.is_some(),
        })
    };
    if sought.sha256.is_some_and(|sha256| !is_of_file(sha256)) {
        return Err(other("is of another file"));
    }
    if let Some(by) = options.by.as_deref()
        && stated.as_ref().is_none_or(|stated| stated.member.name.as_str() != by)
    {
        return Err(other(&format!("was not recorded by {by}")));
    }
    Ok((body, proven))
}

fn keep(
    options: &ReceiptFetch,
    sought: &Sought,
    receipt: &[u8],
    proven: &Proven,
    trust: &Trust,
    style: Style,
) -> anyhow::Result<Exit> {
    let cannot = |error: &std::io::Error| usage(format!("cannot write the receipt: {}", reason(error)));
    let (path, kept) = match (&options.out, &sought.file) {
        (None, Some((place, name))) => {
            let saved = save::save(place, name, receipt, proven, trust).map_err(|error| cannot(&error))?;
            place.sync([name]).map_err(|(_, error)| cannot(&error))?;
            (saved.receipt, saved.kept.map(|kept| kept.path))
        }
        (Some(out), _) => {
            named::write(out, receipt, 0o666).map_err(|error| cannot(&error))?;
            (out.clone(), None)
        }
        (None, None) => return Err(usage("name the file for the receipt with --out")),
    };
    if style.json {
        let text = json!({"exit": 0, "receipt": path_text(&path), "kept": kept.as_deref().map(path_text), "entry": proven.entry, "policy": proven.policy_digest.tagged()});
        print::line(text)?;
        return Ok(Exit::Done);
    }
    print::row("receipt", print::path(&path))?;
    if let Some(kept) = kept {
        print::row("", format_args!("another one was there; it is kept as {}", print::path(&kept)))?;
    }
    show_proven(proven, trust, style)?;
    Ok(Exit::Done)
}
