//! `log entry`: one entry, and its receipt if that is asked for.
//!
//! In: an index. Out: the entry as a line and as JSON; under `--json` its bytes as they are. Not for checking
//! the receipt: see `verify`.

use super::entries::in_a_line;
use crate::commands::command::Command;
use crate::commands::options;
use crate::failure::{Exit, Failure, usage};
use crate::files;
use crate::print::{self, Style};
use clap::Args;
use courtseal_api::Request;
use serde_json::Value;
use std::path::PathBuf;

/// Options of `log entry`.
#[derive(Args)]
pub struct ShowEntry {
    /// The entry's index
    #[arg(value_parser = options::index)]
    pub index: u64,
    /// Save its receipt too, to be checked with `verify`
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
    /// The nodes to ask
    #[command(flatten)]
    pub nodes: options::Nodes,
}

impl Command for ShowEntry {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let client = self.nodes.client()?;
        let (_, answer) = client.get_any(&Request::entry(self.index)).map_err(|failure| match failure.exit {
            Exit::Invalid => Failure::new(Exit::Invalid, format!("there is no entry {} (yet)", print::count(self.index))),
            _ => failure,
        })?;
        if let Some(path) = &self.receipt {
            let receipt = client.get_any(&Request::receipt(self.index))?.1.body;
            files::named::write(path, &receipt, 0o666)
                .map_err(|error| usage(format!("cannot write {}: {}", print::path(path), files::reason(&error))))?;
        }
        let text =
            String::from_utf8(answer.body).map_err(|_| Failure::new(Exit::Unreachable, "the node's answer is not an entry"))?;
        if style.json {
            print::line(text)?;
            return Ok(Exit::Done);
        }
        print::line(in_a_line(self.index, &text, style))?;
        // Re-indented for the eye; the bytes that were signed are those of --json.
        let value: Value =
            serde_json::from_str(&text).map_err(|_| Failure::new(Exit::Unreachable, "the node's answer is not an entry"))?;
        print::line(format_args!("{value:#}"))?;
        Ok(Exit::Done)
    }
}
