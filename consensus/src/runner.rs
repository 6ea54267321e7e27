//! Performs what the driver puts out, in the one order that is safe (rule C9).
//!
//! In: events.
//! Out: calls to the journal, the performer of effects and the application.
//! Always: the write-ahead log is flushed before the guard's records are written, and both before anything
//! leaves. A block is committed after that, and its commit is the next event. The first error, a failed
//! flush among them, ends signing and recording: the court stops (`stop_if_fatal` in
//! `node/court/src/court.rs`), and serves what is stored. Nodes and simulators both use this, so both keep
//! the order.

use crate::application::Application;
use crate::driver::Driver;
use crate::error::Error;
use crate::event::{Effect, Event, Now};
use crate::journal::{Log, frame};
use courtseal_crash_points::{Point, crash_point};
use courtseal_proof::bytes::key::PublicKey;

/// The two logs on disk. A host may keep both in one file. Flushing the write-ahead log may then do nothing,
/// if flushing the guard's log flushes everything that was written before.
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

    /// Notes that `height` begins. The frames of the write-ahead log are not needed any more. Of the guard's
    /// log, only the frames that `guard` gives are needed. The host may drop the others late or never,
    /// because records carry their heights.
    ///
    /// # Errors
    /// The write failed; fatal.
    fn reset(&mut self, height: u64, guard: &mut dyn Iterator<Item = Vec<u8>>) -> Result<(), Error>;
}

/// Performs the effects of a step: the network, the timers and the evidence of the host.
pub trait EffectHandler {
    /// Performs an effect, or hands it on in order.
    ///
    /// # Errors
    /// The host is shutting down.
    fn perform(&mut self, effect: Effect) -> Result<(), Error>;
}

/// A driver, with the code that performs its steps.
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
                // Recovery after a crash here finds old records, and skips them by their height. This step's
                // signatures are not among the guard's records yet, because their inputs are not logged yet.
                let mut kept = self.driver.guard_window();
                kept.retain(|record| !step.guard.contains(record));
                journal.reset(height, &mut kept.iter().map(frame))?;
            }
            for record in &step.wal {
                crash_point(Point::BeforeWalAppend);
                journal.append(Log::Wal, &frame(record))?;
            }
            if step.sync {
                // Recovery after a crash here finds the inputs, but no record of the signature. The signature
                // was not sent, and the replay makes it again.
                crash_point(Point::BeforeWalSync);
                journal.sync(Log::Wal)?;
                for record in &step.guard {
                    crash_point(Point::BeforeGuardAppend);
                    journal.append(Log::Guard, &frame(record))?;
                }
                // Recovery after a crash here finds both, or only the inputs. It never finds a record of a
                // signature without the inputs that led to it.
                crash_point(Point::BeforeGuardSync);
                journal.sync(Log::Guard)?;
                crash_point(Point::BeforeSend);
            }
            for effect in step.effects {
                // Before a crash here some effects were sent. The replay sends all of them again, byte for
                // byte.
                handler.perform(effect)?;
            }
            if let Some(decided) = step.commit {
                // Recovery after a crash before the commit decides the height again. After the commit it
                // finds the block.
                crash_point(Point::BeforeCommit);
                app.commit(&decided)?;
                crash_point(Point::AfterCommit);
                next = Some(Event::Committed { height: decided.height() });
            }
        }
        Ok(())
    }
}
