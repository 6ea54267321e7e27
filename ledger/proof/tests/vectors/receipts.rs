//! `receipt.json`: the valid cases, the shape of a case, and the native check of all of them (F35 to F39).
//!
//! In: the test networks.
//! Out: the cases.
//! Always: a case without a file asks for checks 1 to 7 only.
//! Not for the cases that are not valid: they are in `malformed` and `later` (check 1), `untrusted` and
//! `signatures` (2 to 5) and `hostile` (6 to 8).

use crate::statements::{case, commitment, public_sha512, public_sm3, with_everything};
use crate::{cosigners, equivocations, hostile, judgments, later, malformed, signatures, untrusted};
use courtseal_fixtures::Network;
use courtseal_fixtures::log::{BLOCK_TIME, COSIGNED_AT_S, FIRST_INDEX, Log, member_part, recorded};
use courtseal_fixtures::statements::{edited, public};
use courtseal_proof::bytes::base64_text;
use courtseal_proof::entry::{Entry, RejectionRule};
use courtseal_proof::kinds::verdict::Verdict;
use courtseal_proof::opening::Opening;
use courtseal_proof::receipt::Receipt;
use courtseal_proof::statement::Statement;
use courtseal_proof::transaction::Transaction;
use courtseal_proof::verify::{HeldPolicy, Refusal, verify_receipt};
use serde_json::{Value, json};

/// The causes of *cannot tell* (F39).
pub const CANNOT_TELL: [&str; 7] =
    ["no-receipt", "policy-unreadable", "policy-too-weak", "other-network", "unknown-key", "version", "no-opening"];

/// The file of most cases; three lines, so that line endings can be changed.
pub const FILE: &[u8] = b"Lease of the flat in Chaoyang, room 1204.\nRent: 6,200 yuan a month.\nSigned by both.\n";
/// A file that is no text.
pub const BINARY: &[u8] = &[0, 0xff, 0x0d, 0x0a, 0x80, 0x0a];
/// The salt of the confidential statement.
pub const SALT: [u8; 32] = [0xa5; 32];

/// One case; valid if there is no `reason`.
pub struct Case {
    pub name: String,
    pub policy: &'static str,
    pub receipt: Option<String>,
    pub file: Option<Vec<u8>>,
    pub opening: Option<String>,
    pub reason: Option<&'static str>,
}

impl Case {
    pub fn new(name: impl Into<String>, receipt: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            policy: "four",
            receipt: Some(receipt.into()),
            file: Some(FILE.to_vec()),
            opening: None,
            reason: None,
        }
    }

    pub fn file(self, file: &[u8]) -> Self {
        Self { file: Some(file.to_vec()), ..self }
    }

    pub fn no_file(self) -> Self {
        Self { file: None, ..self }
    }

    pub fn policy(self, policy: &'static str) -> Self {
        Self { policy, ..self }
    }

    pub fn opening(self, opening: impl Into<String>) -> Self {
        Self { opening: Some(opening.into()), ..self }
    }

    pub fn fails(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    fn verdict(&self) -> &'static str {
        match self.reason {
            None => "valid",
            Some(reason) if CANNOT_TELL.contains(&reason) => "cannot tell",
            Some(_) => "invalid",
        }
    }

    fn to_json(&self) -> Value {
        let mut value = json!({
            "name": self.name, "policy": self.policy, "receipt": self.receipt,
            "file": self.file.as_ref().map(|file| base64_text::encode(file)), "opening": self.opening,
            "verdict": self.verdict(), "reason": self.reason,
        });
        if self.reason.is_none() {
            let receipt = Receipt::parse(self.receipt.as_ref().unwrap().as_bytes()).unwrap();
            let entry: Value = serde_json::from_str(&receipt.entry).unwrap();
            value["index"] = entry["index"].clone();
            value["recorded_at"] = entry["recorded_at"].clone();
            value["courts"] = receipt.signed.cosignatures.iter().map(|line| line.name.as_str()).collect();
        }
        value
    }
}

/// What most cases start from: six statements of one transaction in a network of four courts.
pub struct Scene<'a> {
    pub network: &'a Network,
    pub other: &'a Network,
    pub transaction: Transaction,
}

/// The place in the transaction of the statement that most cases are about.
pub const POSITION: usize = 1;

