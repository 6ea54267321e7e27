//! Connections between nodes, and frames on them.
//!
//! In: frames as bytes, partitions, the profile of the network.
//! Out: the same bytes later, once, twice or never. Connections lost and made.
//! Always: a frame belongs to one connection and is lost with it. Bytes are decoded as a node decodes them,
//! and a peer that breaks the protocol is disconnected.
//! Not for what a frame does.

use super::{Event, Pair, World, order};
use crate::byzantine::{Lie, Outgoing, serves};
use crate::forgery::inadmissible;
use courtseal_api::Code;
use courtseal_consensus::Message;
use courtseal_consensus::vote::SignedStep;
use courtseal_court::admission::{Admitted, NotAdmitted};
use courtseal_court::court::SentBy;
use courtseal_court::frame::Frame;
use courtseal_world::Random;

impl World {
    pub(super) fn connect(&mut self, a: usize, b: usize) {
        if self.nodes[a].up.is_none() || self.nodes[b].up.is_none() {
            return;
        }
        if self.pairs.get(&(a, b)).is_some_and(|pair| pair.is_up) {
            return;
        }
        if self.is_cut(a, b) || self.is_cut(b, a) {
            let after_ms = self.random.between(200, 900);
            return self.queue.add(after_ms, Event::Connect { a, b });
        }
        if !self.is_served(a, b) {
            return;
        }
        let pair = self.pairs.entry((a, b)).or_default();
        *pair = Pair { session: pair.session + 1, is_up: true, arrives_ms: [self.queue.now_ms(); 2] };
        self.trace.note(self.queue.now_ms(), a, b'k', &[b as u8], || format!("is connected to node {b}"));
        let [of_a, of_b] = [a, b].map(|node| self.nodes[node].keys.name.clone());
        self.handle(a, |court, env| court.connected(env, &of_b));
        self.handle(b, |court, env| court.connected(env, &of_a));
    }

    /// Ends a connection. Both sides learn of it, and connect again.
    pub(super) fn part(&mut self, x: usize, y: usize) {
        let (a, b) = order(x, y);
        let Some(pair) = self.pairs.get_mut(&(a, b)).filter(|pair| pair.is_up) else { return };
        pair.is_up = false;
        let session = pair.session;
        self.queue.add(0, Event::Disconnected { node: a, peer: b, session });
        self.queue.add(0, Event::Disconnected { node: b, peer: a, session });
        let after_ms = self.random.between(50, 1_000);
        self.queue.add(after_ms, Event::Connect { a, b });
    }

    pub(super) fn is_served(&self, a: usize, b: usize) -> bool {
        if self.profile.is_fork {
            return self.is_odd(a) == self.is_odd(b) || self.nodes[a].is_honest() && self.nodes[b].is_honest();
        }
        let is_twin = |node: usize| self.lie_of(node) == Some(Lie::Twin);
        let serves = |twin: usize, peer: usize| {
            !is_twin(twin) || serves(self.nodes[twin].instance, self.nodes[peer].place, self.queue.now_ms())
        };
        serves(a, b) && serves(b, a)
    }

    pub(super) fn switch(&mut self) {
        for a in 0..self.nodes.len() {
            for b in a + 1..self.nodes.len() {
                if self.nodes[a].place == self.nodes[b].place {
                    continue;
                }
                let is_up = self.pairs.get(&(a, b)).is_some_and(|pair| pair.is_up);
                match (is_up, self.is_served(a, b)) {
                    (true, false) => self.part(a, b),
                    (false, true) => self.queue.add(10, Event::Connect { a, b }),
                    _ => {}
                }
            }
        }
    }

    pub(super) fn transmit(&mut self, from: usize, out: Outgoing) {
        if self.trace.is_shown() {
            self.show_sent(from, &out);
        }
        for (to, frame) in out.frames {
            self.send(from, to, frame.encode()[4..].to_vec());
        }
        for (to, bytes) in out.raw {
            self.send(from, to, bytes);
        }
    }

    /// Sends the frames of a node, each once.
    fn show_sent(&self, from: usize, out: &Outgoing) {
        let mut rest: Vec<&(usize, Frame)> = out.frames.iter().collect();
        while let Some((_, frame)) = rest.first() {
            let (same, others): (Vec<_>, Vec<_>) = rest.iter().copied().partition(|(_, other)| other == frame);
            let to: Vec<String> = same.iter().map(|(to, _)| to.to_string()).collect();
            self.trace.say(self.queue.now_ms(), format_args!("node {from:>2}  to node {}: {}", to.join(", "), brief(frame)));
            rest = others;
        }
    }

    pub(super) fn send(&mut self, from: usize, to: usize, bytes: Vec<u8>) {
        let is_up = self.pairs.get(&order(from, to)).is_some_and(|pair| pair.is_up);
        if !is_up || self.is_cut(from, to) {
            return;
        }
        let busy_ms = self.nodes[from].busy_until_ms.saturating_sub(self.queue.now_ms());
        let slow_ms = self.nodes[from].slow_ms + self.nodes[to].slow_ms + busy_ms;
        let now_ms = self.queue.now_ms();
        for _ in 0..self.network.copies(&mut self.random) {
            let mut at_ms = now_ms + slow_ms + self.network.delay_ms(&mut self.random);
            let Some(pair) = self.pairs.get_mut(&order(from, to)) else { return };
            if !self.network.reorders {
                let last = &mut pair.arrives_ms[usize::from(from < to)];
                at_ms = at_ms.max(*last);
                *last = at_ms;
            }
            let session = pair.session;
            self.queue.add(at_ms - now_ms, Event::Frame { from, to, session, bytes: bytes.clone() });
        }
    }

