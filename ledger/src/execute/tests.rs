//! Execution, rule by rule: L5 to L8.
//!
//! In: blocks of the fixtures' network, and histories that hold chosen facts.
//! Out: failures that name the rule.
//! Not for storing what a block records: the ledger's own tests do that.

use super::*;
use crate::ledger::Ledger;
use crate::testing::{GENESIS_TIME, LAWYER, NOTARY, Network, ROLES, edited, member_name, public, public_of_length};
use courtseal_proof::commitment::Tag;
use courtseal_proof::entry::{Content, Entry, EntryMember, Stated};
use courtseal_proof::facts::{Capacity, Class};
use courtseal_proof::genesis::Role;
use courtseal_proof::kinds::field::Value;
use courtseal_proof::kinds::form::Act;
use courtseal_proof::kinds::verdict::{Outcome, Registration};
use courtseal_proof::statement::Document;
use proptest::prelude::*;

/// A log that holds these facts and no transaction.
#[derive(Default)]
struct Log(NewFacts);

impl Log {
    /// Adds what a public statement of the first log registers, as entry 3.
    fn with(statement: &Statement) -> Self {
        let mut log = Self::default();
        let signer = Signer {
            name: member_name(NOTARY),
            court: member_name(NOTARY),
            key: crate::testing::member_key(NOTARY).public(),
            capacity: Capacity::Member(Role::Notary),
            since: 0,
        };
        for change in statement.body().fold(&signer, 3) {
            log.0.insert(change.subject, Fact { index: 3, value: change.value });
        }
        log
    }
}

impl History for (&Ledger, Log) {
    fn recorded(&self, ids: &[Digest]) -> Result<Vec<bool>, Error> {
        Ok(vec![false; ids.len()])
    }
    fn facts(&self, subjects: &[Subject]) -> Result<Vec<Option<Fact>>, Error> {
        subjects.iter().map(|subject| Ok(self.1.0.get(subject).cloned().or(self.0.fact(subject)?))).collect()
    }
}

fn run(network: &Network, ledger: &Ledger, transactions: &[(usize, Vec<Statement>)]) -> (Arc<ValidBlock>, Execution) {
    let transactions: Vec<_> = transactions
        .iter()
        .enumerate()
        .map(|(nonce, (member, statements))| network.transaction(*member, nonce as u64, statements.clone()))
        .collect();
    let block = network.block(ledger, &transactions);
    let execution = execute(&ledger.state(), &block, 345, &(ledger, Log::with(&public(1_000)))).unwrap();
    (block, execution)
}

fn outcomes(execution: &Execution) -> Vec<Verdict> {
    execution.transactions.iter().flat_map(|transaction| transaction.outcomes.clone()).collect()
}

use Verdict::Rejected;
const RECORDED: Verdict = Verdict::Recorded(Outcome { registration: None });
const FIRST: Verdict = Verdict::Recorded(Outcome { registration: Some(Registration::First) });

/// Recorded, and the entry at this index named the same SHA-256 and length.
const fn after(earlier: u64) -> Verdict {
    Verdict::Recorded(Outcome { registration: Some(Registration::Earlier(earlier)) })
}

/// Indices and subjects of a class that the execution wrote.
fn written(execution: &Execution, class: Class) -> Vec<u64> {
    let mut indices: Vec<u64> =
        execution.facts.sorted().into_iter().filter(|(subject, _)| subject.class == class).map(|(_, fact)| fact.index).collect();
    indices.sort_unstable();
    indices
}

/// Indices of the entries that name a SHA-256 and length which an earlier one names.
fn further(execution: &Execution) -> Vec<u64> {
    execution.repeated.iter().filter(|(subject, _)| subject.class == Class::File).map(|(_, index)| *index).collect()
}

