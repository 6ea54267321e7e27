//! The daily work of notaries and lawyers, each task in one command: folders with odd contents, receipts in
//! other folders, digests without files, receipts received by mail.
//!
//! In: files, keys, and options of the program.
//! Out: failures that show what the program printed.
//! Always: each command succeeds, or names the file and the reason.
//! Not for interrupted commands: see `tests/tests/end_to_end/resume.rs`.

use crate::{file, with};
use courtseal_tests::http;
use courtseal_tests::network::{LocalNetwork, notarize_command};
use courtseal_tests::program::{courtseal, finish};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn one_asks_whose_record_it_is_when_and_under_which_case() {
    let network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let contract = file(&desk, "contract", "contract");
    let key = file(&desk, "case.key", &"ab".repeat(32));
    let other_key = file(&desk, "other.key", &"cd".repeat(32));
    for key in [&key, &other_key] {
        fs::set_permissions(key, Permissions::from_mode(0o600)).unwrap();
    }
    // The first form is composed and ends with a blank; people cannot see the difference (F16).
    network.notarize(&["--case", "2026-caf\u{e9} ", "--case-key", text(&key), text(&contract)]).unwrap().exits(0);
    let verify = |more: &[&str]| network.verify(&[more, &[text(&contract)]].concat()).unwrap();
    let case = |number: &'static str, key| ["--case", number, "--case-key", key];
    verify(&["--by", "notary-1", "--court", "court-beijing", "--before", "2999-01-01T00:00:00+08:00", "--entry", "3"]).exits(0);
    verify(&case("2026-cafe\u{301}", text(&key))).exits(0);
    for (asked, word) in [
        (vec!["--by", "clerk-1"], "recorded by notary-1, not by clerk-1"),
        (vec!["--court", "court-urumqi"], "not of court-urumqi"),
        (vec!["--before", "2020-01-01T00:00:00Z"], "not before 2020"),
        (vec!["--entry", "4"], "it is entry 3, not 4"),
        (case("2027", text(&key)).to_vec(), "another case"),
        (case("2026-caf\u{e9}", text(&other_key)).to_vec(), "another case"),
    ] {
        verify(&asked).exits(1).says(&["INVALID", "not the record that was asked for", word]);
    }
    verify(&case(" ", text(&key))).exits(2);
    let told = verify(&["--json", "--by", "clerk-1"]).exits(1).json();
    assert_eq!(
        (&told["files"][0]["verdict"], &told["files"][0]["reason"]),
        (&"invalid".into(), &"not-asked-for".into()),
        "{told}"
    );
    // The same for a folder.
    let folder = desk.join("folder");
    fs::create_dir(&folder).unwrap();
    let by_clerk = file(&folder, "by clerk", "1");
    let clerk = network.listing().keys["clerk-1"].clone();
    finish(notarize_command(&network.urls(), &clerk, &[&by_clerk]).unwrap()).unwrap().exits(0);
    network.verify(&["--by", "notary-1", text(&folder)]).unwrap().exits(1).says(&["1 file: 0 valid, 1 invalid"]);
    network.verify(&["--by", "clerk-1", text(&folder)]).unwrap().exits(0);
}

