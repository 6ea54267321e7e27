//! What may happen to a court, written as bytes, and good runs to begin with.
//!
//! In: a fuzzer's bytes, the court as it is. Out: events. Always: signatures are good where the input asks
//! for a signed thing, so that the fuzzer gets past them. Not for the court's own key: it signs for itself.

use super::court::{Court, CourtEvent, OWN};
use crate::input::Input;
use crate::network::{COURTS, GENESIS, block};
use courtseal_consensus::vote::{
    CommitCertificate, CourtSignature, PolkaCertificate, Proposal, RoundCertificate, RoundKind, RoundVote, Signed, SignedStep,
    SignedVote, Vote, VoteKind,
};
use courtseal_consensus::{CourtSet, Event, Hello, MESSAGES, Message, SyncedBlock};
use courtseal_proof::block::Block;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::PublicKey;

/// Connections and hellos of all peers.
pub fn greetings() -> impl Iterator<Item = Event> {
    let others = (0..COURTS.len()).filter(|court| *court != OWN).map(|court| COURTS[court].vote.public());
    others.flat_map(|peer| [Event::Connected { peer }, Event::Received { peer, message: Message::Hello(hello(0, None)) }])
}

fn hello(height: u64, newest: Option<SignedStep>) -> Hello {
    Hello { messages: MESSAGES, chain: GENESIS.digest(), height, newest, wants_answer: false }
}

/// One of the other courts.
fn other(input: &mut Input<'_>) -> usize {
    1 + usize::from(input.byte()) % (COURTS.len() - 1)
}

fn height(court: &Court, input: &mut Input<'_>) -> u64 {
    let head = court.ledger.head().height;
    match input.byte() {
        0..=127 => head + 1,
        128..=159 => head,
        160..=191 => head + 2,
        192..=207 => 0,
        208..=223 => u64::MAX,
        _ => input.number(),
    }
}

fn round(input: &mut Input<'_>) -> u32 {
    match input.byte() {
        few @ 0..=199 => u32::from(few % 8),
        200..=219 => u32::MAX - u32::from(input.byte() % 4),
        _ => u32::from_le_bytes(input.array()),
    }
}

fn value(court: &Court, input: &mut Input<'_>) -> Option<Digest> {
    match input.byte() {
        0..=159 => Some(court.value),
        160..=223 => None,
        _ => Some(Digest(input.array())),
    }
}

fn kind(input: &mut Input<'_>) -> VoteKind {
    *input.choice(&[VoteKind::Prevote, VoteKind::Precommit])
}

fn sign(signer: usize, height: u64, round: u32, kind: VoteKind, value: Option<Digest>) -> SignedVote {
    let keys = &COURTS[signer].vote;
    let content = Vote { height, round, kind, value, court: keys.public() };
    Signed { signature: keys.sign(&content.sign_bytes(&GENESIS.digest())), content }
}

/// Votes of the courts whose bits are set, the own court's never.
fn votes(mask: u8, height: u64, round: u32, kind: VoteKind, value: Option<Digest>) -> Vec<SignedVote> {
    let signers = (1..COURTS.len()).filter(|signer| mask & (1 << signer) != 0);
    signers.map(|signer| sign(signer, height, round, kind, value)).collect()
}

fn signatures(votes: &[SignedVote]) -> Vec<CourtSignature> {
    votes.iter().map(|vote| CourtSignature { court: vote.content.court, signature: vote.signature }).collect()
}

fn proposal(signer: usize, height: u64, round: u32, pol_round: Option<u32>, value: Digest) -> SignedStep {
    let keys = &COURTS[signer].vote;
    let content = Proposal { height, round, pol_round, value, court: keys.public() };
    SignedStep::Proposal(Signed { signature: keys.sign(&content.sign_bytes(&GENESIS.digest())), content })
}

/// The next event; none if the bytes say nothing.
pub fn lies(court: &mut Court, input: &mut Input<'_>) -> Option<CourtEvent> {
    let kind_of = input.byte() % 16;
    let from = other(input);
    let peer = COURTS[from].vote.public();
    let message = match kind_of {
        0 => Message::decode(input.piece()).ok()?,
        1 | 2 => {
            let signer = other(input);
            let (height, round) = (height(court, input), round(input));
            Message::Vote(sign(signer, height, round, kind(input), value(court, input)))
        }
        3 => {
            let (height, round) = (height(court, input), round(input));
            let pol_round = (input.byte() >= 128).then(|| round_before(input, round));
            let signer = if input.byte() < 192 { proposer(height, round) } else { other(input) };
            let value = value(court, input)?;
            match proposal(signer, height, round, pol_round, value) {
                SignedStep::Proposal(proposal) if signer != OWN => Message::Proposal(proposal),
                _ => return None,
            }
        }
        4 => {
            let bytes = altered(block(&court.ledger, other(input)), input);
            if let Ok(block) = Block::decode(&bytes) {
                court.value = block.header.digest();
            }
            Message::Block(bytes.into())
        }
        5 => {
            let (height, round) = (height(court, input), round(input));
            let value = value(court, input)?;
            let votes = votes(input.byte(), height, round, VoteKind::Prevote, Some(value));
            Message::Polka(PolkaCertificate { height, round, value, signatures: signatures(&votes) })
        }
        6 => {
            let (height, round, vote_kind) = (height(court, input), round(input), kind(input));
            let votes = votes(input.byte(), height, round, vote_kind, value(court, input));
            let vote = |vote: &SignedVote| RoundVote {
                kind: vote.content.kind,
                value: vote.content.value,
                court: vote.content.court,
                signature: vote.signature,
            };
            let kind = *input.choice(&[RoundKind::Skip, RoundKind::Precommit]);
            Message::Round(RoundCertificate { height, round, kind, votes: votes.iter().map(vote).collect() })
        }
        7 => {
            let from = height(court, input);
            Message::SyncResponse { from, blocks: synced(court, from, input) }
        }
        8 => {
            let newest = (input.byte() >= 128).then(|| own_or_other(court, input));
            Message::Hello(Hello { wants_answer: input.byte() >= 128, ..hello(height(court, input), newest) })
        }
        9 => {
            let height = height(court, input);
            match input.byte() % 4 {
                0 => Message::Status { height },
                1 => Message::Wake { height },
                2 => Message::SyncRequest { from: height },
                _ => Message::BlockRequest { height, value: value(court, input)? },
            }
        }
        10 => return Some(CourtEvent::Event(Box::new(Event::Connected { peer: any_peer(peer, input) }))),
        11 => return Some(CourtEvent::Event(Box::new(Event::Disconnected { peer: any_peer(peer, input) }))),
        12 | 13 => return Some(CourtEvent::Timer(usize::from(input.byte()))),
        14 => return Some(CourtEvent::Later(input.short() as u64)),
        _ if input.byte() < 128 => return Some(CourtEvent::Event(Box::new(Event::Wake))),
        _ => return Some(CourtEvent::Restart),
    };
    Some(CourtEvent::Event(Box::new(Event::Received { peer, message })))
}

