//! Snapshots of courts that lie together: signatures are good where the input asks for one, so that the
//! fuzzer gets past them (S9, S10).
//!
//! In: where a court stands, what is promised, parts of blocks true and altered, who signs for them, an end.
//! Out: whether all of it was believed.
//! Always: what is believed is linked block to block and signed by a quorum, counted here a second time. No
//! part with room is followed by another, and the truth is believed. The ledger takes what is believed, or
//! says which rule a block breaks and has not changed.
//! Not for lies without signatures: see [`super::snapshots`].

use super::snapshots::{LOG, next_frame};
use crate::edits::edited;
use crate::input::Input;
use crate::network::{COURTS, GENESIS, cosigned};
use crate::target::Target;
use courtseal_consensus::vote::{CommitCertificate, CourtSignature, Vote, VoteKind};
use courtseal_court::snapshot::{Checker, Part};
use courtseal_ledger::limits::{PART_BLOCKS_MAX, PART_BYTES_MAX};
use courtseal_ledger::snapshot::{Contents, Frame};
use courtseal_ledger::{BlockAndCertificate, Error, Ledger};
use courtseal_proof::block::{Block, Header, body_digest};
use courtseal_proof::bytes::codec;
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::time::Timestamp;
use courtseal_proof::log::checkpoint::{Checkpoint, Cosignature, CosignedCheckpoint};
use courtseal_proof::log::note::{SignatureLine, VerifierKey};
use courtseal_proof::log::policy::quorum_size;
use std::collections::BTreeSet;

/// See the module.
pub const TARGETS: &[Target] = &[Target { name: "snapshot-signed", length_bytes_max: 512, run: signed, seeds }];

const PARTS_MAX: usize = 4;
/// Below this a byte tells the truth, so that bytes that are missing do.
const LIE: u8 = 224;

/// The input, and whether all that was told so far is true.
struct Teller<'a> {
    input: Input<'a>,
    is_true: bool,
}

