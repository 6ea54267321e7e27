//! Bytes that are not frames, frames on the wrong stream (N2), hellos of other networks (N3), and messages
//! that no correct court sends.
//!
//! In: one of these at a time, sent to an honest court.
//! Out: failures that name the lie.
//! Always: the court ends the connection and logs the reason; nothing else changes.
//! Not for false blocks under signed proposals: see `tests/tests/byzantine/proposals.rs`.

use crate::{LIAR, OTHERS, all_is_well, height, start};
use courtseal_consensus::Message;
use courtseal_consensus::vote::{PolkaCertificate, RoundCertificate, RoundKind, RoundVote, Signed, SignedStep, Vote, VoteKind};
use courtseal_proof::block::{Block, Header, body_digest};
use courtseal_proof::bytes::digest::{Digest, sha256};
use courtseal_proof::bytes::key::Signature;
use courtseal_proof::genesis::PROTOCOL;
use courtseal_tests::conversation::{BULK, Conversation, Heard, URGENT, frame};
use courtseal_tests::evidence::{Signer, statement};
use courtseal_tests::liar::{Means, is_hello, on_lane};
use courtseal_tests::network::LocalNetwork;
use courtseal_tests::processes::await_state;

const TRANSACTION: u8 = 1;
const COSIGNATURE: u8 = 2;
const PING: u8 = 3;

/// The inputs from which a lie is made.
struct Given {
    means: Means,
    notary: Signer,
    /// The height after the head.
    next: u64,
    /// The court that receives the lie.
    to: usize,
}

/// A lie, the stream and bytes of it, and the reason that the receiver logs.
struct Lie {
    what: &'static str,
    say: fn(&Given) -> (usize, Vec<u8>),
    why: &'static str,
}

fn vote(given: &Given, height: u64) -> Vote {
    let (kind, value) = (VoteKind::Prevote, Some(sha256(b"a block")));
    Vote { height, round: 0, kind, value, court: given.means.vote.public() }
}

fn hello(given: &Given, change: fn(&Given, &mut courtseal_consensus::Hello)) -> (usize, Vec<u8>) {
    let Message::Hello(mut hello) = given.means.hello() else { panic!("a hello") };
    change(given, &mut hello);
    on_lane(&Message::Hello(hello))
}

/// A well-formed block without a true predecessor; `change` alters its bytes.
fn block(given: &Given, change: fn(&mut Vec<u8>)) -> (usize, Vec<u8>) {
    let chain = given.means.genesis.digest();
    let transactions = vec![b"{}".to_vec()];
    let header = Header {
        chain,
        protocol: PROTOCOL,
        height: given.next,
        time: given.means.genesis.time.plus_ms(1),
        previous: chain,
        body: body_digest(&chain, &transactions),
        log_root: Digest::default(),
        log_size: 1,
        courts: Digest::default(),
        next_courts: Digest::default(),
        proposer: given.means.vote.public(),
    };
    let mut bytes = Block { header, transactions }.encode();
    change(&mut bytes);
    on_lane(&Message::Block(bytes.into()))
}

