//! Performs what consensus wants done outside: messages and timers.
//!
//! In: [`Effect`]s. Out: calls of the [`Host`]. Always: an effect is handed on at once and in order. Not for durability: the runner has flushed
//! before it calls.

use super::Host;
use crate::network::Frame;
use courtseal_consensus::vote::Statement;
use courtseal_consensus::{Effect, Error, Outbox};
use courtseal_proof::key::PublicKey;

/// The host's network and timers, as consensus sees them.
pub(super) struct Post<'a> {
    pub host: &'a mut dyn Host,
    /// Voting keys, in the order of the genesis.
    pub voters: &'a [PublicKey],
    /// Up to which height this court signs nothing, and why.
    pub observing: &'a mut Option<(u64, String)>,
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
            Effect::Broadcast(message) => self.host.broadcast(&Frame::Consensus(message)),
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
            Effect::Observing { height: 0, .. } => {
                tracing::info!("the other courts have shown what this court signed: it signs again");
                *self.observing = None;
            }
            Effect::Observing { height, why } => {
                tracing::warn!(height, %why, "this court signs nothing up to this height");
                *self.observing = Some((height, why));
            }
        }
        Ok(())
    }
}