impl Teller<'_> {
    /// Whether a lie comes next.
    fn lies(&mut self) -> bool {
        let lies = self.input.byte() >= LIE;
        self.is_true &= !lies;
        lies
    }

    /// The courts that sign: all but those whose bits are set.
    fn signers(&mut self) -> Vec<usize> {
        let missing = self.input.byte();
        let signers: Vec<usize> = (0..COURTS.len()).filter(|court| missing & (1 << court) == 0).collect();
        self.is_true &= signers.len() >= quorum_size(COURTS.len());
        signers
    }

    fn contents(&mut self, start: usize) -> Contents {
        let mut contents =
            Contents { chain: GENESIS.digest(), from: start as u64 + 1, head: *LOG.heads.last().expect("has ends") };
        if self.lies() {
            match self.input.byte() % 4 {
                0 => contents.chain.0[0] ^= self.input.byte(),
                1 => contents.from = self.input.number(),
                2 => contents.head.height = self.input.number(),
                _ => contents.head = *self.input.choice(&LOG.heads),
            }
        }
        contents
    }

    /// A part that goes on after this block.
    fn part(&mut self, height: &mut u64, digest: &mut Digest) -> Vec<BlockAndCertificate> {
        let count = 1 + self.input.byte() % 4;
        let mut blocks = Vec::new();
        for _ in 0..count {
            let (block, header) = self.block(*height, *digest);
            (*height, *digest) = (height.saturating_add(1), header.digest());
            blocks.push((block, self.certificate(*height, *digest)));
        }
        blocks
    }

    /// The block of the log that comes next, or another, or an altered one.
    fn block(&mut self, height: u64, previous: Digest) -> (Vec<u8>, Header) {
        let next = LOG.blocks.get(height as usize).filter(|_| self.input.byte() < LIE);
        self.is_true &= next.is_some();
        let (bytes, _) = next.unwrap_or_else(|| self.input.choice(&LOG.blocks));
        let mut block = Block::decode(bytes).expect("a block of the log");
        let mut is_named = true;
        if self.lies() {
            self.alter(&mut block);
            is_named = self.input.byte() < LIE;
        }
        if is_named {
            block.header.body = body_digest(&block.header.chain, &block.transactions);
        }
        if self.input.byte() < LIE {
            block.header.height = height.saturating_add(1);
            block.header.previous = previous;
        } else {
            // Not in its place any more, unless it was made for it.
            self.is_true &= (block.header.height, block.header.previous) == (height + 1, previous);
        }
        (block.encode(), block.header)
    }

    fn alter(&mut self, block: &mut Block) {
        let header = &mut block.header;
        match self.input.byte() % 8 {
            0 => header.time = Timestamp(self.input.number()),
            1 => header.log_root.0[0] ^= self.input.byte(),
            2 => header.log_size = self.input.number(),
            3 => header.proposer = COURTS[usize::from(self.input.byte()) % COURTS.len()].vote.public(),
            4 => header.chain.0[0] ^= self.input.byte(),
            5 => block.transactions.push(self.input.piece().to_vec()),
            // Seldom, for it takes long.
            6 if self.input.byte() == u8::MAX => block.transactions = vec![vec![0; PART_BYTES_MAX]],
            6 => block.transactions.clear(),
            _ => block.transactions.reverse(),
        }
    }

    fn certificate(&mut self, height: u64, value: Digest) -> Vec<u8> {
        let (round, signers) = (u32::from(self.input.byte()), self.signers());
        let mut vote = Vote { height, round, kind: VoteKind::Precommit, value: Some(value), court: COURTS[0].vote.public() };
        let mut chain = GENESIS.digest();
        let lie = self.lies().then(|| self.input.byte() % 10);
        match lie {
            Some(0) => vote.height = self.input.number(),
            Some(1) => vote.round = self.input.number() as u32,
            Some(2) => vote.value = Some(Digest(self.input.array())),
            Some(3) => vote.value = None,
            Some(4) => vote.kind = VoteKind::Prevote,
            Some(5) => chain = Digest(self.input.array()),
            _ => {}
        }
        let sign = |court: usize| {
            let keys = &COURTS[court].vote;
            let vote = Vote { court: keys.public(), ..vote };
            CourtSignature { court: keys.public(), signature: keys.sign(&vote.sign_bytes(&chain)) }
        };
        let mut certificate = CommitCertificate { height, round, value, signatures: signers.into_iter().map(sign).collect() };
        match lie {
            Some(6) => certificate.signatures.extend(certificate.signatures.first().cloned()),
            Some(7) => certificate.signatures.iter_mut().take(2).for_each(|one| one.signature.0[0] ^= self.input.byte()),
            Some(8) => certificate.signatures.iter_mut().take(1).for_each(|one| one.court.0 = self.input.array()),
            Some(9) => (certificate.height, certificate.value) = (self.input.number(), Digest(self.input.array())),
            _ => {}
        }
        codec::encode(&certificate)
    }

    fn end(&mut self) -> String {
        if self.input.byte() >= 128 {
            return String::new();
        }
        let mut checkpoint = LOG.ledger.head_checkpoint();
        let signers = self.signers();
        let lie = self.lies().then(|| self.input.byte() % 4);
        match lie {
            Some(0) => checkpoint.size = self.input.number() % (1 << 53),
            Some(1) => checkpoint.root = Digest(self.input.array()),
            _ => {}
        }
        let line = |court: usize| {
            let (keys, time_s) = (&COURTS[court], 1_795_453_201);
            let verifier = VerifierKey::cosigner(&keys.name, keys.cosigner.public());
            SignatureLine::cosignature(&verifier, time_s, &checkpoint.cosign(&keys.cosigner, time_s).signature)
        };
        let log = checkpoint.sign_as_log(&COURTS[0].log);
        // As many as are needed, and no more (F35).
        let lines = signers.into_iter().take(quorum_size(COURTS.len())).map(line).collect();
        let note = CosignedCheckpoint { log, cosignatures: lines, checkpoint }.note().to_string();
        if lie != Some(2) {
            return note;
        }
        let other = cosigned(&LOG.at(0)).note().to_string();
        String::from_utf8_lossy(&edited(note.as_bytes(), &[other.into_bytes()], &mut self.input)).into_owned()
    }
}

