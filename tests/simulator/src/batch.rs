//! Many seeds, on all cores.
//!
//! In: a range of seeds.
//! Out: their outcomes together, and the failed ones.
//! Always: each run has one thread to itself. A panic of shipped code is a failure of its seed. Every
//! hundredth seed runs twice and must give the same trace.
//! Not for printing: the caller shows progress.

use crate::byzantine::Lie;
use crate::clients::acts::{ActName, Stated};
use crate::profile::About;
use crate::world::{Outcome, World};
use std::any::Any;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// One of this many seeds runs twice.
const TWICE_EVERY: u64 = 100;

/// The results of many runs together.
#[derive(Clone, Debug, Default)]
pub struct Total {
    /// How many seeds ran.
    pub runs: u64,
    /// Events of all runs together.
    pub events: u64,
    /// Simulated time of all runs together, in milliseconds.
    pub simulated_ms: u64,
    /// Blocks committed, each counted once a run.
    pub blocks: u64,
    /// Receipts that were verified.
    pub receipts: u64,
    /// What became of acts, as receipts say.
    pub acts: BTreeMap<ActName, Stated>,
    /// Crashes of single courts.
    pub crashes: u64,
    /// Crashes in which a disk had the fault of its profile.
    pub damages: u64,
    /// How often each lie was told.
    pub lies: BTreeMap<Lie, Told>,
    /// Runs in which a third of the courts or more were byzantine and split the log, each provably.
    pub forks: u64,
    /// Seeds that ran twice.
    pub twice: u64,
    /// The seeds that failed, in order, each with what was violated.
    pub failures: Vec<(u64, String)>,
}

/// How often a lie was told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told {
    /// Runs in which a court had to tell it.
    pub runs: u64,
    /// Runs in which it was told.
    pub runs_told: u64,
    /// How often it was told.
    pub times: u64,
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
    format!("panic: {}", text.unwrap_or_default())
}

/// Runs one seed.
///
/// # Errors
/// The message of a panic.
pub fn run(seed: u64, only: Option<About>, is_shown: bool) -> Result<Outcome, String> {
    catch_unwind(AssertUnwindSafe(|| World::new(seed, only, is_shown).run(seed))).map_err(|panic| words(&*panic))
}

/// Runs all seeds of a range, and calls `progress` after each. With `stops`, no run begins after the first
/// failure.
pub fn run_all(seeds: Range<u64>, only: Option<About>, stops: bool, progress: impl Fn(u64) + Sync) -> Total {
    let next = AtomicU64::new(seeds.start);
    let is_over = AtomicBool::new(false);
    let total = Mutex::new(Total::default());
    let work = || {
        while !is_over.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let mut outcome = run(seed, only, false);
            let is_twice = seed.is_multiple_of(TWICE_EVERY);
            if let (true, Ok(first)) = (is_twice, &mut outcome)
                && run(seed, only, false).map(|second| second.trace) != Ok(first.trace)
            {
                first.violation = Some("two runs of this seed differ".to_owned());
            }
            let mut total = total.lock().unwrap_or_else(PoisonError::into_inner);
            total.add(seed, outcome, is_twice);
            if stops && !total.failures.is_empty() {
                is_over.store(true, Ordering::Relaxed);
            }
            progress(total.runs);
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let mut total = total.into_inner().unwrap_or_else(PoisonError::into_inner);
    total.failures.sort();
    total
}

impl Total {
    fn add(&mut self, seed: u64, outcome: Result<Outcome, String>, is_twice: bool) {
        self.runs += 1;
        self.twice += u64::from(is_twice);
        match outcome {
            Ok(outcome) => {
                self.events += outcome.events;
                self.simulated_ms += outcome.simulated_ms;
                self.blocks += outcome.blocks;
                self.receipts += outcome.receipts;
                for (name, stated) in outcome.acts {
                    self.acts.entry(name).or_default().add(stated);
                }
                self.crashes += outcome.crashes;
                self.damages += outcome.damages;
                for (lie, times) in outcome.lies {
                    let told = self.lies.entry(lie).or_default();
                    told.runs += 1;
                    told.runs_told += u64::from(times > 0);
                    told.times += times;
                }
                self.forks += u64::from(outcome.is_forked);
                self.failures.extend(outcome.violation.map(|words| (seed, words)));
            }
            Err(words) => self.failures.push((seed, words)),
        }
    }
}