#[test]
fn a_digest_alone_is_recorded_verified_and_found() {
    let network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let a = file(&desk, "a", "abc");
    let digest = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    let receipts = desk.join("receipts");
    fs::create_dir(&receipts).unwrap();
    let by_digest = ["--digest-only", digest, "--size", "3", "--receipts", text(&receipts)];
    network.notarize(&by_digest).unwrap().exits(0).says(&["recorded as entry 3"]);
    network.notarize(&by_digest).unwrap().exits(0).says(&["nothing to do"]);
    let receipt = receipts.join(format!("{}.tlog-proof", digest.replace(':', "-")));
    // Another receipt of the same member, for a file of the same size, is not taken for it.
    let other = file(&desk, "other", "xyz");
    network.notarize(&[&other]).unwrap().exits(0);
    fs::rename(&receipt, desk.join("away")).unwrap();
    fs::copy(with(&other, ".tlog-proof"), &receipt).unwrap();
    network.notarize(&by_digest).unwrap().exits(0).says(&["recorded as entry 7"]);
    fs::rename(desk.join("away"), &receipt).unwrap();
    // The file is found later: the same receipt is valid for it.
    network.verify(&["--receipt", text(&receipt), text(&a)]).unwrap().exits(0);
    network.verify(&["--digest", digest, "--receipt", text(&receipt)]).unwrap().exits(0).says(&["VALID", digest]);
    network.verify(&["--digest", digest, "--size", "4", "--receipt", text(&receipt)]).unwrap().exits(1).says(&["check 8 of 8"]);
    let other = digest.replace("ba78", "ba79");
    network.verify(&["--digest", &other, "--receipt", text(&receipt)]).unwrap().exits(1).says(&["INVALID"]);
    network.verify(&["--digest", "sha256:ab", "--receipt", text(&receipt)]).unwrap().exits(2);

    // A person has the file or its digest, and no receipt.
    let (node, policy) = (network.urls().join(","), text(network.policy()).to_owned());
    let fetch = |more: &[&str]| {
        courtseal(["receipt", "fetch", "--node", &node, "--policy", &policy].iter().chain(more).copied()).unwrap()
    };
    fetch(&[text(&a)]).exits(0).says(&["a.tlog-proof", "notary-1"]);
    network.verify(&[&a]).unwrap().exits(0);
    let out = desk.join("fetched");
    fetch(&["--digest", digest, "--out", text(&out)]).exits(0);
    assert_eq!(fs::read(&out).unwrap(), fs::read(with(&a, ".tlog-proof")).unwrap());
    fetch(&["--entry", "3", "--out", text(&out)]).exits(0);
    fetch(&["--digest", digest, "--by", "clerk-1", "--out", text(&out)]).exits(1);
    fetch(&[text(&file(&desk, "unknown", "unknown"))]).complains(1, &["know no public record"]);
    courtseal(["receipt", "show", text(&out), "--policy", &policy]).unwrap().exits(0).says(&["GENUINE", "notary-1"]);
    courtseal(["receipt", "show", text(&out)]).unwrap().exits(4).says(&["CANNOT TELL", "not proven", "notary-1"]);
    courtseal(["receipt", "show", text(&a)]).unwrap().complains(2, &["is not a receipt"]);
}

#[test]
fn receipts_elsewhere_and_parts_of_a_folder() {
    let network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap();
    let (folder, receipts) = (desk.join("stick"), desk.join("receipts"));
    fs::create_dir_all(folder.join("sub")).unwrap();
    fs::create_dir(&receipts).unwrap();
    for name in ["a", "draft.tmp", "sub/b"] {
        file(&folder, name, name);
    }
    std::os::unix::fs::symlink("a", folder.join("link")).unwrap();
    let long = "x".repeat(250);
    file(&folder, &long, &long);
    let options = ["--exclude", "*.tmp", "--skip-links", "--receipts", text(&receipts), text(&folder)];
    network.notarize(&[&["--quiet"], &options[..]].concat()).unwrap().exits(0);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 5, "a file was written beside the evidence");
    assert!(receipts.join("stick/a.tlog-proof").is_file() && receipts.join("stick/sub/b.tlog-proof").is_file());
    network.notarize(&options).unwrap().exits(0).says(&["3 files: all have valid receipts already"]);
    network.verify(&options).unwrap().exits(0).says(&["3 files: 3 valid"]);
    // The receipt of a single file is expected in the folder itself.
    let a = folder.join("a");
    network.verify(&["--receipts", text(&receipts.join("stick")), text(&a)]).unwrap().exits(0);
    let quiet = network.notarize(&["--quiet", "--skip-links", text(&folder)]).unwrap().exits(0);
    assert!(quiet.stdout.is_empty() && quiet.stderr.is_empty(), "{quiet:?}");
    // Two names of one file are one entry, and each name has the receipt (K15).
    fs::hard_link(&a, folder.join("same")).unwrap();
    let size = network.await_equal(&[0, 1, 2, 3]).unwrap();
    network.notarize(&["--skip-links", text(&folder)]).unwrap().exits(0).says(&["nothing to do"]);
    network.verify(&[folder.join("same")]).unwrap().exits(0);
    let (one, two) = (file(&folder, "one", "one of two"), folder.join("two"));
    fs::hard_link(&one, &two).unwrap();
    network.notarize(&["--skip-links", text(&folder)]).unwrap().exits(0);
    network.verify(&[&one, &two]).unwrap().exits(0);
    assert_eq!(network.await_equal(&[0, 1, 2, 3]).unwrap(), size + 2, "one statement, and the end of its block");
}

