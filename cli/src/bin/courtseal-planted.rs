//! `courtseal` with one planted bug or one crash point, chosen by the environment: for tests only, never
//! handed out.
//!
//! In: `COURTSEAL_PLANTED`, a bug's name; `COURTSEAL_CRASH`, a point's name, a colon and which passage. Out:
//! as `courtseal`. Always: built only with the feature `planted`, and says on start what is planted. Not for
//! courts.

use courtseal_planted::{Bug, Point, crash_at, select};
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Ok(text) = std::env::var("COURTSEAL_PLANTED") {
        let bug: Bug = match text.parse() {
            Ok(bug) => bug,
            Err(error) => return refuse("COURTSEAL_PLANTED", &error),
        };
        eprintln!("courtseal-planted: planted bug {bug}: {}", bug.meaning());
        select(Some(bug));
    }
    if let Ok(text) = std::env::var("COURTSEAL_CRASH") {
        let (point, nth) = text.split_once(':').unwrap_or((&text, "1"));
        match (point.parse::<Point>(), nth.parse()) {
            (Ok(point), Ok(nth)) => crash_at(point, nth),
            (Err(error), _) => return refuse("COURTSEAL_CRASH", &error),
            (_, Err(error)) => return refuse("COURTSEAL_CRASH", &error),
        }
    }
    courtseal_cli::main()
}

fn refuse(variable: &str, error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("courtseal-planted: {variable}: {error}");
    ExitCode::FAILURE
}
