//! A judgment, stated with the command that the table of kinds defines (K18).
//!
//! In: a clerk's and a notary's key, a document.
//! Out: receipts named by kind, act and index, with openings.
//! Always: an interrupted act is recorded once.
//! Not for the rules of the kinds: those are tested beside the code.

use crate::file;
use courtseal_proof::kinds::judgment::KIND;
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;
use courtseal_tests::program::{Outcome, command, finish};
use courtseal_tests::{given, http};
use serde_json::Value;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

const RULING: [&str; 4] = ["--type", "ruling", "--instance", "first"];

/// Builds the command that states a ruling of the first instance, with this key at these nodes.
fn render(urls: &[String], key: &Path, document: &Path, save: &Path, more: &[&str]) -> Command {
    let mut command = command().unwrap();
    command.args([KIND.word, KIND.acts[0].word]).args(RULING).arg("--document").arg(document);
    command.arg("--save").arg(save).arg("--key").arg(key).args(more);
    command.args(urls.iter().flat_map(|url| ["--node", url]));
    command
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Starts a network; returns its clerk's key, a document, and a folder for receipts too.
fn setting(courts: usize) -> (LocalNetwork, PathBuf, PathBuf, PathBuf) {
    let network = LocalNetwork::start(courts).unwrap();
    let desk = network.desk().unwrap();
    let (document, save) = (file(&desk, "order 7.pdf", "The claim is dismissed.\n"), desk.join("receipts"));
    fs::create_dir(&save).unwrap();
    let clerk = network.listing().keys["clerk-1"].clone();
    (network, clerk, document, save)
}

fn verify(network: &LocalNetwork, document: &Path, receipt: &Path) -> Outcome {
    network.verify(&["--receipt".as_ref(), receipt.as_os_str(), document.as_os_str()]).unwrap()
}

fn statement(receipt: &Path) -> Value {
    serde_json::from_str::<Value>(&given::entry(receipt).unwrap().1).unwrap()["statement"].clone()
}

#[test]
fn k18_a_judgment_is_public_or_confidential() {
    let (network, clerk, document, save) = setting(4);
    let run = |more: &[&str]| finish(render(&network.urls(), &clerk, &document, &save, more)).unwrap();
    let said = run(&[]).exits(0).says(&["recorded as entry 3", "confidential", "3 of 4 courts signed", "receipt: ", "opening: "]);
    assert!(said.stdout.starts_with(KIND.word), "{said:?}");
    let stem = |index: u64| format!("{}-{}-{index}", KIND.word, KIND.acts[0].word);
    let own = |index: u64, ending: &str| save.join(stem(index) + ending);
    assert_eq!(names(&save), [stem(3) + ".opening", stem(3) + ".tlog-proof"], "the folder has other files");
    assert_eq!(fs::metadata(own(3, ".opening")).unwrap().permissions().mode() & 0o777, 0o600);
    let hidden = statement(&own(3, ".tlog-proof"));
    assert!(hidden["document"]["commitment"].is_string() && hidden["document"].get("digests").is_none(), "{hidden}");
    assert_eq!((&hidden["type"], &hidden["instance"]), (&"ruling".into(), &"first".into()));

    verify(&network, &document, &own(3, ".tlog-proof")).exits(0).says(&["VALID", "ruling, first instance", "salted commitment"]);
    // The receipt alone does not say of which document it is.
    network.verify(&[own(3, ".tlog-proof")]).unwrap().exits(4).says(&["CANNOT TELL", "no-file", "order 7.pdf", "--receipt FILE"]);
    let other = file(&network.desk().unwrap(), "other.pdf", "The claim is granted.\n");
    verify(&network, &other, &own(3, ".tlog-proof")).exits(1).says(&["INVALID", "check 8 of 8"]);

    // The same command finds its receipt; another statement about the same document is another record.
    run(&[]).exits(0).says(&["has a valid receipt already, entry 3; nothing to do"]);
    let told = run(&["--public", "--json"]).exits(0).json();
    let recorded = &told["groups"][0]["files"][0];
    assert_eq!((&recorded["state"], &recorded["index"], &recorded["opening"]), (&"recorded".into(), &5.into(), &Value::Null));
    assert!(statement(&own(5, ".tlog-proof"))["document"]["digests"][1].as_str().unwrap().starts_with("sha512:"));
    verify(&network, &document, &own(5, ".tlog-proof")).exits(0).says(&["VALID", "Whether it is in force is not said"]);
    run(&["--public"]).exits(0).says(&["entry 5; nothing to do"]);
    assert_eq!(network.await_equal(&[0, 1, 2, 3]).unwrap(), 3 + 2 * 2);
    // Without its opening, a confidential document cannot be verified.
    fs::remove_file(own(3, ".opening")).unwrap();
    verify(&network, &document, &own(3, ".tlog-proof")).exits(4).says(&["no-opening"]);
}

#[test]
fn k18_the_options_are_those_of_the_form() {
    let (network, clerk, document, save) = setting(1);
    let run = |more: &[&str]| finish(render(&network.urls(), &clerk, &document, &save, more)).unwrap();
    let help = finish({
        let mut command = command().unwrap();
        command.args([KIND.word, KIND.acts[0].word, "--help"]);
        command
    });
    help.unwrap().exits(0).says(&["possible values: judgment, ruling", "--asserted-at <TIME>", "--case <NUMBER>", "--public"]);
    run(&["--asserted-at", "2999-01-01T00:00:00Z"]).complains(2, &["--asserted-at", "later than now"]);
    run(&["--media-type", "pdf"]).complains(2, &["--media-type"]);
    assert_eq!(run(&["--case", "7"]).code, 2, "a case number without its key is accepted");
    let gone = network.desk().unwrap().join("gone.pdf");
    finish(render(&network.urls(), &clerk, &gone, &save, &[])).unwrap().complains(2, &["gone.pdf", "cannot be read"]);
    finish(render(&network.urls(), &clerk, &document, &gone, &[])).unwrap().complains(2, &["--save", "mkdir"]);
    assert_eq!(network.await_equal(&[0]).unwrap(), 3, "a request was sent");
    let key = file(&network.desk().unwrap(), "case.key", &format!("{}\n", "ab".repeat(32)));
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    let key = key.to_str().unwrap();
    run(&["--case", "2026-0417", "--case-key", key, "--asserted-at", "2026-11-23T17:00:00+08:00"]).exits(0);
    let receipt = save.join(format!("{}-{}-3.tlog-proof", KIND.word, KIND.acts[0].word));
    let stated = statement(&receipt);
    assert_eq!(stated["asserted_at"], "2026-11-23T09:00:00.000Z");
    let of_case = |number: &str| {
        let words = ["--case", number, "--case-key", key, "--receipt"].map(OsStr::new);
        network.verify(&[&words[..], &[receipt.as_os_str(), document.as_os_str()]].concat()).unwrap()
    };
    of_case("2026-0417").exits(0);
    of_case("2026-0418").exits(1).says(&["another case"]);
}

#[test]
fn k18_a_notary_is_refused_with_a_receipt() {
    let (network, _, document, save) = setting(4);
    let outcome = finish(render(&network.urls(), &network.notary(), &document, &save, &[])).unwrap().exits(5);
    assert!(outcome.stderr.contains("refused: this member's role may not state this (entry 3)"), "{outcome:?}");
    let stem = format!("{}-{}-3", KIND.word, KIND.acts[0].word);
    assert_eq!(names(&save), [format!("{stem}.opening"), format!("{stem}.refusal.tlog-proof")]);
    let refusal = save.join(format!("{stem}.refusal.tlog-proof"));
    assert!(given::entry(&refusal).unwrap().1.contains("\"rule\":\"role\""), "L6");
    verify(&network, &document, &refusal).exits(1).says(&["INVALID", "refused"]);
}

#[test]
fn k18_an_interrupted_act_is_recorded_once() {
    let (mut network, clerk, document, save) = setting(4);
    (2..4).for_each(|court| network.kill(court).unwrap());
    let mut client = render(&network.urls()[..2], &clerk, &document, &save, &[]).spawn().unwrap();
    let journal = || names(&save).into_iter().find(|name| name.ends_with(".pending"));
    let journal = await_state("the journal is written", journal).unwrap();
    client.kill().unwrap();
    client.wait().unwrap();
    let waiting = fs::read(save.join(&journal)).unwrap();
    assert_eq!(
        names(&save),
        [journal.replace(".pending", ".opening"), journal.clone()],
        "the opening is not on disk with the request"
    );
    (2..4).for_each(|court| network.restart(court).unwrap());

    // Another statement does not use the journal, and neither does a command that notarizes the folder. The
    // courts that have the request may record it meanwhile, so the test expects no particular index.
    let run = |more: &[&str]| finish(render(&network.urls(), &clerk, &document, &save, more)).unwrap();
    run(&["--public"]).exits(0).says(&["recorded as entry", "a request for another statement"]);
    network.notarize(&[&save]).unwrap().exits(0);
    assert!(save.join(&journal).is_file());
    run(&[]).exits(0).says(&["recorded as entry", "confidential"]);
    assert!(names(&save).iter().all(|name| !name.starts_with(journal.trim_end_matches("pending"))), "{:?}", names(&save));
    let opening = names(&save).into_iter().find(|name| name.ends_with(".opening")).unwrap();
    let receipt = opening.replace(".opening", ".tlog-proof");
    verify(&network, &document, &save.join(&receipt)).exits(0).says(&["VALID"]);
    // A crash may bring back a journal; it changes nothing.
    let before = names(&save);
    fs::write(save.join(&journal), &waiting).unwrap();
    fs::copy(save.join(&opening), save.join(journal.replace(".pending", ".opening"))).unwrap();
    run(&[]).exits(0).says(&["recorded as entry", &receipt]);
    assert_eq!(names(&save), before);
    network.await_equal(&[0, 1, 2, 3]).unwrap();
    assert_eq!(http::stated(&network.urls()[0]).unwrap().len(), 2, "the log does not have each record once");
}
