//! Takes the messages of peers.
//!
//! In: a message and who sent it.
//! Out: inputs for the core, answers, or a refusal of the peer.
//! Always: signatures are checked before anything is kept or queued. Each peer can make the driver keep a
//! bounded amount only. Nothing that a peer sends is an error of this process.

use super::{Driver, OLD_VOTE_MS, PENDING_HEIGHTS, PENDING_PER_PEER, Phase, SERVED_MAX};
use crate::application::Application;
use crate::context::CourtContext;
use crate::convert;
use crate::error::Error;
use crate::message::{BlockBytes, Hello, MESSAGES, Message};
use crate::vote::{PolkaCertificate, RoundCertificate, SignedStep, SignedVote};
use arc_malachitebft_core_consensus::Input;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::PublicKey;

impl Driver {
    pub(super) fn on_message(&mut self, peer: PublicKey, message: Message, app: &mut dyn Application) -> Result<(), Error> {
        if !self.peers.is_connected(&peer) {
            return Ok(());
        }
        match message {
            Message::Hello(hello) => self.on_hello(peer, &hello),
            Message::Status { height } => self.peers.says(&peer, height),
            // Not sent any more (C18), because courts relay transactions to each other.
            Message::Wake { .. } => {}
            Message::Vote(vote) => self.on_statement(peer, SignedStep::Vote(vote)),
            Message::Proposal(proposal) => self.on_statement(peer, SignedStep::Proposal(proposal)),
            Message::Polka(polka) => self.on_polka(peer, polka),
            Message::Round(round) => self.on_round(peer, round),
            Message::BlockRequest { height, value } => self.on_block_request(peer, height, value, app)?,
            Message::Block(block) => self.on_block(peer, &block),
            Message::SyncRequest { from } => self.on_sync_request(peer, from, app)?,
            Message::SyncResponse { from, blocks } => self.on_sync_response(peer, from, blocks),
        }
        Ok(())
    }

    /// Rule C23: the peer has the same network and messages. What it saw of this court must be on record here
    /// (C13).
    fn on_hello(&mut self, peer: PublicKey, hello: &Hello) {
        if hello.chain != self.config.chain {
            return self.refuse(peer, "another network: its genesis differs");
        }
        if hello.messages != MESSAGES {
            return self.refuse(peer, format!("another version of messages: {}", hello.messages));
        }
        if let Some(newest) = hello.newest {
            self.check_own(peer, newest);
        }
        if self.peers.greet(&peer, hello.height) {
            // A connection that broke may have lost this court's last hello.
            for statement in self.sent.clone() {
                self.send(peer, message_of(statement));
            }
        }
        self.relearned();
        if hello.wants_answer {
            self.greet(peer, false);
        }
    }

    /// Compares an own statement that a peer saw with the guard's records. A difference shows a restored
    /// disk, or a second node with the key.
    fn check_own(&mut self, peer: PublicKey, statement: SignedStep) {
        if statement.court() != self.own || !self.environment.guard.has_key() {
            return;
        }
        if !self.environment.verifier.statement(&statement) {
            return self.refuse(peer, "it shows a vote of ours that we did not sign");
        }
        if self.is_beyond_reach(statement.step().height) {
            return self.suspect(statement);
        }
        self.acknowledge_own(statement);
    }

    /// Makes sure that an own statement, whose signature is good, is on record. If it is not, this court
    /// observes its height (C13).
    pub(super) fn acknowledge_own(&mut self, statement: SignedStep) {
        let step = statement.step();
        if self.environment.guard.newest().is_none_or(|newest| newest < step) {
            // On record from now on: a restart, with that peer gone, knows it too. A court without any record
            // does not take one for all (C24).
            if self.signing().has_record() || self.signing().is_known() {
                self.environment.guard.adopt(&statement);
            } else {
                self.environment.guard.signing_mut().keep_shown(statement);
            }
            self.observe(
                step.height,
                "other courts remember newer votes of this court than it does: its data were lost, restored or copied",
            );
        } else if let Some(recorded) = self.environment.guard.recorded(&step)
            && recorded != statement.sign_bytes(&self.config.chain)
        {
            self.observe(step.height, "other courts saw another vote of this court than is on record here: a second node uses its key, or its data were restored");
        }
        self.see(statement);
    }

