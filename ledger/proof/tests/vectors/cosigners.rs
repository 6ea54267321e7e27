//! Equivocations of cosigners for the vectors (F45): which hold, who states them, and what is none.
//!
//! In: a test network and another one.
//! Out: statements, transactions, entries and receipts, right and with one thing wrong.
//! Always: `court-01` is accused.
//! Not for equivocations of votes: see `equivocations`.

use crate::acts::{accusation, cosigned, leaves, node, notary, same_size, two_sizes, whole_path};
use crate::documents::edits;
use crate::ed25519::add_order;
use crate::malformed::loose;
use crate::receipts::{Case, FILE};
use courtseal_fixtures::log::recorded;
use courtseal_fixtures::statements::public;
use courtseal_fixtures::{Network, name};
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::bytes::key::Signature;
use courtseal_proof::bytes::limits::INTEGER_MAX;
use courtseal_proof::entry::RejectionRule;
use courtseal_proof::kinds::body::Body;
use courtseal_proof::kinds::cosigner_equivocation::{CosignedRoot, CosignerEquivocation};
use courtseal_proof::kinds::verdict::Verdict;
use courtseal_proof::log::merkle::root;
use courtseal_proof::statement::Statement;
use courtseal_proof::transaction::Transaction;

/// The longest well-formed one. Its signatures are placeholders.
fn longest() -> CosignerEquivocation {
    let of = |size, root| CosignedRoot { root, signature: Signature([1; 64]), size, time_s: INTEGER_MAX };
    let key = courtseal_fixtures::secret("nobody").public();
    let path = [sha256(b"node"); 64];
    CosignerEquivocation::new(name("c".repeat(40)), INTEGER_MAX, key, of(1, sha256(b"1")), of(INTEGER_MAX, sha256(b"2")), &path)
        .unwrap()
}

fn text(pair: CosignerEquivocation) -> String {
    Statement::from(pair).to_text()
}

/// Statements that hold.
pub fn statements(network: &Network) -> Vec<(String, String)> {
    let sizes = [(1, 2), (3, 7), (4, 8), (7, 8), (5, 64), (64, 65)];
    let named = |(old, new)| (format!("cosigner equivocation, sizes {old} and {new}"), text(two_sizes(network, old, new)));
    let one_size =
        [1, 7, INTEGER_MAX].map(|size| (format!("cosigner equivocation, size {size}"), text(same_size(network, size))));
    let longest = ("cosigner equivocation, longest".to_owned(), text(longest()));
    one_size.into_iter().chain(sizes.map(named)).chain([longest]).collect()
}

