//! `node backup` and `node restore`: the log of a court as one file, and back.
//!
//! In: a configuration, a file. Out: the file or the ledger, and what it holds. Always: keys are not in it.
//! Not for what other courts have: a node fetches that when it starts.

use super::data::{Bar, end_of_log, load};
use crate::commands::command::Command;
use crate::failure::Exit;
use crate::print::{self, Style};
use clap::Args;
use courtseal_node::SnapshotReport;
use courtseal_proof::bytes::base64_text;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Options of `node backup`.
#[derive(Args)]
pub struct Backup {
    /// The configuration file
    #[arg(long)]
    pub config: PathBuf,
    /// The backup's file
    pub file: PathBuf,
}

impl Command for Backup {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let config = load(&self.config)?;
        let bar = Bar::new("backup");
        let report = courtseal_node::backup(&config, &self.file, &mut |done, all| bar.show(done, all))?;
        drop(bar);
        let words = "they are not in it: keep a copy of the key file somewhere else";
        said(&report, "backup", &self.file, style, "keys", words)?;
        Ok(Exit::Done)
    }
}

/// Options of `node restore`.
#[derive(Args)]
pub struct Restore {
    /// The configuration file
    #[arg(long)]
    pub config: PathBuf,
    /// The backup's file
    pub file: PathBuf,
}

impl Command for Restore {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let config = load(&self.config)?;
        let bar = Bar::new("restore");
        let report = courtseal_node::restore(&config, &self.file, &mut |done, all| bar.show(done, all))?;
        drop(bar);
        let next = match (report.keeps_logs, report.courts) {
            (true, _) => {
                "start the node: it fetches what is newer, and its own logs, which were left where they were, tell it what it has signed"
            }
            (false, 1) => "start the node; no other court and no log of its own can tell it what it has signed",
            (false, _) => {
                "start the node: it fetches what is newer from the other courts, and signs nothing that they saw it sign before"
            }
        };
        said(&report, "restored", &config.data, style, "next", next)?;
        if style.json {
            return Ok(Exit::Done);
        }
        let height = print::count(report.head.height);
        let words = "if no court holds more than that, whatever was recorded later is lost, and would be contradicted by what is recorded next";
        print::row(
            "beware",
            format_args!("{words}: before you start the last one, look for a receipt or checkpoint after height {height}"),
        )?;
        Ok(Exit::Done)
    }
}

fn said(report: &SnapshotReport, label: &str, path: &Path, style: Style, then: &str, words: &str) -> anyhow::Result<()> {
    let root = base64_text::encode(&report.head.root.0);
    let (height, size, bytes) = (report.head.height, report.head.size, report.bytes);
    if style.json {
        print::line(json!({"bytes": bytes, "height": height, "root": root, "size": size}))?;
        return Ok(());
    }
    print::row(label, format_args!("{}; the backup has {} bytes", print::path(path), print::count(bytes)))?;
    print::row("height", end_of_log(height, size, &root))?;
    print::row(then, words)?;
    Ok(())
}