#[test]
fn what_was_recorded_before_is_not_forgotten() {
    let network = LocalNetwork::start(4).unwrap();
    let desk = network.desk().unwrap().join("exhibits");
    fs::create_dir(&desk).unwrap();
    let (a, b) = (file(&desk, "a", "one"), file(&desk, "b", "b"));
    network.notarize(&[&desk]).unwrap().exits(0);
    // An exhibit is altered and recorded by another member. The verdict is valid, and the earlier record of
    // other contents is named.
    fs::write(&a, "two").unwrap();
    let clerk = network.listing().keys["clerk-1"].clone();
    finish(notarize_command(&network.urls(), &clerk, &[&a]).unwrap()).unwrap().exits(0).says(&["CHANGED since"]);
    network.verify(&[&desk]).unwrap().exits(0).says(&[
        "a.1.tlog-proof",
        "other contents",
        "by notary-1",
        "1 by clerk-1, 1 by notary-1",
    ]);
    network.verify(&["--by", "notary-1", text(&a)]).unwrap().exits(1);
    // For a folder, the program names files that changed and files that are gone.
    fs::write(&b, "changed").unwrap();
    file(&desk, "c", "c");
    network.notarize(&[&desk]).unwrap().exits(0).says(&["b  recorded as entry", "CHANGED since"]);
    fs::remove_file(desk.join("c")).unwrap();
    let gone = network.notarize(&[&desk]).unwrap().exits(0);
    assert!(gone.stderr.contains("1 receipt has no file any more"), "{gone:?}");
    network.verify(&["--exclude", "c", text(&desk)]).unwrap().exits(0);
    network.verify(&[desk.join("c")]).unwrap().exits(4).says(&["no-file"]);
    // The file with its old contents has its receipt, under its number.
    fs::write(&a, "one").unwrap();
    network.verify(&[&a]).unwrap().exits(0).says(&["VALID", "its receipt is", "a.1.tlog-proof"]);
    network.verify(&["--by", "clerk-1", text(&a)]).unwrap().exits(1);
}

#[test]
fn what_is_hidden_stays_hidden_and_every_opening_is_tried() {
    let network = LocalNetwork::start(1).unwrap();
    let desk = network.desk().unwrap().join("secret");
    fs::create_dir(&desk).unwrap();
    let a = file(&desk, "a", "one");
    network.notarize(&["--confidential", text(&desk)]).unwrap().exits(0);
    file(&desk, "new", "new");
    let size = network.await_equal(&[0]).unwrap();
    for path in [&desk, &a] {
        network.notarize(&[path]).unwrap().exits(2);
    }
    fs::write(&a, "two").unwrap();
    let outcome = network.notarize(&[&desk]).unwrap().exits(2);
    assert!(outcome.stderr.contains("1 file has a confidential receipt") && outcome.stderr.contains("--public"), "{outcome:?}");
    assert_eq!(network.await_equal(&[0]).unwrap(), size, "a file was published");
    network.notarize(&["--confidential", text(&desk)]).unwrap().exits(0);
    network.notarize(&["--public", text(&a)]).unwrap().exits(0);
    // Each receipt of one file fits the opening that belongs to it, whatever their numbers are.
    for receipt in ["a.tlog-proof", "a.2.tlog-proof"] {
        network.verify(&["--receipt", text(&desk.join(receipt)), text(&a)]).unwrap().exits(0);
    }
    fs::write(&a, "one").unwrap();
    network.verify(&[&a]).unwrap().exits(0).says(&["its receipt is", "a.1.tlog-proof"]);
}

