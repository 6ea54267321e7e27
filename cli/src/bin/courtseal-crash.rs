//! `courtseal` with one crash point, chosen by the environment: for tests only, never handed out.
//!
//! In: `COURTSEAL_CRASH`, a point's name, a colon and the number of the passage.
//! Out: as `courtseal`, until the process aborts at that point.
//! Always: built only with the feature `crash-points`.
//! Not for courts.

use courtseal_crash_points::{Point, crash_at};
use std::process::ExitCode;

fn main() -> ExitCode {
    if let Ok(text) = std::env::var("COURTSEAL_CRASH") {
        let (point, nth) = text.split_once(':').unwrap_or((&text, "1"));
        match (point.parse::<Point>(), nth.parse()) {
            (Ok(point), Ok(nth)) => crash_at(point, nth),
            (Err(error), _) => return refuse(&error),
            (_, Err(error)) => return refuse(&error),
        }
    }
    courtseal_cli::main()
}

fn refuse(error: &dyn std::fmt::Display) -> ExitCode {
    eprintln!("courtseal-crash: COURTSEAL_CRASH: {error}");
    ExitCode::FAILURE
}
