//! `network new` and `network run`: several courts on this machine, each a process of its own.
//!
//! In: a folder, a number of courts. Out: keys, genesis, policy, configurations ([`new`](mod@new)); running courts ([`courts`]); `network.json` ([`file`]),
//! which says where all that is. Always: the same code runs under `demo`. Not for real networks, whose keys never meet.

pub mod courts;
pub mod file;
pub mod new;

use crate::command::{NetworkNew, NetworkRun};
use crate::print::{self, Style};
use crate::signal;
use courts::Courts;
use courtseal_proof::verify::HeldPolicy;
use serde_json::json;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

/// How often dead courts are looked for.
const LOOK: Duration = Duration::from_millis(100);
/// How long courts have until they all answer.
pub const READY_WITHIN: Duration = Duration::from_secs(60);

/// `network new`.
///
/// # Errors
/// Usage; I/O.
pub fn new(options: &NetworkNew, style: Style) -> anyhow::Result<()> {
    let network = new::create(&options.dir, usize::from(options.courts), options.base_port, &options.name)?;
    if style.json {
        return Ok(print::line(serde_json::to_string(&network)?)?);
    }
    let dir = print::path(&options.dir);
    let names: Vec<&str> = network.courts.iter().map(|court| court.name.as_str()).collect();
    let keys: Vec<&str> = network.keys.keys().map(String::as_str).collect();
    print::row("network", format_args!("{} in {dir}/: {}", options.name, names.join(", ")))?;
    print::row("keys", format_args!("{} in {dir}/keys/, plain: for trying out only", keys.join(", ")))?;
    print::row("policy", HeldPolicy::new(&std::fs::read(&network.policy)?).digest().tagged())?;
    print::row("", format_args!("to verify by it: courtseal policy trust {dir}/policy --as {}", options.name))?;
    print::row("next", format_args!("courtseal network run {}", print::pasted(&options.dir)))?;
    Ok(())
}

/// `network run`.
///
/// # Errors
/// Usage; a court does not start.
pub fn run(options: &NetworkRun, style: Style) -> anyhow::Result<()> {
    let stop = signal::listen()?;
    let mut courts = Courts::open(&options.dir)?;
    courts.start_all()?;
    let ready = courts.wait_until_ready(READY_WITHIN, &stop)?;
    if ready {
        let (network, dir) = (courts.network(), print::path(&options.dir));
        let urls: Vec<&str> = network.courts.iter().map(|court| court.url.as_str()).collect();
        if style.json {
            print::line(json!({"ready": urls}))?;
        } else {
            print::line(format_args!(
                "ready       {} courts: {}; policy {dir}/policy; Ctrl-C stops them",
                urls.len(),
                urls.join(" ")
            ))?;
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
    courts.stop()
}
