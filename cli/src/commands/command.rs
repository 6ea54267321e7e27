//! What a command is, and how a table of commands is made.
//!
//! In: arguments that clap has parsed. Out: how the process ends. Always: a row names its help, its name and
//! the type of its arguments, and nothing else is needed. Not for options: see `options`.

use crate::failure::Exit;
use crate::print::Style;

/// A command: its arguments, and how it is run.
pub trait Command {
    /// Runs the command; returns how the process ends.
    ///
    /// # Errors
    /// A `Failure`, with the exit code and the next step; any other error ends as
    /// *invalid*.
    fn run(&self, style: Style) -> anyhow::Result<Exit>;
}

/// Makes a table of commands: the enum that clap parses, and the dispatch. A row is its help, its name and
/// its arguments.
macro_rules! commands {
    ($(#[$about:meta])* $table:ident { $($(#[$help:meta])* $name:ident($arguments:ty),)+ }) => {
        $(#[$about])*
        #[derive(clap::Subcommand)]
        pub enum $table { $($(#[$help])* $name($arguments),)+ }

        impl $crate::commands::command::Command for $table {
            fn run(&self, style: $crate::print::Style) -> anyhow::Result<$crate::failure::Exit> {
                match self { $(Self::$name(command) => command.run(style),)+ }
            }
        }
    };
}
pub(super) use commands;
