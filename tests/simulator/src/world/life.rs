//! How a node's court stops, is gone, starts again, or forgets.
//!
//! In: what a court or its disk came to. Out: nodes that are down, nodes that are up. Always: a court starts from its disk alone; whoever is down comes back.
//! Not for when a crash comes: see [`super::mishaps`].

use super::{Happening, TICK_MS, World, order};
use crate::byzantine::forgets;
use courtseal_consensus::{Hello, MESSAGES, Message};
use courtseal_court::court::Court;
use std::sync::Arc;

impl World {
    /// A court has stopped by itself: its operator starts it again.
    pub(super) fn stopped(&mut self, at: usize, reason: &str) {
        let node = &self.nodes[at];
        let is_expected = node.disk.has_failed() || self.profile.frail.contains(&node.place) || !node.is_honest();
        if !is_expected && !self.profile.is_fork {
            self.checks.broken(format!("court {} stopped: {reason}", node.place));
        }
        self.trace.note(self.now_ms, at, b'x', reason.as_bytes(), || format!("stops: {reason}"));
        self.down(at);
    }

    /// A node is gone, and starts again later.
    pub(super) fn down(&mut self, at: usize) {
        if self.nodes[at].up.take().is_none() {
            return;
        }
        self.crashes += 1;
        self.checks.is_down(at);
        self.trace.note(self.now_ms, at, b'!', &[], || "is down".to_owned());
        self.nodes[at].busy_until_ms = self.now_ms;
        self.nodes[at].disk.power_cut(&mut self.random);
        self.damage(at);
        for peer in (0..self.nodes.len()).filter(|peer| *peer != at).collect::<Vec<_>>() {
            self.part(at, peer);
        }
        let after_ms = if self.random.chance(70) { self.random.between(20, 3_000) } else { self.random.between(3_000, 40_000) };
        self.later(after_ms, Happening::Restart { node: at });
    }

    pub(super) fn start(&mut self, at: usize) {
        if self.nodes[at].up.is_some() {
            return;
        }
        let now = self.now_of(at);
        let given = Arc::clone(&self.given);
        if let Err(reason) = self.nodes[at].start(&given, now) {
            let place = self.nodes[at].place;
            self.trace.note(self.now_ms, at, b'r', reason.as_bytes(), || format!("does not start: {reason}"));
            if !self.profile.frail.contains(&place) {
                self.checks.broken(format!("court {place} does not start: {reason}"));
                return;
            }
            // What a node does with a damaged ledger: sets it aside, keeps what it has signed, and fetches the log from the others.
            self.nodes[at].disk.lose_database();
            if let Err(reason) = self.nodes[at].start(&given, now) {
                self.checks.broken(format!("court {place} does not start on an empty ledger: {reason}"));
                return;
            }
        }
        if self.nodes[at].disk.is_gullible() {
            let place = self.nodes[at].place;
            self.checks.broken(format!("court {place} believes what is left of two damaged logs"));
        }
        let life = self.nodes[at].life;
        self.trace.note(self.now_ms, at, b'u', &life.to_be_bytes(), || format!("is up, life {life}"));
        self.handle(at, Court::start);
        self.later(TICK_MS, Happening::Tick { node: at, life });
        for peer in 0..self.nodes.len() {
            if self.nodes[peer].place != self.nodes[at].place {
                let (a, b) = order(at, peer);
                let after_ms = self.random.between(1, 200);
                self.later(after_ms, Happening::Connect { a, b });
            }
        }
    }

    /// An amnesiac that still is at `height` begins it again, on connections that stay, without any record of it. It tells itself that everybody has said hello and seen nothing
    /// of it, and that there is work: so it signs at once.
    pub(super) fn forget(&mut self, at: usize, life: u64, height: u64) {
        let node = &self.nodes[at];
        let is_there = node.up.as_ref().is_some_and(|up| node.life == life && up.ledger.head().height + 1 == height);
        if !is_there || self.is_healed {
            return;
        }
        self.trace.note(self.now_ms, at, b'z', &height.to_be_bytes(), || format!("forgets what it signed at height {height}"));
        forgets(&self.nodes[at].disk);
        let (given, now) = (Arc::clone(&self.given), self.now_of(at));
        if let Err(reason) = self.nodes[at].start(&given, now) {
            return self.checks.broken(format!("node {at} does not start without its logs: {reason}"));
        }
        let (life, place) = (self.nodes[at].life, self.nodes[at].place);
        self.handle(at, Court::start);
        self.later(TICK_MS, Happening::Tick { node: at, life });
        let connected = self.connected(at);
        let chain = self.given.chain;
        let hello = Hello { messages: MESSAGES, chain, height: height - 1, newest: None, wants_answer: false };
        for other in (0..self.profile.courts).filter(|other| *other != place) {
            let is_connected = connected.iter().any(|(_, place)| *place == other);
            let other = self.given.keys[other].name.clone();
            self.handle(at, |court, means| {
                court.connected(means, &other);
                court.message(means, &other, Message::Hello(hello.clone()));
                court.message(means, &other, Message::Wake { height });
                if !is_connected {
                    court.disconnected(means, &other);
                }
            });
        }
    }
}
