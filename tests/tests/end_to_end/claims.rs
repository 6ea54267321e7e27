//! False claims: a record of a file by a member that does not have the file (L8), and another member's
//! receipt beside a file.
//!
//! In: statements that a clerk signs about a file that only the notary has.
//! Out: failures that show what the program printed.
//! Always: a false claim takes the first record from nobody, and proves nothing about the file.
//! Not for false receipts: see `tests/tests/end_to_end/tampered.rs`.

use crate::{file, with};
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::statement::{FileDigests, Statement};
use courtseal_tests::evidence::Signer;
use courtseal_tests::network::{LocalNetwork, notarize_command};
use courtseal_tests::program::finish;
use courtseal_tests::{given, http, python};
use std::fs;
use std::path::{Path, PathBuf};

const NAMED_BEFORE: &str = "names the same SHA-256 and length";

/// Records this statement by clerk-1; returns the receipt, saved as `name`.
fn state(network: &LocalNetwork, folder: &Path, name: &str, statement: Statement) -> PathBuf {
    let clerk = Signer::read(&network.listing().keys["clerk-1"]).unwrap();
    let text = clerk.sign(vec![statement]).unwrap().to_text();
    let answer = http::post(&network.urls()[1], "/v1/transactions?wait_ms=30000", text.as_bytes()).unwrap().json();
    file(folder, name, answer["entries"][0]["receipt"].as_str().unwrap())
}

#[test]
fn l8_who_knows_only_the_digest_takes_no_claim_by_a_false_length() {
    let network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let text = "a novel\n";
    let novel = file(&desk, "novel.txt", text);
    let digests = || FileDigests::of_sha256(sha256(text.as_bytes()));
    let lie = state(&network, &desk, "lie.tlog-proof", Statement::public(digests(), text.len() as u64 + 1));
    network.notarize(&[&novel]).unwrap().exits(0).says(&["recorded as entry 5", "first public record"]);
    let told = network.verify(&[&novel]).unwrap().exits(0).says(&["VALID", "first public record of this file"]);
    assert!(!told.stdout.contains(NAMED_BEFORE), "{told:?}");
    // The false claim proves nothing about the file, and does not prevent the record of a copy.
    let with_lie = [novel.as_os_str(), "--receipt".as_ref(), lie.as_os_str()];
    network.verify(&with_lie).unwrap().exits(1).says(&["INVALID", "check 8 of 8"]);
    let copy = file(&desk, "copy.txt", text);
    network.notarize(&[&copy]).unwrap().exits(0).says(&["recorded as entry 7", "entry 5 names the same SHA-256 and length"]);
    network.verify(&[&copy]).unwrap().exits(0).says(&["VALID", "entry 5 names the same SHA-256 and length"]);
    // A lookup of the digest finds every entry that names it.
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    for url in network.urls() {
        let found = http::get(&url, &format!("/v1/digests/{}", digests().sha256)).unwrap().json();
        assert_eq!(found["entries"], serde_json::json!([3, 5, 7]), "R6: {found}");
    }
    let verdicts = python::verdicts(&[novel, copy], network.policy()).unwrap();
    assert!(verdicts.iter().all(|verdict| verdict["verdict"] == "valid"), "{verdicts:?}");
}

#[test]
fn l8_a_false_sha512_beside_a_true_sha256_proves_nothing_about_the_file() {
    let network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let text = "another novel\n";
    let novel = file(&desk, "novel.txt", text);
    let digests = FileDigests { sha256: sha256(text.as_bytes()), sha512: Some([0; 64]), sm3: None };
    let lie = state(&network, &desk, "lie.tlog-proof", Statement::public(digests, text.len() as u64));
    // SHA-256 and length are the file's. So the program reports that the earlier entry names them, and
    // nothing more about it.
    network.notarize(&[&novel]).unwrap().exits(0).says(&["recorded as entry 5", NAMED_BEFORE]);
    let told = network.verify(&[&novel]).unwrap().exits(0).says(&["VALID", NAMED_BEFORE]);
    assert!(!told.stdout.contains("recorded publicly"), "{told:?}");
    let with_lie = [novel.as_os_str(), "--receipt".as_ref(), lie.as_os_str()];
    network.verify(&with_lie).unwrap().exits(1).says(&["INVALID", "check 8 of 8", "recorded is sha512:000000"]);
    fs::rename(lie, with(&novel, ".tlog-proof")).unwrap();
    let verdicts = python::verdicts(&[novel], network.policy()).unwrap();
    assert_eq!(verdicts[0]["verdict"], "invalid", "{verdicts:?}");
}

#[test]
fn another_members_receipt_beside_a_file_is_not_ones_own() {
    let network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let will = file(&desk, "will.txt", "my will\n");
    let clerk = network.listing().keys["clerk-1"].clone();
    finish(notarize_command(&network.urls(), &clerk, &[&will]).unwrap()).unwrap().exits(0).says(&["recorded as entry 3"]);
    let said = ["recorded as entry 5", NAMED_BEFORE, "another receipt, of clerk-1, was beside it; it is kept as "];
    network.notarize(&[&will]).unwrap().exits(0).says(&said);
    // Each member has a receipt of its own statement, and each is valid.
    for (receipt, member) in [(with(&will, ".tlog-proof"), "notary-1"), (with(&will, ".1.tlog-proof"), "clerk-1")] {
        let (_, entry) = given::entry(&receipt).unwrap();
        assert!(entry.contains(&format!("\"name\":\"{member}\"")), "{entry}");
        network.verify(&["--receipt".as_ref(), receipt.as_os_str(), will.as_os_str()]).unwrap().exits(0);
    }
    network.notarize(&[&will]).unwrap().exits(0).says(&["has a valid receipt already, entry 5"]);
}
