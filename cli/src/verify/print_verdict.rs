//! Verdicts as text and as JSON.
//!
//! In: a verdict. Out: lines: verdict first, then what was found, then what it means or what to do. Always: a label stands for one thing;
//! digests are short unless asked for. Not for deciding anything.

use super::{NoVerdict, Verdict};
use crate::equivocation;
use crate::failure::Exit;
use crate::notarize::report::path_text;
use crate::print::{self, Style};
use courtseal_proof::entry::Entry;
use courtseal_proof::time::Timestamp;
use courtseal_proof::verify::{Check, Missing, Proven, Refusal};
use serde_json::{Value, json};
use std::io;

/// Prints a verdict on stdout; that a file could not be read is a message on stderr.
///
/// # Errors
/// Writing to stdout.
pub fn print(verdict: &Verdict, style: Style) -> io::Result<()> {
    let path = print::path(&verdict.path);
    match (&verdict.result, &verdict.proven) {
        (Ok(()), proven) => {
            print::row("VALID", path)?;
            proven.as_ref().map_or(Ok(()), |proven| valid(proven, style))
        }
        (Err(NoVerdict::Refused(Refusal::Invalid(check, message))), proven) => {
            print::row("INVALID", path)?;
            invalid(*check, message, proven.as_ref(), style)
        }
        (Err(NoVerdict::Refused(Refusal::CannotTell(missing, message))), _) => {
            print::row("CANNOT TELL", path)?;
            print::row("missing", format_args!("{} ({})", style.digests(message), missing.as_str()))?;
            print::row("next", next(*missing))
        }
        (Err(NoVerdict::Problem(problem)), _) => {
            print::message(format_args!("{}not verified: {problem}", print::column(&path)));
            Ok(())
        }
    }
}

fn valid(proven: &Proven, style: Style) -> io::Result<()> {
    let entry = &proven.entry;
    print::row("recorded", recorded(entry, style))?;
    if let Some(stated) = entry.as_stated() {
        let member = stated.member;
        print::row("by", format_args!("{}, {} of {}; own signature checked", member.name, member.role.as_str(), member.court))?;
        if let Some(time) = stated.statement.asserted_at {
            print::row("asserted", format_args!("{}, the submitter's word", print::time(time)))?;
        }
        if let Some(accused) = &stated.statement.equivocation {
            equivocation::print(accused, style)?;
            signed(proven, style)?;
            return print::row("meaning", equivocation::meaning(accused));
        }
        print::row(
            "outcome",
            match stated.outcome.first {
                Some(true) => "first public record of this file on this network (says nothing of authorship)",
                Some(false) => "an earlier entry names the same SHA-256 and length",
                None => "confidential: the log shows a salted commitment, which this file and its opening match",
            },
        )?;
        if style.verbose {
            let digests = stated.statement.digests.clone().map(Vec::<String>::from).unwrap_or_default();
            for digest in digests.into_iter().chain(stated.statement.commitment.map(|tag| tag.to_string())) {
                print::row("file", digest)?;
            }
            print::row("transaction", stated.transaction.tagged())?;
        }
    }
    signed(proven, style)?;
    print::row(
        "meaning",
        "This file existed and was recorded at that time, unchanged since. Whether its contents are true is not proven.",
    )
}

/// The courts that signed, and the policy.
fn signed(proven: &Proven, style: Style) -> io::Result<()> {
    let names: Vec<&str> = proven.courts.iter().map(|(name, _)| name.as_str()).collect();
    let (needed, listed) = (proven.courts_needed, proven.courts_listed);
    print::row("courts", format_args!("{needed} of {listed} required, {} signed: {}", names.len(), names.join(", ")))?;
    if style.verbose {
        for (name, time_s) in &proven.courts {
            print::row("", format_args!("{name} signed at {}", print::time(Timestamp(0).plus_ms(time_s.saturating_mul(1000)))))?;
        }
    }
    print::row("policy", style.digests(&proven.policy_digest.tagged()))
}

fn invalid(check: Check, message: &str, proven: Option<&Proven>, style: Style) -> io::Result<()> {
    let (failed, found) = match message.split_once(": ") {
        Some((failed, found)) => (failed, Some(found)),
        None => (message, None),
    };
    print::row("failed", format_args!("{} (check {} of {})", style.digests(failed), check.number(), Check::ALL.len()))?;
    if let Some(found) = found {
        print::row("found", style.digests(found))?;
    }
    match proven {
        Some(proven) => {
            print::row("recorded", recorded(&proven.entry, style))?;
            print::row("receipt", "genuine: it belongs to another file or an earlier version")
        }
        None => print::row("receipt", "proves nothing under this policy: it is damaged, altered, or made for another policy"),
    }
}

fn recorded(entry: &Entry, style: Style) -> String {
    let network = style.digests(&entry.chain.to_string());
    format!("{}, entry {} of {network}", print::time(entry.recorded_at), print::count(entry.index))
}

fn next(missing: Missing) -> &'static str {
    match missing {
        Missing::Receipt => "give the receipt with --receipt FILE, or ask whoever notarized the file for it",
        Missing::Version => "check it with a newer courtseal",
        Missing::Opening => "give it with --opening FILE, or ask whoever notarized the file for it",
        Missing::PolicyUnreadable | Missing::PolicyTooWeak | Missing::OtherNetwork | Missing::UnknownKey => {
            "get the policy from a source you trust (a court's site or gazette), then run again with --policy"
        }
    }
}

/// All verdicts, for programs.
pub fn json(verdicts: &[Verdict], exit: Exit) -> Value {
    let of = |exit| verdicts.iter().filter(|verdict| verdict.exit() == exit).count();
    json!({
        "exit": exit.code(), "valid": of(Exit::Done), "invalid": of(Exit::Invalid), "cannot_tell": of(Exit::CannotTell),
        "not_verified": of(Exit::Usage), "files": verdicts.iter().map(one).collect::<Vec<_>>(),
    })
}

fn one(verdict: &Verdict) -> Value {
    let mut value = match &verdict.result {
        Ok(()) => json!({"verdict": "valid"}),
        Err(NoVerdict::Refused(refusal)) => {
            let word = if matches!(refusal, Refusal::Invalid(..)) { "invalid" } else { "cannot-tell" };
            let mut value = json!({"verdict": word, "reason": refusal.reason(), "message": refusal.message()});
            if let Refusal::Invalid(check, _) = refusal {
                value["check"] = json!(check.number());
            }
            value
        }
        Err(NoVerdict::Problem(problem)) => json!({"verdict": "not-verified", "message": problem.to_string()}),
    };
    value["path"] = json!(path_text(&verdict.path));
    if let Some(proven) = &verdict.proven {
        let courts: Vec<Value> = proven.courts.iter().map(|(name, time_s)| json!({"name": name, "time_s": time_s})).collect();
        value["entry"] = json!(proven.entry);
        value["courts"] = json!(courts);
        value["courts_needed"] = json!(proven.courts_needed);
        value["courts_listed"] = json!(proven.courts_listed);
        value["policy"] = json!(proven.policy_digest.tagged());
        value["log_size"] = json!(proven.log_size);
    }
    value
}
