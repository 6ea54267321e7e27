//! `node run`: a node until it is told to stop.
//!
//! In: a configuration, the court's key file, signals. Out: a running node, and one line when it is ready.
//! Always: the key file is read here and nowhere else. Not for what a node does.

use super::data::load;
use crate::commands::command::Command;
use crate::failure::{Exit, Failure, usage};
use crate::keys::{self, KeyFile, Passphrase};
use crate::print::{self, Style};
use crate::signal::{Hangups, Stops, stdin_closed};
use clap::Args;
use courtseal_node::config::Config;
use courtseal_node::keys::CourtKeys;
use serde_json::json;
use std::path::PathBuf;

/// Options of `node run`.
#[derive(Args)]
pub struct Run {
    /// The configuration file
    #[arg(long)]
    pub config: PathBuf,
    /// Stop in order when standard input closes, as it does when the process that started the node is gone
    #[arg(long)]
    pub until_stdin_closes: bool,
}

impl Command for Run {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        // Keys may take a while to read: a hangup must not end the node meanwhile, Ctrl-C must.
        let mut hangups = {
            let _inside = runtime.enter();
            Hangups::open()?
        };
        let config = load(&self.config)?;
        let logging = courtseal_node::logging::start(&config.log)?;
        let (reloader, changes) = courtseal_node::reload::channel(self.config.clone(), logging);
        let court = read_keys(&config)?;
        let name = court.name.clone();
        let ready = move |address: std::net::SocketAddr| {
            let url = format!("http://{address}");
            // If this line cannot be written, nobody waits for it any more. The node runs on.
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
            let until_stdin_closes = self.until_stdin_closes;
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
            courtseal_node::run(config, court, Box::new(ready), Box::pin(shutdown), changes).await
        });
        runtime.shutdown_timeout(std::time::Duration::from_secs(5));
        result.map(|()| Exit::Done)
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
