//! Performs steps, in the one order that is safe (rule C9).
//!
//! In: events.
//! Out: calls to the journal, the performer of effects and the application.
//! Always: the write-ahead log is flushed before the guard's records are written, and both before anything
//! leaves. A block is committed after that, and its commit is the next event. The first error ends
//! everything. Nodes and simulators both use this, so both keep the order.

use crate::application::Application;
use crate::driver::Driver;
use crate::error::Error;
use crate::journal::{Log, frame};
use crate::step::{Effect, Event, Now};
use courtseal_crash_points::{Point, crash_point};
use courtseal_proof::key::PublicKey;

/// The two logs on disk. A host may keep both in one file; flushing one then may do nothing, if flushing the
/// guard's flushes everything written before.
pub trait Journal {
    /// Appends a frame, see [`crate::journal`].
    ///
    /// # Errors
    /// The write failed; fatal, never retried.
    fn append(&mut self, log: Log, frame: &[u8]) -> Result<(), Error>;

    /// Returns when everything appended to this log is durable.
    ///
    /// # Errors
    /// The flush failed; fatal, never retried.
    fn sync(&mut self, log: Log) -> Result<(), Error>;

    /// `height` begins: frames of the write-ahead log written so far are needed no more, nor are the guard's,
    /// except those that `guard` gives. May be done late or never: records carry their heights.
    ///
    /// # Errors
    /// The write failed; fatal.
    fn reset(&mut self, height: u64, guard: &mut dyn Iterator<Item = Vec<u8>>) -> Result<(), Error>;
}

/// Network and timers of the host, and whoever listens to evidence.
pub trait EffectHandler {
    /// Performs an effect, or hands it on in order.
    ///
    /// # Errors
    /// The host is shutting down.
    fn perform(&mut self, effect: Effect) -> Result<(), Error>;
}

/// A driver whose steps are performed.
pub struct Runner {
    driver: Driver,
}

impl Runner {
    /// Runs this driver.
    pub fn new(driver: Driver) -> Self {
        Self { driver }
    }

    /// The driver, to look at.
    pub fn driver(&self) -> &Driver {
        &self.driver
    }

    /// Notes what a peer says of its height, see [`Driver::hear_height`].
    pub fn hear_height(&mut self, peer: &PublicKey, height: Option<u64>) {
        self.driver.hear_height(peer, height);
    }

    /// Handles one event and everything that follows from it.
    ///
    /// # Errors
    /// Fatal ones: the runner must not be used again. What was durable by then is what recovery finds.
    pub fn handle(
        &mut self,
        now: Now,
        event: Event,
        app: &mut dyn Application,
        journal: &mut dyn Journal,
        handler: &mut dyn EffectHandler,
    ) -> Result<(), Error> {
        let mut next = Some(event);
        while let Some(event) = next.take() {
            let step = self.driver.handle(now, event, app)?;
            if let Some(height) = step.reset {
                // A crash here finds old records, which recovery skips by their height. What this very step
                // signed is not among the guard's records yet: its reasons are not in the write-ahead log.
                let mut kept = self.driver.guard_window();
                kept.retain(|record| !step.guard.contains(record));
                journal.reset(height, &mut kept.iter().map(frame))?;
            }
            for record in &step.wal {
                crash_point(Point::BeforeWalAppend);
                journal.append(Log::Wal, &frame(record))?;
            }
            if step.sync {
                // A crash here finds the inputs but no record of the signature: it was not sent, and replay
                // brings it back.
                crash_point(Point::BeforeWalSync);
                journal.sync(Log::Wal)?;
                for record in &step.guard {
                    crash_point(Point::BeforeGuardAppend);
                    journal.append(Log::Guard, &frame(record))?;
                }
                // A crash here finds both or only the inputs: never a signature on record without its
                // reasons.
                crash_point(Point::BeforeGuardSync);
                journal.sync(Log::Guard)?;
                crash_point(Point::BeforeSend);
            }
            for effect in step.effects {
                // A crash here has sent some of it: replay sends all of it again, byte for byte.
                handler.perform(effect)?;
            }
            if let Some(decided) = step.commit {
                // A crash before finds the height undecided and decides it again; a crash after finds it
                // committed.
                crash_point(Point::BeforeCommit);
                app.commit(&decided)?;
                crash_point(Point::AfterCommit);
                next = Some(Event::Committed { height: decided.height });
            }
        }
        Ok(())
    }
}
