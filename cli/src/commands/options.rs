//! Options that several commands share, and how their values are written.
//!
//! In: words. Out: nodes, patterns, digests, indices, durations. Always: a value that cannot be meant is
//! refused before anything is read or sent. Not for options of one command: those are in its file.

use crate::evidence::Choice;
use crate::failure::{Exit, Failure, usage};
use crate::http::Client;
use crate::print;
use crate::times;
use clap::Args;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::statement::FileDigests;
use std::path::PathBuf;
use std::time::Duration;

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

impl Nodes {
    /// A client of these nodes.
    ///
    /// # Errors
    /// Usage: a URL is malformed; the file of `--ca` cannot be used.
    pub fn client(&self) -> anyhow::Result<Client> {
        Client::new(&self.urls, self.ca.as_deref())
    }
}

/// How a signed request is sent.
#[derive(Args, Clone, Debug)]
pub struct Sending {
    /// Drop requests of before that wait for the same, and sign anew: what was sent already may then be
    /// recorded twice
    #[arg(long)]
    pub forget: bool,
    /// Give up after so much time in which nothing comes, such as 30 or 5m
    #[arg(long, default_value = "30", value_name = "SECONDS", value_parser = duration)]
    pub timeout: Duration,
}

/// Which files of a folder to take.
#[derive(Args, Clone, Debug, Default)]
pub struct Files {
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

impl Files {
    /// The choice that the options ask for.
    ///
    /// # Errors
    /// Usage: a pattern is malformed.
    pub fn choice(&self) -> anyhow::Result<Choice> {
        let pattern = |text: &String| {
            glob::Pattern::new(text).map_err(|error| usage(format!("--exclude {text:?} is no pattern: {}", error.msg)))
        };
        let exclude = self.exclude.iter().map(pattern).collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Choice { skip_links: self.skip_links, all_names: self.all_names, exclude })
    }
}

/// Reads an entry's index, as it is printed: `2249` or `2,249`.
///
/// # Errors
/// What is wrong with it.
pub fn index(text: &str) -> Result<u64, String> {
    text.replace(',', "").parse().map_err(|_| "an entry's index is a number such as 2249 or 2,249".to_owned())
}

/// Reads a duration as people write it: `30`, `30s`, `1.5m`, `2h`.
///
/// # Errors
/// What is wrong with it.
pub fn duration(text: &str) -> Result<Duration, String> {
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

/// Reads the time that an option gives.
///
/// # Errors
/// Usage: it is no time.
pub fn time(option: &str, text: &str) -> anyhow::Result<Timestamp> {
    times::parse(text).map_err(|problem| usage(format!("--{option}: {problem}")))
}

/// Whether the submitter's word for when something happened can be stated.
///
/// # Errors
/// Usage: it is later than now.
pub fn check_asserted_at(time: Option<Timestamp>) -> anyhow::Result<()> {
    let Some(time) = time.filter(|time| *time > times::now()) else { return Ok(()) };
    // The courts refuse it, and would record the refusal for good.
    let message = format!("--asserted-at: {} is later than now, by this machine's clock", print::time(time));
    Err(Failure::new(Exit::Usage, message).next("give a time that is past, or set this machine's clock").into())
}

/// Reads a SHA-256 digest as it is published: all 64 hex digits, with or without `sha256:` before them.
///
/// # Errors
/// What is wrong with it.
pub fn digest(text: &str) -> Result<Digest, String> {
    let plain = text.trim().to_ascii_lowercase();
    Digest::from_hex(plain.strip_prefix("sha256:").unwrap_or(&plain))
        .ok_or_else(|| "a digest is written sha256:<64 hex digits>, all of them: a part of it can be imitated".to_owned())
}

/// Reads the digests of one file: SHA-256, and perhaps SHA-512 and SM3 after commas.
///
/// # Errors
/// What is wrong with them.
pub fn file_digests(text: &str) -> Result<FileDigests, String> {
    let texts: Vec<String> = text.split(',').map(|part| part.trim().to_ascii_lowercase()).collect();
    let texts = match &texts[..] {
        [only] if !only.contains(':') => vec![format!("sha256:{only}")],
        _ => texts,
    };
    FileDigests::try_from(texts)
        .map_err(|_| "digests are written sha256:<64 hex digits>, then perhaps sha512:<128 hex digits>, then perhaps sm3:<64 hex digits>, with commas between them".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f44_a_digest_is_whole() {
        let whole = Digest([0xab; 32]);
        for text in [whole.tagged(), whole.to_string(), whole.to_string().to_uppercase(), format!(" {whole}\n")] {
            assert_eq!(digest(&text), Ok(whole), "{text:?}");
        }
        for part in ["", "sha256:", "sha256:abab", &whole.to_string()[1..], &format!("{whole}0"), "sha512:abab"] {
            assert!(digest(part).unwrap_err().contains("64 hex digits"), "{part:?}");
        }
    }
}
