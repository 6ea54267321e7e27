//! The program `verify_receipt` of the folder `examples`, run on the vectors.
//!
//! In: `specs/vectors/receipt.json`.
//! Out: a failure that names the case.
//! Always: the code is that of the program.
//! Not for the program that submits, which the suite `end_to_end` runs.

#[expect(dead_code, reason = "the program's own beginning")]
#[path = "../examples/verify_receipt.rs"]
mod verify_receipt;

use courtseal_proof::bytes::base64_text;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

#[test]
fn f38_the_example_verifies_public_files() {
    let vectors = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../specs/vectors/receipt.json");
    let vectors: Value = serde_json::from_slice(&fs::read(vectors).unwrap()).unwrap();
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("examples");
    fs::create_dir_all(&folder).unwrap();
    let at = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let (mut valid, mut other) = (0, 0);
    for case in vectors["cases"].as_array().unwrap() {
        let (Some(receipt), Some(file), None) = (case["receipt"].as_str(), case["file"].as_str(), case["opening"].as_str())
        else {
            continue;
        };
        fs::write(at("receipt"), receipt).unwrap();
        fs::write(at("policy"), vectors["policies"][case["policy"].as_str().unwrap()].as_str().unwrap()).unwrap();
        fs::write(at("file"), base64_text::decode(file).unwrap()).unwrap();
        let (verdict, name) = (case["verdict"].as_str().unwrap(), &case["name"]);
        match verify_receipt::verify(&[at("receipt"), at("policy"), at("file")]) {
            Ok(line) => {
                assert_eq!(verdict, "valid", "{name}: {line}");
                let told = format!("valid: entry {} of ", case["index"]);
                assert!(line.starts_with(&told) && line.contains(case["recorded_at"].as_str().unwrap()), "{name}: {line}");
                valid += 1;
            }
            Err(error) => {
                let told = format!("{verdict} ({}): ", case["reason"].as_str().unwrap_or_default());
                assert!(error.to_string().starts_with(&told), "{name}: {error}");
                other += 1;
            }
        }
    }
    assert!(valid >= 10 && other >= 40, "{valid} valid, {other} others");
    assert!(verify_receipt::verify(&[]).unwrap_err().to_string().starts_with("usage: "));
}
