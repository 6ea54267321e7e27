//! What the options of `notarize` ask for, checked before anything is read or sent.

use super::collect::Choice;
use super::{Wish, now};
use crate::command::{self, Digests, Notarize};
use crate::failure::{Exit, Failure, usage};
use crate::files::{named, reason};
use crate::http::Client;
use crate::keys::{MemberKey, read_private};
use crate::print;
use crate::times;
use courtseal_proof::commitment::{Tag, case_tag};
use courtseal_proof::digest::{lower_hex, sha256};
use courtseal_proof::genesis::Genesis;
use courtseal_proof::limits::POLICY_BYTES_MAX;
use courtseal_proof::name::Origin;
use courtseal_proof::statement::{FileDigests, Statement};
use courtseal_proof::time::Timestamp;
use courtseal_proof::verify::HeldPolicy;
use icu_normalizer::ComposingNormalizerBorrowed;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Longest list of paths, in bytes.
const LIST_BYTES_MAX: usize = 64 * 1024 * 1024;

/// How the files are to be stated.
///
/// # Errors
/// Usage.
pub fn wish(options: &Notarize, key: &MemberKey) -> anyhow::Result<Wish> {
    let case = case(options.case.as_deref(), options.case_key.as_deref(), &key.origin)?;
    let asserted_at = options.asserted_at.as_deref().map(asserted).transpose()?;
    // Of a file that is not at hand, only what is given can be stated.
    let has_sha512 = options.digest_only.as_deref().is_none_or(|text| text.contains("sha512:"));
    let digests = if has_sha512 { Digests::default() } else { Digests::Sha256 };
    let wish = Wish {
        confidential: options.confidential,
        public: options.public,
        case,
        digests: options.digest.unwrap_or(digests),
        asserted_at,
        media_type: options.media_type.clone(),
    };
    // The form of the media type is the statement's to judge.
    let sample = Statement {
        media_type: wish.media_type.clone(),
        ..Statement::public(FileDigests { sha256: sha256(b""), sha512: None }, 0)
    };
    sample.check().map_err(|error| usage(format!("--media-type: {error}")))?;
    Ok(wish)
}

fn asserted(text: &str) -> anyhow::Result<Timestamp> {
    let time = times::parse(text).map_err(|problem| usage(format!("--asserted-at: {problem}")))?;
    // The courts refuse it, and would record the refusal for good.
    if time > now() {
        let message = format!("--asserted-at: {} is later than now, by this machine's clock", print::time(time));
        return Err(Failure::new(Exit::Usage, message).next("give a time that is past, or set this machine's clock").into());
    }
    Ok(time)
}

/// The tag of a case number under its case key (F16): trimmed and in the form NFC, because people cannot see the difference.
///
/// # Errors
/// Usage: the case key is of no use, or the number is empty.
pub fn case(number: Option<&str>, key: Option<&Path>, origin: &Origin) -> anyhow::Result<Option<Tag>> {
    let (Some(number), Some(path)) = (number, key) else { return Ok(None) };
    let number = ComposingNormalizerBorrowed::new_nfc().normalize(number.trim()).into_owned();
    if number.is_empty() {
        return Err(usage("--case: the number is empty"));
    }
    let text = read_private(path)?;
    let case_key: Option<[u8; 32]> = lower_hex(text.trim_end_matches(['\n', '\r']));
    let Some(case_key) = case_key.map(Zeroizing::new) else {
        let message = format!("{} is no case key: 64 lower-case hex digits", print::path(path));
        return Err(Failure::new(Exit::Usage, message)
            .next("make one for each case with `(umask 077; openssl rand -hex 32 > case.key)`, and keep it with the case's files")
            .into());
    };
    Ok(Some(case_tag(&case_key, &origin.chain(), &number)))
}

/// The policy that receipts are checked against: the one given, or the genesis policy that the key file pins.
///
/// # Errors
/// Usage: unreadable, too weak, of another network. No node answers.
pub fn policy(given: Option<&Path>, key: &MemberKey, client: &Client) -> anyhow::Result<HeldPolicy> {
    let Some(path) = given else { return Ok(pinned(key, client)?) };
    let (bytes, _) = named::read_policy(path, POLICY_BYTES_MAX)
        .map_err(|error| usage(format!("cannot read the policy {}: {}", print::path(path), reason(&error))))?;
    let held = HeldPolicy::new(&bytes);
    let policy = held
        .policy()
        .map_err(|refusal| usage(format!("the policy {} is of no use: {}", print::path(path), refusal.message())))?;
    if *policy.origin() != key.origin {
        return Err(usage(format!("the policy is of {}, the key of {}", policy.origin(), key.origin)));
    }
    Ok(held)
}

/// The pinned policy from the first node that has it: a node of another network, or of none, is no reason to give up while there are others.
fn pinned(key: &MemberKey, client: &Client) -> Result<HeldPolicy, Failure> {
    client.get("/v1/genesis", |node, answer| {
        let genesis = Genesis::from_text(&answer.success(node)?.body)
            .map_err(|error| Failure::new(Exit::Unreachable, format!("{} serves no usable genesis: {error}", node.url())))?;
        if genesis.origin() != key.origin {
            let message = format!("{} is a node of {}, the key is of {}", node.url(), genesis.origin(), key.origin);
            return Err(Failure::new(Exit::Refused, message)
                .next("name a node of the key's network with --node, or the right key with --key"));
        }
        Ok(HeldPolicy::new(genesis.policy_text().as_bytes()))
    })
}

/// The paths of a command, those of `--files-from` among them: separated by zero bytes if there are any, else by newlines.
///
/// # Errors
/// Usage: the list cannot be read, or is too long.
pub fn paths(options: &Notarize) -> anyhow::Result<Vec<PathBuf>> {
    let Some(list) = &options.files_from else { return Ok(options.paths.clone()) };
    let shown = print::path(list);
    let bytes = named::read(list, LIST_BYTES_MAX)
        .map_err(|error| usage(format!("--files-from: cannot read {shown}: {}", reason(&error))))?;
    anyhow::ensure!(bytes.len() <= LIST_BYTES_MAX, usage(format!("--files-from: {shown} has more than {LIST_BYTES_MAX} bytes")));
    let separator = if bytes.contains(&0) { 0 } else { b'\n' };
    let listed = bytes.split(|byte| *byte == separator).filter(|path| !path.is_empty());
    let listed = listed.map(|path| PathBuf::from(OsStr::from_bytes(path)));
    let paths: Vec<PathBuf> = options.paths.iter().cloned().chain(listed).collect();
    anyhow::ensure!(!paths.is_empty(), usage(format!("--files-from: {shown} names no file")));
    Ok(paths)
}

/// What to leave out of folders.
///
/// # Errors
/// Usage: a pattern is malformed.
pub fn choice(options: &command::Choice) -> anyhow::Result<Choice> {
    let pattern = |text: &String| {
        glob::Pattern::new(text).map_err(|error| usage(format!("--exclude {text:?} is no pattern: {}", error.msg)))
    };
    let exclude = options.exclude.iter().map(pattern).collect::<anyhow::Result<Vec<_>>>()?;
    Ok(Choice { skip_links: options.skip_links, all_names: options.all_names, exclude })
}