#[test]
fn names_that_turn_text_round_are_json_and_quiet_names_what_is_not_valid() {
    let network = LocalNetwork::start(1).unwrap();
    let desk = network.desk().unwrap().join("chat");
    fs::create_dir(&desk).unwrap();
    let odd = file(&desk, "a\u{202e}gpj.exe\u{85}\u{2028}", "odd");
    let told = network.notarize(&["--json", text(&desk)]).unwrap().exits(0).json();
    assert_eq!(told["groups"][0]["files"][0]["path"], text(&odd));
    let told = network.verify(&["--json", text(&desk)]).unwrap().exits(0).json();
    assert_eq!(told["files"][0]["path"], text(&odd));
    fs::write(&odd, "other").unwrap();
    let quiet = network.verify(&["--quiet", text(&desk)]).unwrap().exits(1);
    assert!(quiet.stdout.is_empty() && quiet.stderr.contains("INVALID") && quiet.stderr.lines().count() == 1, "{quiet:?}");
}

#[test]
fn a_list_of_files_and_a_trial_without_effect() {
    let network = LocalNetwork::start(1).unwrap();
    let desk = network.desk().unwrap();
    let names = ["a", "b", "with space", "c"];
    let paths: Vec<String> = names.iter().map(|name| text(&file(&desk, name, name)).to_owned()).collect();
    let lines = file(&desk, "lines", &format!("{}\n\n", paths[..3].join("\n")));
    let zeros = file(&desk, "zeros", &paths.join("\0"));
    let size = network.await_equal(&[0]).unwrap();
    network.notarize(&["--dry-run", "--files-from", text(&lines)]).unwrap().exits(0).says(&["with space  would be recorded"]);
    network.notarize(&["--dry-run", text(&desk)]).unwrap().exits(0).says(&["6 would be recorded"]);
    assert!(names.iter().all(|name| !with(&desk.join(name), ".tlog-proof").exists()));
    assert_eq!(network.await_equal(&[0]).unwrap(), size, "a dry run recorded a file");
    network.notarize(&["--files-from", text(&lines)]).unwrap().exits(0);
    let stated = || http::stated(&network.urls()[0]).unwrap().len();
    assert_eq!((network.await_equal(&[0]).unwrap(), stated()), (size + 4, 3));
    network.notarize(&["--files-from", text(&zeros), text(&lines)]).unwrap().exits(0);
    network.await_equal(&[0]).unwrap();
    assert_eq!(stated(), 5);
    network.notarize(&["--files-from", "/nonexistent"]).unwrap().complains(2, &["--files-from", "no such file"]);
}

#[test]
fn a_key_of_another_program_becomes_a_key_file() {
    let network = LocalNetwork::create(1).unwrap();
    let desk = network.desk().unwrap();
    let (pem, key) = (desk.join("mine.pem"), desk.join("mine.key"));
    let make = Command::new("openssl").args(["genpkey", "-algorithm", "ed25519", "-out"]).arg(&pem).status().unwrap();
    assert!(make.success());
    fs::set_permissions(&pem, Permissions::from_mode(0o600)).unwrap();
    let genesis = text(&network.listing().genesis).to_owned();
    let import = |pem: &Path, out: &Path| {
        courtseal(["key", "import", text(pem), "notary-7", "--plain", "--genesis", &genesis, "--out", text(out)]).unwrap()
    };
    import(&pem, &key).exits(0).says(&["notary-7"]);
    let public = Command::new("openssl").args(["pkey", "-pubout", "-outform", "DER", "-in"]).arg(&pem).output().unwrap().stdout;
    let told = courtseal(["key", "show", "--json", text(&key)]).unwrap().exits(0).json();
    let raw: [u8; 32] = public[public.len() - 32..].try_into().unwrap();
    assert_eq!(told["keys"]["member"]["key"], courtseal_proof::bytes::key::PublicKey(raw).to_string());
    import(&pem, &key).complains(2, &["never overwritten"]);
    let wrong = desk.join("wrong.pem");
    fs::write(&wrong, "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n").unwrap();
    fs::set_permissions(&wrong, Permissions::from_mode(0o600)).unwrap();
    import(&wrong, &desk.join("x")).complains(2, &["OpenSSH"]);
    // A PEM given as a key file yields a hint at what to do with it.
    let url = network.urls().remove(0);
    courtseal(["notarize", text(&pem), "--key", text(&pem), "--node", &url]).unwrap().complains(2, &["courtseal key import"]);
}

