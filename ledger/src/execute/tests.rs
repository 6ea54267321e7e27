//! Execution, rule by rule: L5 to L8.

use super::*;
use crate::ledger::Ledger;
use crate::testing::{GENESIS_TIME, LAWYER, NOTARY, Network, ROLES, file, public, public_of_length};
use courtseal_proof::commitment::Tag;
use courtseal_proof::entry::{Entry, EntryKind, EntryMember, Stated};
use proptest::prelude::*;

struct Log(NewFiles);

impl History for Log {
    fn recorded(&self, ids: &[Digest]) -> Result<Vec<bool>, Error> {
        Ok(vec![false; ids.len()])
    }
    fn registered(&self, files: &[FileIdentity]) -> Result<Vec<Earlier>, Error> {
        Ok(files.iter().map(|file| self.0.earlier(file)).collect())
    }
    fn equivocation(&self, _: &CourtStep) -> Result<Option<u64>, Error> {
        Ok(None)
    }
}

fn run(network: &Network, ledger: &Ledger, transactions: &[(usize, Vec<Statement>)]) -> (Arc<ValidBlock>, Execution) {
    let transactions: Vec<_> = transactions
        .iter()
        .enumerate()
        .map(|(nonce, (member, statements))| network.transaction(*member, nonce as u64, statements.clone()))
        .collect();
    let block = network.block(ledger, &transactions);
    let mut log = Log(NewFiles::default());
    log.0.insert(FileIdentity::named_by(&public(1_000)).unwrap());
    let execution = execute(&ledger.state(), &block, 345, &log).unwrap();
    (block, execution)
}

fn outcomes(execution: &Execution) -> Vec<StatementOutcome> {
    execution.transactions.iter().flat_map(|transaction| transaction.outcomes.clone()).collect()
}

use StatementOutcome::{First, Recorded, Rejected, Repeated};

#[test]
fn l6_only_courts_clerks_and_notaries_state_evidence() {
    let network = Network::new(1);
    let ledger = network.ledger();
    for (member, role) in ROLES.into_iter().enumerate() {
        let (_, execution) = run(&network, &ledger, &[(member, vec![public(1)])]);
        let may = matches!(role, Role::Court | Role::Clerk | Role::Notary);
        assert_eq!(outcomes(&execution), [if may { First } else { Rejected(RejectionRule::Role) }], "{role:?}");
    }
}

#[test]
fn l7_asserted_times_lie_at_most_ten_minutes_ahead() {
    let network = Network::new(1);
    let ledger = network.ledger();
    let bound = GENESIS_TIME.plus_ms(1_000 + ASSERTED_AHEAD_MS_MAX);
    let at = |time| Statement { asserted_at: Some(time), ..public(1) };
    let (_, execution) = run(
        &network,
        &ledger,
        &[(NOTARY, vec![at(bound)]), (NOTARY, vec![at(bound.plus_ms(1))]), (LAWYER, vec![at(bound.plus_ms(1))])],
    );
    assert_eq!(outcomes(&execution), [First, Rejected(RejectionRule::AssertedInFuture), Rejected(RejectionRule::Role)]);
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
    assert_eq!(outcomes(&execution), [role, First, Repeated, Repeated, Recorded, Recorded, Repeated, First]);
    let registered: Vec<_> = execution.registrations.iter().map(|r| (r.file.sha256, r.index, r.earlier)).collect();
    let (nothing, same) = (Earlier::Nothing, Earlier::Same);
    let expected = [(1, 346, nothing), (1, 347, same), (1_000, 348, same), (1, 351, same), (2, 352, nothing)];
    assert_eq!(registered, expected.map(|(n, index, earlier)| (file(n), index, earlier)));
}

#[test]
fn l8_a_statement_with_another_length_takes_nothing_from_a_file() {
    let network = Network::new(1);
    let ledger = network.ledger();
    let false_sha512 = || {
        let mut statement = public(3);
        statement.digests.as_mut().unwrap().sha512 = Some([0; 64]);
        statement
    };
    let (_, execution) = run(
        &network,
        &ledger,
        &[
            // Rejected, and so it registers no length.
            (LAWYER, vec![public_of_length(1, 9)]),
            (NOTARY, vec![public_of_length(1, 7), public(1), public_of_length(1, 9), public_of_length(1, 7), public(1)]),
            (NOTARY, vec![public_of_length(1_000, 7), public(1_000), public_of_length(1_000, 7)]),
            // The SHA-512 is the member's word, and is no part of what is registered.
            (NOTARY, vec![false_sha512(), public(3)]),
        ],
    );
    let role = Rejected(RejectionRule::Role);
    let expected = [vec![role, First, First, First, Repeated, Repeated], vec![First, Repeated, Repeated], vec![First, Repeated]];
    assert_eq!(outcomes(&execution), expected.concat());
    let earlier: Vec<_> = execution.registrations.iter().map(|registration| registration.earlier).collect();
    let (nothing, other, same) = (Earlier::Nothing, Earlier::OtherLength, Earlier::Same);
    assert_eq!(earlier, [nothing, other, other, same, same, other, same, same, nothing, same]);
}

/// What the formats' own type writes for the same statement.
fn reference(
    state: &State,
    block: &ValidBlock,
    index: u64,
    transaction: usize,
    position: usize,
    outcome: StatementOutcome,
) -> Entry {
    let transaction = block.transactions()[transaction].transaction();
    let payload = transaction.payload();
    let member = &state.members()[&payload.member];
    let member =
        EntryMember { court: member.court.clone(), key: payload.key.digest(), name: payload.member.clone(), role: member.role };
    let stated = Stated {
        member: &member,
        outcome: &outcome.to_outcome(),
        position: position as u64,
        statement: &transaction.statements()[position],
        transaction: transaction.id(),
    };
    Entry::stated(state.origin().clone(), block.header().height, index, block.header().time, stated)
}

prop_compose! {
    fn statement()(n in 0u64..30, kind in 0..4, case: Option<[u8; 32]>, ahead in 0u64..1_000_000, media: bool) -> Statement {
        let case = case.map(Tag);
        match kind {
            0 => Statement { case, ..Statement::confidential(Tag([n as u8; 32])) },
            1 => Statement { case, asserted_at: Some(GENESIS_TIME.plus_ms(ahead)), ..public(n) },
            _ => Statement { case, media_type: media.then(|| "application/pdf".to_owned()), ..public(n) },
        }
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
        prop_assert_eq!(texts.len(), transactions.iter().map(|(_, statements)| statements.len()).sum::<usize>());
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
                prop_assert_eq!(parsed.kind == EntryKind::Rejection, matches!(outcome, Rejected(_)));
                index += 1;
            }
        }
    }
}