/// Texts that break the form of F45.
pub fn broken_statements(network: &Network) -> Vec<(&'static str, String)> {
    let (one, two) = (text(same_size(network, 7)), text(two_sizes(network, 4, 8)));
    let inner = |text: &str, field: &str| {
        let from = text.find(&format!("\"{field}\":{{")).unwrap() + field.len() + 3;
        text[from..=from + text[from..].find('}').unwrap()].to_owned()
    };
    let exchanged = |text: &str| {
        let (first, second) = (inner(text, "first"), inner(text, "second"));
        text.replace(&second, "X").replace(&first, &second).replace('X', &first)
    };
    let (first, second) = (inner(&one, "first"), inner(&one, "second"));
    let path = two[two.find("\"path\":").unwrap()..=two.find(']').unwrap()].to_owned();
    let hash = path.split('"').nth(3).unwrap();
    let loose_hash = loose(hash);
    let short_hash = base64_text::encode(&[1; 31]);
    let too_long = format!("\"path\":[{}]", vec![format!("\"{hash}\""); 65].join(","));
    let mut broken = edits(
        &one,
        &[
            ("cosigner equivocation: the same twice", &second, &first),
            ("cosigner equivocation: size 0", "\"size\":7", "\"size\":0"),
            ("cosigner equivocation: epoch 2^53", "\"epoch\":0", "\"epoch\":9007199254740992"),
            ("cosigner equivocation: without epoch", "\"epoch\":0,", ""),
            ("cosigner equivocation: epoch as text", "\"epoch\":0", "\"epoch\":\"0\""),
            ("cosigner equivocation: time 2^53", "\"time\":1795453201", "\"time\":9007199254740992"),
            ("cosigner equivocation: time as a date", "\"time\":1795453201", "\"time\":\"2026-11-23T17:00:01.000Z\""),
            ("cosigner equivocation: without time", ",\"time\":1795453201", ""),
            ("cosigner equivocation: one size with a path", "\"second\"", &format!("{path},\"second\"")),
            ("cosigner equivocation: one size with an empty path", "\"second\"", "\"path\":[],\"second\""),
            ("cosigner equivocation: an unknown field", "\"epoch\"", "\"guilty\":true,\"epoch\""),
            ("cosigner equivocation: an unknown field of a side", "{\"root\"", "{\"log\":1,\"root\""),
            ("cosigner equivocation: an act", "{\"court\"", "{\"act\":\"accuse\",\"court\""),
            ("cosigner equivocation: an empty act", "{\"court\"", "{\"act\":\"\",\"court\""),
            ("cosigner equivocation: root not tagged", "\"root\":\"sha256:", "\"root\":\""),
            ("cosigner equivocation: signature of 129 digits", "\"signature\":\"", "\"signature\":\"0"),
            ("cosigner equivocation: key of 65 digits", "\"key\":\"", "\"key\":\"0"),
            ("cosigner equivocation: court's name with a capital", "court-01", "Court-01"),
            ("cosigner equivocation: space", "\"epoch\":0", "\"epoch\": 0"),
            ("cosigner equivocation called evidence", "cosigner-equivocation", "evidence"),
            ("cosigner equivocation called equivocation", "cosigner-equivocation", "equivocation"),
        ],
    );
    broken.extend(edits(
        &two,
        &[
            ("cosigner equivocation: two sizes without a path", &format!("{path},"), ""),
            ("cosigner equivocation: two sizes with an empty path", &path, "\"path\":[]"),
            ("cosigner equivocation: path of 65 hashes", &path, &too_long),
            ("cosigner equivocation: hash in loose base64", hash, &loose_hash),
            ("cosigner equivocation: hash of 31 bytes", hash, &short_hash),
            ("cosigner equivocation: hash as number", &format!("\"{hash}\""), "1"),
            ("cosigner equivocation: path as text", &path, &format!("\"path\":\"{hash}\"")),
            ("cosigner equivocation: second size below the first", "\"size\":8", "\"size\":3"),
            ("cosigner equivocation: size 2^53", "\"size\":8", "\"size\":9007199254740992"),
        ],
    ));
    broken.push(("cosigner equivocation: roots in the other order", exchanged(&one)));
    broken.push(("cosigner equivocation: sizes in the other order", exchanged(&two)));
    broken.push(("cosigner equivocation: kind alone", "{\"kind\":\"cosigner-equivocation\"}".to_owned()));
    broken
}

/// Statements whose form is good and that do not hold on this network.
fn forged(network: &Network, other: &Network) -> Vec<(&'static str, CosignerEquivocation)> {
    let with = |mut pair: CosignerEquivocation, change: fn(&mut CosignerEquivocation)| {
        change(&mut pair);
        assert!(pair.check().is_ok() && !pair.holds(&network.origin));
        pair
    };
    let (one, two) = (|| same_size(network, 7), || two_sizes(network, 4, 8));
    let (log, fork) = (leaves(8, None), leaves(8, Some(3)));
    let at = |size, of: &[Digest]| cosigned(network, size, root(&of[..size as usize]), 1_795_453_201);
    let path = whole_path(&log, 4);
    let with_path = |path: &[Digest]| accusation(network, at(4, &fork), at(8, &log), path);
    let longer = [&path[..], &[sha256(b"node")]].concat();
    let mut changed = path.clone();
    changed[0].0[0] ^= 1;
    vec![
        ("time of the first changed", with(one(), |pair| pair.first.time_s += 1)),
        ("time of the second changed", with(one(), |pair| pair.second.time_s -= 1)),
        ("size changed", with(one(), |pair| (pair.first.size, pair.second.size) = (8, 8))),
        ("root changed", with(two(), |pair| pair.second.root.0[31] ^= 1)),
        ("first root changed", with(two(), |pair| pair.first.root.0[31] ^= 1)),
        ("signature changed", with(one(), |pair| pair.second.signature.0[0] ^= 1)),
        ("first signature changed", with(two(), |pair| pair.first.signature.0[40] ^= 1)),
        ("signatures exchanged", with(one(), |pair| std::mem::swap(&mut pair.first.signature, &mut pair.second.signature))),
        ("signature with S plus the group order", with(one(), |pair| pair.first.signature = add_order(&pair.first.signature))),
        (
            "another court's key",
            with(one(), |pair| pair.key = courtseal_fixtures::secret("cn-courts/court-02/cosigner").public()),
        ),
        ("key of small order", with(one(), |pair| pair.key.0 = small_order())),
        ("signed for another network", same_size(other, 7)),
        ("a log that grew", accusation(network, at(4, &log), at(8, &log), &path)),
        ("a path to another root", accusation(network, at(4, &log), at(8, &fork), &path)),
        ("a path with a hash too many", with_path(&longer)),
        ("a path with a hash too few", with_path(&path[..1])),
        ("a path with its first node left out", with_path(&path[1..])),
        ("a path with another first node", with_path(&changed)),
        ("a path from another size", with_path(&whole_path(&log, 3))),
    ]
}

