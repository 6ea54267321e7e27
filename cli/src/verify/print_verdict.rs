//! Verdicts as text and as JSON.
//!
//! In: a verdict, what is trusted. Out: lines: verdict first, then what was found, then what it means or what
//! to do. Always: a label stands for one thing; only digests of files are ever short. Not for deciding
//! anything.

use super::verdict::{NoVerdict, Verdict};
use crate::failure::{Exit, next_step};
use crate::print::{self, Style};
use crate::trust::Trust;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::name::Origin;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::entry::Entry;
use courtseal_proof::statement::Statement;
use courtseal_proof::verify::{Check, Failed, Missing, Proven, Refusal};
use serde_json::{Value, json};
use std::io;

/// Prints a verdict on stdout; that a file could not be read is a message on stderr.
///
/// # Errors
/// Writing to stdout.
pub fn print(verdict: &Verdict, trust: &Trust, style: Style) -> io::Result<()> {
    let path = print::path(&verdict.path);
    match (&verdict.result, &verdict.proven) {
        (Ok(()), proven) => {
            print::row("VALID", path)?;
            for note in &verdict.notes {
                print::row("note", note)?;
            }
            proven.as_ref().map_or(Ok(()), |proven| valid(proven, trust, style))
        }
        (Err(NoVerdict::Refused(Refusal::Invalid(check, failed))), proven) => {
            print::row("INVALID", path)?;
            invalid(*check, failed, proven.as_ref(), style)?;
            policy_of(verdict, trust)
        }
        (Err(NoVerdict::Refused(Refusal::CannotTell(missing, message))), _) => {
            print::row("CANNOT TELL", path)?;
            print::parts("missing", &format!("{message} ({})", missing.as_str()))?;
            policy_of(verdict, trust)?;
            print::row("next", next_step(*missing))
        }
        (Err(NoVerdict::Differs(how)), proven) => {
            print::row("INVALID", path)?;
            print::row("failed", format_args!("not the record that was asked for: {how}"))?;
            print::row("receipt", "genuine, and of this file")?;
            proven.as_ref().map_or(Ok(()), |proven| show_proven(proven, trust, style))
        }
        (Err(NoVerdict::Problem(problem)), _) => {
            print::message(format_args!("{}not verified: {problem}", print::column(&path)));
            Ok(())
        }
    }
}

/// What is missing, if that is said of many files alike.
pub fn missing(verdict: &Verdict) -> Option<&str> {
    match &verdict.result {
        Err(NoVerdict::Refused(Refusal::CannotTell(
            Missing::Policy | Missing::PolicyUnreadable | Missing::PolicyTooWeak | Missing::OtherNetwork,
            message,
        ))) => Some(message),
        _ => None,
    }
}

/// A verdict that is not *valid* in one line.
pub fn in_a_line(verdict: &Verdict) -> Option<String> {
    let path = print::path(&verdict.path);
    match &verdict.result {
        Ok(()) => None,
        Err(NoVerdict::Refused(Refusal::Invalid(_, failed))) => Some(format!("INVALID {path}: {failed}")),
        Err(NoVerdict::Differs(how)) => Some(format!("INVALID {path}: {how}")),
        Err(NoVerdict::Refused(Refusal::CannotTell(_, message))) => Some(format!("CANNOT TELL {path}: missing is {message}")),
        Err(NoVerdict::Problem(problem)) => Some(format!("{path} not verified: {problem}")),
    }
}

fn valid(proven: &Proven, trust: &Trust, style: Style) -> io::Result<()> {
    show_proven(proven, trust, style)?;
    match proven.entry.statement() {
        Some(statement) => print::row("meaning", statement.body().meaning()),
        None => Ok(()),
    }
}

/// What a receipt proves, without its file.
///
/// # Errors
/// Writing to stdout.
pub fn show_proven(proven: &Proven, trust: &Trust, style: Style) -> io::Result<()> {
    let entry = &proven.entry;
    recorded(entry)?;
    if let Some(stated) = entry.as_stated() {
        let (member, statement) = (&stated.member, &stated.statement);
        print::row("by", format_args!("{}, {} of {}; own signature checked", member.name, member.role.as_str(), member.court))?;
        if let Some(time) = statement.asserted_at() {
            print::row("asserted", format_args!("{}, the submitter's word", print::time(time)))?;
        }
        for (label, text) in statement.body().rows() {
            print::row(label, text)?;
        }
        if let Some(outcome) = outcome(entry, statement) {
            print::row("outcome", outcome)?;
        }
        if style.verbose {
            if let Some(document) = statement.document() {
                let public = document.as_public().map(|public| Vec::<String>::from(public.digests.clone()));
                for digest in public.unwrap_or_else(|| vec![document.shown()]) {
                    print::row("file", digest)?;
                }
            }
            print::row("transaction", stated.transaction.tagged())?;
        }
    }
    signed(proven, trust, style)
}