    fn on_statement(&mut self, peer: PublicKey, statement: SignedStep) {
        let (height, court) = (statement.step().height, statement.court());
        if height == 0 {
            return self.refuse(peer, "a vote on genesis");
        }
        let next_height = self.next_height();
        let courts = if height < next_height { &self.previous_courts } else { &self.courts };
        if height < self.head.height || height > next_height + PENDING_HEIGHTS || !courts.contains(&court) {
            if court == peer {
                self.peers.at_least(&peer, if height > next_height { height - 1 } else { 0 });
            }
            if court == self.own && height > next_height && !self.signing().is_stolen() {
                self.check_own(peer, statement);
            }
            self.tell_height(peer, height);
            return;
        }
        if !self.environment.verifier.statement(&statement) {
            return self.refuse(peer, "a false signature");
        }
        self.peers.hear(&court);
        self.peers.at_least(&court, height - 1);
        self.see(statement);
        if court == self.own {
            self.check_own(peer, statement);
        }
        if height < next_height {
            return self.tell_height(peer, height);
        }
        if let SignedStep::Proposal(proposal) = &statement
            && height == next_height
            && court != self.courts.proposer(height, proposal.content.round)
        {
            return self.refuse(peer, "a proposal out of turn");
        }
        self.queue(peer, height, message_of(statement));
    }

    /// Answers a vote long after its height was committed, because its sender missed the decision.
    fn tell_height(&mut self, peer: PublicKey, height: u64) {
        let now_ms = self.now.monotonic_ms;
        if height > self.head.height || now_ms < self.committed_ms + OLD_VOTE_MS {
            return;
        }
        let height = self.head.height;
        let Some(known) = self.peers.get_mut(&peer) else { return };
        if known.told_ms.is_none_or(|told_ms| now_ms >= told_ms + OLD_VOTE_MS) {
            known.told_ms = Some(now_ms);
            self.send(peer, Message::Status { height });
        }
    }

    fn on_polka(&mut self, peer: PublicKey, polka: PolkaCertificate) {
        if polka.height != self.next_height() {
            return;
        }
        if self.environment.verifier.polka(&polka, &self.courts).is_err() {
            return self.refuse(peer, "a false certificate of prevotes");
        }
        self.see_votes(peer, polka.votes());
        self.queue(peer, polka.height, Message::Polka(polka));
    }

    /// Takes the votes of a certificate of the height to be decided, whose signatures are good. Own votes
    /// among them show what the peer saw (C13).
    fn see_votes(&mut self, peer: PublicKey, votes: impl Iterator<Item = SignedVote>) {
        for vote in votes.map(SignedStep::Vote) {
            self.see(vote);
            if vote.court() == self.own {
                self.check_own(peer, vote);
            }
        }
    }

    fn on_round(&mut self, peer: PublicKey, certificate: RoundCertificate) {
        if certificate.height != self.next_height() {
            return;
        }
        if self.environment.verifier.round(&certificate, &self.courts).is_err() {
            return self.refuse(peer, "a false round certificate");
        }
        self.see_votes(peer, certificate.votes());
        self.queue(peer, certificate.height, Message::Round(certificate));
    }

    /// Hands a message to the core if its height runs, and otherwise to the queue of its height.
    fn queue(&mut self, peer: PublicKey, height: u64, message: Message) {
        if height == self.next_height() {
            match self.phase {
                Phase::Running => return self.inputs.extend(self.inputs_of(&message)),
                Phase::Committing(_) => return,
                // `settle` asks whether it starts the height (C17).
                Phase::Waiting => {}
            }
        }
        let queue = self.pending.entry(height).or_default();
        if queue.iter().filter(|(from, _)| *from == peer).count() < PENDING_PER_PEER {
            queue.push((peer, message));
        }
    }

