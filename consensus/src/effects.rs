//! Answers to the effects of the core, in one exhaustive match.
//!
//! In: effects.
//! Out: the answer the core waits for, and [`Outcome`]s for the driver.
//! Always: questions about signatures and certificates are answered at once, from guard and verifier.
//! Everything else is only noted.
//! Not for the order of flushing and sending: the outcomes of one input are performed together, later.

use crate::context::CourtContext;
use crate::convert;
use crate::court_set::{CourtSet, Voter};
use crate::error::Error;
use crate::guard::{Guard, Refusal};
use crate::verify::{Fault, Verifier};
use crate::vote::{CommitCertificate, CourtSignature, PolkaCertificate, RoundCertificate, SignedProposal, SignedStep};
use crate::wal::{Wait, WalRecord};
use arc_malachitebft_core_consensus::{ConsensusMsg, Effect, Input, LivenessMsg, Resumable, Resume, SignedConsensusMsg};
use arc_malachitebft_core_types::{CertificateError, CommitSignature, SignedMessage, Timeout, TimeoutKind};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::Signature;

/// What the core waits for, beside the three logged timeouts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum CoreWait {
    /// One of the logged timeouts.
    Step(Wait),
    /// Time to send own votes again.
    Rebroadcast,
}

/// What the core wants done.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    /// Append to the write-ahead log.
    Log(WalRecord),
    /// A proposal passed the checks of signature and proposer: its body may be judged.
    Named(SignedProposal),
    /// Send a vote or proposal; own ones through the guard.
    Publish(SignedStep),
    /// Send an own vote again.
    Republish(SignedStep),
    /// Send a certificate of prevotes.
    PublishPolka(PolkaCertificate),
    /// Send a round certificate.
    PublishRound(RoundCertificate),
    /// A round began.
    Round,
    /// Build a block for this round.
    Build(u32),
    /// Start a timer.
    Schedule(CoreWait, u32),
    /// Stop a timer.
    Cancel(CoreWait, u32),
    /// Stop all timers.
    CancelAll,
    /// The height is decided.
    Decided(CommitCertificate),
    /// A signature was asked for and refused.
    Refused(SignedStep, Refusal),
    /// A certificate of a peer did not verify.
    BadCertificate,
}

/// The environment of the core: what effects are answered from, and where they are noted.
pub(crate) struct Environment {
    pub(crate) guard: Guard,
    pub(crate) verifier: Verifier,
    pub(crate) chain: Digest,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) failure: Option<Error>,
}

/// A signature that verifies under no key. The core cannot take a refusal, but it drops a vote that does not
/// verify.
const NO_SIGNATURE: Signature = Signature([0; 64]);

impl Environment {
    pub(crate) fn new(guard: Guard, verifier: Verifier, chain: Digest) -> Self {
        Self { guard, verifier, chain, outcomes: Vec::new(), failure: None }
    }

