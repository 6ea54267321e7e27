//! A node that names records that do not exist, or that are not of the file that was asked for.
//!
//! In: a false answer to a lookup by digest.
//! Out: failures that show what the program printed.
//! Always: the program accepts only a receipt of that file.
//! Not for receipts of a submitted transaction: see `tests/tests/false_nodes/receipts.rs`.

use crate::{file, first, liar, notarize, start};
use courtseal_api::answer::DigestEntries;
use courtseal_proof::bytes::digest::Digest;
use courtseal_tests::false_node::Said;
use courtseal_tests::program::courtseal;

#[test]
fn only_a_receipt_of_the_file_takes_a_receipts_place() {
    let (network, desk) = start();
    let hidden = file(&desk, "hidden");
    notarize(&network, &network.urls(), &["--confidential"], &hidden).exits(0);
    let path = file(&desk, "public");
    notarize(&network, &network.urls(), &[], &path).exits(0);
    let digest = "sha256:".to_owned() + &courtseal_proof::bytes::digest::sha256(b"public").to_string();
    let liar = liar(&network, |asked| match asked.path.strip_prefix("/v1/digests/").and_then(Digest::from_hex) {
        Some(digest) => {
            let lie = DigestEntries { digest, entries: vec![1, 3, 999_999], more: false };
            Said::Answer(200, serde_json::to_vec(&lie).unwrap())
        }
        None => Said::Truth,
    });
    let (urls, policy) = (first(&liar, &network).join(","), network.policy().to_str().unwrap().to_owned());
    let fetch = ["receipt", "fetch", path.to_str().unwrap(), "--node", &urls, "--policy", &policy];
    courtseal(fetch).unwrap().exits(0).says(&["entry 5"]);
    network.verify(&[&path]).unwrap().exits(0);
    courtseal(["log", "find", &digest, "--node", &urls]).unwrap().exits(0).says(&["5  ", "notary-1"]);
    let nothing = "sha256:".to_owned() + &"00".repeat(32);
    courtseal(["log", "find", &nothing, "--node", &urls]).unwrap().exits(1);
}