#[test]
fn l6_only_courts_clerks_and_notaries_state_evidence() {
    let network = Network::new(1);
    let ledger = network.ledger();
    for (member, role) in ROLES.into_iter().enumerate() {
        let (_, execution) = run(&network, &ledger, &[(member, vec![public(1)])]);
        let may = matches!(role, Role::Court | Role::Clerk | Role::Notary);
        assert_eq!(outcomes(&execution), [if may { FIRST } else { Rejected(RejectionRule::Role) }], "{role:?}");
    }
}

#[test]
fn l7_asserted_times_lie_at_most_ten_minutes_ahead() {
    let network = Network::new(1);
    let ledger = network.ledger();
    let bound = GENESIS_TIME.plus_ms(1_000 + ASSERTED_AHEAD_MS_MAX);
    let at = |time| edited(public(1), |own| own.asserted_at = Some(time));
    let (_, execution) = run(
        &network,
        &ledger,
        &[(NOTARY, vec![at(bound)]), (NOTARY, vec![at(bound.plus_ms(1))]), (LAWYER, vec![at(bound.plus_ms(1))])],
    );
    assert_eq!(outcomes(&execution), [FIRST, Rejected(RejectionRule::AssertedInFuture), Rejected(RejectionRule::Role)]);
}

#[test]
fn l8_first_means_no_earlier_public_statement_entry() {
    let network = Network::new(1);
    let ledger = network.ledger();
    let confidential = Statement::confidential(Tag([1; 32]));
    let (_, execution) = run(
        &network,
        &ledger,
        &[
            (LAWYER, vec![public(1)]),
            (NOTARY, vec![public(1), public(1), public(1_000), confidential.clone(), confidential]),
            (NOTARY, vec![public(1), public(2)]),
        ],
    );
    let role = Rejected(RejectionRule::Role);
    assert_eq!(outcomes(&execution), [role, FIRST, after(346), after(3), RECORDED, RECORDED, after(346), FIRST]);
    // Only recorded statements count, and only public evidence.
    assert_eq!(written(&execution, Class::File), [346, 352]);
    assert_eq!(further(&execution), [347, 348, 351]);
}

#[test]
fn l8_a_statement_with_another_length_takes_nothing_from_a_file() {
    let network = Network::new(1);
    let ledger = network.ledger();
    let false_sha512 = || {
        let mut digests = public(3).document().and_then(Document::as_public).unwrap().digests.clone();
        digests.sha512 = Some([0; 64]);
        Statement::public(digests, 3)
    };
    let (_, execution) = run(
        &network,
        &ledger,
        &[
            // A rejected statement registers no length.
            (LAWYER, vec![public_of_length(1, 9)]),
            (NOTARY, vec![public_of_length(1, 7), public(1), public_of_length(1, 9), public_of_length(1, 7), public(1)]),
            (NOTARY, vec![public_of_length(1_000, 7), public(1_000), public_of_length(1_000, 7)]),
            // The SHA-512 is the member's word, and is not registered.
            (NOTARY, vec![false_sha512(), public(3)]),
        ],
    );
    let role = Rejected(RejectionRule::Role);
    let lengths = [role, FIRST, FIRST, FIRST, after(346), after(347)];
    let expected = [&lengths[..], &[FIRST, after(3), after(351)], &[FIRST, after(354)]];
    assert_eq!(outcomes(&execution), expected.concat());
    assert_eq!(written(&execution, Class::File), [346, 347, 348, 351, 354]);
    assert_eq!(further(&execution), [349, 350, 352, 353, 355]);
}

#[test]
fn l6_only_clerks_render_judgments_and_each_is_a_fact() {
    let network = Network::new(1);
    let ledger = network.ledger();
    let class = Class::Object(judgment().kind().code);
    for (member, role) in ROLES.into_iter().enumerate() {
        let (_, execution) = run(&network, &ledger, &[(member, vec![judgment(), judgment()])]);
        let may = role == Role::Clerk;
        assert_eq!(outcomes(&execution), [if may { RECORDED } else { Rejected(RejectionRule::Role) }; 2], "{role:?}");
        assert_eq!(written(&execution, class), if may { vec![345, 346] } else { vec![] });
    }
}

