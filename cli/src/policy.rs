//! `policy trust`, `list`, `show` and `forget`: what the user trusts, by names of the user's own (F44).
//!
//! In: a policy's file, a name, the user's word or a published digest. Out: a trusted policy, or why not. Always: nothing is trusted
//! unless a person says so on a terminal after the whole digest was shown, or names that digest.
//! Not for keeping the files: see `trust::store`.

mod describe;

use crate::command::{PolicyForget, PolicyShow, PolicyTrust};
use crate::failure::{Exit, Failure, usage};
use crate::files;
use crate::print::{self, Style};
use crate::trust::store::{self, Store};
use courtseal_proof::digest::Digest;
use courtseal_proof::limits::POLICY_BYTES_MAX;
use courtseal_proof::name::{Name, Origin};
use courtseal_proof::verify::HeldPolicy;
use serde_json::json;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::Path;

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 64;

/// `policy trust`.
///
/// # Errors
/// The policy cannot be trusted, or is not the expected one; nobody can be asked, or the answer is no; as [`Store::has`] and
/// [`Store::pin`].
pub fn trust(options: &PolicyTrust, style: Style) -> anyhow::Result<()> {
    let name = Name::new(options.name.clone()).map_err(|error| usage(format!("--as: {error}")))?;
    let (bytes, held, origin) = read(&options.file)?;
    let store = Store::open();
    if let Some(expected) = options.expect {
        compare(expected, held.digest())?;
    }
    if store.has(&name, &held, &origin)? {
        return said(style, "trusted", &name, &held, "already; nothing to do");
    }
    let ask = options.expect.is_none();
    if ask && (style.json || !io::stdin().is_terminal() || !io::stdout().is_terminal()) {
        let message = "a policy is trusted only after a person compared its digest, but there is no terminal to ask on";
        return Err(Failure::new(Exit::Usage, message)
            .next("add --expect DIGEST, the whole digest as the courts publish it; then nothing is asked")
            .into());
    }
    if !style.json {
        describe::print(&store, &held)?;
    }
    if ask {
        // The keys of many courts may have moved the digest off the screen.
        print::message(format_args!("\n{}\n{BEFORE_TRUST}", held.digest().tagged()));
        if !confirm(&format!("Type yes to trust this policy as '{name}': "), &mut io::stdin().lock(), &mut io::stderr().lock())? {
            return Err(Failure::new(Exit::Invalid, "not trusted; nothing was written").into());
        }
    }
    let path = store.pin(&name, &bytes)?;
    if style.json {
        return said(style, "trusted", &name, &held, "");
    }
    print::row("trusted", format_args!("as '{name}', kept in {}", print::path(&path)))?;
    Ok(print::row("next", "courtseal verify FILE uses it for every receipt of this network")?)
}

/// What a person reads between the digest and the question.
const BEFORE_TRUST: &str = "\
Compare the whole digest with one that the courts publish (a gazette, a court's site, by voice), got in another way than this
file. Whoever made this file wrote the names in it: they prove nothing.";

/// Reads a policy that can be trusted.
fn read(path: &Path) -> anyhow::Result<(Vec<u8>, HeldPolicy, Origin)> {
    let shown = print::path(path);
    let (bytes, _) = files::named::read_policy(path, POLICY_BYTES_MAX)
        .map_err(|error| usage(format!("cannot read the policy {shown}: {}", files::reason(&error))))?;
    let held = HeldPolicy::new(&bytes);
    let origin = store::origin(&held).map_err(|problem| usage(format!("{shown}: {problem}")))?;
    Ok((bytes, held, origin))
}

fn compare(expected: Digest, found: Digest) -> Result<(), Failure> {
    if expected == found {
        return Ok(());
    }
    let message = format!("not trusted: this policy is {}, expected is {}", found.tagged(), expected.tagged());
    Err(Failure::new(Exit::Invalid, message)
        .next("get the policy again from a source you trust; this one is another, or was altered"))
}

/// Asks; only `yes` is yes. An end of input is no.
fn confirm(question: &str, answers: &mut impl BufRead, screen: &mut impl Write) -> io::Result<bool> {
    write!(screen, "{question}")?;
    screen.flush()?;
    let mut answer = String::new();
    io::Read::take(answers, ANSWER_BYTES_MAX).read_line(&mut answer)?;
    Ok(answer.trim() == "yes")
}

