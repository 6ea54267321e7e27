//! The stored contents of a transaction's entries beside its text (table `o` of specs/storage.md).
//!
//! In: who signed, where and when; verdicts.
//! Out: a record, and its verdicts again.
//! Always: it has all of the entries but the text, so outcomes are read without the text. Bytes that no
//! verdicts give are refused.
//! Not for rendering entries: see [`crate::execute::render`].

use courtseal_proof::bytes::name::{CourtName, Name};
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::entry::RejectionRule;
use courtseal_proof::kinds::verdict::{Outcome, Registration, Verdict};
use serde::{Deserialize, Serialize};

/// The contents of a transaction's entries that its text does not have, so that outcomes are read without the
/// text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomesRecord {
    /// Height of its block.
    pub height: u64,
    /// The block's time.
    pub time: Timestamp,
    /// Its place in the block, from 0.
    pub place: u32,
    /// The court that registered the member, when it was recorded.
    pub court: CourtName,
    /// The name of the member.
    pub member: Name,
    /// The member's role, when it was recorded.
    pub role: u8,
    /// Index of the entry that gave the member its key.
    pub since: u64,
    /// Kinds and acts of the statements, in order, as runs of equal ones.
    pub runs: Vec<Run>,
    /// One outcome a statement.
    pub outcomes: Vec<u8>,
    /// The further parts of outcomes, in the order of positions.
    pub details: Vec<Detail>,
}

/// Statements of one kind and act that follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The kind's code.
    pub kind: u8,
    /// The act's code.
    pub act: u8,
    /// Number of statements in the run.
    pub count: u32,
}

/// The part of an outcome that its byte does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// The statement's place in the transaction, from 0.
    pub position: u32,
    /// The first entry with the same SHA-256 and length.
    pub earlier: u64,
}

impl OutcomesRecord {
    /// Number of its entries.
    pub fn count(&self) -> u64 {
        self.outcomes.len() as u64
    }

    /// Whether a rule refused the statement at this position.
    pub fn is_rejection(&self, position: usize) -> bool {
        self.outcomes.get(position).is_some_and(|byte| *byte >= REJECTIONS_FROM)
    }

    /// The verdict on each statement; none if the bytes cannot be what was written.
    pub fn verdicts(&self) -> Option<Vec<Verdict>> {
        let mut details = self.details.iter().peekable();
        let verdict = |(position, byte): (usize, &u8)| {
            let detail = details.next_if(|detail| detail.position as usize == position);
            verdict_from_byte(*byte, detail.map(|detail| detail.earlier))
        };
        let verdicts = self.outcomes.iter().enumerate().map(verdict).collect::<Option<Vec<_>>>()?;
        details.next().is_none().then_some(verdicts)
    }
}

/// Joins the kinds and acts of statements into runs.
pub fn runs(acts: impl Iterator<Item = (u8, u8)>) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (kind, act) in acts {
        match runs.last_mut() {
            Some(run) if (run.kind, run.act) == (kind, act) => run.count += 1,
            _ => runs.push(Run { kind, act, count: 1 }),
        }
    }
    runs
}

/// The stored bytes of outcomes, and their details.
pub fn outcomes(verdicts: &[Verdict]) -> (Vec<u8>, Vec<Detail>) {
    let detail = |(position, verdict): (usize, &Verdict)| match verdict {
        Verdict::Recorded(outcome) => outcome.earlier().map(|earlier| Detail { position: position as u32, earlier }),
        Verdict::Rejected(_) => None,
    };
    (verdicts.iter().copied().map(verdict_byte).collect(), verdicts.iter().enumerate().filter_map(detail).collect())
}

/// The lowest byte of a rejection.
const REJECTIONS_FROM: u8 = 16;

/// The stored byte of a verdict.
pub fn verdict_byte(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Recorded(Outcome { registration: None }) => 0,
        Verdict::Recorded(Outcome { registration: Some(Registration::First) }) => 1,
        Verdict::Recorded(Outcome { registration: Some(Registration::Earlier(_)) }) => 2,
        Verdict::Rejected(RejectionRule::Role) => REJECTIONS_FROM,
        Verdict::Rejected(RejectionRule::AssertedInFuture) => 17,
    }
}