    pub(super) fn arrive(&mut self, from: usize, to: usize, session: u64, bytes: &[u8]) {
        let is_open = self.pairs.get(&order(from, to)).is_some_and(|pair| pair.is_up && pair.session == session);
        if !is_open || self.is_cut(from, to) || self.nodes[to].up.is_none() {
            return;
        }
        let frame = Frame::decode(bytes);
        self.trace.note(self.queue.now_ms(), to, b'<', bytes, || match &frame {
            Ok(frame) => format!("from node {from}: {}", brief(frame)),
            Err(error) => format!("from node {from}: {error}"),
        });
        let sender = self.nodes[from].keys.name.clone();
        match frame {
            Ok(Frame::Consensus(message)) => {
                self.note_received(from, to, &message);
                let heard = match &self.nodes[to].liar {
                    Some(liar) => liar.hears(message),
                    None => Some(message),
                };
                if let Some(message) = heard {
                    self.handle(to, |court, env| court.message(env, &sender, message));
                }
            }
            Ok(Frame::Cosignature(announcement)) => {
                self.handle(to, |court, env| court.cosignature(env, &sender, announcement));
            }
            Ok(Frame::Clock(clock)) => {
                self.handle(to, |court, env| court.clock(env, &sender, clock));
            }
            Ok(Frame::Transaction(text)) => match self.admit(to, &text) {
                Ok(admitted) => {
                    self.pace.work();
                    self.handle(to, |court, env| drop(court.transaction(env, admitted, SentBy::Court)));
                }
                // The shipped link does the same: only what no honest court sends ends a connection.
                Err(error) if error.is_false_for_all() => self.part(from, to),
                Err(_) => {}
            },
            Ok(Frame::Ping(_) | Frame::Pong(_)) => {}
            // The shipped link does the same with a peer that breaks the protocol.
            Err(_) => self.part(from, to),
        }
    }

    pub(super) fn admit(&self, at: usize, text: &[u8]) -> Result<Admitted, NotAdmitted> {
        let gone = || NotAdmitted::Refused(Code::Stopping, String::new());
        let wall = self.now_of(at).wall;
        self.nodes[at].up.as_ref().ok_or_else(gone).and_then(|up| up.admission.admit(text, wall))
    }

    /// Submits, with each request, a transaction that no court may admit. It has its own generator, because
    /// what is refused changes nothing else.
    pub(super) fn try_forgery(&mut self, request: usize) {
        let node = request % self.profile.courts;
        let text = inadmissible(&self.fixtures, self.true_time(), &mut Random::new(request as u64));
        let Ok(admitted) = self.admit(node, &text) else { return };
        let answer = self.handle(node, |court, env| court.transaction(env, admitted, SentBy::Client));
        if answer == Some(Ok(())) && self.nodes[node].is_honest() {
            self.checks.broken(format!("court {} admits what no client may send", self.nodes[node].place));
        }
    }

    pub(super) fn note_received(&mut self, from: usize, to: usize, message: &Message) {
        if let Message::Hello(hello) = message
            && let Some(newest) = hello.newest.filter(|newest| newest.court() == self.nodes[to].keys.vote.public())
        {
            let reached = self.checks.height();
            self.nodes[to].is_shown(&newest, reached);
        }
        let statement = match message {
            Message::Vote(vote) => SignedStep::Vote(*vote),
            Message::Proposal(proposal) => SignedStep::Proposal(*proposal),
            _ => return,
        };
        let Some(up) = self.nodes[to].up.as_ref().filter(|_| self.nodes[to].is_honest()) else { return };
        let height = up.ledger.head().height;
        if statement.court() == self.nodes[from].keys.vote.public() && up.court.driver().round().is_some() {
            self.checks.received(to, height, statement);
            if self.nodes[from].is_honest() {
                self.checks.heard(to, height, statement);
            } else {
                self.hear_liar(from, statement);
            }
        }
    }
}

/// A short description of a frame, for the trace.
fn brief(frame: &Frame) -> String {
    match frame {
        Frame::Consensus(Message::Vote(vote)) => {
            let vote = &vote.content;
            let value = vote.value.map_or("nil".to_owned(), |value| value.to_string()[..8].to_owned());
            format!("{:?} {value}, height {} round {}", vote.kind, vote.height, vote.round)
        }
        Frame::Consensus(Message::Proposal(one)) => {
            let one = &one.content;
            format!("proposal {}, height {} round {}", &one.value.to_string()[..8], one.height, one.round)
        }
        Frame::Consensus(Message::SyncResponse { from, blocks }) => format!("{} blocks from {from} on", blocks.len()),
        Frame::Consensus(message) => format!("{message:?}").chars().take(160).collect(),
        Frame::Transaction(text) => format!("transaction of {} bytes", text.len()),
        Frame::Cosignature(one) => format!("cosignature over {} entries", one.size),
        Frame::Ping(_) | Frame::Pong(_) => "ping".to_owned(),
        Frame::Clock(clock) => format!("its clock says {clock}"),
    }
}
