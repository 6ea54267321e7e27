//! Both verifiers judge alike: this crate and `tests/interop/verify.py` judge odd receipts that the test
//! courts signed.
//!
//! In: `COURTSEAL_SEED` (1) and `COURTSEAL_COUNT` (2,400) in the environment.
//! Out: a failure with the seed and the text of the first receipt or document on which the two differ in
//! verdict or reason.
//! Always: one seed gives one receipt and one document, the same in every process.
//! Not for the right answer, which only the vectors give: both verifiers may be wrong in the same way.

#[expect(dead_code, reason = "the vectors use more of it")]
#[path = "vectors/acts.rs"]
mod acts;
#[path = "agreement/documents.rs"]
mod documents;
#[path = "agreement/json.rs"]
mod json;
#[path = "agreement/lines.rs"]
mod lines;
#[path = "agreement/numbers.rs"]
mod numbers;
#[path = "agreement/receipts.rs"]
mod receipts;
#[path = "vectors/statements.rs"]
mod statements;

use courtseal_fixtures::Network;
use courtseal_proof::bytes::base64_text;
use courtseal_proof::verify::{Check, HeldPolicy, Missing, Refusal, verify_receipt};
use numbers::Numbers;
use receipts::Odd;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Verdict and reason, as `verify.py` writes them.
type Answer = (String, Option<String>);

fn judge(odd: &Odd) -> Answer {
    let judged = || -> Result<(), Refusal> {
        let proven = verify_receipt(&odd.receipt, &HeldPolicy::new(&odd.policy))?;
        let Some(file) = &odd.file else { return Ok(()) };
        let mut check = proven.check_file(odd.opening.as_deref())?;
        check.update(file);
        check.finish()
    };
    match judged() {
        Ok(()) => ("valid".into(), None),
        Err(refusal) => (refusal.verdict().into(), Some(refusal.reason().into())),
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}

/// One process of the independent verifier answers all lines.
fn ask_python(lines: &[Value], name: &str) -> Vec<Value> {
    let interop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/interop");
    let python = Command::new(interop.join("python")).output().unwrap();
    assert!(python.status.success(), "tests/interop/python: {}", String::from_utf8_lossy(&python.stderr));
    let list = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    std::fs::write(&list, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let mut command = Command::new(String::from_utf8(python.stdout).unwrap().trim());
    let output = command.arg(interop.join("verify.py")).arg("--batch").arg(&list).output().unwrap();
    std::fs::remove_file(&list).unwrap();
    let answers: Vec<Value> =
        String::from_utf8(output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), lines.len(), "{}", String::from_utf8_lossy(&output.stderr));
    answers
}

fn seeds(count: u64) -> std::ops::Range<u64> {
    let first = setting("COURTSEAL_SEED", 1);
    first..first + setting("COURTSEAL_COUNT", count)
}

/// The number of answers of each kind; fails at the first seed that is judged in two ways.
fn compare<T>(
    name: &str,
    odds: &[(u64, T)],
    line: impl Fn(&T) -> Value,
    native: impl Fn(&T) -> Answer,
    show: impl Fn(&T) -> String,
) -> BTreeMap<Answer, usize> {
    let answers = ask_python(&odds.iter().map(|(_, odd)| line(odd)).collect::<Vec<_>>(), name);
    let (mut counts, mut differ) = (BTreeMap::new(), Vec::new());
    for ((seed, odd), answer) in odds.iter().zip(answers) {
        let found = native(odd);
        let python: Answer = (answer["verdict"].as_str().unwrap().into(), answer["reason"].as_str().map(str::to_owned));
        if found != python {
            differ.push((*seed, format!("native {found:?}, verify.py {python:?}: {}\n{}", answer["message"], show(odd))));
        }
        *counts.entry(found).or_insert(0) += 1;
    }
    let seeds: Vec<u64> = differ.iter().map(|(seed, _)| *seed).collect();
    if let Some((seed, text)) = differ.first() {
        panic!("{name}: {} judged in two ways, seeds {seeds:?}; seed {seed}: {text}", differ.len());
    }
    println!("{name}: {} judged alike: {counts:?}", odds.len());
    counts
}

#[test]
fn f38_both_verifiers_judge_odd_receipts_alike() {
    let network = Network::of_vectors("cn-courts", 4);
    let odds: Vec<(u64, Odd)> = seeds(2_400).map(|seed| (seed, receipts::make(&network, &mut Numbers::new(seed)))).collect();
    let base64 = |bytes: &Option<Vec<u8>>| bytes.as_ref().map(|bytes| base64_text::encode(bytes));
    let line = |odd: &Odd| {
        json!({"inline": {"receipt": base64_text::encode(&odd.receipt), "policy": base64_text::encode(&odd.policy),
                          "file": base64(&odd.file), "opening": base64(&odd.opening)}})
    };
    let counts = compare("receipts", &odds, line, judge, Odd::show);
    if odds.len() < 2_000 {
        return;
    }
    // The generator reaches every check and every cause, and does not spoil all it makes.
    let reached = |reason: &str| counts.keys().any(|(_, found)| found.as_deref() == Some(reason));
    for check in Check::ALL.into_iter().filter(|check| *check != Check::Policy) {
        assert!(reached(check.as_str()), "no receipt fails {}", check.as_str());
    }
    let causes = [Missing::PolicyUnreadable, Missing::PolicyTooWeak, Missing::OtherNetwork, Missing::UnknownKey];
    for cause in causes.into_iter().chain([Missing::Version, Missing::Opening]) {
        assert!(reached(cause.as_str()), "no receipt ends in {}", cause.as_str());
    }
    assert!(counts[&("valid".to_owned(), None)] * 10 > odds.len(), "{counts:?}");
}

#[test]
fn f28_both_verifiers_read_odd_documents_alike() {
    let network = Network::of_vectors("cn-courts", 4);
    let odds: Vec<_> = seeds(2_400).map(|seed| (seed, documents::make(&network, &mut Numbers::new(seed)))).collect();
    let line = |odd: &documents::Odd| json!({"document": odd.kind, "text": base64_text::encode(&odd.text)});
    let counts = compare("documents", &odds, line, |odd| (odd.judge().into(), None), documents::Odd::show);
    assert!(odds.len() < 2_000 || counts.len() == 3, "{counts:?}");
}
