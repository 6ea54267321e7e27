//! `node run`, `check`, `backup` and `restore`: one court's node.
//!
//! In: a configuration, the court's key file. Out: a running node and one line when it is ready; or what was found in its data, written or restored. Always:
//! the key file is read here and nowhere else. Not for what a node does: that is `courtseal-node`.

use crate::command::{NodeCheck, NodeFile, NodeRun};
use crate::failure::{Exit, Failure, usage};
use crate::keys::{self, KeyFile, Passphrase};
use crate::print::{self, Style};
use crate::signal::{Hangups, Stops, stdin_closed};
use courtseal_node::SnapshotReport;
use courtseal_node::config::Config;
use courtseal_node::keys::CourtKeys;
use courtseal_proof::base64_text;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use std::path::Path;

/// `node run`.
///
/// # Errors
/// Usage; whatever stops the node.
pub fn run(options: &NodeRun, style: Style) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // Keys may take a while to read: a hangup must not end the node meanwhile, Ctrl-C must.
    let mut hangups = {
        let _inside = runtime.enter();
        Hangups::open()?
    };
    let config = load(&options.config)?;
    let logging = courtseal_node::logging::start(&config.log)?;
    let (reloader, changes) = courtseal_node::reload::channel(options.config.clone(), logging);
    let court = read_keys(&config)?;
    let name = court.name.clone();
    let ready = move |address: std::net::SocketAddr| {
        let url = format!("http://{address}");
        // Whoever waits for this line has gone if it cannot be written; the node runs on.
        let _ = if style.json {
            print::line(json!({"ready": name, "url": url}))
        } else {
            print::line(format_args!("ready {name} {url}"))
        };
    };
    let result = runtime.block_on(async {
        let mut stops = Stops::open()?;
        tokio::spawn(async move {
            loop {
                hangups.next().await;
                reloader.reload().await;
            }
        });
        let until_stdin_closes = options.until_stdin_closes;
        let shutdown = async move {
            if until_stdin_closes {
                tokio::select! {
                    () = stops.next() => {}
                    _ = stdin_closed() => {}
                }
            } else {
                stops.next().await;
            }
        };
        courtseal_node::run(config, court, ready, shutdown, changes).await
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    result
}

/// `node check`.
///
/// # Errors
/// Usage; what is wrong with the data.
pub fn check(options: &NodeCheck, style: Style) -> anyhow::Result<Exit> {
    let config = load(&options.config)?;
    let report = if options.full {
        let bar = Bar::new("check");
        courtseal_node::check(&config, Some(&mut |done, all| bar.show(done, all)))?
    } else {
        courtseal_node::check(&config, None)?
    };
    // A folder on which no node was started yet has none of them, nor an owner.
    let (damaged, missing) = (&report.damaged_journals, &report.missing_journals);
    let is_new = report.owner.is_none() && missing.len() == 3;
    let exit = if damaged.is_empty() && (missing.is_empty() || is_new) { Exit::Done } else { Exit::Invalid };
    let root = base64_text::encode(&report.root.0);
    if style.json {
        let scrubbed = report.full.map(|full| {
            json!({
                "blocks": full.scrubbed.blocks, "certificates": full.certificates, "entries": full.scrubbed.entries,
                "records": full.scrubbed.records, "registrations": full.scrubbed.registrations,
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
            "{} blocks and {} certificates, {} transactions, {} entries, {} registrations, {} tiles, {} records",
            print::count(full.scrubbed.blocks),
            print::count(full.certificates),
            print::count(full.scrubbed.transactions),
            print::count(full.scrubbed.entries),
            print::count(full.scrubbed.registrations),
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

/// `node backup`.
///
/// # Errors
/// Usage; what keeps the backup from being written.
pub fn backup(options: &NodeFile, style: Style) -> anyhow::Result<()> {
    let config = load(&options.config)?;
    let bar = Bar::new("backup");
    let report = courtseal_node::backup(&config, &options.file, &mut |done, all| bar.show(done, all))?;
    drop(bar);
    said(&report, "backup", &options.file, style, "keys", "they are not in it: keep a copy of the key file somewhere else")
}

/// `node restore`.
///
/// # Errors
/// Usage; what keeps the backup from being restored.
pub fn restore(options: &NodeFile, style: Style) -> anyhow::Result<()> {
    let config = load(&options.config)?;
    let bar = Bar::new("restore");
    let report = courtseal_node::restore(&config, &options.file, &mut |done, all| bar.show(done, all))?;
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
        return Ok(());
    }
    let height = print::count(report.head.height);
    let words = "if no court holds more than that, whatever was recorded later is lost, and would be contradicted by what is recorded next";
    print::row(
        "beware",
        format_args!("{words}: before you start the last one, look for a receipt or checkpoint after height {height}"),
    )?;
    Ok(())
}

fn said(report: &SnapshotReport, label: &str, path: &Path, style: Style, then: &str, words: &str) -> anyhow::Result<()> {
    let root = base64_text::encode(&report.head.root.0);
    let (height, size, bytes) = (report.head.height, report.head.size, report.bytes);
    if style.json {
        return Ok(print::line(json!({"bytes": bytes, "height": height, "root": root, "size": size}))?);
    }
    print::row(label, format_args!("{}; the backup has {} bytes", print::path(path), print::count(bytes)))?;
    print::row("height", end_of_log(height, size, &root))?;
    print::row(then, words)?;
    Ok(())
}

fn end_of_log(height: u64, size: u64, root: &str) -> String {
    format!("{}; {} entries, root {root}", print::count(height), print::count(size))
}

/// A bar of blocks, on a terminal; gone when it is dropped.
struct Bar(ProgressBar);

impl Bar {
    fn new(label: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(10));
        let template = format!("{}{{bar:30}} {{human_pos}} of {{human_len}} blocks   about {{eta}} left", print::column(label));
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        Self(bar)
    }

    fn show(&self, done: u64, all: u64) {
        self.0.set_length(all);
        self.0.set_position(done);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

/// The court's keys; their passphrase, if they have one, from the file that the configuration names.
fn read_keys(config: &Config) -> anyhow::Result<CourtKeys> {
    let Some(file) = &config.passphrase_file else { return keys::read_court(&config.key) };
    let name = print::path(&config.key);
    let passphrase = || {
        let text = keys::read_private(file)?;
        // An editor ends the line.
        let line = text.strip_suffix('\n').unwrap_or(&text);
        Ok(Passphrase::new(line.strip_suffix('\r').unwrap_or(line).to_owned()))
    };
    match KeyFile::from_text(&keys::read_private(&config.key)?, passphrase) {
        Ok(KeyFile::Court(court)) => Ok(*court),
        Ok(KeyFile::Member(member)) => Err(usage(format!("{name} holds the key of member {}, not a court's keys", member.name))),
        Err(error) => match error.downcast::<Failure>() {
            Ok(failure) => Err(failure.into()),
            Err(error) => Err(usage(format!("{name} is not a usable key file: {error}"))),
        },
    }
}

fn load(path: &Path) -> anyhow::Result<Config> {
    Config::load(path).map_err(|error| usage(format!("{error:#}")))
}
