//! How often liars lied. A lie that is never told shows nothing.
//!
//! In: what liars' courts would have sent, what was sent instead, and what honest nodes heard.
//! Out: for each lie, how often it was told.
//! Always: lies are counted by comparison with what an honest court sends. Only what goes to a connected node
//! counts.
//! Not for judging: see [`crate::checks`].

use super::{Event, World};
use crate::byzantine::{Lie, Outgoing};
use courtseal_consensus::vote::SignedStep;
use courtseal_court::frame::Frame;
use courtseal_ledger::Ledger;
use std::sync::Arc;

impl World {
    /// The lie that this node has to tell, if any.
    pub(super) fn lie_of(&self, at: usize) -> Option<Lie> {
        let place = self.nodes[at].place;
        self.profile.liars.iter().find(|(liar, _)| *liar == place).map(|(_, lie)| *lie)
    }

    /// Lets a liar change what its court would send.
    pub(super) fn falsify(&mut self, at: usize, out: &mut Outgoing, ledger: &Arc<Ledger>) {
        let connected: Vec<usize> = self.connected(at).into_iter().map(|(peer, _)| peer).collect();
        let incarnation = self.nodes[at].incarnation;
        let Some(liar) = &mut self.nodes[at].liar else { return };
        liar.peers.clone_from(&connected);
        let honest = out.frames.clone();
        liar.falsify(out, ledger, self.queue.now_ms(), &mut self.random);
        if let Some((height, after_ms)) = liar.forgets_soon(out, &mut self.random) {
            self.queue.add(after_ms, Event::Forget { node: at, incarnation, height });
        }
        let count = differences(&honest, out, |to| connected.contains(&to));
        self.count_lies(at, count);
    }

    pub(super) fn count_lies(&mut self, at: usize, count: u64) {
        if let Some(lie) = self.lie_of(at) {
            *self.lies.told.entry(lie).or_default() += count;
        }
    }

    /// Counts a statement of a liar that an honest node has heard. Twins and amnesiacs send what an honest
    /// court would send. Their lie is that it contradicts what they said before, to any court.
    pub(super) fn hear_liar(&mut self, from: usize, statement: SignedStep) {
        if !matches!(self.lie_of(from), Some(Lie::Twin | Lie::Amnesiac)) {
            return;
        }
        let (first, is_contradicted) = self.lies.first.entry((statement.court(), statement.step())).or_insert((statement, false));
        if first.conflicts_with(&statement) && !std::mem::replace(is_contradicted, true) {
            self.count_lies(from, 1);
        }
    }
}

/// How many frames to connected nodes were changed, kept back or made up.
fn differences(honest: &[(usize, Frame)], sent: &Outgoing, is_connected: impl Fn(usize) -> bool) -> u64 {
    let made_up = sent.raw.iter().filter(|(to, _)| is_connected(*to)).count();
    let (short, long) = if honest.len() < sent.frames.len() { (honest, &sent.frames[..]) } else { (&sent.frames[..], honest) };
    // Frames are changed in place, or added at the end, or taken out from anywhere.
    let mut rest = short.iter().peekable();
    let mut differ = 0;
    let is_longer = short.len() < long.len();
    for frame in long {
        if rest.next_if(|other| *other == frame || !is_longer).is_none_or(|other| other != frame) && is_connected(frame.0) {
            differ += 1;
        }
    }
    (differ + made_up) as u64
}
