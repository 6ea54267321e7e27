//! `entry.json`: entries of every kind, and texts that are none (F25 to F28).
//!
//! In: the entry of a public statement.
//! Out: its text with one rule broken, or of a later version.
//! Always: the receipt cases use the same texts, so an entry is judged alike alone and in a receipt.
//! Not for the other parts of a receipt.

use crate::documents::{case, document};
use crate::statements::{commitment, public_sha512};
use crate::{cosigners, equivocations, judgments};
use courtseal_fixtures::Network;
use courtseal_fixtures::log::recorded;
use courtseal_fixtures::statements::public;
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::entry::{Entry, EntryError, RejectionRule};
use courtseal_proof::kinds::verdict::Verdict;
use courtseal_proof::log::merkle::leaf_hash;
use courtseal_proof::statement::Statement;
use serde_json::Value;

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "{from} is in {text}");
    text.replacen(from, to, 1)
}

/// What breaks a rule of F25, made from the entry of a public statement.
pub fn broken(good: &str) -> Vec<(&'static str, String)> {
    let edit = |from: &str, to: &str| replaced(good, from, to);
    let cut = |from: &str, to: &str| {
        let (at, end) = (good.find(from).unwrap(), good.find(to).unwrap());
        format!("{}{}", &good[..at], &good[end..])
    };
    let statement = &good[good.find("\"statement\":{").unwrap()..good.find(",\"transaction\"").unwrap()];
    vec![
        ("space after a colon", edit("\"height\":12", "\"height\": 12")),
        ("space at the end", format!("{good} ")),
        ("fields not sorted", edit("\"height\":12,\"index\":4", "\"index\":4,\"height\":12")),
        ("field twice", edit("\"height\":12", "\"height\":12,\"height\":12")),
        ("needless escape", edit("\"notary-1\"", "\"notary\\u002d1\"")),
        ("unknown field", edit("\"height\"", "\"extra\":1,\"height\"")),
        ("null field", edit("\"height\"", "\"epoch\":null,\"height\"")),
        ("number as text", edit("\"height\":12", "\"height\":\"12\"")),
        ("number with a point", edit("\"height\":12", "\"height\":12.0")),
        ("number with an exponent", edit("\"height\":12", "\"height\":12e0")),
        ("number with a leading zero", edit("\"height\":12", "\"height\":012")),
        ("negative number", edit("\"height\":12", "\"height\":-12")),
        ("number above 2^53 - 1", edit("\"height\":12", "\"height\":9007199254740992")),
        ("number above 2^64", edit("\"height\":12", "\"height\":18446744073709551616")),
        ("without height", cut("\"height\"", "\"index\"")),
        ("without member", cut("\"member\"", "\"outcome\"")),
        ("without outcome", cut("\"outcome\"", "\"position\"")),
        ("without position", cut("\"position\"", "\"recorded_at\"")),
        ("without recorded_at", cut("\"recorded_at\"", "\"statement\":{")),
        ("without statement", cut("\"statement\":{", "\"transaction\"")),
        ("without transaction", cut("\"transaction\"", "\"v\":2")),
        ("without v", edit(",\"v\":2}", "}")),
        ("v as text", edit("\"v\":2", "\"v\":\"2\"")),
        ("kind as number", edit("\"kind\":\"statement\"", "\"kind\":1")),
        ("statement as text", edit(statement, "\"statement\":\"\"")),
        ("time without milliseconds", edit(".123Z", "Z")),
        ("time in another zone", edit(".123Z", ".123+08:00")),
        ("day that is none", edit("2026-11-23T", "2026-11-31T")),
        ("member's key not hashed", edit("\"key\":\"sha256:", "\"key\":\"")),
        ("role as number", edit("\"role\":\"notary\"", "\"role\":6")),
        ("member's name with a capital", edit("\"name\":\"notary-1\"", "\"name\":\"Notary-1\"")),
        ("member without since", edit(",\"since\":0}", "}")),
        ("since as text", edit("\"since\":0", "\"since\":\"0\"")),
        ("member since this entry", edit("\"since\":0", "\"since\":4")),
        ("member with another field", edit("\"since\":0", "\"since\":0,\"zone\":1")),
        ("public statement without first", edit("{\"first\":true}", "{}")),
        ("first as number", edit("{\"first\":true}", "{\"first\":1}")),
        ("statement with a rule", edit("{\"first\":true}", "{\"first\":true,\"rule\":\"role\"}")),
        ("statement refused by a rule", edit("{\"first\":true}", "{\"rule\":\"role\"}")),
        ("not first, without earlier", edit("{\"first\":true}", "{\"first\":false}")),
        ("first, with earlier", edit("{\"first\":true}", "{\"earlier\":3,\"first\":true}")),
        ("earlier without first", edit("{\"first\":true}", "{\"earlier\":3}")),
        ("earlier that is this entry", edit("{\"first\":true}", "{\"earlier\":4,\"first\":false}")),
        ("earlier as text", edit("{\"first\":true}", "{\"earlier\":\"3\",\"first\":false}")),
        ("outcome as list", edit("{\"first\":true}", "[true]")),
        ("rejection without a rule", edit("\"kind\":\"statement\"", "\"kind\":\"rejection\"")),
        (
            "rejection with first",
            edit("\"kind\":\"statement\"", "\"kind\":\"rejection\"")
                .replace("\"first\":true", "\"first\":true,\"rule\":\"role\""),
        ),
        ("position 4,096", edit("\"position\":1", "\"position\":4096")),
        ("transaction not tagged", edit("\"transaction\":\"sha256:", "\"transaction\":\"")),
        ("statement without size", {
            let at = good.find(",\"size\":").unwrap();
            let end = at + good[at..].find('}').unwrap();
            format!("{}{}", &good[..at], &good[end..])
        }),
        ("statement of two modes", edit("\"mode\":\"public\"", "\"mode\":\"confidential\"")),
        ("statement of an unknown mode", edit("\"mode\":\"public\"", "\"mode\":\"sealed\"")),
        ("chain without digest", {
            let at = good.find('/').unwrap();
            format!("{}{}", &good[..at], &good[at + 65..])
        }),
        ("statement with the fields of an epoch", edit("\"height\"", "\"epoch\":0,\"height\"")),
        ("first is null", edit("{\"first\":true}", "{\"first\":null}")),
        ("escaped slash", edit("\"notary-1\"", "\"notary\\/1\"")),
        ("half a character", "{\"v\":3,\"x\":\"\\ud800\"}".into()),
        ("two halves of a character, escaped", "{\"v\":3,\"x\":\"\\ud83d\\ude00\"}".into()),
        ("capitals in an escape", "{\"v\":3,\"x\":\"\\u001F\"}".into()),
        ("newline escaped by its number", "{\"v\":3,\"x\":\"\\u000a\"}".into()),
        ("control character not escaped", "{\"v\":3,\"x\":\"\t\"}".into()),
        ("version 3 with minus zero", "{\"v\":3,\"x\":-0}".into()),
        ("version 3 with an exponent", "{\"v\":3,\"x\":1e2}".into()),
        ("version 3 with a fraction", "{\"v\":3,\"x\":0.5}".into()),
        ("version 3 with 2^53", "{\"v\":3,\"x\":9007199254740992}".into()),
        ("version 3^53", edit("\"v\":2}", "\"v\":9007199254740992}")),
        ("version 3 with null", "{\"v\":3,\"x\":null}".into()),
        ("version 3 with not a number", "{\"v\":3,\"x\":NaN}".into()),
        ("version 3 with a name twice", "{\"v\":3,\"x\":1,\"x\":1}".into()),
        ("version twice", "{\"v\":2,\"v\":2}".into()),
        ("version 3 with names in the order of code points", "{\"v\":3,\"\u{ff00}\":1,\"\u{10000}\":1}".into()),
        ("version 3 with names in no order", "{\"x\":1,\"v\":3}".into()),
        ("version 3 nested 257 deep", nested(257)),
        ("version 3 nested 2,000 deep", nested(2_000)),
        ("list of an entry", format!("[{good}]")),
        ("no JSON", "entry".to_owned()),
        ("empty", String::new()),
    ]
}

