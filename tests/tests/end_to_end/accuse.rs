//! A court that cosigned two logs can be accused by anyone who has both checkpoints (K19).
//!
//! In: a network, and checkpoints that its courts' keys sign in the test.
//! Out: evidence on the log, once for each key.
//! Always: consistent checkpoints accuse nobody, and no node's consistency path is believed without proof.
//! Not for the form of the evidence (F45), which is tested beside the code.

use crate::file;
use courtseal_proof::bytes::digest::sha256;
use courtseal_proof::kinds::cosigner_equivocation::KIND;
use courtseal_proof::log::checkpoint::{Checkpoint, CosignedCheckpoint};
use courtseal_proof::statement::Statement;
use courtseal_tests::evidence::{cosigned, cosigned_by};
use courtseal_tests::false_node::{FalseNode, Said};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::program::{Outcome, courtseal};
use courtseal_tests::{given, http};
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// A time in POSIX seconds at which a court may have signed.
const TIME_S: u64 = 1_795_453_200;

/// Starts a network with a few entries; returns a file with its true checkpoint too.
fn setting(entries: usize) -> (LocalNetwork, PathBuf, Checkpoint) {
    let network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    for number in 0..entries {
        network.notarize(&[file(&desk, &format!("file {number}"), &number.to_string())]).unwrap().exits(0);
    }
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    let note = http::get(&network.urls()[0], "/v1/checkpoint").unwrap().body;
    let checkpoint = CosignedCheckpoint::parse(&note).unwrap().checkpoint;
    (network, file(&desk, "true.checkpoint", &note), checkpoint)
}

/// Runs `log accuse` under the network's policy.
fn accuse(network: &LocalNetwork, one: &Path, other: &Path, more: &[&str]) -> Outcome {
    let mut words: Vec<OsString> = ["log", "accuse"].map(OsString::from).into();
    words.extend([one.into(), other.into(), "--policy".into(), network.policy().into()]);
    words.extend(more.iter().map(OsString::from));
    courtseal(words).unwrap()
}

/// Returns the checkpoint with another root.
fn false_root(of: &Checkpoint) -> Checkpoint {
    Checkpoint { root: sha256(&of.root.0), ..of.clone() }
}

#[test]
fn k19_two_roots_of_one_size_convict_each_court_once() {
    let (network, honest, checkpoint) = setting(3);
    let desk = network.desk().unwrap();
    // The true checkpoint may be signed by any three of four courts.
    let note = cosigned_by(&network, &[0, 1, 2, 3], &false_root(&checkpoint), TIME_S).unwrap();
    let forged = file(&desk, "forged.checkpoint", &note);
    // Without a key, the statements are printed for another person to record.
    let printed = accuse(&network, &forged, &honest, &[]).exits(0).says(&["two different roots of the log at size 9"]);
    let statements: Vec<&str> = printed.stdout.lines().collect();
    assert_eq!(statements.len(), 3, "not one statement for each court that signed both: {printed:?}");
    assert!(statements.iter().all(|text| Statement::from_text(text.as_bytes()).unwrap().as_cosigner_equivocation().is_some()));
    let out = desk.join("statements");
    accuse(&network, &honest, &forged, &["--out", out.to_str().unwrap()]).exits(0).says(&["accused", "nothing is recorded yet"]);
    assert_eq!(fs::read_to_string(&out).unwrap(), printed.stdout, "the order of the two checkpoints matters");

    let (save, notary) = (desk.join("receipts"), network.notary());
    fs::create_dir(&save).unwrap();
    let urls = network.urls().join(",");
    let sending = ["--key", notary.to_str().unwrap(), "--node", &urls, "--save"];
    let state = |folder: &Path| accuse(&network, &forged, &honest, &[&sending[..], &[folder.to_str().unwrap()]].concat());
    state(&save).exits(0).says(&["recorded as entry 9", "both cosignatures are in the entry"]);
    let receipts = given::receipts(&save).unwrap();
    assert_eq!(receipts.len(), 3);
    assert!(receipts.iter().any(|receipt| receipt.ends_with(format!("{}-9.tlog-proof", KIND.word))), "{receipts:?}");
    for receipt in &receipts {
        network.verify(&[receipt]).unwrap().exits(0).says(&["VALID", "accused", "two different roots"]);
    }
    network.verify(&["--by".as_ref(), "clerk-1".as_ref(), receipts[0].as_os_str()]).unwrap().exits(1).says(&["by notary-1"]);
    // A second run finds the receipts in the first folder; with another folder the courts reject it.
    state(&save).exits(0).says(&["has a valid receipt already, entry 9; nothing to do"]);
    let elsewhere = desk.join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let refused = state(&elsewhere).exits(5).says(&["(already-stated)", "nothing is left to do"]);
    assert_eq!(refused.stderr.matches("(already-stated)").count(), 3, "not each statement was tried: {refused:?}");
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    assert_eq!(http::stated(&network.urls()[0]).unwrap().len(), 3 + 3);
}

