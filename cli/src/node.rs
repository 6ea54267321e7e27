//! `node run` and `node check`: one court's node.
//!
//! In: a configuration, the court's key file. Out: a running node and one line when it is ready; or what a check of its data found. Always:
//! the key file is read here and nowhere else. Not for what a node does: that is `courtseal-node`.

use crate::command::{NodeCheck, NodeRun};
use crate::failure::usage;
use crate::keys;
use crate::print::{self, Style};
use crate::signal::{Signals, stdin_closed};
use courtseal_node::config::Config;
use courtseal_proof::base64_text;
use serde_json::json;
use std::path::Path;

/// `node run`.
///
/// # Errors
/// Usage; whatever stops the node.
pub fn run(options: &NodeRun, style: Style) -> anyhow::Result<()> {
    let config = load(&options.config)?;
    courtseal_node::logging::start(&config.log)?;
    let court = keys::read_court(&config.key)?;
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
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let result = runtime.block_on(async {
        let mut signals = Signals::open()?;
        let until_stdin_closes = options.until_stdin_closes;
        let shutdown = async move {
            if until_stdin_closes {
                tokio::select! {
                    () = signals.next() => {}
                    _ = stdin_closed() => {}
                }
            } else {
                signals.next().await;
            }
        };
        courtseal_node::run(config, court, ready, shutdown).await
    });
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    result
}

/// `node check`.
///
/// # Errors
/// Usage; what is wrong with the data.
pub fn check(options: &NodeCheck, style: Style) -> anyhow::Result<()> {
    let config = load(&options.config)?;
    let report = courtseal_node::check(&config)?;
    let root = base64_text::encode(&report.root.0);
    if style.json {
        return Ok(print::line(json!({"height": report.height, "size": report.size, "root": root}))?);
    }
    print::row("data", format_args!("{}: complete and consistent", print::path(&config.data)))?;
    print::row("height", format_args!("{}; {} entries, root {root}", print::count(report.height), print::count(report.size)))?;
    Ok(())
}

fn load(path: &Path) -> anyhow::Result<Config> {
    Config::load(path).map_err(|error| usage(format!("{error:#}")))
}