/// An entry of version 3 whose field `a` brings the nesting to `depth`, by lists and objects in turn.
fn nested(depth: usize) -> String {
    let closes: String = (1..depth).rev().map(|level| if level.is_multiple_of(2) { '}' } else { ']' }).collect();
    let opens: String = (1..depth).map(|level| if level.is_multiple_of(2) { "{\"\":" } else { "[" }).collect();
    let innermost = if depth.is_multiple_of(2) { "" } else { "0" };
    format!("{{\"a\":{opens}{innermost}{closes},\"v\":3}}")
}

/// Entries that a later version may write (F28).
pub fn unknown(good: &str) -> Vec<(&'static str, String)> {
    let edit = |from: &str, to: &str| replaced(good, from, to);
    vec![
        ("entry of version 3, same fields", edit("\"v\":2}", "\"v\":3}")),
        ("entry of version 3 with a new field", edit("\"v\":2}", "\"v\":3,\"zone\":1}")),
        ("entry of version 1, same fields", edit("\"v\":2}", "\"v\":1}")),
        ("entry of version 0", edit("\"v\":2}", "\"v\":0}")),
        ("entry of a new kind, same fields", edit("\"kind\":\"statement\"", "\"kind\":\"hearing\"")),
        ("entry of a new kind with new fields", edit("\"kind\":\"statement\"", "\"kind\":\"hearing\",\"land\":[true]")),
        ("statement of a new kind, same fields", edit("\"kind\":\"evidence\"", "\"kind\":\"custody\"")),
        (
            "rejection by a new rule",
            edit("\"kind\":\"statement\"", "\"kind\":\"rejection\"").replace("{\"first\":true}", "{\"rule\":\"quota\"}"),
        ),
        ("entry of version 3^53 - 1", edit("\"v\":2}", "\"v\":9007199254740991}")),
        ("entry of version 3 nested 200 deep", format!("{{\"a\":{}{},\"v\":3}}", "[".repeat(200), "]".repeat(200))),
        ("entry of version 3 nested 256 deep", nested(256)),
        ("entry of version 3 with names in the order of UTF-16", "{\"v\":3,\"\u{10000}\":1,\"\u{ff00}\":1}".into()),
        (
            "entry of version 3 with every escape",
            "{\"v\":3,\"x\":\"\\u0000\\b\\t\\n\\f\\r\\u001f\\\"\\\\/\u{7f}\u{2028}\u{1f4c4}\"}".into(),
        ),
        ("entry of version 3 with empty names and values", "{\"\":[{},[],\"\",true,false,0],\"v\":3}".into()),
        (
            "statement of a new kind with new fields",
            edit("\"kind\":\"evidence\"", "\"keeper\":\"court-00\",\"kind\":\"custody\""),
        ),
        (
            "statement of a known kind and a new act",
            edit("\"statement\":{", "\"statement\":{\"act\":\"effect\",")
                .replace("\"kind\":\"evidence\"", "\"kind\":\"judgment\""),
        ),
        ("statement of a kind without acts and a new act", edit("\"statement\":{", "\"statement\":{\"act\":\"effect\",")),
        ("outcome with an answer", edit("{\"first\":true}", "{\"answer\":{\"found\":false},\"first\":true}")),
        ("outcome with a case", edit("{\"first\":true}", "{\"case\":{\"number\":1},\"first\":true}")),
        ("outcome with a proceeding", edit("{\"first\":true}", "{\"first\":true,\"proceeding\":{\"number\":1}}")),
        (
            "outcome with an unknown field and a wrong one",
            edit("{\"first\":true}", "{\"first\":1,\"zone\":null}").replace("null", "0"),
        ),
        ("unknown outcome alone", "{\"outcome\":{\"answer\":1}}".into()),
        ("member of a new role", edit("\"role\":\"notary\"", "\"role\":\"judge\"")),
        ("member of a new role alone", "{\"member\":{\"role\":\"registrar\"}}".into()),
        ("statement of a new act alone", "{\"statement\":{\"act\":\"effect\",\"kind\":\"judgment\"}}".into()),
    ]
}