#[test]
fn k19_two_sizes_need_a_path_of_the_log() {
    let (network, honest, checkpoint) = setting(4);
    let desk = network.desk().unwrap();
    let node = network.urls()[0].clone();
    let with_node = ["--node", node.as_str()];
    // The sizes include those of whole subtrees and others.
    for size in 2..checkpoint.size {
        let lie = Checkpoint { size, ..false_root(&checkpoint) };
        let forged = file(&desk, "forged.checkpoint", &cosigned_by(&network, &[0, 1, 2, 3], &lie, TIME_S).unwrap());
        accuse(&network, &forged, &honest, &[]).complains(2, &["only a path", "--node"]);
        let told = accuse(&network, &honest, &forged, &[&with_node[..], &["--json"]].concat()).exits(0).json();
        assert_eq!(told["accusations"].as_array().map(Vec::len), Some(3), "size {size}: {told}");
        assert_eq!(told["accusations"][0]["first"]["size"], size);
    }
    // A node with a false path is not believed, and the next one is asked.
    let lie = Checkpoint { size: 3, ..false_root(&checkpoint) };
    let forged = file(&desk, "forged.checkpoint", &cosigned(&network, &lie, TIME_S).unwrap());
    let path = format!("{{\"old\":3,\"new\":{},\"path\":[\"{}\"]}}", checkpoint.size, "A".repeat(43) + "=");
    let liar = FalseNode::before(&node, move |asked| match asked.path.contains("consistency") {
        true => Said::Answer(200, path.clone().into_bytes()),
        false => Said::Truth,
    });
    accuse(&network, &forged, &honest, &["--node", &liar.url]).complains(4, &["cannot tell", "another log"]);
    accuse(&network, &forged, &honest, &["--node", &liar.url, "--node", &node]).exits(0);
    // No node can serve the log of a larger, false checkpoint.
    let larger = Checkpoint { size: checkpoint.size + 3, ..false_root(&checkpoint) };
    let larger = file(&desk, "larger.checkpoint", &cosigned(&network, &larger, TIME_S).unwrap());
    accuse(&network, &larger, &honest, &with_node).complains(4, &["cannot tell"]);
}

#[test]
fn k19_nobody_is_accused_without_a_contradiction() {
    let (network, honest, checkpoint) = setting(3);
    let desk = network.desk().unwrap();
    let node = network.urls()[0].clone();
    let receipt = desk.join("file 0.tlog-proof");
    accuse(&network, &honest, &honest, &[]).exits(0).says(&["CONSISTENT", "same checkpoint"]);
    accuse(&network, &receipt, &honest, &["--node", &node]).exits(0).says(&["CONSISTENT", "nobody is accused"]);
    let told = accuse(&network, &receipt, &honest, &["--node", &node, "--json"]).exits(0).json();
    assert_eq!((&told["state"], &told["accusations"]), (&"consistent".into(), &serde_json::json!([])));

    // The checkpoints are of two networks.
    let other = LocalNetwork::beside(1).unwrap();
    let genesis = courtseal_proof::genesis::Genesis::from_text(&fs::read(&other.listing().genesis).unwrap()).unwrap();
    let foreign = Checkpoint { origin: genesis.origin(), ..checkpoint.clone() };
    let foreign = file(&desk, "foreign.checkpoint", &cosigned(&other, &foreign, TIME_S).unwrap());
    accuse(&network, &honest, &foreign, &[]).complains(2, &["two networks"]);
    accuse(&network, &foreign, &foreign, &[]).complains(4, &["missing is a policy"]);
    // No court cosigned both checkpoints.
    let lie = false_root(&checkpoint);
    let signed = |courts: &[usize], root: &Checkpoint, name: &str| {
        file(&desk, name, &cosigned_by(&network, courts, root, TIME_S).unwrap())
    };
    let (few, rest) = (signed(&[0, 1], &checkpoint, "few"), signed(&[2, 3], &lie, "rest"));
    accuse(&network, &few, &rest, &[]).complains(1, &["no court cosigned both"]);
    // A time that is too large for a statement.
    let late = file(&desk, "late", &cosigned_by(&network, &[0, 1], &lie, (1 << 53) + 1).unwrap());
    accuse(&network, &few, &late, &[]).complains(1, &["no room for the time", "2^53 - 1"]);
    // A file that was altered, and one that is neither a receipt nor a checkpoint.
    let altered = fs::read_to_string(&honest).unwrap().replacen(&format!("\n{}\n", checkpoint.size), "\n3\n", 1);
    accuse(&network, &file(&desk, "altered", &altered), &honest, &[]).complains(1, &["does not verify"]);
    accuse(&network, &file(&desk, "neither", "neither"), &honest, &[]).complains(2, &["neither a receipt nor a checkpoint"]);
    // A member's key of another network.
    let foreign_key = other.notary();
    let more = ["--key", foreign_key.to_str().unwrap(), "--node", &node];
    accuse(&network, &few, &signed(&[0], &lie, "one"), &more).complains(2, &["the key of"]);
    assert_eq!(network.await_equal(&[0, 1, 2, 3]).unwrap(), 3 + 3 * 2, "a statement was recorded");
}
