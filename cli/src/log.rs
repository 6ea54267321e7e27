//! `log show`, `log entry`, `log find`, `log check`: reading the log that all courts keep, and checking it.
//!
//! In: a node's answers. Out: entries as lines, or as they are; receipts; a verdict on the whole log. Always: `show` and `entry` print a node's word, only
//! `check` proves. Not for files, nor for checking a receipt: see `verify`.

mod check;
mod tree;

use crate::command::{LogEntry, LogFind, LogShow};
use crate::equivocation;
use crate::failure::{Exit, Failure, usage};
use crate::files;
use crate::http::answer::{EntriesPage, Status};
use crate::http::{Answer, Client, Node};
use crate::print::{self, Style};
use crate::receipt::recorded_as;
pub use check::run as check;
use courtseal_proof::entry::{Entry, EntryError, EntryKind};
use courtseal_proof::statement::Statement;
use serde_json::Value;

/// Most entries in one answer (R4).
const PAGE_ENTRIES_MAX: u64 = 1_000;

/// `log show`.
///
/// # Errors
/// No node answers.
pub fn show(options: &LogShow, style: Style) -> anyhow::Result<()> {
    let client = Client::new(&options.nodes.urls, options.nodes.ca.as_deref())?;
    let mut from = match options.from {
        Some(from) => from,
        None => client.get_any("/v1/status")?.1.json::<Status>()?.size.saturating_sub(options.limit),
    };
    let (first, end) = (from, from.saturating_add(options.limit));
    let mut texts = Vec::new();
    while from < end {
        let page = page(&client, from, (end - from).min(PAGE_ENTRIES_MAX))?;
        if page.entries.is_empty() {
            break;
        }
        for text in page.entries {
            if style.json {
                texts.push(as_json(text));
            } else {
                print::line(in_a_line(from, &text, style))?
            }
            from += 1;
        }
    }
    if !style.json && from > first {
        one_nodes_word();
    }
    if style.json {
        print::line(format_args!("{{\"from\":{first},\"entries\":[{}]}}", texts.join(",")))?;
    }
    Ok(())
}

/// An entry's text as it is, or as a string if a node sends what is no JSON.
fn as_json(text: String) -> String {
    let is_entry = serde_json::from_str::<Value>(&text).is_ok_and(|value| value.is_object());
    if is_entry { text } else { Value::String(text).to_string() }
}

/// `log entry`.
///
/// # Errors
/// No node answers; no such entry.
pub fn entry(options: &LogEntry, style: Style) -> anyhow::Result<()> {
    let client = Client::new(&options.nodes.urls, options.nodes.ca.as_deref())?;
    let (_, answer) = client.get_any(&format!("/v1/entries/{}", options.index)).map_err(|failure| match failure.exit {
        Exit::Invalid => Failure::new(Exit::Invalid, format!("there is no entry {} (yet)", print::count(options.index))),
        _ => failure,
    })?;
    if let Some(path) = &options.receipt {
        let receipt = client.get_any(&format!("/v1/receipts/{}", options.index))?.1.body;
        files::named::write(path, &receipt, 0o666)
            .map_err(|error| usage(format!("cannot write {}: {}", print::path(path), files::reason(&error))))?;
    }
    let text =
        String::from_utf8(answer.body).map_err(|_| Failure::new(Exit::Unreachable, "the node's answer is not an entry"))?;
    if style.json {
        return Ok(print::line(text)?);
    }
    print::line(in_a_line(options.index, &text, style))?;
    // Re-indented for the eye; the bytes that were signed are those of --json.
    let value: Value =
        serde_json::from_str(&text).map_err(|_| Failure::new(Exit::Unreachable, "the node's answer is not an entry"))?;
    Ok(print::line(format_args!("{value:#}"))?)
}

/// What people see of the log is not proven.
fn one_nodes_word() {
    if !print::is_silent() {
        print::message("this is one node's word: `courtseal receipt fetch --entry INDEX --out FILE` proves an entry");
    }
}