const LIES: [Lie; 24] = [
    Lie { what: "an empty frame", say: |_| (URGENT, vec![0; 4]), why: "an empty frame" },
    Lie { what: "a frame of unknown kind", say: |_| (URGENT, frame(9, b"?")), why: "unknown kind 9" },
    Lie { what: "a length of 4 GiB", say: |_| (URGENT, vec![255; 8]), why: "a frame of 4294967295 bytes" },
    Lie { what: "a length of 4 GiB of blocks", say: |_| (BULK, vec![255; 8]), why: "a frame of 4294967295 bytes" },
    Lie { what: "random bytes", say: |_| (URGENT, frame(0, &sha256(b"random").0)), why: "violates the protocol" },
    Lie {
        what: "bytes behind a message",
        say: |_| (URGENT, frame(0, &[Message::Status { height: 1 }.encode(), vec![0]].concat())),
        why: "violates the protocol",
    },
    Lie { what: "a ping of nine bytes", say: |_| (URGENT, frame(PING, &[0; 9])), why: "violates the protocol" },
    Lie { what: "half a cosignature", say: |_| (URGENT, frame(COSIGNATURE, &[0; 60])), why: "violates the protocol" },
    Lie {
        what: "a height on the stream of blocks",
        say: |_| (BULK, on_lane(&Message::Status { height: 1 }).1),
        why: "a frame on the wrong stream",
    },
    Lie {
        what: "a block on the urgent stream",
        say: |given| (URGENT, block(given, |_| ()).1),
        why: "a frame on the wrong stream",
    },
    Lie {
        what: "a transaction on the urgent stream",
        say: |_| (URGENT, frame(TRANSACTION, b"{}")),
        why: "a frame on the wrong stream",
    },
    Lie { what: "a transaction that is none", say: |_| (BULK, frame(TRANSACTION, b"{}")), why: "that nobody may send" },
    Lie {
        what: "a transaction that its member did not sign",
        say: |given| {
            let other = Signer { key: given.means.vote.clone(), ..copy(&given.notary) };
            let text = given.notary.sign(vec![statement(b"signed")]).unwrap().to_text();
            let (own, other) = (signature(&text), signature(&other.sign(vec![statement(b"signed")]).unwrap().to_text()));
            (BULK, frame(TRANSACTION, text.replace(&own, &other).as_bytes()))
        },
        why: "that nobody may send",
    },
    Lie {
        what: "bytes instead of a block",
        say: |_| on_lane(&Message::Block(vec![7; 500].into())),
        why: "bytes that are no block",
    },
    Lie {
        what: "a block with another body than its header names",
        say: |given| block(given, |bytes| *bytes.last_mut().unwrap() ^= 1),
        why: "bytes that are no block",
    },
    Lie {
        what: "a hello of another version",
        say: |given| hello(given, |_, hello| hello.messages += 1),
        why: "another version of messages",
    },
    Lie {
        what: "a vote that the other court is said to have signed",
        say: |given| {
            hello(given, |given, hello| {
                let content = Vote { court: given.means.key(given.to), ..vote(given, given.next + 1) };
                let signature = given.means.sign_vote(content).signature;
                hello.newest = Some(SignedStep::Vote(Signed { content, signature }));
            })
        },
        why: "a vote of ours that we did not sign",
    },
    Lie {
        what: "a vote on genesis",
        say: |given| on_lane(&Message::Vote(given.means.sign_vote(vote(given, 0)))),
        why: "a vote on genesis",
    },
    Lie {
        what: "a vote with a false signature",
        say: |given| on_lane(&Message::Vote(Signed { content: vote(given, given.next), signature: Signature([7; 64]) })),
        why: "a false signature",
    },
    Lie {
        what: "a vote in an honest court's name",
        say: |given| {
            let content = Vote { court: given.means.key((given.to + 1) % OTHERS.len()), ..vote(given, given.next) };
            on_lane(&Message::Vote(given.means.sign_vote(content)))
        },
        why: "a false signature",
    },
    Lie {
        what: "a proposal when it is not its turn",
        say: |given| {
            let round = (0..).find(|round| !given.means.has_turn(given.next, *round)).unwrap();
            on_lane(&Message::Proposal(given.means.sign_proposal(given.next, round, sha256(b"a block"))))
        },
        why: "a proposal out of turn",
    },
    Lie {
        what: "a certificate of prevotes that one court signed four times",
        say: |given| {
            let one = given.means.precommit(given.next, sha256(b"a block"));
            let (height, value) = (given.next, sha256(b"a block"));
            on_lane(&Message::Polka(PolkaCertificate { height, round: 0, value, signatures: vec![one; 4] }))
        },
        why: "a false certificate of prevotes",
    },
    Lie {
        what: "a round certificate of votes in others' names",
        say: |given| {
            let vote = |court: usize| {
                let court = given.means.key(court);
                let signature = given.means.sign_vote(Vote { court, ..vote(given, given.next) }).signature;
                RoundVote { kind: VoteKind::Prevote, value: Some(sha256(b"a block")), court, signature }
            };
            let votes = OTHERS.map(vote).to_vec();
            on_lane(&Message::Round(RoundCertificate { height: given.next, round: 0, kind: RoundKind::Skip, votes }))
        },
        why: "a false round certificate",
    },
    // This lie comes last: after it, the court reads nothing else that the liar sends (C23).
    Lie {
        what: "a hello of another network",
        say: |given| hello(given, |_, hello| hello.chain = sha256(b"elsewhere")),
        why: "another genesis",
    },
];

