//! `log find`: the public records of a file, by its digest.
//!
//! In: a SHA-256. Out: the entries that name it, one a line. Always: an entry that a node names, and does not
//! show with that digest, is nothing. Not for confidential records, which name no digest.

use super::entries::{in_a_line, one_nodes_word, print_json};
use crate::commands::command::Command;
use crate::commands::options;
use crate::failure::Exit;
use crate::look_up::look_up;
use crate::print::{self, Style};
use clap::Args;
use courtseal_api::Request;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::entry::Entry;
use serde::Serialize;

/// Options of `log find`.
#[derive(Args)]
pub struct Find {
    /// The file's SHA-256: 64 hex digits, with or without sha256: before them
    #[arg(value_parser = options::digest)]
    pub digest: Digest,
    /// The nodes to ask
    #[command(flatten)]
    pub nodes: options::Nodes,
}

/// The JSON before the entries.
#[derive(Serialize)]
struct Found {
    exit: u8,
    #[serde(with = "courtseal_proof::bytes::digest::tagged")]
    digest: Digest,
}

impl Command for Find {
    /// Ends with 1 if the nodes know no public record.
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let client = self.nodes.client()?;
        let found = look_up(&client, self.digest)?;
        let has_digest = |text: &str| {
            let entry = Entry::from_text(text.as_bytes()).ok();
            let public = entry.as_ref().and_then(|entry| entry.statement()?.public_document());
            public.is_some_and(|public| public.digests.sha256 == self.digest)
        };
        let mut texts = Vec::new();
        let mut found_here = Vec::new();
        for index in found {
            // What a node names and does not show, or shows without that digest, is nothing.
            let Ok((_, answer)) = client.get_any(&Request::entry(index)) else { continue };
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            if has_digest(&text) {
                texts.push(text);
                found_here.push(index);
            }
        }
        let found = found_here;
        let exit = if found.is_empty() { Exit::Invalid } else { Exit::Done };
        if style.json {
            print_json(&Found { exit: exit.code(), digest: self.digest }, &texts)?;
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
}
