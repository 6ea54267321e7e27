//! `node check`: a court's data, while its node is stopped.
//!
//! In: a configuration. Out: what was found, as lines or JSON; *invalid* if a log of what the court signed is
//! damaged or missing. Not for mending anything: the node does that when it starts.

use super::data::{Bar, end_of_log, load};
use crate::commands::command::Command;
use crate::failure::Exit;
use crate::print::{self, Style};
use clap::Args;
use courtseal_proof::bytes::base64_text;
use serde_json::json;
use std::path::PathBuf;

/// Options of `node check`.
#[derive(Args)]
#[command(after_help = "Examples:\n  courtseal node check --config node.toml --full")]
pub struct Check {
    /// The configuration file
    #[arg(long)]
    pub config: PathBuf,
    /// Judge and execute every block again, and check every record, tile and certificate
    #[arg(long)]
    pub full: bool,
}

impl Command for Check {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let config = load(&self.config)?;
        let report = if self.full {
            let bar = Bar::new("check");
            courtseal_node::check(&config, Some(&mut |done, all| bar.show(done, all)))?
        } else {
            courtseal_node::check(&config, None)?
        };
        // A folder on which no node was started yet has none of them, nor an owner.
        let (damaged, missing) = (&report.damaged_logs, &report.missing_logs);
        let is_new = report.owner.is_none() && missing.len() == 3;
        let exit = if damaged.is_empty() && (missing.is_empty() || is_new) { Exit::Done } else { Exit::Invalid };
        let root = base64_text::encode(&report.root.0);
        if style.json {
            let scrubbed = report.full.map(|full| {
                json!({
                    "blocks": full.scrubbed.blocks, "certificates": full.certificates, "entries": full.scrubbed.entries,
                    "facts": full.scrubbed.facts, "records": full.scrubbed.records,
                    "tiles": full.scrubbed.tiles, "transactions": full.scrubbed.transactions,
                })
            });
            let (height, size) = (report.height, report.size);
            let text = json!({"damaged_journals": damaged, "full": scrubbed, "height": height, "missing_journals": missing, "owner": report.owner, "root": root, "size": size});
            print::line(text)?;
            return Ok(exit);
        }
        let whole = if exit == Exit::Done { "complete and consistent" } else { "the ledger is complete and consistent, but" };
        print::row("data", format_args!("{}: {whole}", print::path(&config.data)))?;
        print::row("height", end_of_log(report.height, report.size, &root))?;
        if let Some(full) = &report.full {
            let text = format!(
                "{} blocks and {} certificates, {} transactions, {} entries, {} records of facts, {} tiles, {} records in all",
                print::count(full.scrubbed.blocks),
                print::count(full.certificates),
                print::count(full.scrubbed.transactions),
                print::count(full.scrubbed.entries),
                print::count(full.scrubbed.facts),
                print::count(full.scrubbed.tiles),
                print::count(full.scrubbed.records)
            );
            print::row("checked", text)?;
        }
        if let Some(owner) = &report.owner {
            print::row("owner", owner)?;
        }
        let next = if report.courts > 1 {
            "started, the node asks the other courts what they saw it sign, before it signs where that may be lost"
        } else {
            "this network has no other court to ask: what it signed since its last block may be signed again"
        };
        for name in damaged {
            print::row("damaged", format_args!("{name}, a log of what this court signed: {next}; a copy is kept"))?;
        }
        if is_new {
            print::row("logs", format_args!("none of what this court signed, for no node was started on it yet: {next}"))?;
        } else if !missing.is_empty() {
            print::row("missing", format_args!("{}, what this court signed: {next}", missing.join(", ")))?;
        }
        Ok(exit)
    }
}
