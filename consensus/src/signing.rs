//! Whether this court may sign votes and proposals, and if not, why and until when.
//!
//! In: what this court knows of its earlier signatures, what others show of them, heights to observe.
//! Out: the reason for a [`Silence`], or none if the court may sign.
//! Always: the key signs nothing during a silence.
//! Not for single steps: the guard signs each step once.
//! Not for the wait for hellos before the first height after a restart: see `start_if_due` and
//! `knows_what_it_signed` in `driver/run.rs`.
//! Not for cosignatures: see `decide` in `node/court/src/cosign.rs`.
//!
//! # Why no step is signed twice
//!
//! A *step* is a kind, a round and a height. The guard signs a step only above all its records, or again with
//! the very bytes on record (C10). Each record is durable before its signature leaves (C9). It remains to
//! show that a court whose records are incomplete signs no step that it may have signed in an earlier run of
//! its process. A signature that no other court saw does no harm.
//!
//! 1. *There are records, perhaps older ones than there were* ([`Memory::Open`] with a record). No height
//!    starts before enough courts said hello, nor within 500 ms unless all did (C13). A hello shows the
//!    newest statement that its sender saw of this court. That statement goes on record, so nothing below it
//!    is signed. Its height is observed ([`Silence::Observing`]), because other steps of it may be unknown.
//! 2. *There are no records, and the network has blocks* ([`Memory::Lost`]). Nothing at all is signed
//!    ([`Silence::Unsure`]) until one of two things happens (C24). Every other court has said hello: then 1
//!    holds. Or a block comes that was made after this court's start by more than clocks differ, and no more
//!    than a third of the courts tell a greater height. Then the next height was new to all courts when this
//!    process started.
//! 3. *There are no records, and no court tells of a block* ([`Memory::Open`] without a record). The network
//!    begins, and the wait of 1 holds. If only a third of the courts or fewer claim a block, all of them may
//!    lie. An honest one proves its claim within 60 s by sending blocks.
//! 4. *A peer shows a signature of this key far above all told heights* ([`Silence::Suspended`]). If it is
//!    this court's own, the network is there: told heights come near it, and 1 holds. If a block below it is
//!    made after it was shown, this court cannot have signed it: a thief did (C30). Until one of the two is
//!    known, nothing is signed.
//! 5. *The two logs contradict each other* ([`Silence::Observing`]). What the court locked on is forgotten,
//!    so the height is observed (C12).
//!
//! The observed height never goes down, and no other silence ends by a restart or, past 60 s in 3, by a clock
//! alone. The model in `tests/model` searches these rules. The simulator checks each signature against the
//! disk at the moment it leaves.

use crate::vote::SignedStep;
use courtseal_proof::bytes::time::Timestamp;

/// Why a court signs nothing at a height, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Silence {
    /// It holds no voting key. This silence never ends.
    NoKey,
    /// It lost its record of what it signed (C24): until all other courts have shown what they saw, or a
    /// block is made from now on.
    Unsure,
    /// It was shown a signature of its own key for a height that no court is near (C30): until told heights
    /// come near it, or one more block is made.
    Suspended {
        /// The height of that signature.
        height: u64,
    },
    /// It may have signed what it does not know of (C12, C13).
    Observing {
        /// Up to and including this height.
        until: u64,
        /// The reason, for the operator.
        why: String,
    },
}

/// What a court knows of what it signed before it was started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Memory {
    /// It is open until the first height starts.
    Open,
    /// No record is left, in a network that has blocks.
    Lost {
        /// A block made after this is newer than all that this court signed before.
        fresh_after: Timestamp,
    },
    /// All of it is known, as far as other courts can tell.
    Known,
}

/// A statement of the own key; it is open who signed it (C30).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Suspicion {
    /// The lowest one shown.
    pub(crate) statement: SignedStep,
    /// When the first of them was shown, by the own clock.
    pub(crate) shown: Timestamp,
}

/// What is known about a theft of the key.
#[derive(Clone, Copy, Debug)]
enum Theft {
    None,
    Suspected(Suspicion),
    Proven,
}

