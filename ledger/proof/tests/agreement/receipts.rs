//! Receipts with odd content, really signed by the test courts and the test member.
//!
//! In: a network, numbers.
//! Out: a receipt with policy, file and opening.
//! Always: a part that depends on an odd part is made from it as a court would make it, so that only a check
//! of the odd part itself can fail.
//! Not for documents alone: see `documents.rs`.

use crate::acts::judgment;
use crate::documents::accusation;
use crate::json::{Json, spoiled};
use crate::lines;
use crate::numbers::Numbers;
use crate::statements::{case, commitment, public_sha512, with_everything};
use courtseal_fixtures::Network;
use courtseal_fixtures::log::{BLOCK_TIME, is_public, member_part, recorded};
use courtseal_fixtures::statements::public;
use courtseal_proof::bytes::base64_text;
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::bytes::limits::{COSIGNED_AT_S_MAX, INTEGER_MAX};
use courtseal_proof::entry::{Entry, RejectionRule};
use courtseal_proof::kinds::verdict::Verdict;
use courtseal_proof::log::checkpoint::Checkpoint;
use courtseal_proof::log::merkle::{inclusion_paths, leaf_hash, root};
use courtseal_proof::log::note::SignatureLine;
use courtseal_proof::opening::Opening;
use courtseal_proof::statement::Statement;
use courtseal_proof::transaction::{PAYLOAD_TYPE, pre_authentication_encoding};

const FILE: &[u8] = b"Lease of the flat in Chaoyang.\n";
const SALT: [u8; 32] = [0xa5; 32];
/// What may be odd.
const PARTS: [&str; 14] = [
    "statement",
    "payload",
    "envelope",
    "entry",
    "entry",
    "path",
    "extra",
    "place",
    "version",
    "times",
    "signatures",
    "text",
    "policy",
    "file",
];

/// What both verifiers are given.
pub struct Odd {
    /// The odd part, for a person.
    pub parts: Vec<&'static str>,
    pub receipt: Vec<u8>,
    pub policy: Vec<u8>,
    pub file: Option<Vec<u8>>,
    pub opening: Option<Vec<u8>>,
}

impl Odd {
    /// All of it as text.
    pub fn show(&self) -> String {
        let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(20_000)]).into_owned();
        let receipt = text(&self.receipt);
        let extra = receipt.lines().nth(1).and_then(|line| base64_text::decode(line.strip_prefix("extra ")?));
        let [policy, extra, file, opening] = [Some(&self.policy), extra.as_ref(), self.file.as_ref(), self.opening.as_ref()]
            .map(|bytes| bytes.map(|bytes| text(bytes)));
        format!("odd: {:?}\n{receipt}\nextra: {extra:?}\npolicy: {policy:?}\nfile: {file:?}\nopening: {opening:?}", self.parts)
    }
}

/// The parts that are odd: most often one.
fn choose(numbers: &mut Numbers) -> Vec<&'static str> {
    let count = [0, 1, 1, 1, 1, 1, 1, 2, 2, 3][numbers.below(10)];
    (0..count).map(|_| numbers.pick(&PARTS)).collect()
}

struct Maker<'a> {
    network: &'a Network,
    numbers: &'a mut Numbers,
    parts: Vec<&'static str>,
}

