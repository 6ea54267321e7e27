//! A court that the test plays: it knows the messages and has the court's keys.
//!
//! In: a network; a function that is called with each message received.
//! Out: a byzantine court that runs until it is dropped.
//! Always: it answers pings and hellos, so that the other courts take it for a court. It follows the log
//! unless it claims a height. It signs nothing by itself. A panic of the function fails the test.
//! Not for the choice of lies: the callers choose.

use crate::conversation::{BULK, Conversation, Heard, URGENT, Voice, frame};
use crate::evidence;
use crate::impostor::Impostor;
use crate::network::LocalNetwork;
use courtseal_consensus::vote::{CourtSignature, Proposal, Signed, Vote, VoteKind};
use courtseal_consensus::{Hello, MESSAGES, Message};
use courtseal_ledger::Ledger;
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::{PublicKey, SecretKey};
use courtseal_proof::genesis::Genesis;
use courtseal_proof::log::checkpoint::{Checkpoint, Cosignature};
use std::fs;
use std::sync::Arc;
use std::thread::JoinHandle;

/// The index of the court that the test plays.
pub const LIAR: usize = 3;

const CONSENSUS: u8 = 0;
const COSIGNATURE: u8 = 2;
const PING: u8 = 3;
const PONG: u8 = 4;
/// Longest frame that is decoded here.
const BYTES_MAX: usize = 16 << 20;

/// A cosignature as it is sent: size and root of the log, and the signature.
pub type Announcement = (u64, Digest, Cosignature);

/// What a court has sent.
pub enum Said {
    /// A consensus message.
    Message(Message),
    /// A cosignature of a checkpoint.
    Cosignature(Announcement),
    /// A ping, which asks whether this court is reachable.
    Ping,
    /// The court has opened or ended a stream to this court.
    Link,
    /// Any other frame.
    Other,
}

/// The environment of the byzantine court: its keys, its connections, and the log as far as it follows it.
pub struct Means {
    /// The network's genesis.
    pub genesis: Genesis,
    /// The log, as far as this court follows it.
    pub ledger: Ledger,
    /// The voting key of this court.
    pub vote: SecretKey,
    voice: Voice,
    cosigner: SecretKey,
    /// The height that it claims; the height of its ledger if `None`.
    claim: Option<u64>,
    asked: bool,
    /// The newest height at which another court has precommitted a block.
    decided: u64,
}

impl Means {
    /// Reads the keys of the court that lies; its ledger is empty.
    pub fn new(network: &LocalNetwork, voice: Voice, claim: Option<u64>) -> Self {
        let genesis = Genesis::from_text(&fs::read(&network.listing().genesis).unwrap()).unwrap();
        let keys = network.courts()[LIAR].home.join("court.key");
        let [vote, cosigner] = ["vote", "cosigner"].map(|purpose| evidence::key(&keys, purpose).unwrap());
        let ledger = Ledger::open(Arc::new(MemoryStore::new()), &genesis).unwrap();
        Self { genesis, ledger, vote, voice, cosigner, claim, asked: false, decided: 0 }
    }

    /// The indices of the other courts.
    pub fn others(&self) -> impl Iterator<Item = usize> + use<> {
        (0..self.genesis.courts.len()).filter(|court| *court != LIAR)
    }

    /// The public voting key of the court at an index.
    pub fn key(&self, court: usize) -> PublicKey {
        self.genesis.courts[court].vote
    }

    /// Whether this court is the proposer of a height and round (C6).
    pub fn has_turn(&self, height: u64, round: u32) -> bool {
        let mut keys: Vec<PublicKey> = self.genesis.courts.iter().map(|court| court.vote).collect();
        keys.sort_unstable();
        keys[((height + u64::from(round)) % keys.len() as u64) as usize] == self.vote.public()
    }

    /// Signs a vote.
    pub fn sign_vote(&self, vote: Vote) -> Signed<Vote> {
        Signed { signature: self.vote.sign(&vote.sign_bytes(&self.genesis.digest())), content: vote }
    }

    /// Signs a proposal without a proof-of-lock round.
    pub fn sign_proposal(&self, height: u64, round: u32, value: Digest) -> Signed<Proposal> {
        let content = Proposal { height, round, pol_round: None, value, court: self.vote.public() };
        Signed { signature: self.vote.sign(&content.sign_bytes(&self.genesis.digest())), content }
    }

    /// This court's signature for a commit certificate.
    pub fn precommit(&self, height: u64, value: Digest) -> CourtSignature {
        let court = self.vote.public();
        let vote = Vote { height, round: 0, kind: VoteKind::Precommit, value: Some(value), court };
        CourtSignature { court, signature: self.sign_vote(vote).signature }
    }

    /// This court's cosignature over a log of this size and root; `time_s` is in POSIX seconds.
    pub fn cosign(&self, size: u64, root: Digest, time_s: u64) -> Announcement {
        let checkpoint = Checkpoint { origin: self.genesis.origin(), size, root };
        (size, root, checkpoint.cosign(&self.cosigner, time_s))
    }

    /// Sends a message to a court.
    pub fn say(&self, court: usize, message: &Message) {
        let (lane, bytes) = on_lane(message);
        self.voice.say(court, lane, bytes);
    }

    /// Sends a message to all other courts.
    pub fn say_to_all(&self, message: &Message) {
        self.others().for_each(|court| self.say(court, message));
    }

