//! Performs what consensus wants done outside: messages and timers.
//!
//! In: [`Effect`]s. Out: frames on links, timers set. Always: an effect is handed on at once and in order. Not for durability: the runner has flushed
//! before it calls.

use super::clocks::Timers;
use crate::network::{Frame, Links};
use courtseal_consensus::{Effect, Error, Outbox};
use courtseal_proof::key::PublicKey;

/// Links and timers.
pub struct Post {
    /// The other courts.
    pub links: Links,
    /// Running timers.
    pub timers: Timers,
    /// Up to which height this court signs nothing, and why.
    pub observing: Option<(u64, String)>,
    voters: Vec<PublicKey>,
}

impl Post {
    /// For courts with these voting keys, in the order of the genesis.
    pub fn new(links: Links, voters: Vec<PublicKey>) -> Self {
        Self { links, timers: Timers::default(), observing: None, voters }
    }

    fn court(&self, voter: &PublicKey) -> Option<usize> {
        self.voters.iter().position(|key| key == voter)
    }
}

impl Outbox for Post {
    fn perform(&mut self, effect: Effect) -> Result<(), Error> {
        match effect {
            Effect::Broadcast(message) => self.links.broadcast(&Frame::Consensus(message)),
            Effect::Send { to, message } => {
                if let Some(court) = self.court(&to) {
                    self.links.send(court, &Frame::Consensus(message));
                }
            }
            Effect::SetTimer { token, after_ms } => self.timers.set(token, after_ms),
            Effect::CancelTimer { token } => self.timers.cancel(token),
            Effect::Refuse { peer, reason } => {
                let court = self.court(&peer);
                tracing::warn!(?court, %peer, %reason, "a court breaks the protocol; disconnecting it");
                court.into_iter().for_each(|court| self.links.disconnect(court));
            }
            Effect::Evidence { first, second } => {
                tracing::error!(?first, ?second, "a court signed two different things for one step: keep this line as evidence");
            }
            Effect::Observing { height: 0, .. } => {
                tracing::info!("the other courts have shown what this court signed: it signs again");
                self.observing = None;
            }
            Effect::Observing { height, why } => {
                tracing::warn!(height, %why, "this court signs nothing up to this height");
                self.observing = Some((height, why));
            }
        }
        Ok(())
    }
}
