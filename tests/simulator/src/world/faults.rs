//! Faults: crashes, damaged disks, partitions, and their end.
//!
//! In: the profile, random choices.
//! Out: crashes to come, partitions made and mended.
//! Always: each fault is noted in the trace.
//! Not for what a crash does to a disk: see [`crate::disk`].

use super::{Event, SILENCE_MS, World};
use crate::byzantine::{Lie, forgets};
use crate::profile::{Cut, DiskFault};
use courtseal_world::NetworkProfile;

impl World {
    pub(super) fn crash_node(&mut self) {
        let steps = self.random.between(0, 40);
        if self.profile.crashes_all && self.random.chance(30) {
            self.nodes.iter().for_each(|node| node.disk.fuse().crash_after(steps));
            return;
        }
        // Frail and forgetful courts crash more often, because their faults show only in crashes.
        let places: Vec<usize> =
            self.profile.frail.iter().copied().chain(self.profile.liars.iter().map(|(place, _)| *place)).collect();
        let node = if !places.is_empty() && self.random.chance(40) {
            self.random.pick(&places)
        } else {
            self.random.below(self.nodes.len())
        };
        self.nodes[node].disk.fuse().crash_after(steps);
    }

    /// Lets a frail disk have its fault in a crash.
    pub(super) fn damage(&mut self, at: usize) {
        let node = &self.nodes[at];
        if self.lie_of(at) == Some(Lie::Amnesiac) {
            forgets(&node.disk);
        }
        let (fault, percent) = self.profile.disk;
        if self.is_healed || !self.profile.frail.contains(&node.place) || !self.random.chance(percent) {
            return;
        }
        self.trace.note(self.queue.now_ms(), at, b'm', &[], || format!("its disk: {fault:?}"));
        self.damages += 1;
        let disk = &self.nodes[at].disk;
        match fault {
            DiskFault::None => {}
            DiskFault::LosesWrites => disk.lose_writes(self.random.between(1, 3) as usize),
            DiskFault::FlipsLog => {
                // Two flips often damage both logs of consensus, so that neither makes up for the other.
                for _ in 0..2 {
                    let is_of_marks = self.profile.flips_marks && self.apart.chance(33);
                    disk.flip_log(&mut self.random, is_of_marks);
                }
            }
            DiskFault::FlipsDatabase => disk.flip_database(&mut self.random),
            DiskFault::LosesDatabase => disk.lose_database(),
            DiskFault::LosesAll => {
                disk.lose_database();
                disk.lose_logs();
            }
            DiskFault::OldCopy => {
                if let Some(copy) = self.nodes[at].copy.clone() {
                    self.nodes[at].disk.restore(&copy);
                }
            }
        }
    }

    pub(super) fn partition(&mut self) {
        let count = self.random.between(1, (self.nodes.len() - 1) as u64) as usize;
        let mut side = vec![false; self.nodes.len()];
        self.random.several(count, self.nodes.len()).into_iter().for_each(|node| side[node] = true);
        if self.profile.is_fork {
            // The log forks only if each half hears another instance of each twin.
            side = (0..self.nodes.len()).map(|node| self.is_odd(node)).collect();
        }
        let kind = self.random.pick(&[Cut::Both, Cut::Both, Cut::OneWay, Cut::Flapping]);
        let bytes: Vec<u8> = side.iter().map(|one| u8::from(*one)).collect();
        self.trace.note(self.queue.now_ms(), 0, b'p', &bytes, || format!("network cut ({kind:?}): {side:?}"));
        self.cut = Some((side, kind));
        for ((a, b), pair) in &self.pairs {
            let silence = Event::Silence { a: *a, b: *b, session: pair.session };
            self.queue.add(SILENCE_MS, silence);
        }
        let after_ms = self.random.between(500, 25_000);
        self.queue.add(after_ms, Event::Reunion);
    }

    /// Whether a node is in the second half of a split network.
    pub(super) fn is_odd(&self, node: usize) -> bool {
        let node = &self.nodes[node];
        if node.is_honest() { node.place % 2 == 1 } else { node.instance == 1 }
    }

    pub(super) fn reunite(&mut self) {
        self.cut = None;
        self.trace.note(self.queue.now_ms(), 0, b'q', &[], || "network whole".to_owned());
    }

    pub(super) fn is_cut(&self, from: usize, to: usize) -> bool {
        let Some((side, kind)) = &self.cut else { return false };
        match kind {
            Cut::Both => side[from] != side[to],
            Cut::OneWay => side[from] && !side[to],
            Cut::Flapping => side[from] != side[to] && (self.queue.now_ms() / 1_000).is_multiple_of(2),
        }
    }

    pub(super) fn heal(&mut self) {
        self.is_healed = true;
        self.network = NetworkProfile::HEALED;
        self.reunite();
        self.trace.say(self.queue.now_ms(), "nothing goes wrong from here on");
        for at in 0..self.nodes.len() {
            self.nodes[at].slow_ms = 0;
            self.nodes[at].flush_ms = 0;
            let node = &mut self.nodes[at];
            node.clock.set(node.clock.skew_ms().clamp(-150, 150));
            if node.up.is_some() && !node.disk.fuse().has_failed() {
                node.disk.fuse().mend();
            }
        }
        for _ in 0..3 {
            self.queue.add(100, Event::Request);
        }
    }
}
