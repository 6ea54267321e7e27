//! `make forge`: makes as many forged receipts as asked for, and checks that none is accepted as something it
//! is not.
//!
//! In: `--count N` (100,000), `--first-seed S` (1), `--append FILE`; the receipts of `specs/vectors`.
//! Out: one line of figures. If a forged receipt is valid, the exit code is 1 and the seed is printed.
//! Always: one seed is one forgery, the same in every process.
//! Not for single flipped bits: `make test` tries all of them.

use anyhow::{Context as _, ensure};
use courtseal_fixtures::vectors;
use courtseal_proof::bytes::digest::sha256_of;
use courtseal_proof::verify::{HeldPolicy, Refusal, verify_receipt};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

/// A valid receipt and the policy under which it is valid.
struct Genuine {
    text: Vec<u8>,
    policy: HeldPolicy,
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("forge: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn option(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)
}

fn genuine() -> anyhow::Result<Vec<Genuine>> {
    let vectors = vectors::read("receipt.json");
    let mut genuine = Vec::new();
    for case in vectors["cases"].as_array().context("no cases")? {
        let text = |value: &Value| value.as_str().map(|text| text.as_bytes().to_vec());
        let name = case["policy"].as_str().unwrap_or_default();
        let (Some(text), Some(policy)) = (text(&case["receipt"]), text(&vectors["policies"][name])) else { continue };
        let policy = HeldPolicy::new(&policy);
        if verify_receipt(&text, &policy).is_ok() {
            genuine.push(Genuine { text, policy });
        }
    }
    ensure!(genuine.len() >= 5, "only {} receipts of the vectors are valid", genuine.len());
    Ok(genuine)
}

/// The lines of a receipt that are signatures, or those that are not.
fn lines(text: &[u8], are_signatures: bool) -> impl Iterator<Item = &[u8]> {
    text.split(|byte| *byte == b'\n').filter(move |line| line.starts_with("\u{2014} ".as_bytes()) == are_signatures)
}

/// Whether a receipt that was found valid is not a forgery, but a genuine receipt with another quorum.
///
/// Its lines other than signatures are those of a genuine receipt, byte for byte. It has as many signatures,
/// each by another signer, and each is on a genuine receipt too. Another quorum of the courts that signed a
/// checkpoint proves the same; a court that is counted twice does not.
fn is_another_quorum(genuine: &[Genuine], found: &[u8]) -> bool {
    let signers: BTreeSet<_> = lines(found, true).map(|line| line.split(|byte| *byte == b' ').nth(1)).collect();
    let is_one =
        |one: &Genuine| lines(&one.text, false).eq(lines(found, false)) && lines(&one.text, true).count() == signers.len();
    lines(found, true).count() == signers.len()
        && genuine.iter().any(is_one)
        && lines(found, true).all(|line| genuine.iter().any(|one| lines(&one.text, true).any(|other| other == line)))
}

/// Pseudorandom numbers from a seed, by hashing.
struct Numbers {
    seed: u64,
    drawn: u64,
}

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.drawn += 1;
        let digest = sha256_of(&[&self.seed.to_be_bytes(), &self.drawn.to_be_bytes()]);
        let number = u64::from_be_bytes(*digest.0.first_chunk().expect("a digest has 32 bytes"));
        (number % bound.max(1) as u64) as usize
    }
}

/// Makes one forgery: a few changes of bytes or lines, or pieces of another receipt.
fn forge(genuine: &[Genuine], numbers: &mut Numbers) -> (usize, Vec<u8>) {
    let which = numbers.below(genuine.len());
    let mut text = genuine[which].text.clone();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(text.len());
        match numbers.below(8) {
            0 => text[at] ^= 1 << numbers.below(8),
            1 => text[at] = b"0123456789abcdefABCDEF+/= \n\"{}:,"[numbers.below(32)],
            2 => drop(text.remove(at)),
            3 => text.insert(at, text[numbers.below(text.len())]),
            4 => text.truncate(at.max(1)),
            5 => {
                let other = &genuine[numbers.below(genuine.len())].text;
                let from = numbers.below(other.len());
                let end = (from + 1 + numbers.below(80)).min(other.len());
                let until = (at + end - from).min(text.len());
                text.splice(at..until, other[from..end].iter().copied());
            }
            number => {
                let mut lines: Vec<Vec<u8>> = text.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
                let (one, two) = (numbers.below(lines.len()), numbers.below(lines.len()));
                if number == 6 {
                    lines.swap(one, two);
                } else {
                    let other = &genuine[numbers.below(genuine.len())].text;
                    let theirs: Vec<&[u8]> = other.split(|byte| *byte == b'\n').collect();
                    lines[one] = theirs[numbers.below(theirs.len())].to_vec();
                }
                text = lines.join(&b'\n');
            }
        }
        if text.is_empty() {
            text.push(b'\n');
        }
    }
    (which, text)
}

