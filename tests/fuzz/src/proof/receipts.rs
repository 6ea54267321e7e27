//! Receipts and checkpoints against a held policy: read, forged, opened (F35 to F39).
//!
//! In: bytes; or edits of a valid receipt.
//! Out: whether the verifier says *valid*.
//! Always: what it calls valid says what a valid receipt of the vectors says, word for word, because nobody
//! here holds the courts' keys.
//! Not for other policies.

use crate::edits::edited;
use crate::input::Input;
use crate::target::Target;
use courtseal_fixtures::vectors::{HELD, RECEIPTS};
use courtseal_proof::log::checkpoint::{Checkpoint, CosignedCheckpoint};
use courtseal_proof::receipt::{MemberPart, Receipt};
use courtseal_proof::verify::{Proven, verify_checkpoint, verify_receipt};
use std::sync::LazyLock;

/// See the module.
pub const TARGETS: &[Target] = &[
    Target { name: "receipt", length_bytes_max: 8 * 1024, run: receipt, seeds: receipts },
    Target { name: "forged-receipt", length_bytes_max: 256, run: forged, seeds: forgeries },
    Target { name: "checkpoint", length_bytes_max: 4 * 1024, run: checkpoint, seeds: super::texts::notes },
    Target { name: "opened-file", length_bytes_max: 1024, run: opened, seeds: openings },
];

/// What a receipt says, apart from who signed it. Two receipts of one checkpoint may carry other courts'
/// signatures.
type Said = (String, Option<MemberPart>, u64, Checkpoint);

static VALID: LazyLock<Vec<Vec<u8>>> =
    LazyLock::new(|| RECEIPTS.iter().filter(|case| case.is_valid).map(|case| case.receipt.clone()).collect());
static SAID: LazyLock<Vec<Said>> = LazyLock::new(|| VALID.iter().filter_map(|receipt| said(receipt)).collect());

fn said(receipt: &[u8]) -> Option<Said> {
    let receipt = Receipt::parse(receipt).ok()?;
    Some((receipt.entry, receipt.member, receipt.index, receipt.signed.checkpoint))
}

fn receipt(bytes: &[u8]) -> bool {
    if let Ok(receipt) = Receipt::parse(bytes) {
        assert_eq!(receipt.to_text().as_bytes(), bytes);
    }
    let verdict = verify_receipt(bytes, &*HELD);
    if let Err(refusal) = &verdict {
        assert!(!refusal.reason().is_empty() && !refusal.message().chars().any(char::is_control), "a refusal is one line");
    }
    verdict.is_ok()
}

fn receipts() -> Vec<Vec<u8>> {
    RECEIPTS.iter().map(|case| case.receipt.clone()).collect()
}

/// First byte: which valid receipt; then edits.
fn forged(bytes: &[u8]) -> bool {
    let mut input = Input(bytes);
    let base = input.choice(&VALID);
    let forged = edited(base, &VALID, &mut input);
    if verify_receipt(&forged, &*HELD).is_err() {
        assert_ne!(forged, *base, "a valid receipt stays valid");
        return false;
    }
    let said = said(&forged).expect("a valid receipt has the form of one");
    assert!(SAID.contains(&said), "a forged receipt is valid:\n{}", String::from_utf8_lossy(&forged));
    true
}

/// Each valid receipt with one edit of each kind.
fn forgeries() -> Vec<Vec<u8>> {
    let choose = |which: usize| (0..8u8).map(move |kind| vec![which as u8, kind, 30 + kind, 0, 5, 1, 7, 2, 1]);
    (0..VALID.len()).flat_map(choose).chain((0..VALID.len()).map(|which| vec![which as u8])).collect()
}

fn checkpoint(bytes: &[u8]) -> bool {
    static KNOWN: LazyLock<Vec<Checkpoint>> = LazyLock::new(|| {
        let known = RECEIPTS.iter().filter_map(|case| {
            let note = std::str::from_utf8(&case.receipt).ok()?.split_once("\n\n")?.1.to_owned();
            let proven = verify_checkpoint(note.as_bytes(), &*HELD).is_ok();
            CosignedCheckpoint::parse(&note).ok().filter(|_| proven).map(|signed| signed.checkpoint)
        });
        known.collect()
    });
    let Ok(proven) = verify_checkpoint(bytes, &*HELD) else { return false };
    assert!(KNOWN.contains(proven.checkpoint()), "a forged checkpoint is valid");
    true
}

/// An opening, a zero byte, and a file, against a confidential statement that was recorded.
fn opened(bytes: &[u8]) -> bool {
    static RECORDED: LazyLock<(Proven, Vec<u8>)> = LazyLock::new(|| {
        let case = RECEIPTS.iter().find(|case| case.is_valid && case.opening.is_some() && case.file.is_some());
        let case = case.expect("the vectors hold a confidential file");
        let proven = verify_receipt(&case.receipt, &*HELD).expect("which is valid");
        (proven, case.file.clone().unwrap_or_default())
    });
    let (proven, recorded) = &*RECORDED;
    let at = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (opening, file) = (&bytes[..at], bytes.get(at + 1..).unwrap_or_default());
    let Ok(mut check) = proven.check_file(Some(opening)) else { return false };
    check.update(file);
    let is_same = check.finish().is_ok();
    assert!(!is_same || file == recorded, "another file opens the commitment");
    is_same
}

fn openings() -> Vec<Vec<u8>> {
    let pair = |opening: &[u8], file: &[u8]| [opening, &[0], file].concat();
    let cases = RECEIPTS.iter().filter_map(|case| Some(pair(case.opening.as_ref()?, case.file.as_deref().unwrap_or_default())));
    cases.filter(|bytes| bytes.len() <= 1024).collect()
}
