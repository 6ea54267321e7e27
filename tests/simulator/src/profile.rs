//! The faults of a run: everything that a seed chooses before the first event.
//!
//! In: a seed.
//! Out: a [`Profile`].
//! Always: fewer than a third of the courts lie, have frail disks, or have wrong clocks. Runs about forks,
//! and runs about clocks that are ahead, have more.
//! Not for chance while the run goes on: see [`crate::world`].

use crate::byzantine::Lie;
use courtseal_proof::log::policy::quorum_size;
use courtseal_world::{NetworkProfile, Random};
use std::fmt;
use std::str::FromStr;

/// Makes another seed of a seed. With this number the seeds of `tests/seeds.rs` that found something choose
/// what they chose when they did.
const APART: u64 = 0x0118_d02e_0000_0000;

/// Bytes of earlier heights that logs keep, if not none or all: a few heights.
const KEPT_BYTES: usize = 4 * 1024;

/// The directions that a partition cuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// Nothing passes in either direction.
    Both,
    /// Nothing passes from the first part to the second.
    OneWay,
    /// Nothing passes in every other second.
    Flapping,
}

/// What a court's disk does when it crashes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DiskFault {
    /// It keeps what was flushed.
    None,
    /// Writes of the database are lost although they were reported durable.
    LosesWrites,
    /// A bit of a log flips.
    FlipsLog,
    /// A bit of the database flips.
    FlipsDatabase,
    /// The database is gone.
    LosesDatabase,
    /// Database and logs are gone.
    LosesAll,
    /// An old copy of everything is put back.
    OldCopy,
}

impl DiskFault {
    /// All faults, without [`DiskFault::None`].
    pub const ALL: &'static [Self] =
        &[Self::LosesWrites, Self::FlipsLog, Self::FlipsDatabase, Self::LosesDatabase, Self::LosesAll, Self::OldCopy];
}

/// What all runs are about, if their seeds are not to choose. The most courts that may be faulty have this
/// fault, and no court has another fault of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// These courts tell this lie.
    Lie(Lie),
    /// The disks of these courts have this fault, and no court lies.
    Disk(DiskFault),
}

/// The one of these that has this name, in upper or lower case.
///
/// # Errors
/// None has; the message lists their names.
pub fn named<T: Copy + fmt::Debug>(all: &[T], text: &str) -> Result<T, String> {
    let name = |one: &T| format!("{one:?}");
    let known = || all.iter().map(name).collect::<Vec<_>>().join(", ");
    all.iter().copied().find(|one| name(one).eq_ignore_ascii_case(text)).ok_or_else(|| format!("one of {}", known()))
}

impl FromStr for About {
    type Err = String;

    /// From `lie` or `disk`, a space, and the name of one.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(' ') {
            Some(("lie", lie)) => named(Lie::ALL, lie).map(Self::Lie),
            Some(("disk", fault)) => named(DiskFault::ALL, fault).map(Self::Disk),
            _ => Err(format!("'{text}' is neither `lie NAME` nor `disk NAME`")),
        }
    }
}

/// The faults of one run.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Courts of the genesis.
    pub courts: usize,
    /// The time until which there are faults.
    pub chaos_ms: u64,
    /// What the network does to messages.
    pub network: NetworkProfile,
    /// Mean time between two crashes, of any court; none for no crashes.
    pub crash_every_ms: Option<u64>,
    /// The fault of a frail disk in a crash, and in how many crashes of a hundred it occurs.
    pub disk: (DiskFault, u64),
    /// Courts whose disks are frail. They are not all courts, because what all lose at once is lost for good.
    pub frail: Vec<usize>,
    /// Whether a crash may take the power of all courts at once.
    pub crashes_all: bool,
    /// Mean time between two partitions.
    pub cut_every_ms: Option<u64>,
    /// Mean time between two failed writes.
    pub fail_every_ms: Option<u64>,
    /// Courts that take longer for every event, and by how much.
    pub slow: Vec<(usize, u64)>,
    /// The deviation of each court's clock at first.
    pub skew_ms: Vec<i64>,
    /// Courts whose clock jumps.
    pub jumping: Vec<usize>,
    /// Byzantine courts, and how each lies.
    pub liars: Vec<(usize, Lie)>,
    /// Whether a third of the courts or more lie. Then a fork must be provable, and nothing else is checked.
    pub is_fork: bool,
    /// Mean time between two requests of clients.
    pub request_every_ms: u64,
    /// Bytes of earlier heights that a court keeps in its logs.
    pub kept_bytes: usize,
    /// Whether the bits that flip in logs may be in the record of cosignatures too.
    pub flips_marks: bool,
    /// How long each court's disk takes for one flush.
    pub flush_ms: Vec<u64>,
    /// How long judging a proposed block takes.
    pub judging_ms: u64,
}

/// The generator for choices that were added later. Those that a seed made before stay what they were.
pub fn apart(seed: u64) -> Random {
    Random::new(seed ^ APART)
}

/// The generator for choices that were added after those.
fn apart_later(seed: u64) -> Random {
    Random::new(seed ^ APART.rotate_left(16))
}

impl Profile {
    /// Whether a court's disk may forget what it has signed. Such a court counts as faulty.
    pub fn forgets(&self, court: usize) -> bool {
        matches!(self.disk.0, DiskFault::FlipsLog | DiskFault::LosesAll | DiskFault::OldCopy) && self.frail.contains(&court)
    }