fn run() -> anyhow::Result<bool> {
    let count: u64 = option("--count").map_or(Ok(100_000), |text| text.parse())?;
    let first: u64 = option("--first-seed").map_or(Ok(1), |text| text.parse())?;
    let genuine = genuine()?;
    let (next, invalid, cannot_tell, same) = (AtomicU64::new(first), AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    let accepted = Mutex::new(Vec::new());
    let started = Instant::now();
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= first + count {
                return;
            }
            let (which, forged) = forge(&genuine, &mut Numbers { seed, drawn: 0 });
            // A change may undo another, or turn the text into another genuine receipt.
            if genuine.iter().any(|one| one.text == forged) {
                same.fetch_add(1, Ordering::Relaxed);
                continue;
            }
            match verify_receipt(&forged, &genuine[which].policy) {
                Err(Refusal::Invalid(..)) => drop(invalid.fetch_add(1, Ordering::Relaxed)),
                Err(Refusal::CannotTell(..)) => drop(cannot_tell.fetch_add(1, Ordering::Relaxed)),
                Ok(_) if is_another_quorum(&genuine, &forged) => drop(same.fetch_add(1, Ordering::Relaxed)),
                Ok(_) => accepted.lock().expect("nobody panics").push(seed),
            }
        }
    };
    thread::scope(|scope| (0..thread::available_parallelism().map_or(1, usize::from)).for_each(|_| drop(scope.spawn(work))));
    let accepted = accepted.into_inner().expect("nobody panics");
    let line = format!(
        "forge: seeds {first} to {}: {} forged receipts accepted; {} invalid, {} cannot tell, {} were genuine after all; {:.0} s",
        first + count - 1,
        accepted.len(),
        invalid.into_inner(),
        cannot_tell.into_inner(),
        same.into_inner(),
        started.elapsed().as_secs_f64()
    );
    println!("{line}");
    if let Some(seed) = accepted.iter().min() {
        println!("  again: make forge FIRST_SEED={seed} COUNT=1");
        if count == 1 {
            let (which, forged) = forge(&genuine, &mut Numbers { seed: *seed, drawn: 0 });
            for text in [&genuine[which].text, &forged] {
                println!("{}", String::from_utf8_lossy(text));
            }
        }
    }
    if let Some(path) = option("--append") {
        writeln!(std::fs::OpenOptions::new().create(true).append(true).open(path)?, "* {line}")?;
    }
    Ok(accepted.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_court_that_is_counted_twice_makes_no_quorum() {
        let genuine = genuine().unwrap();
        let text = genuine.iter().map(|one| &one.text).find(|text| lines(text, true).count() >= 4).unwrap();
        assert!(is_another_quorum(&genuine, text));
        let signed: Vec<&[u8]> = lines(text, true).collect();
        let (last, before) = (signed[signed.len() - 1], signed[signed.len() - 2]);
        let with = |instead: Option<&[u8]>| -> Vec<u8> {
            let changed = text.split(|byte| *byte == b'\n').filter_map(|line| if line == last { instead } else { Some(line) });
            changed.collect::<Vec<_>>().join(&b'\n')
        };
        assert!(!is_another_quorum(&genuine, &with(Some(before))), "one court twice");
        assert!(!is_another_quorum(&genuine, &with(None)), "one court fewer");
        let damaged = [&last[..last.len() - 1], b"!"].concat();
        assert!(!is_another_quorum(&genuine, &with(Some(&damaged))), "a signature that is on no genuine receipt");
    }
}
