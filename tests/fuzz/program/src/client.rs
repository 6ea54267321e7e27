//! Targets of the command line: key files, journals of requests, nodes' answers (F41, specs/rpc.md).
//!
//! In: bytes. Out: whether they are accepted. Always: a key file that is accepted is written and read again
//! as the same keys, a journal as the same journal. Not for arguments: clap parses those.

use courtseal_api::Code;
use courtseal_api::answer::{EntriesPage, ErrorAnswer, TransactionStatus};
use courtseal_api::status::Status;
use courtseal_cli::keys::{KeyFile, MemberKey, Passphrase};
use courtseal_cli::notarize::journal::{Journal, JournalKey};
use courtseal_court::keys::CourtKeys;
use courtseal_fixtures::vectors::RECEIPTS;
use courtseal_fuzz::Target;
use courtseal_fuzz::network::TRANSACTIONS;
use courtseal_proof::bytes::key::SecretKey;
use courtseal_proof::bytes::name::Name;
use courtseal_proof::transaction::Transaction;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::path::{Component, PathBuf};
use std::sync::LazyLock;

/// See the module.
pub const TARGETS: &[Target] = &[
    Target { name: "key-file", length_bytes_max: 2 * 1024, run: key_file, seeds: key_files },
    Target { name: "pending", length_bytes_max: 8 * 1024, run: pending, seeds: journals },
    Target { name: "answer", length_bytes_max: 8 * 1024, run: answer, seeds: answers },
];

/// The passphrase of [`ENCRYPTED`].
const PASSPHRASE: &str = "a passphrase";
/// A member's key file with a passphrase.
const ENCRYPTED: &str = include_str!("client/encrypted.key");

fn publics(file: &KeyFile) -> Vec<(&'static str, String)> {
    file.keys().into_iter().map(|(purpose, key)| (purpose, key.public().to_string())).collect()
}

fn key_file(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(file) = KeyFile::from_text(text, || Ok(Passphrase::new(PASSPHRASE.to_owned()))) else { return false };
    let text = file.to_text(None).expect("what was read can be written");
    let again =
        KeyFile::from_text(&text, || unreachable!("a plain file has no passphrase")).expect("what was written can be read");
    assert_eq!(publics(&again), publics(&file));
    assert_eq!((again.name(), again.origin()), (file.name(), file.origin()));
    true
}

fn key_files() -> Vec<Vec<u8>> {
    let origin = courtseal_fuzz::network::GENESIS.origin();
    let [vote, log, cosigner, network] = [1, 2, 3, 4].map(|seed| SecretKey::from_seed([seed; 32]));
    let name = |name| Name::new(name).expect("a name");
    let member = MemberKey { name: name("notary-1"), origin: origin.clone(), key: vote.clone() };
    let court = CourtKeys { name: name("court-beijing"), origin, vote, log, cosigner, network };
    let plain = [KeyFile::Member(Box::new(member)), KeyFile::Court(Box::new(court))];
    let plain = plain.iter().map(|file| file.to_text(None).expect("a key can be written").as_bytes().to_vec());
    plain.chain([ENCRYPTED.as_bytes().to_vec()]).collect()
}

/// The key of the journals that are read: a MAC that does not hold would hide all that comes after it.
static JOURNAL_KEY: LazyLock<JournalKey> = LazyLock::new(|| JournalKey::new(&SecretKey::from_seed([1; 32])));

fn pending(bytes: &[u8]) -> bool {
    assert!(Journal::parse(bytes, &JOURNAL_KEY).is_none(), "made without the key");
    let Some(body) = std::str::from_utf8(bytes).ok().filter(|body| !body.contains('\n')) else { return false };
    let Some(journal) = Journal::parse(JOURNAL_KEY.seal(body).as_bytes(), &JOURNAL_KEY) else { return false };
    for path in journal.files.iter().flatten() {
        assert!(path.components().all(|part| matches!(part, Component::Normal(_))), "{path:?} is outside");
    }
    let text = journal.to_text(&JOURNAL_KEY).expect("what was read can be written");
    // A path may be written in several ways; what they all mean stays.
    let again = Journal::parse(text.as_bytes(), &JOURNAL_KEY).expect("what was written can be read");
    assert_eq!(again, journal);
    true
}

fn journals() -> Vec<Vec<u8>> {
    let journal = |transaction: &Transaction| {
        let files = (0..transaction.statements().len()).map(|number| vec![PathBuf::from(number.to_string())]).collect();
        Journal::new(files, transaction.clone()).to_body().expect("a journal can be written").into_bytes()
    };
    TRANSACTIONS.iter().map(|checked| journal(checked.transaction())).collect()
}

fn answer(bytes: &[u8]) -> bool {
    fn is<T: DeserializeOwned>(bytes: &[u8]) -> bool {
        serde_json::from_slice::<T>(bytes).is_ok()
    }
    // Whoever asks for one shape may be answered with another.
    let status = serde_json::from_slice::<Status>(bytes);
    if let Ok(status) = &status {
        assert!(status.up() <= status.courts.len());
    }
    [is::<ErrorAnswer>, is::<TransactionStatus>, is::<EntriesPage>].map(|is| is(bytes)).contains(&true) || status.is_ok()
}

fn answers() -> Vec<Vec<u8>> {
    let receipt = String::from_utf8_lossy(&RECEIPTS[0].receipt);
    let time = "2026-11-23T17:00:00.123Z";
    let court =
        json!({"name": "court-a", "self": true, "connected": true, "height": 3, "round_trip_ms": 0.4, "down_since": time});
    [
        json!({"error": {"code": Code::NotFound, "message": "this node has not seen that transaction"}}),
        json!({"transaction": format!("sha256:{}", "0".repeat(64)), "state": "recorded", "entries": [{"receipt": receipt}]}),
        json!({"transaction": format!("sha256:{}", "f".repeat(64)), "state": "pending"}),
        json!({"entries": ["{}", "{}"]}),
        json!({"network": "net", "court": "court-a", "epoch": 0, "protocol": 1, "height": 3, "block_time": time, "now": time, "size": 4,
            "root": "AAAA", "state": "recording", "quorum": 3, "courts": [court]}),
    ]
    .map(|value| value.to_string().into_bytes())
    .to_vec()
}
