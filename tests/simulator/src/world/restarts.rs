//! How a node's court stops, crashes, starts again, or forgets.
//!
//! In: crashes, and courts that stopped by themselves.
//! Out: nodes that are down, nodes that are up.
//! Always: a court starts from its disk alone, and every node that is down starts again.
//! Not for when a crash comes: see [`super::faults`].

use super::{Event, TICK_MS, World, order};
use crate::byzantine::forgets;
use courtseal_consensus::{Hello, MESSAGES, Message};
use courtseal_court::court::Court;
use std::sync::Arc;

impl World {
    /// Takes down a court that has stopped by itself. Its operator starts it again.
    pub(super) fn stopped(&mut self, at: usize, reason: &str) {
        let node = &self.nodes[at];
        let is_expected = node.disk.fuse().has_failed() || self.profile.frail.contains(&node.place) || !node.is_honest();
        if !is_expected && !self.profile.is_fork {
            self.checks.broken(format!("court {} stopped: {reason}", node.place));
        }
        self.trace.note(self.queue.now_ms(), at, b'x', reason.as_bytes(), || format!("stops: {reason}"));
        self.down(at);
    }

    /// Takes down a node, which starts again later.
    pub(super) fn down(&mut self, at: usize) {
        if self.nodes[at].up.take().is_none() {
            return;
        }
        self.crashes += 1;
        self.checks.is_down(at);
        self.trace.note(self.queue.now_ms(), at, b'!', &[], || "is down".to_owned());
        self.nodes[at].busy_until_ms = self.queue.now_ms();
        self.nodes[at].disk.power_cut(&mut self.random);
        self.damage(at);
        for peer in (0..self.nodes.len()).filter(|peer| *peer != at).collect::<Vec<_>>() {
            self.part(at, peer);
        }
        let after_ms = if self.random.chance(70) { self.random.between(20, 3_000) } else { self.random.between(3_000, 40_000) };
        self.queue.add(after_ms, Event::Restart { node: at });
    }

    pub(super) fn start(&mut self, at: usize) {
        if self.nodes[at].up.is_some() {
            return;
        }
        let now = self.now_of(at);
        let fixtures = Arc::clone(&self.fixtures);
        if let Err(reason) = self.nodes[at].start(&fixtures, now) {
            let place = self.nodes[at].place;
            self.trace.note(self.queue.now_ms(), at, b'r', reason.as_bytes(), || format!("does not start: {reason}"));
            if !self.profile.frail.contains(&place) {
                self.checks.broken(format!("court {place} does not start: {reason}"));
                return;
            }
            // A node with a damaged ledger sets it aside, keeps its records of what it signed, and fetches
            // the log from the others.
            self.nodes[at].disk.lose_database();
            if let Err(reason) = self.nodes[at].start(&fixtures, now) {
                self.checks.broken(format!("court {place} does not start on an empty ledger: {reason}"));
                return;
            }
        }
        if self.nodes[at].disk.is_gullible() {
            let place = self.nodes[at].place;
            self.checks.broken(format!("court {place} believes what is left of two damaged logs"));
        }
        let incarnation = self.nodes[at].incarnation;
        self.trace.note(self.queue.now_ms(), at, b'u', &incarnation.to_be_bytes(), || format!("is up, start {incarnation}"));
        self.handle(at, Court::start);
        self.queue.add(TICK_MS, Event::Tick { node: at, incarnation });
        for peer in 0..self.nodes.len() {
            if self.nodes[peer].place != self.nodes[at].place {
                let (a, b) = order(at, peer);
                let after_ms = self.random.between(1, 200);
                self.queue.add(after_ms, Event::Connect { a, b });
            }
        }
    }

    /// Lets an amnesiac that still is at `height` begin it again, on connections that stay, without any
    /// record of it. It is told that all courts have said hello and seen nothing of it, and that there is
    /// work. So it signs at once.
    pub(super) fn forget(&mut self, at: usize, incarnation: u64, height: u64) {
        let node = &self.nodes[at];
        let is_there =
            node.up.as_ref().is_some_and(|up| node.incarnation == incarnation && up.ledger.head().height + 1 == height);
        if !is_there || self.is_healed {
            return;
        }
        self.trace
            .note(self.queue.now_ms(), at, b'z', &height.to_be_bytes(), || format!("forgets what it signed at height {height}"));
        forgets(&self.nodes[at].disk);
        let (fixtures, now) = (Arc::clone(&self.fixtures), self.now_of(at));
        if let Err(reason) = self.nodes[at].start(&fixtures, now) {
            return self.checks.broken(format!("node {at} does not start without its logs: {reason}"));
        }
        let (incarnation, place) = (self.nodes[at].incarnation, self.nodes[at].place);
        self.handle(at, Court::start);
        self.queue.add(TICK_MS, Event::Tick { node: at, incarnation });
        let connected = self.connected(at);
        let chain = self.fixtures.chain;
        let hello = Hello { messages: MESSAGES, chain, height: height - 1, newest: None, wants_answer: false };
        for other in (0..self.profile.courts).filter(|other| *other != place) {
            let is_connected = connected.iter().any(|(_, place)| *place == other);
            let other = self.fixtures.keys[other].name.clone();
            self.handle(at, |court, env| {
                court.connected(env, &other);
                court.message(env, &other, Message::Hello(hello.clone()));
                court.message(env, &other, Message::Wake { height });
                if !is_connected {
                    court.disconnected(env, &other);
                }
            });
        }
    }
}
