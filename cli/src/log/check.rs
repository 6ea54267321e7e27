//! `log check`: is what the nodes serve the one log that the courts signed, and does it continue an earlier one?
//!
//! In: all nodes' checkpoints, all entries of the longest log, a policy, perhaps an earlier checkpoint. Out: size and root, or what is wrong. Always: every entry
//! is read and hashed; the root is compared with a checkpoint that a quorum of the policy's courts has cosigned; memory stays flat.
//! Not for what entries mean.

use super::tree::StreamedTree;
use super::{PAGE_ENTRIES_MAX, page_of, path_of_page};
use crate::command::LogCheck;
use crate::failure::{Exit, Failure, usage};
use crate::files;
use crate::http::{Client, Node, none_answers};
use crate::print::{self, Style};
use crate::survey::{Seen, age, age_max, longest, prove, quorum_time_s, survey};
use crate::trust::Trust;
use courtseal_proof::base64_text;
use courtseal_proof::checkpoint::Checkpoint;
use courtseal_proof::entry::{Entry, EntryError};
use courtseal_proof::limits::RECEIPT_BYTES_MAX;
use courtseal_proof::merkle::leaf_hash;
use courtseal_proof::time::Timestamp;
use courtseal_proof::verify::ProvenCheckpoint;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What is found besides a verdict.
struct Found<'a> {
    /// The node whose log was read.
    node: &'a Node,
    /// What it signed for.
    signed: &'a ProvenCheckpoint,
    /// How old the courts' newest signatures are, and how old they may be.
    age: (Duration, Duration),
    /// Nodes that show an older log, or nothing that helps, in words.
    others: Vec<String>,
    /// Nodes that serve what the courts did not sign, in words.
    beware: Vec<String>,
}

impl Found<'_> {
    fn is_old(&self) -> bool {
        self.age.0 > self.age.1
    }

    fn exit(&self) -> Exit {
        match () {
            () if !self.beware.is_empty() => Exit::Invalid,
            () if self.is_old() => Exit::CannotTell,
            () => Exit::Done,
        }
    }
}

/// `log check`.
///
/// # Errors
/// Usage; no node answers; invalid; cannot tell.
pub fn run(options: &LogCheck, style: Style) -> anyhow::Result<Exit> {
    let client = Client::new(&options.nodes.urls, options.nodes.ca.as_deref())?;
    let trust = Trust::read(options.policy.as_deref());
    let earlier = options.from_checkpoint.as_deref().map(|path| read_earlier(path, &trust)).transpose()?;
    let seen = survey(&client, &trust);
    let Some(best) = longest(&seen) else { return Err(none_shows(&seen).into()) };
    let Ok((note, signed)) = &best.shown else { return Err(none_shows(&seen).into()) };
    let (mut others, mut beware) = (Vec::new(), Vec::new());
    // The log has to go through what every node shows, and through what was saved.
    let mut through: Vec<(&Checkpoint, String)> = Vec::new();
    through.extend(earlier.iter().map(|earlier| (&earlier.checkpoint, "the earlier checkpoint".to_owned())));
    for one in &seen {
        match &one.shown {
            Ok((_, proven)) if proven.checkpoint.origin != signed.checkpoint.origin => {
                beware.push(format!("{} is a node of another network, {}", one.node.url(), proven.checkpoint.origin));
            }
            Ok((_, proven)) => {
                through.push((&proven.checkpoint, format!("the checkpoint of {}", one.node.url())));
                let behind = signed.checkpoint.size - proven.checkpoint.size;
                if behind > 0 {
                    let entries = print::several(behind, "entry", "entries");
                    others.push(format!("{} shows a log that is shorter by {entries}; it is a part of this one", one.node.url()));
                }
            }
            Err(failure) if failure.exit == Exit::Invalid => beware.push(failure.message.clone()),
            Err(failure) => others.push(failure.message.clone()),
        }
    }
    through.sort_by_key(|(checkpoint, _)| checkpoint.size);
    let node = read(&client, best, &signed.checkpoint, &through, (&mut beware, &mut others))?;
    let age = (age(signed), age_max(&client, &signed.checkpoint.origin)?);
    if let Some(path) = &options.save {
        files::named::write(path, note, 0o666)
            .map_err(|error| usage(format!("cannot write {}: {}", print::path(path), files::reason(&error))))?;
    }
    let found = Found { node: &node, signed, age, others, beware };
    report(&found, earlier.as_ref(), &trust, options, style)?;
    Ok(found.exit())
}

