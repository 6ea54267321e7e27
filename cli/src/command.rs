//! The words of the command line: commands, options, their help. Names are fixed; they are added to, never renamed.

mod files;

use clap::{Args, Parser, Subcommand};
use courtseal_proof::digest::Digest;
use std::path::PathBuf;
use std::time::Duration;

pub use files::{Choice, Digests, Expected, Notarize, Receipt, ReceiptFetch, ReceiptShow, Verify};

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
    pub command: Command,
}

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Show a whole network on this machine: start, notarize, stop a court, bring it back, verify offline, tamper
    Demo(Demo),
    /// Make and run a network of courts on this machine
    #[command(subcommand)]
    Network(Network),
    /// Make and show key files
    #[command(subcommand)]
    Key(Key),
    /// Run and check one court's node
    #[command(subcommand)]
    Node(Node),
    /// Record files, or whole folders, and keep a receipt beside each
    Notarize(Notarize),
    /// Check files against their receipts, offline
    Verify(Verify),
    /// Show what a receipt says, and fetch receipts from nodes
    #[command(subcommand)]
    Receipt(Receipt),
    /// Choose the courts' policies that you trust, by names of your own
    #[command(subcommand)]
    Policy(Policy),
    /// Read and check the log of all courts
    #[command(subcommand)]
    Log(Log),
    /// Show how the network is
    Status(Status),
}

/// Options of `demo`.
#[derive(Args)]
pub struct Demo {
    /// How many courts, 4 to 64: fewer cannot go on without one
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(4..=64))]
    pub courts: u8,
    /// Where to keep everything [default: the first free of demo-1, demo-2, …]
    #[arg(long)]
    pub dir: Option<PathBuf>,
    /// Files to notarize [default: twelve files found here]
    pub files: Vec<PathBuf>,
}

/// `network …`.
#[derive(Subcommand)]
pub enum Network {
    /// Make keys, genesis, policy and one configuration per court, for this machine
    New(NetworkNew),
    /// Run all courts of such a folder as child processes until Ctrl-C
    Run(NetworkRun),
}

/// Options of `network new`.
#[derive(Args)]
#[command(after_help = "Examples:\n  courtseal network new courts --courts 4\n  courtseal network run courts")]
pub struct NetworkNew {
    /// The new folder
    pub dir: PathBuf,
    /// How many courts, 1 to 64
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=64))]
    pub courts: u8,
    /// First port, from 1 [default: free ones from 8600 upwards]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    pub base_port: Option<u16>,
    /// The network's name
    #[arg(long, default_value = "cn-courts")]
    pub name: String,
}

/// Options of `network run`.
#[derive(Args)]
pub struct NetworkRun {
    /// The folder that `network new` made
    pub dir: PathBuf,
}

/// `key …`.
#[derive(Subcommand)]
pub enum Key {
    /// Make a key file
    New(KeyNew),
    /// Show whose keys a file holds, and their public halves
    Show(KeyShow),
    /// Make a member's key file of a key that exists, such as one of openssl's
    Import(KeyImport),
}

/// Options of `key new`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  courtseal key new notary-1 --genesis genesis.json --out notary-1.key\n  courtseal key new court-beijing --court --origin cn-courts/DIGEST --out court.key\nFor a key that exists, such as one of openssl's, see `courtseal key import --help`."
)]
pub struct KeyNew {
    /// Name of the member, or of the court
    pub name: String,
    /// The new file
    #[arg(long)]
    pub out: PathBuf,
    /// The network's genesis file
    #[arg(long, conflicts_with = "origin")]
    pub genesis: Option<PathBuf>,
    /// The network, written NAME/DIGEST
    #[arg(long)]
    pub origin: Option<String>,
    /// Make the four keys of a court
    #[arg(long)]
    pub court: bool,
    /// Without a passphrase: whoever reads the file has the key
    #[arg(long)]
    pub plain: bool,
}

/// Options of `key import`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  openssl genpkey -algorithm ed25519 -out mine.pem && chmod 600 mine.pem\n  courtseal key import mine.pem notary-1 --genesis genesis.json --out notary-1.key\nThe court that registers the member needs the public half, which `courtseal key show` prints."
)]
pub struct KeyImport {
    /// An Ed25519 key as PKCS#8 PEM (mode 0600), plain or with a passphrase
    pub pem: PathBuf,
    /// Name of the member
    pub name: String,
    /// The new file
    #[arg(long)]
    pub out: PathBuf,
    /// The network's genesis file
    #[arg(long, conflicts_with = "origin")]
    pub genesis: Option<PathBuf>,
    /// The network, written NAME/DIGEST
    #[arg(long)]
    pub origin: Option<String>,
    /// Without a passphrase: whoever reads the file has the key
    #[arg(long)]
    pub plain: bool,
}

