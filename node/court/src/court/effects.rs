//! Performs the effects of consensus: messages, timers, blocks to judge, reports.
//!
//! In: [`Effect`]s.
//! Out: calls of the [`Host`]; findings, for the court to follow up.
//! Always: an effect is performed at once and in order.
//! Not for durability: the runner has flushed the logs before it calls.

use super::host::Host;
use super::judging::Judgement;
use super::stall::signed_by;
use crate::frame::Frame;
use crate::mempool::Texts;

use courtseal_consensus::vote::SignedProposal;
use courtseal_consensus::vote::SignedStep;
use courtseal_consensus::{Effect, EffectHandler, Error};
use courtseal_ledger::Ledger;
use courtseal_proof::block::ReadBlock;
use courtseal_proof::bytes::key::PublicKey;
use courtseal_proof::bytes::name::CourtName;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The findings of consensus about courts in one event.
#[derive(Default)]
pub(super) struct Findings {
    /// Pairs of statements of one court that contradict each other (C22).
    pub contradictions: Vec<(SignedStep, SignedStep)>,
    /// Invalid blocks under signed proposals, and the reasons (C29).
    pub invalid: Vec<(SignedProposal, ReadBlock, String)>,
    /// Signatures with this court's key that this court did not make (C30).
    pub stolen: Vec<SignedStep>,
    /// Heights that were started, and the voting keys of the courts that started them (C28).
    pub begun: Vec<(u64, PublicKey)>,
}

/// Performs effects on the host.
pub(super) struct HostEffects<'a> {
    pub host: &'a mut dyn Host,
    /// The courts by their voting keys, by which consensus knows them.
    pub voters: &'a BTreeMap<PublicKey, CourtName>,
    /// This court's voting key.
    pub own: PublicKey,
    /// The height for which this court has signed something, if it has.
    pub signed: Option<u64>,
    /// The ledger by whose rules blocks are judged.
    pub ledger: &'a Arc<Ledger>,
    /// Waiting transactions, whose signatures are verified.
    pub texts: Arc<Texts>,
    /// Findings for the court to follow up.
    pub found: Findings,
}

impl<'a> HostEffects<'a> {
    fn court(&self, voter: &PublicKey) -> Option<&'a CourtName> {
        self.voters.get(voter)
    }
}

impl EffectHandler for HostEffects<'_> {
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
                tracing::warn!(?court, %peer, %reason, "a court violates the protocol; disconnecting it");
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
                    "a peer shows a signature of this court's voting key for height {height}, which no court is near: this court signs nothing until one more block is recorded"
                );
            }
            // Status reports the suspension only while it lasts, so its end needs no message.
            Effect::Suspended { height: None } => {}
            Effect::Stolen { statement } => {
                let height = statement.step().height;
                tracing::error!(
                    ?statement,
                    "this court's voting key is stolen: another party signed with it for height {height}, which no court has reached. Keep this line as proof, and tell the other courts"
                );
                self.found.stolen.push(statement);
            }
            Effect::Unsure { is_unsure: true } => {
                tracing::warn!(
                    "this court lost its record of what it signed: it votes once every other court has shown the signatures that it remembers, or after a block that is made from now on"
                );
            }
            Effect::Unsure { is_unsure: false } => {
                tracing::info!("this court knows again what it signed before, and votes");
            }
            Effect::Observing { height, why } => {
                tracing::warn!("this court votes again from height {}: {why}", height.saturating_add(1));
            }
        }
        Ok(())
    }
}
