//! Performs what consensus wants done outside: messages and timers.
//!
//! In: [`Effect`]s. Out: calls of the [`Host`]. Always: an effect is handed on at once and in order. Not for durability: the runner has flushed
//! before it calls.

use super::Host;
use super::standstill::signed_by;
use crate::network::Frame;
use courtseal_consensus::vote::Statement;
use courtseal_consensus::{Effect, Error, Outbox};
use courtseal_proof::key::PublicKey;

/// Why a court signs nothing, if it does not.
#[derive(Default)]
pub(super) struct Silence {
    /// It may have signed what it does not know of.
    pub is_unsure: bool,
    /// Up to which height, and why.
    pub observing: Option<(u64, String)>,
}

/// The host's network and timers, as consensus sees them.
pub(super) struct Post<'a> {
    pub host: &'a mut dyn Host,
    /// Voting keys, in the order of the genesis.
    pub voters: &'a [PublicKey],
    /// Place of this court among them.
    pub own: usize,
    /// Why this court signs nothing.
    pub silence: &'a mut Silence,
    /// The height that this court signed something for.
    pub signed: Option<u64>,
    /// Contradictions that were seen.
    pub evidence: Vec<(Statement, Statement)>,
}

impl Post<'_> {
    fn court(&self, voter: &PublicKey) -> Option<usize> {
        self.voters.iter().position(|key| key == voter)
    }
}

impl Outbox for Post<'_> {
    fn perform(&mut self, effect: Effect) -> Result<(), Error> {
        match effect {
            Effect::Broadcast(message) => {
                self.signed = signed_by(&message, &self.voters[self.own]).or(self.signed);
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
                self.evidence.push((first, second));
            }
            Effect::Unsure { is_unsure: true } => {
                tracing::warn!(
                    "no record is left of what this court signed: it votes once every other court has shown what it remembers, or after a block that is made from now on"
                );
                self.silence.is_unsure = true;
            }
            Effect::Unsure { is_unsure: false } => {
                tracing::info!("what this court signed before is known again: it votes");
                self.silence.is_unsure = false;
            }
            Effect::Observing { height, why } => {
                tracing::warn!("this court votes again from height {}: {why}", height.saturating_add(1));
                self.silence.observing = Some((height, why));
            }
        }
        Ok(())
    }
}
