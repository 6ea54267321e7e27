//! `log accuse`: the evidence against each court that cosigned two checkpoints which no log has both.
//!
//! In: two receipts or checkpoints, the courts' policy; perhaps nodes and a member's key. Out: that the two
//! lie on one log; or a statement for each such court: recorded with its receipt, written to a file, or
//! printed. Always: nothing is stated that does not hold. Not for finding such checkpoints.

use crate::accusation::{Finding, compare, read_two};
use crate::commands::command::Command;
use crate::commands::options::{Nodes, Sending};
use crate::commands::recorder::Recorder;
use crate::evidence::open_folder;
use crate::failure::{Exit, Failure, usage};
use crate::files::{named, reason};
use crate::keys::read_member;
use crate::notarize::{Draft, record_draft};
use crate::print::{self, Style};
use crate::trust::Trust;
use clap::Args;
use courtseal_proof::bytes::name::Origin;
use courtseal_proof::kinds::cosigner_equivocation::CosignerEquivocation;
use courtseal_proof::statement::Statement;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Options of `log accuse`.
#[derive(Args)]
#[command(
    mut_arg("urls", |urls| urls.required(false)),
    after_help = "Examples:\n  courtseal log accuse contract.tlog-proof other.checkpoint --policy policy.txt\n  courtseal log accuse contract.tlog-proof other.checkpoint --policy policy.txt --node http://127.0.0.1:8600 --key notary-1.key\nTwo checkpoints of different sizes need --node: the path between them comes from the log. Without --key nothing is sent, and anybody else can state what is printed."
)]
pub struct Accuse {
    /// A receipt or a checkpoint
    pub one: PathBuf,
    /// Another one, of the same network
    pub other: PathBuf,
    /// The nodes to ask
    #[command(flatten)]
    pub nodes: Nodes,
    /// The courts' policy, from a source you trust [default: the one of the network that you trust by name]
    #[arg(long, env = "COURTSEAL_POLICY")]
    pub policy: Option<PathBuf>,
    /// The key file of the member who accuses; needs --node
    #[arg(long, env = "COURTSEAL_KEY")]
    pub key: Option<PathBuf>,
    /// Write the statements to this file, one a line, and send nothing
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The folder for the receipts [default: the one you are in]
    #[arg(long, value_name = "DIR")]
    pub save: Option<PathBuf>,
    /// How the requests are sent
    #[command(flatten)]
    pub sending: Sending,
}

impl Command for Accuse {
    /// Ends with 0 if nobody can be accused because the two lie on one log.
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let trust = Trust::read(self.policy.as_deref());
        let [one, other] = read_two([&self.one, &self.other], &trust)?;
        let client = if self.nodes.urls.is_empty() { None } else { Some(self.nodes.client()?) };
        let (accusations, notes) = match compare(&one, &other, client.as_ref())? {
            Finding::Contradiction { accusations, notes } => (accusations, notes),
            Finding::Consistent(how) if style.json => {
                print::line(json!({"exit": 0, "state": "consistent", "message": how, "accusations": []}))?;
                return Ok(Exit::Done);
            }
            Finding::Consistent(how) => {
                print::row("CONSISTENT", format_args!("{how}; nobody is accused"))?;
                return Ok(Exit::Done);
            }
        };
        notes.iter().for_each(print::message);
        match (&self.key, &self.out) {
            (Some(key), None) => self.record(key, accusations, &one.checkpoint.origin, style),
            (_, out) => write(accusations, out.as_deref(), &notes, style),
        }
    }
}

impl Accuse {
    /// States each accusation in a transaction of its own.
    fn record(&self, key: &Path, accusations: Vec<CosignerEquivocation>, origin: &Origin, style: Style) -> anyhow::Result<Exit> {
        let key = read_member(key)?;
        if key.origin != *origin {
            let message = format!("the checkpoints are of {origin}, the key of {}", key.origin);
            return Err(Failure::new(Exit::Usage, message).next("give a key of that network with --key").into());
        }
        if self.nodes.urls.is_empty() {
            return Err(usage("name a node that records the accusation with --node URL; or write it with --out FILE"));
        }
        let recorder = Recorder::open(&key, &self.nodes, self.policy.as_deref(), &self.sending)?;
        let (wish, choice) = Default::default();
        let work = recorder.work(&wish, &choice);
        let mut drafts = Vec::new();
        for accusation in accusations {
            if !style.json {
                row(&accusation)?;
            }
            let court = accusation.court.as_str().into();
            drafts.push((Draft::of(accusation.into(), court), open_folder("--save", self.save.as_deref())?));
        }
        let one = |(draft, folder): (Draft, _)| record_draft(&work, &draft, folder, &recorder.state);
        // That one key is accused already says nothing of the others.
        recorder.record(drafts, one, |stop| matches!(stop.exit, Exit::Invalid | Exit::Refused), style)
    }
}

/// Writes the statements, for somebody else to state.
fn write(accusations: Vec<CosignerEquivocation>, out: Option<&Path>, notes: &[String], style: Style) -> anyhow::Result<Exit> {
    let is_shown = !style.json && out.is_some();
    let mut statements = Vec::new();
    for accusation in accusations {
        if is_shown {
            row(&accusation)?;
        } else if !style.json && !print::is_silent() {
            print::message(format_args!("{} cosigned {}", accusation.court, accusation.what()));
        }
        statements.push(Statement::from(accusation));
    }
    if let Some(path) = out {
        let text: String = statements.iter().map(|statement| statement.to_text() + "\n").collect();
        named::write(path, text.as_bytes(), 0o666)
            .map_err(|error| usage(format!("cannot write {}: {}", print::path(path), reason(&error))))?;
    }
    if style.json {
        print::line(json!({"exit": 0, "state": "contradiction", "accusations": statements, "notes": notes}))?;
    } else if let Some(path) = out {
        print::row("written", format_args!("{}; nothing is recorded yet", print::path(path)))?;
    } else {
        statements.iter().try_for_each(|statement| print::line(statement.to_text()))?;
    }
    Ok(Exit::Done)
}

fn row(accusation: &CosignerEquivocation) -> std::io::Result<()> {
    print::row("accused", format_args!("{}: it cosigned {}", accusation.court, accusation.what()))
}
