//! `network new` and `network run`: several courts on this machine, each a process of its own.
//!
//! In: a folder, a number of courts. Out: lines, or JSON, about what was made or runs. Always: `network run`
//! ends when it is told to, and stops its courts. Not for making and starting: see `crate::network`.

use super::command::{Command, commands};
use crate::failure::Exit;
use crate::network::courts::Courts;
use crate::network::{READY_WITHIN, new};
use crate::print::{self, Style};
use crate::signal;
use clap::Args;
use courtseal_proof::verify::HeldPolicy;
use serde_json::json;
use std::path::PathBuf;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

/// How often dead courts are looked for.
const LOOK: Duration = Duration::from_millis(100);

commands! {
    /// The commands of `network`.
    Network {
        /// Make keys, genesis, policy and one configuration per court, for this machine
        New(New),
        /// Run all courts of such a folder as child processes until Ctrl-C
        Run(Run),
    }
}

/// Options of `network new`.
#[derive(Args)]
#[command(after_help = "Examples:\n  courtseal network new courts --courts 4\n  courtseal network run courts")]
pub struct New {
    /// The new folder
    pub dir: PathBuf,
    /// How many courts, 1 to 64
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub courts: u8,
    /// First port, from 1 [default: free ones from 8600 upwards]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub base_port: Option<u16>,
    /// The network's name
    #[arg(long, default_value = "cn-courts")]
    pub name: String,
}

impl Command for New {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let network = new::create(&self.dir, usize::from(self.courts), self.base_port, &self.name)?;
        if style.json {
            print::line(serde_json::to_string(&network)?)?;
            return Ok(Exit::Done);
        }
        let dir = print::path(&self.dir);
        let names: Vec<&str> = network.courts.iter().map(|court| court.name.as_str()).collect();
        let keys: Vec<&str> = network.keys.keys().map(String::as_str).collect();
        print::row("network", format_args!("{} in {dir}/: {}", self.name, names.join(", ")))?;
        print::row("keys", format_args!("{} in {dir}/keys/, plain: for trying out only", keys.join(", ")))?;
        print::row("policy", HeldPolicy::new(&network.policy_text()?).digest().tagged())?;
        print::row("", format_args!("to verify by it: courtseal policy trust {dir}/policy --as {}", self.name))?;
        print::row("next", format_args!("courtseal network run {}", print::pasted(&self.dir)))?;
        Ok(Exit::Done)
    }
}

/// Options of `network run`.
#[derive(Args)]
pub struct Run {
    /// The folder that `network new` made
    pub dir: PathBuf,
}

impl Command for Run {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let stop = signal::listen()?;
        let mut courts = Courts::open(&self.dir)?;
        courts.start_all()?;
        if courts.wait_until_ready(READY_WITHIN, &stop)? {
            let (network, dir) = (courts.network(), print::path(&self.dir));
            let urls: Vec<&str> = network.courts.iter().map(|court| court.url.as_str()).collect();
            if style.json {
                print::line(json!({"ready": urls}))?;
            } else {
                let (all, urls) = (urls.len(), urls.join(" "));
                print::line(format_args!("ready       {all} courts: {urls}; policy {dir}/policy; Ctrl-C stops them"))?;
            }
            loop {
                match stop.recv_timeout(LOOK) {
                    Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
                    Err(RecvTimeoutError::Timeout) => {
                        for death in courts.bury()? {
                            print::message(death);
                        }
                    }
                }
            }
        }
        courts.stop()?;
        Ok(Exit::Done)
    }
}