    fn note(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    fn sign(&mut self, statement: impl Fn(Signature) -> SignedStep) -> Signature {
        let unsigned = statement(NO_SIGNATURE);
        let signed = self.guard.sign(unsigned.step(), unsigned.sign_bytes(&self.chain));
        signed.unwrap_or_else(|refusal| {
            self.note(Outcome::Refused(unsigned, refusal));
            NO_SIGNATURE
        })
    }

    fn log(&mut self, height: u64, input: &Input<CourtContext>) {
        match WalRecord::of(height, input) {
            Some(record) => self.note(Outcome::Log(record)),
            None => self.failure = Some(Error::Core("an input that must not be logged".to_owned())),
        }
        // The gate opens here: the core logs a proposal only after it has checked signature and proposer.
        if let Input::Proposal(proposal) = input {
            self.note(Outcome::Named(convert::signed_proposal_in(proposal)));
        }
    }

    #[expect(clippy::result_large_err, reason = "the core's own type")]
    fn certificate(&mut self, result: Result<(), Fault>) -> Result<(), CertificateError<CourtContext>> {
        result.map_err(|fault| {
            self.note(Outcome::BadCertificate);
            certificate_error(fault)
        })
    }

    #[expect(clippy::result_large_err, reason = "the core's own type")]
    fn commit(&mut self, certificate: &CommitCertificate, courts: &CourtSet) -> Result<(), CertificateError<CourtContext>> {
        let result = self.verifier.commit(certificate, courts);
        self.certificate(result)
    }
}

/// Answers one effect.
pub(crate) fn handle(effect: Effect<CourtContext>, environment: &mut Environment) -> Resume<CourtContext> {
    match effect {
        Effect::CancelAllTimeouts(r) => {
            environment.note(Outcome::CancelAll);
            r.resume_with(())
        }
        Effect::CancelTimeout(timeout, r) => {
            if let Some(wait) = wait(&timeout) {
                environment.note(Outcome::Cancel(wait, convert::round(timeout.round)));
            }
            r.resume_with(())
        }
        Effect::ScheduleTimeout(timeout, r) => {
            if let Some(wait) = wait(&timeout) {
                environment.note(Outcome::Schedule(wait, convert::round(timeout.round)));
            }
            r.resume_with(())
        }
        Effect::StartRound(_, _, _, _, r) => {
            environment.note(Outcome::Round);
            r.resume_with(())
        }
        Effect::PublishConsensusMsg(message, r) => {
            environment.note(Outcome::Publish(match message {
                SignedConsensusMsg::Vote(vote) => SignedStep::Vote(convert::signed_vote_in(&vote)),
                SignedConsensusMsg::Proposal(proposal) => SignedStep::Proposal(convert::signed_proposal_in(&proposal)),
            }));
            r.resume_with(())
        }
        Effect::PublishLivenessMsg(message, r) => {
            environment.note(match message {
                LivenessMsg::Vote(vote) => Outcome::Republish(SignedStep::Vote(convert::signed_vote_in(&vote))),
                LivenessMsg::PolkaCertificate(polka) => Outcome::PublishPolka(convert::polka_in(&polka)),
                LivenessMsg::SkipRoundCertificate(round) => Outcome::PublishRound(convert::round_in(&round)),
            });
            r.resume_with(())
        }
        Effect::RepublishVote(vote, r) => {
            environment.note(Outcome::Republish(SignedStep::Vote(convert::signed_vote_in(&vote))));
            r.resume_with(())
        }
        Effect::RepublishRoundCertificate(certificate, r) => {
            environment.note(Outcome::PublishRound(convert::round_in(&certificate)));
            r.resume_with(())
        }
        Effect::GetValue(_, round, _, r) => {
            environment.note(Outcome::Build(convert::round(round)));
            r.resume_with(())
        }
        // A court that lacks the body of a value that is proposed again asks for it by digest (rule C14).
        Effect::RestreamProposal(_, _, _, _, _, r) => r.resume_with(()),
        // Decided blocks of other courts are applied beside the core (crate::sync), so it never sees one.
        Effect::CertVerifiedSyncValue(_, _, r) => r.resume_with(()),
        Effect::CertRejectedSyncValue(_, _, _, r) => r.resume_with(()),
        Effect::Decide(certificate, _, r) => {
            environment.note(Outcome::Decided(convert::commit_in(&certificate)));
            r.resume_with(())
        }
        // Follows Decide at once, because no target time is given. crate::evidence_pool finds equivocations.
        Effect::Finalize(_, _, _, r) => r.resume_with(()),
        Effect::SignVote(vote, r) => {
            let content = convert::vote_in(&vote);
            let signature = environment.sign(|signature| SignedStep::Vote(crate::vote::Signed { content, signature }));
            r.resume_with(SignedMessage::new(vote, signature))
        }
        Effect::SignProposal(proposal, r) => {
            let content = convert::proposal_in(&proposal);
            let signature = environment.sign(|signature| SignedStep::Proposal(crate::vote::Signed { content, signature }));
            r.resume_with(SignedMessage::new(proposal, signature))
        }
        Effect::VerifySignature(signed, key, r) => {
            let signature = signed.signature;
            let statement = match signed.message {
                ConsensusMsg::Vote(vote) => SignedStep::Vote(crate::vote::Signed { content: convert::vote_in(&vote), signature }),
                ConsensusMsg::Proposal(proposal) => {
                    SignedStep::Proposal(crate::vote::Signed { content: convert::proposal_in(&proposal), signature })
                }
            };
            let good = statement.court() == key && signature != NO_SIGNATURE && environment.verifier.statement(&statement);
            r.resume_with(good)
        }
        Effect::VerifyCommitCertificate(certificate, courts, _, r) => {
            let result = environment.commit(&convert::commit_in(&certificate), &courts);
            r.resume_with(result)
        }
        Effect::VerifyExtendedCommitCertificate(certificate, courts, _, _, r) => {
            let plain = CommitCertificate {
                height: certificate.height.0,
                round: convert::round(certificate.round),
                value: certificate.value_id,
                signatures: certificate
                    .commit_signatures
                    .iter()
                    .map(|one| CourtSignature { court: one.address.0, signature: one.signature })
                    .collect(),
            };
            let result = environment.commit(&plain, &courts);
            r.resume_with(result)
        }
        Effect::VerifyPolkaCertificate(certificate, courts, _, r) => {
            let result = environment.verifier.polka(&convert::polka_in(&certificate), &courts);
            r.resume_with(environment.certificate(result))
        }
        Effect::VerifyRoundCertificate(certificate, courts, _, r) => {
            let result = environment.verifier.round(&convert::round_in(&certificate), &courts);
            r.resume_with(environment.certificate(result))
        }
        Effect::WalAppend(height, input, r) => {
            environment.log(height.0, &input);
            r.resume_with(())
        }
        // Vote extensions are disabled at every height.
        Effect::ExtendVote(_, _, _, _, r) => r.resume_with(None),
        Effect::VerifyVoteExtension(_, _, _, _, _, _, r) => {
            r.resume_with(Err(arc_malachitebft_core_consensus::VoteExtensionError::InvalidVoteExtension))
        }
    }
}

fn wait(timeout: &Timeout) -> Option<CoreWait> {
    match timeout.kind {
        TimeoutKind::Propose => Some(CoreWait::Step(Wait::Propose)),
        TimeoutKind::Prevote => Some(CoreWait::Step(Wait::Prevote)),
        TimeoutKind::Precommit => Some(CoreWait::Step(Wait::Precommit)),
        TimeoutKind::Rebroadcast => Some(CoreWait::Rebroadcast),
        TimeoutKind::FinalizeHeight(_) => None,
    }
}

/// The core prints this and drops the certificate; it does not act on the kind of error.
fn certificate_error(fault: Fault) -> CertificateError<CourtContext> {
    match fault {
        Fault::Unknown(key) => CertificateError::UnknownValidator(Voter(key)),
        Fault::Twice(key) => CertificateError::DuplicateVote(Voter(key)),
        Fault::StepKind(key) => CertificateError::InvalidVoteType(Voter(key)),
        Fault::Signature(key, signature) => CertificateError::InvalidCommitSignature(CommitSignature::new(Voter(key), signature)),
        Fault::TooFew(signed) => CertificateError::NotEnoughVotingPower { signed: signed as u64, total: 0, expected: 0 },
    }
}