/// What this court knows of its own signatures, and what keeps it silent.
#[derive(Debug)]
pub(crate) struct Signing {
    has_key: bool,
    /// Whether there was any record when this court was started.
    has_record: bool,
    memory: Memory,
    /// The newest own statement that was shown while this court had no record and did not know what it signed
    /// (C24).
    shown: Option<SignedStep>,
    theft: Theft,
    /// Up to and including which height it observes, and why; 0 and nothing if it never did.
    observed: (u64, String),
}

impl Signing {
    /// The state of a court that has just been started, and has read no record yet.
    pub(crate) fn new(has_key: bool) -> Self {
        Self { has_key, has_record: false, memory: Memory::Open, shown: None, theft: Theft::None, observed: (0, String::new()) }
    }

    /// Notes, after both logs were read, whether there is any record.
    pub(crate) fn recalled(&mut self, has_record: bool) {
        self.has_record = has_record;
    }

    /// Why nothing is signed at a height; none if it may be.
    pub(crate) fn silence(&self, height: u64) -> Option<Silence> {
        if !self.has_key {
            return Some(Silence::NoKey);
        }
        if self.is_lost() {
            return Some(Silence::Unsure);
        }
        if let Theft::Suspected(Suspicion { statement, .. }) = self.theft {
            return Some(Silence::Suspended { height: statement.step().height });
        }
        let (until, why) = &self.observed;
        (height <= *until).then(|| Silence::Observing { until: *until, why: why.clone() })
    }

    /// Whether the key may sign at a height.
    pub(crate) fn may_sign(&self, height: u64) -> bool {
        let is_suspected = matches!(self.theft, Theft::Suspected(_));
        self.has_key && !self.is_lost() && !is_suspected && height > self.observed.0
    }

    /// Signs nothing up to and including `height` from now on. Returns whether that is more than before.
    pub(crate) fn observe(&mut self, height: u64, why: &str) -> bool {
        let is_more = height > self.observed.0;
        if is_more {
            self.observed = (height, why.to_owned());
        }
        is_more
    }

    /// The height up to which the court only observes; 0 if it never did.
    pub(crate) fn observed_height(&self) -> u64 {
        self.observed.0
    }

    /// Whether there was any record when this court was started.
    pub(crate) fn has_record(&self) -> bool {
        self.has_record
    }

    /// Whether what this court signed before is known, or lies below the next height.
    pub(crate) fn is_known(&self) -> bool {
        self.memory == Memory::Known
    }