/// What the network says of a statement, in a row.
fn outcome(entry: &Entry, statement: &Statement) -> Option<String> {
    if let Some(rule) = entry.rule() {
        return Some(format!("refused: {}", rule.meaning()));
    }
    if let Some(earlier) = entry.outcome().earlier() {
        return Some(format!("entry {} names the same SHA-256 and length", print::count(earlier)));
    }
    let text = match entry.outcome().first() {
        Some(_) => "first public record of this file on this network (says nothing of authorship)",
        None if statement.is_confidential() => {
            "confidential: the log shows a salted commitment, which only the file and its opening match"
        }
        None => return None,
    };
    Some(text.to_owned())
}

/// The word for the checks of a receipt itself, and the reason.
pub fn word_of(checked: &Result<Proven, Refusal>) -> (&'static str, Option<String>) {
    match checked {
        Ok(_) => ("hold", None),
        Err(refusal) => (refusal.verdict(), Some(refusal.message())),
    }
}

/// The courts that signed, and the policy.
fn signed(proven: &Proven, trust: &Trust, style: Style) -> io::Result<()> {
    let names: Vec<&str> = proven.courts.iter().map(|(name, _)| name.as_str()).collect();
    let (needed, listed) = (proven.courts_needed, proven.courts_listed);
    print::row("courts", format_args!("{needed} of {listed} required, {} signed: {}", names.len(), names.join(", ")))?;
    if style.verbose {
        for (name, time_s) in &proven.courts {
            print::row("", format_args!("{name} signed at {}", print::time(Timestamp(0).plus_ms(time_s.saturating_mul(1000)))))?;
        }
    }
    policy(trust, proven.policy_digest, &proven.entry.chain)
}

/// The policy that something is valid under (F44).
///
/// # Errors
/// Writing to stdout.
pub fn policy(trust: &Trust, digest: Digest, origin: &Origin) -> io::Result<()> {
    trust.rows(digest, origin).into_iter().try_for_each(|(label, text)| print::row(label, text))
}

/// The policy that a receipt was checked under, if there was one.
fn policy_of(verdict: &Verdict, trust: &Trust) -> io::Result<()> {
    verdict.policy.map_or(Ok(()), |digest| print::row("policy", trust.describe(digest)))
}

fn invalid(check: Check, failed: &Failed, proven: Option<&Proven>, style: Style) -> io::Result<()> {
    print::row("failed", format_args!("{} (check {} of {})", failed.what, check.number(), Check::ALL.len()))?;
    if let Some(found) = &failed.found {
        // The digests that the last check compares are those of files.
        let found = if check == Check::File { style.file_digests(found) } else { found.to_owned() };
        print::parts("found", &found)?;
    }
    match proven {
        Some(proven) => {
            recorded(&proven.entry)?;
            let of = match (proven.entry.rule(), proven.entry.statement().and_then(Statement::document)) {
                (Some(_), _) => "it proves that this was refused, not recorded",
                (None, None) => "it is about no file",
                (None, Some(_)) => "it belongs to another file or an earlier version",
            };
            print::row("receipt", format_args!("genuine: {of}"))
        }
        None => print::row("receipt", "proves nothing under this policy: it is damaged, altered, or made for another policy"),
    }
}

fn recorded(entry: &Entry) -> io::Result<()> {
    print::row("recorded", format_args!("{}, entry {}", print::time(entry.recorded_at), print::count(entry.index)))?;
    print::row("network", &entry.chain)
}

/// All verdicts, for programs.
pub fn json(verdicts: &[Verdict], trust: &Trust, exit: Exit) -> Value {
    let of = |exit| verdicts.iter().filter(|verdict| verdict.exit() == exit).count();
    json!({
        "exit": exit.code(), "valid": of(Exit::Done), "invalid": of(Exit::Invalid), "cannot_tell": of(Exit::CannotTell),
        "not_verified": of(Exit::Usage), "files": verdicts.iter().map(|verdict| one(verdict, trust)).collect::<Vec<_>>(),
    })
}

fn one(verdict: &Verdict, trust: &Trust) -> Value {
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
        Err(NoVerdict::Differs(how)) => json!({"verdict": "invalid", "reason": "not-asked-for", "message": how}),
        Err(NoVerdict::Problem(problem)) => json!({"verdict": "not-verified", "message": problem.to_string()}),
    };
    print::add_path(&mut value, &verdict.path);
    value["notes"] = json!(verdict.notes);
    value["policy"] = json!(verdict.policy.map(|digest| digest.tagged()));
    value["trusted_as"] = json!(verdict.policy.and_then(|digest| trust.name_of(digest)));
    if let Some(proven) = &verdict.proven {
        let courts: Vec<Value> = proven.courts.iter().map(|(name, time_s)| json!({"name": name, "time_s": time_s})).collect();
        value["entry"] = json!(proven.entry);
        value["courts"] = json!(courts);
        value["courts_needed"] = json!(proven.courts_needed);
        value["courts_listed"] = json!(proven.courts_listed);
        value["log_size"] = json!(proven.log_size);
    }
    value
}