/// Options of `key show`.
#[derive(Args)]
pub struct KeyShow {
    /// The key file
    pub file: PathBuf,
}

/// `node …`.
#[derive(Subcommand)]
pub enum Node {
    /// Run a court's node
    Run(NodeRun),
    /// Check a court's data while its node is stopped; damage that `--full` finds is noted for the next start
    Check(NodeCheck),
    /// Write the log to a file, also while the node runs; keys are not in it
    Backup(NodeFile),
    /// Make a court's ledger from such a file, in a data folder that holds none
    Restore(NodeFile),
}

/// Options of `node run`.
#[derive(Args)]
pub struct NodeRun {
    /// The configuration file
    #[arg(long)]
    pub config: PathBuf,
    /// Stop in order when standard input closes, as it does when the process that started the node is gone
    #[arg(long)]
    pub until_stdin_closes: bool,
}

/// Options of `node check`.
#[derive(Args)]
#[command(after_help = "Examples:\n  courtseal node check --config node.toml --full")]
pub struct NodeCheck {
    /// The configuration file
    #[arg(long)]
    pub config: PathBuf,
    /// Judge and execute every block again, and check every record, tile and certificate
    #[arg(long)]
    pub full: bool,
}

/// Options of `node backup` and `node restore`.
#[derive(Args)]
pub struct NodeFile {
    /// The configuration file
    #[arg(long)]
    pub config: PathBuf,
    /// The backup
    pub file: PathBuf,
}

/// Which nodes to ask.
#[derive(Args, Clone)]
pub struct Nodes {
    /// A node's URL; give several, and the next one is asked when one is down
    #[arg(long = "node", env = "COURTSEAL_NODE", value_delimiter = ',', required = true, value_name = "URL")]
    pub urls: Vec<String>,
    /// Believe only certificates that this PEM file's authorities signed [default: the system's authorities]
    #[arg(long, env = "COURTSEAL_CA", value_name = "FILE")]
    pub ca: Option<PathBuf>,
}

/// `policy …`.
#[derive(Subcommand)]
pub enum Policy {
    /// Trust a policy under a name of your own, once its digest is compared; `verify` then uses it for its network
    Trust(PolicyTrust),
    /// List the policies that you trust, with their whole digests
    List,
    /// Show a policy: its whole digest, its network, its courts and all keys
    Show(PolicyShow),
    /// Stop trusting a policy
    Forget(PolicyForget),
}

/// Options of `policy trust`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  courtseal policy trust policy.txt --as cn-courts\n  courtseal policy trust policy.txt --as cn-courts --expect sha256:DIGEST\nThe policy is shown, and you are asked, unless --expect names its digest. Trusted policies are kept in\n$XDG_CONFIG_HOME/courtseal/policies, by default ~/.config/courtseal/policies. A network has one trusted policy."
)]
pub struct PolicyTrust {
    /// The policy's file
    pub file: PathBuf,
    /// Your name for it, which `verify` will show
    #[arg(long = "as", value_name = "NAME")]
    pub name: String,
    /// The whole digest that the courts publish; the policy is trusted only if this is its digest, and nothing is asked
    #[arg(long, value_name = "DIGEST", value_parser = crate::policy::parse_digest)]
    pub expect: Option<Digest>,
}

/// Options of `policy show`.
#[derive(Args)]
pub struct PolicyShow {
    /// The name of a policy that you trust, or else a policy's file
    #[arg(value_name = "NAME|FILE")]
    pub policy: PathBuf,
}

/// Options of `policy forget`.
#[derive(Args)]
pub struct PolicyForget {
    /// Your name for it
    pub name: String,
}

/// `log …`.
#[derive(Subcommand)]
pub enum Log {
    /// List entries
    Show(LogShow),
    /// Show one entry
    Entry(LogEntry),
    /// Find the public records of a file by its digest
    Find(LogFind),
    /// Fetch the whole log, recompute its root, and compare with what the courts signed
    Check(LogCheck),
}

