//! `status`: how the network is, as its nodes see it, and how far that is proven.
//!
//! In: the status of each node (R9), their checkpoints, what is trusted. Out: a few lines, or JSON; an exit
//! code for monitors. Always: all nodes that were named are asked, and none is left out. The word of a node
//! is shown as its word. The log is proven if there is a policy. Not for reading the log: see `log check`.

mod print_status;
mod proof;

use super::command::Command;
use super::options;
use crate::failure::{Exit, Failure};
use crate::http::{Client, NoAnswer, Node, bounded, none_answers};
use crate::print::{self, Style};
use crate::survey::{Seen, longest, survey};
use crate::trust::Trust;
use clap::Args;
use courtseal_api::status::{State, Status as Answer};
use courtseal_api::{Request, Route};
use proof::{Proof, prove};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Options of `status`.
#[derive(Args)]
pub struct Status {
    /// The nodes to ask
    #[command(flatten)]
    pub nodes: options::Nodes,
    /// The courts' policy, from a source you trust [default: the one of the network that you trust by name]
    #[arg(long, env = "COURTSEAL_POLICY")]
    pub policy: Option<PathBuf>,
    /// Wait until the network records, for so many seconds (or minutes, written 5m) at most
    #[arg(long, value_name = "SECONDS", value_parser = options::duration)]
    pub wait: Option<Duration>,
}

/// Pause before nodes are asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// A node's word on how the network is: parsed, and as it came.
type Word = Result<(Answer, Value), Failure>;

impl Command for Status {
    /// Ends with 3 if the network does not record.
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let client = self.nodes.client()?;
        let trust = Trust::read(self.policy.as_deref());
        let until = self.wait.map(|wait| Instant::now() + wait);
        loop {
            let left = until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()));
            // As long as it does not record, it may do so soon.
            match look(&client, &trust, left.is_zero(), style) {
                Ok(Some(exit)) => return Ok(exit),
                Err(error) if left.is_zero() => return Err(error),
                Ok(None) | Err(_) => std::thread::sleep(PAUSE.min(left)),
            }
        }
    }
}

/// Asks all nodes once; says what they say if the network records, or if that is the last time.
fn look(client: &Client, trust: &Trust, is_last: bool, style: Style) -> anyhow::Result<Option<Exit>> {
    let words = client.all(word);
    let seen = survey(client, trust);
    // The node that shows the longest proven log speaks for all; without a proof, the one that says it is
    // furthest.
    let first = longest(&seen).map(|best| best.node.url());
    let spokesman = client.nodes().iter().zip(&words).filter_map(|(node, word)| Some((node, word.as_ref().ok()?)));
    let spokesman = spokesman.max_by_key(|(node, (status, _))| (Some(node.url()) == first, status.height));
    let Some((node, (status, value))) = spokesman else { return Err(none(client, words).into()) };
    let proof = prove(client, &seen);
    let exit = match (&proof, status.state.known()) {
        (Proof::None(failure), _) if failure.exit == Exit::Invalid => Exit::Invalid,
        (_, Some(State::NoQuorum | State::Halted | State::Stopped)) => Exit::Unreachable,
        (Proof::Holds(_, false), _) => Exit::CannotTell,
        _ => Exit::Done,
    };
    if exit == Exit::Unreachable && !is_last {
        return Ok(None);
    }
    let others = others(client, node, status, &words, &seen);
    if style.json {
        print::line(as_json(value, &proof, &others, exit))?;
    } else {
        print_status::show(node, status, &proof, &others, style)?;
    }
    Ok(Some(exit))
}

fn word(node: &Node) -> Word {
    let silent = |no_answer: NoAnswer| Failure::new(Exit::Unreachable, no_answer.reason);
    let answer = node.get(&Request::plain(Route::Status), Duration::ZERO).map_err(silent)?.success(node.url())?;
    Ok((answer.json()?, answer.json()?))
}

fn none(client: &Client, words: Vec<Word>) -> Failure {
    let reason = |(node, word): (&std::sync::Arc<Node>, Word)| {
        let reason = word.err().map(|failure| failure.message).unwrap_or_default();
        NoAnswer { url: node.url().to_owned(), reason }
    };
    none_answers(&client.nodes().iter().zip(words).map(reason).collect::<Vec<_>>())
}

/// The nodes that were named beside the one that speaks, each with what it says.
fn others(client: &Client, speaks: &Node, status: &Answer, words: &[Word], seen: &[Seen]) -> Vec<(String, String)> {
    let mut others = Vec::new();
    for ((node, word), seen) in client.nodes().iter().zip(words).zip(seen) {
        let says = match (word, &seen.shown) {
            (Err(failure), _) => failure.message.clone(),
            (Ok(_), Err(failure)) if failure.exit == Exit::Invalid => failure.message.clone(),
            _ if node.url() == speaks.url() => continue,
            (Ok((other, _)), _) if other.network != status.network => format!("a node of another network, {}", other.network),
            (Ok((other, _)), _) => {
                let reason = other.reason.as_deref().map(|reason| format!(": {}", bounded(reason))).unwrap_or_default();
                format!("{}, height {}, {}{reason}", other.court, print::count(other.height), other.state)
            }
        };
        others.push((node.url().to_owned(), says));
    }
    others
}

fn as_json(value: &Value, proof: &Proof, others: &[(String, String)], exit: Exit) -> Value {
    let mut value = value.clone();
    value["exit"] = json!(exit.code());
    value["proven"] = match proof {
        Proof::Holds(as_of, is_recent) => json!({"as_of": as_of.to_string(), "recent": is_recent}),
        Proof::None(failure) => json!({"missing": failure.message}),
    };
    value["nodes"] = others.iter().map(|(url, says)| json!({"url": url, "says": says})).collect();
    value
}
