//! Entries as the commands of `log` get and print them.
//!
//! In: pages of entries from nodes. Out: texts; lines for people. Always: a page has at most as many entries
//! as were asked for. Not for proving anything.

use crate::failure::{Exit, Failure};
use crate::http::{Answer, Client, Node};
use crate::print::{self, Style};
use courtseal_api::answer::EntriesPage;
use courtseal_api::{Pieces, Request};
use courtseal_proof::entry::{Content, Entry, EntryError, Stated};
use serde::Serialize;
use serde_json::Value;

/// Most entries in one answer (R4).
pub const PAGE_ENTRIES_MAX: u64 = 1_000;

/// A page of entries, from the first node that has it.
///
/// # Errors
/// [`Failure`]: no node has it.
pub fn page(client: &Client, from: u64, limit: u64) -> Result<EntriesPage, Failure> {
    client.get(&Request::entries(from, limit), |node, answer| page_of(node, answer, limit))
}

/// The page that a node answers with.
///
/// # Errors
/// [`Failure`]: an error of R1, another shape, or more entries than asked for.
pub fn page_of(node: &Node, answer: Answer, limit: u64) -> Result<EntriesPage, Failure> {
    let page: EntriesPage = answer.success(node.url())?.json()?;
    if page.entries.len() as u64 > limit {
        return Err(Failure::new(Exit::Unreachable, format!("{} answers with more entries than asked for", node.url())));
    }
    Ok(page)
}

/// Prints a JSON object that ends with the entries: each as its text is, or as a string if a node sends
/// what is no JSON.
///
/// # Errors
/// Writing to stdout.
pub fn print_json(object: &impl Serialize, texts: &[String]) -> anyhow::Result<()> {
    let mut bytes = serde_json::to_vec(object)?;
    let mut pieces = Pieces::open(&mut bytes, "entries");
    for text in texts {
        pieces.next(&mut bytes);
        let is_entry = serde_json::from_str::<Value>(text).is_ok_and(|value| value.is_object());
        match is_entry {
            true => bytes.extend_from_slice(text.as_bytes()),
            false => serde_json::to_writer(&mut bytes, text)?,
        }
    }
    pieces.close(&mut bytes);
    Ok(print::line(String::from_utf8(bytes)?)?)
}

/// What people see of the log is not proven.
pub fn one_nodes_word() {
    if !print::is_silent() {
        print::message("this is one node's word: `courtseal receipt fetch --entry INDEX --out FILE` proves an entry");
    }
}

/// An entry in one line, for people.
pub fn in_a_line(index: u64, text: &str, style: Style) -> String {
    let label = print::column(&print::count(index));
    let entry = match Entry::from_text(text.as_bytes()) {
        Ok(entry) => entry,
        Err(error @ EntryError::Unknown { .. }) => return format!("{label}{error}"),
        Err(EntryError::Malformed(_)) => return format!("{label}malformed: the node does not serve the log"),
    };
    let what = match &entry.content {
        Content::Genesis => "genesis".to_owned(),
        Content::Epoch(epoch) => format!("epoch {}, {} courts", epoch.number, epoch.courts.len()),
        Content::State(after) => format!("end of the block, epoch {}", after.epoch),
        Content::Statement(stated, outcome) => stated_by(stated, stated.statement.body().outcome(outcome), style),
        Content::Rejection(stated, rule) => stated_by(stated, &format!("refused: {}", rule.meaning()), style),
    };
    format!("{label}{}  block {}  {what}", print::time(entry.recorded_at), print::count(entry.height))
}

fn stated_by(stated: &Stated, outcome: &str, style: Style) -> String {
    let line = stated.statement.body().line();
    format!("{} by {} of {}, {outcome}", style.file_digests(&line), stated.member.name, stated.member.court)
}
