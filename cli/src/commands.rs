//! The command line: global options, and the table of commands.
//!
//! In: words. Out: one row a command; the file of a row owns the command's arguments and how it is run.
//! Always: names are added and never renamed. A further command is one file and one row.
//! Not for what commands share below the command line, such as `http` or `verify`.

mod act;
mod command;
mod demo;
mod key;
mod log;
mod network;
mod node;
mod notarize;
mod options;
mod policy;
mod receipt;
mod recorder;
mod status;
mod verify;

use clap::Parser;
pub use command::Command;
use command::commands;

/// Courtseal: a record of evidence that no single court could have written or altered alone.
#[derive(Parser)]
#[command(name = "courtseal", version = concat!(env!("CARGO_PKG_VERSION"), " (commit ", env!("COURTSEAL_COMMIT"), ")"), max_term_width = 120)]
#[command(
    after_help = "Exit codes: 0 valid or done, 1 invalid or not all done, 2 wrong usage, 3 node unreachable or timed out, 4 cannot tell, 5 refused by the network's rules.\nCOURTSEAL_NODE, COURTSEAL_KEY and COURTSEAL_POLICY stand in for --node, --key and --policy; COURTSEAL_PASSPHRASE for typing a passphrase."
)]
pub struct Cli {
    /// Print JSON on stdout, for programs
    #[arg(long, global = true)]
    pub json: bool,
    /// Print whole digests of files, and more detail
    #[arg(long, global = true)]
    pub verbose: bool,
    /// Print nothing on stdout, and only what failed on stderr; the exit code says the rest
    #[arg(long, global = true, conflicts_with_all = ["json", "verbose"])]
    pub quiet: bool,
    /// What to do
    #[command(subcommand)]
    pub verb: Verb,
}

commands! {
    /// All commands of the program.
    Verb {
        /// Show a whole network on this machine: start, notarize, stop a court, bring it back, verify
        /// offline, tamper
        Demo(demo::Demo),
        /// Make and run a network of courts on this machine
        #[command(subcommand)]
        Network(network::Network),
        /// Make and show key files
        #[command(subcommand)]
        Key(key::Key),
        /// Run and check one court's node
        #[command(subcommand)]
        Node(node::Node),
        /// Record files, or whole folders, and keep a receipt beside each
        Notarize(notarize::Notarize),
        /// Check files against their receipts, offline
        Verify(verify::Verify),
        #[command(flatten)]
        Act(act::Acts),
        /// Show what a receipt says, and fetch receipts from nodes
        #[command(subcommand)]
        Receipt(receipt::Receipt),
        /// Choose the courts' policies that you trust, by names of your own
        #[command(subcommand)]
        Policy(policy::Policy),
        /// Read and check the log of all courts
        #[command(subcommand)]
        Log(log::Log),
        /// Show how the network is
        Status(status::Status),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn k18_every_act_of_a_form_is_a_command_with_an_option_for_each_field() {
        use courtseal_proof::kinds::KINDS;
        let cli = Cli::command();
        for kind in KINDS.iter().map(|row| row.kind).filter(|kind| kind.is_of_forms()) {
            let command = cli.find_subcommand(kind.word).unwrap();
            for form in kind.acts {
                let act = if form.word.is_empty() { command } else { command.find_subcommand(form.word).unwrap() };
                for field in form.fields {
                    let option = act.get_arguments().find(|argument| argument.get_id() == field.name).unwrap();
                    assert_eq!(option.get_long().unwrap(), field.name.replace('_', "-"));
                    assert_eq!(option.is_required_set(), field.is_required, "{} {}", kind.word, field.name);
                }
            }
        }
    }

    #[test]
    fn nodes_may_be_repeated() {
        let cli = Cli::try_parse_from(["courtseal", "status", "--node", "http://a,http://b", "--node", "http://c", "--json"])
            .ok()
            .unwrap();
        assert!(cli.json);
        let Verb::Status(status) = cli.verb else { panic!("status") };
        assert_eq!(status.nodes.urls, ["http://a", "http://b", "http://c"]);
        assert!(Cli::try_parse_from(["courtseal", "notarize", "a", "--node", "http://a", "--key", "k", "--case", "1"]).is_err());
    }
}