/// The verdict of a stored byte and of the earlier entry that its detail names, if there is one.
pub fn verdict_from_byte(byte: u8, earlier: Option<u64>) -> Option<Verdict> {
    let recorded = |registration| Verdict::Recorded(Outcome { registration });
    Some(match (byte, earlier) {
        (0, None) => recorded(None),
        (1, None) => recorded(Some(Registration::First)),
        (2, Some(index)) => recorded(Some(Registration::Earlier(index))),
        (REJECTIONS_FROM, None) => Verdict::Rejected(RejectionRule::Role),
        (17, None) => Verdict::Rejected(RejectionRule::AssertedInFuture),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Table, read_record, seal, unseal};
    use courtseal_proof::bytes::codec;
    use proptest::prelude::*;

    #[test]
    fn verdicts_have_one_byte_each() {
        let verdicts = |earlier| (0..=255).filter_map(move |byte| Some((byte, verdict_from_byte(byte, earlier)?)));
        let known: Vec<(u8, Verdict)> = verdicts(None).chain(verdicts(Some(7))).collect();
        assert_eq!(known.len(), 5);
        assert!(known.iter().all(|(byte, verdict)| verdict_byte(*verdict) == *byte));
    }

    fn verdicts() -> impl Strategy<Value = Vec<Verdict>> {
        let verdict = (0u8..5, any::<u64>()).prop_map(|(which, earlier)| match which {
            0 => Verdict::Recorded(Outcome::default()),
            1 => Verdict::Recorded(Outcome { registration: Some(Registration::First) }),
            2 => Verdict::Recorded(Outcome { registration: Some(Registration::Earlier(earlier)) }),
            3 => Verdict::Rejected(RejectionRule::Role),
            _ => Verdict::Rejected(RejectionRule::AssertedInFuture),
        });
        proptest::collection::vec(verdict, 0..50)
    }

    fn record() -> impl Strategy<Value = (OutcomesRecord, Vec<Verdict>)> {
        let name = || "[a-z]{1,40}".prop_map(|text| Name::new(text).unwrap());
        let numbers = (any::<u64>(), any::<u64>(), any::<u32>(), any::<u8>(), any::<u64>());
        let acts = proptest::collection::vec((0u8..3, 0u8..2), 0..50);
        (numbers, name(), name(), acts, verdicts()).prop_map(
            |((height, time, place, role, since), court, member, acts, verdicts)| {
                let (runs, (outcomes, details)) = (runs(acts.into_iter()), outcomes(&verdicts));
                let time = Timestamp(time);
                (OutcomesRecord { height, time, place, court, member, role, since, runs, outcomes, details }, verdicts)
            },
        )
    }

    proptest! {
        #[test]
        fn s2_records_come_back_and_no_other_bytes_are_the_same_record(
            (record, verdicts) in record(),
            index: u64,
            at: proptest::sample::Index,
            bit in 0u8..8,
        ) {
            let key = Table::Outcomes.number(index);
            let payload = codec::encode(&record);
            let sealed = seal(&key, payload.clone());
            prop_assert_eq!(unseal(&key, sealed.clone()), Ok(payload.clone()));
            prop_assert_eq!(record.verdicts(), Some(verdicts.clone()));
            let rejected = (0..verdicts.len()).filter(|at| record.is_rejection(*at)).count();
            prop_assert_eq!(rejected, verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Rejected(_))).count());
            prop_assert_eq!(read_record::<OutcomesRecord>(&key, &payload), Ok(record));
            prop_assert!(unseal(&Table::Outcomes.number(index ^ 1), sealed.clone()).is_err());
            let mut other = sealed;
            let at = at.index(other.len());
            other[at] ^= 1 << bit;
            prop_assert!(unseal(&key, other).is_err());
        }

        #[test]
        fn s3_runs_hold_each_statement_once(acts in proptest::collection::vec((0u8..3, 0u8..2), 0..100)) {
            let runs = runs(acts.iter().copied());
            prop_assert!(runs.is_empty() || runs.windows(2).all(|two| (two[0].kind, two[0].act) != (two[1].kind, two[1].act)));
            let again: Vec<_> = runs.iter().flat_map(|run| vec![(run.kind, run.act); run.count as usize]).collect();
            prop_assert_eq!(again, acts);
        }

        #[test]
        fn s3_details_belong_to_their_outcomes(verdicts in verdicts(), at: proptest::sample::Index) {
            let (bytes, details) = outcomes(&verdicts);
            let place = CourtName::new("court").unwrap();
            let record = OutcomesRecord {
                height: 1,
                time: Timestamp(1),
                place: 0,
                court: place.clone(),
                member: place,
                role: 0,
                since: 0,
                runs: Vec::new(),
                outcomes: bytes,
                details,
            };
            let mut without = record.clone();
            if !without.details.is_empty() {
                without.details.remove(at.index(record.details.len()));
                prop_assert_eq!(without.verdicts(), None);
            }
            let mut with = record;
            with.details.push(Detail { position: with.outcomes.len() as u32, earlier: 0 });
            prop_assert_eq!(with.verdicts(), None);
        }

        #[test]
        fn s2_any_payload_that_is_read_is_written_the_same(payload in proptest::collection::vec(0u8..4, 0..200)) {
            if let Ok(record) = read_record::<OutcomesRecord>(b"o", &payload) {
                prop_assert_eq!(codec::encode(&record), payload);
            }
        }
    }
}
