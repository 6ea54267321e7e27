//! A court's report of its own state and of the other courts (R9).
//!
//! In: the court.
//! Out: a [`NetworkView`].
//! Always: of several reasons not to record, the first that an operator can act on is reported.
//! Not for publishing the report.

use super::{Court, Neighbour};
use crate::status::{ClockGroup, CourtView, NetworkView, State};
use courtseal_consensus::{Now, Silence};
use courtseal_proof::bytes::name::CourtName;
use courtseal_proof::log::policy::quorum_size;

/// A court that is behind by more heights than this is catching up.
const BEHIND_MAX: u64 = 2;

impl Court {
    /// Names of the other courts that are not connected.
    fn away(&self) -> Vec<&str> {
        let others = self.courts.iter().filter(|(name, court)| **name != self.own && court.down_since.is_some());
        others.map(|(name, _)| name.as_str()).collect()
    }

    /// The reason why a height is stalled though enough courts are connected; `None` if none is.
    fn stall_reason(&self, now_ms: u64) -> Option<String> {
        let signers: Vec<(&CourtName, bool)> = self.stall.signers(self.ledger.head().height + 1, now_ms)?.collect();
        let (signing, needed) = (signers.iter().filter(|(_, signs)| *signs).count(), quorum_size(signers.len()));
        let silent = signers.iter().filter(|(name, signs)| !signs && self.courts[*name].down_since.is_none());
        let silent: Vec<&str> = silent.map(|(name, _)| name.as_str()).collect();
        let all = signers.len();
        if signing < needed && !silent.is_empty() {
            return Some(format!(
                "{signing} of {all} courts sign, {needed} needed; connected, but signing nothing: {}",
                silent.join(", ")
            ));
        }
        // All sign, but no proposal gets a quorum: too few courts' clocks agree for any block time to be
        // timely.
        let agree = self.watch.comparison().groups.first().map_or(0, |group| group.courts.len());
        self.clocks_differ()
            .filter(|_| agree < needed)
            .map(|reason| format!("{agree} of {all} clocks agree, {needed} needed; {reason}"))
    }

    /// This court's view of itself and of the others.
    pub fn view(&self, now: Now) -> NetworkView {
        let (state, reason) = self.state(now);
        let group = |(courts, time): (&[CourtName], _)| ClockGroup { courts: courts.to_vec(), time };
        let differing = self.watch.comparison().differing(self.watch.looked_at());
        NetworkView {
            state,
            reason,
            halted_until: self.watch.halted().map(|halted| halted.until),
            clocks: differing.into_iter().flatten().map(group).collect(),
            pending: self.app.mempool.load().transactions,
            courts: self.courts.iter().map(|(name, court)| (name.clone(), self.view_of(name, *court))).collect(),
        }
    }

    /// The state of this court, and the reason why it is not recording. If it records, what is wrong with
    /// clocks or cosignatures.
    fn state(&self, now: Now) -> (State, Option<String>) {
        let height = self.ledger.head().height;
        let ahead = self.driver().height_of_others();
        if let Some(reason) = &self.stopped {
            (State::Stopped, Some(reason.clone()))
        } else if let Some(reason) = self.no_quorum() {
            (State::NoQuorum, Some(reason))
        } else if ahead > height + BEHIND_MAX {
            (State::CatchingUp, Some(format!("at height {height}, other courts are at {ahead}")))
        } else if let Some(cosigned) = self.behind_cosigned {
            let hint = if ahead > height {
                ""
            } else {
                ", and no court that answers holds more; restore a newer backup, or look for a ledger that was moved aside (specs/storage.md, S13)"
            };
            (State::CatchingUp, Some(format!("this court has cosigned {cosigned} entries and holds fewer{hint}")))
        } else if let Some(halted) = self.watch.halted() {
            (State::Halted, Some(halted.reason()))
        } else if let Some(silence) = self.driver().silence() {
            (State::Observing, Some(self.silence_words(&silence)))
        } else if let Some(reason) = self.stall_reason(now.monotonic_ms) {
            (State::NoQuorum, Some(reason))
        } else {
            let (clocks, cosignatures) = (self.clocks_differ(), self.untimely_words());
            // While an entry waits for its checkpoint, cosignatures that do not count are the more likely
            // cause.
            let waits = self.cosigner.quorum_at() < self.ledger.head().size;
            (State::Recording, if waits { cosignatures.or(clocks) } else { clocks.or(cosignatures) })
        }
    }

    /// The reason why there is no quorum; `None` if enough courts answer. A court that has not told its
    /// height yet has sent no hello.
    fn no_quorum(&self) -> Option<String> {
        let has_said = |court: &Neighbour| self.driver().height_of(&court.vote).is_some();
        let others: Vec<_> = self.courts.iter().filter(|(name, _)| **name != self.own).collect();
        let connected = 1 + others.iter().filter(|(_, court)| court.down_since.is_none() && has_said(court)).count();
        let (all, needed) = (self.courts.len(), quorum_size(self.courts.len()));
        if connected >= needed {
            return None;
        }
        let named = |before: &str, is_one: &dyn Fn(&Neighbour) -> bool| {
            let names: Vec<&str> = others.iter().filter(|(_, court)| is_one(court)).map(|(name, _)| name.as_str()).collect();
            if names.is_empty() { String::new() } else { format!("; {before}: {}", names.join(", ")) }
        };
        let is_silent = |court: &Neighbour| court.down_since.is_none() && court.other_genesis.is_none() && !has_said(court);
        let silent = named("connected, but silent", &is_silent);
        let foreign = named("with another genesis", &|court| court.other_genesis.is_some());
        Some(format!("{connected} of {all} courts answer, {needed} needed{silent}{foreign}"))
    }

    /// Why this court signs nothing, and until when, in words.
    fn silence_words(&self, silence: &Silence) -> String {
        match silence {
            Silence::NoKey => "it holds no voting key".to_owned(),
            Silence::Unsure => {
                let away = self.away();
                let who =
                    if away.is_empty() { "all courts have".to_owned() } else { format!("{} is back and has", away.join(", ")) };
                format!(
                    "it lost its record of what it signed, and votes once {who} shown what it signed, or one more block is recorded"
                )
            }
            Silence::Suspended { height } => format!(
                "a peer shows a signature of its voting key for height {height}, which no court is near; it votes once one more block is recorded"
            ),
            Silence::Observing { until, why } => format!("it votes again from height {}: {why}", until.saturating_add(1)),
        }
    }

    /// This court's view of one court.
    fn view_of(&self, name: &CourtName, court: Neighbour) -> CourtView {
        let (counts, head) = (self.misconduct.of(name), self.ledger.head());
        if *name == self.own {
            return CourtView { height: Some(head.height), counts, ..CourtView::default() };
        }
        let Neighbour { vote, down_since, other_genesis } = court;
        let said = self.driver().height_of(&vote);
        // A court that has cosigned this log is at this height, whatever height it told last.
        let has_signed = self.cosigner.has_signed(name, head.size, head.root);
        let height = if has_signed { said.max(Some(head.height)) } else { said };
        let untimely = self.watch.untimely().iter().find(|untimely| untimely.court == *name).map(|untimely| untimely.time);
        CourtView { height, down_since, counts, other_genesis, untimely }
    }
}
