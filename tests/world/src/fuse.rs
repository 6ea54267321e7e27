//! The end of a court between two durable steps: a crash, or a write that fails.
//!
//! In: each step of a court, be it a write, a flush or a message that leaves.
//! Out: whether it is done, or the error that ends the court.
//! Always: a crash comes before the step that finds it due, and every later step fails too. A write that
//! failed fails all that follow, but messages still leave.
//! Not for what is left on the disk: see [`crate::logs`].

use courtseal_consensus::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Fate {
    #[default]
    Runs,
    /// It crashes after so many further steps.
    Crashes(u64),
    Crashed,
    /// The next write fails, and so does every later one.
    Fails,
    Failed,
}

#[derive(Default)]
struct State {
    fate: Fate,
    steps: u64,
}

/// The fate of one court. Clones share it.
#[derive(Clone, Default)]
pub struct Fuse(Arc<Mutex<State>>);

impl Fuse {
    fn state(&self) -> MutexGuard<'_, State> {
        // Every change is whole before anything could panic.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the court crash after so many further steps.
    pub fn crash_after(&self, steps: u64) {
        self.state().fate = Fate::Crashes(steps);
    }

    /// Lets the next write fail.
    pub fn fail(&self) {
        self.state().fate = Fate::Fails;
    }

    /// Takes back a crash or a failure that has not come yet.
    pub fn mend(&self) {
        let mut state = self.state();
        if matches!(state.fate, Fate::Crashes(_) | Fate::Fails) {
            state.fate = Fate::Runs;
        }
    }

    /// The court starts again: whatever ended it is over.
    pub fn renew(&self) {
        self.state().fate = Fate::Runs;
    }

    /// Whether the court has crashed.
    pub fn has_crashed(&self) -> bool {
        self.state().fate == Fate::Crashed
    }

    /// Whether a write has failed.
    pub fn has_failed(&self) -> bool {
        self.state().fate == Fate::Failed
    }

    /// Steps in all, those that failed included.
    pub fn steps(&self) -> u64 {
        self.state().steps
    }

    /// A durable step.
    ///
    /// # Errors
    /// [`Error::Host`]: the court crashes here, or has crashed. [`Error::Journal`]: the write fails.
    pub fn step(&self) -> Result<(), Error> {
        let mut state = self.state();
        state.steps += 1;
        let crash = || Error::Host("crash".to_owned());
        match state.fate {
            Fate::Runs => Ok(()),
            Fate::Crashes(0) => {
                state.fate = Fate::Crashed;
                Err(crash())
            }
            Fate::Crashes(left) => {
                state.fate = Fate::Crashes(left - 1);
                Ok(())
            }
            Fate::Crashed => Err(crash()),
            Fate::Fails | Fate::Failed => {
                state.fate = Fate::Failed;
                Err(Error::Journal("input/output error".to_owned()))
            }
        }
    }

    /// A step that is not a write, such as a message that leaves. False if the court has crashed.
    pub fn effect(&self) -> bool {
        let writes_fail = matches!(self.state().fate, Fate::Fails | Fate::Failed);
        writes_fail || self.step().is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_comes_after_so_many_steps_and_stays() {
        let fuse = Fuse::default();
        fuse.crash_after(2);
        assert!(fuse.step().is_ok() && fuse.effect() && !fuse.has_crashed());
        assert!(fuse.step().is_err() && !fuse.effect() && fuse.has_crashed());
        fuse.mend();
        assert!(fuse.has_crashed(), "a crash that came cannot be taken back");
        fuse.renew();
        assert!(fuse.step().is_ok());
        assert_eq!(fuse.steps(), 5);
    }

    #[test]
    fn a_failed_write_fails_all_later_ones_and_stops_no_message() {
        let fuse = Fuse::default();
        fuse.fail();
        assert!(fuse.effect() && !fuse.has_failed());
        assert!(fuse.step().is_err() && fuse.step().is_err() && fuse.has_failed());
        assert!(fuse.effect());
        let other = Fuse::default();
        other.fail();
        other.mend();
        assert!(other.step().is_ok());
    }
}
