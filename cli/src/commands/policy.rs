//! `policy trust`, `list`, `show` and `forget`: what the user trusts, by names of the user's own (F44).
//!
//! In: a policy's file, a name, the user's word or a published digest. Out: a trusted policy, or why not.
//! Always: nothing is trusted unless a person says so on a terminal after the whole digest was shown, or
//! names that digest. Not for keeping the files: see `trust::store`.

mod describe;

use super::command::{Command, commands};
use super::options;
use crate::failure::{Exit, Failure, usage};
use crate::files;
use crate::print::{self, Style};
use crate::trust::store::{self, Store};
use clap::Args;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::limits::POLICY_BYTES_MAX;
use courtseal_proof::bytes::name::{Name, Origin};
use courtseal_proof::verify::HeldPolicy;
use serde_json::json;
use std::io::{self, BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

/// Longest answer that is read, in bytes.
const ANSWER_BYTES_MAX: u64 = 64;

commands! {
    /// The commands of `policy`.
    Policy {
        /// Trust a policy under a name of your own, once its digest is compared; `verify` then uses it for
        /// its network
        Trust(Trust),
        /// List the policies that you trust, with their whole digests
        List(List),
        /// Show a policy: its whole digest, its network, its courts and all keys
        Show(Show),
        /// Stop trusting a policy
        Forget(Forget),
    }
}

/// Options of `policy trust`.
#[derive(Args)]
#[command(
    after_help = "Examples:\n  courtseal policy trust policy.txt --as cn-courts\n  courtseal policy trust policy.txt --as cn-courts --expect sha256:DIGEST\nThe policy is shown, and you are asked, unless --expect names its digest. Trusted policies are kept in\n$XDG_CONFIG_HOME/courtseal/policies, by default ~/.config/courtseal/policies. A network has one trusted policy."
)]
pub struct Trust {
    /// The policy's file
    pub file: PathBuf,
    /// Your name for it, which `verify` will show
    #[arg(long = "as", value_name = "NAME")]
    pub name: String,
    /// The whole digest that the courts publish; the policy is trusted only if this is its digest, and
    /// nothing is asked
    #[arg(long, value_name = "DIGEST", value_parser = options::digest)]
    pub expect: Option<Digest>,
}

impl Command for Trust {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let name = Name::new(self.name.clone()).map_err(|error| usage(format!("--as: {error}")))?;
        let (bytes, held, origin) = read(&self.file)?;
        let store = Store::open();
        if let Some(expected) = self.expect {
            compare(expected, held.digest())?;
        }
        if store.has(&name, &held, &origin)? {
            return said(style, "trusted", &name, &held, "already; nothing to do");
        }
        let ask = self.expect.is_none();
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
            if !confirm(
                &format!("Type yes to trust this policy as '{name}': "),
                &mut io::stdin().lock(),
                &mut io::stderr().lock(),
            )? {
                return Err(Failure::new(Exit::Invalid, "not trusted; nothing was written").into());
            }
        }
        let path = store.pin(&name, &bytes)?;
        if style.json {
            return said(style, "trusted", &name, &held, "");
        }
        print::row("trusted", format_args!("as '{name}', kept in {}", print::path(&path)))?;
        print::row("next", "courtseal verify FILE uses it for every receipt of this network")?;
        Ok(Exit::Done)
    }
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
fn said(style: Style, label: &str, name: &Name, held: &HeldPolicy, what: &str) -> anyhow::Result<Exit> {
    if style.json {
        let mut value = describe::json(&Store::default(), held);
        value["name"] = json!(name);
        value["result"] = json!(label);
        print::line(value)?;
        return Ok(Exit::Done);
    }
    print::row(label, format_args!("'{name}' {what}"))?;
    print::row("policy", held.digest().tagged())?;
    print::row("network", held.policy()?.origin())?;
    Ok(Exit::Done)
}

/// Options of `policy list`.
#[derive(Args)]
pub struct List {}

impl Command for List {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
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
}

/// Options of `policy show`.
#[derive(Args)]
pub struct Show {
    /// The name of a policy that you trust, or else a policy's file
    #[arg(value_name = "NAME|FILE")]
    pub policy: PathBuf,
}

impl Command for Show {
    /// Shows a trusted policy if that is its name, else a file.
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let store = Store::open();
        let held = match self.policy.to_str().and_then(|name| store.named(name)) {
            Some(trusted) => trusted.held.clone(),
            None => read(&self.policy)?.1,
        };
        if style.json {
            print::line(describe::json(&store, &held))?;
        } else {
            describe::print(&store, &held)?;
        }
        Ok(Exit::Done)
    }
}

/// Options of `policy forget`.
#[derive(Args)]
pub struct Forget {
    /// Your name for it
    pub name: String,
}

impl Command for Forget {
    fn run(&self, style: Style) -> anyhow::Result<Exit> {
        let store = Store::open();
        let (trusted, path) = store.forget(&self.name)?;
        said(style, "forgotten", &trusted.name, &trusted.held, &format!("(removed {})", print::path(&path)))
    }
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
    fn f44_another_digest_is_not_trusted() {
        let digest = Digest([0xab; 32]);
        assert!(compare(digest, digest).is_ok());
        let other = compare(digest, Digest([0xac; 32])).unwrap_err();
        assert_eq!(other.exit, Exit::Invalid);
        assert!(other.message.contains(&digest.tagged()) && other.message.contains(&Digest([0xac; 32]).tagged()));
    }
}
