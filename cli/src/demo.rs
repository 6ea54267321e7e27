//! `demo`: a whole network on this machine, in six steps, each of which is checked.
//!
//! In: files, or twelve that are found here. Out: a line a step, and a folder with files, receipts and
//! policy. Always: the same code as `network`, `notarize` and `verify`; a step that does not end as it should
//! is an error. Not a benchmark.

mod samples;

use crate::evidence::{Choice, groups};
use crate::failure::{Exit, Failure, usage};
use crate::files::names;
use crate::http::{Client, Node};
use crate::keys::{MemberKey, read_member};
use crate::network::courts::Courts;
use crate::network::{READY_WITHIN, new};
use crate::notarize::journal::JournalKey;
use crate::notarize::report::Outcome;
use crate::notarize::{self, Wish, Work};
use crate::print;
use crate::trust::Trust;
use crate::verify::{Asked, Given, NoVerdict, Verdict, verify_named};
use courtseal_api::status::Status;
use courtseal_api::{Request, Route};
use courtseal_proof::verify::{Check, HeldPolicy, Refusal};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Width of a line: what is done on the left, what came of it on the right.
const LINE_CHARACTERS: usize = 110;
/// How long one file may take.
const RECORD_WITHIN: Duration = Duration::from_secs(30);
/// How long the court that was killed has to catch up.
const CATCH_UP_WITHIN: Duration = Duration::from_secs(30);

/// `demo`; returns the folder that all is kept in.
///
/// # Errors
/// A step does not end as it should.
pub fn run(courts: usize, dir: Option<&Path>, files: &[PathBuf]) -> anyhow::Result<PathBuf> {
    let dir = folder(dir)?;
    let started = Instant::now();
    let network = new::create(&dir, courts, None, "cn-courts")?;
    let files = samples::gather(files, &dir)?;
    let mut courts = Courts::open(&dir)?;
    courts.start_all()?;
    // Nobody tells the demo to stop; Ctrl-C ends it, and the courts with it.
    let (_silent, never) = mpsc::channel();
    courts.wait_until_ready(READY_WITHIN, &never)?;
    let names: Vec<&str> = network.courts.iter().map(|court| court.name.as_str()).collect();
    headline(&format!("{} courts on this machine: {}", names.len(), names.join(", ")), &print::duration(started.elapsed()))?;

    let key = read_member(&network.keys["notary-1"])?;
    let policy = HeldPolicy::new(&fs::read(&network.policy)?);
    let trust = Trust::of(policy.clone());
    let urls: Vec<String> = network.courts.iter().map(|court| court.url.clone()).collect();
    let stage = Stage { key, policy, trust, client: Client::new(&urls, None)?, urls };
    let mut receipts = stage.notarize_one_by_one(&files)?;
    receipts.push(stage.go_on_without_one(&mut courts, &dir)?);
    stage.bring_it_back(&mut courts)?;
    courts.stop()?;
    stage.verify_offline(&receipts)?;
    stage.tamper(&dir, &receipts)?;
    let kept = dir.clone();
    let dir = print::path(&dir);
    let example = print::path(&receipts[0]);
    print::line(format_args!("Kept in {dir}/: files, receipts, policy. Try: courtseal verify {example} --policy {dir}/policy"))?;
    print::line(format_args!(
        "To verify without --policy, trust it by a name of your own: courtseal policy trust {dir}/policy --as demo"
    ))?;
    print::row("policy", stage.policy.digest().tagged())?;
    Ok(kept)
}

struct Stage {
    key: MemberKey,
    policy: HeldPolicy,
    trust: Trust,
    client: Client,
    urls: Vec<String>,
}

impl Stage {
    fn notarize_one_by_one(&self, files: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
        let mut times = files.iter().map(|file| self.notarize(file)).collect::<anyhow::Result<Vec<_>>>()?;
        times.sort();
        let median = times[times.len() / 2];
        let count = print::several(files.len() as u64, "file", "files");
        let receipts = print::several(files.len() as u64, "receipt", "receipts");
        step(1, &format!("{} notarizes {count}", self.key.name), &format!("{receipts}, median {}", print::duration(median)))?;
        Ok(files.to_vec())
    }

    /// Notarizes a file; how long that took, from the command's start to the receipt on disk.
    fn notarize(&self, file: &Path) -> anyhow::Result<Duration> {
        let wish = Wish::default();
        let (choice, journal_key) = (Choice::default(), JournalKey::new(&self.key.key));
        let work = Work::new(&self.key, &journal_key, &self.policy, &self.client, &wish, &choice, RECORD_WITHIN);
        let groups = groups(&[file.to_owned()], None)?;
        let report = notarize::notarize(&work, &groups[0], &notarize::locks()?);
        match (&report.stop, &report.files[..]) {
            (None, [one]) if matches!(one.outcome, Outcome::Recorded(_)) => Ok(report.elapsed),
            (Some(stop), _) => Err(unexpected(&format!("{} was not recorded: {stop}", print::path(file)))),
            (None, _) => Err(unexpected(&format!("{} was not recorded: {}", print::path(file), report.summary()))),
        }
    }