/// Why no node shows a checkpoint that helps: the first reason that is more than silence.
fn none_shows(seen: &[Seen]) -> Failure {
    let failures: Vec<&Failure> = seen.iter().filter_map(|one| one.shown.as_ref().err()).collect();
    if let Some(failure) = failures.iter().find(|failure| failure.exit != Exit::Unreachable) {
        return (*failure).clone();
    }
    let list: Vec<&str> = failures.iter().map(|failure| failure.message.as_str()).collect();
    Failure::new(Exit::Unreachable, format!("no node answers ({})", list.join("; ")))
        .next("check the URL and that the node runs, or name another one with --node")
}

fn report(
    found: &Found<'_>,
    earlier: Option<&ProvenCheckpoint>,
    trust: &Trust,
    options: &LogCheck,
    style: Style,
) -> std::io::Result<()> {
    let signed = found.signed;
    let names: Vec<&str> = signed.courts.iter().map(|(name, _)| name.as_str()).collect();
    let (checkpoint, root) = (&signed.checkpoint, base64_text::encode(&signed.checkpoint.root.0));
    let digest = signed.policy_digest;
    let as_of = Timestamp(0).plus_ms(quorum_time_s(&signed.courts, signed.courts_needed).saturating_mul(1000));
    let verdict = match found.exit() {
        Exit::Done => "valid",
        Exit::CannotTell => "cannot-tell",
        _ => "invalid",
    };
    if style.json {
        return print::line(json!({
            "exit": found.exit().code(), "verdict": verdict, "origin": checkpoint.origin, "size": checkpoint.size, "root": root, "courts": names,
            "node": found.node.url(), "as_of": as_of.to_string(), "age_s": found.age.0.as_secs(), "notes": found.others, "beware": found.beware,
            "continues": earlier.map(|earlier| earlier.checkpoint.size), "policy": digest.tagged(), "trusted_as": trust.name_of(digest),
        }));
    }
    let label = verdict.replace('-', " ").to_uppercase();
    match found.exit() {
        Exit::CannotTell => {
            print::row(&label, format_args!("whether this is all of the log, as {} serves it", found.node.url()))?;
            let (age, most) = (found.age.0.as_secs(), found.age.1.as_secs());
            let words = format!(
                "a signature of the courts that is at most {} old; the newest quorum is {} old, by this machine's clock",
                print::several(most, "second", "seconds"),
                print::several(age, "second", "seconds")
            );
            print::parts("missing", &words)?;
            print::row("next", "ask more courts' nodes with --node; what follows holds as of the time below")?;
        }
        Exit::Done => print::row(&label, format_args!("the log of this network, as {} serves it", found.node.url()))?,
        _ => print::row(&label, format_args!("not every node serves the log that the courts signed; {} does", found.node.url()))?,
    }
    for beware in &found.beware {
        print::row("beware", beware)?;
    }
    print::row("network", &checkpoint.origin)?;
    print::row("size", format_args!("{} entries, every one read", print::count(checkpoint.size)))?;
    print::row("root", format_args!("{root}, recomputed and equal"))?;
    let (needed, all) = (signed.courts_needed, signed.courts_listed);
    print::row("courts", format_args!("{needed} of {all} required, {} signed: {}", names.len(), names.join(", ")))?;
    print::row("as of", format_args!("{}, when a quorum had signed it last", print::time(as_of)))?;
    for (label, text) in trust.rows(digest, &checkpoint.origin) {
        print::row(label, text)?;
    }
    if let Some(earlier) = earlier {
        print::row(
            "continues",
            format_args!(
                "the earlier checkpoint of {} entries: nothing in it was changed or removed",
                print::count(earlier.checkpoint.size)
            ),
        )?;
    }
    if let Some(path) = &options.save {
        print::row("saved", format_args!("{}; next time: --from-checkpoint {0}", print::path(path)))?;
    }
    for other in &found.others {
        print::row("note", other)?;
    }
    Ok(())
}

fn read_earlier(path: &Path, trust: &Trust) -> anyhow::Result<ProvenCheckpoint> {
    let bytes = files::named::read(path, RECEIPT_BYTES_MAX)
        .map_err(|error| usage(format!("cannot read {}: {}", print::path(path), files::reason(&error))))?;
    let which = format!("the earlier checkpoint {}", print::path(path));
    // A file on this machine accuses nobody: whoever keeps it may have changed it, or named another.
    let next = "use the file as it was saved: it is another file, or was damaged or altered";
    Ok(prove(&bytes, trust, &which).map_err(|failure| match failure.exit {
        Exit::Invalid => Failure { next: None, ..failure }.next(next),
        _ => failure,
    })?)
}

