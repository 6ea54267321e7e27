//! Every act of the table of kinds is recorded in the simulated world, and refused to other roles.
//! Its receipt is valid for the independent verifier too.
//!
//! In: the table of kinds, `specs/kinds.json`, `tests/interop/verify.py`.
//! Out: a failure that names the act. The receipts and policies stay in Cargo's folder for tests.
//! Always: nothing here names a kind, so a further row needs no further test.

use courtseal_proof::facts::Capacity;
use courtseal_simulator::batch::run_all;
use courtseal_simulator::clients::acts::forms;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Seeds from 1 on: enough that each act is stated many times by each role.
const SEEDS: u64 = 6;

/// Asks the independent verifier about a receipt; its exit code and what it printed.
fn ask_python(receipt: &Path, policy: &Path, kinds: &Path) -> (Option<i32>, String) {
    let interop = Path::new(env!("CARGO_MANIFEST_DIR")).join("../interop");
    let python = Command::new(interop.join("python")).output().unwrap();
    assert!(python.status.success(), "tests/interop/python: {}", String::from_utf8_lossy(&python.stderr));
    let mut command = Command::new(String::from_utf8(python.stdout).unwrap().trim());
    command.arg(interop.join("verify.py")).arg("--receipt").arg(receipt).arg("--policy").arg(policy).arg("--kinds").arg(kinds);
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (output.status.code(), said)
}

/// The table of kinds without one of them.
fn table_without(table: &str, word: &str) -> String {
    let other = table.replace(&format!("\"word\": \"{word}\""), "\"word\": \"unheard-of\"");
    assert_ne!(other, table, "the table of kinds has {word}");
    other
}

#[test]
fn l6_each_act_is_recorded_by_its_roles_alone_and_proven_to_both_verifiers() {
    let total = run_all(1..1 + SEEDS, None, false, |_| {});
    assert_eq!(total.failures, [], "seeds and what was broken");
    let kinds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/kinds.json");
    let table = fs::read_to_string(&kinds).unwrap();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("acts");
    fs::create_dir_all(&folder).unwrap();
    for (kind, form) in forms() {
        let name = (kind.word, form.word);
        let stated = total.acts.get(&name).cloned().unwrap_or_default();
        println!("{} {}: {} recorded, {} rejected", kind.word, form.word, stated.recorded, stated.rejected);
        let is_for = |capacity: &Capacity| form.signers.contains(capacity);
        let members = Capacity::ALL.iter().filter(|capacity| **capacity != Capacity::Node);
        let allowed = members.clone().filter(|capacity| is_for(capacity)).count();
        assert_eq!(stated.recorded > 0, allowed > 0, "{name:?} is recorded if a member may state it");
        assert_eq!(stated.rejected > 0, allowed < members.count(), "{name:?} is rejected if a member may not state it");
        let Some((receipt, policy)) = stated.sample else { continue };
        let at = |ending: &str| folder.join(format!("{}-{}.{ending}", kind.word, form.word));
        fs::write(at("tlog-proof"), receipt).unwrap();
        fs::write(at("policy"), policy).unwrap();
        let (code, said) = ask_python(&at("tlog-proof"), &at("policy"), &kinds);
        assert_eq!(code, Some(0), "{name:?}: {said}");
        // The verdict rests on the printed table: without the kind it is another one.
        fs::write(at("kinds.json"), table_without(&table, kind.word)).unwrap();
        let (code, said) = ask_python(&at("tlog-proof"), &at("policy"), &at("kinds.json"));
        assert_eq!(code, Some(4), "{name:?}, of a kind that the table does not have: {said}");
    }
}
