//! Verifies a public file by its receipt and the courts' policy: `verify_receipt RECEIPT POLICY FILE`.
//!
//! In: three paths.
//! Out: the verdict, on one line.
//! Always: nothing else is read; a failed check is the program's error.
//! Not for confidential files: give `check_file` the bytes of the opening.

use courtseal_proof::verify::{HeldPolicy, verify_receipt};
use std::error::Error;

/// The verdict on the files at these paths.
pub fn verify(paths: &[String]) -> Result<String, Box<dyn Error>> {
    let [receipt, policy, file] = paths else { return Err("usage: verify_receipt RECEIPT POLICY FILE".into()) };
    let proven = verify_receipt(&std::fs::read(receipt)?, &HeldPolicy::new(&std::fs::read(policy)?))?;
    let mut check = proven.check_file(None)?;
    check.update(&std::fs::read(file)?);
    check.finish()?;
    let (entry, courts) = (&proven.entry, proven.courts.len());
    Ok(format!("valid: entry {} of {}, recorded {}, signed by {courts} courts", entry.index, entry.chain, entry.recorded_at))
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("{}", verify(&std::env::args().skip(1).collect::<Vec<_>>())?);
    Ok(())
}
