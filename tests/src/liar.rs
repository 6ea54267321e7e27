//! A court that the test plays: it knows the messages, has the court's keys, and does what it is told.
//!
//! In: a network, what to do with each thing that is heard. Out: a running liar, until it is dropped. Always: it answers pings and hellos, so that it is taken for a court,
//! and follows the log if it is to; it signs nothing by itself. A panic of what it was told fails the test. Not for lies: those are its callers.

use crate::conversation::{BULK, Conversation, Heard, URGENT, Voice, frame};
use crate::evidence;
use crate::impostor::Impostor;
use crate::network::LocalNetwork;
use courtseal_consensus::vote::{CourtSignature, Proposal, Signed, Vote, VoteKind};
use courtseal_consensus::{Hello, Message};
use courtseal_ledger::Ledger;
use courtseal_ledger::store::memory::MemoryStore;
use courtseal_proof::checkpoint::{Checkpoint, Cosignature};
use courtseal_proof::codec;
use courtseal_proof::digest::Digest;
use courtseal_proof::genesis::{Genesis, PROTOCOL};
use courtseal_proof::key::{PublicKey, SecretKey};
use std::fs;
use std::sync::Arc;
use std::thread::JoinHandle;

/// The place of the court that the test plays.
pub const LIAR: usize = 3;

const CONSENSUS: u8 = 0;
const COSIGNATURE: u8 = 2;
const PING: u8 = 3;
const PONG: u8 = 4;
/// No frame that is decoded here is longer.
const BYTES_MAX: usize = 16 << 20;

/// A cosignature on its way: size and root of the log, and the signature.
pub type Announcement = (u64, Digest, Cosignature);

/// What a court has said.
pub enum Said {
    /// A message of consensus.
    Message(Message),
    /// A cosignature.
    Cosignature(Announcement),
    /// It asks whether this one is there.
    Ping,
    /// It takes this one for a court, or does so no more.
    Link,
    /// Anything else.
    Other,
}

/// What a liar has: keys, words, and the log as far as it follows it.
pub struct Means {
    /// The network.
    pub genesis: Genesis,
    /// The log, as far as this court follows it.
    pub ledger: Ledger,
    /// The voting key.
    pub vote: SecretKey,
    voice: Voice,
    cosigner: SecretKey,
    /// The height that it says it has; the truth if none.
    claim: Option<u64>,
    asked: bool,
    /// The newest height of which a court has precommitted a block.
    decided: u64,
}

impl Means {
    /// The keys and the voice of the court that lies; its ledger is empty.
    pub fn new(network: &LocalNetwork, voice: Voice, claim: Option<u64>) -> Self {
        let genesis = Genesis::from_text(&fs::read(&network.listing().genesis).unwrap()).unwrap();
        let keys = network.courts()[LIAR].home.join("court.key");
        let [vote, cosigner] = ["vote", "cosigner"].map(|purpose| evidence::key(&keys, purpose).unwrap());
        let ledger = Ledger::open(Arc::new(MemoryStore::new()), &genesis).unwrap();
        Self { genesis, ledger, vote, voice, cosigner, claim, asked: false, decided: 0 }
    }

    /// The other courts.
    pub fn others(&self) -> impl Iterator<Item = usize> + use<> {
        (0..self.genesis.courts.len()).filter(|court| *court != LIAR)
    }

    /// The voting key of a court.
    pub fn key(&self, court: usize) -> PublicKey {
        self.genesis.courts[court].vote
    }

    /// Whether it is this court's turn to propose (C6).
    pub fn has_turn(&self, height: u64, round: u32) -> bool {
        let mut keys: Vec<PublicKey> = self.genesis.courts.iter().map(|court| court.vote).collect();
        keys.sort_unstable();
        keys[((height + u64::from(round)) % keys.len() as u64) as usize] == self.vote.public()
    }

    /// A signed vote.
    pub fn sign_vote(&self, vote: Vote) -> Signed<Vote> {
        Signed { signature: self.vote.sign(&vote.sign_bytes(&self.genesis.digest())), content: vote }
    }

    /// A signed proposal, the first of its round.
    pub fn sign_proposal(&self, height: u64, round: u32, value: Digest) -> Signed<Proposal> {
        let content = Proposal { height, round, pol_round: None, value, court: self.vote.public() };
        Signed { signature: self.vote.sign(&content.sign_bytes(&self.genesis.digest())), content }
    }

    /// Its own part of a certificate of precommits.
    pub fn precommit(&self, height: u64, value: Digest) -> CourtSignature {
        let court = self.vote.public();
        let vote = Vote { height, round: 0, kind: VoteKind::Precommit, value: Some(value), court };
        CourtSignature { court, signature: self.sign_vote(vote).signature }
    }

    /// Its cosignature over a log of this size and root; `time_s` in POSIX seconds.
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

    /// Says the height that it claims.
    pub fn tell_height(&self, court: usize) {
        self.say(court, &Message::Status { height: self.height() });
    }

    fn height(&self) -> u64 {
        self.claim.unwrap_or_else(|| self.ledger.head().height)
    }

    /// Does what every court does, and says what was heard.
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
            // It has committed what it cosigns: whoever is to propose next fetches that before the next work comes.
            Said::Cosignature((size, ..)) if self.claim.is_none() && *size > self.ledger.head().size => {
                self.fetch(court, self.decided)
            }
            _ => {}
        }
        (court, said)
    }

    /// This court's hello: of this network, and ignorant of what others have signed.
    pub fn hello(&self) -> Message {
        let chain = self.genesis.digest();
        Message::Hello(Hello { protocol: PROTOCOL, chain, height: self.height(), newest: None, wants_answer: false })
    }

    /// Fetches the blocks that a court must have.
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
                // Another court may have brought some of them meanwhile.
                self.ledger.import(&blocks).expect("honest courts' blocks");
                return;
            }
            _ => return,
        };
        self.fetch(court, known);
    }

    /// Asks for blocks up to this height, if it needs them.
    fn fetch(&mut self, court: usize, known: u64) {
        let head = self.ledger.head().height;
        // Only to propose: a court answers but a few such requests a second.
        if known > head && self.has_turn(known + 1, 0) && !self.asked {
            self.asked = true;
            self.say(court, &Message::SyncRequest { from: head + 1 });
        }
    }
}

/// Whether a frame is a hello: who says it takes this one for a court.
pub fn is_hello(bytes: &[u8]) -> bool {
    bytes
        .split_first()
        .is_some_and(|(kind, payload)| *kind == CONSENSUS && matches!(Message::decode(payload), Ok(Message::Hello(_))))
}

/// The lane of a message, and the frame.
pub fn on_lane(message: &Message) -> (usize, Vec<u8>) {
    let is_bulk = matches!(message, Message::Block(_) | Message::SyncResponse { .. } | Message::Wake { .. });
    (if is_bulk { BULK } else { URGENT }, frame(CONSENSUS, &message.encode()))
}

/// A running liar.
pub struct Liar {
    impostor: Option<Impostor>,
    mind: Option<JoinHandle<()>>,
}

impl Liar {
    /// Starts one. `lie` is called with everything that is heard, by whom, after it was attended to.
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
        // The tasks that listen end, and with them what is heard.
        drop(self.impostor.take());
        let ended = self.mind.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || matches!(ended, Some(Ok(()))), "the liar has panicked, see above");
    }
}