    /// The choices of a seed. `only` replaces some of them. Choices that were added later come from `apart`,
    /// and the latest from `apart_later`, so that older choices stay as they were.
    pub fn new(seed: u64, random: &mut Random, apart: &mut Random, only: Option<About>) -> Self {
        let apart_later = &mut apart_later(seed);
        let courts = match random.below(100) {
            0..70 => 4,
            70..85 => random.between(5, 7) as usize,
            85..98 => random.between(8, 13) as usize,
            _ => 32,
        };
        let faulty = (courts - 1) / 3;
        let is_fork = only.is_none() && courts == 4 && random.chance(3);
        let liars = if is_fork {
            // One honest court of each parity, so that each hears other instances of the twins.
            random.pick(&[[0, 1], [1, 2], [2, 3], [0, 3]]).into_iter().map(|court| (court, Lie::Twin)).collect()
        } else if let Some(about) = only {
            match about {
                About::Lie(lie) => random.several(faulty, courts).into_iter().map(|court| (court, lie)).collect(),
                About::Disk(_) => Vec::new(),
            }
        } else if random.chance(55) {
            let count = random.between(1, faulty as u64) as usize;
            random.several(count, courts).into_iter().map(|court| (court, random.pick(Lie::ALL))).collect()
        } else {
            Vec::<(usize, Lie)>::new()
        };
        let honest: Vec<usize> = (0..courts).filter(|court| liars.iter().all(|(liar, _)| liar != court)).collect();
        let spare = faulty.saturating_sub(liars.len());
        let mut skew_ms: Vec<i64> = (0..courts).map(|_| random.between(0, 300) as i64 - 150).collect();
        let is_off = random.chance(40);
        let off = random.several(if is_off { spare } else { 0 }, honest.len());
        for place in &off {
            skew_ms[honest[*place]] = random.pick(&[86_400_000, -86_400_000, 30_000, -30_000, 2_000, -4_000]);
        }
        let jumping = if random.chance(30) { off.iter().map(|place| honest[*place]).collect() } else { Vec::new() };
        let frail = random.several(spare, honest.len()).into_iter().map(|place| honest[place]).collect();
        let is_slow = random.chance(25);
        let slow = random.several(if is_slow { spare } else { 0 }, courts);
        let network = match random.below(5) {
            0 => NetworkProfile { delay_ms: (1, 3), loss_percent: 0, duplicate_percent: 0, reorders: false },
            1 => NetworkProfile { delay_ms: (5, 60), loss_percent: 0, duplicate_percent: 0, reorders: false },
            2 => NetworkProfile {
                delay_ms: (1, 200),
                loss_percent: random.between(0, 5),
                duplicate_percent: random.between(0, 10),
                reorders: true,
            },
            3 => NetworkProfile {
                delay_ms: (20, 900),
                loss_percent: random.between(0, 10),
                duplicate_percent: random.between(0, 20),
                reorders: true,
            },
            _ => NetworkProfile {
                delay_ms: (1, 20),
                loss_percent: random.between(0, 20),
                duplicate_percent: random.between(0, 5),
                reorders: true,
            },
        };
        let faults: Vec<DiskFault> = [DiskFault::None; 2].into_iter().chain(DiskFault::ALL.iter().copied()).collect();
        let mut disk = (random.pick(&faults), random.between(10, 60));
        if let Some(About::Disk(fault)) = only {
            disk.0 = fault;
        }
        let judging_ms = apart_later.pick(&[0, 0, 1, 20, 200]);
        // More than f clocks are ahead, but together with the liars they are no quorum. So no block of theirs
        // may be decided.
        let ahead = if only.is_none() && !is_fork && apart_later.chance(15) { quorum_size(courts) - liars.len() - 1 } else { 0 };
        let (mut frail, mut jumping): (Vec<usize>, Vec<usize>) = (frail, jumping);
        if ahead > 0 {
            skew_ms = (0..courts).map(|_| apart_later.between(0, 300) as i64 - 150).collect();
            let by_ms = apart_later.pick(&[86_400_000, 3_600_000, 20_000]);
            for place in apart_later.several(ahead.min(honest.len()), honest.len()) {
                skew_ms[honest[place]] = by_ms;
            }
            frail.clear();
            jumping.clear();
        }
        let chaos_ms = if courts > 13 { random.between(20_000, 60_000) } else { random.between(240_000, 500_000) };
        Self {
            courts,
            chaos_ms,
            network,
            crash_every_ms: random.chance(75).then(|| random.between(1_500, 40_000)),
            disk,
            frail,
            crashes_all: random.chance(20),
            cut_every_ms: (is_fork || random.chance(60)).then(|| random.between(5_000, 60_000)),
            fail_every_ms: random.chance(20).then(|| random.between(10_000, 60_000)),
            slow: slow.into_iter().map(|court| (court, random.between(50, 1_500))).collect(),
            skew_ms,
            jumping,
            liars,
            is_fork,
            request_every_ms: random.between(3_000, 20_000),
            kept_bytes: apart.pick(&[0, KEPT_BYTES, usize::MAX]),
            flips_marks: apart.chance(50),
            flush_ms: flush_ms(courts, apart),
            judging_ms,
        }
    }
}

fn flush_ms(courts: usize, apart: &mut Random) -> Vec<u64> {
    let are_slow = apart.chance(30);
    (0..courts).map(|_| if are_slow && apart.chance(50) { apart.pick(&[2, 10, 40, 150]) } else { 0 }).collect()
}