/// `log find`. It ends with 1 if the nodes know no public record.
///
/// # Errors
/// No node answers.
pub fn find(options: &LogFind, style: Style) -> anyhow::Result<Exit> {
    let client = Client::new(&options.nodes.urls, options.nodes.ca.as_deref())?;
    let found = recorded_as(&client, options.digest)?;
    let has_digest = |text: &str| {
        let statement = Entry::from_text(text.as_bytes()).ok().and_then(|entry| entry.statement);
        statement.and_then(|statement| statement.digests).is_some_and(|digests| digests.sha256 == options.digest)
    };
    let mut texts = Vec::new();
    let mut found_here = Vec::new();
    for index in found {
        // What a node names and does not show, or shows without that digest, is nothing.
        let Ok((_, answer)) = client.get_any(&format!("/v1/entries/{index}")) else { continue };
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        if has_digest(&text) {
            texts.push(text);
            found_here.push(index);
        }
    }
    let found = found_here;
    let exit = if found.is_empty() { Exit::Invalid } else { Exit::Done };
    if style.json {
        let texts: Vec<String> = texts.into_iter().map(as_json).collect();
        let digest = options.digest.tagged();
        print::line(format_args!("{{\"exit\":{},\"digest\":\"{digest}\",\"entries\":[{}]}}", exit.code(), texts.join(",")))?;
        return Ok(exit);
    }
    for (index, text) in found.iter().zip(&texts) {
        print::line(in_a_line(*index, text, style))?;
    }
    if !found.is_empty() {
        one_nodes_word();
    }
    if found.is_empty() {
        print::message("these nodes know no public record of it; a confidential record is not found by a digest");
    }
    Ok(exit)
}

/// A page of entries, from the first node that has it.
fn page(client: &Client, from: u64, limit: u64) -> Result<EntriesPage, Failure> {
    client.get(&path_of_page(from, limit), |node, answer| page_of(node, answer, limit))
}

fn path_of_page(from: u64, limit: u64) -> String {
    format!("/v1/entries?from={from}&limit={limit}")
}

fn page_of(node: &Node, answer: Answer, limit: u64) -> Result<EntriesPage, Failure> {
    let page: EntriesPage = answer.success(node)?.json()?;
    if page.entries.len() as u64 > limit {
        return Err(Failure::new(Exit::Unreachable, format!("{} answers with more entries than asked for", node.url())));
    }
    Ok(page)
}

fn in_a_line(index: u64, text: &str, style: Style) -> String {
    let label = print::column(&print::count(index));
    let entry = match Entry::from_text(text.as_bytes()) {
        Ok(entry) => entry,
        Err(error @ EntryError::Unknown { .. }) => return format!("{label}{error}"),
        Err(EntryError::Malformed(_)) => return format!("{label}malformed: the node does not serve the log"),
    };
    let what = match (entry.kind, entry.as_stated()) {
        (EntryKind::Genesis, _) => "genesis".to_owned(),
        (EntryKind::Epoch, _) => {
            format!("epoch {}, {} courts", entry.epoch.unwrap_or(0), entry.courts.as_ref().map_or(0, Vec::len))
        }
        (_, Some(stated)) => {
            let by = format!("{} of {}", stated.member.name, stated.member.court);
            let outcome = match (stated.outcome.rule, stated.outcome.first) {
                (Some(rule), _) => format!("refused: {}", rule.meaning()),
                (None, Some(true)) => "first".to_owned(),
                (None, Some(false)) => "named before".to_owned(),
                (None, None) if stated.statement.equivocation.is_some() => "both signatures are in the entry".to_owned(),
                (None, None) => "confidential".to_owned(),
            };
            format!("{} by {by}, {outcome}", subject(stated.statement, style))
        }
        (_, None) => String::new(),
    };
    format!("{label}{}  block {}  {what}", print::time(entry.recorded_at), print::count(entry.height))
}

fn subject(statement: &Statement, style: Style) -> String {
    if let Some(equivocation) = &statement.equivocation {
        return format!("{}; stated", equivocation::in_a_line(equivocation));
    }
    let digest = statement.digests.as_ref().map(|digests| digests.sha256.tagged());
    style.file_digests(&digest.or_else(|| statement.commitment.map(|tag| tag.to_string())).unwrap_or_default())
}
