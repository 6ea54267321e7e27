//! Performs what consensus wants done outside: messages and timers.
//!
//! In: [`Effect`]s. Out: calls of the [`Host`]. Always: an effect is handed on at once and in order. Not for
//! durability: the runner has flushed before it calls.

use super::host::Host;
use super::judging::Judgement;
use super::stall::signed_by;
use crate::frame::Frame;
use crate::mempool::Texts;

use courtseal_consensus::vote::SignedProposal;
use courtseal_consensus::vote::Statement;
use courtseal_consensus::{BlockBytes, Effect, EffectHandler, Error};
use courtseal_ledger::Ledger;
use courtseal_proof::key::PublicKey;
use courtseal_proof::name::CourtName;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What consensus found out about courts in one event.
#[derive(Default)]
pub(super) struct Findings {
    /// Contradictions that were seen.
    pub contradictions: Vec<(Statement, Statement)>,
    /// Invalid blocks under signed proposals, and why they are.
    pub invalid: Vec<(SignedProposal, BlockBytes, String)>,
    /// Signatures by this court's key that it did not make.
    pub stolen: Vec<Statement>,
    /// Heights started, and the voting keys of those who started them.
    pub begun: Vec<(u64, PublicKey)>,
}

/// The host's network and timers, as consensus sees them.
pub(super) struct Post<'a> {
    pub host: &'a mut dyn Host,
    /// The courts by their voting keys, which are what consensus knows of them.
    pub voters: &'a BTreeMap<PublicKey, CourtName>,
    /// This court's voting key.
    pub own: PublicKey,
    /// The height that this court signed something for.
    pub signed: Option<u64>,
    /// The ledger by which blocks are judged.
    pub ledger: &'a Arc<Ledger>,
    /// Waiting transactions, whose signatures were checked.
    pub texts: Arc<Texts>,
    /// What the court has to follow up.
    pub found: Findings,
}

impl<'a> Post<'a> {
    fn court(&self, voter: &PublicKey) -> Option<&'a CourtName> {
        self.voters.get(voter)
    }
}

impl EffectHandler for Post<'_> {
    fn perform(&mut self, effect: Effect) -> Result<(), Error> {
        match effect {
            Effect::Broadcast(message) => {
                self.signed = signed_by(&message, &self.own).or(self.signed);
                self.host.broadcast(&Frame::Consensus(message));
            }
            Effect::Send { to, message } => {
                if let Some(court) = self.court(&to) {
                    self.host.send(court, &Frame::Consensus(message));
                }
            }
            Effect::SetTimer { token, after_ms } => self.host.set_timer(token, after_ms),
            Effect::CancelTimer { token } => self.host.cancel_timer(token),
            Effect::Refuse { peer, reason } => {
                let court = self.court(&peer);
                tracing::warn!(?court, %peer, %reason, "a court breaks the protocol; disconnecting it");
                court.into_iter().for_each(|court| self.host.disconnect(court));
            }
            Effect::Evidence { first, second } => {
                tracing::error!(?first, ?second, "a court signed two different things for one step: keep this line as evidence");
                self.found.contradictions.push((first, second));
            }
            Effect::Judge { height, value, block } => {
                let (ledger, texts) = (Arc::clone(self.ledger), Arc::clone(&self.texts));
                self.host.judge(Judgement { height, value, block, ledger, texts });
            }
            Effect::Invalid { proposal, block, reason } => self.found.invalid.push((proposal, block, reason)),
            Effect::Begun { height, by } => self.found.begun.push((height, by)),
            Effect::Suspended { height: Some(height) } => {
                tracing::warn!(
                    "somebody shows a signature of this court's voting key for height {height}, which no court is near: this court signs nothing until one more block is recorded"
                );
            }
            // What is shown of it ends with it.
            Effect::Suspended { height: None } => {}
            Effect::Stolen { statement } => {
                let height = statement.step().height;
                tracing::error!(
                    ?statement,
                    "this court's voting key is stolen: somebody else signed with it for height {height}, which no court has reached. Keep this line as proof, and tell the other courts"
                );
                self.found.stolen.push(statement);
            }
            Effect::Unsure { is_unsure: true } => {
                tracing::warn!(
                    "no record is left of what this court signed: it votes once every other court has shown what it remembers, or after a block that is made from now on"
                );
            }
            Effect::Unsure { is_unsure: false } => {
                tracing::info!("what this court signed before is known again: it votes");
            }
            Effect::Observing { height, why } => {
                tracing::warn!("this court votes again from height {}: {why}", height.saturating_add(1));
            }
        }
        Ok(())
    }
}
