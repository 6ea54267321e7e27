//! `courtseal`: the command line. Parses, dispatches, and turns the end into an exit code. A library, so that each program is one call.
//!
//! In: arguments, files, nodes' answers. Out: data on stdout, messages on stderr, receipts and key files. Always: the exit codes of
//! [`failure::Exit`]; no protocol logic, which is `courtseal-proof`'s and the nodes'. A reader follows `notarize`, then `verify`. What decodes
//! is public, so that it can be fuzzed.

mod command;
mod demo;
mod equivocation;
pub mod failure;
mod files;
pub mod http;
pub mod keys;
mod log;
mod network;
mod node;
pub mod notarize;
mod passphrase;
mod policy;
mod print;
mod private_memory;
mod progress;
mod receipt;
mod signal;
mod status;
mod sums;
mod survey;
mod times;
mod trust;
mod verify;

use clap::Parser;
use command::{Cli, Command, Key, Log, Network, Node, Policy, Receipt};
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
    let exit = dispatch(&cli.command, style).unwrap_or_else(|error| report(&error, style));
    ExitCode::from(exit.code())
}

fn dispatch(command: &Command, style: Style) -> anyhow::Result<Exit> {
    let done = |result: anyhow::Result<()>| result.map(|()| Exit::Done);
    match command {
        Command::Demo(options) => demo(options, style),
        Command::Network(Network::New(options)) => done(network::new(options, style)),
        Command::Network(Network::Run(options)) => done(network::run(options, style)),
        Command::Key(Key::New(options)) => done(keys::command::new(options, style)),
        Command::Key(Key::Import(options)) => done(keys::command::import(options, style)),
        Command::Key(Key::Show(options)) => done(keys::command::show(options, style)),
        Command::Node(Node::Run(options)) => done(node::run(options, style)),
        Command::Node(Node::Check(options)) => node::check(options, style),
        Command::Node(Node::Backup(options)) => done(node::backup(options, style)),
        Command::Node(Node::Restore(options)) => done(node::restore(options, style)),
        Command::Notarize(options) => notarize::run(options, style),
        Command::Verify(options) => verify::run(options, style),
        Command::Receipt(Receipt::Show(options)) => receipt::show(options, style),
        Command::Receipt(Receipt::Fetch(options)) => receipt::fetch(options, style),
        Command::Policy(Policy::Trust(options)) => done(policy::trust(options, style)),
        Command::Policy(Policy::List) => policy::list(style),
        Command::Policy(Policy::Show(options)) => done(policy::show(options, style)),
        Command::Policy(Policy::Forget(options)) => done(policy::forget(options, style)),
        Command::Log(Log::Show(options)) => done(log::show(options, style)),
        Command::Log(Log::Entry(options)) => done(log::entry(options, style)),
        Command::Log(Log::Find(options)) => log::find(options, style),
        Command::Log(Log::Check(options)) => log::check(options, style),
        Command::Status(options) => status::run(options, style),
    }
}

/// `demo`; under `--json` its story is left out.
fn demo(options: &command::Demo, style: Style) -> anyhow::Result<Exit> {
    if style.json {
        print::silence(true);
    }
    let result = demo::run(options);
    if style.json {
        print::silence(false);
    }
    let dir = result?;
    if style.json {
        print::line(serde_json::json!({"exit": Exit::Done.code(), "dir": notarize::report::path_text(&dir)}))?;
    }
    Ok(Exit::Done)
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