    /// Whether it may have signed what no court has shown it yet.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self.memory, Memory::Lost { .. })
    }

    /// Notes that nothing is on record. Nothing is signed until [`Self::know`] is called.
    pub(crate) fn lose(&mut self, fresh_after: Timestamp) {
        self.memory = Memory::Lost { fresh_after };
    }

    /// Whether a block of this time was made after all that this court signed in earlier runs. False if no
    /// record is lost.
    pub(crate) fn is_after_loss(&self, time: Timestamp) -> bool {
        matches!(self.memory, Memory::Lost { fresh_after } if time > fresh_after)
    }

    /// Notes that all that this court may have signed before is known, or lies below the next height. Returns
    /// whether it was lost, and the newest statement shown meanwhile. That one must go on record now, because
    /// a restart would take an older record for all it had signed. Heights that it observes stay observed.
    pub(crate) fn know(&mut self) -> (bool, Option<SignedStep>) {
        let was_lost = self.is_lost();
        self.memory = Memory::Known;
        (was_lost, self.shown.take())
    }

    /// Keeps an own statement that was shown before this court knows what it signed, if it is the newest.
    pub(crate) fn keep_shown(&mut self, statement: SignedStep) {
        if self.shown.is_none_or(|shown| shown.step() < statement.step()) {
            self.shown = Some(statement);
        }
    }

    /// Takes an own statement for a height beyond reach that a peer shows at `now`. Returns whether signing
    /// pauses from now on because of it.
    pub(crate) fn suspect(&mut self, statement: SignedStep, now: Timestamp) -> bool {
        let shown = match self.theft {
            // The key is known to be stolen, so the thief's signatures far away mean nothing.
            Theft::Proven => return false,
            Theft::Suspected(open) if statement.step() >= open.statement.step() => return false,
            // The first sight of any of them counts, because an earlier run signed before that. If each lower
            // statement restarted the clock, a thief could show one every few seconds, and no block would
            // ever be fresh.
            Theft::Suspected(open) => open.shown,
            Theft::None => now,
        };
        self.theft = Theft::Suspected(Suspicion { statement, shown });
        true
    }

    /// The statement that raised the suspicion.
    pub(crate) fn suspicion(&self) -> Option<Suspicion> {
        match self.theft {
            Theft::Suspected(open) => Some(open),
            Theft::None | Theft::Proven => None,
        }
    }

    /// Ends the suspicion: somebody else has the key, or the statement is this court's own.
    pub(crate) fn end_suspicion(&mut self, is_stolen: bool) {
        self.theft = if is_stolen { Theft::Proven } else { Theft::None };
    }

    /// Whether somebody else is proven to sign with the key.
    pub(crate) fn is_stolen(&self) -> bool {
        matches!(self.theft, Theft::Proven)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vote::{Signed, Vote, VoteKind};
    use courtseal_proof::bytes::key::SecretKey;

    const START: Timestamp = Timestamp(1_000);

    fn signing() -> Signing {
        Signing::new(true)
    }

    fn statement(height: u64) -> SignedStep {
        let key = SecretKey::from_seed([1; 32]);
        let content = Vote { height, round: 0, kind: VoteKind::Prevote, value: None, court: key.public() };
        SignedStep::Vote(Signed { signature: key.sign(b""), content })
    }

    fn observing(until: u64, why: &str) -> Option<Silence> {
        Some(Silence::Observing { until, why: why.to_owned() })
    }

    #[test]
    fn may_sign_and_silence_are_one_answer() {
        let states: [fn(&mut Signing); 6] = [
            |_| {},
            |signing| assert!(signing.observe(3, "seen")),
            |signing| signing.lose(START),
            |signing| assert!(signing.suspect(statement(90), START)),
            |signing| {
                signing.suspect(statement(90), START);
                signing.end_suspicion(true);
            },
            |signing| assert!(!signing.know().0),
        ];
        for (has_key, change) in [true, false].into_iter().flat_map(|has_key| states.map(|change| (has_key, change))) {
            let mut signing = Signing::new(has_key);
            change(&mut signing);
            for height in 1..6 {
                assert_eq!(signing.may_sign(height), signing.silence(height).is_none(), "{signing:?} at {height}");
            }
        }
    }

    #[test]
    fn c13_what_is_observed_never_becomes_less() {
        let mut signing = signing();
        assert!(signing.observe(5, "first") && !signing.observe(4, "less") && !signing.observe(5, "the same"));
        assert_eq!((signing.silence(5), signing.silence(6)), (observing(5, "first"), None));
        assert!(signing.observe(6, "more"));
        assert_eq!(signing.silence(6), observing(6, "more"));
    }

    #[test]
    fn c24_a_court_without_records_signs_again_once_it_knows_and_what_it_observes_stays() {
        let mut signing = signing();
        assert!(!signing.is_after_loss(Timestamp(u64::MAX)), "nothing is lost");
        signing.lose(START);
        assert_eq!(signing.silence(9), Some(Silence::Unsure));
        assert!(!signing.is_after_loss(START) && signing.is_after_loss(START.plus_ms(1)));
        for height in [2, 3, 1] {
            signing.observe(height, "shown");
            signing.keep_shown(statement(height));
        }
        let (was_lost, shown) = signing.know();
        assert_eq!((was_lost, shown.map(|shown| shown.step().height)), (true, Some(3)), "the newest goes on record");
        assert_eq!((signing.silence(3), signing.silence(4)), (observing(3, "shown"), None));
        assert!(!signing.know().0, "once");
    }

    #[test]
    fn c30_the_lowest_statement_counts_from_the_first_sight_and_a_thief_is_believed_once() {
        let mut signing = signing();
        assert!(signing.suspect(statement(90), START) && !signing.suspect(statement(90), START.plus_ms(1)));
        assert!(signing.suspect(statement(80), START.plus_ms(2)));
        assert_eq!(signing.silence(1), Some(Silence::Suspended { height: 80 }));
        let open = signing.suspicion().unwrap();
        assert_eq!((open.statement.step().height, open.shown), (80, START));
        signing.end_suspicion(true);
        assert!(signing.is_stolen() && signing.silence(1).is_none());
        assert!(!signing.suspect(statement(70), START), "what the thief signs means nothing more");
    }
}
