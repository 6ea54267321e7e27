//! `courtseal`: the command line. Parses, runs a command, and turns its end into an exit code. A library, so
//! that each program is one call.
//!
//! In: arguments, files, nodes' answers. Out: data on stdout, messages on stderr, receipts and key files.
//! Always: the exit codes of [`failure::Exit`]; no protocol logic, which is `courtseal-proof`'s and the
//! nodes'. A reader begins with `commands`, then follows `notarize` and `verify`. What decodes is public, so
//! that it can be fuzzed.

mod accusation;
mod commands;
mod demo;
mod evidence;
pub mod failure;
mod files;
pub mod http;
pub mod keys;
mod look_up;
mod network;
pub mod notarize;
mod passphrase;
mod print;
mod private_memory;
mod progress;
mod signal;
mod sums;
mod survey;
mod times;
mod trust;
mod verify;

use clap::Parser;
use commands::{Cli, Command};
use failure::{Exit, Failure};
use print::Style;
use std::process::ExitCode;

/// The whole program.
pub fn main() -> ExitCode {
    passphrase::take();
    private_memory::keep();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage_error(&error),
    };
    if cli.json {
        print::as_json();
    }
    if cli.quiet {
        print::silence(true);
    }
    let style = Style { json: cli.json, verbose: cli.verbose };
    let exit = cli.verb.run(style).unwrap_or_else(|error| report(&error, style));
    ExitCode::from(exit.code())
}

/// What clap says of a wrong command line, or of `--help` and `--version`.
fn usage_error(error: &clap::Error) -> ExitCode {
    let is_wrong = error.use_stderr();
    let exit = if is_wrong { Exit::Usage } else { Exit::Done };
    if std::env::args_os().any(|argument| argument == "--json") {
        print::as_json();
        let text = error.render().to_string();
        let field = if is_wrong { "message" } else { "text" };
        let inner = serde_json::json!({"exit": exit.code(), field: text.trim_end(), "next": null});
        let _ = print::line(if is_wrong { serde_json::json!({"error": inner}) } else { inner });
        if !is_wrong {
            return ExitCode::from(exit.code());
        }
    }
    let _ = error.print();
    ExitCode::from(exit.code())
}

fn report(error: &anyhow::Error, style: Style) -> Exit {
    let failure = error.downcast_ref::<Failure>().cloned().unwrap_or_else(|| Failure::new(Exit::Invalid, format!("{error:#}")));
    if style.json {
        let text = serde_json::json!({"error": {"exit": failure.exit.code(), "message": failure.message, "next": failure.next}});
        let _ = print::line(text);
    }
    print::message(format_args!("courtseal: {}", failure.message));
    if let Some(next) = &failure.next {
        print::message(format_args!("next: {next}"));
    }
    failure.exit
}