/// The file `entry.json`.
pub fn file() -> Value {
    let network = Network::of_vectors("cn-courts", 4);
    let statements = vec![public(b"a"), public(b"b"), public_sha512(b"c"), Statement::confidential(commitment(&[1; 32], b"d"))];
    let transaction = network.transaction(statements);
    let log = network.log(&transaction);
    let good = &log.leaves[4];
    let rejected = |rule| network.entry(&transaction, 1, 4, Verdict::Rejected(rule)).to_text();
    let later = network.entry(&transaction, 1, 4, recorded(Some(false))).to_text();
    let accusation = equivocations::transaction(&network, vec![equivocations::precommits(&network)]);
    let equivocation = |verdict| equivocations::entry(&network, &accusation, verdict).to_text();
    let [genesis, epoch, state] = [&log.leaves[0], &log.leaves[1], &log.leaves[2]];
    let mut valid = vec![
        ("genesis", genesis.clone()),
        ("epoch", epoch.clone()),
        ("first state", state.clone()),
        ("state", log.leaves[7].clone()),
        ("state with marks", network.state_entry(9).to_text().replace(&"00".repeat(32), &"5a".repeat(32))),
        ("public statement", good.clone()),
        ("public statement with SHA-512", log.leaves[5].clone()),
        ("confidential statement", log.leaves[6].clone()),
        ("recorded before", later),
        ("rejection by role", rejected(RejectionRule::Role)),
        ("rejection by asserted time", rejected(RejectionRule::AssertedInFuture)),
        ("equivocation", equivocation(equivocations::RECORDED)),
        ("equivocation refused by role", equivocation(Verdict::Rejected(RejectionRule::Role))),
        ("position 4,095", replaced(good, "\"position\":1", "\"position\":4095")),
        (
            "largest height and index",
            replaced(
                &replaced(good, "\"height\":12", "\"height\":9007199254740991"),
                "\"index\":4",
                "\"index\":9007199254740991",
            ),
        ),
    ];
    valid.extend(judgments::entries(&network));
    valid.extend(cosigners::entries(&network));
    let system = vec![
        ("genesis with a policy", replaced(genesis, "\"recorded_at\"", "\"policy\":\"\",\"recorded_at\"")),
        ("epoch without policy", {
            let at = epoch.find("\"policy\"").unwrap();
            format!("{}{}", &epoch[..at], &epoch[epoch.find("\"recorded_at\"").unwrap()..])
        }),
        (
            "epoch without courts",
            format!("{}{}", &epoch[..epoch.find("\"courts\"").unwrap()], &epoch[epoch.find("\"epoch\":0").unwrap()..]),
        ),
        (
            "state without map",
            format!("{}{}", &state[..state.find("\"map\"").unwrap()], &state[state.find("\"recorded_at\"").unwrap()..]),
        ),
        ("state without epoch", replaced(state, "\"epoch\":0,", "")),
        ("state with a member", replaced(state, "\"recorded_at\"", "\"member\":{},\"recorded_at\"")),
        ("state with a map not tagged", replaced(state, "\"map\":\"sha256:", "\"map\":\"")),
        ("state with an epoch's policy", replaced(state, "\"recorded_at\"", "\"policy\":\"\",\"recorded_at\"")),
        ("state of epoch 2^53", replaced(&log.leaves[7], "\"epoch\":0", "\"epoch\":9007199254740992")),
        ("state of height 0 at index 3", replaced(state, "\"index\":2", "\"index\":3")),
        ("state of height 1 at index 2", replaced(state, "\"height\":0", "\"height\":1")),
        ("state of height 0 and epoch 1", replaced(state, "\"epoch\":0", "\"epoch\":1")),
        ("statement with a map", replaced(good, "\"member\"", &format!("\"map\":\"sha256:{}\",\"member\"", "00".repeat(32)))),
        ("genesis with an epoch and a map", {
            replaced(genesis, "\"height\"", "\"epoch\":0,\"height\"")
                .replace("\"recorded_at\"", &format!("\"map\":\"sha256:{}\",\"recorded_at\"", "00".repeat(32)))
        }),
        ("epoch without number", replaced(epoch, "\"epoch\":0,", "")),
        ("epoch without start_height", replaced(epoch, "\"start_height\":1,", "")),
        ("epoch with a court's address", replaced(epoch, "{\"cosigner\"", "{\"address\":\"/ip4\",\"cosigner\"")),
        ("epoch with a short key", replaced(epoch, "\"log\":\"", "\"log\":\"00")),
        ("equivocation with first", equivocation(recorded(Some(true)))),
        ("confidential statement with first", replaced(&log.leaves[6], "\"outcome\":{}", "\"outcome\":{\"first\":true}")),
        ("judgment with first", judgments::entry_with_first(&network)),
        ("cosigner equivocation with first", cosigners::entry_with_first(&network)),
        ("statement of a new kind that is no text", replaced(good, "\"kind\":\"evidence\"", "\"kind\":[\"custody\"]")),
        ("statement of an act that is no text", replaced(good, "\"statement\":{", "\"statement\":{\"act\":1,")),
        ("statement of a kind without acts and an empty act", replaced(good, "\"statement\":{", "\"statement\":{\"act\":\"\",")),
    ];
    let mut cases = Vec::new();
    for (name, text) in &valid {
        let entry = Entry::from_text(text.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(&entry.to_text(), text);
        let mut value = case(name, text, true);
        value["digest"] = sha256(text.as_bytes()).to_string().into();
        value["leaf"] = leaf_hash(text.as_bytes()).to_string().into();
        cases.push(value);
    }
    for (name, text) in broken(good).into_iter().chain(system) {
        let found = Entry::from_text(text.as_bytes());
        assert!(matches!(found, Err(EntryError::Malformed(_))), "{name}: {found:?}");
        cases.push(case(name, &text, false));
    }
    for (name, text) in unknown(good) {
        let found = Entry::from_text(text.as_bytes());
        assert!(matches!(found, Err(EntryError::Unknown { .. })), "{name}: {found:?}");
        cases.push(case(name, &text, false));
    }
    document(
        "Entries (specs/formats.md, F25 to F28); texts of later versions are no entries either, and in a receipt cannot tell",
        cases,
    )
}