/// What the formats' own type writes for the same statement.
fn reference(state: &State, block: &ValidBlock, index: u64, transaction: usize, position: usize, verdict: Verdict) -> Entry {
    let transaction = block.transactions()[transaction].transaction();
    let payload = transaction.payload();
    let number = (0..ROLES.len()).find(|member| member_name(*member) == payload.member).unwrap();
    let (court, role) = (crate::testing::name("court-00"), ROLES[number]);
    let member = EntryMember { court, key: payload.key.digest(), name: payload.member.clone(), role, since: 0 };
    let statement = transaction.statements()[position].clone();
    let stated = Stated { member, position: position as u64, statement, transaction: transaction.id() };
    let (chain, header) = (state.origin().clone(), block.header());
    Entry { chain, height: header.height, index, recorded_at: header.time, content: Content::of(stated, verdict) }
}

/// Evidence with something changed.
fn judgment() -> Statement {
    let kind = courtseal_proof::kinds::find("judgment").unwrap();
    let document = Value::Document(Document::Confidential(Tag([5; 32])));
    let fields = [("document", document), ("instance", Value::Word("first")), ("type", Value::Word("ruling"))];
    Act::new(kind, &kind.acts[0], fields).unwrap().into()
}

prop_compose! {
    fn statement()(n in 0u64..30, kind in 0..5, case: Option<[u8; 32]>, ahead in 0u64..1_000_000, media: bool) -> Statement {
        let case = case.map(Tag);
        let media_type = media.then(|| "application/pdf".to_owned());
        let evidence = match kind {
            0 => Statement::confidential(Tag([n as u8; 32])),
            1 => edited(public(n), |own| own.asserted_at = Some(GENESIS_TIME.plus_ms(ahead))),
            2 => return judgment(),
            _ => edited(public(n), |own| own.document = own.document.clone().with_media_type(media_type)),
        };
        edited(evidence, |own| own.case = case)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn l5_each_statement_yields_exactly_one_entry(
        transactions in proptest::collection::vec((0..ROLES.len(), proptest::collection::vec(statement(), 1..20)), 0..8)
    ) {
        let network = Network::new(1);
        let ledger = network.ledger();
        let (block, execution) = run(&network, &ledger, &transactions);
        let texts = entry_texts(&ledger.state(), &block, &execution);
        prop_assert_eq!(texts.len(), 1 + transactions.iter().map(|(_, statements)| statements.len()).sum::<usize>());
        prop_assert_eq!(execution.leaves.len(), texts.len());
        let mut index = 0;
        for (at, executed) in execution.transactions.iter().enumerate() {
            prop_assert_eq!(executed.first_index, 345 + index as u64);
            prop_assert_eq!(executed.outcomes.len(), transactions[at].1.len());
            for (position, outcome) in executed.outcomes.iter().enumerate() {
                let entry = reference(&ledger.state(), &block, 345 + index as u64, at, position, *outcome);
                prop_assert_eq!(&texts[index], &entry.to_text());
                prop_assert_eq!(execution.leaves[index], leaf_hash(texts[index].as_bytes()));
                let parsed = Entry::from_text(texts[index].as_bytes()).unwrap();
                prop_assert_eq!(parsed.rule().is_some(), matches!(outcome, Rejected(_)));
                index += 1;
            }
        }
        // The block ends with its state entry (F27).
        let last = Entry::from_text(texts[index].as_bytes()).unwrap();
        let (state, header) = (StateAfter { epoch: 0, map: Digest([0; 32]) }, block.header());
        prop_assert_eq!((&last.content, last.index), (&Content::State(state), 345 + index as u64));
        prop_assert_eq!((last.height, last.recorded_at), (header.height, header.time));
        prop_assert_eq!(execution.state_index, last.index);
        prop_assert_eq!(execution.leaves[index], leaf_hash(texts[index].as_bytes()));
    }
}
