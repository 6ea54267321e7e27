//! `receipt fetch`: a receipt from nodes, kept beside its file or where one says.
//!
//! In: a file, a digest or an entry, and nodes. Out: a receipt. Always: it is checked under the policy before
//! it is kept, and is of what was asked for. Not for confidential records, unless their entry is named.

use crate::commands::command::Command;
use crate::commands::options;
use crate::failure::{Exit, Failure, next_step, usage};
use crate::files::folder::Folder;
use crate::files::place::Place;
use crate::files::{named, reason};
use crate::http::Node;
use crate::look_up::look_up;
use crate::notarize::save;
use crate::print::{self, Style};
use crate::sums::{self, Digests};
use crate::trust::Trust;
use crate::verify::show_proven;
use clap::Args;
use courtseal_api::Request;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::verify::{Proven, Refusal, verify_receipt};
use serde_json::json;
use std::path::PathBuf;

/// Options of `receipt fetch`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  courtseal receipt fetch contract.pdf --node http://127.0.0.1:8600 --policy policy.txt\n  courtseal receipt fetch --digest sha256:HEX --out contract.tlog-proof --node http://127.0.0.1:8600\nOf several records of a file, --by and --entry choose; else the first one is fetched."
)]
pub struct Fetch {
    /// The file; its receipt is kept beside it
    #[arg(required_unless_present_any = ["digest", "entry"])]
    pub file: Option<PathBuf>,
    /// The SHA-256 of a file that is not at hand
    #[arg(long, value_name = "DIGEST", value_parser = options::digest, conflicts_with = "file")]
    pub digest: Option<Digest>,
    /// The entry's index
    #[arg(long, value_name = "INDEX", value_parser = options::index)]
    pub entry: Option<u64>,
    /// The member who recorded it
    #[arg(long, value_name = "MEMBER")]
    pub by: Option<String>,
    /// Where to keep the receipt [default: beside the file]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The nodes to ask
    #[command(flatten)]
    pub nodes: options::Nodes,
    /// The courts' policy, from a source you trust [default: the one of the receipt's network that you trust
    /// by name]
    #[arg(long, env = "COURTSEAL_POLICY")]
    pub policy: Option<PathBuf>,
}

impl Command for Fetch {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let client = self.nodes.client()?;
        let trust = Trust::read(self.policy.as_deref());
        let sought = sought(self)?;
        if sought.file.is_none() && self.out.is_none() {
            return Err(usage("name the file for the receipt with --out"));
        }
        let indices = match (self.entry, sought.sha256) {
            (Some(entry), _) => vec![entry],
            (None, Some(sha256)) => look_up(&client, sha256)?,
            (None, None) => return Err(usage("name a file, a digest or an entry")),
        };
        let mut refused = None;
        for index in indices {
            match client.get(&Request::receipt(index), |node, answer| {
                judge(node, answer.success(node.url())?.body, index, &sought, self, &trust)
            }) {
                Ok((receipt, proven)) => return keep(self, &sought, &receipt, &proven, &trust, style),
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

fn sought(options: &Fetch) -> anyhow::Result<Sought> {
    let Some(path) = &options.file else { return Ok(Sought { sha256: options.digest, size: None, file: None }) };
    let name = path.file_name().map(PathBuf::from).ok_or_else(|| usage(format!("{} has no name", print::path(path))))?;
    let folder = Folder::around(path).map_err(|error| usage(format!("cannot read {}: {}", print::path(path), reason(&error))))?;
    let (digests, size) = sums::digests(&folder, &name, Digests::SHA256, &|_| {})
        .map_err(|problem| usage(format!("{} {problem}", print::path(path))))?;
    Ok(Sought { sha256: Some(digests.sha256), size: Some(size), file: Some((Place::beside(folder), name)) })
}

/// Whether a node's receipt holds and is one that is looked for.
fn judge(
    node: &Node,
    body: Vec<u8>,
    index: u64,
    sought: &Sought,
    options: &Fetch,
    trust: &Trust,
) -> Result<(Vec<u8>, Proven), Failure> {
    let proven = verify_receipt(&body, trust).map_err(|refusal| match refusal {
        Refusal::Invalid(..) => {
            Failure::new(Exit::Unreachable, format!("{} sends a receipt that does not hold: {}", node.url(), refusal.message()))
        }
        Refusal::CannotTell(missing, message) => {
            Failure::new(Exit::CannotTell, format!("cannot tell: missing is {message}")).next(next_step(missing))
        }
    })?;
    let other = |what: &str| Failure::new(Exit::Invalid, format!("entry {} {what}", print::count(index)));
    if proven.entry.index != index {
        return Err(Failure::new(Exit::Unreachable, format!("{} sends the receipt of another entry", node.url())));
    }
    let stated = proven.entry.as_stated();
    // A record that names no digest is taken only if its entry was named.
    let is_of_file = |sha256: Digest| {
        stated.is_some_and(|stated| match stated.statement.public_document() {
            Some(public) => public.digests.sha256 == sha256 && sought.size.is_none_or(|size| public.size_bytes == size),
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

fn keep(options: &Fetch, sought: &Sought, receipt: &[u8], proven: &Proven, trust: &Trust, style: Style) -> anyhow::Result<Exit> {
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
        let text = json!({"exit": 0, "receipt": print::path_text(&path), "kept": kept.as_deref().map(print::path_text), "entry": proven.entry, "policy": proven.policy_digest.tagged()});
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