    /// Moves the queue of the height just started to the core.
    pub(super) fn take_pending(&mut self) {
        let messages = self.pending.remove(&self.next_height()).unwrap_or_default();
        let inputs: Vec<_> = messages.iter().flat_map(|(_, message)| self.inputs_of(message)).collect();
        self.inputs.extend(inputs);
    }

    /// The inputs for the core that a message gives. The core logs its inputs. On the log, an own statement
    /// means that it was signed here, with its reasons before it (C9). So an own statement that came back
    /// from others, and that this log does not have, is kept from the core. It is of an earlier run whose log
    /// is lost, or of a second node with the key.
    fn inputs_of(&self, message: &Message) -> Vec<Input<CourtContext>> {
        let is_ours = |statement: &SignedStep| {
            let recorded = self.environment.guard.recorded(&statement.step());
            self.logged.contains(&statement.step()) && recorded == Some(&statement.sign_bytes(&self.config.chain)[..])
        };
        let is_fit = |statement: SignedStep| statement.court() != self.own || is_ours(&statement);
        match message {
            Message::Vote(vote) if is_fit(SignedStep::Vote(*vote)) => vec![Input::Vote(convert::signed_vote_out(vote))],
            Message::Proposal(proposal) if is_fit(SignedStep::Proposal(*proposal)) => {
                vec![Input::Proposal(convert::signed_proposal_out(proposal))]
            }
            Message::Polka(polka) => vec![Input::PolkaCertificate(convert::polka_out(polka))],
            Message::Round(round) if round.votes().all(|vote| is_fit(SignedStep::Vote(vote))) => {
                vec![Input::RoundCertificate(convert::round_out(round))]
            }
            // The core logs each vote of it: the others' count one by one.
            Message::Round(round) => {
                let others = round.votes().filter(|vote| is_fit(SignedStep::Vote(*vote)));
                others.map(|vote| Input::Vote(convert::signed_vote_out(&vote))).collect()
            }
            _ => Vec::new(),
        }
    }

    fn on_block(&mut self, peer: PublicKey, block: &BlockBytes) {
        let Some(block) = block.read() else {
            return self.refuse(peer, "bytes that are no block");
        };
        let next_height = self.next_height();
        self.bodies.offer(block, Some(peer), next_height);
        // A value may be named before its body comes.
        self.bodies.shrink(self.core.round());
    }

    fn on_block_request(&mut self, peer: PublicKey, height: u64, value: Digest, app: &mut dyn Application) -> Result<(), Error> {
        let Some(body) = self.bodies.get(&value) else {
            // Requests for decided blocks are not counted, because there is no end of such blocks. The host
            // bounds their cost as that of sync requests (N9).
            if height <= self.head.height
                && let Some(decided) = app.decided(height)?.filter(|decided| decided.digest() == value)
            {
                self.send(peer, Message::Block(BlockBytes::from(&decided.block)));
            }
            return Ok(());
        };
        let block = BlockBytes::from(&body.block);
        // Counts live no longer than their bodies, so a peer that sends worthless bodies and asks for them
        // leaves nothing behind.
        let bodies = &self.bodies;
        self.served.retain(|digest, _| bodies.get(digest).is_some());
        let times = self.served.entry(value).or_default().entry(peer).or_default();
        if *times < SERVED_MAX {
            *times += 1;
            self.send(peer, Message::Block(block));
        }
        Ok(())
    }
}

/// The courts that signed something in a message for the height to be decided.
pub(super) fn signers(message: &Message) -> Vec<PublicKey> {
    match message {
        Message::Vote(vote) => vec![vote.content.court],
        Message::Proposal(proposal) => vec![proposal.content.court],
        Message::Polka(polka) => polka.votes().map(|vote| vote.content.court).collect(),
        Message::Round(round) => round.votes().map(|vote| vote.content.court).collect(),
        _ => Vec::new(),
    }
}

/// The message that carries a statement.
pub(super) fn message_of(statement: SignedStep) -> Message {
    match statement {
        SignedStep::Vote(vote) => Message::Vote(vote),
        SignedStep::Proposal(proposal) => Message::Proposal(proposal),
    }
}
