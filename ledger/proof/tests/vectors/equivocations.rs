//! Equivocations for the vectors (F42): what a court signed twice, who states it, and what is none.
//!
//! In: a test network.
//! Out: statements, transactions, entries and receipts, right and with one thing wrong.
//! Always: `court-01` is the accused and `court-00` states it.
//! Not for votes alone: see `specs/vectors/vote.json`.

pub use crate::acts::precommits;
use crate::acts::{pair, vote_key};
use crate::receipts::{Case, FILE};
use courtseal_fixtures::log::{BLOCK_TIME, FIRST_INDEX, Log, member_part};
use courtseal_fixtures::statements::public;
use courtseal_fixtures::{Network, name, secret};
use courtseal_proof::entry::{Content, Entry, EntryMember, Stated};
use courtseal_proof::genesis::Role;
use courtseal_proof::kinds::equivocation::Equivocation;
use courtseal_proof::kinds::verdict::Verdict;
use courtseal_proof::sign_bytes::Step;
use courtseal_proof::statement::Statement;
use courtseal_proof::transaction::Transaction;

/// Statements that hold.
pub fn statements(network: &Network) -> Vec<(&'static str, String)> {
    let proposals = |sides| pair(network, Step::Proposal, 11, sides).to_text();
    let (a, b) = (Some("a header"), Some("another header"));
    vec![
        ("equivocation, precommits, one nil", precommits(network).to_text()),
        ("equivocation, prevotes", pair(network, Step::Prevote, 11, [(None, a), (None, b)]).to_text()),
        ("equivocation, proposals", proposals([(None, a), (None, b)])),
        ("equivocation, proposals of one value, new and again", proposals([(None, a), (Some(1), a)])),
        ("equivocation, largest height", pair(network, Step::Prevote, (1 << 53) - 1, [(None, a), (None, b)]).to_text()),
    ]
}

/// Texts that break the form of F42.
pub fn broken_statements(network: &Network) -> Vec<(&'static str, String)> {
    let good = precommits(network).to_text();
    let (a, b) = (Some("a header"), Some("another header"));
    let proposals = pair(network, Step::Proposal, 11, [(None, a), (None, b)]).to_text();
    let edit = |text: &str, from: &str, to: &str| {
        assert!(text.contains(from), "{from} is in {text}");
        text.replacen(from, to, 1)
    };
    let inner = |text: &str, field: &str, next: &str| {
        let from = text.find(&format!("\"{field}\":{{")).unwrap() + field.len() + 3;
        text[from..text.find(&format!(",\"{next}\"")).unwrap()].to_owned()
    };
    let (first, second) = (inner(&good, "first", "height"), inner(&good, "second", "step"));
    vec![
        ("equivocation: the same twice", edit(&good, &second, &first)),
        ("equivocation: in the other order", edit(&edit(&edit(&good, &first, "X"), &second, &first), "X", &second)),
        ("equivocation: height 0", edit(&good, "\"height\":11", "\"height\":0")),
        ("equivocation: height 2^53", edit(&good, "\"height\":11", "\"height\":9007199254740992")),
        ("equivocation: round 2^32", edit(&good, "\"round\":2", "\"round\":4294967296")),
        ("equivocation: unknown step", edit(&good, "\"precommit\"", "\"commit\"")),
        ("equivocation: a vote with an earlier round", edit(&good, "{\"signature\"", "{\"earlier_round\":0,\"signature\"")),
        ("equivocation: votes as proposals", edit(&good, "\"precommit\"", "\"proposal\"")),
        ("equivocation: an unknown field", edit(&good, "\"height\"", "\"guilty\":true,\"height\"")),
        ("equivocation: without key", {
            let at = good.find("\"key\":").unwrap();
            format!("{}{}", &good[..at], &good[good.find("\"round\"").unwrap()..])
        }),
        ("equivocation: signature too short", edit(&good, "\"signature\":\"", "\"signature\":\"0")),
        ("equivocation: court's name with a capital", edit(&good, "court-01", "Court-01")),
        ("equivocation: proposals without a value", {
            let at = proposals.find(",\"value\"").unwrap();
            format!("{}{}", &proposals[..at], &proposals[at + proposals[at..].find('}').unwrap()..])
        }),
        ("equivocation with a mode", edit(&good, "\"kind\":\"equivocation\"", "\"kind\":\"equivocation\",\"mode\":\"public\"")),
        ("equivocation called evidence", edit(&good, "\"kind\":\"equivocation\"", "\"kind\":\"evidence\"")),
        ("equivocation without its field", "{\"kind\":\"equivocation\"}".to_owned()),
        ("evidence with an equivocation", {
            let field = &good[1..good.rfind(",\"kind\"").unwrap()];
            edit(&public(b"x").to_text(), ",\"kind\"", &format!(",{field},\"kind\""))
        }),
    ]
}