/// A byte for the height at which the court stands, then what it is told.
fn signed(bytes: &[u8]) -> bool {
    let mut input = Input(bytes);
    let start = usize::from(input.byte()) % LOG.heads.len();
    let mut teller = Teller { input, is_true: true };
    let mut checker = Checker::new(&GENESIS, &LOG.heads[start]).expect("a genesis lists courts");
    let contents = teller.contents(start);
    let is_meant = contents.chain == GENESIS.digest() && contents.from == start as u64 + 1;
    assert_eq!(checker.begin(received(&Frame::Contents(contents.clone()))).is_ok(), is_meant, "{contents:?}");
    if !is_meant {
        return false;
    }
    let ledger = LOG.at(start);
    let (mut height, mut digest) = (ledger.head().height, ledger.head().digest);
    let mut before = (PART_BLOCKS_MAX, 0);
    for _ in 0..PARTS_MAX {
        if teller.input.is_empty() || teller.input.byte() >= LIE {
            break;
        }
        let (first, previous) = (height, digest);
        let blocks = teller.part(&mut height, &mut digest);
        let length = |(block, certificate): &BlockAndCertificate| block.len() + certificate.len();
        let has_room = before.0 < PART_BLOCKS_MAX && before.1 + length(&blocks[0]) <= PART_BYTES_MAX;
        before = (blocks.len(), blocks.iter().map(length).sum());
        match checker.check(received(&Frame::Part(blocks.clone()))) {
            Ok(part) => {
                assert!(!has_room && !part.is_end() && part.checkpoint().is_none(), "the part before had room");
                let believed = part.blocks().iter().map(|(block, certificate)| (block.bytes().to_vec(), certificate.clone()));
                assert_eq!(believed.collect::<Vec<_>>(), blocks);
                assert_eq!(linked(&blocks, first, previous), digest);
                import(&ledger, &part, first, teller.is_true);
            }
            Err(fault) => {
                assert!(has_room || !teller.is_true, "the truth is refused: {fault}");
                return false;
            }
        }
    }
    let note = teller.end();
    match checker.check(received(&Frame::End(note.clone()))) {
        Ok(part) => {
            assert!(part.is_end() && height >= contents.head.height);
            assert_eq!(part.checkpoint().map(|cosigned| cosigned.note().to_string()).unwrap_or_default(), note);
            part.checkpoint().is_none_or(|cosigned| is_kept(&ledger, cosigned))
        }
        Err(fault) => {
            assert!(height < contents.head.height || !teller.is_true, "the truth is refused: {fault}");
            false
        }
    }
}

/// The frame, as it arrives.
fn received(frame: &Frame) -> Frame {
    let bytes = frame.encode();
    let mut rest = &bytes[..];
    let received = next_frame(&mut rest).expect("a whole frame of whatever it holds");
    assert!(rest.is_empty() && received == *frame);
    received
}

/// Counts again what makes blocks believable; the digest of the last one.
fn linked(blocks: &[BlockAndCertificate], mut height: u64, mut digest: Digest) -> Digest {
    for (block, certificate) in blocks {
        let Block { header, transactions } = codec::decode(block, block.len()).expect("a block");
        height += 1;
        assert_eq!((header.chain, header.height, header.previous), (GENESIS.digest(), height, digest), "it follows");
        assert_eq!(header.body, body_digest(&header.chain, &transactions), "its body is the one it names");
        digest = header.digest();
        let certificate: CommitCertificate = codec::decode(certificate, certificate.len()).expect("a certificate");
        let CommitCertificate { round, .. } = certificate;
        let is_signed = |one: &CourtSignature| {
            let vote = Vote { height, round, kind: VoteKind::Precommit, value: Some(digest), court: one.court };
            one.court.verify(&vote.sign_bytes(&GENESIS.digest()), &one.signature)
        };
        let signers: BTreeSet<_> = certificate.signatures.iter().filter(|one| is_signed(one)).map(|one| one.court).collect();
        let courts = COURTS.iter().filter(|keys| signers.contains(&keys.vote.public())).count();
        assert!(courts >= quorum_size(COURTS.len()), "{courts} courts decided block {height}");
    }
    digest
}