impl<'a> Scene<'a> {
    pub fn new(network: &'a Network, other: &'a Network) -> Self {
        let asserted_at = courtseal_proof::bytes::time::Timestamp(1_795_000_000_000);
        let full = with_everything(public(b"with everything\n"), asserted_at, case(network));
        let confidential = edited(Statement::confidential(commitment(&SALT, FILE)), |own| own.case = Some(case(network)));
        let statements = vec![public(b""), public(FILE), public_sha512(BINARY), confidential, full, public_sm3(FILE)];
        Self { network, other, transaction: network.transaction(statements) }
    }

    pub fn log(&self) -> Log<'a> {
        self.network.log(&self.transaction)
    }

    /// The receipt of the statement at `position`.
    pub fn receipt_of(&self, position: usize) -> Receipt {
        self.log().receipt(FIRST_INDEX + position, Some(member_part(&self.transaction, position)))
    }

    /// The receipt that most cases change.
    pub fn receipt(&self) -> Receipt {
        self.receipt_of(POSITION)
    }

    /// That receipt, changed.
    pub fn changed(&self, change: impl FnOnce(&mut Receipt)) -> String {
        let mut receipt = self.receipt();
        change(&mut receipt);
        receipt.to_text()
    }
}

/// The opening of the confidential statement.
pub fn opening() -> Opening {
    Opening {
        asserted_at: Some(BLOCK_TIME),
        file_name: Some("lease \u{79df}\u{7ea6}.txt".into()),
        media_type: Some("text/plain".into()),
        salt: SALT,
        size: FILE.len() as u64,
        v: 1,
    }
}

fn valid(scene: &Scene<'_>) -> Vec<Case> {
    let text = |position| scene.receipt_of(position).to_text();
    let network = scene.network;
    let rejected = Verdict::Rejected(RejectionRule::Role);
    let later = recorded(Some(false));
    let replaced = |outcome| {
        let mut log = scene.log();
        let index = FIRST_INDEX + POSITION;
        log.leaves[index] = network.entry(&scene.transaction, POSITION, index as u64, outcome).to_text();
        log.receipt(index, Some(member_part(&scene.transaction, POSITION))).to_text()
    };
    let mut long = scene.log();
    long.leaves.extend((0..993).map(|number| format!("leaf {number}")));
    let mut one = scene.log();
    one.leaves.truncate(1);
    let lean = Opening { asserted_at: None, file_name: None, media_type: None, ..opening() };
    vec![
        Case::new("public", text(1)),
        Case::new("public, first statement of six, empty file", text(0)).file(b""),
        Case::new("public, with case, asserted_at and media_type", text(4)).file(b"with everything\n"),
        Case::new("public with SHA-512, a file that is no text", text(2)).file(BINARY),
        Case::new("public with SHA-512 and SM3, last statement of six", text(5)),
        Case::new("confidential", text(3)).opening(opening().to_text()),
        Case::new("confidential, opening without optional fields", text(3)).opening(lean.to_text()),
        Case::new("public, no file given", text(1)).no_file(),
        Case::new("confidential, no file given", text(3)).no_file(),
        Case::new("genesis entry", scene.log().receipt(0, None).to_text()).no_file(),
        Case::new("epoch entry", scene.log().receipt(1, None).to_text()).no_file(),
        Case::new("first state entry", scene.log().receipt(2, None).to_text()).no_file(),
        Case::new("state entry", scene.log().receipt(FIRST_INDEX + 6, None).to_text()).no_file(),
        Case::new("log of one entry, empty path", one.receipt(0, None).to_text()).no_file(),
        Case::new("log of 1,000 entries", long.receipt(FIRST_INDEX + 1, Some(member_part(&scene.transaction, 1))).to_text()),
        Case::new("recorded before, outcome.first is false", replaced(later)),
        Case::new("rejection, no file given", replaced(rejected)).no_file(),
        Case::new(
            "log signature of another court of the policy",
            scene.changed(|r| r.signed.log = network.log_line(3, &r.signed.checkpoint)),
        ),
        Case::new(
            "cosigned by the last three of four",
            scene.changed(|r| {
                r.signed.cosignatures =
                    (1..4).map(|court| network.cosignature(court, &r.signed.checkpoint, COSIGNED_AT_S + court as u64)).collect()
            }),
        ),
        Case::new("groups of groups", text(1)).policy("groups"),
        Case::new("foreign spelling of the policy", text(1)).policy("foreign"),
    ]
}

