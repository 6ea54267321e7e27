//! Checks an honest court after each event: the blocks that it commits, judges and calls invalid.
//!
//! In: the effects of an event.
//! Out: violations.
//! Always: judged by what all nodes know together, which no single court does.
//! Not for the model that judges logs: see [`crate::checks`].

use super::World;
use crate::node::Effects;
use courtseal_ledger::Ledger;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::log::policy::quorum_size;

impl World {
    /// The most that clocks are or were ahead of so many honest courts that, with all liars, they are a
    /// quorum (C16).
    fn reached_clock_ms(&self) -> i64 {
        let mut ahead_ms: Vec<i64> = self.honest().map(|node| node.clock.ahead_ms_max()).collect();
        ahead_ms.sort_unstable_by(|a, b| b.cmp(a));
        let needed = quorum_size(self.profile.courts).saturating_sub(self.profile.liars.len()).max(1);
        ahead_ms.get(needed - 1).copied().unwrap_or(0)
    }

    /// Checks that no honest court judges a block for a round that has not come, or calls an honest court's
    /// block invalid.
    pub(super) fn check_judged(&mut self, at: usize, effects: &Effects) {
        let Some(up) = &self.nodes[at].up else { return };
        let round = up.court.driver().round();
        let early = |value: &Digest| self.nodes.iter().filter_map(|node| node.liar.as_ref()).find_map(|liar| liar.early(value));
        let hasty = effects.judged.iter().find_map(|judged| early(&judged.value()).filter(|(_, early)| Some(*early) > round));
        let place = self.nodes[at].place;
        let honest: Vec<&str> = self.honest().map(|node| node.keys.name.as_str()).collect();
        let accused = effects.kept.iter().find(|proof| {
            proof.name.starts_with("invalid-block") && honest.iter().any(|name| proof.name.ends_with(&format!("-{name}")))
        });
        let words = match (hasty, accused) {
            (Some((height, early)), _) => {
                format!("court {place} judges a block of height {height} for round {early} in round {round:?}")
            }
            (None, Some(proof)) => format!("court {place} calls an honest court's block invalid: {}", proof.name),
            (None, None) => return,
        };
        self.checks.broken(words);
    }

    pub(super) fn check_commits(&mut self, at: usize, ledger: &Ledger) {
        let (place, head) = (self.nodes[at].place, ledger.head());
        for height in self.nodes[at].checked_height + 1..=head.height {
            self.trace.note(self.queue.now_ms(), at, b'c', &height.to_be_bytes(), || {
                format!("has block {height}, {} entries", head.size)
            });
            let reached_ms = self.reached_clock_ms();
            let block = self.checks.committed(place, height, ledger, &head, self.queue.now_ms(), reached_ms);
            if let Some(is_empty) = block {
                let waits = self.honest().filter_map(|node| node.up.as_ref()).any(|up| up.court.waiting() > 0);
                let heartbeat_ms = self.fixtures.genesis.parameters.heartbeat_ms;
                if let Err(words) = self.pace.committed(height, is_empty, self.queue.now_ms(), heartbeat_ms, waits) {
                    self.checks.broken(words);
                }
            }
        }
        self.nodes[at].checked_height = head.height;
    }
}