/// A quorum may lie about what the ledger judges itself. Blocks that follow on what it did not take have no
/// place in it.
fn import(ledger: &Ledger, part: &Part, first: u64, is_true: bool) {
    let head = ledger.head();
    if head.height != first {
        return;
    }
    match ledger.import(part.blocks()) {
        Ok(committed) => {
            assert_eq!(committed.len(), part.blocks().len());
            assert_eq!(ledger.head().height, first + part.blocks().len() as u64);
            assert!(!is_true || ledger.head() == LOG.heads[ledger.head().height as usize]);
        }
        Err(Error::Invalid(reason)) => assert!(!is_true && ledger.head() == head, "{reason}"),
        Err(error) => panic!("believed blocks do this to a ledger: {error}"),
    }
}

/// Whether the ledger keeps a checkpoint that was believed: it is cosigned by a quorum, and of this log or
/// else left out.
fn is_kept(ledger: &Ledger, cosigned: &CosignedCheckpoint) -> bool {
    let checkpoint: &Checkpoint = &cosigned.checkpoint;
    let signed = |line: &SignatureLine| {
        let (time_s, signature) = line.as_cosignature()?;
        let keys = COURTS.iter().find(|keys| VerifierKey::cosigner(&keys.name, keys.cosigner.public()).id() == line.id)?;
        let cosignature = Cosignature { time_s, signature };
        checkpoint.verify_cosignature(&keys.cosigner.public(), &cosignature).then_some(&keys.name)
    };
    let signers: BTreeSet<_> = cosigned.cosignatures.iter().filter_map(signed).collect();
    assert!(signers.len() >= quorum_size(COURTS.len()), "{} courts cosigned", signers.len());
    match ledger.record_checkpoint(cosigned) {
        Ok(is_newer) => {
            assert!(is_newer);
            assert_eq!(ledger.checkpoint().as_ref().map(Option::as_ref), Ok(Some(cosigned)));
            true
        }
        Err(error) => {
            assert!(!error.is_fatal(), "{error}");
            false
        }
    }
}

fn seeds() -> Vec<Vec<u8>> {
    const END: [u8; 1] = [255];
    let truth = |blocks: u8| [&[0, blocks - 1][..], &[0; 6].repeat(usize::from(blocks))].concat();
    let whole = |start: u8| [&[start, 0][..], &truth(3 - start), &END].concat();
    // After the truth about the first block: one that is altered, then a certificate with a lie.
    let altered = |kind: u8| [&[0, 0][..], &[0, 1], &[0; 6], &[0, 255, kind, 9, 9, 9, 0, 0, 0, 0, 0], &END].concat();
    let forged = |kind: u8| [&[0, 0][..], &[0, 1], &[0; 6], &[0, 0, 0, 0, 0, 255, kind, 9, 9, 9, 9, 9, 9, 9, 9], &END].concat();
    let mut seeds = vec![whole(0), whole(1), whole(2), vec![3, 0, 255], [whole(0), vec![128]].concat()];
    seeds.extend((0..4).map(|kind| [&[0, 255, kind, 9][..], &truth(3), &END].concat()));
    seeds.extend((0..8).map(altered));
    seeds.extend((0..10).map(forged));
    seeds.extend([1, 3, 7].map(|missing| [&[0, 0, 0, 0, 0, 0, 0, 0, missing, 0][..], &END].concat()));
    seeds.extend([(1, 0), (3, 0), (0, 255)].map(|(missing, lie)| [&whole(0)[..], &[0, missing, lie, 1, 9, 9]].concat()));
    seeds.push([&whole(0)[..], &[0, 0, 255, 2, 0, 9, 0, 7]].concat());
    // A part with room and one after it; then one without, which is longer than a part is and which the
    // ledger does not take.
    let [one, two] = [truth(1), truth(2)];
    seeds.push([&[0, 0][..], &one, &two, &END].concat());
    seeds.push([&[0, 0][..], &[0, 0], &[0, 255, 6, 255, 0, 0, 0, 0, 0], &two, &END].concat());
    seeds
}