    /// Sends a cosignature to all other courts.
    pub fn announce(&self, announcement: &Announcement) {
        let bytes = Arc::new(frame(COSIGNATURE, &codec::encode(announcement)));
        self.others().for_each(|court| self.voice.say(court, URGENT, Arc::clone(&bytes)));
    }

    /// Tells a court the height that it claims.
    pub fn tell_height(&self, court: usize) {
        self.say(court, &Message::Status { height: self.height() });
    }

    fn height(&self) -> u64 {
        self.claim.unwrap_or_else(|| self.ledger.head().height)
    }

    /// Answers as every court does, and returns what was received.
    fn attend(&mut self, heard: Heard) -> (usize, Said) {
        let (court, bytes) = match heard {
            Heard::Frame { court, bytes } => (court, bytes),
            Heard::Opened { court } | Heard::Ended { court } => {
                self.asked = false;
                return (court, Said::Link);
            }
        };
        let Some((kind, payload)) = bytes.split_first() else { panic!("an honest court sends an empty frame") };
        let said = match *kind {
            CONSENSUS => Said::Message(Message::decode(payload).expect("an honest court's message")),
            COSIGNATURE => Said::Cosignature(codec::decode(payload, BYTES_MAX).expect("an honest court's cosignature")),
            PING => Said::Ping,
            _ => Said::Other,
        };
        match &said {
            Said::Ping => self.voice.say(court, URGENT, frame(PONG, payload)),
            Said::Message(Message::Hello(hello)) if hello.wants_answer => self.say(court, &self.hello()),
            Said::Message(message) if self.claim.is_none() => self.follow(court, message),
            // The sender has committed what it cosigns. A proposer fetches those blocks before the next
            // transactions come.
            Said::Cosignature((size, ..)) if self.claim.is_none() && *size > self.ledger.head().size => {
                self.fetch(court, self.decided)
            }
            _ => {}
        }
        (court, said)
    }

    /// This court's hello: it names this network, and states that the court does not know what others have
    /// signed.
    pub fn hello(&self) -> Message {
        let chain = self.genesis.digest();
        Message::Hello(Hello { messages: MESSAGES, chain, height: self.height(), newest: None, wants_answer: false })
    }

    /// Fetches the blocks that a message shows the sender to have.
    fn follow(&mut self, court: usize, message: &Message) {
        let known = match message {
            Message::Status { height } => *height,
            Message::Vote(vote) if vote.content.court == self.key(court) => {
                let Vote { height, kind, value, .. } = vote.content;
                if kind == VoteKind::Precommit && value.is_some() {
                    self.decided = self.decided.max(height);
                }
                height.saturating_sub(1)
            }
            Message::SyncResponse { blocks, .. } => {
                self.asked = false;
                let blocks: Vec<_> = blocks
                    .iter()
                    .map(|one| (one.block.read().expect("honest courts' blocks"), codec::encode(&one.certificate)))
                    .collect();
                // Another court may have sent some of them meanwhile.
                self.ledger.import(&blocks).expect("honest courts' blocks");
                return;
            }
            _ => return,
        };
        self.fetch(court, known);
    }

    /// Asks for blocks up to this height if this court is the next proposer.
    fn fetch(&mut self, court: usize, known: u64) {
        let head = self.ledger.head().height;
        // A court answers only a few such requests a second, so only a proposer asks.
        if known > head && self.has_turn(known + 1, 0) && !self.asked {
            self.asked = true;
            self.say(court, &Message::SyncRequest { from: head + 1 });
        }
    }
}

/// Whether a frame is a hello: a court sends one to a peer that it takes for a court.
pub fn is_hello(bytes: &[u8]) -> bool {
    bytes
        .split_first()
        .is_some_and(|(kind, payload)| *kind == CONSENSUS && matches!(Message::decode(payload), Ok(Message::Hello(_))))
}

/// The stream of a message, and the frame.
pub fn on_lane(message: &Message) -> (usize, Vec<u8>) {
    let is_bulk = matches!(message, Message::Block(_) | Message::SyncResponse { .. } | Message::Wake { .. });
    (if is_bulk { BULK } else { URGENT }, frame(CONSENSUS, &message.encode()))
}

/// A running byzantine court; it ends when dropped.
pub struct Liar {
    impostor: Option<Impostor>,
    mind: Option<JoinHandle<()>>,
}

impl Liar {
    /// Starts the court. `lie` is called with every message that arrives and its sender, after it was
    /// answered.
    pub fn start(
        network: &LocalNetwork,
        claim: Option<u64>,
        mut lie: impl FnMut(&mut Means, usize, &Said) + Send + 'static,
    ) -> Self {
        let Conversation { impostor, voice, heard } = Conversation::start(network, LIAR).unwrap();
        let mut means = Means::new(network, voice, claim);
        let mind = std::thread::spawn(move || {
            for heard in heard {
                let (court, said) = means.attend(heard);
                lie(&mut means, court, &said);
            }
        });
        Self { impostor: Some(impostor), mind: Some(mind) }
    }
}

impl Drop for Liar {
    fn drop(&mut self) {
        // The tasks that receive end, and then the channel of events closes.
        drop(self.impostor.take());
        let ended = self.mind.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || matches!(ended, Some(Ok(()))), "the liar has panicked, see above");
    }
}
