//! `log show`: entries, one a line.
//!
//! In: a first index, how many. Out: lines, or the entries' texts as JSON. Always: what is printed is a
//! node's word, and said to be.

use super::entries::{PAGE_ENTRIES_MAX, in_a_line, one_nodes_word, page, print_json};
use crate::commands::command::Command;
use crate::commands::options;
use crate::failure::Exit;
use crate::print::{self, Style};
use clap::Args;
use courtseal_api::status::Status;
use courtseal_api::{Request, Route};
use serde::Serialize;

/// Options of `log show`.
#[derive(Args)]
pub struct Show {
    /// The nodes to ask
    #[command(flatten)]
    pub nodes: options::Nodes,
    /// First entry [default: the last ones]
    #[arg(long, value_name = "INDEX", value_parser = options::index)]
    pub from: Option<u64>,
    /// How many, 1 to 100,000
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub limit: u64,
}

/// The JSON before the entries.
#[derive(Serialize)]
struct Shown {
    from: u64,
}

impl Command for Show {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let client = self.nodes.client()?;
        let mut from = match self.from {
            Some(from) => from,
            None => client.get_any(&Request::plain(Route::Status))?.1.json::<Status>()?.size.saturating_sub(self.limit),
        };
        let (first, end) = (from, from.saturating_add(self.limit));
        let mut texts = Vec::new();
        while from < end {
            let page = page(&client, from, (end - from).min(PAGE_ENTRIES_MAX))?;
            if page.entries.is_empty() {
                break;
            }
            for text in page.entries {
                if style.json {
                    texts.push(text);
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
            print_json(&Shown { from: first }, &texts)?;
        }
        Ok(Exit::Done)
    }
}
