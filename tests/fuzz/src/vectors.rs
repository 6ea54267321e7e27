//! The vectors of `specs/vectors`, as seeds.
//!
//! In: the files.
//! Out: texts, bytes and receipts of their cases.
//! Always: read once.
//! Not for judging the cases: the crates' own tests do.

use courtseal_proof::verify::HeldPolicy;
use serde_json::Value;
use std::path::Path;
use std::sync::LazyLock;

/// A case of `receipt.json`.
pub struct ReceiptCase {
    /// The receipt's text.
    pub receipt: Vec<u8>,
    /// The opening of a confidential file.
    pub opening: Option<Vec<u8>>,
    /// The file's bytes.
    pub file: Option<Vec<u8>>,
    /// Whether it is valid under [`POLICY`].
    pub is_valid: bool,
}

/// Reads a file of vectors.
///
/// # Panics
/// If it is not there or not JSON: the source tree is incomplete.
pub fn read(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs/vectors").join(name);
    let text = std::fs::read(&path).unwrap_or_else(|error| panic!("the vectors {} cannot be read: {error}", path.display()));
    serde_json::from_slice(&text).expect("vectors are JSON")
}

/// The cases of a file.
///
/// # Panics
/// As [`read`].
pub fn cases(name: &str) -> Vec<Value> {
    read(name)["cases"].as_array().cloned().expect("a file of vectors has cases")
}

/// One field of each case that has it as a text.
pub fn field(cases: &[Value], field: &str) -> Vec<Vec<u8>> {
    cases.iter().filter_map(|case| case[field].as_str()).map(|text| text.as_bytes().to_vec()).collect()
}

/// The texts of all cases of a file.
pub fn texts(name: &str) -> Vec<Vec<u8>> {
    field(&cases(name), "text")
}

/// One field of each case of a file, read as hex.
pub fn hex(name: &str, field: &str) -> Vec<Vec<u8>> {
    let cases = cases(name);
    cases.iter().filter_map(|case| bytes(case[field].as_str()?)).collect()
}

/// The bytes of a hex text.
pub fn bytes(hex: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    Some(digits.chunks(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

/// The policy of the four courts under which most receipts of the vectors are given out.
pub static POLICY: LazyLock<Vec<u8>> =
    LazyLock::new(|| read("receipt.json")["policies"]["four"].as_str().expect("the policy `four` is there").as_bytes().to_vec());

/// The same, held.
pub static HELD: LazyLock<HeldPolicy> = LazyLock::new(|| HeldPolicy::new(&POLICY));

/// The receipts of all cases.
pub static RECEIPTS: LazyLock<Vec<ReceiptCase>> = LazyLock::new(|| {
    let text = |case: &Value, field: &str| case[field].as_str().map(|text| text.as_bytes().to_vec());
    let cases = cases("receipt.json");
    let found = cases.iter().filter_map(|case| {
        Some(ReceiptCase {
            receipt: text(case, "receipt")?,
            opening: text(case, "opening"),
            file: case["file"].as_str().and_then(courtseal_proof::base64_text::decode),
            is_valid: case["verdict"] == "valid" && case["policy"] == "four",
        })
    });
    found.collect()
});
