//! What a record must be, beside genuine: whose, of which court, when, under which case, which entry.
//!
//! In: options, what a receipt proves. Out: nothing, or how it differs. Always: what is not asked for is not compared. Not for checking the receipt.

use crate::command::Expected;
use crate::failure::usage;
use crate::notarize::options::case;
use crate::{print, times};
use courtseal_proof::time::Timestamp;
use courtseal_proof::verify::Proven;
use std::path::PathBuf;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    by: Option<String>,
    court: Option<String>,
    before: Option<Timestamp>,
    case: Option<(String, PathBuf)>,
    entry: Option<u64>,
}

impl Asked {
    /// What the options ask for.
    ///
    /// # Errors
    /// Usage: a time is malformed.
    pub fn new(options: &Expected) -> anyhow::Result<Self> {
        let before =
            options.before.as_deref().map(|text| times::parse(text).map_err(|problem| usage(format!("--before: {problem}"))));
        let case = options.case.clone().zip(options.case_key.clone());
        Ok(Self { by: options.by.clone(), court: options.court.clone(), before: before.transpose()?, case, entry: options.entry })
    }

    /// How the record differs from what is asked for, if it does.
    ///
    /// # Errors
    /// Usage: the case key is of no use.
    pub fn differs(&self, proven: &Proven) -> anyhow::Result<Option<String>> {
        let entry = &proven.entry;
        let member = entry.member.as_ref();
        let found = |name: Option<&str>| name.unwrap_or("nobody").to_owned();
        let [by, court] = [member.map(|member| member.name.as_str()), member.map(|member| member.court.as_str())];
        if let Some(asked) = self.by.as_deref().filter(|asked| Some(*asked) != by) {
            return Ok(Some(format!("it was recorded by {}, not by {asked}", found(by))));
        }
        if let Some(asked) = self.court.as_deref().filter(|asked| Some(*asked) != court) {
            return Ok(Some(format!("it was recorded by a member of {}, not of {asked}", found(court))));
        }
        if let Some(before) = self.before.filter(|before| entry.recorded_at >= *before) {
            return Ok(Some(format!(
                "it was recorded at {}, not before {}",
                print::time(entry.recorded_at),
                print::time(before)
            )));
        }
        if let Some(asked) = self.entry.filter(|asked| *asked != entry.index) {
            return Ok(Some(format!("it is entry {}, not {}", print::count(entry.index), print::count(asked))));
        }
        if let Some((number, key)) = &self.case {
            let tag = case(Some(number), Some(key), &entry.chain)?;
            if entry.statement.as_ref().is_none_or(|statement| statement.case != tag) {
                return Ok(Some(format!("it was recorded under another case than {number}, or under none")));
            }
        }
        Ok(None)
    }
}