fn copy(signer: &Signer) -> Signer {
    Signer { member: signer.member.clone(), origin: signer.origin.clone(), key: signer.key.clone() }
}

/// Finds the signature in a transaction's text.
fn signature(text: &str) -> String {
    text.split("\"sig\":\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

/// How often each court has ended a stream, and how often it has sent a hello. A court reads nothing before
/// its hello.
#[derive(Default)]
struct Heardings {
    ended: [usize; OTHERS.len()],
    greeted: [usize; OTHERS.len()],
}

impl Heardings {
    fn listen(&mut self, conversation: &Conversation, until: impl Fn(&Self) -> bool) {
        while !until(self) {
            match conversation.hear().unwrap() {
                Heard::Ended { court } => self.ended[court] += 1,
                Heard::Frame { court, bytes } if is_hello(&bytes) => self.greeted[court] += 1,
                Heard::Frame { .. } | Heard::Opened { .. } => {}
            }
        }
    }
}

#[test]
fn n2_n3_whoever_breaks_the_protocol_is_disconnected() {
    let (mut network, memory) = start();
    let conversation = Conversation::start(&network, LIAR).unwrap();
    let mut heard = Heardings::default();
    heard.listen(&conversation, |heard| heard.greeted.iter().all(|count| *count > 0));
    let means = Means::new(&network, conversation.voice.clone(), None);
    let notary = Signer::read(&network.notary()).unwrap();
    let mut given = Given { means, notary, next: height(&network) + 1, to: 0 };
    // Each court gets one lie at a time. It ends both streams of its connection, and they are opened again.
    for lies in LIES.chunks(OTHERS.len()) {
        let said: Vec<usize> = OTHERS.iter().map(|at| network.courts()[*at].said().len()).collect();
        let ended = heard.ended;
        for (lie, to) in lies.iter().zip(OTHERS) {
            given.to = to;
            let (lane, bytes) = (lie.say)(&given);
            conversation.voice.say(to, lane, bytes);
        }
        heard.listen(&conversation, |heard| (0..lies.len()).all(|court| heard.ended[court] >= ended[court] + 2));
        for (lie, court) in lies.iter().zip(OTHERS) {
            assert_says(&network, court, said[court], lie);
        }
        let greeted = heard.greeted;
        heard.listen(&conversation, |heard| (0..lies.len()).all(|court| heard.greeted[court] > greeted[court]));
    }
    assert_eq!(height(&network) + 1, given.next, "a lie was recorded");
    all_is_well(&mut network, conversation, &memory);
}

fn assert_says(network: &LocalNetwork, court: usize, before: usize, lie: &Lie) {
    let said = || network.courts()[court].said().split_off(before);
    let told = await_state(lie.what, || said().contains(lie.why).then_some(()));
    told.unwrap_or_else(|_| panic!("{}: {:?} is not in\n{}", lie.what, lie.why, said()));
    let is_left = said().contains("disconnecting it") || said().contains("it is left alone");
    assert!(is_left, "{}: {}", lie.what, said());
}