#[test]
fn texts_that_came_by_mail_or_from_an_editor() {
    let network = LocalNetwork::start(1).unwrap();
    let desk = network.desk().unwrap();
    let a = file(&desk, "a", "a");
    network.notarize(&[&a]).unwrap().exits(0);
    let policy = fs::read_to_string(network.policy()).unwrap();
    let receipt = fs::read_to_string(with(&a, ".tlog-proof")).unwrap();
    for (name, changed) in [("crlf", policy.replace('\n', "\r\n")), ("bom", format!("\u{feff}{policy}"))] {
        let changed = file(&desk, name, &changed);
        courtseal(["verify", text(&a), "--policy", text(&changed)]).unwrap().exits(0).says(&["VALID"]);
    }
    for (changed, word) in [
        (receipt.replace('\n', "\r\n"), "CRLF"),
        (format!("\u{feff}{receipt}"), "BOM"),
        (receipt.replace('\n', " \n"), "blanks"),
        (receipt.trim_end().to_owned(), "newline"),
    ] {
        let changed = file(&desk, "changed", &changed);
        network.verify(&["--receipt", text(&changed), text(&a)]).unwrap().exits(1).says(&["INVALID", word, "receipt fetch"]);
    }
    // The receipt is given in place of the file.
    network.verify(&[with(&a, ".tlog-proof")]).unwrap().exits(0).says(&["VALID", "desk/a\n"]);
    fs::remove_file(&a).unwrap();
    network.verify(&[with(&a, ".tlog-proof")]).unwrap().exits(4).says(&["CANNOT TELL", "no-file"]);
    network.verify(&[&desk]).unwrap().exits(4).says(&["no-file"]);
}

#[test]
fn every_outcome_is_one_document_under_json() {
    let network = LocalNetwork::start(1).unwrap();
    let desk = network.desk().unwrap();
    let a = file(&desk, "a", "a");
    network.notarize(&[&a]).unwrap().exits(0);
    let (node, key, policy) = (network.urls().remove(0), text(&network.notary()).to_owned(), text(network.policy()).to_owned());
    let a = text(&a);
    for arguments in [
        &["verify", a, "--policy", &policy][..],
        &["verify", "missing"],
        &["verify", a, "--policy", "none"],
        &["verify", a, a, "--receipt", "x"],
        &["verify"],
        &["status", "--node", &node],
        &["status", "--node", "http://127.0.0.1:9"],
        &["status"],
        &["notarize", "missing", "--node", &node, "--key", &key],
        &["notarize", a, "--node", "http://127.0.0.1:9", "--key", &key],
        &["notarize", a, "--node", &node, "--key", "/dev/null"],
        &["notarize"],
        &["nonsense"],
        &["log", "show", "--node", &node],
        &["log", "entry", "999,999", "--node", &node],
        &["log", "entry", "0", "--node", &node],
        &["log", "check", "--node", &node],
        &["log", "check", "--node", &node, "--policy", &policy],
        &["receipt", "show", a],
        &["receipt", "fetch", "--entry", "3", "--out", "/nonexistent/x", "--node", &node],
        &["key", "show", &key],
        &["key", "new", "x", "--out", "y", "--plain", "--origin", "bad"],
        &["network", "new", "n", "--courts", "99"],
        &["node", "check", "--config", "none"],
        &["policy", "list"],
        &["policy", "show", &policy],
        &["demo", "--courts", "99"],
        &["--version"],
        &["--help"],
    ] {
        let outcome = courtseal(["--json"].iter().chain(arguments).copied()).unwrap();
        assert!(serde_json::from_str::<serde_json::Value>(&outcome.stdout).is_ok(), "{arguments:?}: {outcome:?}");
    }
}
