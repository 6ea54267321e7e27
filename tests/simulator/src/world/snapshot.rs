//! Snapshots under way from one court to another.
//!
//! In: a fetch that a court has begun.
//! Out: parts, which that court imports.
//! Always: the court asks the next sender after a lost connection, a silence or a lie. A liar's frames are
//! bytes like any other's.
//! Not for what is believed: see [`crate::fetch`].

use super::{Event, World, order};
use crate::fetch::{FAR_BEHIND_BLOCKS, Stream};
use courtseal_court::limits::SNAPSHOT_FRAME_MS_MAX;
use courtseal_court::snapshot::Checker;
use courtseal_ledger::snapshot::{Frame, SnapshotReader};
use std::sync::Arc;

impl World {
    /// Performs the next step of a court's fetch: it asks a court, or a frame comes.
    pub(super) fn fetch_on(&mut self, at: usize, incarnation: u64) {
        let is_same = self.nodes[at].incarnation == incarnation;
        let Some(up) = self.nodes[at].up.as_mut().filter(|_| is_same) else { return };
        let Some(fetch) = up.fetcher.running.as_mut().filter(|fetch| !fetch.is_over) else { return };
        let after_ms = match fetch.stream.take() {
            Some(stream) => self.read_on(at, stream),
            None => match fetch.peers.pop_front() {
                Some(peer) => self.open(at, peer),
                None => {
                    fetch.is_over = true;
                    return;
                }
            },
        };
        self.queue.add(after_ms, Event::Snapshot { node: at, incarnation });
    }

    /// Asks a node for a snapshot. Returns after how long there is something to read, or that it is too late.
    fn open(&mut self, at: usize, peer: usize) -> u64 {
        let session = self.pairs.get(&order(at, peer)).filter(|pair| pair.is_up).map(|pair| pair.session);
        let (Some(session), Some(theirs), Some(up)) = (session, &self.nodes[peer].up, &self.nodes[at].up) else { return 1 };
        let head = up.ledger.head();
        let begun = SnapshotReader::new(Arc::clone(&theirs.ledger), head.height + 1);
        let (Ok((contents, reader)), Ok(checker)) = (begun, Checker::new(&self.fixtures.genesis, &head)) else {
            return SNAPSHOT_FRAME_MS_MAX;
        };
        let stream = Stream { from: peer, session, checker, reader, first: Some(Frame::Contents(contents)) };
        self.keep(at, stream);
        self.trip_ms(at, peer)
    }

    /// Reads the next frame, and has it imported. Returns the time to the next step.
    fn read_on(&mut self, at: usize, mut stream: Stream) -> u64 {
        let from = stream.from;
        let is_open = self.pairs.get(&order(at, from)).is_some_and(|pair| pair.is_up && pair.session == stream.session);
        if !is_open {
            return 1;
        }
        let is_first = stream.first.is_some();
        let sent = stream.frame().filter(|_| !self.is_cut(from, at) && !self.is_cut(at, from));
        let honest = sent.clone();
        let sent = match &mut self.nodes[from].liar {
            Some(liar) => sent.and_then(|frame| liar.falsify_snapshot(frame, &mut self.random)),
            None => sent,
        };
        if sent != honest {
            self.count_lies(from, 1);
        }
        let Some(bytes) = sent else { return SNAPSHOT_FRAME_MS_MAX };
        let judged = stream.judge(&bytes, is_first);
        self.trace.note(self.queue.now_ms(), at, b'z', &bytes, || match &judged {
            Ok(None) => format!("node {from} begins a snapshot"),
            Ok(Some(part)) => {
                format!("snapshot of node {from}: {} blocks{}", part.blocks().len(), if part.is_end() { ", the end" } else { "" })
            }
            Err(reason) => format!("leaves node {from}: {reason}"),
        });
        match judged {
            Err(_) => {
                if self.nodes[from].is_honest() && self.nodes[at].is_honest() && !self.profile.is_fork {
                    self.checks.broken(format!("court {} refuses an honest snapshot", self.nodes[at].place));
                }
                1
            }
            Ok(None) => {
                self.keep(at, stream);
                self.trip_ms(at, from)
            }
            Ok(Some(part)) => {
                self.handle(at, |court, env| court.part(env, &part));
                if part.is_end() {
                    self.ended(at);
                    return 1;
                }
                self.keep(at, stream);
                self.trip_ms(at, from)
            }
        }
    }

    /// Ends the reading from a sender. If it ends far too early, it kept something back, and the next one is
    /// asked.
    fn ended(&mut self, at: usize) {
        let Some(up) = self.nodes[at].up.as_mut() else { return };
        let height = up.ledger.head().height;
        if let Some(fetch) = up.fetcher.running.as_mut() {
            fetch.is_over = fetch.told <= height + FAR_BEHIND_BLOCKS;
        }
    }

    fn keep(&mut self, at: usize, stream: Stream) {
        if let Some(fetch) = self.nodes[at].up.as_mut().and_then(|up| up.fetcher.running.as_mut()) {
            fetch.stream = Some(stream);
        }
    }

    /// How long a frame of a snapshot takes.
    fn trip_ms(&mut self, at: usize, from: usize) -> u64 {
        let slow_ms = self.nodes[from].slow_ms + self.nodes[at].slow_ms;
        slow_ms + self.network.delay_ms(&mut self.random)
    }
}