    fn go_on_without_one(&self, courts: &mut Courts, dir: &Path) -> anyhow::Result<PathBuf> {
        let last = courts.network().courts.len() - 1;
        let name = courts.network().courts[last].name.clone();
        courts.kill(last)?;
        let file = dir.join("files").join("while-one-is-away.txt");
        fs::write(&file, format!("Recorded while {name} was away.\n"))?;
        let time = self.notarize(&file)?;
        step(2, &format!("{name} is killed; one more file is notarized by the other {last}"), &print::duration(time))?;
        Ok(file)
    }

    fn bring_it_back(&self, courts: &mut Courts) -> anyhow::Result<()> {
        let last = courts.network().courts.len() - 1;
        let name = courts.network().courts[last].name.clone();
        courts.start(last)?;
        let deadline = Instant::now() + CATCH_UP_WITHIN;
        let height = loop {
            if let Some(death) = courts.bury()?.first() {
                return Err(unexpected(death));
            }
            let states: Option<Vec<Status>> = self.urls.iter().map(|url| status(url)).collect();
            // All at one height: then all have one log, or something is badly wrong.
            if let Some(states) = states.filter(|states| states.iter().all(|state| state.height == states[0].height)) {
                if states.iter().any(|state| (state.size, &state.root) != (states[0].size, &states[0].root)) {
                    return Err(unexpected("the courts have different logs at the same height"));
                }
                break states[0].height;
            }
            if Instant::now() > deadline {
                return Err(unexpected(&format!("{name} does not catch up within {}", print::duration(CATCH_UP_WITHIN))));
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        step(
            3,
            &format!("{name} starts again and catches up"),
            &format!("height {}, same root as the others", print::count(height)),
        )
    }

    fn verify_offline(&self, files: &[PathBuf]) -> anyhow::Result<()> {
        let verdicts = files.iter().map(|file| self.verify(file, None)).collect::<anyhow::Result<Vec<_>>>()?;
        let valid = verdicts.iter().filter(|verdict| verdict.exit() == Exit::Done).count();
        let invalid = files.len() - valid;
        step(4, "the network is stopped; every receipt is checked offline", &format!("{valid} valid, {invalid} invalid"))?;
        if invalid > 0 { Err(unexpected("a receipt is not valid")) } else { Ok(()) }
    }

    fn tamper(&self, dir: &Path, files: &[PathBuf]) -> anyhow::Result<()> {
        let tampered = dir.join("tampered");
        fs::create_dir(&tampered)?;
        let receipt = names::of(&files[0], names::RECEIPT);
        let copy = tampered.join(files[0].file_name().unwrap_or_default());
        let mut bytes = fs::read(&files[0])?;
        match bytes.first_mut() {
            Some(first) => *first ^= 1,
            None => bytes.push(0),
        }
        fs::write(&copy, bytes)?;
        fs::copy(&receipt, names::of(&copy, names::RECEIPT))?;
        step(5, "one bit of a file is changed", &self.refused(&copy, None, Check::File)?)?;

        let bad = tampered.join("receipt-with-one-bit-changed.tlog-proof");
        fs::write(
            &bad,
            samples::flip_cosignature(&fs::read_to_string(&receipt)?)
                .ok_or_else(|| unexpected("the receipt has no cosignature"))?,
        )?;
        step(6, "one bit of a receipt is changed", &self.refused(&files[0], Some(&bad), Check::Cosignatures)?)
    }

    fn verify(&self, file: &Path, receipt: Option<&Path>) -> anyhow::Result<Verdict> {
        verify_named(file, Given { receipt, opening: None }, None, &Asked::default(), &self.trust)
    }

    fn refused(&self, file: &Path, receipt: Option<&Path>, expected: Check) -> anyhow::Result<String> {
        match self.verify(file, receipt)?.result {
            Err(NoVerdict::Refused(Refusal::Invalid(check, failed))) if check == expected => {
                Ok(format!("INVALID: {}", failed.what))
            }
            other => Err(unexpected(&format!("a changed file or receipt is not refused as it should be: {other:?}"))),
        }
    }
}

fn status(url: &str) -> Option<Status> {
    Node::new(url, None).ok()?.get(&Request::plain(Route::Status), Duration::ZERO).ok()?.json().ok()
}

fn unexpected(text: &str) -> anyhow::Error {
    Failure::new(Exit::Invalid, format!("the demo failed: {text}"))
        .next("this is a defect; the courts' logs are in the demo's folder, node.log each")
        .into()
}

fn headline(text: &str, result: &str) -> anyhow::Result<()> {
    let width = LINE_CHARACTERS.saturating_sub(text.chars().count() + result.chars().count()).max(2);
    Ok(print::line(format_args!("{text}{}{result}", " ".repeat(width)))?)
}

fn step(number: usize, text: &str, result: &str) -> anyhow::Result<()> {
    headline(&format!(" {number}  {text}"), result)
}

/// The folder given, or the first free of `demo-1`, `demo-2`, ….
fn folder(given: Option<&Path>) -> anyhow::Result<PathBuf> {
    match given {
        Some(dir) => Ok(dir.to_owned()),
        None => (1..10_000)
            .map(|number| PathBuf::from(format!("demo-{number}")))
            .find(|dir| fs::symlink_metadata(dir).is_err())
            .ok_or_else(|| usage("demo-1 to demo-9999 exist; name a folder with --dir")),
    }
}
