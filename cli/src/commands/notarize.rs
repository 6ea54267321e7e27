//! `notarize`: record files, and keep a receipt beside each.
//!
//! In: files, folders or digests, a key, nodes. Out: what became of each file, as lines or JSON. Always: what
//! the options ask for is checked before anything is read or sent. Not for recording: see `crate::notarize`.

use super::command::Command;
use super::options::{self, Files, Sending, file_digests};
use super::recorder::{Recorder, is_of_own_files};
use crate::evidence::groups;
use crate::failure::{Exit, usage};
use crate::files::{named, reason};
use crate::keys::case::case_tag;
use crate::keys::{MemberKey, read_member};
use crate::notarize::{Digests, Known, Wish, Work, by_digest, notarize};
use crate::print::{self, Style};
use clap::Args;
use courtseal_proof::kinds::document::check_media_type;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Longest list of paths, in bytes.
const LIST_BYTES_MAX: usize = 64 * 1024 * 1024;

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
    /// Record a file that is not at hand by its digests: sha256:HEX, then perhaps ,sha512:HEX, then perhaps
    /// ,sm3:HEX
    #[arg(long, value_name = "DIGESTS", requires = "size", conflicts_with_all = ["paths", "confidential", "digest"])]
    pub digest_only: Option<String>,
    /// The size of that file, in bytes; needed with --digest-only
    #[arg(long, value_name = "BYTES", requires = "digest_only")]
    pub size: Option<u64>,
    /// The nodes to ask
    #[command(flatten)]
    pub nodes: options::Nodes,
    /// The member's key file
    #[arg(long, env = "COURTSEAL_KEY")]
    pub key: PathBuf,
    /// Keep receipts, openings and requests in this folder, not beside the files; a folder's go into one of
    /// its name
    #[arg(long, value_name = "DIR")]
    pub receipts: Option<PathBuf>,
    /// Which files to take
    #[command(flatten)]
    pub choice: Files,
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
    /// Which digests to record: sha256, perhaps with sha512, perhaps with sm3 [default: sha256,sha512]
    #[arg(long, value_name = "NAMES", value_parser = digests, conflicts_with = "confidential")]
    pub digest: Option<Digests>,
    /// Your word for when the file was made or seen, such as 2026-11-23T17:00:00Z or
    /// 2026-11-23T17:00:00+08:00
    #[arg(long, value_name = "TIME")]
    pub asserted_at: Option<String>,
    /// Media type of the files, such as application/pdf
    #[arg(long, value_name = "TYPE/SUBTYPE")]
    pub media_type: Option<String>,
    /// How the request is sent
    #[command(flatten)]
    pub sending: Sending,
}

impl Command for Notarize {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let key = read_member(&self.key)?;
        let wish = self.wish(&key)?;
        let choice = self.choice.choice()?;
        let known = self.known()?;
        let groups = match &known {
            Some(known) => vec![by_digest::group(known, self.receipts.as_deref())?],
            None => groups(&self.all_paths()?, self.receipts.as_deref())?,
        };
        let recorder = Recorder::open(&key, &self.nodes, self.policy.as_deref(), &self.sending)?;
        let work = Work { dry_run: self.dry_run, ..recorder.work(&wish, &choice) };
        let one = |group| match &known {
            Some(known) => by_digest::notarize(&work, known, &group, &recorder.state),
            None => notarize(&work, &group, &recorder.state),
        };
        recorder.record(groups, one, is_of_own_files, style)
    }
}

impl Notarize {
    /// The file that is not at hand, if the options say one.
    fn known(&self) -> anyhow::Result<Option<Known>> {
        let Some((digests, size)) = self.digest_only.as_deref().zip(self.size) else { return Ok(None) };
        let digests = file_digests(digests).map_err(|problem| usage(format!("--digest-only: {problem}")))?;
        Ok(Some(Known { digests, size }))
    }

    /// How the files are to be stated.
    ///
    /// # Errors
    /// Usage.
    fn wish(&self, key: &MemberKey) -> anyhow::Result<Wish> {
        let case = self.case.as_deref().zip(self.case_key.as_deref());
        let case = case.map(|(number, file)| case_tag(number, file, &key.origin)).transpose()?;
        let asserted_at = self.asserted_at.as_deref().map(|text| options::time("asserted-at", text)).transpose()?;
        options::check_asserted_at(asserted_at)?;
        // Of a file that is not at hand, only what is given can be stated.
        let given = |text: &str| Digests { sha512: text.contains("sha512:"), sm3: text.contains("sm3:") };
        let digests = self.digest_only.as_deref().map_or_else(Digests::default, given);
        let wish = Wish {
            confidential: self.confidential,
            public: self.public,
            case,
            digests: self.digest.unwrap_or(digests),
            asserted_at,
            media_type: self.media_type.clone(),
        };
        // The form of the media type is the statement's to judge.
        check_media_type(wish.media_type.as_deref()).map_err(|error| usage(format!("--media-type: {error}")))?;
        Ok(wish)
    }

    /// The paths of a command, those of `--files-from` among them: separated by zero bytes if there are any,
    /// else by newlines.
    ///
    /// # Errors
    /// Usage: the list cannot be read, or is too long.
    fn all_paths(&self) -> anyhow::Result<Vec<PathBuf>> {
        let Some(list) = &self.files_from else { return Ok(self.paths.clone()) };
        let shown = print::path(list);
        let bytes = named::read(list, LIST_BYTES_MAX)
            .map_err(|error| usage(format!("--files-from: cannot read {shown}: {}", reason(&error))))?;
        anyhow::ensure!(
            bytes.len() <= LIST_BYTES_MAX,
            usage(format!("--files-from: {shown} has more than {LIST_BYTES_MAX} bytes"))
        );
        let separator = if bytes.contains(&0) { 0 } else { b'\n' };
        let listed = bytes.split(|byte| *byte == separator).filter(|path| !path.is_empty());
        let listed = listed.map(|path| PathBuf::from(OsStr::from_bytes(path)));
        let paths: Vec<PathBuf> = self.paths.iter().cloned().chain(listed).collect();
        anyhow::ensure!(!paths.is_empty(), usage(format!("--files-from: {shown} names no file")));
        Ok(paths)
    }
}

/// Reads which digests to record.
fn digests(text: &str) -> Result<Digests, String> {
    let (sha512, sm3) = match text {
        "sha256" => (false, false),
        "sha256,sha512" => (true, false),
        "sha256,sm3" => (false, true),
        "sha256,sha512,sm3" => (true, true),
        _ => return Err("the digests are sha256, then perhaps sha512, then perhaps sm3, with commas between them".to_owned()),
    };
    Ok(Digests { sha512, sm3 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_named_whole() {
        assert_eq!(digests("sha256"), Ok(Digests::SHA256));
        assert_eq!(digests("sha256,sha512"), Ok(Digests::default()));
        assert_eq!(digests("sha256,sm3"), Ok(Digests { sha512: false, sm3: true }));
        assert_eq!(digests("sha256,sha512,sm3"), Ok(Digests { sha512: true, sm3: true }));
        for other in ["", "sha512", "sm3", "sha512,sha256", "sha256,", "sha256,sha256", "SHA256", "md5", "sha256,sm3,sha512"] {
            assert!(digests(other).unwrap_err().contains("the digests are sha256, then perhaps sha512"), "{other}");
        }
    }
}
