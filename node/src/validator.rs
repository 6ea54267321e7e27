//! The validator: the one thread that drives consensus, writes the ledger, and cosigns.
//!
//! In: [`Input`]s from network and RPC, timers, the clocks. Out: frames to courts, commits, cosignatures, snapshots. Always: events are handled one
//! at a time, each to its durable end; nothing is sent before it may be; the first fatal error stops all signing and writing for good, while what is
//! stored is still served. Not for reading requests: the RPC and the network do, and wait here only in a bounded queue.

pub mod clocks;
mod post;

use crate::admission::{self, NotAdmitted};
use crate::application::LedgerApplication;
use crate::cosign::{Announcement, Cosigner, Decision, Heard};
use crate::journal::FileJournal;
use crate::mempool::Inserted;
use crate::metrics::Metrics;
use crate::network::{Frame, Links};
use crate::run::consensus_head;
use crate::snapshot::Part;
use crate::snapshot::fetch::{Change, Fetcher};
use crate::status::{CourtView, Publisher, Snapshot, State};
use clocks::Clocks;
use courtseal_consensus::{Driver, Event, Message, Runner};
use courtseal_ledger::{Checked, Committed, Ledger};
use courtseal_proof::digest::Digest;
use courtseal_proof::key::PublicKey;
use courtseal_proof::name::CourtName;
use courtseal_proof::policy::quorum_size;
use post::Post;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};

/// Something for the validator to handle.
pub enum Input {
    /// A court can be sent messages.
    Connected {
        /// Its place in the genesis.
        court: usize,
    },
    /// A court cannot be sent messages any more.
    Disconnected {
        /// Its place in the genesis.
        court: usize,
    },
    /// A consensus message.
    Consensus {
        /// From whom.
        court: usize,
        /// What.
        message: Message,
    },
    /// A cosignature.
    Cosignature {
        /// From whom.
        court: usize,
        /// What.
        announcement: Announcement,
    },
    /// A transaction whose form and signature are checked; from a client if there is somebody to reply to.
    Transaction {
        /// The transaction.
        checked: Arc<Checked>,
        /// Who waits to hear whether it waits for a block now.
        reply: Option<oneshot::Sender<Result<(), NotAdmitted>>>,
    },
    /// Decided blocks of another court's snapshot, whose certificates are checked.
    Part {
        /// The blocks.
        part: Part,
        /// Who waits until they are imported.
        reply: oneshot::Sender<()>,
    },
    /// Does this transaction wait for a block?
    IsWaiting {
        /// Its id.
        id: Digest,
        /// Who asks.
        reply: oneshot::Sender<bool>,
    },
}

/// Pause between two looks at what no event announces.
const TICK_MS: u64 = 1_000;
/// A committed block this far in the past comes from catching up: its checkpoint is cosigned with the next tick, if it is still the newest.
const FRESH_MS: u64 = 10_000;
/// Bytes of waiting transactions that a court is sent when it connects.
const RESENT_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Behind by more heights than this is catching up.
const BEHIND_MAX: u64 = 2;

/// What a validator is made of.
pub struct Parts {
    /// Place of this court in the genesis.
    pub own: usize,
    /// The ledger.
    pub ledger: Arc<Ledger>,
    /// Consensus.
    pub driver: Driver,
    /// The three logs.
    pub journal: FileJournal,
    /// The cosigner.
    pub cosigner: Cosigner,
    /// The other courts.
    pub links: Links,
    /// What fetches the log when this court is far behind.
    pub fetcher: Fetcher,
    /// Where snapshots go.
    pub publisher: Publisher,
    /// Counters.
    pub metrics: Arc<Metrics>,
}

/// See the module.
pub struct Validator {
    own: usize,
    voters: Vec<PublicKey>,
    names: Vec<CourtName>,
    ledger: Arc<Ledger>,
    app: LedgerApplication,
    runner: Runner,
    journal: FileJournal,
    cosigner: Cosigner,
    post: Post,
    fetcher: Fetcher,
    publisher: Publisher,
    metrics: Arc<Metrics>,
    clocks: Clocks,
    courts: Vec<CourtView>,
    stopped: Option<String>,
    /// Size of the log that this court has cosigned, while its ledger is shorter.
    behind_mark: Option<u64>,
}

/// Why the validator stopped.
struct Fatal(String);

impl<E: std::error::Error> From<E> for Fatal {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}

