//! `status`: how the network is, as its nodes see it, and how far that is proven.
//!
//! In: the status of each node (R9), their checkpoints, what is trusted. Out: a few lines, or JSON; an exit code for monitors. Always: all nodes that were named are
//! asked and none is left out; what a node says of itself and of others is its word, and said as such; the log is proven if there is a policy. Not for reading the
//! log: see `log check`.

use crate::command;
use crate::failure::{Exit, Failure};
use crate::http::answer::{CourtStatus, Status};
use crate::http::{Client, NoAnswer, Node, bounded, none_answers};
use crate::print::{self, Style};
use crate::survey::{Seen, age, age_max, consistent, longest, quorum_time_s, survey};
use crate::trust::Trust;
use courtseal_proof::time::Timestamp;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// Pause before nodes are asked again.
const PAUSE: Duration = Duration::from_millis(500);

/// A node's word on how the network is: parsed, and as it came.
type Word = Result<(Status, Value), Failure>;

/// What the checkpoints prove.
enum Proof {
    /// As of when, and whether that is recent.
    Holds(Timestamp, bool),
    /// Nothing, and why.
    None(Failure),
}

/// `status`. It ends with 3 if the network does not record.
///
/// # Errors
/// No node answers; writing to stdout.
pub fn run(options: &command::Status, style: Style) -> anyhow::Result<Exit> {
    let client = Client::new(&options.nodes.urls, options.nodes.ca.as_deref())?;
    let trust = Trust::read(options.policy.as_deref());
    let until = options.wait.map(|wait| Instant::now() + wait);
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

/// Asks all nodes once; says what they say if the network records, or if that is the last time.
fn look(client: &Client, trust: &Trust, is_last: bool, style: Style) -> anyhow::Result<Option<Exit>> {
    let words = client.all(word);
    let seen = survey(client, trust);
    // The node that shows the longest proven log speaks for all; without a proof, the one that says it is furthest.
    let first = longest(&seen).map(|best| best.node.url());
    let spokesman = client.nodes().iter().zip(&words).filter_map(|(node, word)| Some((node, word.as_ref().ok()?)));
    let spokesman = spokesman.max_by_key(|(node, (status, _))| (Some(node.url()) == first, status.height));
    let Some((node, (status, value))) = spokesman else { return Err(none(client, words).into()) };
    let proof = proof(client, &seen);
    let exit = match (&proof, status.state.as_str()) {
        (Proof::None(failure), _) if failure.exit == Exit::Invalid => Exit::Invalid,
        (_, "no-quorum" | "halted" | "stopped") => Exit::Unreachable,
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
        show(node, status, &proof, &others, style)?;
    }
    Ok(Some(exit))
}

fn word(node: &Node) -> Word {
    let silent = |no_answer: NoAnswer| Failure::new(Exit::Unreachable, no_answer.reason);
    let answer = node.get("/v1/status", Duration::ZERO).map_err(silent)?.success(node)?;
    Ok((answer.json()?, answer.json()?))
}

fn none(client: &Client, words: Vec<Word>) -> Failure {
    let reason = |(node, word): (&std::sync::Arc<Node>, Word)| {
        let reason = word.err().map(|failure| failure.message).unwrap_or_default();
        NoAnswer { url: node.url().to_owned(), reason }
    };
    none_answers(&client.nodes().iter().zip(words).map(reason).collect::<Vec<_>>())
}

fn proof(client: &Client, seen: &[Seen]) -> Proof {
    let Some((best, Ok((_, proven)))) = longest(seen).map(|best| (best, &best.shown)) else {
        let failures = seen.iter().filter_map(|one| one.shown.as_ref().err());
        let worst = failures.max_by_key(|failure| failure.exit != Exit::Unreachable).cloned();
        return Proof::None(worst.unwrap_or_else(|| Failure::new(Exit::CannotTell, "no node shows a checkpoint")));
    };
    for one in seen {
        if let Ok((_, other)) = &one.shown
            && let Err(failure) = consistent((&best.node, proven), (&one.node, other))
            && failure.exit == Exit::Invalid
        {
            return Proof::None(failure);
        }
    }
    let as_of = Timestamp(0).plus_ms(quorum_time_s(&proven.courts, proven.courts_needed).saturating_mul(1000));
    match age_max(client, &proven.checkpoint.origin) {
        Ok(most) => Proof::Holds(as_of, age(proven) <= most),
        Err(failure) => Proof::None(failure),
    }
}

/// The nodes that were named beside the one that speaks, each with what it says.
fn others(client: &Client, speaks: &Node, status: &Status, words: &[Word], seen: &[Seen]) -> Vec<(String, String)> {
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

fn show(node: &Node, status: &Status, proof: &Proof, others: &[(String, String)], style: Style) -> std::io::Result<()> {
    let (now, made) = (status.now.0, status.block_time.0);
    let age = print::duration(Duration::from_millis(now.abs_diff(made)));
    let when = if made > now { format!("{age} ahead of this node's clock") } else { format!("{age} ago") };
    print::row("network", format_args!("{}, epoch {}, protocol {}", status.network, status.epoch, status.protocol))?;
    print::row(
        "height",
        format_args!("{}, {when}; {} entries, root {}", print::count(status.height), print::count(status.size), status.root),
    )?;
    let width = status.courts.iter().map(|court| court.name.len()).max().unwrap_or(0);
    for (at, court) in status.courts.iter().enumerate() {
        print::row(if at == 0 { "courts" } else { "" }, format_args!("{:width$}   {}", court.name, of_court(court, status)))?;
    }
    let state = match (status.state.as_str(), &status.reason) {
        // How many are up is said before it.
        ("no-quorum", _) if (status.up() as u64) < status.quorum => "not recording".to_owned(),
        ("no-quorum", Some(reason)) => format!("not recording: {reason}"),
        ("stopped", Some(reason)) => format!("stopped, records nothing: {reason}; restart this node once that is mended"),
        (state, Some(reason)) => format!("{state}: {reason}"),
        (state, None) => state.to_owned(),
    };
    let spare = if status.up() as u64 == status.quorum && status.courts.len() as u64 > status.quorum {
        "; if one more is lost, nothing is recorded"
    } else {
        ""
    };
    let state = format!("{state}{spare}");
    print::row("quorum", format_args!("{} of {} needed, {} up: {state}", status.quorum, status.courts.len(), status.up()))?;
    match proof {
        Proof::Holds(as_of, true) => {
            print::row("proven", format_args!("a quorum of the courts signed this log at {}", print::time(*as_of)))?
        }
        Proof::Holds(as_of, false) => {
            print::row(
                "CANNOT TELL",
                "whether this is all of the log: the courts' newest signatures are old, by this machine's clock",
            )?;
            print::row("", format_args!("a quorum of the courts signed it at {}", print::time(*as_of)))?;
        }
        Proof::None(failure) if failure.exit == Exit::Invalid => print::row("beware", &failure.message)?,
        Proof::None(failure) => print::parts("not proven", &failure.message)?,
    }
    for (url, says) in others {
        print::row("node", format_args!("{url}: {says}"))?;
    }
    if style.verbose {
        print::row("asked", format_args!("{} ({})", status.court, node.url()))?;
    }
    Ok(())
}

fn of_court(court: &CourtStatus, status: &Status) -> String {
    let notes: String = notes(court, status).iter().map(|note| format!("   {note}")).collect();
    if court.this {
        return format!("height {}   this node{notes}", print::count(status.height));
    }
    if !court.connected {
        let since = court.down_since.map(|since| format!(" since {}", since_when(since, status.now))).unwrap_or_default();
        return format!("down{since}{notes}");
    }
    let height = court.height.map_or_else(|| "connected".to_owned(), |height| format!("height {}", print::count(height)));
    let far = court.round_trip_ms.map(|ms| format!("   {ms:.0} ms")).unwrap_or_default();
    format!("{height}{far}{notes}")
}

/// What a person should know of a court, if anything.
fn notes(court: &CourtStatus, status: &Status) -> Vec<String> {
    let mut notes = Vec::new();
    if court.seems_twice {
        // Such a court is down for moments, again and again.
        notes.push("two nodes seem to run with its keys: stop one of them".to_owned());
    }
    if let Some(digest) = &court.other_genesis {
        notes.push(format!("it has another genesis, {}: one of the two courts must get the right file", digest));
    }
    if court.other_identity {
        notes.push("another identity answers at its address: wrong keys, or another node".to_owned());
    }
    if let Some(time) = court.untimely_cosignature {
        notes.push(format!("its cosignature does not count: dated {}", since_when(time, status.now)));
    }
    // Heartbeats are among them: for the court that answers, most of them are.
    if court.empty_heights > 0 {
        notes.push(format!("started {} without records", print::several(court.empty_heights, "height", "heights")));
    }
    if court.invalid_blocks > 0 {
        let blocks = print::several(court.invalid_blocks, "invalid block", "invalid blocks");
        notes.push(format!("proposed {blocks}: see this node's folder 'evidence'"));
    }
    notes
}

/// The time of day; the date too, if it is another day.
fn since_when(since: Timestamp, now: Timestamp) -> String {
    let (since, now) = (since.to_string(), now.to_string());
    if since[..10] == now[..10] { format!("{} UTC", &since[11..19]) } else { format!("{} {} UTC", &since[..10], &since[11..19]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn courts_in_words() {
        let text = r#"{"network":"n/0","court":"a","epoch":0,"protocol":1,"height":1482,"block_time":"2026-11-23T17:00:00.000Z","now":"2026-11-23T17:00:03.200Z",
            "size":5,"root":"abcdefgh","checkpoint_size":5,"pending":0,"state":"recording","quorum":3,"courts":[{"name":"a","self":true,"connected":true},
            {"name":"b","self":false,"connected":true,"height":1482,"round_trip_ms":4},{"name":"c","self":false,"connected":false,"down_since":"2026-11-23T16:58:12.000Z"},
            {"name":"d","self":false,"connected":false,"down_since":"2026-11-22T16:58:12.000Z"},
            {"name":"e","self":false,"connected":true,"height":7,"seems_twice":true},
            {"name":"f","self":false,"connected":false,"seems_twice":true},
            {"name":"h","self":false,"connected":false,"other_genesis":"sha256:ab"},{"name":"i","self":false,"connected":false,"other_identity":true},
            {"name":"g","self":false,"connected":true,"height":7,"untimely_cosignature":"2026-11-22T16:58:12.000Z","empty_heights":1200,"invalid_blocks":1}]}"#;
        let status: Status = serde_json::from_str(text).unwrap();
        let words: Vec<String> = status.courts.iter().map(|court| of_court(court, &status)).collect();
        assert_eq!(
            words,
            [
                "height 1,482   this node",
                "height 1,482   4 ms",
                "down since 16:58:12 UTC",
                "down since 2026-11-22 16:58:12 UTC",
                "height 7   two nodes seem to run with its keys: stop one of them",
                "down   two nodes seem to run with its keys: stop one of them",
                "down   it has another genesis, sha256:ab: one of the two courts must get the right file",
                "down   another identity answers at its address: wrong keys, or another node",
                "height 7   its cosignature does not count: dated 2026-11-22 16:58:12 UTC   started 1,200 heights without records   \
                 proposed 1 invalid block: see this node's folder 'evidence'"
            ]
        );
        assert_eq!(status.up(), 4);
    }
}
