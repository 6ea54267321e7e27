//! The check that nothing given out is lost: every receipt stays valid, and every entry stays in every
//! court's log.
//!
//! In: a network, and a folder with files and their receipts.
//! Out: the number of receipts, after all of them were checked.
//! Always: every receipt is compared with the whole log of every court that is named.
//! Not for deciding which files should have receipts: the test knows.

use crate::http;
use crate::network::LocalNetwork;
use anyhow::{Context, ensure};
use courtseal_proof::bytes::base64_text;
use std::fs;
use std::path::{Path, PathBuf};

/// Finds the receipts under a folder and its subfolders, sorted by path.
///
/// # Errors
/// A folder cannot be read.
pub fn receipts(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if entry.file_name().as_encoded_bytes().ends_with(b".tlog-proof") {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Reads the index and the entry of a receipt (F35, F36).
///
/// # Errors
/// The file has another form.
pub fn entry(receipt: &Path) -> anyhow::Result<(usize, String)> {
    let text = fs::read_to_string(receipt)?;
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name}"));
    let extra = base64_text::decode(field("extra ")?).context("extra is no base64")?;
    let extra = String::from_utf8(extra)?;
    Ok((field("index ")?.parse()?, extra.lines().nth(1).context("no entry")?.to_owned()))
}

/// Checks that every receipt under `folder` is valid and that its entry stands at its index in the log of
/// each of `courts`. Also checks that all these courts have one root. Returns the number of receipts.
///
/// # Errors
/// One of these does not hold.
pub fn check(network: &LocalNetwork, folder: &Path, courts: &[usize]) -> anyhow::Result<usize> {
    let receipts = receipts(folder)?;
    let verified = network.verify(&[&folder.to_string_lossy(), "--json"])?.json();
    let without = verified["files"].as_array().context("no files")?.iter().filter(|file| file["reason"] == "no-receipt").count();
    ensure!(verified["valid"] == receipts.len() && verified["invalid"] == 0, "not all receipts are valid: {verified}");
    ensure!(verified["cannot_tell"] == without, "not all receipts are valid: {verified}");
    // A receipt needs three of four courts; the last court may take a moment longer.
    network.await_equal(courts)?;
    let mut roots = Vec::new();
    for at in courts {
        let log = http::whole_log(&network.courts()[*at].url)?;
        for receipt in &receipts {
            let (index, entry) = entry(receipt)?;
            let there = log.get(index);
            ensure!(
                there == Some(&entry),
                "{}: {} is lost; the log has {there:?} there",
                network.courts()[*at].name,
                receipt.display()
            );
        }
        roots.push(network.log_check(*at)?);
    }
    ensure!(roots.iter().all(|root| *root == roots[0]), "the courts' logs differ: {roots:?}");
    Ok(receipts.len())
}
