//! The status of a network in lines, for people.
//!
//! In: what the node that speaks says, what is proven, what the other nodes say. Out: lines. Not for asking,
//! nor for the exit code.

use super::proof::Proof;
use crate::failure::Exit;
use crate::http::Node;
use crate::print::{self, Style};
use courtseal_api::status::{CourtStatus, State, Status};
use courtseal_proof::bytes::time::Timestamp;
use std::time::Duration;

/// Prints it.
///
/// # Errors
/// Writing to stdout.
pub fn show(node: &Node, status: &Status, proof: &Proof, others: &[(String, String)], style: Style) -> std::io::Result<()> {
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
    let state = match (status.state.known(), &status.reason) {
        // How many are up is said before it.
        (Some(State::NoQuorum), _) if (status.up() as u64) < status.quorum => "not recording".to_owned(),
        (Some(State::NoQuorum), Some(reason)) => format!("not recording: {reason}"),
        (Some(State::Stopped), Some(reason)) => {
            format!("stopped, records nothing: {reason}; restart this node once that is mended")
        }
        (_, Some(reason)) => format!("{}: {reason}", status.state),
        (_, None) => status.state.to_string(),
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
    if court.is_self {
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
        notes.push(format!("it has another genesis, {}: one of the two courts must get the right file", digest.tagged()));
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
            {"name":"h","self":false,"connected":false,"other_genesis":"sha256:abababababababababababababababababababababababababababababababab"},{"name":"i","self":false,"connected":false,"other_identity":true},
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
                "down   it has another genesis, sha256:abababababababababababababababababababababababababababababababab: one of the two courts must get the right file",
                "down   another identity answers at its address: wrong keys, or another node",
                "height 7   its cosignature does not count: dated 2026-11-22 16:58:12 UTC   started 1,200 heights without records   \
                 proposed 1 invalid block: see this node's folder 'evidence'"
            ]
        );
        assert_eq!(status.up(), 4);
    }
}
