//! Documents by themselves, with something odd: statements, openings, entries, transactions.
//!
//! In: a network, numbers.
//! Out: a text and how this crate reads it.
//! Always: a transaction is signed after it was made odd.
//! Not for receipts: see `receipts.rs`.

use crate::acts::{judgment, precommits, same_size, two_sizes};
use crate::json::{Json, spoiled};
use crate::lines::spoil_bytes;
use crate::numbers::Numbers;
use crate::receipts::opening;
use crate::statements::{case, commitment, public_sha512, public_sm3};
use courtseal_fixtures::Network;
use courtseal_fixtures::log::{BLOCK_TIME, is_public, recorded};
use courtseal_fixtures::statements::{edited, public};
use courtseal_proof::bytes::base64_text;
use courtseal_proof::entry::{Entry, EntryError};
use courtseal_proof::kinds::field::Value;
use courtseal_proof::log::merkle::{leaf_hash, root};
use courtseal_proof::opening::Opening;
use courtseal_proof::statement::{Statement, StatementError};
use courtseal_proof::transaction::{PAYLOAD_TYPE, Transaction, pre_authentication_encoding};

/// A text, and the type that it should be.
pub struct Odd {
    pub kind: &'static str,
    pub text: Vec<u8>,
}

impl Odd {
    /// The verdict of this crate's reader.
    pub fn judge(&self) -> &'static str {
        let is_read = match self.kind {
            "statement" => Statement::from_text(&self.text).is_ok(),
            "opening" => match Opening::from_text(&self.text) {
                Err(StatementError::Version(_)) => return "cannot tell",
                read => read.is_ok(),
            },
            "entry" => match Entry::from_text(&self.text) {
                Err(EntryError::Unknown { .. }) => return "cannot tell",
                read => read.is_ok(),
            },
            _ => Transaction::from_text(&self.text, true).is_ok(),
        };
        if is_read { "valid" } else { "invalid" }
    }

    /// The document as text.
    pub fn show(&self) -> String {
        format!("{}: {}", self.kind, String::from_utf8_lossy(&self.text))
    }
}

fn statement(network: &Network, numbers: &mut Numbers) -> Statement {
    let plain = match numbers.below(6) {
        0 => public(b"a"),
        1 => public_sha512(b"b"),
        2 => return Statement::confidential(commitment(&[1; 32], b"c")),
        3 => return odd_judgment(network, numbers),
        4 => return accusation(network, numbers),
        _ => return precommits(network),
    };
    edited(plain, |evidence| {
        evidence.case = numbers.chance(50).then(|| case(network));
        evidence.asserted_at = numbers.chance(50).then_some(BLOCK_TIME);
        let media_type = numbers.chance(50).then(|| "application/pdf".into());
        evidence.document = evidence.document.clone().with_media_type(media_type);
    })
}

/// A judgment with any of its fields.
pub fn odd_judgment(network: &Network, numbers: &mut Numbers) -> Statement {
    let documents = [public(b"a"), public_sha512(b"b"), public_sm3(b"b"), Statement::confidential(commitment(&[1; 32], b"c"))];
    let document = documents[numbers.below(3)].document().unwrap().clone();
    let types: [&'static str; 3] = ["ruling", "decision", "payment-order"];
    let instances: [&'static str; 3] = ["first", "second", "retrial"];
    let mut fields = vec![("type", Value::Word(types[numbers.below(3)])), ("instance", Value::Word(instances[numbers.below(3)]))];
    fields.extend(numbers.chance(50).then(|| ("case", Value::Tag(case(network)))));
    fields.extend(numbers.chance(50).then_some(("asserted_at", Value::Time(BLOCK_TIME))));
    judgment(document, fields)
}

/// Contradicting roots of `court-01`, or roots of which one was changed since.
pub fn accusation(network: &Network, numbers: &mut Numbers) -> Statement {
    let old = 1 + numbers.below(20) as u64;
    let mut pair = match numbers.below(3) {
        0 => same_size(network, old),
        _ => two_sizes(network, old, old + 1 + numbers.below(20) as u64),
    };
    match numbers.below(8) {
        0 => pair.second.time_s += 1,
        1 => pair.epoch = 1,
        _ => {}
    }
    pair.into()
}

fn transaction(network: &Network, numbers: &mut Numbers) -> String {
    let statements: Vec<Statement> = (0..=numbers.below(3)).map(|_| statement(network, numbers)).collect();
    // The payload of any transaction. Its root and count are those of the texts below, which may hold a
    // statement that must be alone.
    let good = network.transaction(vec![public(b"a")]);
    let mut texts: Vec<String> = statements.iter().map(Statement::to_text).collect();
    let odd = numbers.below(4);
    if odd == 0 {
        let at = numbers.below(texts.len());
        texts[at] = spoiled(&texts[at], numbers);
    }
    let leaves: Vec<_> = texts.iter().map(|text| leaf_hash(text.as_bytes())).collect();
    let mut payload = Json::parse(std::str::from_utf8(&good.envelope().payload).unwrap());
    payload.set("statements", Json::Raw(format!("\"{}\"", root(&leaves).tagged())));
    payload.set("count", Json::Raw(leaves.len().to_string()));
    let payload = if odd == 1 { spoiled(&payload.text(), numbers) } else { payload.text() };
    let signature = network.notary().key.sign(&pre_authentication_encoding(payload.as_bytes()));
    let (payload, signature) = (base64_text::encode(payload.as_bytes()), base64_text::encode(&signature.0));
    let envelope = format!(r#"{{"payload":"{payload}","payloadType":"{PAYLOAD_TYPE}","signatures":[{{"sig":"{signature}"}}]}}"#);
    let envelope = if odd == 2 { spoiled(&envelope, numbers) } else { envelope };
    format!(r#"{{"envelope":{envelope},"statements":[{}]}}"#, texts.join(","))
}

/// The document of these numbers.
pub fn make(network: &Network, numbers: &mut Numbers) -> Odd {
    let kind = numbers.pick(&["statement", "opening", "entry", "entry", "transaction"]);
    let text = match kind {
        "statement" => statement(network, numbers).to_text(),
        "opening" => opening().to_text(),
        "entry" => match numbers.below(4) {
            0 => Entry::genesis(&network.genesis)[numbers.below(3)].to_text(),
            _ => {
                let transaction = network.transaction(vec![statement(network, numbers)]);
                let first = is_public(&transaction.statements()[0]).then_some(false);
                network.entry(&transaction, 0, 7, recorded(first)).to_text()
            }
        },
        _ => transaction(network, numbers),
    };
    let text = match numbers.below(10) {
        0 => text,
        1 => {
            let mut bytes = text.into_bytes();
            spoil_bytes(&mut bytes, numbers);
            return Odd { kind, text: bytes };
        }
        _ if kind == "transaction" => text,
        _ => spoiled(&text, numbers),
    };
    Odd { kind, text: text.into_bytes() }
}