/// A court, or rarely a stranger: an observer.
fn any_peer(peer: PublicKey, input: &mut Input<'_>) -> PublicKey {
    if input.byte() < 224 { peer } else { PublicKey(input.array()) }
}

fn round_before(input: &mut Input<'_>, round: u32) -> u32 {
    if input.byte() < 192 { round.saturating_sub(1) } else { u32::from_le_bytes(input.array()) }
}

fn proposer(height: u64, round: u32) -> usize {
    let courts = CourtSet::new(COURTS.iter().map(|keys| keys.vote.public())).expect("four courts");
    let proposer = courts.proposer(height, round);
    COURTS.iter().position(|keys| keys.vote.public() == proposer).expect("one of the four")
}

/// A block with one byte changed and its body named right again, or as it is.
fn altered(mut block: Vec<u8>, input: &mut Input<'_>) -> Vec<u8> {
    if input.byte() < 192 {
        return block;
    }
    let at = input.short() % block.len();
    block[at] ^= input.byte();
    match courtseal_proof::bytes::codec::decode::<Block>(&block, block.len()) {
        Ok(mut parsed) => {
            parsed.header.body = courtseal_proof::block::body_digest(&parsed.header.chain, &parsed.transactions);
            parsed.encode()
        }
        Err(_) => block,
    }
}

/// Decided blocks from a height on: the next one, and whatever heights the input adds.
fn synced(court: &mut Court, from: u64, input: &mut Input<'_>) -> Vec<SyncedBlock> {
    let block = altered(block(&court.ledger, other(input)), input);
    let value = Block::decode(&block).map_or(court.value, |block| block.header.digest());
    court.value = value;
    let count = u64::from(input.byte() % 3);
    let one = |offset: u64| {
        let height = from.saturating_add(offset);
        let votes = votes(0xff, height, 0, VoteKind::Precommit, Some(value));
        let certificate = CommitCertificate { height, round: 0, value, signatures: signatures(&votes) };
        SyncedBlock { block: block.clone().into(), certificate }
    };
    (0..count).map(one).collect()
}

/// A statement of the court under test, as a clone of it would sign, or of another.
fn own_or_other(court: &Court, input: &mut Input<'_>) -> SignedStep {
    let signer = usize::from(input.byte()) % COURTS.len();
    let (height, round, kind) = (height(court, input), round(input), kind(input));
    SignedStep::Vote(sign(signer, height, round, kind, value(court, input)))
}

/// Runs to begin with: a block decided by votes, by sync, after a restart, in a later round, and one of each
/// lie.
pub fn seeds() -> Vec<Vec<u8>> {
    let block = vec![4, 0, 0, 0];
    let propose = vec![3, 0, 0, 0, 0, 0, 0];
    let vote = |signer: u8, kind: u8| vec![1, signer, signer, 0, 0, kind, 0];
    let votes = |kind: u8| -> Vec<u8> { (0..3).flat_map(|signer| vote(signer, kind)).collect() };
    let decided = [block.clone(), propose.clone(), votes(0), votes(1)].concat();
    let restart = vec![15, 0, 255];
    let sync = [vec![9, 0, 160, 0], vec![7, 0, 0, 0, 0, 1]].concat();
    let reconnect: Vec<u8> = (0..3).flat_map(|peer| [vec![10, peer, 0], vec![8, peer, 0, 0, 0]]).flatten().collect();
    let mut seeds = vec![
        decided.clone(),
        [votes(0), votes(1)].concat(),
        [block.clone(), propose, votes(0), restart.clone(), reconnect, votes(1)].concat(),
        [decided.clone(), decided.clone()].concat(),
        sync,
        [vec![14, 0, 0, 16], [12, 0, 0].repeat(12), decided].concat(),
        [block, vec![5, 0, 0, 0, 0, 255], vec![6, 0, 0, 0, 1, 255, 0, 1]].concat(),
    ];
    seeds.extend((0..16u8).map(|kind| [&[kind, 1][..], &[255; 40]].concat()));
    seeds
}