fn other_networks(networks: &[(&'static str, Network)]) -> Vec<Case> {
    let receipt = |network: &Network| {
        let transaction = network.transaction(vec![public(FILE)]);
        network.log(&transaction).receipt(FIRST_INDEX, Some(member_part(&transaction, 0))).to_text()
    };
    let cases = networks.iter().map(|(policy, network)| Case::new(format!("{policy} court(s)"), receipt(network)).policy(policy));
    cases.collect()
}

/// The file and its cases.
pub fn file() -> (Value, Vec<Case>) {
    let (four, other) = (Network::of_vectors("cn-courts", 4), Network::of_vectors("other-courts", 4));
    let networks = [("one", Network::of_vectors("one-court", 1)), ("seven", Network::of_vectors("seven-courts", 7))];
    let large = [("thirty-two", Network::of_vectors("all-courts", 32))];
    let scene = Scene::new(&four, &other);
    assert!(Entry::from_text(scene.receipt().entry.as_bytes()).is_ok());
    let mut cases = valid(&scene);
    cases.extend(other_networks(&networks));
    cases.extend(other_networks(&large));
    cases.extend(malformed::cases(&scene));
    cases.extend(later::cases(&scene));
    cases.extend(untrusted::cases(&scene));
    cases.extend(signatures::cases(&scene));
    cases.extend(hostile::cases(&scene));
    cases.extend(equivocations::receipts(&four, &other));
    cases.extend(judgments::receipts(&four));
    cases.extend(cosigners::receipts(&four, &other));
    let mut policies = untrusted::policies(&scene);
    for (name, network) in networks.iter().chain(&large) {
        policies.insert((*name).to_owned(), network.policy.clone());
    }
    let about =
        "Receipts and what every verifier must answer (specs/formats.md, F35 to F39); made by ledger/proof/tests/vectors.rs";
    let value = json!({"about": about, "policies": policies, "cases": cases.iter().map(Case::to_json).collect::<Vec<_>>()});
    (value, cases)
}

fn answer(case: &Value, policies: &Value) -> Result<Option<courtseal_proof::verify::Proven>, String> {
    let word = |refusal: Refusal| format!("{} {}", refusal.verdict(), refusal.reason());
    let policy = HeldPolicy::new(policies[case["policy"].as_str().unwrap()].as_str().unwrap().as_bytes());
    let Some(receipt) = case["receipt"].as_str() else { return Err("cannot tell no-receipt".into()) };
    let proven = verify_receipt(receipt.as_bytes(), &policy).map_err(word)?;
    if let Some(file) = case["file"].as_str() {
        let mut check = proven.check_file(case["opening"].as_str().map(str::as_bytes)).map_err(word)?;
        base64_text::decode(file).unwrap().chunks(7).for_each(|piece| check.update(piece));
        check.finish().map_err(word)?;
    }
    Ok(Some(proven))
}

/// Checks the answers of this crate, from the JSON alone.
pub fn check(cases: &[Case]) {
    let (value, _) = file();
    let mut wrong = Vec::new();
    for (case, json) in cases.iter().zip(value["cases"].as_array().unwrap()) {
        let found = answer(json, &value["policies"]);
        let expected = format!("{} {}", case.verdict(), case.reason.unwrap_or_default());
        match found {
            Ok(Some(proven)) if case.reason.is_none() => {
                let courts: Vec<&str> = proven.courts.iter().map(|(name, _)| name.as_str()).collect();
                assert_eq!(json!(proven.entry.index), json["index"]);
                assert_eq!(json!(proven.entry.recorded_at.to_string()), json["recorded_at"]);
                assert_eq!(json!(courts), json["courts"]);
            }
            Ok(_) => wrong.push(format!("{}: expected {expected}, found valid", case.name)),
            Err(found) if found == expected => {}
            Err(found) => wrong.push(format!("{}: expected {expected}, found {found}", case.name)),
        }
    }
    assert!(wrong.is_empty(), "{} wrong answers:\n{}", wrong.len(), wrong.join("\n"));
}