/// Options of `log show`.
#[derive(Args)]
pub struct LogShow {
    /// The nodes
    #[command(flatten)]
    pub nodes: Nodes,
    /// First entry [default: the last ones]
    #[arg(long, value_name = "INDEX", value_parser = index)]
    pub from: Option<u64>,
    /// How many, 1 to 100,000
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    pub limit: u64,
}

/// Options of `log entry`.
#[derive(Args)]
pub struct LogEntry {
    /// The entry's index
    #[arg(value_parser = index)]
    pub index: u64,
    /// Save its receipt too, to be checked with `verify`
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
    /// The nodes
    #[command(flatten)]
    pub nodes: Nodes,
}

/// Options of `log find`.
#[derive(Args)]
pub struct LogFind {
    /// The file's SHA-256: 64 hex digits, with or without sha256: before them
    #[arg(value_parser = crate::policy::parse_digest)]
    pub digest: Digest,
    /// The nodes
    #[command(flatten)]
    pub nodes: Nodes,
}

/// Options of `log check`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  courtseal log check --node http://127.0.0.1:8600 --policy policy.txt --save before.checkpoint\n  courtseal log check --node http://127.0.0.1:8600 --policy policy.txt --from-checkpoint before.checkpoint"
)]
pub struct LogCheck {
    /// The nodes
    #[command(flatten)]
    pub nodes: Nodes,
    /// The courts' policy, from a source you trust [default: the one of the log's network that you trust by name]
    #[arg(long, env = "COURTSEAL_POLICY")]
    pub policy: Option<PathBuf>,
    /// A checkpoint saved earlier, which this log must continue
    #[arg(long, value_name = "FILE")]
    pub from_checkpoint: Option<PathBuf>,
    /// Save the checkpoint that was checked
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
}

/// Options of `status`.
#[derive(Args)]
pub struct Status {
    /// The nodes
    #[command(flatten)]
    pub nodes: Nodes,
    /// The courts' policy, from a source you trust [default: the one of the network that you trust by name]
    #[arg(long, env = "COURTSEAL_POLICY")]
    pub policy: Option<PathBuf>,
    /// Wait until the network records, for so many seconds (or minutes, written 5m) at most
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub wait: Option<Duration>,
}

/// An entry's index, as it is printed: `2249` or `2,249`.
fn index(text: &str) -> Result<u64, String> {
    text.replace(',', "").parse().map_err(|_| "an entry's index is a number such as 2249 or 2,249".to_owned())
}

/// A time as people write it: `30`, `30s`, `1.5m`, `2h`.
fn seconds(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.char_indices().next_back() {
        Some((at, 's')) => (&text[..at], 1.0),
        Some((at, 'm')) => (&text[..at], 60.0),
        Some((at, 'h')) => (&text[..at], 3600.0),
        _ => (text, 1.0),
    };
    match number.parse::<f64>().map(|number| number * unit) {
        Ok(number) if (0.1..=86_400.0).contains(&number) => Ok(Duration::from_secs_f64(number)),
        _ => Err("it is a number of seconds from 0.1 to 86400, or of minutes or hours such as 5m or 2h".to_owned()),
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
    fn digests_are_named_whole() {
        let asked = |text: &str| {
            let words = ["courtseal", "notarize", "a", "--node", "http://a", "--key", "k", "--digest", text];
            Cli::try_parse_from(words).map(|cli| match cli.command {
                Command::Notarize(notarize) => notarize.digest,
                _ => panic!("notarize"),
            })
        };
        assert_eq!(asked("sha256").ok(), Some(Some(Digests::Sha256)));
        assert_eq!(asked("sha256,sha512").ok(), Some(Some(Digests::Sha256AndSha512)));
        for other in ["", "sha512", "sha512,sha256", "sha256,", "sha256,sha256", "SHA256", "md5", "sha256,sm3"] {
            let error = asked(other).expect_err(other).to_string();
            assert!(error.contains("the digests are sha256, or sha256,sha512"), "{error}");
        }
    }

    #[test]
    fn nodes_may_be_repeated() {
        let cli = Cli::try_parse_from(["courtseal", "status", "--node", "http://a,http://b", "--node", "http://c", "--json"])
            .ok()
            .unwrap();
        assert!(cli.json);
        let Command::Status(status) = cli.command else { panic!("status") };
        assert_eq!(status.nodes.urls, ["http://a", "http://b", "http://c"]);
        assert!(Cli::try_parse_from(["courtseal", "notarize", "a", "--node", "http://a", "--key", "k", "--case", "1"]).is_err());
    }
}