fn small_order() -> [u8; 32] {
    courtseal_proof::bytes::digest::lower_hex(crate::ed25519::IDENTITY).unwrap()
}

/// A transaction and the name of its case.
type Valid = (&'static str, Transaction);

/// Transactions, as name and value, and the texts of those that are refused.
pub fn transactions(network: &Network, other: &Network) -> (Vec<Valid>, Vec<(String, String)>) {
    let by = notary(network);
    let valid = vec![
        ("cosigner equivocation", by.transaction(network, vec![same_size(network, 7).into()])),
        ("cosigner equivocation, two sizes, by a court's node", {
            node(network).transaction(network, vec![two_sizes(network, 3, 7).into()])
        }),
    ];
    let refused = |(name, pair): (&str, CosignerEquivocation)| {
        (format!("cosigner equivocation: {name}"), by.transaction(network, vec![pair.into()]).to_text())
    };
    let mut broken: Vec<_> = forged(network, other).into_iter().map(refused).collect();
    for (name, beside) in [
        ("cosigner equivocation beside evidence", public(b"a")),
        ("two cosigner equivocations", two_sizes(network, 3, 7).into()),
        ("cosigner equivocation beside an equivocation", crate::equivocations::precommits(network)),
    ] {
        let statements = [same_size(network, 7).into(), beside].map(|statement: Statement| statement.to_text());
        broken.push((name.to_owned(), crate::equivocations::unchecked(network, &statements)));
    }
    (valid, broken)
}

/// Entries, as name and text.
pub fn entries(network: &Network) -> Vec<(&'static str, String)> {
    let entry = |by: &crate::acts::By, pair: CosignerEquivocation, verdict| {
        let of = by.transaction(network, vec![pair.into()]);
        by.entry(network, &of, 0, verdict).to_text()
    };
    let (notary, node) = (notary(network), node(network));
    vec![
        ("cosigner equivocation", entry(&notary, same_size(network, 7), recorded(None))),
        ("cosigner equivocation, two sizes, by a court's node", entry(&node, two_sizes(network, 3, 7), recorded(None))),
        ("cosigner equivocation refused by role", {
            entry(&notary, same_size(network, 7), Verdict::Rejected(RejectionRule::Role))
        }),
    ]
}

/// The text of an entry whose outcome is not that of an equivocation.
pub fn entry_with_first(network: &Network) -> String {
    let by = notary(network);
    let of = by.transaction(network, vec![same_size(network, 7).into()]);
    by.entry(network, &of, 0, recorded(Some(true))).to_text()
}

/// Receipts: valid ones, and ones that courts signed although nothing contradicts.
pub fn receipts(network: &Network, other: &Network) -> Vec<Case> {
    let by = notary(network);
    let receipt = |pair: CosignerEquivocation| {
        let of = by.transaction(network, vec![pair.into()]);
        by.receipt(network, &of, 0, recorded(None))
    };
    let mut cases = vec![
        Case::new("cosigner equivocation", receipt(same_size(network, 7))).no_file(),
        Case::new("cosigner equivocation, two sizes", receipt(two_sizes(network, 4, 8))).no_file(),
        Case::new("cosigner equivocation, sizes that are no powers of two", receipt(two_sizes(network, 5, 13))).no_file(),
        Case::new("cosigner equivocation: a file", receipt(same_size(network, 7))).file(FILE).fails("file"),
    ];
    for (name, pair) in forged(network, other) {
        cases.push(Case::new(format!("cosigner equivocation: {name}"), receipt(pair)).no_file().fails("entry"));
    }
    cases
}
