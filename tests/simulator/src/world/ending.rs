//! The end of a run: when it is over, and the last checks.
//!
//! In: all nodes.
//! Out: violations.
//! Always: what is on the disks is read again, as after a restart.
//! Not for what is checked after each event.

use super::World;
use crate::byzantine::FAR;
use crate::fork;
use crate::node::Node;
use courtseal_ledger::Ledger;
use std::sync::Arc;

impl World {
    pub(super) fn honest(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.is_honest())
    }

    pub(super) fn is_settled(&self) -> bool {
        let heads: Vec<_> = self.honest().map(|node| node.up.as_ref().map(|up| up.ledger.head())).collect();
        let is_owed = |ledger: &Arc<Ledger>| self.checks.owes_evidence(ledger);
        heads.iter().all(|head| head.is_some() && *head == heads[0])
            && self.clients.waiting(self.true_time()) == 0
            // Evidence of a contradiction that was noticed at the last moment is still on its way to the log.
            && !self.honest().find_map(|node| node.up.as_ref()).is_some_and(|up| is_owed(&up.ledger))
    }

    pub(super) fn standing(&self) -> String {
        let one = |node: &Node| match &node.up {
            Some(up) => {
                let (driver, reason) = (up.court.driver(), up.court.view(self.now_of(node.place)).reason);
                let voting = if driver.is_voting() { "" } else { ", not voting" };
                let why = reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
                format!("court {} at {}, round {:?}{voting}{why}", node.place, up.ledger.head().height, driver.round())
            }
            None => format!("court {} down", node.place),
        };
        let waiting = self.clients.waiting(self.true_time());
        format!("{waiting} of {} requests wait; {}", self.clients.count(), self.honest().map(one).collect::<Vec<_>>().join(", "))
    }

    pub(super) fn judge_end(&mut self) {
        let sound = |node: &&Node| !self.profile.frail.contains(&node.place);
        let Some(ledger) = self.honest().filter(sound).find_map(|node| node.up.as_ref()).map(|up| Arc::clone(&up.ledger)) else {
            return;
        };
        let honest =
            self.honest().filter(|node| !self.profile.frail.contains(&node.place)).map(|node| node.keys.vote.public()).collect();
        self.checks.log(&self.fixtures, &ledger, &self.clients, &honest);
        // A court votes again, whatever it was shown.
        let silenced: Vec<(usize, u64)> = self
            .honest()
            .filter(sound)
            .filter_map(|node| node.up.as_ref().map(|up| (node.place, up.court.driver().observed_height())))
            .filter(|(_, until)| *until > ledger.head().height + FAR / 2)
            .collect();
        if let Some((place, until)) = silenced.first() {
            self.checks.broken(format!("court {place} signs nothing up to height {until}"));
        }
        // Each disk holds the log that was served.
        let reopened: Vec<_> =
            self.honest().map(|node| (node.place, Ledger::open(Arc::new(node.disk.clone()), &self.fixtures.genesis))).collect();
        for (place, again) in reopened {
            match again {
                Ok(again) if again.head() == ledger.head() => {}
                Ok(again) => self.checks.broken(format!("court {place} has {} entries on disk", again.head().size)),
                Err(_) if self.profile.frail.contains(&place) => {}
                Err(error) => self.checks.broken(format!("court {place}: its ledger does not open again: {error}")),
            }
        }
    }

    /// Whether the log split. A split that cannot be proven is a violation.
    pub(super) fn judge_fork(&mut self) -> bool {
        // The ledgers are read from the disks, because a court that has noticed the fork may have stopped.
        let open = |node: &Node| Ledger::open(Arc::new(node.disk.clone()), &self.fixtures.genesis).ok();
        let ledgers: Vec<_> = self.honest().filter_map(open).collect();
        let mut is_forked = false;
        for (n, a) in ledgers.iter().enumerate() {
            for b in &ledgers[n + 1..] {
                match fork::is_provable(&self.fixtures, a, b) {
                    Ok(split) => is_forked |= split,
                    Err(words) => self.checks.broken(words),
                }
            }
        }
        is_forked
    }
}
