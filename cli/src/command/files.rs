//! The words of the commands on files and receipts: `notarize`, `verify`, `receipt`.

use super::{Nodes, index, seconds};
use clap::{Args, Subcommand};
use courtseal_proof::digest::Digest;
use std::path::PathBuf;
use std::time::Duration;

/// Which files of a folder to take.
#[derive(Args, Clone, Debug, Default)]
pub struct Choice {
    /// Pass over symbolic links without failing; they are never followed
    #[arg(long)]
    pub skip_links: bool,
    /// Take files that are named like courtseal's own, and are none, for evidence too
    #[arg(long)]
    pub all_names: bool,
    /// Leave out what matches, such as '*.tmp' or 'drafts/*'; may be repeated
    #[arg(long, value_name = "PATTERN")]
    pub exclude: Vec<String>,
}

/// What a record must be, beside genuine.
#[derive(Args, Clone, Debug, Default)]
pub struct Expected {
    /// Only a record of this member is valid
    #[arg(long, value_name = "MEMBER")]
    pub by: Option<String>,
    /// Only a record of a member of this court is valid
    #[arg(long, value_name = "COURT")]
    pub court: Option<String>,
    /// Only a record made before this time is valid, such as 2026-11-23T17:00:00+08:00
    #[arg(long, value_name = "TIME")]
    pub before: Option<String>,
    /// Only a record under this case number is valid
    #[arg(long, value_name = "NUMBER", requires = "case_key")]
    pub case: Option<String>,
    /// The case's private file (mode 0600) of 64 hex digits
    #[arg(long, value_name = "FILE", requires = "case")]
    pub case_key: Option<PathBuf>,
    /// Only this entry is valid
    #[arg(long, value_name = "INDEX", value_parser = index)]
    pub entry: Option<u64>,
}

/// Options of `notarize`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  courtseal notarize contract.pdf --key notary-1.key --node http://127.0.0.1:8600,http://127.0.0.1:8601\n  courtseal notarize evidence/ --key notary-1.key --node http://127.0.0.1:8600 --case 2026-0417 --case-key case.key"
)]
pub struct Notarize {
    /// Files and folders
    #[arg(required_unless_present_any = ["digest_only", "files_from"])]
    pub paths: Vec<PathBuf>,
    /// Take further paths from this file, one a line, or with a zero byte after each; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "digest_only")]
    pub files_from: Option<PathBuf>,
    /// Say what would be recorded; sign, send and write nothing
    #[arg(long, conflicts_with_all = ["digest_only", "forget"])]
    pub dry_run: bool,
    /// Record a file that is not at hand by its digests: sha256:HEX, or sha256:HEX,sha512:HEX
    #[arg(long, value_name = "DIGESTS", requires = "size", conflicts_with_all = ["paths", "confidential", "digest"])]
    pub digest_only: Option<String>,
    /// The size of that file, in bytes; needed with --digest-only
    #[arg(long, value_name = "BYTES", requires = "digest_only")]
    pub size: Option<u64>,
    /// The nodes
    #[command(flatten)]
    pub nodes: Nodes,
    /// The member's key file
    #[arg(long, env = "COURTSEAL_KEY")]
    pub key: PathBuf,
    /// Keep receipts, openings and requests in this folder, not beside the files; a folder's go into one of its name
    #[arg(long, value_name = "DIR")]
    pub receipts: Option<PathBuf>,
    /// Which files to take
    #[command(flatten)]
    pub choice: Choice,
    /// Drop requests of before that wait for these files, and sign anew: what was sent already may then be recorded twice
    #[arg(long)]
    pub forget: bool,
    /// The policy that receipts are checked against [default: that of the genesis which the key file pins]
    #[arg(long, env = "COURTSEAL_POLICY")]
    pub policy: Option<PathBuf>,
    /// Record a salted commitment only, and keep the salt in PATH.opening
    #[arg(long)]
    pub confidential: bool,
    /// Publish the digests even of files whose receipts are confidential
    #[arg(long, conflicts_with = "confidential")]
    pub public: bool,
    /// A case number, recorded as a tag under the case key
    #[arg(long, requires = "case_key")]
    pub case: Option<String>,
    /// A private file (mode 0600) of 64 hex digits
    #[arg(long, requires = "case")]
    pub case_key: Option<PathBuf>,
    /// Which digests to record: sha256, or sha256,sha512 [default: sha256,sha512]
    #[arg(long, value_name = "NAMES", value_parser = digests, conflicts_with = "confidential")]
    pub digest: Option<Digests>,
    /// Your word for when the file was made or seen, such as 2026-11-23T17:00:00Z or 2026-11-23T17:00:00+08:00
    #[arg(long, value_name = "TIME")]
    pub asserted_at: Option<String>,
    /// Media type of the files, such as application/pdf
    #[arg(long, value_name = "TYPE/SUBTYPE")]
    pub media_type: Option<String>,
    /// Give up after so much time in which nothing comes, such as 30 or 5m
    #[arg(long, default_value = "30", value_name = "SECONDS", value_parser = seconds)]
    pub timeout: Duration,
}

