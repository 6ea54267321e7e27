//! What `log check` says at the end.
//!
//! In: what was found, an earlier checkpoint. Out: lines, verdict first; or JSON. Not for deciding anything.

use super::found::Found;
use crate::failure::Exit;
use crate::print::{self, Style};
use crate::survey::quorum_time_s;
use crate::trust::Trust;
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::verify::ProvenCheckpoint;
use serde_json::json;
use std::path::Path;

/// Prints it.
///
/// # Errors
/// Writing to stdout.
pub fn report(
    found: &Found<'_>,
    earlier: Option<&ProvenCheckpoint>,
    trust: &Trust,
    saved: Option<&Path>,
    style: Style,
) -> std::io::Result<()> {
    let signed = found.signed;
    let names: Vec<&str> = signed.courts.iter().map(|(name, _)| name.as_str()).collect();
    let (checkpoint, root) = (signed.checkpoint(), base64_text::encode(&signed.checkpoint().root.0));
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
            "continues": earlier.map(|earlier| earlier.checkpoint().size), "policy": digest.tagged(), "trusted_as": trust.name_of(digest),
        }));
    }
    print_verdict(found, verdict)?;
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
                print::count(earlier.checkpoint().size)
            ),
        )?;
    }
    if let Some(path) = saved {
        print::row("saved", format_args!("{}; next time: --from-checkpoint {0}", print::path(path)))?;
    }
    for other in &found.others {
        print::row("note", other)?;
    }
    Ok(())
}

/// The verdict, and what it is missing.
fn print_verdict(found: &Found<'_>, verdict: &str) -> std::io::Result<()> {
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
    Ok(())
}
