//! The consensus core and the only place where it is run.
//!
//! In: one input at a time.
//! Out: what the core wants done, in order, as [`Outcome`]s.
//! Always: nothing is performed while the core runs. An error inside an effect is kept and returned
//! afterwards, because the core's macro would go on.
//! Not for deciding what to feed: that is the driver's.

use crate::context::{CourtContext, Height};
use crate::court_set::{CourtSet, Voter};
use crate::effects::{self, Environment, Outcome};
use crate::error::Error;
use crate::support::Support;
use crate::vote::VoteKind;
use arc_malachitebft_core_consensus::{Input, Params, State, ThresholdParams, ValuePayload, process};
use arc_malachitebft_core_types::{NilOrVal, Round, VoteExtensionPolicy, VoteType};
use courtseal_proof::bytes::digest::Digest;
use courtseal_proof::bytes::key::PublicKey;
use std::collections::BTreeSet;

/// Sizes of the core's own queues. They stay empty, because the driver queues messages of later heights.
const CORE_QUEUE: usize = 16;

/// The core with its state.
pub(crate) struct Core {
    state: State<CourtContext>,
    started: bool,
}

impl Core {
    /// A core that has not started any height; `own` is the address that it signs as.
    pub(crate) fn new(height: u64, courts: CourtSet, own: PublicKey, has_key: bool) -> Self {
        let params = Params {
            address: Voter(own),
            threshold_params: thresholds(),
            // The core must ask for every verdict: with proposals only, it takes any value for valid.
            value_payload: ValuePayload::ProposalAndParts,
            enabled: has_key,
        };
        let state = State::new(CourtContext, Height(height), courts, params, CORE_QUEUE, CORE_QUEUE);
        Self { state, started: false }
    }

    /// Starts a height. A second start of one height would forget what was voted, so it is refused.
    pub(crate) fn start(&mut self, height: u64, courts: CourtSet, environment: &mut Environment) -> Result<Vec<Outcome>, Error> {
        assert!(
            height > self.state.height().0 || (!self.started && height == self.state.height().0),
            "heights start once, in order"
        );
        self.started = true;
        self.run(Input::StartHeight(Height(height), courts, false, None, VoteExtensionPolicy::Disabled), environment)
    }

    /// Feeds what the write-ahead log holds for the height just started, in the core's order for it.
    pub(crate) fn replay(
        &mut self,
        inputs: Vec<Input<CourtContext>>,
        environment: &mut Environment,
    ) -> Result<Vec<Outcome>, Error> {
        self.state.record_recovered_own_precommit_extensions(&inputs);
        self.state.index_wal_entries(&inputs);
        let mut outcomes = Vec::new();
        for input in inputs {
            outcomes.extend(self.run(input, environment)?);
        }
        self.state.reset_entries_index();
        outcomes.retain(|outcome| !matches!(outcome, Outcome::Log(_)));
        Ok(outcomes)
    }

    /// Feeds one input. The only use of the core's macro.
    pub(crate) fn run(&mut self, input: Input<CourtContext>, environment: &mut Environment) -> Result<Vec<Outcome>, Error> {
        environment.outcomes.clear();
        let result: Result<(), arc_malachitebft_core_consensus::Error<CourtContext>> = process!(
            input: input,
            state: &mut self.state,
            metrics: &(),
            with: effect => Ok::<_, std::convert::Infallible>(effects::handle(effect, environment))
        );
        if let Some(error) = environment.failure.take() {
            return Err(error);
        }
        result.map_err(|error| Error::Core(error.to_string()))?;
        Ok(std::mem::take(&mut environment.outcomes))
    }

    /// The round of the current height.
    pub(crate) fn round(&self) -> u32 {
        crate::convert::round(self.state.round())
    }

    /// How many courts prevoted, or precommitted, a value in a round (rule C16). A precommit rests on
    /// prevotes of more than 2/3.
    pub(crate) fn support(&self, value: &Digest, round: u32, courts: &CourtSet) -> Support {
        let Some(votes) = self.state.driver.votes().per_round(Round::new(round)) else { return Support::None };
        let weight = |kind| votes.votes().get_weight(kind, &NilOrVal::Val(*value)) as usize;
        Support::of(weight(VoteType::Prevote).max(weight(VoteType::Precommit)), courts)
    }

    /// Whether the votes that can still be expected make no quorum in this round. None is expected of the
    /// courts in `away`, which are not connected.
    pub(crate) fn is_hopeless(&self, kind: VoteKind, round: u32, courts: &CourtSet, away: &BTreeSet<PublicKey>) -> bool {
        let Some(votes) = self.state.driver.votes().per_round(Round::new(round)) else { return false };
        let kind = match kind {
            VoteKind::Prevote => VoteType::Prevote,
            VoteKind::Precommit => VoteType::Precommit,
        };
        let mut tally: std::collections::BTreeMap<Option<Digest>, usize> = Default::default();
        let mut missing = courts.keys().filter(|key| !away.contains(key)).collect::<BTreeSet<_>>();
        for vote in votes.received_votes().iter().filter(|vote| vote.kind == kind) {
            *tally.entry(crate::convert::value(vote.value)).or_default() += 1;
            missing.remove(&vote.voter.0);
        }
        // A quorum of nil precommits decides nothing, so it is not worth a wait.
        let best = tally
            .iter()
            .filter(|(value, _)| value.is_some() || kind == VoteType::Prevote)
            .map(|(_, count)| *count)
            .max()
            .unwrap_or(0);
        !courts.is_quorum(best + missing.len())
    }
}
/// More than two thirds decide. More than one third includes an honest court.
fn thresholds() -> ThresholdParams {
    ThresholdParams::default()
}