/// The digests that `notarize` records of a file; SHA-256 is always among them (F14).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Digests {
    /// SHA-256 alone.
    Sha256,
    /// SHA-512 beside it. If SHA-256 grows weak, proofs can be renewed under SHA-512.
    #[default]
    Sha256AndSha512,
}

/// Options of `verify`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  courtseal verify contract.pdf\n  courtseal verify evidence/ --policy policy.txt\nWithout --policy, each receipt is checked under the policy of its network that you trust: see `courtseal policy trust --help`."
)]
pub struct Verify {
    /// Files and folders; or the receipt of an equivocation, which is about no file
    #[arg(required_unless_present = "digest")]
    pub paths: Vec<PathBuf>,
    /// Verify a receipt for a file that is not at hand, by its digests: sha256:HEX, or sha256:HEX,sha512:HEX
    #[arg(long, value_name = "DIGESTS", requires = "receipt", conflicts_with_all = ["paths", "opening"])]
    pub digest: Option<String>,
    /// The size of that file, in bytes, if it is known
    #[arg(long, value_name = "BYTES", requires = "digest")]
    pub size: Option<u64>,
    /// What the record must be
    #[command(flatten)]
    pub expected: Expected,
    /// The courts' policy, from a source you trust [default: the one of the receipt's network that you trust by name]
    #[arg(long, env = "COURTSEAL_POLICY")]
    pub policy: Option<PathBuf>,
    /// The receipt [default: PATH.tlog-proof]
    #[arg(long)]
    pub receipt: Option<PathBuf>,
    /// The opening of a confidential file [default: PATH.opening]
    #[arg(long)]
    pub opening: Option<PathBuf>,
    /// The folder that receipts and openings are kept in, if not beside the files
    #[arg(long, value_name = "DIR")]
    pub receipts: Option<PathBuf>,
    /// Which files to take
    #[command(flatten)]
    pub choice: Choice,
}

/// `receipt …`.
#[derive(Subcommand)]
pub enum Receipt {
    /// Show what a receipt says: entry, member, time, courts; `verify` checks it
    Show(ReceiptShow),
    /// Fetch receipts of a file, a digest or an entry from nodes, and keep those that hold
    Fetch(ReceiptFetch),
}

/// Options of `receipt show`.
#[derive(Args)]
pub struct ReceiptShow {
    /// The receipt
    pub file: PathBuf,
    /// The courts' policy, from a source you trust [default: the one of the receipt's network that you trust by name]
    #[arg(long, env = "COURTSEAL_POLICY")]
    pub policy: Option<PathBuf>,
}

/// Options of `receipt fetch`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  courtseal receipt fetch contract.pdf --node http://127.0.0.1:8600 --policy policy.txt\n  courtseal receipt fetch --digest sha256:HEX --out contract.tlog-proof --node http://127.0.0.1:8600\nOf several records of a file, --by and --entry choose; else the first one is fetched."
)]
pub struct ReceiptFetch {
    /// The file; its receipt is kept beside it
    #[arg(required_unless_present_any = ["digest", "entry"])]
    pub file: Option<PathBuf>,
    /// The SHA-256 of a file that is not at hand
    #[arg(long, value_name = "DIGEST", value_parser = crate::policy::parse_digest, conflicts_with = "file")]
    pub digest: Option<Digest>,
    /// The entry
    #[arg(long, value_name = "INDEX", value_parser = index)]
    pub entry: Option<u64>,
    /// The member who recorded it
    #[arg(long, value_name = "MEMBER")]
    pub by: Option<String>,
    /// Where to keep the receipt [default: beside the file]
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// The nodes
    #[command(flatten)]
    pub nodes: Nodes,
    /// The courts' policy, from a source you trust [default: the one of the receipt's network that you trust by name]
    #[arg(long, env = "COURTSEAL_POLICY")]
    pub policy: Option<PathBuf>,
}

fn digests(text: &str) -> Result<Digests, String> {
    match text {
        "sha256" => Ok(Digests::Sha256),
        "sha256,sha512" => Ok(Digests::Sha256AndSha512),
        _ => Err("the digests are sha256, or sha256,sha512".to_owned()),
    }
}