/// A transaction of `court-00`, under its voting key.
pub fn transaction(network: &Network, statements: Vec<Statement>) -> Transaction {
    let (key, until) = (vote_key(network, "court-00"), BLOCK_TIME.plus_ms(60_000));
    Transaction::sign(&network.origin, &name("court-00"), &key, [0x5b; 16], until, statements).unwrap()
}

/// Statements whose form is good and whose signatures are not those of the key, on this network.
fn forged(network: &Network, other: &Network) -> Vec<(&'static str, Statement)> {
    let with = |change: fn(&mut Equivocation)| {
        let mut equivocation = precommits(network).as_equivocation().unwrap().clone();
        change(&mut equivocation);
        assert!(equivocation.check_form().is_ok());
        Statement::from(equivocation)
    };
    let mut foreign = precommits(other).as_equivocation().unwrap().clone();
    foreign.court = name("court-01");
    vec![
        ("height changed", with(|e| e.height += 1)),
        ("round changed", with(|e| e.round += 1)),
        ("step changed", with(|e| e.step = Step::Prevote)),
        ("value changed", with(|e| e.second.value.as_mut().unwrap().0[31] ^= 1)),
        ("signature changed", with(|e| e.second.signature.0[0] ^= 1)),
        ("first signature changed", with(|e| e.first.signature.0[40] ^= 1)),
        ("signatures exchanged", with(|e| std::mem::swap(&mut e.first.signature, &mut e.second.signature))),
        ("signature with S plus the group order", with(|e| e.first.signature = crate::ed25519::add_order(&e.first.signature))),
        ("another court's key", with(|e| e.key = secret("cn-courts/court-02/vote").public())),
        ("signed for another network", Statement::from(foreign)),
    ]
}

/// Transactions, as name and text; those of the second list are refused.
pub fn transactions(network: &Network, other: &Network) -> (Transaction, Vec<(String, String)>) {
    let mut broken: Vec<_> = forged(network, other)
        .into_iter()
        .map(|(name, statement)| (format!("equivocation: {name}"), unchecked(network, &[statement.to_text()])))
        .collect();
    let more = [precommits(network), public(b"a")].map(|statement| statement.to_text());
    broken.push(("equivocation beside another statement".into(), unchecked(network, &more)));
    (transaction(network, vec![precommits(network)]), broken)
}

/// The text of a transaction that was not checked, signed by the node of `court-00`.
pub fn unchecked(network: &Network, texts: &[String]) -> String {
    use courtseal_proof::log::merkle::{leaf_hash, root};
    let plain = transaction(network, vec![public(b"x")]);
    let mut payload = plain.payload().clone();
    payload.count = texts.len() as u64;
    payload.statements = root(&texts.iter().map(|text| leaf_hash(text.as_bytes())).collect::<Vec<_>>());
    crate::documents::signed_by(
        &vote_key(network, "court-00"),
        &serde_json::to_string(&payload).unwrap(),
        &format!("[{}]", texts.join(",")),
    )
}

/// The entry that records it, the first of block 12.
pub fn entry(network: &Network, transaction: &Transaction, verdict: Verdict) -> Entry {
    let court = name("court-00");
    let key = vote_key(network, "court-00").public().digest();
    let member = EntryMember { court: court.clone(), key, name: court, role: Role::Court, since: 1 };
    let statement = transaction.statements()[0].clone();
    let stated = Stated { member, position: 0, statement, transaction: transaction.id() };
    let content = Content::of(stated, verdict);
    Entry { chain: network.origin.clone(), height: 12, index: FIRST_INDEX as u64, recorded_at: BLOCK_TIME, content }
}

/// The verdict on a recorded statement that has no registration.
pub const RECORDED: Verdict = courtseal_fixtures::log::recorded(None);

fn receipt(network: &Network, transaction: &Transaction) -> String {
    let mut leaves: Vec<String> = Entry::genesis(&network.genesis).iter().map(Entry::to_text).collect();
    leaves.push(entry(network, transaction, RECORDED).to_text());
    Log { network, leaves }.receipt(FIRST_INDEX, Some(member_part(transaction, 0))).to_text()
}

/// Receipts: valid ones, and ones that courts signed although the equivocation does not hold.
pub fn receipts(network: &Network, other: &Network) -> Vec<Case> {
    let good = transaction(network, vec![precommits(network)]);
    let mut cases = vec![
        Case::new("equivocation", receipt(network, &good)).no_file(),
        Case::new("equivocation: a file", receipt(network, &good)).file(FILE).fails("file"),
    ];
    for (name, statement) in forged(network, other) {
        let transaction = transaction(network, vec![statement]);
        cases.push(Case::new(format!("equivocation: {name}"), receipt(network, &transaction)).no_file().fails("entry"));
    }
    cases
}
