//! Watches the courts' clocks, a last block that lies in the future, and cosignatures whose times do not
//! count.
//!
//! In: clocks that courts tell, the last block's time, a check about once a second.
//! Out: what status, log and metrics report.
//! Always: the result changes only what is reported.
//! Not for deciding which clock is right: see [`crate::clock_watch`].

use super::host::Measured;
use super::watch::Halted;
use super::{Court, Environment};
use crate::clock_watch::TELL_MS;
use crate::cosign::Untimely;
use crate::frame::Frame;

impl Court {
    /// Tells this court's clock to the others. Then checks the courts' clocks, the last block's time and the
    /// times of cosignatures.
    pub(super) fn look_at_times(&mut self, env: &mut Environment<'_>) {
        let now = env.now;
        if self.watch.told_ms.is_none_or(|told_ms| now.monotonic_ms >= told_ms.saturating_add(TELL_MS)) {
            self.watch.told_ms = Some(now.monotonic_ms);
            env.host.broadcast(&Frame::Clock(now.wall));
        }
        self.watch.look_at(now.wall);
        let compared = self.watch.clocks.compare(now);
        let (agreed, head) = (compared.agreed(now.wall), self.ledger.head());
        if self.watch.compared(compared) {
            match self.clocks_differ() {
                Some(reason) => tracing::warn!("{reason}"),
                None => tracing::info!("the courts' clocks agree again"),
            }
        }
        let was_halted = self.watch.halted.told.is_some();
        let halted = Halted::judge(head.time, head.height == 0, agreed, now.wall, was_halted);
        // The host publishes the state with its reason, so no message is logged here.
        self.watch.halted.look(halted, |a, b| a == b);
        let courts = |untimely: &Vec<Untimely>| untimely.iter().map(|one| one.court.clone()).collect::<Vec<_>>();
        if self.watch.untimely.look(self.cosigner.untimely(now.wall), |a, b| courts(a) == courts(b)) {
            match self.untimely_words() {
                Some(words) => tracing::warn!("{words}"),
                None => tracing::info!("the times of all courts' cosignatures count again"),
            }
        }
        let (is_halted, untimely_courts) = (self.watch.halted().is_some(), self.watch.untimely().len());
        env.host.measure(Measured::Times { is_halted, clocks: self.watch.comparison(), untimely_courts });
    }

    /// What is wrong with the courts' clocks, in words; `None` if they agree.
    pub(super) fn clocks_differ(&self) -> Option<String> {
        self.watch.comparison().reason(self.watch.looked_at())
    }

    /// The courts whose cosignatures do not count because of their times, in words; `None` if there are none.
    pub(super) fn untimely_words(&self) -> Option<String> {
        let said = self.watch.untimely().iter().map(|one| format!("{} (dated {})", one.court, one.time));
        let said: Vec<String> = said.collect();
        (!said.is_empty()).then(|| {
            format!(
                "cosignatures do not count here, because their times are too far from this court's clock or before their entries: {}",
                said.join(", ")
            )
        })
    }
}
