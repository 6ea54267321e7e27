//! What every command that records something needs: the member's key, the nodes, the policy, the folder for
//! locks.
//!
//! In: options. Out: one value to work with; the policy's line, or the JSON of all reports. Always: the
//! policy that receipts are checked against is of the key's network. Not for recording: see
//! `crate::notarize`.

mod policy;

use super::options::{Nodes, Sending};
use crate::evidence::Choice;
use crate::failure::{Exit, Failure};
use crate::files::folder::Folder;
use crate::http::Client;
use crate::keys::MemberKey;
use crate::notarize::journal::JournalKey;
use crate::notarize::report::GroupReport;
use crate::notarize::{Wish, Work, locks};
use crate::print::{self, Style};
use crate::trust::Trust;
use courtseal_proof::verify::HeldPolicy;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// All that a command records with.
pub struct Recorder<'a> {
    /// The member's key.
    pub key: &'a MemberKey,
    /// The folder for locks.
    pub state: Folder,
    journal_key: JournalKey,
    client: Client,
    policy: HeldPolicy,
    is_pinned: bool,
    forget: bool,
    timeout: Duration,
}

impl<'a> Recorder<'a> {
    /// Takes what the options name.
    ///
    /// # Errors
    /// Usage: a URL, the policy or the folder for locks is of no use. No node answers.
    pub fn open(key: &'a MemberKey, nodes: &Nodes, given: Option<&Path>, sending: &Sending) -> anyhow::Result<Self> {
        let client = nodes.client()?;
        let policy = policy::policy(given, key, &client)?;
        Ok(Self {
            key,
            state: locks()?,
            journal_key: JournalKey::new(&key.key),
            client,
            policy,
            is_pinned: given.is_none(),
            forget: sending.forget,
            timeout: sending.timeout,
        })
    }

    /// Work with it.
    pub fn work<'b>(&'b self, wish: &'b Wish, choice: &'b Choice) -> Work<'b> {
        let work = Work::new(self.key, &self.journal_key, &self.policy, &self.client, wish, choice, self.timeout);
        Work { forget: self.forget, ..work }
    }

    /// Records group after group, and prints what became of each; the worst is the exit code. What stops one
    /// group stops all, unless the others may fare better.
    ///
    /// # Errors
    /// Writing to stdout.
    pub fn record<T>(
        &self,
        groups: impl IntoIterator<Item = T>,
        one: impl Fn(T) -> GroupReport,
        others_may_fare_better: impl Fn(&Failure) -> bool,
        style: Style,
    ) -> anyhow::Result<Exit> {
        let (mut exit, mut reports) = (Exit::Done, Vec::new());
        for group in groups {
            let report = one(group);
            exit = exit.worse(report.exit());
            if style.json {
                reports.push(report.json());
            } else {
                report.print()?;
            }
            if report.stop.as_ref().is_some_and(|stop| !others_may_fare_better(stop)) {
                break;
            }
        }
        if style.json || style.verbose {
            self.print_policy(exit, &reports, style)?;
        }
        Ok(exit)
    }

    /// What receipts are checked against is the policy that was given, or the one that the key file pins; the
    /// trusted ones only name it.
    fn print_policy(&self, exit: Exit, reports: &[serde_json::Value], style: Style) -> anyhow::Result<()> {
        let (trust, digest) = (Trust::read(None), self.policy.digest());
        if style.json {
            let (policy, trusted_as) = (digest.tagged(), trust.name_of(digest));
            print::line(json!({"exit": exit.code(), "groups": reports, "policy": policy, "trusted_as": trusted_as}))?;
        } else {
            let pinned = if self.is_pinned { "; of the genesis that the key file pins" } else { "" };
            print::row("policy", format_args!("{}{pinned}", trust.describe(digest)))?;
        }
        Ok(())
    }
}

/// Whether what stopped a command is of its own files, and not of the network.
pub fn is_of_own_files(stop: &Failure) -> bool {
    stop.exit == Exit::Invalid
}