impl Maker<'_> {
    fn is_odd(&self, part: &str) -> bool {
        self.parts.contains(&part)
    }

    /// The text, spoiled if the part is odd.
    fn spoil(&mut self, part: &str, text: String) -> String {
        if self.is_odd(part) { spoiled(&text, self.numbers) } else { text }
    }

    /// A statement, and the file that it is of.
    fn statement(&mut self) -> (Statement, Option<Vec<u8>>) {
        let full = with_everything(public(b"full\n"), BLOCK_TIME, case(self.network));
        let confidential = Statement::confidential(commitment(&SALT, FILE));
        let (statement, file) = match self.numbers.below(7) {
            0 => (public(FILE), FILE),
            1 => (public_sha512(b"\0\xff"), &b"\0\xff"[..]),
            2 => (full, &b"full\n"[..]),
            3 => (confidential, FILE),
            4 => (judgment(public_sha512(FILE).document().unwrap().clone(), []), FILE),
            5 => (judgment(confidential.document().unwrap().clone(), []), FILE),
            _ => return (accusation(self.network, self.numbers), None),
        };
        (statement, Some(file.to_vec()))
    }

    /// Entry, envelope and path of a statement, each made from the one before.
    fn stated(&mut self, index: u64, statement: &Statement) -> Vec<String> {
        let transaction = self.network.transaction(vec![statement.clone()]);
        let text = self.spoil("statement", statement.to_text());
        let leaf = leaf_hash(text.as_bytes());
        let position = if self.numbers.chance(30) { self.numbers.below(4) } else { 0 };
        let mut leaves: Vec<Digest> = (0..position + self.numbers.below(4)).map(|n| sha256(&[n as u8])).collect();
        leaves.insert(position.min(leaves.len()), leaf);
        let mut payload = Json::parse(std::str::from_utf8(&transaction.envelope().payload).unwrap());
        payload.set("statements", Json::Raw(format!("\"{}\"", root(&leaves).tagged())));
        payload.set("count", Json::Raw(leaves.len().to_string()));
        let payload = self.spoil("payload", payload.text());
        let signed = pre_authentication_encoding(payload.as_bytes());
        let signature = base64_text::encode(&self.network.notary().key.sign(&signed).0);
        let payload = base64_text::encode(payload.as_bytes());
        let envelope =
            format!(r#"{{"payload":"{payload}","payloadType":"{PAYLOAD_TYPE}","signatures":[{{"sig":"{signature}"}}]}}"#);
        let envelope = self.spoil("envelope", envelope);
        let verdict = match (self.numbers.below(10), is_public(statement)) {
            (0, _) => Verdict::Rejected(RejectionRule::AssertedInFuture),
            (other, true) => recorded(Some(other > 4)),
            (_, false) => recorded(None),
        };
        let mut entry = Json::parse(&self.network.entry(&transaction, 0, index, verdict).to_text());
        entry.set("transaction", Json::Raw(format!("\"{}\"", sha256(&signed).tagged())));
        entry.set("position", Json::Raw(position.to_string()));
        entry.set("statement", Json::Raw(text));
        // The statement is raw text here. Odd or not, it stays as signed unless the entry itself is changed.
        let entry =
            if self.is_odd("entry") && !self.is_odd("statement") { spoiled(&entry.text(), self.numbers) } else { entry.text() };
        let hashes = inclusion_paths(&leaves).swap_remove(position.min(leaves.len() - 1));
        let hashes: Vec<String> = hashes.iter().map(|hash| format!("\"{}\"", base64_text::encode(&hash.0))).collect();
        let path = self.spoil("path", format!("{{\"path\":[{}]}}", hashes.join(",")));
        vec![entry, envelope, path]
    }

    fn system(&mut self, index: usize) -> Vec<String> {
        let entry = Entry::genesis(&self.network.genesis)[index].to_text();
        let entry = self.spoil("entry", entry);
        if !self.is_odd("envelope") {
            return vec![entry];
        }
        let part = member_part(&self.network.transaction(vec![public(FILE)]), 0);
        vec![entry, part.envelope, part.path]
    }

    fn version(&mut self) -> String {
        let lines = [
            "courtseal-receipt/v1",
            "courtseal-receipt/v3",
            "courtseal-receipt/v9007199254740992",
            "courtseal-receipt/v18446744073709551616",
            "courtseal-receipt/v0",
            "courtseal-receipt/v01",
            "courtseal-receipt/v",
            "courtseal-receipt/v2 ",
            "courtseal-receipt/v-3",
            "courtseal-receipt/v\u{0662}",
            "courtseal-receipt",
            "",
            "courtseal-receipt/v2\r",
            "courtseal-receipt/v3\r",
            "courtseal-receipt/v3\0",
        ];
        if self.is_odd("version") { self.numbers.pick(&lines).to_owned() } else { "courtseal-receipt/v2".into() }
    }

    /// The seconds at which a court cosigns.
    fn time_s(&mut self) -> u64 {
        let recorded_s = BLOCK_TIME.0 / 1000;
        if !self.is_odd("times") {
            return recorded_s + 1;
        }
        let at_bounds = [
            0,
            1,
            recorded_s - 11,
            recorded_s - 10,
            recorded_s - 9,
            recorded_s,
            COSIGNED_AT_S_MAX,
            COSIGNED_AT_S_MAX + 1,
            u64::MAX,
        ];
        match self.numbers.below(12) {
            number if number < at_bounds.len() => at_bounds[number],
            9 => self.numbers.any(),
            _ => recorded_s + 5,
        }
    }

    /// The signature lines over a checkpoint, the log's first.
    fn sign(&mut self, checkpoint: &Checkpoint) -> Vec<SignatureLine> {
        let mut courts: Vec<usize> = (0..4).collect();
        courts.remove(self.numbers.below(4));
        let mut signed = vec![self.network.log_line(self.numbers.below(4), checkpoint)];
        for court in courts {
            let time_s = self.time_s();
            let cosignature = checkpoint.cosign(&self.network.courts[court].cosigner, time_s);
            signed.push(SignatureLine::cosignature(&self.network.cosigner(court), time_s, &cosignature.signature));
        }
        if self.is_odd("signatures") {
            lines::spoil_signatures(&mut signed, &checkpoint.origin.to_string(), self.numbers);
        }
        signed
    }

    /// The index and the size that the receipt names.
    fn place(&mut self, index: u64, size: u64) -> (u64, u64) {
        let bounds = [0, 1, index + 1, size, size + 1, INTEGER_MAX - 1, INTEGER_MAX, INTEGER_MAX + 1, u64::MAX];
        let bound = bounds[self.numbers.below(bounds.len())];
        match (self.is_odd("place"), self.numbers.below(2)) {
            (false, _) => (index, size),
            (true, 0) => (bound, size),
            (true, _) => (index, bound),
        }
    }

    /// The receipt of a log in which the entry stands among others.
    fn receipt(&mut self, mut extra: Vec<String>, index: usize) -> Vec<u8> {
        let size = index + 1 + self.numbers.below(70);
        let mut leaves: Vec<Digest> = (0..size).map(|number| sha256(&number.to_be_bytes())).collect();
        leaves[index] = leaf_hash(extra[0].as_bytes());
        let (shown_index, shown_size) = self.place(index as u64, size as u64);
        let checkpoint = Checkpoint { origin: self.network.origin.clone(), size: shown_size, root: root(&leaves) };
        let signatures = self.sign(&checkpoint);
        extra.insert(0, self.version());
        if self.is_odd("extra") {
            let at = self.numbers.below(extra.len());
            match self.numbers.below(3) {
                0 => drop(extra.remove(at)),
                1 => extra.insert(at, extra[at].clone()),
                _ => extra.swap(at, 0),
            }
        }
        let mut extra = extra.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes();
        if self.is_odd("extra") && self.numbers.chance(30) {
            lines::spoil_bytes(&mut extra, self.numbers);
        }
        let hashes: String =
            inclusion_paths(&leaves).swap_remove(index).iter().map(|hash| base64_text::encode(&hash.0) + "\n").collect();
        let note = checkpoint.note(signatures);
        let text =
            format!("c2sp.org/tlog-proof@v1\nextra {}\nindex {shown_index}\n{hashes}\n{note}", base64_text::encode(&extra));
        if self.is_odd("text") { lines::spoil_text(&text, self.numbers) } else { text.into_bytes() }
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

/// The receipt of these numbers.
pub fn make(network: &Network, numbers: &mut Numbers) -> Odd {
    let parts = choose(numbers);
    let mut maker = Maker { network, numbers, parts };
    let (statement, file) = maker.statement();
    let index = if maker.numbers.chance(10) { maker.numbers.below(3) } else { 4 + maker.numbers.below(40) };
    let extra = if index < 3 { maker.system(index) } else { maker.stated(index as u64, &statement) };
    let receipt = maker.receipt(extra, index);
    let is_odd = |part: &str| maker.parts.contains(&part);
    let (odd_file, odd_policy) = (is_odd("file"), is_odd("policy"));
    let numbers = maker.numbers;
    let mut file = if odd_file { file.or_else(|| Some(FILE.to_vec())) } else { file.filter(|_| index >= 3) };
    let mut opening = Some(opening().to_text().into_bytes());
    if odd_file {
        match numbers.below(6) {
            0 => file = None,
            1 => lines::spoil_bytes(file.as_mut().unwrap(), numbers),
            2 => opening = None,
            3 => lines::spoil_bytes(opening.as_mut().unwrap(), numbers),
            _ => opening = opening.map(|text| spoiled(std::str::from_utf8(&text).unwrap(), numbers).into_bytes()),
        }
    }
    let policy = if odd_policy { lines::spoil_policy(&network.policy, numbers) } else { network.policy.clone().into_bytes() };
    let policy = if numbers.chance(1) { Network::of_vectors("other-courts", 4).policy.into_bytes() } else { policy };
    Odd { parts: maker.parts, receipt, policy, file, opening }
}