impl Validator {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        let genesis = parts.ledger.genesis();
        let voters: Vec<PublicKey> = genesis.courts.iter().map(|court| court.vote).collect();
        let app = LedgerApplication::new(Arc::clone(&parts.ledger), voters[parts.own]);
        let clocks = Clocks::start();
        let down_since = Some(clocks.wall());
        Self {
            own: parts.own,
            names: genesis.courts.iter().map(|court| court.name.clone()).collect(),
            app,
            runner: Runner::new(parts.driver),
            journal: parts.journal,
            cosigner: parts.cosigner,
            post: Post::new(parts.links, voters.clone()),
            fetcher: parts.fetcher,
            courts: vec![CourtView { height: None, down_since }; voters.len()],
            voters,
            ledger: parts.ledger,
            publisher: parts.publisher,
            metrics: parts.metrics,
            clocks,
            stopped: None,
            behind_mark: None,
        }
    }

    /// Handles inputs until `stop` is sent or dropped.
    pub async fn run(mut self, mut inputs: mpsc::Receiver<Input>, mut stop: oneshot::Receiver<()>) {
        let mut tick = tokio::time::interval(Duration::from_millis(TICK_MS));
        tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let started = self.start();
        self.settle(started);
        loop {
            let handled = tokio::select! {
                biased;
                _ = &mut stop => return,
                token = self.post.timers.next() => self.event(Event::TimerFired(token)),
                _ = tick.tick() => self.tick(),
                input = inputs.recv() => match input {
                    Some(input) => self.input(input),
                    None => return,
                },
            };
            self.settle(handled);
        }
    }

    fn start(&mut self) -> Result<(), Fatal> {
        let head = self.ledger.head();
        self.cosigner.committed(head.size, head.root);
        self.event(Event::Started)
    }

    /// After each input: stops for good on a fatal error, else publishes what changed.
    fn settle(&mut self, handled: Result<(), Fatal>) {
        if let Err(Fatal(reason)) = handled
            && self.stopped.is_none()
        {
            tracing::error!(%reason, "this node stops signing and recording; it still serves what is stored. Restart it after the cause is mended");
            self.stopped = Some(reason);
            self.post.timers.clear();
        }
        let snapshot = self.snapshot();
        self.publisher.snapshot.send_if_modified(|old| {
            let changed = **old != snapshot;
            if changed {
                *old = Arc::new(snapshot);
            }
            changed
        });
    }

    fn event(&mut self, event: Event) -> Result<(), Fatal> {
        if self.stopped.is_some() {
            return Ok(());
        }
        self.runner.handle(self.clocks.now(), event, &mut self.app, &mut self.journal, &mut self.post)?;
        for committed in self.app.take_committed() {
            self.committed(&committed)?;
        }
        Ok(())
    }

    fn input(&mut self, input: Input) -> Result<(), Fatal> {
        match input {
            Input::Connected { court } => {
                self.courts[court].down_since = None;
                self.event(Event::Connected { peer: self.voters[court] })?;
                self.welcome(court);
                Ok(())
            }
            Input::Disconnected { court } => {
                self.courts[court].down_since = Some(self.clocks.wall());
                self.event(Event::Disconnected { peer: self.voters[court] })
            }
            Input::Consensus { court, message } => {
                self.note_height(court, &message);
                self.look_at_fetch()?;
                self.event(Event::Received { peer: self.voters[court], message })
            }
            Input::Cosignature { court, announcement } => {
                match self.cosigner.hear(court, announcement) {
                    Heard::Fine => {}
                    Heard::Bad => tracing::warn!(court = %self.names[court], "a cosignature that does not verify"),
                    Heard::Split => tracing::error!(
                        court = %self.names[court],
                        size = announcement.size,
                        "a court cosigned another root than is committed here: the logs have split; compare both and stop the wrong one"
                    ),
                }
                self.collect()
            }
            Input::Part { part, reply } => {
                self.part(&part)?;
                // An error drops the reply, and so ends the fetch.
                let _ = reply.send(());
                Ok(())
            }
            Input::IsWaiting { id, reply } => {
                let _ = reply.send(self.app.mempool.contains(&id));
                Ok(())
            }
            Input::Transaction { checked, reply } => {
                let answer = self.transaction(checked, reply.is_some())?;
                if let Some(reply) = reply {
                    let _ = reply.send(answer);
                }
                Ok(())
            }
        }
    }

    /// Lets a transaction wait for a block, and shares a client's with the other courts, so that whoever leads can propose it.
    fn transaction(&mut self, checked: Arc<Checked>, is_clients: bool) -> Result<Result<(), NotAdmitted>, Fatal> {
        if let Some(reason) = &self.stopped {
            return Ok(Err(NotAdmitted::Refused("stopping", format!("this node has stopped: {reason}; ask another court"))));
        }
        match admission::judge(&self.ledger, &checked, self.clocks.wall()) {
            Ok(()) => {}
            Err(NotAdmitted::Fatal(error)) => return Err(error.into()),
            Err(refused) => return Ok(Err(refused)),
        }
        let member = checked.transaction().payload().member.clone();
        let Some(court) = self.ledger.state().member(&member).map(|member| member.court.clone()) else {
            return Ok(Err(NotAdmitted::Refused("unregistered", "no member has this name and key".to_owned())));
        };
        match self.app.mempool.insert(Arc::clone(&checked), &court) {
            Inserted::Full => {
                Ok(Err(NotAdmitted::Refused("busy", "too much is waiting to be recorded; try again soon".to_owned())))
            }
            Inserted::Known => Ok(Ok(())),
            Inserted::New => {
                if is_clients {
                    self.post.links.broadcast(&Frame::Transaction(checked.text().to_vec()));
                }
                self.event(Event::Wake)?;
                Ok(Ok(()))
            }
        }
    }

    /// Far behind, this court fetches the log as a snapshot (N8); block sync rests meanwhile.
    fn look_at_fetch(&mut self) -> Result<(), Fatal> {
        match self.fetcher.look(self.own, self.ledger.head().height, self.told_height()) {
            Change::Started => self.event(Event::Fetching { is_on: true }),
            Change::Ended => self.event(Event::Fetching { is_on: false }),
            Change::None => Ok(()),
        }
    }

    /// Imports a piece of another court's snapshot; its certificates are checked.
    fn part(&mut self, part: &Part) -> Result<(), Fatal> {
        if let Some(reason) = &self.stopped {
            return Err(Fatal(reason.clone()));
        }
        self.app.import(part.blocks())?;
        let head = self.ledger.head();
        self.event(Event::Advanced { head: consensus_head(&head) })?;
        // One that is longer than the blocks which came with it proves nothing of them yet; cosignatures will come.
        if let Some(cosigned) = part.checkpoint().filter(|cosigned| cosigned.checkpoint.size <= head.size)
            && cosigned.checkpoint.size > self.cosigner.quorum_at()
        {
            self.ledger.record_checkpoint(cosigned)?;
            self.cosigner.learn_quorum(cosigned.checkpoint.size);
            self.metrics.checkpoint_size.set(cosigned.checkpoint.size as i64);
            self.publisher.checkpoint.send_replace(Some(Arc::new(cosigned.clone())));
        }
        if part.is_end() { self.event(Event::Fetching { is_on: false }) } else { Ok(()) }
    }

    /// Tells a court that has just connected what it may have missed.
    fn welcome(&mut self, court: usize) {
        if let Some(announcement) = self.cosigner.own_latest() {
            self.post.links.send(court, &Frame::Cosignature(announcement));
        }
        let mut bytes = 0;
        for checked in self.app.mempool.iter() {
            bytes += checked.text().len();
            if bytes > RESENT_BYTES_MAX {
                break;
            }
            self.post.links.send(court, &Frame::Transaction(checked.text().to_vec()));
        }
    }

    fn committed(&mut self, committed: &Committed) -> Result<(), Fatal> {
        self.cosigner.committed(committed.size, committed.root);
        self.metrics.committed(committed);
        tracing::debug!(
            height = committed.height,
            size = committed.size,
            transactions = committed.transactions.len(),
            "committed"
        );
        let is_fresh = committed.time.plus_ms(FRESH_MS) >= self.clocks.wall();
        if is_fresh { self.cosign() } else { Ok(()) }
    }

    /// Cosigns the log as it is, after its mark is durable.
    fn cosign(&mut self) -> Result<(), Fatal> {
        let head = self.ledger.head();
        let told = self.courts.iter().filter(|court| court.height.is_some()).count();
        if told + 1 >= quorum_size(self.courts.len()) && self.told_height() <= head.height {
            self.cosigner.is_level();
        }
        match self.cosigner.decide(head.size, head.root) {
            Decision::Done => {}
            Decision::Unsure => return self.collect(),
            Decision::Behind(mark) => {
                if self.behind_mark.is_none() {
                    let (cosigned, held) = (mark.size, head.size);
                    tracing::warn!(
                        cosigned,
                        held,
                        "the ledger is shorter than what this court has cosigned; catching up before it signs"
                    );
                }
                self.behind_mark = Some(mark.size);
                return self.collect();
            }
            Decision::Never => {
                let text = format!(
                    "this court has cosigned another root at size {} than its ledger holds: the courts' logs have split, or this disk belongs to another network",
                    head.size
                );
                return Err(Fatal(text));
            }
            Decision::Mark(mark) => {
                // A crash before the mark is durable signed nothing; a crash after it signs the same again.
                self.journal.mark(&mark)?;
                let announcement = self.cosigner.sign(mark, self.clocks.wall().0 / 1000);
                self.post.links.broadcast(&Frame::Cosignature(announcement));
            }
        }
        self.behind_mark = None;
        self.collect()
    }

    /// Publishes a newer checkpoint once a quorum has cosigned it: only then is anything in it acknowledged.
    fn collect(&mut self) -> Result<(), Fatal> {
        if self.stopped.is_some() {
            return Ok(());
        }
        if let Some(cosigned) = self.cosigner.newest_quorum() {
            self.ledger.record_checkpoint(&cosigned)?;
            self.metrics.checkpoint_size.set(cosigned.checkpoint.size as i64);
            self.publisher.checkpoint.send_replace(Some(Arc::new(cosigned)));
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), Fatal> {
        if self.stopped.is_some() {
            return Ok(());
        }
        self.look_at_fetch()?;
        self.app.mempool.remove_expired(self.clocks.wall());
        self.metrics.pending(self.app.mempool.load());
        let head = self.ledger.head();
        // After a start it cosigns once more, though a quorum has: a court that lost the checkpoint collects it from those that are there.
        if self.cosigner.quorum_at() < head.size || self.cosigner.own_latest().is_none() {
            self.cosign()?;
            // Courts that missed it, or missed ours, hear it again until a quorum is there.
            if let Some(announcement) = self.cosigner.own_latest().filter(|_| self.cosigner.quorum_at() < head.size) {
                self.post.links.broadcast(&Frame::Cosignature(announcement));
            }
        }
        Ok(())
    }

    fn note_height(&mut self, court: usize, message: &Message) {
        let height = match message {
            Message::Hello(hello) => hello.height,
            Message::Status { height } => *height,
            _ => return,
        };
        self.courts[court].height = Some(height);
    }

    /// The height that an honest court says it has: so many courts may lie; what one more says, an honest one says.
    fn told_height(&self) -> u64 {
        let liars = self.courts.len().saturating_sub(1) / 3;
        let mut heights: Vec<u64> = self.courts.iter().filter_map(|court| court.height).collect();
        heights.sort_unstable_by(|a, b| b.cmp(a));
        heights.get(liars).copied().unwrap_or(0)
    }

    fn snapshot(&self) -> Snapshot {
        let connected =
            self.courts.iter().enumerate().filter(|(place, court)| *place == self.own || court.down_since.is_none()).count();
        let needed = quorum_size(self.courts.len());
        let height = self.ledger.head().height;
        let ahead = self.told_height();
        let (state, reason) = if let Some(reason) = &self.stopped {
            (State::Stopped, Some(reason.clone()))
        } else if connected < needed {
            (State::NoQuorum, Some(format!("{connected} of {} courts answer, {needed} needed", self.courts.len())))
        } else if ahead > height + BEHIND_MAX {
            (State::CatchingUp, Some(format!("at height {height}, other courts are at {ahead}")))
        } else if let Some(cosigned) = self.behind_mark {
            (State::CatchingUp, Some(format!("this court has cosigned {cosigned} entries and holds fewer")))
        } else if let Some((until, why)) = self.post.observing.as_ref().filter(|(until, _)| *until > height) {
            (State::Observing, Some(format!("up to height {until}: {why}")))
        } else {
            (State::Recording, None)
        };
        let mut courts = self.courts.clone();
        let head = self.ledger.head();
        for (place, court) in courts.iter_mut().enumerate() {
            // A court that has cosigned this very log is at this height, whatever it said last.
            if self.cosigner.has_signed(place, head.size, head.root) {
                court.height = court.height.max(Some(height));
            }
        }
        courts[self.own] = CourtView { height: Some(height), down_since: None };
        Snapshot { state, reason, pending: self.app.mempool.load().transactions, courts }
    }
}
