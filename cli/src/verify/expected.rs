//! What a record must be, beside genuine: whose, of which court, when, under which case, which entry.
//!
//! In: options, what a receipt proves. Out: nothing, or how it differs. Always: what is not asked for is not
//! compared. Not for checking the receipt.

use crate::keys::case::case_tag;
use crate::print;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::verify::Proven;
use std::path::PathBuf;

/// What is asked for.
#[derive(Clone, Debug, Default)]
pub struct Asked {
    /// The member who recorded it.
    pub by: Option<String>,
    /// The court of that member.
    pub court: Option<String>,
    /// A time before which it was recorded.
    pub before: Option<Timestamp>,
    /// The case's number, and the file of its key.
    pub case: Option<(String, PathBuf)>,
    /// The entry's index.
    pub entry: Option<u64>,
}

impl Asked {
    /// How the record differs from what is asked for, if it does.
    ///
    /// # Errors
    /// Usage: the case key is of no use.
    pub fn differs(&self, proven: &Proven) -> anyhow::Result<Option<String>> {
        let entry = &proven.entry;
        let member = entry.member();
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
            let tag = Some(case_tag(number, key, &entry.chain)?);
            if entry.statement().is_none_or(|statement| statement.case() != tag) {
                return Ok(Some(format!("it was recorded under another case than {number}, or under none")));
            }
        }
        Ok(None)
    }
}