/// Says what became of a policy.
fn said(style: Style, label: &str, name: &Name, held: &HeldPolicy, what: &str) -> anyhow::Result<()> {
    if style.json {
        let mut value = describe::json(&Store::default(), held);
        value["name"] = json!(name);
        value["result"] = json!(label);
        return Ok(print::line(value)?);
    }
    print::row(label, format_args!("'{name}' {what}"))?;
    print::row("policy", held.digest().tagged())?;
    Ok(print::row("network", held.policy()?.origin())?)
}

/// `policy list`.
///
/// # Errors
/// Writing to stdout.
pub fn list(style: Style) -> anyhow::Result<Exit> {
    let store = Store::open();
    let exit = if store.problems().is_empty() { Exit::Done } else { Exit::Invalid };
    if style.json {
        let policies: Vec<_> = store.trusted().iter().map(|trusted| describe::json(&store, &trusted.held)).collect();
        print::line(json!({"policies": policies, "problems": store.problems()}))?;
        return Ok(exit);
    }
    if store.trusted().is_empty() {
        print::row("none", "you trust no policy by name")?;
        print::row("next", "get the courts' policy from a source you trust, then `courtseal policy trust FILE --as NAME`")?;
    }
    for trusted in store.trusted() {
        print::row(trusted.name.as_str(), trusted.held.digest().tagged())?;
        print::row("", &trusted.origin)?;
    }
    Ok(exit)
}

/// `policy show`: a trusted policy if that is its name, else a file.
///
/// # Errors
/// It cannot be read, or cannot be trusted.
pub fn show(options: &PolicyShow, style: Style) -> anyhow::Result<()> {
    let store = Store::open();
    let held = match options.policy.to_str().and_then(|name| store.named(name)) {
        Some(trusted) => trusted.held.clone(),
        None => read(&options.policy)?.1,
    };
    if style.json {
        return Ok(print::line(describe::json(&store, &held))?);
    }
    describe::print(&store, &held)
}

/// `policy forget`.
///
/// # Errors
/// [`Store::forget`].
pub fn forget(options: &PolicyForget, style: Style) -> anyhow::Result<()> {
    let store = Store::open();
    let (trusted, path) = store.forget(&options.name)?;
    said(style, "forgotten", &trusted.name, &trusted.held, &format!("(removed {})", print::path(&path)))
}

/// Reads a digest as it is published: all 64 hex digits, with or without `sha256:` before them.
///
/// # Errors
/// What is wrong with it.
pub fn parse_digest(text: &str) -> Result<Digest, String> {
    let plain = text.trim().to_ascii_lowercase();
    Digest::from_hex(plain.strip_prefix("sha256:").unwrap_or(&plain))
        .ok_or_else(|| "a digest is written sha256:<64 hex digits>, all of them: a part of it can be imitated".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f44_only_yes_is_yes() {
        let mut screen = Vec::new();
        let mut answer = |text: &str| confirm("Trust? ", &mut text.as_bytes(), &mut screen).unwrap();
        assert!(answer("yes\n") && answer(" yes "));
        let long = format!("{}yes\n", " ".repeat(64));
        for no in ["", "\n", "y\n", "no\n", "YES\n", "yes, I do\n", &long] {
            assert!(!answer(no), "{no:?}");
        }
        assert!(screen.starts_with(b"Trust? "));
    }

    #[test]
    fn f44_an_expected_digest_is_whole() {
        let digest = Digest([0xab; 32]);
        for text in [digest.tagged(), digest.to_string(), digest.to_string().to_uppercase(), format!(" {digest}\n")] {
            assert_eq!(parse_digest(&text), Ok(digest), "{text:?}");
        }
        for part in ["", "sha256:", "sha256:abab", &digest.to_string()[1..], &format!("{digest}0"), "sha512:abab"] {
            assert!(parse_digest(part).unwrap_err().contains("64 hex digits"), "{part:?}");
        }
        assert!(compare(digest, digest).is_ok());
        let other = compare(digest, Digest([0xac; 32])).unwrap_err();
        assert_eq!(other.exit, Exit::Invalid);
        assert!(other.message.contains(&digest.tagged()) && other.message.contains(&Digest([0xac; 32]).tagged()));
    }
}
