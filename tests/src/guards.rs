//! Reads the courts' signing logs: whether a court ever signed two different things for one step.
//!
//! In: the file `guard` of each court's data folder (C8, C10), and the nodes' logs.
//! Out: the number of steps that were signed.
//! Always: the file is read by its specification, not by the product's code.
//! Not for running nodes.

use crate::courts::Court;
use anyhow::{Context, ensure};
use std::collections::BTreeMap;
use std::path::Path;

/// Words that a node prints if a court has signed twice, or if logs differ.
const ALARMS: [&str; 2] = ["signed two different things", "logs have split"];
/// A frame begins with a magic number, a length and a checksum.
const FRAME_START_BYTES: usize = 16;
/// A step is a height (u64), a round (u32) and a kind (u32).
const STEP_BYTES: usize = 16;

/// Checks that no court signed two different things for one step, and that no node saw a court do so. Returns
/// the number of signed steps.
///
/// # Errors
/// A court signed twice, a node reported it, or a file cannot be read.
pub fn check<'a>(courts: impl IntoIterator<Item = &'a Court>) -> anyhow::Result<usize> {
    let mut signed = 0;
    for court in courts {
        for alarm in ALARMS {
            ensure!(!court.said().contains(alarm), "{} says: {alarm}", court.name);
        }
        signed += steps(&court.data()?.join("guard")).with_context(|| court.name.clone())?;
    }
    Ok(signed)
}

fn steps(path: &Path) -> anyhow::Result<usize> {
    let bytes = std::fs::read(path)?;
    let (mut rest, mut signed) = (&bytes[..], BTreeMap::new());
    while let Some((start, after)) = rest.split_at_checked(FRAME_START_BYTES) {
        ensure!(start.starts_with(b"CSJ1"), "a frame begins with {start:02x?}");
        let length = u32::from_be_bytes(start[4..8].try_into()?) as usize;
        // A crash leaves a torn last frame.
        let Some((payload, after)) = after.split_at_checked(length) else { break };
        let (step, fields) = payload.split_at_checked(STEP_BYTES).context("a record without a step")?;
        let (length, fields) = fields.split_at_checked(8).context("a record without sign bytes")?;
        let sign_bytes = fields.get(..u64::from_le_bytes(length.try_into()?) as usize).context("short sign bytes")?;
        let first = *signed.entry(step).or_insert(sign_bytes);
        ensure!(first == sign_bytes, "two things were signed for step {step:02x?}");
        rest = after;
    }
    ensure!(!signed.is_empty(), "{} holds no signature", path.display());
    Ok(signed.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(height: u64, sign_bytes: &[u8]) -> Vec<u8> {
        let step = [&height.to_le_bytes()[..], &0_u32.to_le_bytes(), &1_u32.to_le_bytes()].concat();
        let payload = [&step[..], &(sign_bytes.len() as u64).to_le_bytes(), sign_bytes, &[7; 64]].concat();
        [b"CSJ1", &(payload.len() as u32).to_be_bytes()[..], &[0; 8], &payload].concat()
    }

    #[test]
    fn two_signatures_of_a_step_are_found() {
        let path = tempfile::tempdir().unwrap().keep().join("guard");
        let once = [frame(1, b"a"), frame(2, b"b"), frame(2, b"b"), frame(3, b"c")[..20].to_vec()].concat();
        std::fs::write(&path, &once).unwrap();
        assert_eq!(steps(&path).unwrap(), 2, "the same sign bytes twice count once, and a torn frame does not count");
        std::fs::write(&path, [frame(1, b"a"), frame(2, b"b"), frame(2, b"c")].concat()).unwrap();
        assert!(steps(&path).unwrap_err().to_string().contains("two things"));
        std::fs::write(&path, [frame(1, b"a"), vec![0; 16]].concat()).unwrap();
        assert!(steps(&path).is_err(), "no frame");
        std::fs::remove_dir_all(path.parent().unwrap()).unwrap();
    }
}