/// Reads the whole log from the first node that serves what the courts signed, and compares it with the checkpoints.
fn read(
    client: &Client,
    best: &Seen,
    now: &Checkpoint,
    through: &[(&Checkpoint, String)],
    (beware, others): (&mut Vec<String>, &mut Vec<String>),
) -> Result<Arc<Node>, Failure> {
    if let Some((longer, name)) = through.iter().find(|(checkpoint, _)| checkpoint.size > now.size) {
        let sizes = format!("{} entries, {name} {}", print::count(now.size), print::count(longer.size));
        return Err(Failure::new(
            Exit::CannotTell,
            format!("cannot tell: the node's log has {sizes}; it is behind, or was set back"),
        )
        .next("ask another court's node, or this one when it has caught up"));
    }
    let mut nodes = vec![Arc::clone(&best.node)];
    nodes.extend(client.nodes().iter().filter(|node| node.url() != best.node.url()).cloned());
    let mut first = None;
    for node in nodes {
        match compare(&node, now, through) {
            Ok(()) => return Ok(node),
            Err(failure) => {
                let said = format!("{}: {}", node.url(), failure.message.trim_start_matches("INVALID: "));
                if failure.exit == Exit::Invalid {
                    beware.push(said)
                } else {
                    others.push(said)
                }
                first = first.or(Some(failure));
            }
        }
    }
    Err(first.unwrap_or_else(|| invalid("no node serves the log")))
}

fn compare(node: &Node, now: &Checkpoint, through: &[(&Checkpoint, String)]) -> Result<(), Failure> {
    let bar = ProgressBar::with_draw_target(Some(now.size), ProgressDrawTarget::stderr_with_hz(10));
    if let Ok(style) = ProgressStyle::with_template("log          {bar:30} {human_pos} of {human_len} entries   about {eta} left")
    {
        bar.set_style(style);
    }
    let mut reader = Reader { origin: now.origin.clone(), tree: StreamedTree::default(), height: 0, time: Timestamp(0) };
    let mut stops = through.iter().map(|(checkpoint, name)| (*checkpoint, name.as_str())).collect::<Vec<_>>();
    stops.push((now, "the checkpoint"));
    for (stop, name) in stops {
        while reader.tree.size() < stop.size {
            let (from, limit) = (reader.tree.size(), (stop.size - reader.tree.size()).min(PAGE_ENTRIES_MAX));
            let answer = node.get(&path_of_page(from, limit), Duration::ZERO);
            let answer = answer.map_err(|no_answer| none_answers(&[no_answer]))?;
            let page = page_of(node, answer, limit)?;
            if page.entries.is_empty() {
                let (missing, all) = (print::count(from), print::count(now.size));
                return Err(invalid(&format!("the node has no entry {missing} of the {all} that the courts signed for")));
            }
            page.entries.iter().try_for_each(|text| reader.read(text))?;
            bar.set_position(reader.tree.size());
        }
        check_root(&reader, stop, name)?;
    }
    bar.finish_and_clear();
    Ok(())
}

fn check_root(reader: &Reader, checkpoint: &Checkpoint, name: &str) -> Result<(), Failure> {
    if checkpoint.root == reader.tree.root() {
        return Ok(());
    }
    let roots = format!("{} and {}", base64_text::encode(&reader.tree.root().0), base64_text::encode(&checkpoint.root.0));
    Err(invalid(&format!("at {} entries, the log and {name} have different roots: {roots}", print::count(checkpoint.size))))
}

fn invalid(text: &str) -> Failure {
    Failure::new(Exit::Invalid, format!("INVALID: {text}"))
        .next("keep the node's answers and the checkpoints: they are evidence against whoever signed them")
}

/// The log so far.
struct Reader {
    origin: courtseal_proof::name::Origin,
    tree: StreamedTree,
    height: u64,
    time: Timestamp,
}

impl Reader {
    fn read(&mut self, text: &str) -> Result<(), Failure> {
        let index = self.tree.size();
        let wrong = |reason: &str| invalid(&format!("entry {} {reason}", print::count(index)));
        match Entry::from_text(text.as_bytes()) {
            Ok(entry) => {
                if entry.index != index || entry.chain != self.origin {
                    return Err(wrong("names another index or network"));
                }
                if entry.height < self.height || entry.recorded_at < self.time {
                    return Err(wrong("is of an earlier block than the one before it"));
                }
                (self.height, self.time) = (entry.height, entry.recorded_at);
            }
            // A later version's entry still has its place in the tree, which is what is checked here.
            Err(EntryError::Unknown { .. }) => {}
            Err(EntryError::Malformed(reason)) => return Err(wrong(&format!("is malformed: {reason}"))),
        }
        self.tree.push(leaf_hash(text.as_bytes()));
        Ok(())
    }
}
